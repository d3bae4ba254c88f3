"""How things spread: curves of diffusion, and how well they forecast.

An S-curve fits nearly any past and promises little about the future: before the bend its ceiling is a guess. So each
fit here comes with draws that show what the data leave open, and with a test on points that it has not seen.

Sources: F. Bass, "A new product growth for model consumer durables", Management Science 15(5), 1969,
doi:10.1287/mnsc.15.5.215.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, finite, not_negative, positive, series, together

Kind = Literal["logistic", "bass", "exponential", "no change"]
KINDS: tuple[Kind, ...] = ("logistic", "bass", "exponential", "no change")

CONFIDENCE = 0.9
CEILING_TIMES_LAST = 100.0  # a ceiling further away than this cannot be told from none
TINY = 1e-9
_PARAMETERS: dict[Kind, int] = {"logistic": 3, "bass": 3, "exponential": 2, "no change": 1}
LONGEST_EXPONENT = 700.0  # beyond it exp() overflows

Array = npt.NDArray[np.float64]


def logistic_curve(years: Numbers, ceiling: Numbers, rate_per_year: Numbers, midpoint_year: Numbers) -> FloatArray:
    """S-curve of growth that brakes itself: `K / (1 + exp(-r (t - t_mid)))`.

    Decides: how long growth at today's pace can last. `ceiling` and `rate_per_year` above 0; arrays broadcast.

    >>> float(logistic_curve(2025, ceiling=100, rate_per_year=1, midpoint_year=2025))
    50.0
    """
    time, middle = finite("years", years), finite("midpoint_year", midpoint_year)
    top, rate = positive("ceiling", ceiling), positive("rate_per_year", rate_per_year)
    together(years=time, ceiling=top, rate_per_year=rate, midpoint_year=middle)
    return np.asarray(top / (1 + np.exp(_tame(-rate * (time - middle)))))[()]


def bass_curve(years_since_launch: Numbers, ceiling: Numbers, innovation: Numbers, imitation: Numbers) -> FloatArray:
    """Cumulative adopters: `K (1 - e^(-(p+q)t)) / (1 + (q/p) e^(-(p+q)t))`.

    Decides: whether growth is made by advertising (p, those who come by themselves) or by users (q, those who follow).
    `innovation` p above 0, `imitation` q 0 or more, both per year; 0 before the launch.

    >>> round(float(bass_curve(1000, ceiling=10, innovation=0.01, imitation=0.4)), 6)
    10.0
    """
    time, top = not_negative("years_since_launch", years_since_launch), positive("ceiling", ceiling)
    p, q = positive("innovation", innovation), not_negative("imitation", imitation)
    together(years_since_launch=time, ceiling=top, innovation=p, imitation=q)
    spent = _tame(-(p + q) * time)
    return np.asarray(-top * np.expm1(spent) / (1 + q / p * np.exp(spent)))[()]


def bass_peak_years(innovation: Numbers, imitation: Numbers) -> FloatArray:
    """Years from launch to the fastest adoption: `ln(q / p) / (p + q)`, 0 where imitation does not exceed innovation.

    Decides: whether the best year is still to come.

    >>> round(float(bass_peak_years(0.01, 0.4)), 1)
    9.0
    """
    p, q = positive("innovation", innovation), positive("imitation", imitation)
    together(innovation=p, imitation=q)
    return np.maximum(np.log(q / p), 0.0) / (p + q)


@dataclass(frozen=True)
class CurveFit:
    """A curve fitted to a series on a logarithmic scale.

    `parameters`: ceiling, rate per year and midpoint year of a logistic curve; ceiling, innovation and imitation of a
    Bass curve; growth per year and value at the launch of an exponential one; the last value if there is no change.
    `residuals` are in logarithms; those of "no change" are the steps that it did not foresee.
    """

    kind: Kind
    parameters: tuple[float, ...]
    years: Array
    values: Array
    residuals: Array
    launch_year: float
    ceiling_at_most: float

    def at(self, years: Numbers) -> FloatArray:
        """Return the curve's value at `years`."""
        return _value(self.kind, self.parameters, finite("years", years), self.launch_year)

    def draws(self, years: Numbers, count: int, generator: np.random.Generator) -> Array:
        """Return `count` forecasts for each of `years` by residual bootstrap, one a row.

        The residuals, made larger for the fitted parameters, are dealt out anew, the curve is fitted again, and the
        forecast gets such a residual, too. Known bias: residuals of cumulative series hang together, which this
        ignores, so bands come out too narrow; `hold_out_scores` shows by how much.
        """
        when = np.atleast_1d(finite("years", years))
        free = self.years.size - _PARAMETERS[self.kind]
        wide = self.residuals * np.sqrt(self.residuals.size / min(free, self.residuals.size))
        result = np.empty((int(positive("count", count)), when.size))
        centre = np.broadcast_to(np.log(self.at(self.years)), self.years.shape)
        for row in result:
            logs = centre + generator.choice(wide, self.years.size)
            again = _best(self.kind, self.years, logs, self.launch_year, self.ceiling_at_most, self.parameters)
            row[:] = _value(self.kind, again, when, self.launch_year) * np.exp(generator.choice(wide, when.size))
        return result


