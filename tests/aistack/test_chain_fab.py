"""From a wafer to the price of an H100, every step the input of the next, held against what analysts printed."""

import numpy as np
import pytest

from aistack import fab
from aistack.fab import (
    accelerator_cost,
    cost_per_good_die_usd,
    gross_dies_estimate,
    gross_dies_packed,
    murphy_yield,
    price_usd,
    wafer_price_usd_estimate,
)
from course.data import load

WAFERS = load("wafers").set_index("figure_id")
H100 = load("chips").set_index("chip").loc["H100 SXM"]
PART = "unit-cost-siliconanalysts-h100-"


def said(figure_id: str) -> float:
    return float(WAFERS.loc[figure_id, "value"])


def chain() -> dict[str, float]:
    """The whole chain for one H100. Only the last step, the mark-up, was fitted on those it is held against."""
    wafer = wafer_price_usd_estimate(H100["process_nm"])
    gross = gross_dies_estimate(H100["die_area_mm2"])
    good = murphy_yield(H100["die_area_mm2"], fab.DEFECTS_PER_CM2.value)
    die = cost_per_good_die_usd(wafer, gross, good)
    cost = accelerator_cost(H100["die_area_mm2"], wafer, fab.DEFECTS_PER_CM2.value, H100["memory_gb"])
    price = price_usd(cost.total_usd, 1 - 1 / fab.MARKUP["NVIDIA"].value)
    names = {"wafer": wafer, "gross": gross, "yield": good, "die": die, "total": cost.total_usd, "price": price}
    return {name: float(value) for name, value in names.items()}


def test_each_step_agrees_with_what_is_known_of_it() -> None:
    step = chain()
    assert step["wafer"] == pytest.approx(said("wafer-price-cset-5nm"), rel=0.25)
    assert step["gross"] == pytest.approx(gross_dies_packed(26.0, 31.3), rel=0.03)
    assert 0.4 < step["yield"] < 0.5


def test_the_die_is_a_third_dearer_than_analysts_say_and_cut_parts_explain_it() -> None:
    """Our good die costs about 410 dollars, theirs 300, and the gap has a name for every dollar.

    We call a die good if it has no defect. The H100 is sold with 132 of its 144 blocks, so most dies with a defect are
    sold as well; how many is secret. The gap closes if about a third of the defective dies is sold. The price
    of the wafer works the other way: at CSET's 17,000 dollars instead of the 13,200 of our regression the gap doubles.
    """
    step, analysts = chain(), said(PART + "logic")
    assert step["die"] / analysts == pytest.approx(4 / 3, abs=0.1)
    salvage = (step["wafer"] / (step["gross"] * analysts) - step["yield"]) / (1 - step["yield"])
    assert 0.2 < salvage < 0.5
    dearer = cost_per_good_die_usd(said("wafer-price-cset-5nm"), step["gross"], step["yield"])
    assert (dearer - analysts) / (step["die"] - analysts) == pytest.approx(2, abs=0.4)


def test_the_cost_to_make_it_is_close_to_the_analysts_and_not_for_the_best_of_reasons() -> None:
    """3,100 dollars against 3,320: 6 % off in sum, while the parts miss by up to a third and cancel.

    Logic is too dear (no cut parts are sold), memory too cheap (16.9 dollars a gigabyte in the analysts' bill, 15.1 in
    that for the B200, on which ours was fitted), packaging too cheap (the area of the dies alone does not make its
    price), and what we call scrap and board the analysts book under test and assembly.
    """
    cost = accelerator_cost(
        H100["die_area_mm2"], wafer_price_usd_estimate(H100["process_nm"]), fab.DEFECTS_PER_CM2.value, 80
    )
    assert cost.total_usd == pytest.approx(said(PART + "total"), rel=0.1)
    gaps = {
        "logic": cost.logic_usd - said(PART + "logic"),
        "hbm": cost.hbm_usd - said(PART + "hbm"),
        "packaging": cost.packaging_usd - said(PART + "packaging"),
        "rest": cost.loss_usd + cost.auxiliary_usd - said(PART + "test-and-assembly"),
    }
    assert sum(gaps.values()) == pytest.approx(cost.total_usd - said(PART + "total"))
    assert gaps["logic"] > 0 > gaps["hbm"]
    assert gaps["packaging"] < 0
    assert sum(abs(gap) for gap in gaps.values()) > 2 * abs(sum(gaps.values()))  # they cancel
    per_gb = said(PART + "hbm") / H100["memory_gb"]
    assert per_gb / fab.HBM_USD_PER_GB.value == pytest.approx(said(PART + "hbm") / cost.hbm_usd)
    assert fab.HBM_USD_PER_GB.low < per_gb < fab.HBM_USD_PER_GB.high


def test_the_price_is_a_multiple_that_no_model_of_cost_explains() -> None:
    """28,000 dollars is what the analysts assume; cost gives the floor, not the price: the margin is an input."""
    step = chain()
    assert step["price"] == pytest.approx(said("unit-price-siliconanalysts-h100"), rel=0.25)
    assert step["total"] < said("unit-price-siliconanalysts-h100") / 5


def test_the_band_of_the_chain_holds_the_analysts_total() -> None:
    generator = np.random.default_rng(3)
    wafer = wafer_price_usd_estimate(5, fab.WAFER_USD_AT_KINK.draws(10_000, generator))
    drawn = accelerator_cost(
        814,
        wafer * fab.WAFER_RESIDUAL.draws(10_000, generator),
        fab.DEFECTS_PER_CM2.draws(10_000, generator),
        80,
        salvage_fraction=generator.uniform(0, 1, 10_000),
        hbm_usd_per_gb=fab.HBM_USD_PER_GB.draws(10_000, generator),
        packaging_usd_per_mm2=fab.PACKAGING_USD_PER_MM2.draws(10_000, generator),
        assembly_loss=fab.ASSEMBLY_LOSS.draws(10_000, generator),
        auxiliary_usd=fab.AUXILIARY_USD.draws(10_000, generator),
    )
    low, high = np.percentile(drawn.total_usd, [5, 95])
    assert low < said(PART + "total") < high
    assert high / low < 2
