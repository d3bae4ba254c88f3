"""Pooling: the published CLASP example, the limits, and the funnel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistack.effects import (
    funnel_asymmetry,
    log_ratio,
    pool,
    standard_error_from_interval,
    standard_error_of_standardised,
    tau2_dersimonian_laird,
    tau2_paule_mandel,
)

# The six trials of DerSimonian and Kacker 2007: events and people, treated and not.
TREATED, UNTREATED = [5, 5, 12, 69, 9, 313], [8, 17, 9, 94, 11, 352]
PEOPLE, OTHERS = [156, 303, 565, 1570, 103, 4659], [74, 303, 477, 1565, 105, 4650]


def clasp() -> tuple[np.ndarray, np.ndarray]:
    a, c, n1, n2 = (np.array(column, float) for column in (TREATED, UNTREATED, PEOPLE, OTHERS))
    return np.log(a * (n2 - c) / (c * (n1 - a))), np.sqrt(1 / a + 1 / (n1 - a) + 1 / c + 1 / (n2 - c))


def test_both_estimators_agree_with_the_published_tables() -> None:
    """Tables 3 and 4 of the paper: tau, mean and standard error, printed to four places."""
    effects, errors = clasp()
    for tau2, tau, mean, error in (
        (tau2_paule_mandel(effects, errors), 0.3681, -0.3811, 0.2060),
        (tau2_dersimonian_laird(effects, errors), 0.2323, -0.3240, 0.1540),
    ):
        summary = pool(effects, errors, tau2)
        assert tau2**0.5 == pytest.approx(tau, abs=6e-5)
        assert summary.mean == pytest.approx(mean, abs=6e-5)
        assert summary.standard_error == pytest.approx(error, abs=6e-5)


studies = st.lists(st.tuples(st.floats(-3, 3), st.floats(0.05, 2)), min_size=3, max_size=12)


@settings(deadline=None)  # the first call imports SciPy
@given(studies, st.floats(-5, 5))
def test_a_shift_of_all_studies_shifts_the_mean_only(given_studies: list, shift: float) -> None:
    effects, errors = np.array(given_studies).T
    first, moved = pool(effects, errors), pool(effects + shift, errors)
    assert moved.mean == pytest.approx(first.mean + shift, abs=1e-6)
    assert moved.tau2 == pytest.approx(first.tau2, abs=1e-6)


@settings(deadline=None)  # the first call imports SciPy
@given(studies)
def test_the_next_study_is_less_sure_than_the_mean_and_shares_are_shares(given_studies: list) -> None:
    effects, errors = np.array(given_studies).T
    summary = pool(effects, errors)
    assert summary.low <= summary.mean <= summary.high
    assert summary.next_low <= summary.mean <= summary.next_high
    assert 0 <= summary.i2 <= 1
    assert summary.tau2 >= 0


@pytest.mark.extreme
def test_studies_that_agree_have_no_variance_between_them() -> None:
    summary = pool([0.2, 0.2, 0.2], [0.1, 0.2, 0.3])
    assert (summary.tau2, summary.i2) == (0, 0)
    assert summary.mean == pytest.approx(0.2)


@pytest.mark.extreme
def test_one_exact_study_among_vague_ones_decides() -> None:
    assert pool([1, 0, 2], [1e-6, 50, 50], tau2=0).mean == pytest.approx(1)


def test_the_prediction_interval_of_three_studies_uses_one_degree_of_freedom() -> None:
    """Student's t at 97.5 % with one degree of freedom is tan(0.475 pi) = 12.706."""
    summary = pool([0.0, 0.1, 0.2], [0.1, 0.1, 0.1], tau2=0.1)
    assert summary.next_high - summary.mean == pytest.approx(np.tan(0.475 * np.pi) * (0.1 + 0.11 / 3) ** 0.5)


def test_two_studies_give_no_prediction_interval() -> None:
    assert pool([0, 1], [0.1, 0.1]).next_high == np.inf


def test_intervals_give_back_their_standard_error() -> None:
    assert standard_error_from_interval(-9.4, 5.9) == pytest.approx(3.903, abs=1e-3)


def test_effects_in_standard_deviations_get_a_larger_error_when_large() -> None:
    assert standard_error_of_standardised(0.8, 100) > standard_error_of_standardised(0, 100) == pytest.approx(0.2)


def test_a_symmetric_funnel_is_not_called_asymmetric_and_a_lopsided_one_is() -> None:
    errors = np.array([0.05, 0.05, 0.1, 0.1, 0.2, 0.2, 0.4, 0.4])
    even = funnel_asymmetry(np.array([1, -1] * 4) * errors, errors)
    assert even.intercept == pytest.approx(0, abs=1e-9)
    lopsided = funnel_asymmetry(2 * errors + np.array([1, -1] * 4) * errors / 4, errors)
    assert lopsided.low > 1
    assert lopsided.p_value < 0.01


def test_halving_and_doubling_are_equally_far() -> None:
    assert log_ratio([-50, 100]).sum() == pytest.approx(0)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: pool([1], [1]), "effects has 1 studies"),
        (lambda: pool([1, 2], [1, 0]), "standard_errors = 0"),
        (lambda: pool([1, 2], [1, 2, 3]), "two lists of one length"),
        (lambda: pool([1, 2], [1, 2], confidence=1), "confidence = 1"),
        (lambda: pool([1, np.nan], [1, 2]), "effects = nan"),
        (lambda: funnel_asymmetry([1, 2, 3], [1, 1, 1]), "every study"),
        (lambda: log_ratio(-100), "percent"),
        (lambda: standard_error_from_interval(1, 1), "high - low"),
    ],
)
def test_bad_input_is_named(call, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        call()
