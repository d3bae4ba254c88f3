"""A published result as a predictor sees it, and what a predictor answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from aistack.fitted import Fitted

PERCENTILES = (5, 95)
"""Ends of the band that should hold a published value nine times in ten."""


class NotModelled(Exception):  # noqa: N818 - an answer, not a fault
    """A predictor has no answer for a row; the text says why."""


class Inputs(Mapping[str, Any]):
    """The inputs of a published result under their standard names. Asking for one that is missing is an answer, too."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name: value for name, value in values.items() if value not in (None, "", "n/a")}

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            raise NotModelled(f"{name} is not given")
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def get(self, name: str, default: Any = None) -> Any:
        """Return an input, or `default` if it is not given."""
        return self._values.get(name, default)

    def number(self, name: str, default: float | None = None) -> float:
        """Return an input as a number; `NotModelled` if it is missing without a default, or is no number."""
        if name not in self and default is not None:
            return default
        try:
            value = float(str(self[name]).replace(",", ""))
        except ValueError:
            raise NotModelled(f"{name} = {self[name]!r} is not a number") from None
        if not np.isfinite(value):
            raise NotModelled(f"{name} = {value} is not finite")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """Return an input as text; `NotModelled` if it is missing without a default."""
        return default if name not in self and default is not None else str(self[name])


@dataclass(frozen=True)
class Case:
    """A published result: what it is about, what went in, and what came out; `year` is that of the publication."""

    id: str
    topic: str
    inputs: Inputs
    quantity: str
    unit: str
    published: float
    source: str
    unknown: tuple[str, ...] = ()
    year: float | None = None


@dataclass(frozen=True)
class Prediction:
    """What a model says a published result should be, with the band that holds it nine times in ten.

    `identity` marks arithmetic on the row's own figures (hours times price): it tests bookkeeping, not a model.
    `fitted_on` names the sources of the fitted constants that were used.
    """

    value: float
    low: float
    high: float
    identity: bool = False
    fitted_on: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def exact(cls, value: float, rounding: float = 0.005) -> Prediction:
        """Return an identity; its band is only as wide as published figures are rounded (a share)."""
        return cls(float(value), float(value * (1 - rounding)), float(value * (1 + rounding)), identity=True)

    @classmethod
    def of_draws(cls, value: float, draws: npt.ArrayLike, constants: tuple[Fitted, ...] = ()) -> Prediction:
        """Return an estimate whose band is that of draws over everything that is uncertain."""
        low, high = np.percentile(np.asarray(draws, float), PERCENTILES)
        fitted_on = frozenset(source for constant in constants for source in constant.fitted_on)
        return cls(float(value), min(float(low), float(value)), max(float(high), float(value)), fitted_on=fitted_on)

    @classmethod
    def within(cls, value: float, factor: float, constants: tuple[Fitted, ...] = ()) -> Prediction:
        """Return an estimate that is right within a factor, nine times in ten."""
        fitted_on = frozenset(source for constant in constants for source in constant.fitted_on)
        return cls(float(value), float(value / factor), float(value * factor), fitted_on=fitted_on)


Predictor = Callable[[Case], Prediction]
"""Answers a case, or raises `NotModelled` with the reason."""
