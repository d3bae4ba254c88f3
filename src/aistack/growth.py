"""How fast things grow: rates with intervals, which of two is faster, shares, rhythms of release, and short forecasts.

A growth rate is an average over steps that differ. How much they differ says how far it may be trusted, and whether
"open grows faster than closed" is a finding or a coincidence.

Source for shares: J. Fisher, R. Pry, "A simple substitution model of technological change", Technological Forecasting
and Social Change 3, 1971, doi:10.1016/S0040-1625(71)80005-7.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, finite, not_negative, positive, series, together
from aistack.fitted import Fitted

CONFIDENCE = 0.9
_NINETY = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
DAYS_PER_YEAR = 365.25
LONGEST_EXPONENT = 700.0  # beyond it exp() overflows
USE_GROWTH = Fitted(1.75, 0.55, 5.6, "1/year", "growth of users, messages and tokens", ("epoch-ai-companies",), 2025)
USE_VOLATILITY = Fitted(0.30, 0.11, 0.80, "1/sqrt(year)", "how growth of use strays", ("epoch-ai-companies",), 2025)
ODDS_GROWTH = Fitted(0.49, 0.32, 0.74, "1/year", "growth of the odds of use", ("census-btos-states-2025",), 2025)
ODDS_VOLATILITY = Fitted(
    0.30, 0.21, 0.53, "1/sqrt(year)", "how growth of the odds strays", ("census-btos-states-2025",), 2025
)
MONEY_GROWTH = Fitted(0.217, 0.108, 0.436, "1/year", "growth of spending", ("sec-xbrl-capex",), 2025)
MONEY_VOLATILITY = Fitted(
    0.288, 0.201, 0.412, "1/sqrt(year)", "how growth of spending strays", ("sec-xbrl-capex",), 2025
)
# errors so that nine in ten of the source's own points fall into bands made of its points before them
USE_ERROR = Fitted(0.05, 0.01, 0.1, "1", "error of figures of use, in logs", ("epoch-ai-companies",), 2025)
ODDS_ERROR = Fitted(0.05, 0.01, 0.1, "1", "error of surveys, in logs of odds", ("census-btos-states-2025",), 2025)
MONEY_ERROR = Fitted(0.02, 0.01, 0.05, "1", "error of figures of money, in logs", ("sec-xbrl-capex",), 2025)
PRIOR_STEPS = 2  # steps of a series that weigh as much on its volatility as what is known of other series


class Growth(NamedTuple):
    """Growth in logarithms per year with a 90 % interval; `volatility` is how far a year's growth strays from it."""

    per_year: float
    low: float
    high: float
    standard_error: float
    volatility: float

    @property
    def doubling_years(self) -> float:
        """Years to double; infinite without growth."""
        return float(np.log(2) / self.per_year) if self.per_year > 0 else float("inf")


def growth(years: Numbers, values: Numbers) -> Growth:
    """Average growth of a series as a random walk with drift: `(ln y_n - ln y_1) / (t_n - t_1)`, whatever the spacing.

    Decides: how fast something has grown, and how sure that is. Steps are taken as independent, not the points:
    a regression through points of a cumulative series would give an interval that is far too narrow. 3 or more points.

    >>> round(growth([2020, 2021, 2022], [1, 2, 4]).doubling_years, 6)
    1.0
    """
    from scipy.special import stdtrit

    time, level = series(years, values, at_least=2 + 1)
    gaps, steps = np.diff(time), np.diff(np.log(level))
    drift = float(steps.sum() / gaps.sum())
    volatility = float(np.sqrt(((steps - drift * gaps) ** 2 / gaps).sum() / (gaps.size - 1)))
    error = volatility / float(np.sqrt(gaps.sum()))
    half = float(stdtrit(gaps.size - 1, (1 + CONFIDENCE) / 2)) * error
    return Growth(drift, drift - half, drift + half, error, volatility)


