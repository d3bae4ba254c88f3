"""What more compute buys: loss against size and data, months of lag, and how fast prices fall.

Sources: J. Hoffmann et al., "Training compute-optimal large language models", 2022, arXiv:2203.15556; T. Besiroglu
et al., "Chinchilla scaling: a replication attempt", 2024, arXiv:2404.10102; A. Ho et al., "Algorithmic progress in
language models", NeurIPS 2024, arXiv:2403.05812.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, not_negative, positive, together
from aistack.cluster import TRAINING_FLOP_PER_PARAMETER_TOKEN
from aistack.fitted import Fitted

MONTHS_PER_YEAR = 12
CONFIDENCE = 0.9
"""Of every interval in this module."""

ALGORITHMIC_DOUBLING_MONTHS = Fitted(
    8, 2, 22, "month", "time in which algorithms halve the compute for the same result", ("ho-2024",), 2024
)
"""The preprint of the same study had 5 to 14 at 95 %; the reviewed version widened it to 2 to 22 at 90 %."""
PRICE_FALL_PER_YEAR = Fitted(
    21, 3, 145, "1/year", "factor by which the price of a fixed capability falls in a year",
    ("epoch-price-trends", "a16z-llmflation"), 2025,
)  # fmt: skip
"""Median of six published falls (9, 40, 50, 900; 10; 62 in 20 months), with a robust interval (median deviation)."""


@dataclass(frozen=True)
class LossLaw:
    """A fit of `L(N, D) = E + A / N^alpha + B / D^beta` in nats a token."""

    name: str
    e: float
    a: float
    b: float
    alpha: float
    beta: float
    source: str

    def __post_init__(self) -> None:
        for field in ("e", "a", "b", "alpha", "beta"):
            positive(f"{field} of {self.name}", getattr(self, field))

    @property
    def size_exponent(self) -> float:
        """How the best size grows with compute: `N ~ C^(beta / (alpha + beta))`."""
        return self.beta / (self.alpha + self.beta)


HOFFMANN_2022 = LossLaw("Hoffmann et al. 2022, approach 3", 1.69, 406.4, 410.7, 0.34, 0.28, "arXiv:2203.15556")
"""As printed in equation 10, rounded; the rounding alone shifts the best size by a large factor (Besiroglu 2024)."""
BESIROGLU_2024 = LossLaw("Besiroglu et al. 2024", 1.8172, 482.01, 2085.43, 0.3478, 0.3658, "arXiv:2404.10102")
BESIROGLU_STANDARD_ERRORS = {"e": 0.03, "a": 124.58, "b": 1293.23, "alpha": 0.02, "beta": 0.02}
"""Printed beside the fit. The errors of the five are strongly correlated; draws that ignore it are too wide."""


def loss_estimate(parameters: Numbers, tokens: Numbers, law: LossLaw = BESIROGLU_2024) -> FloatArray:
    """Pre-training loss in nats a token of a model of `parameters` after `tokens`: `E + A/N^alpha + B/D^beta`.

    Known bias: fitted below 16 billion parameters on one data set; says nothing of what follows pre-training.
    Decides: whether the next unit of compute goes into a larger model or more data.

    >>> round(float(loss_estimate(70e9, 1.4e12)), 2)  # Chinchilla
    1.97
    """
    n, d = positive("parameters", parameters), positive("tokens", tokens)
    together(parameters=n, tokens=d)
    return law.e + law.a * n**-law.alpha + law.b * d**-law.beta


def optimal_parameters(flop: Numbers, law: LossLaw = BESIROGLU_2024) -> FloatArray:
    """Size with the least loss for a training of `flop`: `G (C/6)^(beta/(alpha+beta))`.

    `G = (alpha A / beta B)^(1/(alpha+beta))`, from `C = 6 N D`. Decides: how large a model to train.

    >>> round(float(optimal_parameters(5.76e23)) / 1e9)  # Chinchilla: 70 billion parameters
    72
    """
    both = law.alpha + law.beta
    scale: float = (law.alpha * law.a / (law.beta * law.b)) ** (1 / both)
    return scale * (positive("flop", flop) / TRAINING_FLOP_PER_PARAMETER_TOKEN) ** law.size_exponent


def optimal_tokens(flop: Numbers, law: LossLaw = BESIROGLU_2024) -> FloatArray:
    """Training tokens that go with `optimal_parameters`: `C / (6 N)`.

    Decides: how much text to gather for a training.

    >>> round(float(optimal_tokens(5.76e23)) / 1e12, 1)  # Chinchilla: 1.4
    1.3
    """
    return positive("flop", flop) / (TRAINING_FLOP_PER_PARAMETER_TOKEN * optimal_parameters(flop, law))


def optimal_tokens_per_parameter(flop: Numbers, law: LossLaw = BESIROGLU_2024) -> FloatArray:
    """Tokens for each parameter at the best split; about 20 by the rule of thumb.

    Decides: whether a published model is trained beyond what its training alone would justify.

    >>> round(float(optimal_tokens_per_parameter(5.76e23)))
    18
    """
    return optimal_tokens(flop, law) / optimal_parameters(flop, law)


def overtraining_factor(flop: Numbers, size_share: Numbers, law: LossLaw = BESIROGLU_2024) -> FloatArray:
    """Training compute of a model of `size_share` times the best size with the same loss, over that of the best.

    A smaller model costs less to serve and more to train: its tokens D solve `A/N^alpha + B/D^beta` equal. Inf where
    no amount of data makes up for the size. Decides: how small a model to train when many will use it.

    >>> round(float(overtraining_factor(5.76e23, 0.5)), 2)
    1.26
    """
    share = positive("size_share", size_share)
    best_n, best_d = optimal_parameters(flop, law), optimal_tokens(flop, law)
    together(flop=np.asarray(best_n, np.float64), size_share=share)
    to_reach = law.a * best_n**-law.alpha + law.b * best_d**-law.beta
    left = to_reach - law.a * (share * best_n) ** -law.alpha
    possible = left > 0
    tokens = (law.b / np.where(possible, left, 1)) ** (1 / law.beta)
    return np.where(possible, share * tokens / best_d, np.inf)[()]


def lag_months(compute_ratio: Numbers, doubling_months: Numbers = ALGORITHMIC_DOUBLING_MONTHS.value) -> FloatArray:
    """Months until progress in algorithms makes up for `compute_ratio` times less compute: `log2(k) * T`.

    Known bias: supposes that the other side's algorithms are public; it stands still while one catches up.
    Decides: what a k-fold gap in compute is worth in time.

    >>> float(lag_months(8, doubling_months=8))
    24.0
    """
    ratio, doubling = positive("compute_ratio", compute_ratio), positive("doubling_months", doubling_months)
    together(compute_ratio=ratio, doubling_months=doubling)
    return np.log2(ratio) * doubling


def annual_factor(start: Numbers, end: Numbers, years: Numbers) -> FloatArray:
    """Yearly factor by which something fell from `start` to `end`: `(start / end)^(1 / years)`.

    Decides: nothing by itself; it puts published falls over different spans on one scale.

    >>> round(float(annual_factor(60, 0.06, 3)), 1)
    10.0
    """
    first, last, span = positive("start", start), positive("end", end), positive("years", years)
    together(start=first, end=last, years=span)
    return (first / last) ** (1 / span)


class Trend(NamedTuple):
    """A yearly factor (below 1: falling) with its 90 % interval, from `points` points; `residual` is in logs."""

    factor: float
    low: float
    high: float
    points: int
    residual: float


def fit_trend(years: Numbers, values: Numbers) -> Trend:
    """Fit `log(value) = c + b * year` by least squares and return `e^b` with Student's interval.

    Needs three points at two times or more. Known bias: points of one product line are not independent, so
    the interval is too narrow. Decides: what price to plan with for next year.

    >>> trend = fit_trend([0, 1, 2, 3], [8, 4.1, 1.9, 1])
    >>> round(trend.factor, 2), trend.low < 0.5 < trend.high
    (0.5, True)
    """
    from scipy.stats import linregress, t

    when, value = np.atleast_1d(not_negative("years", years)), np.atleast_1d(positive("values", values))
    if when.shape != value.shape or when.ndim != 1:
        raise ValueError(f"years {when.shape} and values {value.shape} must be two lists of one length")
    if when.size <= 2 or np.ptp(when) == 0:
        raise ValueError(f"values: {when.size} points at {np.unique(when).size} times; needed are 3 at 2 or more")
    logs = np.log(value)
    line = linregress(when, logs)
    freedom = when.size - 2
    reach = float(t.ppf((1 + CONFIDENCE) / 2, freedom)) * line.stderr
    spread = float(np.sqrt(np.sum((logs - line.intercept - line.slope * when) ** 2) / freedom))
    slope = line.slope
    return Trend(float(np.exp(slope)), float(np.exp(slope - reach)), float(np.exp(slope + reach)), when.size, spread)


class Lags(NamedTuple):
    """Lags in months of the followers whose level the leader's record holds; `median` with its 90 % interval.

    `before` counts followers below the leader's first record, `ahead` those that the leader has not reached.
    """

    months: FloatArray
    median: float
    low: float
    high: float
    before: int
    ahead: int


def frontier_lags(
    follower_years: Numbers, follower_level: Numbers, leader_years: Numbers, leader_level: Numbers
) -> Lags:
    """For each follower, how many months earlier the leader's record had reached its level.

    The record is a staircase: the first leader at or above a level counts (a step overstates the lag a little). The
    interval of the median is that of its order statistics, so no shape is assumed. Decides: how far behind behind is.

    >>> frontier_lags([2024.5, 2025], [10, 20], [2024, 2024.25], [10, 30]).months.round(1).tolist()
    [6.0, 9.0]
    """
    from scipy.stats import binom

    when, level = _series("follower", follower_years, follower_level)
    first, record = _series("leader", leader_years, leader_level)
    order = np.argsort(first, kind="stable")
    first, record = first[order], np.maximum.accumulate(record[order])
    step = np.searchsorted(record, level, side="left")
    ahead = step == record.size
    before = level < record[0]
    held = ~(ahead | before)
    if not held.any():
        raise ValueError("follower_level: none lies within the leader's record, so no lag can be measured")
    months = (when[held] - first[step[held]]) * MONTHS_PER_YEAR
    ranked = np.sort(months)
    edge = max(int(binom.ppf((1 - CONFIDENCE) / 2, ranked.size, 1 / 2)) - 1, 0)
    middle = float(np.median(ranked))
    return Lags(months, middle, float(ranked[edge]), float(ranked[-1 - edge]), int(before.sum()), int(ahead.sum()))


def _series(who: str, years: Numbers, level: Numbers) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    when = np.atleast_1d(not_negative(f"{who}_years", years))
    height = np.atleast_1d(positive(f"{who}_level", level))
    if when.shape != height.shape or when.ndim != 1 or when.size == 0:
        raise ValueError(f"{who}_years {when.shape} and {who}_level {height.shape} must be two lists of one length")
    return when, height
