"""Regulator against designer: what is said and drawn, computed again from the rows of the tables."""

import itertools

import pandas as pd
import pytest

from aistack import fab
from course.charts import number
from course.data import load
from course.explorers.export_rules import regulator_and_designer

CHIPS = load("chips").set_index("chip")
BITS = {"fp32_tflops": 32, "fp16_tflops": 16, "fp8_tflops": 8, "int8_tops": 8, "fp4_tflops": 4}
TPP = (CHIPS[list(BITS)].astype(float) * pd.Series(BITS)).max(axis=1)
DENSITY = (TPP / CHIPS["die_area_mm2"].astype(float)).dropna()


def caught(tpp_limit: float, density_limit: float) -> set[str]:
    tpp = TPP[DENSITY.index]
    return set(DENSITY.index[(tpp >= tpp_limit) | ((tpp >= 1600) & (density_limit <= DENSITY))])


@pytest.fixture(scope="module")
def explorer():
    return regulator_and_designer()


def test_the_chips_caught_are_those_of_the_table_over_either_limit(explorer):
    for tpp_limit, density_limit in itertools.product((1600, 4800, 21000), (1.6, 5.92, 30)):
        explorer.set(tpp_limit=tpp_limit, density_limit=density_limit)
        expected = caught(tpp_limit, density_limit)
        assert explorer.result.caught == expected
        assert f"catches {len(expected)} of {len(DENSITY)} real chips" in explorer.sentence
        drawn = len(explorer.chart.artists["caught"].get_xdata())
        assert drawn == sum(300 <= TPP[name] <= 60_000 and 0.5 <= DENSITY[name] <= 400 for name in expected)


def test_the_design_is_caught_exactly_when_a_limit_is_reached(explorer):
    for peak, area in itertools.product((119.5, 148, 299, 312, 989), (294, 609, 814, 858)):
        explorer.reset()
        explorer.set(peak_tflops=peak, area_mm2=area)
        tpp, density = 16 * peak, 16 * peak / area
        expected = tpp >= 4800 or (tpp >= 1600 and density >= 5.92)
        assert explorer.result.is_caught is expected
        tier_b = (tpp >= 2400 and density >= 1.6) or (tpp >= 1600 and density >= 3.2)
        fate = "caught" if expected else "not caught, 25 days' notice" if tier_b else "free"
        assert dict(explorer.table())["Your design"] == fate
        assert ("No larger die would take it out of reach" in explorer.sentence) is (tpp >= 4800)
        (x,), (y,) = explorer.chart.artists["design"].get_data()
        assert (x, y) == pytest.approx((tpp, density))


def test_a_good_die_costs_what_the_model_says(explorer):
    explorer.reset()
    for area, defects in itertools.product((294, 814), (0.05, 0.4)):
        explorer.set(area_mm2=area, defects=defects)
        share = fab.murphy_yield(area, defects)
        cost = fab.wafer_price_usd_estimate(5) / (fab.gross_dies_estimate(area) * share)
        assert dict(explorer.table())["Good die"] == f"{number(float(cost))} USD"


def test_the_h20_is_free_and_a_chip_twice_as_fast_needs_nearly_the_whole_reticle(explorer):
    explorer.preset("October 2023 and the H20")
    assert explorer.state == {**explorer.state, "peak_tflops": 148, "area_mm2": 814}
    assert not explorer.result.is_caught
    explorer.set(peak_tflops=299)
    assert 800 < explorer.result.free_area_mm2 < 814 < float(fab.reticle_area_mm2_bound())
