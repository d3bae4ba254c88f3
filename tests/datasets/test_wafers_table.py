"""Costs of wafers and chips: ranges hold their values, smaller nodes cost more, parts add up."""

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load

WAFERS = load("wafers")
KEYS = WAFERS["figure_id"]
PRICES = WAFERS[WAFERS["metric"] == "wafer_price"]
UNIT_COST = WAFERS[WAFERS["metric"] == "unit_cost"]


def test_estimates_have_a_range_and_ranges_say_where_they_come_from() -> None:
    estimates = WAFERS[WAFERS["confidence"] == "estimate"]
    assert len(estimates) >= 30
    assert estimates[["low", "high", "range_basis"]].notna().all(axis=None)
    assert (WAFERS["low"].notna() == WAFERS["range_basis"].notna()).all()
    assert (WAFERS["low"].notna() == WAFERS["high"].notna()).all()


def test_an_assumed_range_is_the_one_that_the_field_describes() -> None:
    rows = WAFERS[WAFERS["range_basis"] == "assumed"]
    assert len(rows) > 5
    assert rows["low"].to_numpy() == pytest.approx((rows["value"] * 0.7).to_numpy(), rel=0.01)
    assert rows["high"].to_numpy() == pytest.approx((rows["value"] * 1.3).to_numpy(), rel=0.01)


@pytest.mark.parametrize("source", ["cset-ai-chips-2020", "digitimes-wafers-2022"])
def test_wafers_of_a_smaller_node_cost_more_within_one_source(source: str) -> None:
    rows = PRICES[PRICES["source_id"] == source].sort_values("node_nm", ascending=False)
    assert len(rows) >= 4
    assert (rows["value"].diff().dropna() > 0).all()
    assert rows["year"].is_monotonic_increasing


def test_the_spread_of_a_wafer_price_is_that_of_its_rows() -> None:
    rows = PRICES[PRICES["range_basis"] == "spread"]
    assert len(rows) >= 8
    values = PRICES.groupby("node_nm")["value"].agg(["min", "max"])
    assert rows["low"].to_list() == rows["node_nm"].map(values["min"]).to_list()
    assert rows["high"].to_list() == rows["node_nm"].map(values["max"]).to_list()


def test_one_metric_has_one_unit() -> None:
    assert (WAFERS.groupby("metric")["unit"].nunique() == 1).all()


RULES = [
    ("low above high", WAFERS["low"] > WAFERS["high"]),
    ("value outside its range", (WAFERS["value"] < WAFERS["low"]) | (WAFERS["value"] > WAFERS["high"])),
    ("neither value nor range", WAFERS["value"].isna() & WAFERS["low"].isna()),
    (
        "defect density outside 0.03 to 0.5 for each cm2",
        (WAFERS["metric"] == "defect_density") & ~WAFERS["value"].fillna(WAFERS["low"]).between(0.03, 0.5),
    ),
    (
        "wafer outside 1,000 to 40,000 USD",
        (WAFERS["metric"] == "wafer_price") & ~WAFERS["value"].between(1_000, 40_000),
    ),
    ("percent above 100", (WAFERS["unit"] == "percent") & (WAFERS[["value", "high"]].max(axis=1) > 100)),
]


@pytest.mark.parametrize(("rule", "wrong"), RULES, ids=[rule for rule, _ in RULES])
def test_no_figure_breaks(rule: str, wrong: pd.Series) -> None:
    assert broken_by(rule, KEYS, wrong) == set()


@pytest.mark.parametrize(
    ("subject", "source"), [("H100 SXM", "siliconanalysts-cost-bridge"), ("B200", "epoch-b200-cost")]
)
def test_the_parts_of_a_chip_add_up_to_its_cost(subject: str, source: str) -> None:
    rows = UNIT_COST[(UNIT_COST["subject"] == subject) & (UNIT_COST["source_id"] == source)].set_index("part")["value"]
    assert rows.drop("total").sum() == pytest.approx(rows["total"], rel=0.01)
    assert rows["hbm"] > rows["logic"]


def test_chips_sell_for_more_than_they_cost() -> None:
    cost = UNIT_COST[UNIT_COST["part"] == "total"].groupby("chip")["value"].max()
    price = WAFERS[WAFERS["metric"] == "unit_price"].set_index("chip")["value"]
    assert len(price) >= 3
    assert (price > 2 * cost.reindex(price.index)).all()


def test_the_logic_of_a_chip_fits_the_wafer_price() -> None:
    """Dies of a wafer by the usual approximation, Poisson yield: the estimate of the B200 dies is of that size."""
    area, diameter = 800.0, 300.0
    gross = 3.14159 * (diameter / 2) ** 2 / area - 3.14159 * diameter / (2 * area) ** 0.5
    defects = WAFERS.set_index("figure_id").loc["defect-density-tsmc-5nm", "low"] / 100
    good = gross * 2.71828 ** (-area * defects)
    wafers = PRICES[PRICES["node_nm"] == 5]["value"]
    logic = WAFERS.set_index("figure_id").loc["unit-cost-epoch-b200-logic"]
    assert 2 * wafers.min() / good > 0.5 * logic["low"]
    assert 2 * wafers.min() / gross < logic["high"]


def test_good_dies_of_a_wafer_grow_as_the_node_shrinks() -> None:
    """Wafer price by die price; at 5 nm the die is 610 mm2, of which at most 90 fit on a wafer."""
    cset = WAFERS[WAFERS["source_id"] == "cset-ai-chips-2020"].pivot(index="node_nm", columns="metric", values="value")
    dies = (cset["wafer_price"] / cset["foundry_price_per_die"]).dropna().sort_index()
    assert dies.is_monotonic_decreasing
    assert 60 < dies.iloc[0] < 90


def test_shares_of_one_whole_do_not_exceed_it() -> None:
    assert WAFERS[WAFERS["metric"] == "cowos_share"]["value"].sum() <= 100
