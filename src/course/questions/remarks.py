"""What can be said of a wrong answer that is none of the known slips, without giving the right one away."""

from __future__ import annotations

import math
from typing import Any

from course.questions.compare import agree, is_number

_LETTERS = 'a set of letters such as {"A", "B"}'


def general_remark(seen: list[Any], expected: list[Any], *, is_function: bool) -> str:
    """Say what can be said of any wrong answer without giving the right one away."""
    kinds = {_kind(value) for value in seen}
    wanted = _kind(expected[0])
    if kinds == {"nothing"}:
        why = "Is the `return` missing?" if is_function else "Did you store what `print` gives back?"
        return f"It is nothing (None). {why}"
    if seen and isinstance(seen[0], dict) and "not_a_function" in seen[0]:
        return "A function is asked for, and this is not one. Keep the `def` line as it stands."
    if kinds != {wanted}:
        found = ", ".join(sorted(kinds))
        return f"The answer should be {wanted}, and this is {found}."
    if wanted == "a number":
        ratios = {_power_of_ten(a, b) for a, b in zip(seen, expected, strict=False)}
        if len(ratios) == 1 and ratios.pop() not in (None, 0):
            return "The digits are right and the size is not: check the units (giga is 1e9, tera is 1e12)."
    if wanted == _LETTERS and not all(isinstance(item, str) and len(item) == 1 for item in seen[0]):
        return f"The answer should be {_LETTERS}: one letter each, in quotes, with commas between."
    if len(seen) > 1 and any(agree(a, b, 0.01) for a, b in zip(seen, expected, strict=False)):
        return "Right for some inputs and wrong for others: which case does it not cover?"
    return "Not right yet, and not one of the usual slips. Read the question once more; a hint may help."


def _kind(value: Any) -> str:
    if is_number(value):
        return "a number"
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return _LETTERS if all(isinstance(item, str) for item in value) else "a collection"
    if isinstance(value, dict):
        return f"a {value['type']}" if set(value) == {"type"} else "a dictionary"
    return "True or False" if isinstance(value, bool) else "text" if isinstance(value, str) else "something else"


def _power_of_ten(seen: float, expected: float) -> int | None:
    """Return n where `seen` is `expected` times 10 to the n within 1 %, else None."""
    if not (seen * expected > 0 and math.isfinite(seen)):
        return None
    exponent = math.log10(seen / expected)
    nearest = round(exponent)
    return nearest if abs(exponent - nearest) < math.log10(1.01) else None
