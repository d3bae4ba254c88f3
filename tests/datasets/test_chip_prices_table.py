"""Purchase prices of chips are ordered statistics, and fit the price of renting the same chip."""

import pandas as pd
import pytest

from course.data import load

PRICES = load("chip_prices")
HOURS = load("cloud_prices")

BOUNDS = {
    "RTX 3090": (900, 4_000),
    "RTX 4090": (1_000, 4_500),
    "A40": (3_500, 7_000),
    "A100 PCIe 40GB": (5_000, 15_000),
    "L40S": (6_000, 20_000),
    "H100 PCIe": (20_000, 45_000),
}


def test_statistics_are_ordered() -> None:
    assert (PRICES["min_usd"] <= PRICES["median_usd"]).all()
    assert (PRICES["median_usd"] <= PRICES["max_usd"]).all()
    alone = PRICES[PRICES["n_prices"] == 1]
    assert (alone["min_usd"] == alone["max_usd"]).all()


def test_a_month_of_a_chip_comes_once() -> None:
    assert not PRICES.duplicated(["chip", "month", "market"]).any()
    assert PRICES["month"].max() <= "2026-11"


@pytest.mark.parametrize("chip", sorted(BOUNDS))
def test_a_chip_costs_what_such_chips_cost(chip: str) -> None:
    low, high = BOUNDS[chip]
    rows = PRICES[PRICES["chip"] == chip]
    assert len(rows) >= 5
    assert rows[~rows["median_usd"].between(low, high)]["price_id"].tolist() == []


def test_every_chip_has_its_limits() -> None:
    assert set(PRICES["chip"]) == set(BOUNDS)


@pytest.mark.parametrize("chip", ["H100 PCIe", "L40S"])
def test_renting_pays_for_the_card_in_months_not_days_or_decades(chip: str) -> None:
    """Card alone, at the cheapest and the dearest list price an hour."""
    hourly = HOURS[(HOURS["chip"] == chip) & (HOURS["price_type"] == "on_demand")]["usd_per_accelerator_hour"]
    price = PRICES[PRICES["chip"] == chip]["median_usd"].median()
    hours = pd.Series([price / hourly.max(), price / hourly.min()])
    assert hours.between(1_000, 40_000).all(), hours.tolist()
