"""The explorers of lessons 10 and 11: what they say and draw, computed again from the models."""

import random

import numpy as np
import pytest

from aistack import flywheel, returns
from course.charts import number
from course.explorers import every
from course.explorers import flywheel as wheels
from course.explorers import returns as policies


def some_states(explorer, count=120):
    draw = random.Random(0)
    made = [{name: draw.choice(lever.values()) for name, lever in explorer.levers.items()} for _ in range(count)]
    return [*explorer.presets.values(), *made]


def test_a_policy_costs_what_the_model_says():
    explorer = every()["review_policy"]()
    for state in some_states(explorer):
        explorer.set(**state)
        right, spread = state["accuracy"] / 100, policies.CONCENTRATION[state["knows"]]
        slip, below = state["reviewer_error"] / 100, state["threshold"] / 100
        cost = float(returns.cost_per_case(below, right, spread, state["error_cost"], 1, slip))
        other = float(returns.cost_per_case(0, 0.95, spread, state["error_cost"], 1, slip))
        table = dict(explorer.table())
        assert table["Cost of a case, this policy"] == f"{number(cost)} looks"
        assert table["Model right in 95, nobody looks"] == f"{number(other)} looks"
        by_hand = 1 + slip * state["error_cost"]
        assert ("never pays" in explorer.sentence) is (cost >= by_hand), state
        (x,), (y,) = explorer.chart.artists["here"].get_data()
        assert (x, y) == pytest.approx((state["threshold"], cost))


def test_the_cheapest_step_is_the_one_next_to_chows_rule():
    for state in some_states(every()["review_policy"]()):
        policy = policies.decide(**state)
        # the cost falls up to Chow's threshold and rises after it, so the best step is one of its two neighbours
        assert abs(policy.best - 100 * policy.chow) <= 5


def test_a_weaker_model_with_checks_beats_a_better_one_without():
    explorer = every()["review_policy"]()
    explorer.preset("The same law tool, checked below 95 %")
    assert "times more than this policy" in explorer.sentence
    explorer.preset("Law tool right in 83 of 100 (Lexis), nobody checks")
    assert "times less than this policy" in explorer.sentence


def test_a_flywheel_says_where_it_tips_and_ends():
    explorer = every()["flywheel"]()
    for state in some_states(explorer, 60):
        explorer.set(**state)
        wheel = wheels.wheel_of(*(state[name] for name in ("rival", "exponent", "sensitivity", "harmful")))
        per_user = wheel.useful_records_per_user / wheel.decay
        path = flywheel.spin(
            wheel, state["start"], per_user * state["start"], wheels.YEARS, state["delay"],
            steps_per_year=wheels.STEPS_PER_YEAR,
        )  # fmt: skip
        assert explorer.chart.artists["path"].get_ydata() == pytest.approx(np.clip(path.users, *wheels.USERS))
        stable = [each.users for each in flywheel.steady_states(wheel) if each.stable]
        assert ("nothing lasts but 0" in explorer.sentence) is (max(stable) == 0)
        gain = float(flywheel.loop_gain(wheel, per_user * state["start"]))
        assert explorer.chart.artists["right title"].get_text() == f"1 % more data bring {number(gain)} %"


def test_more_misleading_feedback_never_helps():
    start = dict(every()["flywheel"]().start)
    ends = [wheels.run(**{**start, "harmful": harmful}).end for harmful in wheels.HARMFUL]
    assert ends == sorted(ends, reverse=True)
    assert ends[0] > 2 * ends[-1]
