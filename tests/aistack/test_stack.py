"""The stack as one machine: limits of the production function, published results of industrial economics, refusals."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar

from aistack.stack import (
    best_chip,
    best_model,
    ces_output,
    chain_outcome,
    codesign_gain,
    design_value,
    least_remaining,
    marginal_products,
    output_elasticities,
    required_multiplier,
)

INF = float("inf")
WEIGHTS = [0.4, 0.3, 0.2, 0.1]
inputs = st.lists(st.floats(1e-3, 1e3), min_size=4, max_size=4)
sigmas = st.one_of(st.floats(0, 1e-12), st.floats(0.01, 100), st.just(1.0), st.just(INF))
shares = st.floats(0.01, 0.98)


@pytest.mark.extreme
@given(inputs)
def test_the_limits_are_the_textbook_ones(x: list[float]) -> None:
    assert ces_output(x, WEIGHTS, 0) == pytest.approx(min(x))
    assert ces_output(x, WEIGHTS, 1) == pytest.approx(np.prod(np.power(x, WEIGHTS)))
    assert ces_output(x, WEIGHTS, INF) == pytest.approx(np.dot(x, WEIGHTS))


@given(inputs)
def test_there_is_no_jump_near_the_limits(x: list[float]) -> None:
    for limit, near in ((0, 1e-5), (1, 1 + 1e-9), (1, 1 - 1e-9), (1, 1 + 1e-14), (INF, 1e9)):
        assert ces_output(x, WEIGHTS, near) == pytest.approx(ces_output(x, WEIGHTS, limit), rel=2e-4)


@given(inputs, st.floats(0.05, 20).filter(lambda s: abs(s - 1) > 1e-2))
def test_it_is_the_equation(x: list[float], sigma: float) -> None:
    rho = (sigma - 1) / sigma
    by_hand = np.sum(np.array(WEIGHTS) * (np.array(x) / max(x)) ** rho) ** (1 / rho) * max(x)
    assert ces_output(x, WEIGHTS, sigma) == pytest.approx(by_hand, rel=1e-8)


@given(inputs, sigmas, st.floats(0.1, 10))
def test_twice_of_everything_gives_twice_the_output(x: list[float], sigma: float, factor: float) -> None:
    assert ces_output(np.array(x) * factor, WEIGHTS, sigma) == pytest.approx(factor * ces_output(x, WEIGHTS, sigma))


@given(inputs, st.floats(0.02, 50), st.floats(1.01, 3))
def test_easier_substitution_never_hurts(x: list[float], sigma: float, factor: float) -> None:
    assert ces_output(x, WEIGHTS, sigma * factor) >= ces_output(x, WEIGHTS, sigma) * (1 - 1e-9)


@pytest.mark.extreme
def test_without_a_layer_only_substitutes_give_output() -> None:
    out = ces_output([0, 1, 1, 1], WEIGHTS, [0, 0.5, 1, 2, INF])
    np.testing.assert_allclose(out, [0, 0, 0, 0.6**2, 0.6])
    assert ces_output([0, 0, 0, 0], WEIGHTS, 2) == 0


@given(inputs, sigmas)
def test_elasticities_add_up_to_one(x: list[float], sigma: float) -> None:
    assert output_elasticities(x, WEIGHTS, sigma).sum() == pytest.approx(1)


@given(inputs, st.floats(0.05, 50))
def test_marginal_products_are_the_slopes(x: list[float], sigma: float) -> None:
    for layer in range(4):
        step = np.zeros(4)
        step[layer] = 1e-6 * x[layer]
        up, down = (ces_output(np.add(x, sign * step), WEIGHTS, sigma) for sign in (1, -1))
        slope, output = (up - down) / (2 * step[layer]), ces_output(x, WEIGHTS, sigma)
        negligible = 1e-8 * output / x[layer]
        assert marginal_products(x, WEIGHTS, sigma)[layer] == pytest.approx(slope, rel=1e-3, abs=negligible)


@pytest.mark.extreme
def test_at_sigma_zero_only_the_weakest_layer_counts() -> None:
    assert output_elasticities([1, 0.5, 1, 1], WEIGHTS, 0).tolist() == [0, 1, 0, 0]
    np.testing.assert_allclose(output_elasticities([1, 1, 1, 1], WEIGHTS, 0), WEIGHTS)


@given(st.floats(0.01, 1), shares, st.floats(0.05, 20))
def test_the_required_multiplier_restores_output(left: float, share: float, sigma: float) -> None:
    factor = required_multiplier(left, share, sigma)
    if np.isfinite(factor) and factor < 1e6:
        assert ces_output([left, factor], [share, 1 - share], sigma) == pytest.approx(1, rel=1e-6)
    else:
        assert ces_output([left, 1e6], [share, 1 - share], sigma) < 1


def test_a_single_helper_has_to_do_more_than_all_together() -> None:
    alone = required_multiplier(0.5, 0.25, 0.8, helper_share=0.25)
    assert ces_output([0.5, alone, 1], [0.25, 0.25, 0.5], 0.8) == pytest.approx(1)
    assert alone > required_multiplier(0.5, 0.25, 0.8)


@given(shares, st.floats(0.05, 0.95), st.floats(0.01, 0.9))
def test_just_above_the_least_a_cut_can_be_made_up_for_and_just_below_it_cannot(
    share: float, sigma: float, part: float
) -> None:
    helpers = part * (1 - share)
    least = least_remaining(share, sigma, helpers)
    assert np.isinf(required_multiplier(least * 0.999, share, sigma, helpers))
    assert np.isfinite(required_multiplier(min(least * 1.001, 1.0), share, sigma, helpers))


@pytest.mark.extreme
def test_without_complements_every_cut_can_be_made_up_for_and_without_substitutes_none() -> None:
    assert least_remaining(0.25, [0, 1, 2, INF]).tolist() == [1, 0, 0, 0]


@pytest.mark.extreme
def test_a_layer_that_is_gone_can_be_bought_off_only_above_sigma_one() -> None:
    out = required_multiplier(0, 0.25, [0, 0.5, 1, 2, INF])
    np.testing.assert_allclose(out, [INF, INF, INF, (4 / 3) ** 2, 4 / 3])
    assert required_multiplier(1, 0.25, [0, 0.5, 1, 2, INF]).tolist() == [1, 1, 1, 1, 1]


@pytest.mark.sensitivity
@given(st.floats(0.2, 0.9), st.floats(0.1, 0.5), st.floats(0.3, 5), st.floats(0.8, 1.2))
def test_a_cut_hurts_more_where_layers_replace_each_other_less(
    left: float, share: float, sigma: float, error: float
) -> None:
    """The order along sigma holds whatever share is assumed, also one that is 20 % off."""
    here, easier = required_multiplier(left, share * error, [sigma, 1.5 * sigma])
    assert easier <= here


def test_two_monopolists_in_a_row_reach_the_published_result() -> None:
    """Spengler's case in the textbook form (Tirole 1988, ch. 4): demand 1 - p, no cost: prices 1/2 apart and 3/4."""
    joined, apart = chain_outcome(1, 1, 0), chain_outcome(2, 1, 0)
    assert (joined.price, joined.profit, apart.price, apart.profit) == (1 / 2, 1 / 4, 3 / 4, 3 / 16)


