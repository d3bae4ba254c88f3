"""Power prices and grids of countries: converted rightly, possible, and in the order that costs dictate."""

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load

ENERGY = load("country_energy")
PRICES = ENERGY[ENERGY["unit"] == "USD/kWh"]

# Lowest and highest plausible figure of each metric.
BOUNDS = {
    "carbon_intensity": (5, 1_000),
    "wholesale_power_price": (0.015, 0.16),
    "industrial_power_price": (0.04, 0.30),
    "business_power_price": (0.06, 0.40),
}


def test_there_are_prices_of_enough_countries() -> None:
    assert PRICES["country"].nunique() >= 25
    assert (ENERGY["metric"] == "carbon_intensity").sum() >= 50


@pytest.mark.parametrize("metric", sorted(BOUNDS))
def test_figures_are_possible(metric: str) -> None:
    low, high = BOUNDS[metric]
    rows = ENERGY[ENERGY["metric"] == metric]
    assert len(rows) > 0
    assert rows[~rows["value"].between(low, high)]["entry_id"].tolist() == []


def test_one_metric_has_one_unit() -> None:
    assert (ENERGY.groupby("metric")["unit"].nunique() == 1).all()
    assert set(ENERGY["metric"]) == set(BOUNDS)


def test_prices_are_converted_with_the_rate_of_the_row() -> None:
    size = PRICES["printed_unit"].map(lambda unit: 1000 if unit.endswith("/MWh") else 1)
    computed = PRICES["printed_value"] / size / PRICES["units_per_usd"].fillna(1)
    assert PRICES[(computed - PRICES["value"]).abs() > 0.0002]["entry_id"].tolist() == []
    foreign = ~PRICES["printed_unit"].str.startswith("USD")
    assert (PRICES["units_per_usd"].notna() == foreign).all()


def test_one_currency_has_one_rate_in_a_period() -> None:
    rates = PRICES.dropna(subset=["units_per_usd"])
    currency = rates["printed_unit"].str[:3]
    assert (rates.groupby([currency, "period"])["units_per_usd"].nunique() == 1).all()


def test_customers_pay_more_than_generators_get() -> None:
    """Networks, taxes and suppliers come on top, so in the same country and year the business price is higher."""
    wholesale = PRICES[PRICES["metric"] == "wholesale_power_price"].groupby(["country", "period"])["value"].max()
    paid = PRICES[PRICES["metric"].isin(["business_power_price", "industrial_power_price"])]
    rows = paid.merge(wholesale.rename("wholesale").reset_index(), on=["country", "period"])
    assert len(rows) >= 7
    assert broken_by("business below wholesale", rows["entry_id"], rows["value"] < rows["wholesale"]) == set()


def test_the_union_lies_between_its_members() -> None:
    members = PRICES[(PRICES["metric"] == "wholesale_power_price") & (PRICES["period"] == "2025")]["value"]
    union = PRICES[(PRICES["country"] == "EU27") & (PRICES["metric"] == "wholesale_power_price")]["value"]
    assert len(union) == 1
    assert members.min() < union.iloc[0] < members.max()


def test_clean_and_dirty_grids_are_in_their_order() -> None:
    grid = ENERGY[ENERGY["metric"] == "carbon_intensity"].set_index("country")["value"]
    order = ["NO", "FR", "GB", "US", "CN", "IN"]
    assert pd.Series([grid[country] for country in order]).is_monotonic_increasing
