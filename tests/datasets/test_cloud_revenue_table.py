"""Cloud revenue adds up, within one definition of cloud."""

import pytest
from plausible import broken_by
from test_capex_table import check_dollars, check_periods, check_ranges, check_sums, growth

from course.data import load

ROWS = load("cloud_revenue")
MONEY = ROWS[ROWS["unit"] == "billion"]
REVENUE = ROWS[ROWS["metric"] == "cloud_revenue"]
SERIES = ["company", "metric", "scope", "period_type"]


def test_periods_are_what_they_are_called() -> None:
    check_periods(ROWS)


def test_dollars_follow_from_value_and_rate() -> None:
    check_dollars(MONEY)


def test_ranges_hold_their_values() -> None:
    check_ranges(ROWS)


def test_shares_are_percent_and_have_no_currency() -> None:
    shares = ROWS[ROWS["metric"] == "market_share"]
    assert set(shares["unit"]) == {"percent"}
    assert set(MONEY["metric"]) == {"cloud_revenue", "market_size"}
    assert shares["currency"].isna().all()
    assert shares["value"].between(0, 100).all()
    assert (shares.groupby(["scope", "period_end"])["value"].sum() <= 100).all()


def test_quarters_add_up_to_their_year() -> None:
    check_sums(REVENUE, 2)


def test_revenue_grows_within_bounds() -> None:
    rows = growth(REVENUE, SERIES)
    assert len(rows) >= 15
    ratio = rows["value"] / rows["value_before"]
    assert (
        broken_by("cloud revenue falls or grows by more than 70 % in a year", rows["cloud_id"], ~ratio.between(1, 1.7))
        == set()
    )


@pytest.mark.parametrize(("key", "percent"), [("fy26q1", 26), ("fy26q2", 34), ("fy26q3", 36), ("fy26q4", 38)])
def test_the_growth_of_alibabas_cloud_is_the_one_published(key: str, percent: int) -> None:
    rows = growth(REVENUE, SERIES).set_index("cloud_id")
    row = rows.loc[f"alibaba-cloud-cloud-revenue-{key}"]
    assert 100 * (row["value"] / row["value_before"] - 1) == pytest.approx(percent, abs=0.6)


def test_share_times_market_is_revenue() -> None:
    """The researcher's share of AWS and the revenue that Amazon reports agree within two points."""
    rows = ROWS[ROWS["period_end"] == "2026-03-31"].set_index(["company", "metric"])["value"]
    aws = rows[("Amazon Web Services", "cloud_revenue")] / rows[("All suppliers", "market_size")]
    assert 100 * aws == pytest.approx(rows[("Amazon Web Services", "market_share")], abs=2)


def test_china_is_a_part_of_the_world() -> None:
    rows = ROWS[(ROWS["metric"] == "market_size") & (ROWS["period_end"] == "2025-12-31")].set_index("company")
    ratio = rows.loc["All suppliers in China", "value"] / rows.loc["All suppliers", "value"]
    assert ratio == pytest.approx(0.12, abs=0.01)


def test_definitions_of_cloud_are_not_mixed() -> None:
    """Huawei restated 2023, Baidu changed its segment: their years are different series."""
    for company in ("Huawei Cloud", "Baidu AI Cloud"):
        assert REVENUE[REVENUE["company"] == company]["scope"].nunique() > 1
    assert REVENUE[REVENUE["company"] == "Alibaba Cloud"]["scope"].nunique() == 1
