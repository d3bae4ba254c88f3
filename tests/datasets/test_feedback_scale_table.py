"""Scale of feedback: one counter a series, possible numbers, contradictions kept and named."""

import pytest
from plausible import broken_by

from course.data import load

ROWS = load("feedback_scale")
WORLD = 8_300  # million people
TOKENS = ROWS[ROWS["metric"] == "tokens_per_day"]


def test_there_are_enough_rows() -> None:
    assert len(ROWS) >= 80
    assert ROWS["series"].nunique() >= 30


@pytest.mark.parametrize("column", ["entity", "product", "metric", "unit", "counted_by", "scope"])
def test_a_series_is_one_count_by_one_counter(column: str) -> None:
    rows = ROWS if column != "counted_by" else ROWS[ROWS["series"] != "chatgpt-users-weekly"]
    assert rows.groupby("series")[column].nunique().max() == 1


def test_a_metric_has_one_unit() -> None:
    assert (ROWS.groupby("metric")["unit"].nunique() == 1).all()


def test_nobody_has_more_users_than_there_are_people() -> None:
    users = ROWS[ROWS["unit"] == "million users"]
    assert len(users) >= 40
    assert users["value"].between(1, WORLD / 2).all()


def test_counts_grow_unless_excused() -> None:
    rows = ROWS.sort_values(["series", "date"])
    falls = rows.groupby("series")["value"].diff() < 0
    assert broken_by("a count of use falls", rows["feedback_id"], falls) == set()


def test_no_company_serves_more_than_its_country_unless_excused() -> None:
    nation = TOKENS[TOKENS["series"] == "china-national-tokens-per-day"].sort_values("date")
    rows = TOKENS[(TOKENS["country"] == "CN") & (TOKENS["series"] != "china-national-tokens-per-day")]
    rows = rows[rows["date"] >= nation["date"].iloc[0]]
    # the nation by its next count, which is the higher one, or by its last
    after = rows["date"].map(lambda date: nation[nation["date"] > date]["value"].min())
    total = after.fillna(nation["value"].iloc[-1])
    assert len(rows) >= 6
    wrong = rows["value"] > total
    assert broken_by("a company serves more than its country", rows["feedback_id"], wrong) == set()


def test_both_totals_of_march_2026_are_kept() -> None:
    march = TOKENS[TOKENS["date"] == "2026-03"].set_index("series")["value"]
    assert march["china-national-tokens-per-day"] == 140
    assert march["doubao-tokens-per-day"] == 120


def test_a_day_has_a_possible_number_of_messages_a_user() -> None:
    both = ROWS[(ROWS["date"] == "2025-03-28")].pivot(index="entity", columns="metric", values="value")
    rate = (both["messages_per_day"] / both["users_daily"]).dropna()
    assert len(rate) == 5
    assert rate.between(1, 20).all()


def test_users_are_fewer_than_those_on_the_internet() -> None:
    rows = ROWS[ROWS["date"] == "2025-12"].set_index("series")["value"]
    assert rows["cnnic-genai-answers"] < rows["cnnic-genai-users"] < rows["cnnic-internet-users"]


def test_a_day_or_a_week_has_fewer_users_than_a_month() -> None:
    meta = ROWS[(ROWS["entity"] == "Meta") & (ROWS["date"] == "2024-09-25")].set_index("metric")["value"]
    assert meta["users_weekly"] < meta["users_monthly"]
    gemini = ROWS[ROWS["series"].str.startswith("gemini-app-court")].set_index("metric")["value"]
    assert gemini["users_daily"] < gemini["users_monthly"]


def test_ranges_hold_their_values() -> None:
    ranged = ROWS[ROWS["low"].notna()]
    assert len(ranged) >= 2
    assert (ranged["low"] <= ranged["value"]).all()
    assert (ranged["value"] <= ranged["high"]).all()
