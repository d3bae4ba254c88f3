"""Lesson 05: why do big clouds stay up for less?"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from math import comb, sqrt
from typing import Any

import numpy as np

from aistack.queueing import autoscaling_shortfall_servers, availability, erlang_b, erlang_c, square_root_staffing
from course.data import load
from course.explorers.queueing import FLEETS, staff
from course.questions.families import Between, Choosing, LeavingOut
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario, told_apart


def _service(draw: random.Random) -> Numbers:
    return {"requests_a_minute": float(draw.randint(20, 600)), "seconds_each": float(draw.randint(2, 45))}


def _load(numbers: Numbers) -> Question:
    a_minute, seconds = numbers["requests_a_minute"], numbers["seconds_each"]
    work = a_minute / 60 * seconds
    return Question(
        id="05-q1",
        asks="Compute the load of a service in busy servers",
        objective=1,
        answer_name="work",
        reference=work,
        alternatives=(np.float64(a_minute * seconds / 60),),
        misconceptions=(
            Misconception(
                "minutes and seconds",
                a_minute * seconds,
                "Arrivals are given for a minute and lengths in seconds. Bring both to the same unit first.",
            ),
            Misconception(
                "arrivals a second",
                a_minute / 60,
                "Those are the arrivals a second. Each of them keeps a server busy for a while.",
            ),
            Misconception(
                "divided",
                a_minute / seconds,
                "You divided. The longer a request takes, the more servers are busy: multiply.",
            ),
            Misconception(
                "upside down",
                60 / a_minute * seconds,
                "You used the time between two requests. How many come in a second?",
            ),
        ),
        hints=("How many requests come in one second?", "Load is arrivals a second times the seconds that each takes."),
        praise="That many servers would be busy if none ever idled. From here every promise starts.",
        section="Erlang's formula",
        scenario=Scenario(numbers, told_apart(_service, _load), _load),
    )


LOAD = _load({"requests_a_minute": 54.0, "seconds_each": 20.0})


def _fewest(load: float, share: float, waits: Callable[[float, int], float]) -> int:
    """Fewest servers above the load with which `waits` is no larger than the share."""
    servers = int(load) + 1
    while waits(load, servers) > share:
        servers += 1
    return servers


def _promised(load: float, share: float) -> int:
    return _fewest(load, share, lambda a, c: float(erlang_c(a, c)))


def _promised_by_hand(load: float, share: float) -> Any:
    """Go up one server at a time, with the lesson's recursion in step."""
    turned_away, servers = 1.0, 0
    while True:
        servers += 1
        turned_away = load * turned_away / (servers + load * turned_away)
        if servers > load and turned_away / (1 - load / servers * (1 - turned_away)) <= share:
            return np.int64(servers)


def _promised_inputs(draw: random.Random) -> Inputs:
    """Small and large loads, strict and lax promises, and none on an edge."""
    return [
        [load + draw.uniform(0.1, 0.9), share]
        for load, share in (
            (draw.randint(2, 4), draw.uniform(0.15, 0.3)),
            (draw.randint(8, 15), draw.uniform(0.03, 0.08)),
            (draw.randint(30, 50), draw.uniform(0.1, 0.2)),
            (draw.randint(70, 90), draw.uniform(0.02, 0.04)),
        )
    ]


PROMISE = Question(
    id="05-q2",
    asks="Find the fewest servers that keep a promise on waiting",
    objective=1,
    answer_name="servers_for",
    reference=_promised,
    alternatives=(_promised_by_hand,),
    make_inputs=_promised_inputs,
    tolerance=1e-6,
    points=2,
    misconceptions=(
        Misconception(
            "the last that breaks it",
            lambda a, s: _promised(a, s) - 1,
            "One short: with that many servers more than the promised share still waits.",
        ),
        Misconception(
            "just above the load",
            lambda a, s: int(a) + 1,
            "That many do all the work, and nearly everybody waits. Go on adding servers until the promise holds.",
        ),
        Misconception(
            "idle share for waiting share",
            lambda a, s: math.ceil(a / (1 - s)),
            "You made the servers idle that share of the time. The share of requests that wait is another number.",
        ),
        Misconception(
            "one server's formula",
            lambda a, s: math.ceil(a / s),
            "You let the waiting share be the busy share. That holds for a single server only.",
        ),
        Misconception(
            "turned away for waiting",
            lambda a, s: _fewest(a, s, lambda load, servers: float(erlang_b(load, servers))),
            "You count those who would be turned away, B. Those who wait are more: C, which `erlang_c` gives.",
        ),
    ),
    hints=(
        "Start with the first whole number above the load and ask `erlang_c` how many wait.",
        "While that share is larger than promised, add a server: a `while` loop of one line.",
    ),
    praise="A promise, turned into a number of servers: that is what a cloud buys machines by.",
    section="Erlang's formula",
)

_SMALL, _SMALL_SERVERS, _LARGE = 100, 118, 3600
_BETA = (_SMALL_SERVERS - _SMALL) / sqrt(_SMALL)