def fit_curve(
    kind: Kind, years: Numbers, values: Numbers, *, launch_year: float | None = None, ceiling_at_most: float = np.inf
) -> CurveFit:
    """Fit a curve by least squares of logarithms, so that each point counts by its percentage error.

    Decides: nothing by itself; compare kinds with `hold_out_scores` first. `years` rising, `values` above 0, more
    points than parameters. A Bass curve starts at `launch_year` (a step before the first point unless given).
    `ceiling_at_most` bounds the ceiling (100 for a share in per cent); it is 100 times the largest value at most.

    >>> time = np.arange(2015.0, 2026)
    >>> fit = fit_curve("logistic", time, logistic_curve(time, 80, 0.9, 2021))
    >>> round(float(fit.at(2040)), 2)
    80.0
    """
    time, level = series(years, values)
    if kind not in KINDS:
        raise ValueError(f"kind = {kind!r} is not known; allowed: {', '.join(KINDS)}")
    if time.size <= _PARAMETERS[kind]:
        raise ValueError(f"years has {time.size} points; allowed: {_PARAMETERS[kind] + 1} or more for a {kind} curve")
    launch = float(time[0] - (time[1] - time[0]) if launch_year is None else finite("launch_year", launch_year))
    if kind == "bass" and launch >= time[0]:
        raise ValueError(f"launch_year = {launch:g} is out of range; allowed: before the first point, {time[0]:g}")
    largest = float(level.max())
    most = largest * CEILING_TIMES_LAST
    if ceiling_at_most < np.inf:
        most = min(most, float(positive("ceiling_at_most", ceiling_at_most)))
    if most <= largest:
        raise ValueError(f"ceiling_at_most = {most:g} is out of range; allowed: above the largest value, {largest:g}")
    logs = np.log(level)
    best = _best(kind, time, logs, launch, most, None)
    residuals = np.diff(logs) if kind == "no change" else logs - np.log(_value(kind, best, time, launch))
    return CurveFit(kind, best, time, level, residuals, launch, most)


class Score(NamedTuple):
    """How a forecast did on points it had not seen: median absolute percentage error (a share), and coverage."""

    mdape: float
    bias: float
    coverage: float
    points: int


