"""Openness: the closed form against a search, the ends, and what a firm without a cloud should do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack.openness import (
    Market,
    break_even_adoption,
    closed_profit,
    competing_margin,
    gain_from_opening,
    joint_offer,
    open_income_per_use,
    open_profit,
    optimal_opened_share,
    partial_profit,
    separate_offer,
)

margins = st.floats(0.01, 100)
betas, deltas = st.floats(0.05, 1), st.floats(1, 8)


@given(st.floats(0.1, 1e6), margins, st.floats(0.01, 10), st.floats(0, 5))
def test_open_and_closed_earn_the_same_at_break_even(use: float, margin: float, income: float, saved: float) -> None:
    kappa = break_even_adoption(margin, income, min(saved, margin))
    opened = open_profit(use, kappa, income, contributions=use * min(saved, margin))
    assert opened == pytest.approx(closed_profit(use, margin))


@given(margins, margins, betas, deltas)
def test_no_other_share_earns_more_than_the_best(margin: float, income: float, beta: float, delta: float) -> None:
    best = optimal_opened_share(margin, income, beta, delta)
    grid = partial_profit(np.linspace(0, 1, 501), margin, income, beta, delta)
    assert partial_profit(best, margin, income, beta, delta) >= grid.max() * (1 - 1e-9)


def test_the_ends_of_a_family_are_closed_and_open() -> None:
    assert partial_profit(0, 3, 2, 0.5, 2) == pytest.approx(3)
    assert partial_profit(1, 3, 2, 0.5, 2) == pytest.approx(2)


@pytest.mark.extreme
def test_without_a_cloud_nothing_is_opened_and_without_a_paid_model_everything_is() -> None:
    assert optimal_opened_share(1, 0, 0.5, 2) == 0
    assert optimal_opened_share(0, 1, 0.5, 2) == 1
    assert gain_from_opening(1, 0, 0.5, 2) == 0


@pytest.mark.extreme
def test_equal_exponents_open_all_or_nothing() -> None:
    assert optimal_opened_share([1, 1], [0.9, 1.1], 1, 1).tolist() == [0, 1]


@pytest.mark.extreme
def test_many_hosts_leave_no_margin() -> None:
    assert competing_margin(1, 1) == 1
    assert competing_margin(1, 1e9) < 1e-8


@pytest.mark.sensitivity
def test_who_opens_more_does_not_change_with_small_errors() -> None:
    """A big cloud opens more than a firm that lives on its model, with each input 20 % higher or lower."""
    for error in np.ndindex(2, 2, 2, 2):
        m, w, b, d = (0.8 + 0.4 * side for side in error)
        cloud = optimal_opened_share(0.5 * m, 2 * w, min(1, 0.6 * b), max(1, 3 * d))
        model_seller = optimal_opened_share(2 * m, 0.5 * w, min(1, 0.6 * b), max(1, 3 * d))
        assert cloud > model_seller


def test_income_counts_what_leaks() -> None:
    assert open_income_per_use(1, 0.4) == pytest.approx(0.4)
    assert open_income_per_use(0, 0.4, licence_fee=0.1) == pytest.approx(0.1)
    assert open_income_per_use(0.5, 0.4, licence_fee=0.1, fork_share=1) == 0


sizes = st.floats(5, 20)
costs = st.floats(0, 1)


@given(sizes, sizes, st.floats(0, 0.3), costs, costs)
def test_owning_both_earns_no_less_and_charges_no_more_together(
    size_1: float, size_2: float, cross: float, cost_1: float, cost_2: float
) -> None:
    market = Market(size_1, size_2, 1, cross, cost_1, cost_2)
    joint, apart = joint_offer(market), separate_offer(market)
    assert joint.profit >= apart.profit - 1e-9
    assert joint.model_price + joint.cloud_price <= apart.model_price + apart.cloud_price + 1e-9


def test_joint_prices_are_the_best_on_a_grid() -> None:
    market = Market(3, 10, 1, 0.5, 0.2, 1)
    best = joint_offer(market)
    model, cloud = np.meshgrid(np.linspace(0, 3, 301), np.linspace(0, 10, 501))
    sold_model, sold_cloud = 3 - model - 0.5 * cloud, 10 - cloud - 0.5 * model
    profit = (model - 0.2) * sold_model + (cloud - 1) * sold_cloud
    allowed = (sold_model >= 0) & (sold_cloud >= 0)
    assert best.profit >= profit[allowed].max() - 1e-9
    assert best.model_price == 0  # the model is given away: each sold unit of cloud is worth more


def test_unrelated_goods_are_priced_as_a_monopolist_would() -> None:
    market = Market(10, 6, 1, 0, 2, 0)
    assert joint_offer(market) == separate_offer(market)
    assert joint_offer(market).model_price == pytest.approx(6)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: closed_profit(-1, 1), "use = -1"),
        (lambda: competing_margin(1, 0.5), "hosts = 0.5"),
        (lambda: break_even_adoption(1, 0), "income_per_use = 0"),
        (lambda: open_income_per_use(1.2, 1), "captured_share = 1.2"),
        (lambda: optimal_opened_share(1, 1, 2, 3), "adoption_elasticity = 2"),
        (lambda: optimal_opened_share(1, 1, 1, 0.5), "margin_concentration = 0.5"),
        (lambda: joint_offer(Market(1, 1, 1, 1)), "cross_slope = 1"),
        (lambda: joint_offer(Market(1, 20, 1, 0.5)), "nobody would buy the model"),
        (lambda: partial_profit([0.1, 0.2], [1, 1, 1], 1, 1, 1), "shapes do not fit"),
    ],
)
def test_bad_input_is_named(call, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        call()
