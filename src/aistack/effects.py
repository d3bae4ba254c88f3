"""Published effects, pooled: what AI does at work on average, how much that varies, and whether studies are missing.

Studies disagree for two reasons: each is uncertain, and they measured different places. A random-effects model keeps
the two apart: the interval of the mean is about the first, the prediction interval about both.

Sources: R. DerSimonian, R. Kacker, "Random-effects model for meta-analysis of clinical trials: an update",
Contemporary Clinical Trials 28(2), 2007, doi:10.1016/j.cct.2006.04.004 (both estimators of tau^2); G. Knapp,
J. Hartung, Statistics in Medicine 22, 2003, doi:10.1002/sim.1482 (interval of the mean); J. Higgins, S. Thompson,
D. Spiegelhalter, JRSS A 172, 2009, doi:10.1111/j.1467-985X.2008.00552.x (prediction interval); M. Egger et al.,
BMJ 315, 1997, doi:10.1136/bmj.315.7109.629 (asymmetry).
"""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, finite, not_negative, positive, together

CONFIDENCE = 0.95  # the level of nearly all published intervals
PERCENT = 100.0


def log_ratio(percent: Numbers) -> FloatArray:
    """Change in per cent as a logarithm of a ratio, in which doubling and halving are equally far: `ln(1 + p / 100)`.

    Decides: on which scale effects may be averaged. Above -100.

    >>> round(float(log_ratio(-50) + log_ratio(100)), 9)
    0.0
    """
    change = finite("percent", percent)
    positive("percent + 100", change + PERCENT)
    return np.log1p(change / PERCENT)


def standard_error_from_interval(low: Numbers, high: Numbers, confidence: float = CONFIDENCE) -> FloatArray:
    """Standard error behind a published interval: `(high - low) / (2 z)`.

    Decides: how much a study counts. The interval must be symmetric on the scale that it is given on: take logarithms
    of a ratio's ends first. `low` below `high`; `confidence` between 0 and 1.

    >>> round(float(standard_error_from_interval(-1.96, 1.96)), 3)
    1.0
    """
    lower, upper = finite("low", low), finite("high", high)
    together(low=lower, high=upper)
    width = positive("high - low", upper - lower)
    return width / (2 * _z(confidence))


def standard_error_of_standardised(effect: Numbers, people: Numbers) -> FloatArray:
    """Standard error of a difference in standard deviations, from the number of people in two equal groups.

    `sqrt(4 / n + d^2 / (2 n))` (Hedges and Olkin 1985).

    Decides: whether a study without a printed interval can be pooled. Known bias: too small where groups are unequal
    or people come in classes, wards or teams that share what happens to them.

    >>> round(float(standard_error_of_standardised(0, 400)), 3)
    0.1
    """
    size, count = finite("effect", effect), positive("people", people)
    together(effect=size, people=count)
    return np.sqrt((2 * 2 + size * size / 2) / count)


class Pooled(NamedTuple):
    """A random-effects summary: the mean with its interval, and the range in which a new study's true effect should be.

    `tau2` is the variance between studies, `i2` (0 to 1) the share of the scatter that is not chance.
    """

    mean: float
    standard_error: float
    low: float
    high: float
    next_low: float
    next_high: float
    tau2: float
    i2: float
    studies: int


def tau2_dersimonian_laird(effects: Numbers, standard_errors: Numbers) -> float:
    """Variance between studies by moments, in one step: `max(0, (Q - (k - 1)) / (S1 - S2 / S1))`.

    Decides: whether one number can stand for all studies (0) or not. Known bias: too small for
    few, very unequal studies.

    >>> round(tau2_dersimonian_laird([0.0, 1.0], [0.1, 0.1]), 6)
    0.49
    """
    effect, error = _studies(effects, standard_errors)
    weight = error**-2
    excess = _q(effect, error, 0.0) - (effect.size - 1)
    return float(max(0.0, excess / (weight.sum() - (weight**2).sum() / weight.sum())))


def tau2_paule_mandel(effects: Numbers, standard_errors: Numbers) -> float:
    """Variance between studies at which their weighted scatter is what it should be: the root of `Q(tau2) = k - 1`.

    Decides: as `tau2_dersimonian_laird`, with less bias where studies differ much in size. 0 if Q(0) is below already.

    >>> round(tau2_paule_mandel([0.0, 1.0], [0.1, 0.1]), 6)
    0.49
    """
    from scipy.optimize import brentq

    effect, error = _studies(effects, standard_errors)
    if _q(effect, error, 0.0) <= effect.size - 1:
        return 0.0
    # with tau2 this large every deviation counts less than its share
    most = effect.size * float(np.ptp(effect)) ** 2
    return float(brentq(lambda tau2: _q(effect, error, tau2) - (effect.size - 1), 0.0, most))


