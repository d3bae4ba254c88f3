"""The flywheel: its gain, its steady states, and that a run ends where they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack.flywheel import Flywheel, loop_gain, quality, spin, steady_states, user_share, value_ratio_break_even

TIPPING = Flywheel(1e6, 1e5, 0.9, 0.4, 4, 1, 0.5)
CALM = Flywheel(1e6, 1e5, 0.3, 0.4, 2, 1, 0.5)


@given(st.floats(1, 1e9))
def test_the_gain_is_the_slope_of_the_loop_in_logarithms(data: float) -> None:
    step = 1e-4
    shares = [user_share(quality(data * factor, 1e5, 0.9), 0.4, 4) for factor in (np.exp(-step), np.exp(step))]
    assert loop_gain(TIPPING, data) == pytest.approx(np.log(shares[1] / shares[0]) / (2 * step), rel=1e-3, abs=1e-6)


def test_a_wheel_below_one_has_one_size_and_no_tipping_point() -> None:
    states = [state for state in steady_states(CALM) if state.data > 0]
    assert [state.stable for state in states] == [True]
    assert loop_gain(CALM, states[0].data) < 1


def test_a_tipping_point_divides_those_who_grow_from_those_who_shrink() -> None:
    _, tipping, top = steady_states(TIPPING)
    assert (tipping.stable, top.stable) == (False, True)
    assert loop_gain(TIPPING, tipping.data) > 1 > loop_gain(TIPPING, top.data)
    near = np.array([0.9, 1.1])
    path = spin(TIPPING, tipping.users * near, tipping.data * near, years=40)
    assert path.data[-1, 0] < tipping.data / 2
    assert path.data[-1, 1] == pytest.approx(top.data, rel=0.05)


def test_feedback_that_comes_late_delays_the_lead() -> None:
    _, tipping, top = steady_states(TIPPING)
    times = []
    for delay in (0, 2):
        path = spin(TIPPING, 3 * tipping.users, 3 * tipping.data, years=40, feedback_delay_years=delay)
        times.append(path.years[np.argmax(path.data > 0.9 * top.data)])
    assert 0 < times[0] < times[1]


@pytest.mark.extreme
def test_harmful_feedback_stops_the_wheel() -> None:
    poisoned = Flywheel(1e6, 1e5, 0.9, 0.4, 4, 1, 0.5, harmful_share=0.5)
    assert steady_states(poisoned) == ((0.0, 0.0, True),)
    assert spin(poisoned, 5e5, 1e6, years=40).users[-1] < 100


@pytest.mark.extreme
def test_nothing_comes_of_nothing_and_no_quality_is_above_the_ceiling() -> None:
    assert quality(0, 1, 0.5) == 0
    assert quality(1e300, 1, 0.5, ceiling=0.8) == pytest.approx(0.8)
    path = spin(CALM, 0, 0, years=3)
    assert path.data[-1] == 0


@pytest.mark.sensitivity
def test_the_tipping_point_stays_one_when_inputs_are_a_fifth_off() -> None:
    for market, half, rival in np.ndindex(2, 2, 2):
        wheel = Flywheel(
            1e6 * (0.8 + 0.4 * market), 1e5 * (0.8 + 0.4 * half), 0.9, 0.4 * (0.8 + 0.4 * rival), 4, 1, 0.5
        )
        assert [state.stable for state in steady_states(wheel)] == [True, False, True]


def test_small_data_follow_the_power_law() -> None:
    assert quality(2e-6, 1, 0.5) / quality(1e-6, 1, 0.5) == pytest.approx(2**0.5, rel=1e-3)


def test_the_many_need_less_value_each_than_their_number_says() -> None:
    assert value_ratio_break_even(10, 1, 0) == pytest.approx(10)
    assert value_ratio_break_even(10, 1, 0.3) > 10


def test_runs_in_parallel_are_the_runs_one_by_one() -> None:
    both = spin(CALM, [1e4, 1e5], 1e4, years=2)
    alone = spin(CALM, 1e5, 1e4, years=2)
    assert np.allclose(both.users[:, 1], alone.users)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: Flywheel(0, 1, 0.5, 1, 1, 1, 1), "market = 0"),
        (lambda: Flywheel(1, 1, 1.5, 1, 1, 1, 1), "exponent = 1.5"),
        (lambda: quality(-1, 1, 0.5), "data = -1"),
        (lambda: spin(CALM, 2e6, 0, years=1), "users = 2e"),
        (lambda: spin(CALM, 1, 0, years=1, switching_years=0.01, steps_per_year=12), "steps_per_year = 12"),
        (lambda: value_ratio_break_even(0, 1, 0.3), "users_many = 0"),
    ],
)
def test_bad_input_is_named(call, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        call()
