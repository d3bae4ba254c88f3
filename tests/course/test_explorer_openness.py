"""The explorer of lesson 08: what is said and drawn, computed again by hand from the levers."""

import numpy as np
import pytest

from course.explorers.openness import ADOPTION_ELASTICITY, openness

EXPLORER = openness()


@pytest.mark.parametrize("case", EXPLORER.presets)
def test_it_says_what_the_arithmetic_says(case: str) -> None:
    EXPLORER.preset(case)
    state = EXPLORER.state
    left = state["cloud_margin_percent"] * 2 / (state["hosts"] + 1)
    captured = state["captured_percent"] / 100
    income = captured * left + (1 - captured) * state["fee_percent"]
    table = dict(EXPLORER.table())
    assert table["Income of a unit of open use"] == f"{income:.3g} % of a closed one"
    opened = np.linspace(0, 1, 20_001)
    worth = state["multiplier"] * income
    profit = 100 * (1 - opened ** state["concentration"]) + worth * opened**ADOPTION_ELASTICITY
    assert EXPLORER.result.best_share == pytest.approx(opened[profit.argmax()], abs=1e-4)
    assert EXPLORER.result.best_profit == pytest.approx(profit.max(), rel=1e-6)
    if income:
        assert f"pays from {100 / income:.3g} times the use" in EXPLORER.sentence or 100 / income >= 100
    else:
        assert "no amount of new use pays" in EXPLORER.sentence
    (x,), (y,) = EXPLORER.chart.artists["best"].get_data()
    assert (x, y) == pytest.approx((100 * EXPLORER.result.best_share, EXPLORER.result.best_profit))


def test_it_shows_that_a_mix_beats_both_ends() -> None:
    EXPLORER.preset("Alibaba-like: large cloud, strong flagship")
    assert EXPLORER.result.open_profit < 100 < EXPLORER.result.best_profit
    assert 0.3 < EXPLORER.result.best_share < 0.7