def pool(
    effects: Numbers, standard_errors: Numbers, tau2: float | None = None, confidence: float = CONFIDENCE
) -> Pooled:
    """Pool studies with random effects: weights `1 / (se^2 + tau2)`, Hartung-Knapp interval, prediction interval.

    Decides: what to expect of the next project (the prediction interval), which is not what is true on average (the
    interval of the mean). One-dimensional arrays of 2 or more studies; `tau2` by Paule and Mandel unless given. With 2
    studies there is no prediction interval: it is infinite. Known bias: studies of one team, or many outcomes of one
    study, are not independent; pool one row of each.

    >>> summary = pool([0.1, 0.2, 0.3], [0.05, 0.05, 0.05])
    >>> round(summary.mean, 3), summary.studies
    (0.2, 3)
    """
    from scipy.special import stdtrit

    effect, error = _studies(effects, standard_errors)
    between = tau2_paule_mandel(effect, error) if tau2 is None else float(not_negative("tau2", tau2))
    _z(confidence)
    tail, count = (1 + confidence) / 2, effect.size
    weight = 1 / (error**2 + between)
    mean = float((weight * effect).sum() / weight.sum())
    classic = float(1 / weight.sum())
    scatter = float((weight * (effect - mean) ** 2).sum() / ((count - 1) * weight.sum()))
    half = float(stdtrit(count - 1, tail)) * scatter**0.5
    reach = float(stdtrit(count - 2, tail)) * (between + classic) ** 0.5 if count > 2 else np.inf
    heterogeneity = _q(effect, error, 0.0)
    i2 = max(0.0, 1 - (count - 1) / heterogeneity) if heterogeneity > 0 else 0.0
    return Pooled(mean, classic**0.5, mean - half, mean + half, mean - reach, mean + reach, between, i2, count)


class Asymmetry(NamedTuple):
    """Egger's intercept: 0 for a funnel that leans to neither side; `p_value` of that."""

    intercept: float
    low: float
    high: float
    p_value: float


def funnel_asymmetry(effects: Numbers, standard_errors: Numbers, confidence: float = CONFIDENCE) -> Asymmetry:
    """Egger's test: regress `effect / se` on `1 / se`; small studies that lean one way give an intercept.

    Decides: whether to distrust the mean because unwelcome small studies may be missing. 3 or more studies with
    different standard errors. Known bias: with fewer than about ten it seldom finds what is there, and an honest
    difference between small and large places looks the same.

    >>> funnel_asymmetry([0.1, 0.2, 0.4, 0.8], [0.05, 0.1, 0.2, 0.4]).intercept > 1
    True
    """
    from scipy.special import stdtr, stdtrit

    effect, error = _studies(effects, standard_errors, at_least=2 + 1)
    if np.ptp(error) == 0:
        raise ValueError(f"standard_errors = {error[0]:g} for every study; allowed: different ones")
    _z(confidence)
    design = np.column_stack([np.ones(effect.size), 1 / error])
    inverse = np.linalg.inv(design.T @ design)
    solution = inverse @ design.T @ (effect / error)
    free = effect.size - 2
    residual = effect / error - design @ solution
    spread = float(np.sqrt(residual @ residual / free * inverse[0, 0]))
    half = float(stdtrit(free, (1 + confidence) / 2)) * spread
    intercept = float(solution[0])
    p_value = float(2 * stdtr(free, -abs(intercept) / spread)) if spread > 0 else float(intercept == 0)
    return Asymmetry(intercept, intercept - half, intercept + half, p_value)


def _studies(effects: Numbers, errors: Numbers, at_least: int = 2) -> tuple[npt.NDArray[np.float64], ...]:
    effect, error = finite("effects", effects), positive("standard_errors", errors)
    if effect.ndim != 1 or effect.shape != error.shape:
        raise ValueError(f"effects {effect.shape} and standard_errors {error.shape} must be two lists of one length")
    if effect.size < at_least:
        raise ValueError(f"effects has {effect.size} studies; allowed: {at_least} or more")
    return effect, error


def _q(effect: npt.NDArray[np.float64], error: npt.NDArray[np.float64], tau2: float) -> float:
    weight = 1 / (error**2 + tau2)
    return float((weight * (effect - (weight * effect).sum() / weight.sum()) ** 2).sum())


def _z(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence = {confidence!r} is out of range; allowed: above 0, below 1")
    return NormalDist().inv_cdf((1 + confidence) / 2)
