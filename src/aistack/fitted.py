"""Constants that were fitted to measurements: each with its interval, and with the sources that it was fitted on.

A fitted constant may be used to predict what other sources published, never to explain its own source. So each one
names its sources, and `course validate` keeps rows of those sources apart from rows that no constant has seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from aistack.checks import FloatArray, positive

_NINETY = NormalDist().inv_cdf(0.95)  # a 90 % interval ends this many standard deviations from its middle


@dataclass(frozen=True)
class Fitted:
    """A constant with its 90 % interval `low` to `high`, all above 0, in `unit`.

    `fitted_on` are keys of `datasets/sources.csv`, `year` is that of the newest of them.
    """

    value: float
    low: float
    high: float
    unit: str
    what: str
    fitted_on: tuple[str, ...]
    year: int

    def __post_init__(self) -> None:
        for field in ("value", "low", "high"):
            positive(f"{field} of {self.what!r}", getattr(self, field))
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.what!r}: {self.value:g} is not between low {self.low:g} and high {self.high:g}")

    def __float__(self) -> float:
        return float(self.value)

    def draws(self, count: int, generator: np.random.Generator) -> FloatArray:
        """Return `count` draws of what the constant may be: lognormal, 5 % of them below `low` and 5 % above `high`.

        The median of the draws is the middle of the interval on a logarithmic scale.
        """
        low, high = np.log(self.low), np.log(self.high)
        spread = (high - low) / (2 * _NINETY)
        return np.exp(generator.normal((low + high) / 2, spread, count))
