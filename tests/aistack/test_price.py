"""Cost, revenue and break-even, beside one published day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack.price import (
    break_even_tokens_per_day,
    fleet_cost_usd,
    profit_over_cost,
    profit_over_revenue,
    token_revenue_usd,
    usd_per_million_tokens,
)

amounts = st.floats(1e-3, 1e9)


def test_deepseeks_day_adds_up() -> None:
    """226.75 nodes of 8 H800 at 2 USD an hour; 608 billion tokens read, 342 of them cached, 168 billion written."""
    cost = fleet_cost_usd(226.75 * 8, 24, 2.0)
    assert cost == 87_072
    revenue = token_revenue_usd(608e9, 342e9, 168e9, 0.55, 0.14, 2.19)
    assert revenue == pytest.approx(562_027, rel=1e-3)
    assert profit_over_cost(562_027, cost) == pytest.approx(5.45, rel=1e-3)
    assert profit_over_revenue(562_027, cost) == pytest.approx(0.845, rel=1e-3)


@given(amounts, amounts, st.floats(0.01, 1))
def test_a_million_tokens_cost_what_the_hours_for_them_cost(price: float, speed: float, load: float) -> None:
    hours = 1e6 / (speed * load) / 3600
    assert usd_per_million_tokens(price, speed, load) == pytest.approx(fleet_cost_usd(1, hours, price))


@given(amounts, st.integers(1, 1000), amounts)
def test_at_the_break_even_both_bills_are_equal(api: float, chips: int, price: float) -> None:
    tokens = break_even_tokens_per_day(api, chips, price)
    assert tokens / 1e6 * api == pytest.approx(fleet_cost_usd(chips, 24, price))


@given(amounts, amounts)
def test_the_two_margins_tell_the_same_profit(revenue: float, cost: float) -> None:
    assert profit_over_cost(revenue, cost) * cost == pytest.approx(profit_over_revenue(revenue, cost) * revenue)


@pytest.mark.extreme
def test_free_chips_and_free_tokens() -> None:
    assert usd_per_million_tokens(0, 100) == 0
    assert break_even_tokens_per_day(1, 8, 0) == 0
    assert profit_over_revenue(100, 0) == 1
    assert token_revenue_usd(0, 0, 0, 1, 1, 1) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: usd_per_million_tokens(1, 0), "tokens_per_s_chip = 0 is out of range"),
        (lambda: usd_per_million_tokens(1, 1, 1.5), "load = 1.5 is out of range; allowed: above 0, at most 1"),
        (
            lambda: token_revenue_usd(1, 2, 1, 1, 1, 1),
            "cached_tokens = 2 is out of range; allowed: at most input_tokens",
        ),
        (lambda: break_even_tokens_per_day(0, 1, 1), "api_usd_per_million = 0 is out of range"),
        (lambda: profit_over_cost(1, 0), "cost_usd = 0 is out of range"),
        (lambda: fleet_cost_usd(float("nan"), 1, 1), "chips = nan is out of range"),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]