class Gap(NamedTuple):
    """How much faster one series grows than another, in logarithms per year, with a 90 % interval."""

    per_year: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Return "faster" or "slower" where the interval leaves 0 out, else "not told apart"."""
        return "faster" if self.low > 0 else "slower" if self.high < 0 else "not told apart"


def growth_gap(one: Growth, other: Growth) -> Gap:
    """Difference in growth of two series, with the interval of a difference of independent estimates.

    Decides: whether "open grows faster" may be said at all. Known bias: compare like with like, in age and in measure;
    a young series nearly always grows faster than an old one.

    >>> growth_gap(Growth(1, 0, 2, 0.6, 1), Growth(0.5, 0, 1, 0.3, 1)).verdict
    'not told apart'
    """
    half = _NINETY * float(np.hypot(one.standard_error, other.standard_error))
    gap = one.per_year - other.per_year
    return Gap(gap, gap - half, gap + half)


class Cadence(NamedTuple):
    """How often releases come: interval in days with the standard error of its mean, and how regular they are."""

    mean_days: float
    standard_error_days: float
    variation: float
    per_year: float


def release_cadence(release_years: Numbers) -> Cadence:
    """Statistics of the waits between releases, seen as a renewal process; dates as decimal years, in any order.

    Decides: whether a rhythm can be planned with. `variation` is the standard deviation over the mean: 0 for a clock,
    1 for releases at random (Poisson), above 1 for bursts. 3 or more releases on different days.

    >>> release_cadence([2023, 2024, 2025]).variation
    0.0
    """
    waits = np.diff(np.sort(finite("release_years", release_years)))
    if waits.size < 2 or waits.sum() == 0:
        raise ValueError(f"release_years has {waits.size + 1} releases; allowed: 3 or more, not all on one day")
    mean, spread = float(waits.mean()), float(waits.std(ddof=1))
    return Cadence(mean * DAYS_PER_YEAR, spread / waits.size**0.5 * DAYS_PER_YEAR, spread / mean, 1 / mean)


def learning_per_year(
    releases_per_year: Numbers, gain_per_release: Numbers, outside_share: Numbers, reuse: Numbers
) -> FloatArray:
    """Progress in a year of a learning cycle: `cadence * gain * (1 + reuse * outside / (1 - outside))`.

    Decides: publish sooner, or take in more of what others make. `outside_share` (0 to below 1) of all improvements is
    made by others; of those the owner can take back the share `reuse` (0: a closed fork, 1: all merged). Known bias: it
    lets outside work add in full; overlapping work adds less.

    >>> float(learning_per_year(4, gain_per_release=2, outside_share=0.5, reuse=0.5))
    12.0
    """
    pace, gain = (
        not_negative("releases_per_year", releases_per_year),
        not_negative("gain_per_release", gain_per_release),
    )
    outside, taken = not_negative("outside_share", outside_share, at_most=1), not_negative("reuse", reuse, at_most=1)
    if (outside >= 1).any():
        raise ValueError("outside_share = 1 is out of range; allowed: 0 or more, below 1")
    together(releases_per_year=pace, gain_per_release=gain, outside_share=outside, reuse=taken)
    return pace * gain * (1 + taken * outside / (1 - outside))


def substitution_share(share: Numbers, growth_gap_per_year: Numbers, years: Numbers) -> FloatArray:
    """Share after `years` of one that grows faster than the rest by `growth_gap_per_year`: odds times `e^(gap t)`.

    Decides: when a challenger becomes the standard. `share` above 0, below 1; the gap may be negative. Known bias: gaps
    close; a share that follows this curve for two years need not follow it for four.

    >>> float(substitution_share(0.5, growth_gap_per_year=1, years=0))
    0.5
    """
    now, gap, time = (
        positive("share", share, at_most=1),
        finite("growth_gap_per_year", growth_gap_per_year),
        finite("years", years),
    )
    together(share=now, growth_gap_per_year=gap, years=time)
    if (now >= 1).any():
        raise ValueError("share = 1 is out of range; allowed: above 0, below 1")
    return 1 / (1 + (1 - now) / now * np.exp(_tame(-gap * time)))


def forecast(
    years: Numbers,
    values: Numbers,
    year: float,
    usual_growth: Fitted | None,
    usual_volatility: Fitted,
    usual_error: Fitted,
    count: int,
    generator: np.random.Generator,
    ceiling: float | None = None,
) -> tuple[float, npt.NDArray[np.float64]]:
    """Median and draws of a series at a later `year`: the last value, grown by a mean of its own and of usual growth.

    Own growth counts by how sure it is, `usual_growth` (that of series of its kind; None: no drift, give or take the
    volatility) by how much such series differ; so a single point can be carried on, and a long series speaks for
    itself.
    `ln y(t) = ln y_n + g h + volatility sqrt(h) z + error (z' - z'')`, `h = t - t_n`: both published values carry the
    `usual_error` of such figures (rounding, definitions, samples). z has a t-distribution, since a few
    steps say little about the volatility. With a `ceiling` (100 for per cent) the odds
    `y / (ceiling - y)` grow instead.

    Decides: what to plan for a year ahead. Known bias: it carries a boom on; turning points come as a surprise.

    >>> usual = Fitted(0.5, 0.3, 0.8, "1/year", "growth", (), 2025)
    >>> value, _ = forecast([2023, 2024], [1, 2], 2025, usual, usual, usual, 9, np.random.default_rng(1))
    >>> 2 < value < 4
    True
    """
    time, level = series(years, values, at_least=1)
    ahead = float(positive(f"year - {time[-1]:g}", year - time[-1]))
    if ceiling is not None:
        positive("values", level.max(), at_most=ceiling)
        positive(f"{ceiling:g} - values", ceiling - level)
        level = level / (ceiling - level)
    steps, gaps = np.diff(np.log(level)), np.diff(time)
    usual_spread = float(usual_volatility.value)
    own = float(steps.sum() / gaps.sum()) if steps.size else 0.0
    strays = float(((steps - own * gaps) ** 2 / gaps).sum()) if steps.size else 0.0
    free = max(steps.size - 1, 0)
    volatility = float(np.sqrt((PRIOR_STEPS * usual_spread**2 + strays) / (PRIOR_STEPS + free)))
    mean = usual_growth.value if usual_growth else 0.0
    half_width = (usual_growth.high - usual_growth.low) / 2 if usual_growth else usual_spread * _NINETY
    precision = (_NINETY / half_width) ** 2 if half_width > 0 else np.inf
    own_precision = float(gaps.sum()) / volatility**2 if steps.size else 0.0
    drift = (precision * mean + own_precision * own) / (precision + own_precision)
    error = float(usual_error.value)
    spread = np.sqrt(ahead**2 / (precision + own_precision) + ahead * volatility**2 + 2 * error**2)
    logs = (
        np.log(level[-1])
        + drift * ahead
        + spread * generator.standard_t(PRIOR_STEPS + free, int(positive("count", count)))
    )
    middle, drawn = np.exp(np.log(level[-1]) + drift * ahead), np.exp(_tame(logs))
    if ceiling is None:
        return float(middle), drawn
    return float(ceiling * middle / (1 + middle)), ceiling * drawn / (1 + drawn)


def _tame(exponent: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.clip(exponent, -LONGEST_EXPONENT, LONGEST_EXPONENT)
