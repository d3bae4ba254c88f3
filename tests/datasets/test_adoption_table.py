"""Adoption: shares are shares, a series has one question, and what may not be spliced is apart."""

import pytest

from course.data import load

ROWS = load("adoption")
EU = ROWS[(ROWS["series"] == "eurostat-enterprise-ai") & (ROWS["date"] == "2025")]
COUNTRIES = EU[EU["group"] == "all"].set_index("country")["value"]
MEMBERS = 27


@pytest.mark.parametrize("column", ["definition", "unit_of_analysis", "unit"])
def test_a_series_has_one_question(column: str) -> None:
    assert (ROWS.groupby("series")[column].nunique() == 1).all()


def test_a_metric_has_one_unit() -> None:
    assert (ROWS.groupby("metric")["unit"].nunique() == 1).all()


def test_shares_are_between_none_and_all() -> None:
    shares = ROWS[ROWS["unit"] == "percent"]
    assert len(shares) >= 300
    assert shares["value"].between(0.1, 100).all()


def test_ranges_hold_their_values() -> None:
    ranged = ROWS[ROWS["low"].notna()]
    assert len(ranged) >= 3
    assert (ranged["low"] <= ranged["value"]).all()
    assert (ranged["value"] <= ranged["high"]).all()


def test_the_new_question_of_the_census_begins_a_new_series() -> None:
    old, new = (ROWS[ROWS["series"].str.fullmatch(rf"btos-.*-{q}")] for q in ("q1", "q2"))
    assert (old["date"] < "2025-11").all()
    assert (new["date"] >= "2025-11").all()
    assert len(new) >= 6


def test_eurostat_has_no_value_for_2022() -> None:
    europe = ROWS[ROWS["series"].str.startswith("eurostat")]
    assert "2022" not in set(europe["date"])
    assert {"2021", "2023", "2024", "2025"} <= set(europe["date"])


def test_survey_and_telemetry_are_two_measures() -> None:
    china = ROWS[(ROWS["country"] == "CN") & (ROWS["metric"] == "genai_use")]
    by = china.set_index("value")["series"]
    assert by[42.8] != by[16.3]


def test_all_members_of_the_union_are_there_and_their_mean_is_near_its_value() -> None:
    members = COUNTRIES.drop("EU27")
    assert len(members) == MEMBERS
    assert members.min() < COUNTRIES["EU27"] < members.max()
    assert members.mean() == pytest.approx(COUNTRIES["EU27"], abs=4)


def test_use_rises_with_size() -> None:
    sizes = EU[EU["group_kind"] == "size"].set_index("group")["value"]
    assert sizes["small 10-49"] < COUNTRIES["EU27"] < sizes["medium 50-249"] < sizes["large 250+"]


def test_the_whole_lies_between_its_parts() -> None:
    sectors = EU[(EU["group_kind"] == "sector") & (EU["country"] == "EU27")]["value"]
    assert sectors.min() < COUNTRIES["EU27"] < sectors.max()
    rows = ROWS[ROWS["series"] == "eurostat-enterprise-function"].copy()
    rows[["function", "size"]] = rows["group"].str.rsplit(", ", n=1, expand=True)
    table = rows.pivot(index="function", columns="size", values="value")
    assert len(table) == 7
    parts = table[["small firms", "medium firms", "large firms"]]
    assert ((parts.min(axis=1) <= table["all firms"]) & (table["all firms"] <= parts.max(axis=1))).all()


def test_every_state_has_every_period() -> None:
    states = ROWS[ROWS["series"] == "btos-states-q1"].pivot(index="region", columns="date", values="value")
    assert states.shape[0] >= 20
    assert states.shape[1] == 9
    assert states.notna().all(axis=None)
    mean = states.mean()
    assert mean["2023-09"] < mean["2024-09"] < mean["2025-09"]
    assert mean["2025-09"] == pytest.approx(10, abs=2)  # the national figure of the same question


def test_users_and_shares_of_the_chinese_survey_agree() -> None:
    """The same population must come out of both tables."""
    shares = ROWS[ROWS["series"] == "cnnic-genai"].set_index("date")["value"]
    feedback = load("feedback_scale")
    users = feedback[feedback["series"] == "cnnic-genai-users"].set_index("date")["value"]
    assert len(shares) == len(users) == 3
    assert (users / shares * 100).between(1400, 1415).all()
