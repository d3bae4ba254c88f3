"""Scaling laws, trends and lags: published optima, closed forms against search, intervals against simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack.scaling import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    LossLaw,
    annual_factor,
    fit_trend,
    frontier_lags,
    lag_months,
    loss_estimate,
    optimal_parameters,
    optimal_tokens,
    optimal_tokens_per_parameter,
    overtraining_factor,
)

LAWS = st.sampled_from([HOFFMANN_2022, BESIROGLU_2024])
BUDGETS = st.floats(1e20, 1e27)


@pytest.mark.behaviour
def test_the_refit_recommends_about_what_chinchilla_was() -> None:
    """70 billion parameters, 1.4 trillion tokens for 5.76e23 FLOP; the refit was fitted on models below 16 billion."""
    assert optimal_parameters(5.76e23) == pytest.approx(70e9, rel=0.1)
    assert optimal_tokens(5.76e23) == pytest.approx(1.4e12, rel=0.1)


@pytest.mark.behaviour
def test_the_printed_constants_contradict_their_own_paper() -> None:
    """Approach 3 as printed asks for far more tokens than the model that the paper trained (Besiroglu et al. 2024)."""
    assert optimal_tokens_per_parameter(5.76e23, HOFFMANN_2022) > 3 * 20


@given(BUDGETS, LAWS, st.floats(-0.5, 0.5))
def test_the_closed_form_has_the_least_loss_of_its_budget(flop: float, law: LossLaw, step: float) -> None:
    n, d = optimal_parameters(flop, law), optimal_tokens(flop, law)
    assert 6 * n * d == pytest.approx(flop)
    factor = float(np.exp(step))
    assert loss_estimate(n, d, law) <= loss_estimate(n * factor, d / factor, law) * (1 + 1e-12)


@given(BUDGETS, LAWS, st.floats(0.2, 5))
def test_a_model_of_another_size_needs_more_training_for_the_same_loss(flop: float, law: LossLaw, size: float) -> None:
    factor = overtraining_factor(flop, size, law)
    assert factor >= 1 - 1e-9
    if np.isfinite(factor):
        n = size * optimal_parameters(flop, law)
        same = loss_estimate(n, factor * flop / (6 * n), law)
        best = loss_estimate(optimal_parameters(flop, law), optimal_tokens(flop, law), law)
        assert same == pytest.approx(best)


@pytest.mark.extreme
def test_no_data_makes_up_for_a_model_that_is_far_too_small() -> None:
    assert np.isinf(overtraining_factor(1e24, 0.01))


@pytest.mark.sensitivity
def test_more_compute_wins_under_either_fit_and_a_fifth_more_or_less_of_any_constant() -> None:
    for law in (HOFFMANN_2022, BESIROGLU_2024):
        for name in ("a", "b", "alpha", "beta"):
            for change in (0.8, 1.2):
                values = {field: getattr(law, field) for field in ("e", "a", "b", "alpha", "beta")}
                other = LossLaw("changed", **{**values, name: values[name] * change}, source="none")
                losses = [
                    loss_estimate(optimal_parameters(c, other), optimal_tokens(c, other), other) for c in (1e23, 1e25)
                ]
                assert losses[1] < losses[0]


@given(st.floats(1, 1e4), st.floats(0.5, 30))
def test_lags_add_up_as_deficits_multiply(ratio: float, months: float) -> None:
    assert lag_months(ratio * ratio, months) == pytest.approx(2 * lag_months(ratio, months))
    assert lag_months(1, months) == 0


def test_a_thousandfold_in_three_years_is_tenfold_a_year() -> None:
    assert annual_factor(60, 0.06, 3) == pytest.approx(10)


def test_the_interval_of_a_trend_holds_the_truth_nine_times_in_ten() -> None:
    rng = np.random.default_rng(2)
    years = np.linspace(0, 3, 12)
    held = 0
    for _ in range(400):
        trend = fit_trend(years, np.exp(3 - 1.2 * years + rng.normal(0, 0.5, years.size)))
        held += trend.low <= np.exp(-1.2) <= trend.high
    assert held / 400 == pytest.approx(0.9, abs=0.04)


def test_a_lag_is_the_time_since_the_leaders_record_reached_the_level() -> None:
    lags = frontier_lags([2024.5, 2025, 2025.5, 2023], [10, 20, 99, 1], [2024, 2024.25, 2024.5], [10, 30, 20])
    assert lags.months.tolist() == pytest.approx([6, 9])
    assert (lags.before, lags.ahead) == (1, 1)


@given(st.floats(0, 24))
def test_a_follower_that_copies_the_leader_later_lags_by_just_that(months: float) -> None:
    years, level = np.linspace(2023, 2026, 10), np.linspace(100, 160, 10)
    lags = frontier_lags(years + months / 12, level, years, level)
    assert lags.median == pytest.approx(months, abs=1e-6)
    assert lags.low <= lags.median <= lags.high


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: loss_estimate(0, 1), "parameters = 0 is out of range"),
        (lambda: optimal_tokens(-1), "flop = -1 is out of range"),
        (lambda: lag_months(float("inf")), "compute_ratio = inf is out of range"),
        (lambda: fit_trend([1, 1, 1], [1, 2, 3]), "3 points at 1 times"),
        (lambda: fit_trend([1, 2], [1, 2, 3]), "two lists of one length"),
        (lambda: frontier_lags([1], [1], [1], [2]), "none lies within the leader's record"),
        (lambda: LossLaw("l", 1, 1, 1, 0, 1, "s"), "alpha of l = 0 is out of range"),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]