@pytest.mark.parametrize("owners", [1, 2, 3])
def test_the_chain_is_what_maximising_owners_do(owners: int) -> None:
    """Backward induction by a numerical search: each owner takes the next one's answer as given."""

    def quantity(cost_so_far: float, left: int) -> float:
        if left == 0:
            return 10 - cost_so_far
        best = minimize_scalar(
            lambda margin: -margin * quantity(cost_so_far + margin, left - 1), bounds=(0, 8), method="bounded"
        )
        return quantity(cost_so_far + best.x, left - 1)

    assert chain_outcome(owners, 10, 2).quantity == pytest.approx(quantity(2, owners), rel=1e-3)


@given(st.integers(1, 30), st.floats(1, 1e3), st.floats(0.1, 10))
def test_every_further_owner_costs_buyers_and_owners(owners: int, choke: float, slope: float) -> None:
    few, many = (chain_outcome(n, choke, choke / 3, slope) for n in (owners, owners + 1))
    assert many.price > few.price
    assert many.profit < few.profit
    assert many.consumer_surplus < few.consumer_surplus


@pytest.mark.extreme
def test_priced_at_cost_there_is_no_profit_and_an_endless_chain_sells_nothing() -> None:
    assert chain_outcome(0, 10, 2)[:3] == (2, 8, 0)
    assert chain_outcome(2000, 10, 2).quantity == 0


