"""Arguments of models: a single number and a list of one are judged alike, and refusals name what is allowed."""

import math

import numpy as np
import pytest

from aistack.checks import finite, not_negative, positive, together

VALUES = [5, 5.0, np.float64(5), 0, 0.0, -0.0, -1, -1.5, 1e308, 10**400, -(10**400), math.inf, -math.inf, math.nan]
CHECKS = {
    "finite": finite,
    "positive": positive,
    "positive, at most 5": lambda name, value: positive(name, value, at_most=5),
    "not negative": not_negative,
    "not negative, at most 4": lambda name, value: not_negative(name, value, at_most=4),
}


@pytest.mark.parametrize("value", VALUES, ids=lambda value: str(value)[:8])
@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_a_number_is_judged_as_a_list_of_it(check, value) -> None:  # type: ignore[no-untyped-def]
    def verdict(given: object) -> object:
        try:
            return float(np.max(check("load", given)))
        except ValueError as refused:
            return str(refused).partition(" is ")[2] or "no sentence"

    assert verdict(value) == verdict([value])
    assert verdict(value) != "no sentence"


@pytest.mark.parametrize("value", ["five", 1j, [1, "x"]])
@pytest.mark.parametrize("check", [finite, positive, not_negative])
def test_what_is_no_number_is_named(check, value) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"load = .* is not a number; allowed: "):
        check("load", value)


def test_shapes_that_do_not_fit_are_named() -> None:
    together(a=np.float64(1), b=np.ones(3))
    with pytest.raises(ValueError, match=r"a \(2,\), b \(3,\)"):
        together(a=np.ones(2), b=np.ones(3))
