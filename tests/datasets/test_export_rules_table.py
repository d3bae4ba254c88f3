"""The export rules are enough to classify a chip at any date, and the classes are those that were reported."""

import pandas as pd
import pytest

from aistack.export_rules import NOT_CAUGHT, TREATMENTS, UNKNOWN, Figures, Limit, Rule, classify
from course.data import load

RULES = load("export_rules")
CHIPS = {str(row["chip"]): Figures.from_row(row) for row in load("chips").to_dict("records")}
MADE = {str(row["rule_id"]): Rule.from_row(row, CHIPS) for row in RULES.to_dict("records")}
OTHER_THINGS = [
    "hbm_density_above_gb_s_mm2",
    "transistors_min_bn",
    "training_operations_min",
]  # not about a chip's peak


# What the regulator, the makers or the press said; the source is a key of sources.csv or an address.
SAID = [
    ("A100 SXM 80GB", "2022-09-15", "data centre", "licence", "shacknews-a100-2022"),
    ("H100 SXM", "2022-09-15", "data centre", "licence", "shacknews-a100-2022"),
    (
        "A100 SXM 80GB",
        "2023-01-15",
        "data centre",
        "denial",
        "register-2023-10-24: restricted under the previous round",
    ),
    ("H100 SXM", "2023-01-15", "data centre", "denial", "register-2023-10-24: restricted under the previous round"),
    ("A800 SXM 80GB", "2023-01-15", "data centre", NOT_CAUGHT, "tweakers-a800"),
    ("A800 SXM 80GB", "2023-11-01", "data centre", "licence", "register-2023-10-24"),
    ("H800 SXM", "2023-11-01", "data centre", "licence", "register-2023-10-24"),
    ("L40S", "2023-11-01", "data centre", "licence", "register-2023-10-24"),
    ("A100 SXM 80GB", "2023-12-01", "data centre", "denial", "NVIDIA, form 8-K of 2023-10-17"),
    ("A800 SXM 80GB", "2023-12-01", "data centre", "denial", "NVIDIA, form 8-K of 2023-10-17"),
    ("H100 SXM", "2023-12-01", "data centre", "denial", "NVIDIA, form 8-K of 2023-10-17"),
    ("H800 SXM", "2023-12-01", "data centre", "denial", "NVIDIA, form 8-K of 2023-10-17"),
    ("L40S", "2023-12-01", "data centre", "denial", "NVIDIA, form 8-K of 2023-10-17"),
    ("RTX 4090", "2023-12-01", "other", "notification", "NVIDIA, form 8-K of 2023-10-17, and fr-2023-23055"),
    ("H20", "2024-06-01", "data centre", NOT_CAUGHT, "toms-hardware-h20; clarified to be unaffected in April 2024"),
    ("L20", "2024-06-01", "data centre", NOT_CAUGHT, "toms-hardware-h20: made to be free"),
    ("L2", "2024-06-01", "data centre", NOT_CAUGHT, "toms-hardware-h20: made to be free"),
    ("H20", "2025-05-01", "data centre", "licence", "tomshardware-h20-charge"),
    ("MI308X", "2025-05-01", "data centre", "licence", "theoutpost-amd-2025"),
    ("Gaudi 3", "2025-05-20", "data centre", "denial", "thestar-intel-2025: far above the limits"),
    ("H200 SXM", "2025-12-01", "data centre", "denial", "fr-2026-00789: presumption of denial before"),
    ("H200 SXM", "2026-02-01", "data centre", "case by case", "fr-2026-00789"),
    ("MI325X", "2026-02-01", "data centre", "case by case", "fr-2026-00789"),
    ("H100 SXM", "2026-02-01", "data centre", "case by case", "fr-2026-00789: as well as less advanced chips"),
    ("B200", "2026-02-01", "data centre", "denial", "tomshardware-h200-rule"),
    ("Gaudi 3", "2026-02-01", "data centre", "denial", "fr-2026-00789: both limits must hold, and its TPP is above"),
]


@pytest.mark.parametrize(("chip", "date", "market", "said", "source"), SAID)
def test_the_rows_alone_give_the_class_that_was_reported(
    chip: str, date: str, market: str, said: str, source: str
) -> None:
    assert classify(CHIPS[chip], MADE.values(), date, market).treatment == said, source


@pytest.mark.parametrize(
    ("chip", "date"),
    [("H800 SXM", "2023-06-01"), ("MI308X", "2024-06-01")],  # its link, and all its peaks, are unknown
)
def test_what_the_figures_do_not_tell_stays_unknown(chip: str, date: str) -> None:
    assert classify(CHIPS[chip], MADE.values(), date).treatment == UNKNOWN