ROOT = Question(
    id="05-q3",
    asks="Use the square-root rule to size a larger fleet",
    objective=2,
    answer_name="servers",
    reference=float(square_root_staffing(_LARGE, _BETA)),
    alternatives=(int(square_root_staffing(_LARGE, _BETA)),),
    tolerance=0.001,
    misconceptions=(
        Misconception(
            "in proportion",
            float(_LARGE / _SMALL * _SMALL_SERVERS),
            "You kept the spare share. A larger fleet needs a smaller one: the spares grow with the root of the load.",
        ),
        Misconception(
            "the same spares",
            float(_LARGE + _SMALL_SERVERS - _SMALL),
            "You kept the number of spares. More users fluctuate more, though not in proportion.",
        ),
        Misconception(
            "root of the ratio of the spares only",
            (_SMALL_SERVERS - _SMALL) * sqrt(_LARGE / _SMALL),
            "Those are the spare servers. How many are there in all?",
        ),
        Misconception(
            "beta is one",
            _LARGE + sqrt(_LARGE),
            "You took beta as 1. The small fleet tells you which beta the promise needs.",
        ),
        Misconception(
            "root of all servers",
            _SMALL_SERVERS * sqrt(_LARGE / _SMALL),
            "You scaled the whole fleet by the root. Busy servers grow with the load, only the spares with its root.",
        ),
    ),
    hints=(
        "From the small fleet: spares over the root of the load is beta.",
        "Then load plus beta times the root of the new load.",
    ),
    praise="Thirty-six times the work, six times the spares: that is the economy of scale, and all of it.",
    section="The square root",
)


def _first_fleets() -> float:
    """Fewest fleets of the explorer's steps from which pooling saves a tenth, in the preset that the question names."""
    return float(next(n for n in FLEETS if staff(227, n, 0.5, 95, 1).saved >= 0.1))


def _before(fleets: float) -> float:
    return float(max(n for n in FLEETS if n < fleets))


POOL = Question(
    id="05-q4",
    asks="Find with the explorer from how many fleets on pooling would save a tenth",
    objective=3,
    answer_name="fleets",
    reference=_first_fleets(),
    alternatives=(int(_first_fleets()),),
    tolerance=1e-6,
    misconceptions=(
        Misconception(
            "less than a tenth",
            Between(0, _before(_first_fleets()) + 0.5),
            "There pooling saves less than a tenth: the first title says how much.",
        ),
        Misconception(
            "between the steps",
            Between(_before(_first_fleets()) + 0.5, _first_fleets()),
            "That is between two steps of the lever. Which of them is it?",
        ),
        Misconception(
            "not the first",
            Between(_first_fleets(), 100),
            "There it saves a tenth or more, but fewer fleets are enough.",
        ),
    ),
    hints=(
        "Start with the preset named in the question, then move only the number of fleets.",
        "The title of the left panel says how much pooling saves. When does it first reach a tenth?",
    ),
    praise="Large fleets are already good at this: it takes many pieces before splitting hurts.",
    section="What if?",
)

_RISE, _RISE_MINUTES, _START_MINUTES = 48, 8, 3

LAG = Question(
    id="05-q5",
    asks="Compute how many servers must idle before demand rises",
    objective=3,
    answer_name="idle_before",
    reference=float(autoscaling_shortfall_servers(_RISE / _RISE_MINUTES, _START_MINUTES, _RISE_MINUTES)),
    alternatives=(int(_RISE / _RISE_MINUTES * _START_MINUTES),),
    misconceptions=(
        Misconception(
            "the whole rise",
            float(_RISE),
            "That would be needed if no server started at all while demand rises. Some do.",
        ),
        Misconception(
            "all work left undone",
            float(_RISE * _START_MINUTES),
            "That is work left undone, in servers times minutes. How many servers are missing at the worst moment?",
        ),
        Misconception(
            "one minute's rise",
            _RISE / _RISE_MINUTES,
            "That is the rise in one minute. A server ordered now comes later than that.",
        ),
        Misconception(
            "what comes too late for the end",
            _RISE / _RISE_MINUTES * (_RISE_MINUTES - _START_MINUTES),
            "That much has been started by the end of the rise. How much is missing?",
        ),
    ),
    hints=(
        "How many more servers does demand need in each minute?",
        "Capacity is always as far behind as the start takes.",
    ),
    praise="Half the starting time, half the idle servers. That is what loading a model faster is worth.",
    section="Demand moves, servers follow",
)


def _up(needed: int, spares: int, works: float) -> float:
    total = needed + spares
    return sum(comb(total, up) * works**up * (1 - works) ** (total - up) for up in range(needed, total + 1))


def _up_packaged(needed: int, spares: int, works: float) -> float:
    return float(availability(needed, spares, works))


def _up_inputs(draw: random.Random) -> Inputs:
    """Small services whose servers fail often enough that every mistake shows."""
    return [[draw.randint(3, 9), spares, draw.uniform(0.8, 0.95)] for spares in (1, 2, 3)]


