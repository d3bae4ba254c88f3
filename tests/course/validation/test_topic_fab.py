"""Predictions of costs: thin, deaf to printed answers, tolerant of units, and honest about what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from course.validation.ask import ask
from course.validation.case import NotModelled


@pytest.mark.parametrize(
    ("topic", "inputs", "quantity", "unit", "said", "tolerance"),
    [
        ("die_yield", {"area_mm2": 100, "d0": 1.271, "model": "Murphy"}, "yield", "fraction", 0.32, 0.01),
        ("die_yield", {"die_area_mm2": 100, "D0": 1.271, "model": "murphy"}, "yield", "percent", 32, 0.01),
        ("die_yield", {"area_mm2": 100, "d0": 1, "model": "Seeds"}, "yield", "fraction", 0.5, 1e-9),
        ("die_yield", {"node": "N7"}, "defect_density", "per cm2", 0.09, 0.2),
        ("die_geometry", {"w_mm": 26, "h_mm": 33}, "reticle_limit", "mm2", 858, 1e-9),
        ("chip_cost", {"logic": 300, "hbm": 1350, "packaging": 750, "other": 920}, "cost", "USD", 3320, 1e-9),
        ("chip_cost", {"logic": 300, "hbm": 1350, "packaging": 750, "other": 920}, "hbm_share", "percent", 40.7, 0.01),
        ("chip_cost", {"gross_profit": 190000, "cost": 80000}, "sale_price", "USD", 270000, 1e-9),
        ("chip_cost", {"chip": "H100"}, "manufacturing_cost", "USD", 3320, 0.15),
        ("chip_cost", {"price": 28000, "cost": 3320}, "gross_margin", "percent", 88.1, 0.01),
        ("chip_price", {"low": 30000, "high": 45000}, "h100_price_geomean", "USD", 36742, 0.001),
        ("wafer_price", {"node": "N7"}, "price", "USD", 10000, 0.2),
        ("wafer_price", {"node": "A16"}, "price", "thousand USD", 45, 0.2),
    ],
)
def test_published_rows_are_met(
    topic: str, inputs: dict[str, Any], quantity: str, unit: str, said: float, tolerance: float
) -> None:
    assert ask(topic, inputs, quantity, unit).value == pytest.approx(said, rel=tolerance)


def test_arithmetic_on_a_rows_own_figures_is_marked_and_an_estimate_is_not() -> None:
    assert ask("chip_price", {"low": 1, "high": 4}, "geomean", "USD").identity
    assert ask("chip_cost", {"logic": 1, "hbm": 2}, "cost", "USD").identity
    estimate = ask("chip_cost", {"chip": "H100"}, "cost", "USD")
    assert not estimate.identity
    assert estimate.low < 3320 < estimate.high
    assert "epoch-b200-cost" in estimate.fitted_on


@pytest.mark.parametrize("topic", ["chip_cost", "chip_price"])
def test_a_price_that_is_printed_beside_the_row_does_not_move_the_prediction(topic: str) -> None:
    given = {"chip": "H100", "published_tflops": 1, "year": 2024}
    before = ask(topic, given, "manufacturing_cost", "USD")
    assert ask(topic, given | {"published_tflops": 9999, "year": 2020}, "manufacturing_cost", "USD") == before


def test_a_yield_without_a_named_model_lies_between_those_of_the_models() -> None:
    band = ask("die_yield", {"area_mm2": 814, "d0": 0.1}, "yield", "fraction")
    assert band.low == pytest.approx(0.443, abs=0.001)
    assert band.high == pytest.approx(0.551, abs=0.001)


@pytest.mark.parametrize(
    ("topic", "inputs", "unit", "words"),
    [
        ("chip_cost", {"chip": "Frobnicator 9000"}, "USD", "neither parts of the cost, nor a chip of the table"),
        ("chip_cost", {"chip": "L40S"}, "USD", "no stacked memory"),
        ("die_yield", {"model": "Murphy", "d0": 1}, "fraction", "area of the die"),
        ("wafer_price", {"node": "leading edge"}, "USD", "names no node"),
        ("wafer_price", {"year": 2020}, "USD", "process_node is not given"),
    ],
)
def test_what_is_missing_is_said_in_words(topic: str, inputs: dict[str, Any], unit: str, words: str) -> None:
    with pytest.raises(NotModelled, match=words):
        ask(topic, inputs, "yield" if topic == "die_yield" else "price_to_make", unit)
