"""Whether what was seen is what was expected: numbers within a tolerance, text without case, sets without order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


def same(seen: Sequence[Any], expected: Sequence[Any], tolerance: float) -> bool:
    """Tell whether two sequences agree part by part."""
    return len(seen) == len(expected) and all(agree(a, b, tolerance) for a, b in zip(seen, expected, strict=True))


def agree(seen: Any, expected: Any, tolerance: float) -> bool:
    """Tell whether one value agrees with another; `tolerance` is relative. A collection of text has no order."""
    if isinstance(expected, list):
        if not isinstance(seen, list) or len(seen) != len(expected):
            return False
        if all(isinstance(item, str) for item in [*seen, *expected]):
            return sorted(map(str.casefold, seen)) == sorted(map(str.casefold, expected))
        return same(seen, expected, tolerance)
    if is_number(expected) and is_number(seen):
        return math.isclose(seen, expected, rel_tol=tolerance)
    if isinstance(expected, str) and isinstance(seen, str):
        return seen.casefold() == expected.casefold()
    return type(seen) is type(expected) and bool(seen == expected)


def is_number(value: Any) -> bool:
    """Tell whether a value is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
