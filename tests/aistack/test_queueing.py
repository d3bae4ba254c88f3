"""Erlang's formulas against textbooks and against each other, and what must hold for any load."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack import queueing
from aistack.queueing import erlang_b, erlang_c, mean_wait_seconds, servers_for_wait, wait_percentile_seconds

LOADS = st.floats(0.01, 200)
SERVERS = st.integers(1, 220)
PROMISES = st.sampled_from([(0.0, 50.0), (0.1, 90.0), (0.5, 95.0), (1.0, 99.0)])


def by_factorials(load: float, servers: int) -> float:
    """Erlang C as books print it, in logarithms."""
    logs = [k * math.log(load) - math.lgamma(k + 1) for k in range(servers + 1)]
    last = math.exp(logs[-1]) * servers / (servers - load)
    return last / (sum(map(math.exp, logs[:-1])) + last)


@pytest.mark.parametrize(("load", "servers", "wait"), [(0.5, 1, 0.5), (1.6, 2, 0.7111), (8, 10, 0.4092), (2, 3, 4 / 9)])
def test_erlang_c_of_the_textbooks(load: float, servers: int, wait: float) -> None:
    assert erlang_c(load, servers) == pytest.approx(wait, abs=5e-5)


@given(LOADS, SERVERS)
def test_erlang_c_is_the_printed_formula(load: float, servers: int) -> None:
    if load < servers * 0.999:
        assert erlang_c(load, servers) == pytest.approx(by_factorials(load, servers), rel=1e-8, abs=1e-300)


@given(LOADS, SERVERS)
def test_probabilities_lie_between_0_and_1_and_waiting_is_likelier_than_being_turned_away(load: float, n: int) -> None:
    assert 0 <= erlang_b(load, n) <= erlang_c(load, n) <= 1


@given(LOADS, SERVERS, st.floats(1.001, 2))
def test_more_load_waits_longer_and_more_servers_wait_less(load: float, servers: int, growth: float) -> None:
    assert erlang_c(load, servers) <= erlang_c(load * growth, servers)
    assert erlang_c(load, servers + 1) <= erlang_c(load, servers)


@given(LOADS, SERVERS)
def test_erlang_b_obeys_its_recursion(load: float, servers: int) -> None:
    before = erlang_b(load, servers - 1)
    assert erlang_b(load, servers) == pytest.approx(load * before / (servers + load * before))


def test_one_server_is_the_textbook_queue() -> None:
    """M/M/1 waits rho / (1 - rho) services, M/D/1 half of that."""
    assert mean_wait_seconds(0.8, 1, 3) == pytest.approx(3 * 0.8 / 0.2)
    assert mean_wait_seconds(0.8, 1, 3, service_scv=0) == pytest.approx(3 * 0.8 / 0.2 / 2)


@given(LOADS, st.floats(0.01, 100), PROMISES)
def test_the_servers_found_keep_the_promise_and_one_fewer_does_not(
    load: float, service: float, promise: tuple[float, float]
) -> None:
    wait, percentile = promise[0] * service, promise[1]
    count = servers_for_wait(load, service, wait, percentile)
    assert wait_percentile_seconds(load, count, service, percentile) <= wait * (1 + 1e-9)
    if count - 1 > load:
        assert wait_percentile_seconds(load, count - 1, service, percentile) > wait * (1 - 1e-9)


def test_arrays_broadcast_as_single_calls_do() -> None:
    loads, servers = np.array([[0.5], [3.0], [7.0]]), np.array([1, 8, 12])
    table = erlang_c(loads, servers)
    assert table.shape == (3, 3)
    assert table[1, 2] == pytest.approx(float(erlang_c(3, 12)))
    assert servers_for_wait(loads, 1, 0.5, [90, 95]).shape == (3, 2)


@given(st.floats(10, 150), st.integers(2, 20), PROMISES)
def test_one_pool_never_needs_more_than_many(load: float, fleets: int, promise: tuple[float, float]) -> None:
    both = queueing.pooling(load, fleets, 1, *promise)
    assert both.pooled <= both.separate
    assert 0 <= both.saved_share < 1


def test_the_square_root_rule_meets_the_wait_it_promises() -> None:
    """Halfin and Whitt's limit nears Erlang C from below, four points off at 10 erlangs and half a point at 1,000."""
    for load in (10, 100, 1000):
        for safety in (0.5, 1.0, 2.0):
            servers = round(float(queueing.square_root_staffing(load, safety)))
            exact = erlang_c(load, servers)
            limit = queueing.wait_probability_limit((servers - load) / math.sqrt(load))
            assert 0 < float(exact) - float(limit) < 0.15 / math.sqrt(load)