@given(st.floats(0.05, 20), st.floats(0.05, 0.95))
def test_layer_by_layer_each_side_is_content_where_it_starts(start: float, penalty: float) -> None:
    chip = best_chip(start)
    assert best_model(chip) == pytest.approx(start)
    here = design_value(chip, start, penalty)
    moves = np.array([0.5, 0.9, 0.99, 1.01, 1.1, 2])
    assert (design_value(chip, start * moves, penalty) <= here * (1 + 1e-9)).all()
    assert (design_value(np.minimum(chip * moves, 1), start, penalty) <= here * (1 + 1e-9)).all()


@pytest.mark.parametrize("penalty", [0.2, 0.5, 0.8])
def test_co_design_is_the_joint_optimum(penalty: float) -> None:
    def loss(z: list[float]) -> float:
        return -float(design_value(1 / (1 + np.exp(-z[0])), np.exp(z[1]), penalty))

    best, start = -minimize(loss, [0.1, 0.2], method="Nelder-Mead").fun, 1.7
    apart = design_value(best_chip(start), start, penalty)
    assert codesign_gain(start, penalty) == pytest.approx(best / apart, rel=1e-3)


@given(st.floats(0.01, 100), st.floats(0.01, 0.99))
def test_co_design_never_loses(start: float, penalty: float) -> None:
    assert codesign_gain(start, penalty) >= 1 - 1e-12


def test_layers_may_lie_along_any_axis_and_everything_broadcasts() -> None:
    draws = np.random.default_rng(0).uniform(0.1, 2, (4, 3, 5))
    expected = ces_output(np.moveaxis(draws, 0, -1), WEIGHTS, 0.7)
    np.testing.assert_allclose(ces_output(draws, WEIGHTS, 0.7, axis=0), expected)
    assert ces_output([0.5, 1, 1, 1], WEIGHTS, [[0], [1], [2]]).shape == (3, 1)
    each = np.broadcast_to(np.array(WEIGHTS)[:, None, None], (4, 1, 5))
    np.testing.assert_allclose(ces_output(draws, each, 0.7, axis=0), expected)
    assert output_elasticities([0.5, 1, 1, 1], WEIGHTS, [0, 1, 2]).shape == (3, 4)
    assert required_multiplier([[0.5], [0.9]], 0.25, [0.5, 1, 2]).shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ces_output([1, -1], [1, 1], 1), "inputs = -1 is out of range; allowed: 0 or more, finite"),
        (lambda: ces_output([1, 1], [1, 0], 1), "weights = 0 is out of range; allowed: above 0, finite"),
        (lambda: ces_output([1, 1], [1, 1], -0.5), "sigma = -0.5 is out of range"),
        (lambda: ces_output([1, 1], [1, 1], float("nan")), "sigma = nan is out of range"),
        (lambda: ces_output([1, 1], [1, 1], "free"), "sigma = 'free' is not a number"),
        (lambda: ces_output([1, 1, 1], [1, 1], 1), "shapes do not fit each other: inputs (3,), weights (2,)"),
        (lambda: ces_output(1, [1], 1), "shapes do not fit each other"),
        (lambda: marginal_products([0, 1], [1, 1], 1), "inputs = 0 is out of range; allowed: above 0"),
        (lambda: required_multiplier(1.1, 0.5, 1), "remaining = 1.1 is out of range"),
        (lambda: required_multiplier(0.5, 1, 1), "share = 1 is out of range; allowed: above 0, below 1"),
        (lambda: required_multiplier(0.5, 0.6, 1, 0.6), "share + helper_share = 1.2 is out of range"),
        (lambda: chain_outcome(1.5, 10, 1), "monopolists = 1.5 is out of range; allowed: whole numbers"),
        (lambda: chain_outcome(1, 10, 10), "unit_cost = 10 is out of range; allowed: below choke_price"),
        (lambda: design_value(1.2, 1, 0.5), "compute_share = 1.2 is out of range"),
        (lambda: codesign_gain(1, 1), "quality_elasticity = 1 is out of range"),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()  # type: ignore[operator]


def test_no_corner_raises_a_numpy_warning() -> None:
    corners = [0, 5e-324, 1e-300, 1e-17, 0.5, 1, 1 + 1e-16, 2, 1e300, INF]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sigma in corners:
            assert np.isfinite(ces_output([0, 1e-300, 1, 1e300], WEIGHTS, sigma))
            assert np.isfinite(output_elasticities([1e-300, 1, 1e300, 1], WEIGHTS, sigma)).all()
            assert 0 <= least_remaining(0.25, sigma) <= 1
            for left in (0, 1e-300, 0.5, 1):
                assert required_multiplier(left, 0.25, sigma) >= 1
