"""The export rules are enough to classify a chip at any date, and the classes are those that were reported."""

import pandas as pd
import pytest

from course.data import load

CHIPS = load("chips").set_index("chip")
RULES = load("export_rules")

CONTROLLED = ["presumption", "exception", "notification", "case by case", "licence", "denial"]  # mild to strict
MADE_OF = {  # column of the rules: figure of the chip
    "tpp": "tpp",
    "performance_density": "density",
    "memory_bandwidth": "memory",
    "interconnect": "link",
    "memory_plus_interconnect": "both",
}
OTHER_THINGS = [
    "hbm_density_above_gb_s_mm2",
    "transistors_min_bn",
    "training_operations_min",
]  # not about a chip's peak


def figures(chip: str) -> dict[str, float]:
    row = CHIPS.loc[chip]
    peaks = {"fp32_tflops": 32, "fp16_tflops": 16, "fp8_tflops": 8, "int8_tops": 8, "fp4_tflops": 4}
    tpp = max((float(row[name]) * bits for name, bits in peaks.items() if pd.notna(row[name])), default=float("nan"))
    memory, link = float(row["memory_bandwidth_gb_s"]), float(row["interconnect_gb_s"])
    return {
        "tpp": tpp,
        "density": tpp / float(row["die_area_mm2"]),
        "memory": memory,
        "link": link,
        "both": memory + link,
    }


def limits(rule: pd.Series) -> list[tuple[str, str, float]]:
    """Return (figure, comparison, bound) for each limit that the row fills."""
    found = []
    for column, bound in rule.items():
        for name, figure in MADE_OF.items():
            for end in ("min", "above", "below"):
                if str(column) in (f"{name}_{end}", f"{name}_{end}_gb_s") and pd.notna(bound):
                    found.append((figure, end, float(bound)))
    return found


def passes(chip: str, rule: pd.Series) -> bool | None:
    """Say whether the chip passes the test of the row; None if its figures do not tell."""
    named = [] if pd.isna(rule["named_chips"]) else str(rule["named_chips"]).split("; ")
    if any(chip.startswith(name) for name in named):
        return True
    tests = limits(rule)
    if pd.notna(rule["reference_chip"]):
        reference = figures(str(rule["reference_chip"]))
        tests += [(name, "min", reference[name]) for name in ("memory", "link")]
    if not tests:
        return False
    has = figures(chip)
    compare = {"min": lambda a, b: a >= b, "above": lambda a, b: a > b, "below": lambda a, b: a < b}
    answers = [None if pd.isna(has[name]) else bool(compare[end](has[name], bound)) for name, end, bound in tests]
    decisive = rule["joins"] == "or"
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def in_force(date: str) -> pd.DataFrame:
    return RULES[(RULES["effective"] <= date) & (RULES["ended"].isna() | (RULES["ended"] > date))]


def treatment(chip: str, date: str, market: str = "data centre") -> str | None:
    """Return the strictest treatment of an export to China, `free`, or None if the figures do not tell."""
    rows = in_force(date)
    rows = rows[rows["market"].isin(["any", market])]
    answers = [(rule, passes(chip, rule)) for _, rule in rows[rows["effect"] != "taxes"].iterrows()]
    # what eases an unknown chip does not free it, and a control that it might fall under leaves it unknown
    held = [str(rule["treatment"]) for rule, answer in answers if answer and rule["effect"] == "controls"]
    eased = [str(rule["treatment"]) for rule, answer in answers if answer and rule["effect"] == "eases"]
    if held:
        strictest = max(held, key=CONTROLLED.index)
        return eased[0] if strictest == "denial" and eased else strictest
    return None if any(answer is None for rule, answer in answers if rule["effect"] == "controls") else "free"


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
    ("A800 SXM 80GB", "2023-01-15", "data centre", "free", "tweakers-a800"),
    ("A800 SXM 80GB", "2023-11-01", "data centre", "licence", "register-2023-10-24"),
    ("H800 SXM", "2023-11-01", "data centre", "licence", "register-2023-10-24"),
    ("L40S", "2023-11-01", "data centre", "licence", "register-2023-10-24"),
    ("A100 SXM 80GB", "2023-12-01", "data centre", "denial", "NVIDIA, form 8-K of 2023-10-17"),
    ("A800 SXM 80GB", "2023-12-01", "data centre", "denial", "NVIDIA, form 8-K of 2023-10-17"),
    ("H100 SXM", "2023-12-01", "data centre", "denial", "NVIDIA, form 8-K of 2023-10-17"),
    ("H800 SXM", "2023-12-01", "data centre", "denial", "NVIDIA, form 8-K of 2023-10-17"),
    ("L40S", "2023-12-01", "data centre", "denial", "NVIDIA, form 8-K of 2023-10-17"),
    ("RTX 4090", "2023-12-01", "other", "notification", "NVIDIA, form 8-K of 2023-10-17, and fr-2023-23055"),
    ("H20", "2024-06-01", "data centre", "free", "toms-hardware-h20; clarified to be unaffected in April 2024"),
    ("L20", "2024-06-01", "data centre", "free", "toms-hardware-h20: made to be free"),
    ("L2", "2024-06-01", "data centre", "free", "toms-hardware-h20: made to be free"),
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
    assert treatment(chip, date, market) == said, source


