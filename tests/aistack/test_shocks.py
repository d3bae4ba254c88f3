"""Supply shocks: a closed form, limits, what a second source and a stock must do, and what is refused."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack.shocks import Node, efficient, expected_shortfall, monthly_output, output_lost

DRAWS = 20_000


def chain(probability: float = 0.2, months: float = 6, **cloud: object) -> list[Node]:
    return [Node("fab", probability, months), Node("cloud", needs={"chips": {"fab": 1.0}}, **cloud)]  # type: ignore[arg-type]


def two_sources(spare: float) -> list[Node]:
    makers = [Node("A", 0.2, 6), Node("B", 0.2, 6)]
    return [*makers, Node("cloud", needs={"chips": {"A": 0.5, "B": 0.5}}, spare=spare)]


def test_the_chance_to_be_down_is_the_closed_form() -> None:
    """A node is wholly down in month t unless every outage that began by then is over: a product of chances."""
    probability, months, horizon = 0.3, 4.0, 24
    monthly = 1 - (1 - probability) ** (1 / 12)
    down = (monthly_output([Node("fab", probability, months)], 2, DRAWS, seed=3)["fab"] == 0).mean(axis=0)
    age = np.arange(1, horizon + 1)  # months from the start of an outage to the end of month t
    expected = 1 - np.cumprod(1 - monthly * np.exp(-age / months))
    np.testing.assert_allclose(down, expected, atol=4 * np.sqrt(0.1 / DRAWS))


@pytest.mark.extreme
def test_what_never_fails_loses_nothing_and_what_always_fails_loses_all() -> None:
    assert output_lost(chain(probability=0), "cloud", 5, 100, seed=0).max() == 0
    assert output_lost(chain(probability=1, months=1e9), "cloud", 5, 100, seed=0).min() > 0.999
    assert output_lost(chain(probability=1, months=1e9, stock_months=60), "cloud", 5, 100, seed=0).max() < 1e-9


def test_a_node_makes_what_its_scarcest_need_allows() -> None:
    nodes = [
        Node("fab", 0.3, 6),
        Node("grid", 0.3, 2),
        Node("cloud", needs={"chips": {"fab": 1}, "power": {"grid": 1}}),
    ]
    out = monthly_output(nodes, 3, 500, seed=5)
    np.testing.assert_array_equal(out["cloud"], np.minimum(out["fab"], out["grid"]))


def test_a_second_source_that_can_step_up_helps_and_one_that_cannot_only_spreads_the_loss() -> None:
    single = output_lost(chain(), "cloud", 5, DRAWS, seed=1)
    spread, ready = (output_lost(two_sources(spare), "cloud", 5, DRAWS, seed=1) for spare in (0.0, 1.0))
    assert spread.mean() == pytest.approx(single.mean(), rel=0.05)
    assert expected_shortfall(spread, 0.05) < expected_shortfall(single, 0.05)
    assert ready.mean() < single.mean() / 3


@given(st.floats(0, 1), st.floats(0.1, 24), st.floats(0, 12), st.floats(0, 12))
def test_more_stock_never_hurts(probability: float, months: float, stock: float, more: float) -> None:
    little, much = (
        output_lost(chain(probability, months, stock_months=amount), "cloud", 3, 50, seed=2)
        for amount in (stock, stock + more)
    )
    assert (much <= little + 1e-12).all()


@pytest.mark.sensitivity
def test_the_order_of_measures_survives_errors_of_a_fifth() -> None:
    for error in (0.8, 1.0, 1.2):
        plain = output_lost(chain(0.2 * error, 6 * error), "cloud", 5, 4000, seed=4).mean()
        stocked = output_lost(chain(0.2 * error, 6 * error, stock_months=3), "cloud", 5, 4000, seed=4).mean()
        makers = [Node("A", 0.2 * error, 6 * error), Node("B", 0.2 * error, 6 * error)]
        second = Node("cloud", needs={"chips": {"A": 0.5, "B": 0.5}}, spare=1.0)
        assert output_lost([*makers, second], "cloud", 5, 4000, seed=4).mean() < stocked < plain


def test_a_seed_replays_exactly_and_a_change_to_one_node_leaves_the_others() -> None:
    first, again = (monthly_output(chain(), 3, 50, seed=9) for _ in range(2))
    changed = monthly_output([*chain(), Node("grid", 0.5, 3)], 3, 50, seed=9)
    other = monthly_output(chain(), 3, 50, seed=10)
    np.testing.assert_array_equal(first["cloud"], again["cloud"])
    np.testing.assert_array_equal(first["fab"], changed["fab"])
    assert (first["fab"] != other["fab"]).any()


def test_the_shortfall_is_the_mean_of_the_worst() -> None:
    losses = np.random.default_rng(0).uniform(0, 1, 100_000)
    assert expected_shortfall(losses, 0.1) == pytest.approx(0.95, abs=0.01)
    assert expected_shortfall(losses, 1) == pytest.approx(losses.mean())


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12))
def test_nothing_beats_the_frontier_and_everything_else_is_beaten(options: list[tuple[int, int]]) -> None:
    cost, loss = np.array(options).T
    kept = efficient(cost, loss)
    for i in range(len(options)):
        beaten = any(
            cost[j] <= cost[i] and loss[j] <= loss[i] and options[i] != options[j] for j in range(len(options))
        )
        assert kept[i] != beaten


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Node("fab", 1.5), "yearly_probability of fab = 1.5 is out of range; allowed: 0 or more, at most 1"),
        (lambda: Node("fab", 0.1, 0), "months_out of fab = 0 is out of range"),
        (lambda: Node("x", needs={"chips": {"A": 0.5}}), "shares of 'chips' in x add up to 0.5; allowed: 1"),
        (lambda: output_lost(chain(), "app", 1, 1, 0), "target = 'app' is no node; allowed: fab, cloud"),
        (lambda: monthly_output(chain()[1:], 1, 1, 0), "suppliers ['fab'] are no nodes; allowed: cloud"),
        (
            lambda: monthly_output([Node("a", needs={"b": {"b": 1}}), Node("b", needs={"a": {"a": 1}})], 1, 1, 0),
            "nodes supply each other in a circle: ",
        ),
        (lambda: monthly_output(chain(), 0, 1, 0), "years = 0 is out of range"),
        (lambda: monthly_output(chain(), 1, 1.5, 0), "draws = 1.5 is out of range; allowed: whole numbers"),  # type: ignore[arg-type]
        (lambda: expected_shortfall([0.1, 0.2], 0.01), "tail = 0.01 holds none of 2 draws"),
        (lambda: efficient([1, 2], [1]), "shapes do not fit each other: costs (2,), losses (1,)"),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()  # type: ignore[operator]
