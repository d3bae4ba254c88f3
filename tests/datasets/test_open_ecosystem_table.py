"""Open ecosystems: a series is one count, cumulative counts do not fall, and counts that differ stay apart."""

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load

ROWS = load("open_ecosystem")
STARS = ROWS[ROWS["metric"] == "github_stars"]
INDEX = ROWS[ROWS["metric"] == "capability_index"]
FOR_FITS = 12  # months (or quarters) that a curve of growth needs


def step(series: str, date: str) -> float:
    """Return the best value of a series on a date, or minus infinity before its first."""
    seen = INDEX[(INDEX["series"] == series) & (INDEX["date"] <= date)]["value"]
    return float(seen.max()) if len(seen) else float("-inf")


@pytest.mark.parametrize("column", ["entity", "developer", "country", "metric", "unit", "cumulative", "scope"])
def test_a_series_is_one_count_of_one_thing(column: str) -> None:
    rows = ROWS if column not in ("developer", "country") else STARS  # the record of the index changes hands
    assert (rows.groupby("series")[column].nunique(dropna=False) == 1).all()


def test_a_metric_has_one_unit() -> None:
    assert (ROWS.groupby("metric")["unit"].nunique() == 1).all()


def test_the_key_is_series_and_date() -> None:
    assert (ROWS["observation_id"] == ROWS["series"] + "-" + ROWS["date"]).all()


def test_cumulative_counts_do_not_fall() -> None:
    rows = ROWS[ROWS["cumulative"]].sort_values(["series", "date"])
    falls = rows.groupby("series")["value"].diff() < 0
    assert broken_by("a cumulative count falls", rows["observation_id"], falls) == set()


def test_stars_do_not_leap_from_one_list_to_the_next() -> None:
    rows = STARS.sort_values(["series", "date"])
    days = pd.to_datetime(rows["date"]).groupby(rows["series"]).diff().dt.days
    growth = rows["value"] / rows.groupby("series")["value"].shift()
    assert (days <= 45).sum() >= 500
    leaps = (days <= 45) & (growth > 1.6)
    assert broken_by("stars leap by more than 60 % in a month", rows["observation_id"], leaps) == set()


def test_shares_are_shares() -> None:
    shares = ROWS[ROWS["unit"] == "percent"]
    assert len(shares) >= 20
    assert shares["value"].between(0, 100).all()


def test_a_computed_share_is_a_whole_number_of_models() -> None:
    rows = ROWS[ROWS["sample"].notna()]
    assert len(rows) == 14
    models = rows["value"] * rows["sample"].astype(float) / 100
    assert ((models - models.round()).abs() < 0.05).all()


def test_there_are_enough_series_to_fit() -> None:
    counts = STARS.groupby("series").size()
    assert (counts >= FOR_FITS).sum() >= 25
    assert (INDEX.groupby("series").size() >= 8).all()


def test_every_repository_is_seen_once_in_a_month() -> None:
    assert not STARS.assign(month=STARS["date"].str[:7]).duplicated(["series", "month"]).any()


def test_the_three_counts_of_downloads_of_qwen_are_three_series() -> None:
    rows = ROWS[(ROWS["entity"] == "Qwen") & (ROWS["metric"] == "downloads_cumulative")]
    assert set(rows["value"]) == {600, 700, 942.1}
    assert rows.groupby("series")["value"].nunique().eq(1).all()
    assert rows["series"].nunique() == 3


def test_a_part_does_not_exceed_the_whole() -> None:
    """Qwen's downloads are part of the Chinese ones; a country's open models are part of its models."""
    atom = ROWS.set_index("observation_id")["value"]
    assert atom["downloads-atom-qwen-2026-03"] < atom["downloads-atom-cn-2026-03"]
    for date in INDEX["date"]:
        assert step("eci-us-open", date) <= min(step("eci-us", date), step("eci-open", date))
        assert step("eci-cn-open", date) <= min(step("eci-cn", date), step("eci-open", date))


def test_no_chinese_model_has_led_the_index() -> None:
    """Claims C01 and C11 rest on these gaps."""
    assert all(step("eci-cn", date) < step("eci-us", date) for date in INDEX["date"])
    assert step("eci-us", "2026-06-30") - step("eci-cn", "2026-06-30") == pytest.approx(8.1, abs=0.1)
    assert step("eci-us", "2025-01-31") - step("eci-cn", "2025-01-31") == pytest.approx(3.0, abs=0.1)
    assert step("eci-closed", "2026-06-30") - step("eci-open", "2026-06-30") == pytest.approx(8.6, abs=0.1)


def test_records_are_records() -> None:
    rises = INDEX.sort_values(["series", "date"]).groupby("series")["value"].diff().dropna()
    assert (rises >= 0).all()
    assert INDEX["value"].between(80, 200).all()


def test_lists_of_tracked_models_add_up() -> None:
    rows = ROWS[ROWS["metric"] == "models_tracked"]
    groups = pd.Series(rows["series"].isin(["tracked-china", "tracked-us", "tracked-eu", "tracked-other"]))
    assert rows[groups]["value"].sum() == 1772 - 11  # eleven have no known country
    assert rows[~groups & (rows["country"] == "CN")]["value"].sum() <= 970
