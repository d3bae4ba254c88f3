"""The three marked memos: their figures come from the scenario, their marks fit the rubric, their length the task."""

import re
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from aistack.assumptions import BASES, drawn
from aistack.race import STRATEGIES, simulate
from course import instructor
from course.data import load
from course.notebooks import read
from course.scenarios import backcast, race
from course.syllabus import lessons

NUMBER = re.compile(r"\d+(?:\.\d+)?")
LOW, MIDDLE, HIGH = range(3)


class Memo(NamedTuple):
    total: int
    words: str
    marks: dict[str, tuple[int, str]]


def _memo(total: str, text: str) -> Memo:
    rows = re.findall(r"^\| (\w[\w ]+) \| ([012]) \| (.+) \|$", text, re.MULTILINE)
    words = " ".join(re.findall(r"^> (.+)$", text, re.MULTILINE))
    return Memo(int(total), words, {row: (int(mark), because) for row, mark, because in rows})


PARTS = re.findall(r"^### (\w): (\d+) of 10$(.+?)(?=^##)", instructor.page("13").read_text("utf-8"), re.M | re.S)
MEMOS = {name: _memo(total, text) for name, total, text in PARTS}
each_memo = pytest.mark.parametrize("name", MEMOS)


@cache
def percentiles(strategy: str, measure: str, **assumed: float) -> list[float]:
    """What the Chinese firms have for 100 of the US firms, by the lesson's draws: 5th, 50th and 95th percentile."""
    scenario = race("full stack", strategy, draws=500) | {"assumptions": assumed}
    values = simulate(scenario, drawn(500, seed=1)).measure(measure)
    return np.percentile(100 * values[1] / values[0], [5, 50, 95]).tolist()  # type: ignore[no-any-return]


def middle(strategy: str, measure: str, **assumed: float) -> str:
    return f"{percentiles(strategy, measure, **assumed)[MIDDLE]:.1f}"


def figures(name: str) -> list[str]:
    """What a memo has to say, computed anew."""
    us, china = race()["actors"]
    if name == "A":
        low, mid, high = percentiles("greedy", "revenue")
        amazon = float(load("capex").set_index("capex_id")["usd_bn"]["amazon-capex-guidance-cy2026"])
        error = backcast().set_index(["quantity", "when"])["error"]
        market, index = error["world cloud market", "2025"], error["best model, China", "2025-12-01"]
        return [
            f"The middle draw is {mid:.1f}, 90 % of draws from {low:.1f} to {high:.1f}.",
            f"first gives {middle('chips', 'revenue')}, in a bad draw {percentiles('chips', 'revenue')[LOW]:.1f}.",
            f"about {380 / 3 / 7.119:.0f} billion dollars a year; Amazon's guidance for 2026 is {amazon:.0f} ",
            f"{-market:.0f} % too low for the cloud market of 2025 and {-index:.0f} points too low",
            f"{middle('open full stack', 'users')} for 100, against {middle('greedy', 'users')}.",
            f"{middle('open full stack', 'revenue')} in the middle draw, because "
            f"{100 * BASES['open_discount'].value:.0f} % of income",
            f"show 5 % or less, opening gives {middle('open full stack', 'revenue', open_discount=0.05)},",
        ]
    if name == "B":
        low, mid, high = percentiles("open full stack", "users")
        return [
            f"brings {mid:.1f} users for every 100 of the US firms",
            f"closed full stack brings {middle('full stack', 'users')}, ",
            f"without the rest only {middle('open models', 'users')}.",
            f"between {low:.1f} and {high:.1f},",
            f"invest {us['budget_usd_bn']:.0f} billion dollars a year and we invest {china['budget_usd_bn']:.0f};",
            f"{100 * us['market_share']:.0f} % of the market and we hold {100 * china['market_share']:.0f} %.",
            f"only {middle('chips', 'users')} users",
        ]
    return [
        f"{middle('chips', 'resilience')} for every 100",
        f"only {china['budget_usd_bn']:.0f} billion dollars against their {us['budget_usd_bn']:.0f}.",
        f"will reach {middle('chips', 'services')},",
        f"put {100 * BASES['focus'].value:.0f} % of the budget into chips",
    ]


@each_memo
def test_the_figures_of_a_memo_are_those_of_the_scenario_and_it_has_no_others(name: str) -> None:
    said = figures(name)
    assert [part for part in said if part not in MEMOS[name].words] == []
    free = {"2019", "2025", "2026", "2035", "90", "100", "18", "20"}  # years, parts of a hundred, the rule of memo A
    assert set(NUMBER.findall(MEMOS[name].words)) <= free.union(*map(NUMBER.findall, said))


@each_memo
def test_the_marks_of_a_memo_add_up_and_follow_the_rubric(name: str) -> None:
    memo = MEMOS[name]
    lesson = next(lesson for lesson in lessons() if lesson.number == "13")
    rubric = next(cell["source"] for cell in read(lesson.path)["cells"] if cell["id"] == "13-memo")
    assert list(memo.marks) == re.findall(r"^\| \*\*(.+?)\*\* \|", rubric, re.MULTILINE)
    assert sum(mark for mark, _ in memo.marks.values()) == memo.total
    assert 150 <= len(memo.words.split()) <= 220


def test_one_memo_is_strong_one_middling_and_one_weak() -> None:
    strong, middling, weak = (memo.total for memo in MEMOS.values())
    assert strong >= 9
    assert 4 <= middling <= 6
    assert weak <= 2


def test_the_reasons_for_the_marks_are_true_of_the_scenario() -> None:
    users = {name: percentiles(name, "users")[MIDDLE] for name in STRATEGIES}
    assert max(users, key=lambda name: users[name]) == "open full stack"  # B: more than any other
    assert sum(value > users["chips"] for value in users.values()) > len(users) / 2  # B: less than most
    assert f"its {middle('open full stack', 'revenue')} in revenue" in MEMOS["B"].marks["Evidence"][1]
    assert percentiles("open full stack", "revenue")[MIDDLE] < percentiles("full stack", "revenue")[MIDDLE]
    assert [middle(name, "resilience") for name in STRATEGIES].count("100.0") == 8
    assert "in eight of nine rows" in MEMOS["C"].marks["Evidence"][1]
