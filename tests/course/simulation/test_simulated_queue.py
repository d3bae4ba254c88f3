"""The simulated queue beside the formulas: they agree where both hold, and bursts show by how much they do not."""

import numpy as np
import pytest

from aistack.queueing import erlang_c, mean_wait_seconds, wait_percentile_seconds
from course.simulation.queue import simulate_queue

JOBS = 30_000


@pytest.mark.parametrize(("load", "servers"), [(0.7, 1), (8, 10), (27, 30)])
def test_the_formula_is_inside_the_simulation_s_own_interval(load: float, servers: int) -> None:
    run = simulate_queue(load, servers, service_seconds=2, jobs=JOBS, seed=11)
    low, high = run.mean_wait_interval()
    assert low < mean_wait_seconds(load, servers, 2) < high
    low, high = run.waiting_share_interval()
    assert low < erlang_c(load, servers) < high
    assert run.percentile_seconds(95) == pytest.approx(wait_percentile_seconds(load, servers, 2, 95), rel=0.25)


@pytest.mark.behaviour
@pytest.mark.parametrize(
    ("arrivals", "lengths", "factor"), [(1, 4, 1.3), (1, 0, 1.3), (4, 1, 2.5), (0, 1, 2.5), (0.5, 0.5, 2.5)]
)
def test_the_approximation_for_irregular_streams_is_off_by_less_than_claimed(
    arrivals: float, lengths: float, factor: float
) -> None:
    """Within 1.3 for irregular lengths; clockwork arrivals wait less than half of what it says, bursts a third more."""
    run = simulate_queue(17, 20, 1, JOBS * 2, seed=5, arrival_scv=arrivals, service_scv=lengths)
    ratio = mean_wait_seconds(17, 20, 1, arrivals, lengths) / run.mean_wait_seconds
    assert 1 / factor < ratio < factor


@pytest.mark.behaviour
def test_bursts_wait_longer_than_erlang_says() -> None:
    run = simulate_queue(8, 10, 1, JOBS, seed=3, arrival_scv=8)
    assert run.mean_wait_interval()[0] > 2 * mean_wait_seconds(8, 10, 1)


def test_clockwork_never_waits() -> None:
    assert simulate_queue(0.9, 1, 1, 1000, seed=1, arrival_scv=0, service_scv=0).waits_seconds.max() == 0


def test_the_same_seed_gives_the_same_run_and_another_does_not() -> None:
    one, again, other = (simulate_queue(3, 4, 1, 500, seed).waits_seconds for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_progress_is_told_and_ends_at_1() -> None:
    told: list[float] = []
    simulate_queue(3, 4, 1, 500, 1, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    assert 90 < len(told) < 110


def test_overload_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="servers - load_erlangs = 0 is out of range"):
        simulate_queue(4, 4, 1, 500, 1)
    with pytest.raises(ValueError, match="jobs"):
        simulate_queue(3, 4, 1, 10, 1)
