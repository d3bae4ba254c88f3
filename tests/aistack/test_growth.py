"""Growth: rates that come back, gaps that are or are not told apart, forecasts whose bands hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistack.fitted import Fitted
from aistack.growth import (
    MONEY_ERROR,
    MONEY_GROWTH,
    MONEY_VOLATILITY,
    forecast,
    growth,
    growth_gap,
    learning_per_year,
    release_cadence,
    substitution_share,
)
from course.data import load


@settings(deadline=None)  # the first call imports SciPy
@given(st.floats(-2, 2), st.lists(st.floats(0.05, 2), min_size=2, max_size=10))
def test_steady_growth_is_found_whatever_the_spacing(rate: float, gaps: list[float]) -> None:
    time = 2020 + np.cumsum([0, *gaps])
    found = growth(time, np.exp(rate * (time - 2020)))
    assert found.per_year == pytest.approx(rate, abs=1e-9)
    assert found.volatility == pytest.approx(0, abs=1e-6)


def test_intervals_of_growth_hold_nine_in_ten_random_walks() -> None:
    generator = np.random.default_rng(11)
    held = 0
    for _ in range(400):
        walk = np.exp(np.cumsum(0.5 + 0.3 * generator.standard_normal(9)))
        found = growth(np.arange(9.0), walk)
        held += found.low <= 0.5 <= found.high
    assert 0.86 < held / 400 < 0.94


def test_equal_series_are_not_told_apart_and_different_ones_are() -> None:
    time = np.arange(8.0)
    wobble = np.array([0, 0.1, -0.1, 0.1, -0.1, 0.1, -0.1, 0])
    slow, fast = growth(time, np.exp(0.1 * time + wobble)), growth(time, np.exp(time + wobble))
    assert growth_gap(slow, slow).verdict == "not told apart"
    assert (growth_gap(fast, slow).verdict, growth_gap(slow, fast).verdict) == ("faster", "slower")


@given(st.floats(0.01, 0.99), st.floats(-3, 3), st.floats(-5, 5))
def test_a_share_stays_a_share_and_can_be_run_back(share: float, gap: float, years: float) -> None:
    later = substitution_share(share, gap, years)
    assert 0 < later < 1
    assert 1 - later == pytest.approx(substitution_share(1 - share, -gap, years))


@pytest.mark.behaviour
def test_the_odds_of_derivatives_of_one_family_grew_as_published() -> None:
    """1 % in January 2024 and 69 % in February 2026: the odds grew 2.6-fold in logs a year, for two years."""
    table = load("open_ecosystem")
    first, last = table.loc[table["series"] == "derivative-share-atom-qwen", "value"].sort_values() / 100
    years = 2 + 1 / 12
    gap = np.log(last / (1 - last) * (1 - first) / first) / years
    assert substitution_share(first, gap, years) == pytest.approx(last)
    assert gap == pytest.approx(2.6, abs=0.1)


def test_releases_like_a_clock_vary_by_nothing_and_at_random_by_one() -> None:
    assert release_cadence(np.arange(2020, 2026)).variation == 0
    waits = np.random.default_rng(2).exponential(0.2, 4000)
    assert release_cadence(2000 + np.cumsum(waits)).variation == pytest.approx(1, abs=0.05)


@pytest.mark.extreme
def test_a_closed_fork_learns_from_nobody() -> None:
    assert learning_per_year(4, 2, outside_share=0.9, reuse=0) == 8
    assert learning_per_year(0, 2, 0.5, 1) == 0


USUAL = Fitted(0.5, 0.2, 1.2, "1/year", "usual growth", (), 2025)
CALM = Fitted(0.1, 0.05, 0.2, "1/sqrt(year)", "usual volatility", (), 2025)


def test_one_point_is_carried_on_by_usual_growth_and_many_by_their_own() -> None:
    generator = np.random.default_rng(1)
    alone, _ = forecast([2024], [100], 2025, USUAL, CALM, CALM, 10, generator)
    assert alone == pytest.approx(100 * np.exp(0.5))
    time = np.arange(2000.0, 2025)
    many, _ = forecast(time, 2.0 ** (time - 2024) * 100, 2025, USUAL, CALM, CALM, 10, generator)
    assert many == pytest.approx(200, rel=0.01)


@pytest.mark.extreme
def test_shares_stay_below_the_ceiling() -> None:
    value, draws = forecast([2023, 2024], [50, 95], 2034, USUAL, CALM, CALM, 500, np.random.default_rng(1), 100)
    assert value < 100
    assert draws.max() <= 100


def test_bands_widen_with_time() -> None:
    widths = []
    for year in (2025, 2027):
        _, draws = forecast([2024], [1], year, USUAL, CALM, CALM, 4000, np.random.default_rng(1))
        widths.append(np.ptp(np.percentile(draws, [5, 95])))
    assert widths[0] < widths[1]


@pytest.mark.behaviour
def test_bands_hold_later_cloud_revenue_that_no_constant_was_fitted_on() -> None:
    rows = load("cloud_revenue")
    rows = rows[(rows["metric"] == "cloud_revenue") & (rows["period_type"] == "year")]
    held = []
    for _, series in rows.groupby("company"):
        years, values = series["calendar_year"].to_numpy(float), series["value"].to_numpy(float)
        for index in range(1, len(years)):
            if (np.diff(years[: index + 1]) > 0).all():
                _, draws = forecast(
                    years[:index],
                    values[:index],
                    years[index],
                    MONEY_GROWTH,
                    MONEY_VOLATILITY,
                    MONEY_ERROR,
                    2000,
                    np.random.default_rng(0),
                )
                low, high = np.percentile(draws, [5, 95])
                held.append(low <= values[index] <= high)
    assert len(held) > 8
    assert np.mean(held) >= 0.8


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: growth([1, 2], [1, 2]), "years has 2 points"),
        (lambda: growth([1, 2, 3], [1, 0, 2]), "values = 0"),
        (lambda: release_cadence([2020, 2020, 2020]), "3 releases"),
        (lambda: substitution_share(1, 1, 1), "share = 1"),
        (lambda: learning_per_year(1, 1, 1, 1), "outside_share = 1"),
        (lambda: forecast([2024], [1], 2024, USUAL, CALM, CALM, 1, np.random.default_rng(1)), "year - 2024 = 0"),
        (lambda: forecast([2024], [120], 2025, USUAL, CALM, CALM, 1, np.random.default_rng(1), 100), "values = 120"),
    ],
)
def test_bad_input_is_named(call, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        call()