@pytest.mark.extreme
def test_no_demand_needs_nothing_and_waits_for_nothing() -> None:
    assert erlang_c(0, 3) == 0
    assert servers_for_wait(0, 1, 0, 99) == 0
    assert queueing.active_models(1000, 0, 10) == 0
    assert queueing.pooled_accelerators_estimate(1000, 0, 10) == 0


@pytest.mark.extreme
def test_overload_makes_everybody_wait() -> None:
    assert erlang_c([5, 50], 5).tolist() == [1, 1]
    with pytest.raises(ValueError, match="load_erlangs = 5 is out of range; allowed: below servers = 5"):
        mean_wait_seconds(5, 5, 1)


@pytest.mark.extreme
def test_total_failure_and_perfect_units() -> None:
    assert queueing.availability(3, 2, 0) == 0
    assert queueing.availability(3, 2, 1) == 1
    assert queueing.availability(3, 0, 0.9) == pytest.approx(0.9**3)


@pytest.mark.extreme
def test_demand_without_pause_needs_a_chip_for_each_model() -> None:
    assert queueing.active_models(50, 1e9, 10) == pytest.approx(50)
    assert queueing.pooled_accelerators_estimate(50, 1e9, 10) == pytest.approx(50)


@given(st.integers(1, 50), st.integers(0, 10), st.floats(0, 1))
def test_spares_never_hurt(needed: int, spares: int, works: float) -> None:
    assert queueing.availability(needed, spares + 1, works) >= queueing.availability(needed, spares, works) - 1e-12


@given(st.floats(0, 10), st.floats(0, 1000), st.floats(0, 1000))
def test_the_backlog_is_the_area_between_two_ramps(ramp: float, lag: float, duration: float) -> None:
    seconds = np.linspace(0, lag + duration, 4001)
    demand, supply = np.minimum(seconds, duration) * ramp, np.clip(seconds - lag, 0, duration) * ramp
    area = np.trapezoid(demand - supply, seconds)
    assert queueing.autoscaling_backlog_server_seconds(ramp, lag, duration) == pytest.approx(area, rel=1e-2, abs=1e-6)
    most = queueing.autoscaling_shortfall_servers(ramp, lag, duration)
    assert most == pytest.approx((demand - supply).max(), rel=1e-2, abs=1e-6)


@pytest.mark.behaviour
def test_sparse_demand_lets_few_chips_serve_many_models() -> None:
    """Alibaba's report of 213 chips instead of 1,192 is inside what demand of 5 to 30 % per model allows."""
    chips, reported = 1192, 213
    busy = np.array([0.05, 0.30])
    bound = queueing.pooled_accelerators_bound(chips, -np.log1p(-busy), 1)
    assert bound[0] < reported < bound[1]


@pytest.mark.sensitivity
@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_a_large_fleet_idles_less_whatever_the_error_in_load(factor: float) -> None:
    small, large = servers_for_wait(np.array([10, 1000]) * factor, 1, 0.5, 95) / (np.array([10, 1000]) * factor)
    assert large < small


def test_ten_thousand_draws_are_fast() -> None:
    loads = np.random.default_rng(1).uniform(1, 30, 10_000)
    erlang_c(loads, 32)
    start = time.perf_counter()
    erlang_c(loads, 32)
    assert time.perf_counter() - start < 0.05  # some 3 ms on one idle core


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: erlang_b(-1, 3), "load_erlangs = -1 is out of range"),
        (lambda: erlang_c(1, 2.5), "servers = 2.5 is not a whole number"),
        (lambda: erlang_c(1, 0), "servers = 0 is out of range"),
        (lambda: wait_percentile_seconds(1, 2, 1, 100), "100 - percentile = 0 is out of range"),
        (lambda: queueing.availability(3, 1, 1.1), "unit_availability = 1.1 is out of range"),
        (lambda: queueing.pooled_accelerators_estimate(3, 1, 1, switching_share=1), "1 - switching_share = 0"),
        (lambda: queueing.stage_server_ratio(1, 0), "second_seconds = 0 is out of range"),
        (lambda: erlang_c([1, 2], [1, 2, 3]), "shapes do not fit each other"),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]
