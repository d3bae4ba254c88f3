"""Thresholds and returns: the rule against a search, the formula against a simulation, the limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistack.returns import (
    cost_per_case,
    net_present_value_usd,
    payback_years,
    review_threshold,
    reviewed_share,
    yearly_value_usd,
)

shares, strengths = st.floats(0.05, 0.95), st.floats(0.2, 50)


@settings(deadline=None)  # the first call imports SciPy
@given(shares, strengths, st.floats(0, 1.5), st.floats(0, 0.3))
def test_no_other_threshold_costs_less(accuracy: float, concentration: float, look: float, slip: float) -> None:
    grid = cost_per_case(np.linspace(0, 1, 401), accuracy, concentration, 1, look, slip)
    best = cost_per_case(review_threshold(1, look, slip), accuracy, concentration, 1, look, slip)
    assert best <= grid.min() + 1e-9


def test_the_formula_is_what_a_simulation_finds() -> None:
    generator = np.random.default_rng(7)
    confidence = generator.beta(0.85 * 3, 0.15 * 3, 200_000)
    wrong = generator.random(confidence.size) > confidence
    cost = np.where(confidence < 0.7, 5 + 0.02 * 100, 100 * wrong)
    assert cost_per_case(0.7, 0.85, 3, 100, 5, 0.02) == pytest.approx(cost.mean(), rel=0.01)
    assert reviewed_share(0.7, 0.85, 3) == pytest.approx((confidence < 0.7).mean(), rel=0.01)


@pytest.mark.extreme
def test_free_review_reviews_all_and_dear_review_none() -> None:
    assert review_threshold(10, 0) == 1
    assert review_threshold(10, 20) == 0
    assert reviewed_share(0, 0.9, 2) == 0
    assert reviewed_share(1, 0.9, 2) == 1


@pytest.mark.behaviour
def test_the_threshold_can_matter_more_than_the_model() -> None:
    """A model that errs a fifth less saves less than reviewing what the old model is unsure of."""
    alone = cost_per_case(0, 0.90, 2, 100, 5)
    better_model = cost_per_case(0, 0.92, 2, 100, 5)
    reviewed = cost_per_case(review_threshold(100, 5), 0.90, 2, 100, 5)
    assert alone - better_model < alone - reviewed


@pytest.mark.sensitivity
def test_review_pays_when_costs_are_a_fifth_off() -> None:
    for error, look, accuracy in np.ndindex(2, 2, 2):
        mistake, price, right = 100 * (0.8 + 0.4 * error), 5 * (0.8 + 0.4 * look), 1 - 0.1 * (0.8 + 0.4 * accuracy)
        best = cost_per_case(review_threshold(mistake, price), right, 2, mistake, price)
        assert best < min(cost_per_case(0, right, 2, mistake, price), price)


def test_present_value_is_the_sum_of_small_steps() -> None:
    times = np.arange(0.5, 3, 1e-4)
    steps = (100 * np.exp(-0.1 * times)).sum() * 1e-4
    assert net_present_value_usd(100, 30, 6, 3, 0.1) == pytest.approx(steps - 30, rel=1e-3)


@pytest.mark.extreme
def test_a_project_that_comes_too_late_only_costs() -> None:
    assert net_present_value_usd(100, 30, 48, 3, 0.1) == pytest.approx(-30)
    assert payback_years(0, 30, 0) == np.inf
    assert payback_years([-1, 10], 30, 0).tolist() == [np.inf, 3]


@settings(deadline=None)  # the first call imports SciPy
@given(st.floats(0, 24), st.floats(0, 24))
def test_later_is_never_worth_more(first: float, second: float) -> None:
    sooner, later = sorted((first, second))
    assert net_present_value_usd(100, 10, sooner, 3, 0.1) >= net_present_value_usd(100, 10, later, 3, 0.1) - 1e-9


def test_a_negative_effect_costs() -> None:
    assert yearly_value_usd([-19, 14], 1000, 10).tolist() == pytest.approx([-1900, 1400])


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: review_threshold(0, 1), "error_cost = 0"),
        (lambda: reviewed_share(0.5, 1, 2), "accuracy = 1"),
        (lambda: cost_per_case(1.5, 0.5, 2, 1, 1), "threshold = 1.5"),
        (lambda: net_present_value_usd(1, 1, 1, 0, 0), "years = 0"),
        (lambda: payback_years(1, -1, 0), "integration_cost_usd = -1"),
        (lambda: yearly_value_usd(np.inf, 1, 1), "effect_percent = inf"),
    ],
)
def test_bad_input_is_named(call, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        call()
