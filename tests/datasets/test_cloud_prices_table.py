"""Prices of accelerators by the hour hang together: by size, kind of purchase, age of the chip and place."""

from collections.abc import Callable

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load

PRICES = load("cloud_prices")
CHIPS = load("chips").set_index("chip")
PRICE = "usd_per_accelerator_hour"
SAME_OFFER = ["provider", "region", "chip_as_printed", "accelerators", "instance", "date", "includes_host"]
SAME_CHIP = ["provider", "region", "chip", "accelerators", "date", "includes_host"]

# Name in the source, lowest and highest price an hour of anybody, for any kind of purchase.
BOUNDS = {
    r"K80|P40|P100|V100|T4|^A10G?$|A10-|^L4$|Inferentia": (0.03, 5),
    r"A6000|RTX|L40": (0.3, 6),
    r"A100|Trainium1|AWS Trainium": (0.3, 9),
    r"H100|H200|GH200|MI300X|TPU v5p|TPU v6e": (0.2, 24),
    r"B200|B300|GB200": (1.5, 36),
}


def on_demand_beside(kind: str, keys: list[str]) -> pd.DataFrame:
    """Return the rows of a kind with the cheapest on-demand price of the same thing beside them, where there is one."""
    known = PRICES.dropna(subset=["chip"]) if "chip" in keys else PRICES
    asked = known[known["price_type"] == "on_demand"].groupby(keys, dropna=False)[PRICE].min().rename("on_demand")
    return known[known["price_type"] == kind].merge(asked.reset_index(), on=keys, how="inner")


def test_there_is_enough_to_compare() -> None:
    assert len(PRICES) >= 300
    assert PRICES["provider"].nunique() >= 15
    assert PRICES["region_country"].nunique() >= 15
    assert PRICES["price_type"].value_counts().min() >= 50


@pytest.mark.parametrize("year", ["2023", "2024", "2025", "2026"])
@pytest.mark.parametrize("chip", ["A100 SXM 80GB", "H100 SXM"])
def test_the_history_of_an_hour_has_three_providers_a_year(chip: str, year: str) -> None:
    rows = PRICES[
        (PRICES["chip"] == chip) & (PRICES["price_type"] == "on_demand") & PRICES["date"].str.startswith(year)
    ]
    assert rows["provider"].nunique() >= 3


def outside_bounds() -> pd.Series:
    wrong = pd.Series(True, index=PRICES.index)
    for names, (low, high) in BOUNDS.items():
        wrong &= ~(PRICES["chip_as_printed"].str.contains(names) & PRICES[PRICE].between(low, high))
    return wrong


RULES: list[tuple[str, Callable[[], pd.Series]]] = [
    ("hourly price outside what anybody asks for such a chip", outside_bounds),
    (
        "instance price is not that of its accelerators",
        lambda: (PRICES["usd_per_instance_hour"] / PRICES["accelerators"] / PRICES[PRICE] - 1).abs() > 0.01,
    ),
    (
        "commitment without a reserved price",
        lambda: PRICES["purchase_term"].notna() & (PRICES["price_type"] != "reserved"),
    ),
    (
        "date before the chip was out",
        lambda: PRICES["date"].str[:4].astype(int) < PRICES["chip"].map(CHIPS["release_year"]).astype("Float64"),
    ),
]


@pytest.mark.parametrize(("rule", "wrong"), RULES, ids=[rule for rule, _ in RULES])
def test_no_price_breaks(rule: str, wrong: Callable[[], pd.Series]) -> None:
    assert broken_by(rule, PRICES["price_id"], wrong()) == set()


def test_what_can_be_taken_away_costs_no_more_than_what_cannot() -> None:
    rows = on_demand_beside("spot", SAME_OFFER)
    assert len(rows) >= 80
    assert broken_by("spot above on-demand", rows["price_id"], rows[PRICE] > rows["on_demand"]) == set()


def test_a_commitment_costs_no_more_than_freedom() -> None:
    rows = on_demand_beside("reserved", SAME_CHIP)
    assert len(rows) >= 50
    assert broken_by("reserved above on-demand", rows["price_id"], rows[PRICE] > rows["on_demand"]) == set()


def test_a_longer_commitment_is_cheaper() -> None:
    terms = PRICES.dropna(subset=["term_months"]).sort_values("term_months")
    compared = 0
    for _, rows in terms.groupby([*SAME_CHIP, "chip_as_printed"], dropna=False):
        compared += len(rows) > 1
        assert rows[PRICE].is_monotonic_decreasing, rows["price_id"].tolist()
    assert compared >= 15


def test_a_newer_chip_is_dearer_at_the_same_place_and_time() -> None:
    offers = PRICES[PRICES["price_type"] == "on_demand"]
    keys = ["provider", "region", "date", "includes_host"]
    compared = []
    for newer, older in [
        ("H100 SXM", "A100 SXM 80GB"),
        ("H200 SXM", "H100 SXM"),
        ("B200", "H200 SXM"),
        ("B300", "B200"),
    ]:
        old = offers[offers["chip"] == older].groupby(keys, dropna=False)[PRICE].min().rename("older").reset_index()
        compared.append(offers[offers["chip"] == newer].merge(old, on=keys))
        assert len(compared[-1]) >= 5
    rows = pd.concat(compared, ignore_index=True)
    assert broken_by("newer chip cheaper than the older one", rows["price_id"], rows[PRICE] < rows["older"]) == set()


def test_the_price_that_aggregators_call_reserved_is_a_list_price() -> None:
    rows = PRICES[(PRICES["instance"] == "p5.48xlarge") & (PRICES["region"] == "us-east-1")]
    assert set(rows[rows["usd_per_instance_hour"] == 55.04]["price_type"]) == {"on_demand"}
    asked = rows[rows["price_type"] == "on_demand"]
    assert set(asked[asked["date"] < "2025"]["usd_per_instance_hour"]) == {98.32}
    assert set(asked[asked["date"] >= "2026"]["usd_per_instance_hour"]) == {55.04}


def test_an_hour_of_an_h100_fell_and_then_rose() -> None:
    """The finding of lesson 4: the same eight chips at the same provider, from 3.49 over 2.99 to 3.99 USD."""
    rows = PRICES[
        (PRICES["provider"] == "Lambda")
        & (PRICES["chip"] == "H100 SXM")
        & (PRICES["accelerators"] == 8)
        & (PRICES["price_type"] == "on_demand")
        & (PRICES["date_basis"] == "archived page")
    ].set_index("date")[PRICE]
    assert rows["2024-03-04"] > rows["2025-12-05"] < rows["2026-04-01"]


def test_the_host_is_left_out_only_where_the_note_or_kind_says_so() -> None:
    parts = PRICES[~PRICES["includes_host"].astype(bool)]
    assert set(parts["provider"]) == {"CoreWeave"}
    assert parts["note"].str.contains("billed separately").all()