def hold_out_scores(
    years: Numbers,
    values: Numbers,
    *,
    first: int,
    generator: np.random.Generator,
    kinds: Sequence[Kind] = KINDS,
    draws: int = 200,
    ceiling_at_most: float = np.inf,
    launch_year: float | None = None,
) -> dict[Kind, Score]:
    """Fit each kind of curve to the `first` points, forecast the rest, and score it beside the naive ones.

    Decides: whether an S-curve may be used for a plan at all: only if it beats "exponential" and "no change" on points
    that it had not seen. Coverage is the share of them inside the 90 % band; honest bands hold nine in ten.

    >>> time = np.arange(2010.0, 2026)
    >>> scores = hold_out_scores(time, np.exp(time - 2010), first=8, generator=np.random.default_rng(1), draws=20,
    ...                          kinds=("exponential", "no change"))
    >>> scores["exponential"].mdape < scores["no change"].mdape
    True
    """
    time, level = series(years, values)
    if not 0 < first < time.size:
        raise ValueError(f"first = {first} is out of range; allowed: above 0, below {time.size}")
    result: dict[Kind, Score] = {}
    for kind in kinds:
        fit = fit_curve(kind, time[:first], level[:first], launch_year=launch_year, ceiling_at_most=ceiling_at_most)
        errors = fit.at(time[first:]) / level[first:] - 1
        sample = fit.draws(time[first:], draws, generator)
        low, high = np.quantile(sample, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
        inside = (low <= level[first:]) & (level[first:] <= high)
        result[kind] = Score(
            float(np.median(np.abs(errors))), float(np.median(errors)), float(inside.mean()), time.size - first
        )
    return result


# Where the search begins: the best of these shapes. Exponents of 0.05 to 60 over the series; from long before the bend
# to long after it; and for Bass curves users who matter from not at all to a million times as much.
_GRIDS: dict[Kind, tuple[Array, Array]] = {
    "logistic": (np.log(np.geomspace(0.05, 60, 30)), np.linspace(-8, 12, 41)),
    "bass": (np.log(np.geomspace(0.05, 60, 30)), np.log(np.geomspace(1e-3, 1e6, 30))),
}


def _tame(exponent: FloatArray) -> FloatArray:
    return np.clip(exponent, -LONGEST_EXPONENT, LONGEST_EXPONENT)


def _value(kind: Kind, parameters: tuple[float, ...], time: Array, launch: float) -> FloatArray:
    if kind == "logistic":
        return logistic_curve(time, *parameters)
    if kind == "bass":
        return bass_curve(np.maximum(time - launch, 0.0), *parameters)
    if kind == "exponential":
        return parameters[1] * np.exp(_tame(parameters[0] * (time - launch)))
    return np.full(np.shape(time), parameters[0])


def _best(
    kind: Kind, time: Array, logs: Array, launch: float, most: float, start: tuple[float, ...] | None
) -> tuple[float, ...]:
    """Parameters of least squares: by formula, or by a search from `start` (from several guesses if there is none)."""
    if kind == "no change":
        return (float(np.exp(logs[-1])),)
    if kind == "exponential":
        slope, level = np.polyfit(time - launch, logs, 1)
        return float(slope), float(np.exp(level))
    ceilings = (min(float(logs.max()), float(np.log(most))), float(np.log(most)))
    if start is None:
        from_grid = np.meshgrid(*_GRIDS[kind], indexing="ij")
        off = _misfits(kind, np.stack([each.ravel() for each in from_grid]), time, logs, launch, ceilings)
        where = np.argmin((off**2).sum(axis=1))
        guess = np.array([each.flat[where] for each in from_grid])
    else:
        guess = _shape_of(kind, start, time, launch)
    from scipy.optimize import least_squares

    found = least_squares(
        lambda shape: _misfits(kind, shape[:, None], time, logs, launch, ceilings)[0], guess, method="lm"
    )
    top = _log_ceiling(kind, found.x[:, None], time, logs, launch, ceilings)
    return (float(np.exp(top[0])), *_rates_of(kind, found.x, time, launch))


def _misfits(kind: Kind, shape: Array, time: Array, logs: Array, launch: float, ceilings: tuple[float, float]) -> Array:
    """Misfit in logs of each shape (a column), with the ceiling that fits it best within its bounds."""
    return (
        _log_ceiling(kind, shape, time, logs, launch, ceilings)[:, None] + _log_share(kind, shape, time, launch) - logs
    )


def _log_ceiling(
    kind: Kind, shape: Array, time: Array, logs: Array, launch: float, ceilings: tuple[float, float]
) -> Array:
    return np.asarray(np.clip((logs - _log_share(kind, shape, time, launch)).mean(axis=1), *ceilings))


def _log_share(kind: Kind, shape: Array, time: Array, launch: float) -> Array:
    """Logarithm of the share of the ceiling: of each shape (a row) at each time (a column)."""
    first, second = (each[:, None] for each in shape)
    if kind == "logistic":  # pace: what the exponent moves from first point to last; place: where it ends
        moved = np.exp(_tame(first)) * (time - time[-1]) / (time[-1] - time[0]) + second
        return np.asarray(-np.logaddexp(0, -_tame(moved)))
    spent, ratio = np.exp(_tame(first)) * (time - launch) / (time[-1] - launch), np.exp(_tame(second))
    return np.asarray(
        np.log(-np.expm1(-np.clip(spent, TINY, LONGEST_EXPONENT))) - np.log1p(ratio * np.exp(-_tame(spent)))
    )


def _rates_of(kind: Kind, shape: Array, time: Array, launch: float) -> tuple[float, float]:
    if kind == "logistic":
        rate = float(np.exp(shape[0]) / (time[-1] - time[0]))
        return rate, float(time[-1] - shape[1] / rate)
    both, ratio = float(np.exp(shape[0]) / (time[-1] - launch)), float(np.exp(shape[1]))
    return both / (1 + ratio), both * ratio / (1 + ratio)


def _shape_of(kind: Kind, parameters: tuple[float, ...], time: Array, launch: float) -> Array:
    _, first, second = parameters
    if kind == "logistic":
        return np.array([np.log(first * (time[-1] - time[0])), first * (time[-1] - second)])
    return np.array([np.log((first + second) * (time[-1] - launch)), np.log(second / first)])