@pytest.mark.parametrize(
    ("chip", "date"),
    [("H800 SXM", "2023-06-01"), ("MI308X", "2024-06-01")],  # its link, and all its peaks, are unknown
)
def test_what_the_figures_do_not_tell_stays_unknown(chip: str, date: str) -> None:
    assert treatment(chip, date) is None


def test_the_letters_of_april_2025_reach_the_h20_each_by_itself() -> None:
    letters = in_force("2025-04-10").set_index("rule_id")
    assert passes("H20", letters.loc["us-2025-04-letter-nvidia-h20"])
    assert passes("H20", letters.loc["us-2025-04-letter-intel"])  # by its memory, not by its link
    assert passes("B200", letters.loc["us-2025-04-letter-nvidia-h20"])  # not named, but faster
    assert not passes("L20", letters.loc["us-2025-04-letter-nvidia-h20"])


def test_the_duty_catches_the_h200_class_and_nothing_else_that_ships() -> None:
    duty = RULES[RULES["effect"] == "taxes"]
    caught = {chip for chip in CHIPS.index for _, rule in duty.iterrows() if passes(str(chip), rule)}
    assert caught == {"H200 SXM", "GH200", "MI325X"}


def test_the_bounds_themselves_are_inside_or_outside_as_the_names_say() -> None:
    rule = RULES.set_index("rule_id")
    assert ("tpp", "min", 4800.0) in limits(rule.loc["us-2023-10-3a090-a1"])
    assert ("density", "min", 5.92) in limits(rule.loc["us-2023-10-3a090-a2"])
    assert ("density", "below", 5.92) in limits(rule.loc["us-2023-10-3a090-b2"])
    assert limits(rule.loc["us-2026-01-review-policy"]) == [("tpp", "below", 21000.0), ("memory", "below", 6500.0)]


def test_paragraphs_a_and_b_of_2023_meet_without_gap_or_overlap() -> None:
    """Density from 3.2 on is b or a for each TPP from 1,600 on, and never both for a TPP below 4,800."""
    rows = RULES[(RULES["rule_version"] == "us-2023-10") & (RULES["market"] == "data centre")]
    compare = {"min": lambda a, b: a >= b, "above": lambda a, b: a > b, "below": lambda a, b: a < b}
    for tpp in (1599.9, 1600, 2399.9, 2400, 4799.9, 4800):
        for density in (1.59, 1.6, 3.19, 3.2, 5.91, 5.92):
            has = {"tpp": tpp, "density": density}
            hit = {
                str(rule["paragraph"])[6]
                for _, rule in rows.iterrows()
                if all(compare[end](has[name], bound) for name, end, bound in limits(rule))
            }
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
        lows = {name: bound for name, end, bound in limits(rule) if end != "below"}
        for name, end, bound in limits(rule):
            assert end != "below" or bound > lows.get(name, 0), rule["rule_id"]
        told = pd.notna(rule["named_chips"]) or rule[OTHER_THINGS].notna().any()
        assert limits(rule) or told, rule["rule_id"]


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
