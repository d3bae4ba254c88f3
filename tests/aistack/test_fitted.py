"""Fitted constants: their draws keep to the stated interval."""

import numpy as np
import pytest

from aistack.fitted import Fitted


def test_nine_draws_in_ten_lie_in_the_interval() -> None:
    constant = Fitted(2.0, 1.0, 4.0, "m", "a length", ("a-source",), 2026)
    draws = constant.draws(100_000, np.random.default_rng(1))
    assert np.mean(draws < 1) == pytest.approx(0.05, abs=0.003)
    assert np.mean(draws > 4) == pytest.approx(0.05, abs=0.003)
    assert float(constant) == 2


def test_a_whole_number_is_a_constant_too() -> None:
    assert float(Fitted(2, 1, 4, "m", "a length", ("a-source",), 2026)) == 2.0


@pytest.mark.parametrize(("value", "low", "high"), [(5, 1, 4), (2, 0, 4), (2, 1, float("inf")), (float("nan"), 1, 2)])
def test_a_value_outside_its_interval_is_refused(value: float, low: float, high: float) -> None:
    with pytest.raises(ValueError, match="a length"):
        Fitted(value, low, high, "m", "a length", (), 2026)
