"""Effects of applications: intervals hold their effects, signs fit, bad news is kept."""

import pytest

from course.data import load

ROWS = load("app_cases")
COUNTED = ROWS[ROWS["effect"].notna()]
INTERVALS = ROWS[ROWS["ci_low"].notna() | ROWS["ci_high"].notna()]
SECTORS = ["finance", "retail", "healthcare", "manufacturing", "education", "workplace", "customer service"]


def test_there_are_enough_effects() -> None:
    assert len(COUNTED) >= 60
    assert len(ROWS) >= 80


@pytest.mark.parametrize("sector", SECTORS)
def test_every_sector_of_the_course_is_covered(sector: str) -> None:
    assert (ROWS["sector"] == sector).sum() >= 3


@pytest.mark.parametrize("sector", SECTORS)
def test_every_sector_has_a_number_and_something_that_did_not_work(sector: str) -> None:
    rows = ROWS[ROWS["sector"] == sector]
    assert rows["effect"].notna().any()
    assert (rows["direction"] == "benefit").any()
    assert (rows["direction"] != "benefit").any()


def test_intervals_hold_their_effect() -> None:
    assert len(INTERVALS) >= 9
    assert INTERVALS["ci_low"].notna().all()
    assert INTERVALS["ci_high"].notna().all()
    assert (INTERVALS["ci_low"] <= INTERVALS["effect"]).all()
    assert (INTERVALS["effect"] <= INTERVALS["ci_high"]).all()


def test_an_interval_around_zero_is_called_null_and_no_other() -> None:
    around = (INTERVALS["ci_low"] <= 0) & (INTERVALS["ci_high"] >= 0)
    assert around.equals(INTERVALS["direction"] == "null")


def test_the_sign_of_the_effect_is_that_of_its_direction() -> None:
    rows = COUNTED[COUNTED["effect_kind"].isin(["difference", "trend"]) & (COUNTED["direction"] != "null")]
    better = (rows["effect"] > 0) == rows["higher_is_better"].astype(bool)
    assert rows[better != (rows["direction"] == "benefit")]["case_id"].tolist() == []


def test_an_effect_has_a_unit_and_a_sign_alone_has_none() -> None:
    assert (ROWS["effect"].notna() == ROWS["effect_unit"].notna()).all()
    assert (ROWS["effect"].isna() == (ROWS["effect_kind"] == "sign")).all()


def test_nothing_shrinks_by_more_than_all_of_it() -> None:
    assert (COUNTED[COUNTED["effect_unit"] == "percent"]["effect"] >= -100).all()
    points = COUNTED[COUNTED["effect_unit"] == "percentage points"]["effect"]
    assert points.between(-100, 100).all()
    assert COUNTED[COUNTED["effect_unit"] == "standard deviations"]["effect"].between(-2, 2).all()


def test_samples_are_positive_and_say_of_what() -> None:
    counted = ROWS[ROWS["n"].notna()]
    assert (counted["n"] > 0).all()
    assert (ROWS["n"].notna() == ROWS["n_unit"].notna()).all()
    assert len(counted) >= 50


def test_bad_news_is_kept() -> None:
    assert (ROWS["direction"] == "null").sum() >= 10
    assert (ROWS["direction"] == "harm").sum() >= 15
    randomised = ROWS[ROWS["design"] == "randomised"]
    assert set(randomised["direction"]) == {"benefit", "null", "harm"}


def test_doubtful_figures_are_labelled() -> None:
    standing = ROWS.set_index("case_id")["standing"]
    assert standing["toner-rodgers"] == "disowned"
    assert (standing == "disowned").sum() == 1
    assert {"choi-collection-month", "mcelheran-short", "ni-alibaba-chat-time", "ni-alibaba-issue-time"} == set(
        standing[standing == "second-hand"].index
    )


def test_what_a_maker_says_of_itself_is_not_called_an_experiment() -> None:
    reports = ROWS[ROWS["design"] == "company report"]
    assert len(reports) >= 5
    assert not (reports["effect_kind"] == "difference").any()
    assert (reports["confidence"].isin(["vendor", "press"])).all()
