"""Every argument of a model is checked here, so that bad input stops with a sentence and not with a NaN."""

from __future__ import annotations

import math
import sys
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

Numbers = npt.ArrayLike
"""A number or an array of numbers; all models broadcast."""

FloatArray = npt.NDArray[np.float64] | np.float64
"""What a model returns: a NumPy float for scalar input, an array otherwise."""


_SCALARS, _LARGEST = (float, int, np.float64), sys.float_info.max
# What learners mostly pass. Python compares these several times as quickly as NumPy does an array without dimensions,
# and the checks are most of what one evaluation costs.


class Row(Protocol):
    """A row of a dataset: a dict or a pandas Series, asked for its cells by column."""

    def __getitem__(self, column: str, /) -> Any:
        """Return a cell."""


def positive(name: str, value: Numbers, *, at_most: float = math.inf) -> npt.NDArray[np.float64]:
    """Return `value` as floats; `ValueError` unless every one is finite, above 0 and not above `at_most`."""
    return _within(name, value, at_most, zero_allowed=False)


def not_negative(name: str, value: Numbers, *, at_most: float = math.inf) -> npt.NDArray[np.float64]:
    """Return `value` as floats; `ValueError` unless every one is finite, 0 or more and not above `at_most`."""
    return _within(name, value, at_most, zero_allowed=True)


def finite(name: str, value: Numbers) -> npt.NDArray[np.float64]:
    """Return `value` as floats; `ValueError` unless every one is finite (negative ones are allowed)."""
    if type(value) in _SCALARS and -_LARGEST <= value <= _LARGEST:  # type: ignore[operator]
        return cast("npt.NDArray[np.float64]", np.float64(value))  # type: ignore[arg-type]
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} = {value!r} is not a number; allowed: finite numbers") from None
    if not np.isfinite(numbers).all():
        first = numbers[~np.isfinite(numbers)].flat[0] if numbers.ndim else numbers[()]
        raise ValueError(f"{name} = {first:g} is out of range; allowed: finite numbers")
    return numbers


def together(**arguments: npt.NDArray[np.float64]) -> None:
    """`ValueError` unless the arguments' shapes broadcast with each other."""
    if not any(value.ndim for value in arguments.values()):
        return
    try:
        np.broadcast_shapes(*(np.shape(value) for value in arguments.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {np.shape(value)}" for name, value in arguments.items())
        raise ValueError(f"shapes do not fit each other: {shapes}") from None


def series(
    years: Numbers, values: Numbers, at_least: int = 2
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return a series as floats; `ValueError` unless years rise, values are above 0, and there are enough points."""
    time, level = finite("years", years), positive("values", values)
    if time.ndim != 1 or time.shape != level.shape:
        raise ValueError(f"years {time.shape} and values {level.shape} must be two lists of one length")
    if time.size < at_least:
        raise ValueError(f"years has {time.size} points; allowed: {at_least} or more")
    if (np.diff(time) <= 0).any():
        raise ValueError("years must rise from point to point")
    return time, level


def _within(name: str, value: Numbers, at_most: float, *, zero_allowed: bool) -> npt.NDArray[np.float64]:
    if type(value) in _SCALARS and value <= min(at_most, _LARGEST) and (value > 0 or (zero_allowed and value == 0)):  # type: ignore[operator]
        return cast("npt.NDArray[np.float64]", np.float64(value))  # type: ignore[arg-type]
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} = {value!r} is not a number; allowed: {_range(at_most, zero_allowed)}") from None
    inside = (numbers >= 0) if zero_allowed else (numbers > 0)
    good = inside & (numbers <= min(at_most, _LARGEST))
    if not good.all():
        first = numbers[~good].flat[0] if numbers.ndim else numbers[()]
        raise ValueError(f"{name} = {first:g} is out of range; allowed: {_range(at_most, zero_allowed)}")
    return numbers


def _range(at_most: float, zero_allowed: bool) -> str:
    lower = "0 or more" if zero_allowed else "above 0"
    return f"{lower}, finite" if math.isinf(at_most) else f"{lower}, at most {at_most:g}"