def test_the_letters_of_april_2025_reach_the_h20_each_by_itself() -> None:
    nvidia, intel = MADE["us-2025-04-letter-nvidia-h20"], MADE["us-2025-04-letter-intel"]
    assert nvidia.in_force("2025-04-10")
    assert intel.in_force("2025-04-10")
    assert nvidia.catches(CHIPS["H20"])
    assert intel.catches(CHIPS["H20"])  # by its memory, not by its link
    assert nvidia.catches(CHIPS["B200"])  # not named, but faster
    assert not nvidia.catches(CHIPS["L20"])


def test_the_duty_catches_the_h200_class_and_nothing_else_that_ships() -> None:
    duties = [rule for rule in MADE.values() if rule.effect == "taxes"]
    caught = {name for name, chip in CHIPS.items() for rule in duties if rule.catches(chip)}
    assert caught == {"H200 SXM", "GH200", "MI325X"}


def test_the_bounds_themselves_are_inside_or_outside_as_the_names_say() -> None:
    assert Limit("tpp", "min", 4800.0) in MADE["us-2023-10-3a090-a1"].limits
    assert Limit("performance_density", "min", 5.92) in MADE["us-2023-10-3a090-a2"].limits
    assert Limit("performance_density", "below", 5.92) in MADE["us-2023-10-3a090-b2"].limits
    assert MADE["us-2026-01-review-policy"].limits == (
        Limit("tpp", "below", 21000.0),
        Limit("memory_bandwidth_gb_s", "below", 6500.0),
    )
    assert MADE["us-2026-01-review-policy"].joins == "and"


def test_paragraphs_a_and_b_of_2023_meet_without_gap_or_overlap() -> None:
    """Density from 3.2 on is b or a for each TPP from 1,600 on, and never both for a TPP below 4,800."""
    rows = RULES[(RULES["rule_version"] == "us-2023-10") & (RULES["market"] == "data centre")]
    for tpp in (1599.9, 1600, 2399.9, 2400, 4799.9, 4800):
        for density in (1.59, 1.6, 3.19, 3.2, 5.91, 5.92):
            chip = Figures("made up", tpp=tpp, performance_density=density)
            hit = {str(row["paragraph"])[6] for _, row in rows.iterrows() if MADE[row["rule_id"]].catches(chip)}
            if tpp >= 4800:
                assert "a" in hit
            elif tpp >= 1600 and density >= 5.92:
                assert hit == {"a"}
            elif (tpp >= 1600 and density >= 3.2) or (tpp >= 2400 and density >= 1.6):
                assert hit == {"b"}
            else:
                assert hit == set()


def test_the_edges_of_the_paragraphs_of_2023_are_the_same_numbers() -> None:
    rule = RULES.set_index("rule_id")
    a1, a2, b1, b2 = (rule.loc[f"us-2023-10-3a090-{name}"] for name in ("a1", "a2", "b1", "b2"))
    assert a2["performance_density_min"] == b1["performance_density_below"] == b2["performance_density_below"]
    assert a1["tpp_min"] == b1["tpp_below"] == rule.loc["us-2022-10-3a090-a", "tpp_min"]
    assert a2["tpp_min"] == b2["tpp_min"]


def test_a_range_of_a_limit_is_not_empty_and_a_rule_has_a_test() -> None:
    for _, rule in RULES.iterrows():
        limits = MADE[rule["rule_id"]].limits
        lows = {limit.figure: limit.bound for limit in limits if limit.end != "below"}
        for limit in limits:
            assert limit.end != "below" or limit.bound > lows.get(limit.figure, 0), rule["rule_id"]
        told = pd.notna(rule["named_chips"]) or rule[OTHER_THINGS].notna().any()
        assert limits or told, rule["rule_id"]


def test_each_treatment_of_a_control_is_a_known_word() -> None:
    assert set(RULES[RULES["effect"] != "taxes"]["treatment"]) <= set(TREATMENTS)


def test_the_rules_follow_each_other() -> None:
    ended = RULES[RULES["ended"].notna()]
    assert (ended["ended"] > ended["effective"]).all()
    assert ended["ended_by"].notna().all()
    for _, rule in ended[ended["ended_by"].isin(RULES["rule_version"])].iterrows():
        assert rule["ended"] in set(RULES[RULES["rule_version"] == rule["ended_by"]]["effective"]), rule["rule_id"]


def test_no_class_of_a_chip_is_stored() -> None:
    assert "chip" not in RULES.columns
    named = RULES[RULES["named_chips"].notna()]
    assert set(named["instrument"]) == {"company letter"}
