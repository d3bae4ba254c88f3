"""The explorer of lesson 05 says and draws what the models say, and its charts what is in the tables."""

import random

import pytest

from aistack import queueing
from course.data import load
from course.explorers.queueing import FLEETS, staff, staffing
from course.figures import queueing as figures


def test_staffing_says_and_draws_what_the_model_says() -> None:
    explorer = staffing()
    draw = random.Random(0)
    for _ in range(40):
        state = {name: draw.choice(lever.values()) for name, lever in explorer.levers.items()}
        explorer.set(**state)
        groups, promise = state["together"], (1, state["wait"], state["percentile"])
        pooled = groups * queueing.servers_for_wait(state["load"] / groups, *promise)
        each = groups * queueing.servers_for_wait(state["load"] / groups / state["fleets"], *promise)
        table = dict(explorer.table())
        assert table["Servers, one fleet"] == f"{pooled:,.0f}"
        assert table[f"Servers, {state['fleets']} fleets"] == f"{state['fleets'] * each:,.0f}"
        (x,), (y,) = explorer.chart.artists["load pooled"].get_data()
        assert (x, y) == pytest.approx((state["load"], 100 * state["load"] / pooled))
        assert ("Split into" in explorer.sentence) == (state["fleets"] > 1)


def test_the_saving_that_is_shown_reaches_a_tenth_where_the_true_one_does() -> None:
    explorer = staffing()
    explorer.set(load=227, wait=0.5, percentile=95, together=1)
    for fleets in FLEETS:
        explorer.set(fleets=fleets)
        shown = dict(explorer.table())["Saved by pooling"]
        assert (float(shown.removesuffix(" %")) >= 10) == (staff(227, fleets, 0.5, 95, 1).saved >= 0.1), (fleets, shown)


@pytest.mark.extreme
def test_one_fleet_saves_nothing_by_pooling() -> None:
    assert staff(100, 1, 0.5, 95, 1).saved == 0


@pytest.mark.behaviour
def test_requests_that_come_together_need_more_servers_and_make_pooling_worth_more() -> None:
    alone, bunched = staff(100, 4, 0.5, 95, 1), staff(100, 4, 0.5, 95, 8)
    assert bunched.pooled > alone.pooled
    assert bunched.saved > alone.saved


def test_charts_state_what_they_show() -> None:
    assert "9 with 1" in figures.waits([1, 10, 100]).caption
    assert "70 % at 10" in figures.spare_share(0, 95).caption
    caption = figures.cloud_sizes(load("cloud_revenue"), "2026-03-31").caption
    assert "Alibaba Cloud 6.0" in caption
    assert "Microsoft" in caption
    picture = figures.bursts([1, 2], [(0.3, 0.2, 0.4), (0.5, 0.4, 0.6)], {"Erlang": [0.3, 0.3]})
    assert "1: 0.30; 2: 0.50" in picture.caption
