"""Capital expenditure adds up: periods, currencies, quarters and years."""

import datetime

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load

ROWS = load("capex")
SPENT = ROWS[~ROWS["metric"].isin(["capex_guidance", "capex_plan"])]
DAYS = {"quarter": (89, 92), "half": (181, 184), "year": (365, 366), "plan": (365, 1096)}


def days(rows: pd.DataFrame) -> pd.Series:
    """Return the length of each period in days, both ends counted."""
    ends, starts = pd.to_datetime(rows["period_end"]), pd.to_datetime(rows["period_start"])
    return (ends - starts).dt.days + 1


def days_by_year(start: str, end: str) -> dict[int, int]:
    """Return how many days of a period fall in each calendar year."""
    first, last = datetime.date.fromisoformat(start), datetime.date.fromisoformat(end)
    counts: dict[int, int] = {}
    for offset in range((last - first).days + 1):
        year = (first + datetime.timedelta(days=offset)).year
        counts[year] = counts.get(year, 0) + 1
    return counts


def check_periods(rows: pd.DataFrame) -> None:
    """Periods have the length of their kind and the calendar year that holds most of them."""
    for kind, (low, high) in DAYS.items():
        assert days(rows[rows["period_type"] == kind]).between(low, high).all(), kind
    for _, row in rows.iterrows():
        counts = days_by_year(str(row["period_start"]), str(row["period_end"]))
        key = row.iloc[0]
        assert counts.get(int(row["calendar_year"])) == max(counts.values()), key
        assert row["calendar_share"] == pytest.approx(max(counts.values()) / sum(counts.values()), abs=0.001), key
        label = str(row["fiscal_label"])
        if label.startswith("CY"):
            assert label[2:6] == str(row["period_end"])[:4] == str(row["period_start"])[:4], key
        elif label.startswith("FY") and row["period_type"] == "year":
            assert label[2:4] == str(row["period_end"])[2:4], key


def check_dollars(rows: pd.DataFrame) -> None:
    """Dollars are the value divided by the rate; a rate of yuan has a source and is possible."""
    home = rows[rows["currency"] == "USD"]
    assert (home["usd_bn"] == home["value"]).all()
    assert (home["local_per_usd"] == 1).all()
    abroad = rows[(rows["currency"] == "CNY") & rows["local_per_usd"].notna()]
    assert len(abroad) >= 10
    assert abroad["local_per_usd"].between(6.7, 7.4).all()
    assert (abroad["value"] / abroad["local_per_usd"] / abroad["usd_bn"]).between(0.999, 1.001).all()
    assert (rows["local_per_usd"].notna() == rows["usd_bn"].notna()).all()
    assert abroad.groupby("period_end")["local_per_usd"].nunique().eq(1).all()
    assert set(home["fx_basis"]) == {"none"}
    assert set(abroad["fx_basis"]) == {"period_end"}


def check_ranges(rows: pd.DataFrame) -> None:
    ranged = rows[rows["low"].notna() | rows["high"].notna()]
    assert len(ranged) > 0
    assert (ranged["low"] <= ranged["value"]).all()
    assert (ranged["value"] <= ranged["high"]).all()


def residues(rows: pd.DataFrame) -> pd.Series:
    """Return, for each year of a company, what its quarters leave of it: 0 if all four are there."""
    left: dict[str, float] = {}
    for _, year in rows[rows["period_type"] == "year"].iterrows():
        inside = rows[
            (rows["period_type"] == "quarter")
            & (rows["company"] == year["company"])
            & (rows["metric"] == year["metric"])
            & (rows["period_start"] >= year["period_start"])
            & (rows["period_end"] <= year["period_end"])
        ]
        share = 1 - inside["value"].sum() / year["value"]
        if len(inside) == 4:
            left[f"{year.iloc[0]}: four quarters"] = abs(share)
        elif len(inside) == 3:
            left[f"{year.iloc[0]}: three quarters"] = share
    return pd.Series(left)


def check_sums(rows: pd.DataFrame, least: int) -> None:
    left = residues(rows)
    whole = left[left.index.str.endswith("four quarters")]
    part = left[left.index.str.endswith("three quarters")]
    assert len(left) >= least
    assert whole[whole > 0.01].to_dict() == {}
    assert part[~part.between(0.15, 0.45)].to_dict() == {}


def growth(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return each row with the value of a year before in the same series beside it."""
    dated = rows.assign(
        end=pd.PeriodIndex(rows["period_end"], freq="M").year * 12 + pd.PeriodIndex(rows["period_end"], freq="M").month
    )
    before = dated.assign(end=dated["end"] + 12)[[*by, "end", "value"]]
    return dated.merge(before, on=[*by, "end"], suffixes=("", "_before"))


def test_periods_are_what_they_are_called() -> None:
    check_periods(ROWS)


def test_dollars_follow_from_value_and_rate() -> None:
    check_dollars(ROWS)


def test_ranges_hold_their_values() -> None:
    check_ranges(ROWS)


def test_what_was_estimated_has_a_range() -> None:
    rows = ROWS[(ROWS["confidence"] == "estimate") & (ROWS["metric"] != "capex_group_total")]
    assert len(rows) >= 10
    assert rows[rows["low"].isna()]["capex_id"].tolist() == []


def test_quarters_add_up_to_their_year() -> None:
    check_sums(SPENT, 20)


def test_spending_neither_halves_nor_trebles_in_a_year() -> None:
    rows = growth(SPENT, ["company", "metric", "period_type"])
    assert len(rows) >= 80
    ratio = rows["value"] / rows["value_before"]
    assert broken_by("spending halves or trebles in a year", rows["capex_id"], ~ratio.between(0.5, 3)) == set()


def test_leases_come_on_top() -> None:
    by = ["company", "period_start", "period_end"]
    cash, leased = (ROWS[ROWS["metric"] == metric] for metric in ("capex_cash", "capex_with_leases"))
    both = cash.merge(leased, on=by)
    assert len(both) >= 3
    assert (both["value_y"] > both["value_x"]).all()


@pytest.mark.parametrize("year", range(2020, 2025))
def test_the_total_of_four_companies_exceeds_the_cash_of_three(year: int) -> None:
    rows = SPENT[(SPENT["fiscal_label"] == f"CY{year}")].set_index(["company", "metric"])["value"]
    three = sum(rows[(company, "capex_cash")] for company in ("Amazon", "Alphabet", "Meta"))
    total = rows[("Amazon+Alphabet+Meta+Microsoft", "capex_group_total")]
    assert 1.05 * three < total < 2 * three


def test_what_has_been_spent_lies_in_the_past() -> None:
    assert (SPENT["period_end"] <= "2026-11-24").all()
    assert ((ROWS["period_type"] == "plan") <= ROWS["metric"].isin(["capex_plan"])).all()


def test_the_two_sums_of_guidance_are_both_there() -> None:
    rows = ROWS[(ROWS["metric"] == "capex_guidance") & ROWS["company"].str.contains("+", regex=False)]
    assert len(rows) == 2
    assert rows["low"].notna().all()
