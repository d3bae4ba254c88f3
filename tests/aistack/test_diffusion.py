"""Diffusion: published figures, curves found again in data made of them, and honesty on points not seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack.diffusion import bass_curve, bass_peak_years, fit_curve, hold_out_scores, logistic_curve
from course.data import load

YEARS = np.arange(2015.0, 2026)


@given(st.floats(0.001, 0.1), st.floats(0.1, 1))
def test_bass_adoption_is_fastest_at_its_peak(p: float, q: float) -> None:
    peak, step = float(bass_peak_years(p, q)), 1e-3
    if peak < 2 * step:
        return

    def speed(time: float) -> float:
        return float(bass_curve(time + step, 1, p, q) - bass_curve(time - step, 1, p, q))

    assert speed(peak) >= speed(peak * 0.8 + step) - 1e-12
    assert speed(peak) >= speed(peak * 1.2 + step) - 1e-12


def test_bass_solves_its_own_equation() -> None:
    """The share of those still without it who adopt is p + q F."""
    time, step = np.linspace(0.5, 15, 30), 1e-5
    adopted = bass_curve(time, 1, 0.03, 0.4)
    speed = (bass_curve(time + step, 1, 0.03, 0.4) - bass_curve(time - step, 1, 0.03, 0.4)) / (2 * step)
    assert np.allclose(speed / (1 - adopted), 0.03 + 0.4 * adopted, rtol=1e-6)


@pytest.mark.extreme
def test_curves_start_at_nothing_and_end_at_the_ceiling() -> None:
    assert bass_curve(0, 10, 0.01, 0.5) == 0
    assert bass_curve(1e9, 10, 0.01, 0.5) == pytest.approx(10)
    assert logistic_curve(-1e9, 10, 1, 2020) == pytest.approx(0)
    assert logistic_curve(1e9, 10, 1, 2020) == pytest.approx(10)
    assert bass_peak_years(0.5, 0.1) == 0


def test_fits_find_what_the_data_were_made_of() -> None:
    fitted = fit_curve("logistic", YEARS, logistic_curve(YEARS, 80, 0.9, 2021))
    assert fitted.parameters == pytest.approx((80, 0.9, 2021), rel=1e-3)
    grown = fit_curve("bass", YEARS, bass_curve(YEARS - 2014, 50, 0.02, 0.6), launch_year=2014)
    assert grown.parameters == pytest.approx((50, 0.02, 0.6), rel=1e-2)


def test_a_ceiling_is_kept() -> None:
    fitted = fit_curve("logistic", YEARS, np.exp(0.4 * (YEARS - 2025)) * 60, ceiling_at_most=100)
    assert fitted.at(2100) <= 100 * (1 + 1e-9)


def test_before_the_bend_the_ceiling_is_a_guess_and_the_draws_say_so() -> None:
    generator = np.random.default_rng(3)
    noisy = logistic_curve(YEARS, 1000, 0.7, 2030) * np.exp(0.05 * generator.standard_normal(YEARS.size))
    early = fit_curve("logistic", YEARS, noisy).draws(2040, 40, generator)
    late = np.arange(2020.0, 2040)
    seen = logistic_curve(late, 1000, 0.7, 2030) * np.exp(0.05 * generator.standard_normal(late.size))
    after = fit_curve("logistic", late, seen).draws(2040, 40, generator)
    assert np.ptp(np.log(early)) > 5 * np.ptp(np.log(after))


@pytest.mark.behaviour
def test_an_s_curve_wins_on_s_shaped_data_and_not_on_an_exponential() -> None:
    generator = np.random.default_rng(5)
    time = np.arange(2010.0, 2030)
    shaped = hold_out_scores(time, logistic_curve(time, 100, 0.8, 2017), first=11, generator=generator, draws=10)
    assert min(shaped, key=lambda kind: shaped[kind].mdape) == "logistic"
    straight = hold_out_scores(time, np.exp(0.3 * (time - 2010)), first=11, generator=generator, draws=10)
    assert straight["exponential"].mdape < straight["no change"].mdape
    assert straight["exponential"].mdape <= straight["logistic"].mdape + 1e-6


@pytest.mark.behaviour
def test_stars_of_a_real_project_are_forecast_and_the_miss_is_counted() -> None:
    """On llama.cpp the logistic curve bends too early, the exponential one never; the logistic band is too narrow."""
    table = load("open_ecosystem")
    rows = table[table["series"] == "stars-llama.cpp"].sort_values("date")
    dates = [float(date[:4]) + (float(date[5:7]) - 1) / 12 for date in rows["date"]]
    scores = hold_out_scores(dates, rows["value"], first=18, generator=np.random.default_rng(1), draws=40)
    assert scores["logistic"].bias < -0.1 < 0.1 < scores["exponential"].bias
    assert scores["logistic"].coverage < 0.5
    assert min(score.mdape for score in scores.values()) > 0.1


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: logistic_curve(2020, 0, 1, 2020), "ceiling = 0"),
        (lambda: bass_curve(-1, 1, 0.1, 0.1), "years_since_launch = -1"),
        (lambda: fit_curve("logistic", [1, 2, 3], [1, 2, 3]), "years has 3 points"),
        (lambda: fit_curve("bass", YEARS, YEARS, launch_year=2020), "launch_year = 2020"),
        (lambda: fit_curve("logistic", YEARS, YEARS, ceiling_at_most=100), "ceiling_at_most = 100"),
        (lambda: fit_curve("spline", YEARS, YEARS), "kind = 'spline'"),  # type: ignore[arg-type]
        (lambda: fit_curve("exponential", [1, 1, 2], [1, 2, 3]), "must rise"),
        (lambda: hold_out_scores(YEARS, YEARS, first=0, generator=np.random.default_rng(1)), "first = 0"),
    ],
)
def test_bad_input_is_named(call, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        call()