SPARES = Question(
    id="05-q6",
    asks="Write the availability of a service with spares as a function",
    objective=4,
    answer_name="share_up",
    reference=_up,
    alternatives=(_up_packaged, lambda n, k, p: float(np.float64(_up(n, k, p)))),
    make_inputs=_up_inputs,
    tolerance=0.001,
    points=2,
    misconceptions=(
        Misconception(
            "all must work",
            lambda n, k, p: p ** (n + k),
            "That is the chance that every server works, spares included. As many as are needed are enough.",
        ),
        Misconception(
            "spares forgotten",
            lambda n, k, p: p**n,
            "That is without spares. With them some servers may fail.",
        ),
        Misconception(
            "exactly as many as needed",
            lambda n, k, p: comb(n + k, n) * p**n * (1 - p) ** k,
            "That is the chance that *exactly* the needed number works. More are welcome, too: add up.",
        ),
        Misconception(
            "any one of them",
            lambda n, k, p: 1 - (1 - p) ** (n + k),
            "That is the chance that at least one server works. How many are needed?",
        ),
        Misconception(
            "no ways counted",
            lambda n, k, p: sum(p**up * (1 - p) ** (n + k - up) for up in range(n, n + k + 1)),
            "Each number of working servers can come about in many ways: `math.comb` counts them.",
        ),
        Misconception(
            "one short",
            lambda n, k, p: _up(n, k, p) - p ** (n + k),
            "Your sum stops before the case in which all of them work.",
        ),
    ),
    hints=(
        "Of needed + spares servers, at least `needed` must work: add up the chances of each such number.",
        "For `up` of `total` working: `math.comb(total, up) * works**up * (1 - works) ** (total - up)`.",
    ),
    praise="Counting heads, if they fail independently. A shared switch or a common bug does not count heads.",
    section="Spares against failure",
)


def _fact(key: str) -> float:
    rows = load("case_facts")
    return float(rows[rows["fact_id"] == key]["value"].iloc[0])


_BEFORE, _AFTER, _SHARE = _fact("pooling-before"), _fact("pooling-after"), _fact("pooling-idle")
_SAVED = 1 - _AFTER / _BEFORE

AUDIT = Question(
    id="05-q7",
    asks="Find out what a reported saving in a pool can mean for a whole fleet",
    objective=5,
    answer_name="fleet_saving",
    reference=_SHARE * _SAVED,
    alternatives=(round(_SHARE * _SAVED, 1),),
    misconceptions=(
        Misconception(
            "the pool for the fleet",
            100 * _SAVED,
            "That is the saving in the pool. How large a part of the fleet is the pool?",
        ),
        Misconception(
            "the whole pool",
            _SHARE,
            "That is the whole pool. Some of its chips are still needed.",
        ),
        Misconception(
            "a fraction",
            _SHARE / 100 * _SAVED,
            "As a fraction that is right. The answer is asked for in per cent.",
        ),
        Misconception(
            "what is left",
            _SHARE * (1 - _SAVED),
            "That is what the pool still needs, in per cent of the fleet. What does it save?",
        ),
        Misconception(
            "by requests",
            1.35 * _SAVED,
            "You took the share of the requests. Chips are to be saved, so take the share of the chips.",
        ),
        Misconception(
            "a difference",
            100 * _SAVED - _SHARE,
            "You subtracted two shares of different wholes. Of which whole is each?",
        ),
    ),
    hints=(
        "The share of the fleet that is in the pool, times the share of the pool that is saved.",
        "The pool saves 1 - 213 / 1192 of its chips.",
    ),
    praise="A headline and a fleet are two things. Always ask: per cent of what?",
    section="Case: one chip for many models",
)

CRITICISE = Question(
    id="05-q8",
    asks="Say which objections to a claim about size the evidence supports",
    objective=5,
    answer_name="objections",
    reference={"A", "C", "D"},
    alternatives=(["A", "C", "D"], {"d", "c", "a"}),
    points=2,
    misconceptions=(
        Misconception(
            "size never helps",
            Choosing("B"),
            "B denies the square root. A fleet of ten idles far more than one of a hundred, at the same promise.",
        ),
        Misconception(
            "servers for spares",
            Choosing("E"),
            "E says that all servers shrink with size. Only the spare share does; the busy ones are needed by anybody.",
        ),
        Misconception(
            "misses the shrinking gain",
            LeavingOut("A"),
            "Not all yet. Look at the first chart of the square root: what happens from a thousand servers on?",
        ),
        Misconception(
            "misses the common day",
            LeavingOut("C"),
            "Not all yet. What did the lesson find when it counted requests instead of machines?",
        ),
        Misconception(
            "misses the other remedy",
            LeavingOut("D"),
            "Not all yet. Which remedies were there besides size?",
        ),
    ),
    hints=(
        "Go through the five one by one: is there a number in the lesson that bears it out?",
        "Three hold. One is about the size of the gain, one about what does not cancel, one about another way.",
    ),
    praise="Size helps, less and less, and only against independent ups and downs.",
    section="Verdict so far",
)

QUESTIONS: tuple[Question, ...] = (LOAD, PROMISE, ROOT, POOL, LAG, SPARES, AUDIT, CRITICISE)
