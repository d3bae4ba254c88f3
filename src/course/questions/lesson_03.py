"""Lesson 03: can many weak chips replace one strong one?"""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

from aistack.cluster import bus_factor
from aistack.reliability import goodput_estimate, mtbf_hours, young_interval_seconds
from course.data import load
from course.explorers.cluster import HOPS_US, swap
from course.questions.families import Between, Choosing, First, LeavingOut, OtherThan
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario, told_apart


def _value(table: str, key: str, row: str, column: str = "value") -> float:
    rows = load(table)
    return float(rows[rows[key] == row][column].iloc[0])


# ---- 1: adding up


def _ring(draw: random.Random) -> Numbers:
    """At most 24 chips: with more, `n - 1` and `n` would look alike."""
    return {
        "chips": float(draw.randint(4, 24)),
        "message_gb": draw.randint(4, 200) / 10,
        "gb_per_s": float(draw.randint(5, 90) * 10),
    }


def _adding(numbers: Numbers) -> Question:
    ranks, payload, link = numbers["chips"], numbers["message_gb"], numbers["gb_per_s"]
    ms = 1000 * float(bus_factor(ranks)) * payload / link
    return Question(
        id="03-q1",
        asks="Compute how long chips in a ring need to add up a message",
        objective=1,
        answer_name="adding_ms",
        reference=ms,
        alternatives=(np.float64(2 * (ranks - 1) / ranks * payload * 1e9 / (link * 1e9) * 1000),),
        misconceptions=(
            Misconception(
                "one way only",
                ms / 2,
                "Half of it. The pieces go round twice: once to be added up, once so that all get the total.",
            ),
            Misconception(
                "everything to everybody",
                ms * ranks,
                "You let every chip send the whole message to all others. In a ring each sends pieces, "
                "an n-th of the message at a time.",
            ),
            Misconception(
                "its own piece too",
                1000 * 2 * payload / link,
                "Close. A chip need not send the piece that it ends up with: that is what the n - 1 is for.",
            ),
            Misconception(
                "bits for bytes",
                ms * 8,
                "You turned bytes into bits. Both figures are in bytes already: GB and GB/s.",
            ),
            Misconception("seconds", ms / 1000, "That is in seconds. The question asks for milliseconds."),
        ),
        hints=(
            "Each chip sends 2 (n - 1) / n of the message over its own wire.",
            "Gigabytes over gigabytes a second are seconds; there are 1,000 milliseconds in one.",
        ),
        praise="The number of chips hardly matters: that is what a ring is for.",
        section="Training: work that shares well",
        scenario=Scenario(numbers, told_apart(_ring, _adding), _adding),
    )


ADDING = _adding({"chips": 16.0, "message_gb": 2.0, "gb_per_s": 392.0})

# ---- 2: reading

READ = Question(
    id="03-q2",
    asks="Read from a chart which job gains from more chips for the shortest time",
    objective=2,
    answer_name="first_to_stop",
    reference="A",
    alternatives=("a",),
    misconceptions=(
        Misconception(
            "lowest at the end",
            "B",
            "B ends lowest, because it goes on gaining longest. Which curve has its lowest point furthest to the left?",
        ),
        Misconception(
            "least work",
            "C",
            "C starts lowest: it has the least work. But where is its lowest point, beside that of the others?",
        ),
        Misconception(
            "none stops",
            "none",
            "All three turn up again on the right. A curve that turns up says that more chips make the job slower.",
        ),
        Misconception("not a letter", OtherThan(("A", "B", "C", "none")), "Answer with one of the letters A, B and C."),
    ),
    hints=(
        "Find the lowest point of each curve, then look straight down to the number of chips.",
        "The job that stops gaining first has the largest wait for its work.",
    ),
    praise="Much wait for its work: it is the job for a few strong chips.",
    section="One answer, many chips",
)

# ---- 3: a function


def _speed_up(n: float, work: float, wait: float) -> float:
    return work / (work / n + wait * math.log2(n))


def _speed_up_numpy(n: float, work: float, wait: float) -> Any:
    return 1 / (1 / n + wait / work * np.log2(n))


def _speed_up_inputs(draw: random.Random) -> Inputs:
    """Few and many chips, little and much wait; never one chip, where every slip gives the same."""
    return [[2 ** draw.randint(2, 12), draw.uniform(50, 300), draw.uniform(0.05, 2)] for _ in range(6)]


SPEED_UP = Question(
    id="03-q3",
    asks="Write how many times as fast a job is on n chips",
    objective=1,
    answer_name="speed_up",
    reference=_speed_up,
    alternatives=(_speed_up_numpy,),
    make_inputs=_speed_up_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "time for speed",
            lambda n, work, wait: work / n + wait * math.log2(n),
            "That is the time on n chips. How many times as fast is that as one chip, which needs the whole work?",
        ),
        Misconception(
            "upside down",
            lambda n, work, wait: (work / n + wait * math.log2(n)) / work,
            "Upside down: a job that is faster should get a number above 1.",
        ),
        Misconception(
            "no wait",
            lambda n, work, wait: n,
            "n times as fast is what there would be without any wait.",
        ),
        Misconception(
            "wait for every chip",
            lambda n, work, wait: work / (work / n + wait * n),
            "You let the wait grow with every chip. In a tree it grows with every doubling: log2.",
        ),
        Misconception(
            "another logarithm",
            lambda n, work, wait: work / (work / n + wait * math.log(n)),
            "Nearly: `log` is the natural logarithm. Doublings are counted by `log2`.",
        ),
        Misconception(
            "wait once",
            lambda n, work, wait: work / (work / n + wait),
            "You added the wait once. Each doubling of the number of chips adds it once more.",
        ),
    ),
    hints=(
        "One chip needs `work_ms`, for it has nobody to wait for. What do n chips need?",
        "The speed-up is the first time over the second. `from math import log2` belongs into your cell.",
    ),
    praise="Draw it once against n, and you see why nobody puts 10,000 chips on one answer.",
    section="One answer, many chips",
)

# ---- 4: the explorer


def _largest_wait() -> float:
    """Largest step of the lever at which some number of 910Cs matches the rack."""
    start = {"chip": "Ascend 910C", "model": "Llama 3.1 405B", "chips": 384, "stops": 0.5, "restart_min": 12}
    able = [hop for hop in HOPS_US if np.isfinite(swap(hop_us=hop, **start).needed)]  # type: ignore[arg-type]
    return float(max(able))


_WAIT = _largest_wait()

WALL = Question(
    id="03-q4",
    asks="Find with the explorer the largest wait at which weak chips still match the rack",
    objective=2,
    answer_name="largest_wait_us",
    reference=_WAIT,
    alternatives=(np.float64(_WAIT),),
    misconceptions=(
        Misconception(
            "not the largest",
            Between(0, _WAIT),
            "There a number of 910Cs does match the rack, but it is not the largest such step of the lever.",
        ),
        Misconception(
            "too much wait",
            Between(_WAIT, 20.1),
            "At that wait the line under the picture says that no number does. Is it one of the lever's steps at all?",
        ),
        Misconception(
            "chips for microseconds",
            Between(20.1, 1e6),
            "That looks like a number of chips. The question asks for the wait, in microseconds.",
        ),
    ),
    hints=(
        'Start with the case "CloudMatrix 384: 384 Ascend 910C" and move only the wait for each hop.',
        'Watch the left title: it says "No number matches" as long as the wait is too long.',
    ),
    praise="Whether weak chips can catch up hangs on the wire as much as on the chip.",
    section="What if?",
    tolerance=1e-6,
)

# ---- 5: failures


def _stops(chips: float, days: float, counted: float, counted_chips: float, counted_days: float) -> float:
    return counted / (counted_chips * counted_days) * chips * days


def _stops_by_share(chips: float, days: float, counted: float, counted_chips: float, counted_days: float) -> float:
    return counted * (chips / counted_chips) * (days / counted_days)


def _stops_inputs(draw: random.Random) -> Inputs:
    return [
        [draw.randint(500, 60_000), draw.randint(5, 200), draw.randint(20, 900), draw.randint(300, 30_000),
         draw.randint(10, 150)]
        for _ in range(5)
    ]  # fmt: skip


STOPS = Question(
    id="03-q5",
    asks="Carry a published count of stops over to a job of another size and length",
    objective=3,
    answer_name="expected_stops",
    reference=_stops,
    alternatives=(_stops_by_share,),
    make_inputs=_stops_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "days left out",
            lambda n, d, c, cn, cd: c * n / cn,
            "You scaled by the chips only. A job that runs twice as long is stopped twice as often.",
        ),
        Misconception(
            "chips left out",
            lambda n, d, c, cn, cd: c * d / cd,
            "You scaled by the days only. Twice the chips stop the job twice as often.",
        ),
        Misconception(
            "the wrong way round",
            lambda n, d, c, cn, cd: c * (cn / n) * (cd / d),
            "Upside down: your larger jobs stop less often than small ones.",
        ),
        Misconception(
            "hours between stops",
            lambda n, d, c, cn, cd: 24 * d / (c * n * d / (cn * cd)),
            "That is the hours between two stops. The question asks how many stops there are.",
        ),
        Misconception(
            "stops a day",
            lambda n, d, c, cn, cd: c * n / (cn * cd),
            "That is the stops of one day. The job runs for `days` days.",
        ),
    ),
    hints=(
        "First the rate: the counted stops for one chip and one day.",
        "Then that rate times the chips and the days of the new job.",
    ),
    praise="This one line stands behind every failure figure that you will be shown.",
    section="The other price of numbers: failures",
)

# ---- 6: decide

_CHIPS, _SAVE, _RESTART, _FASTER_RESTART = 16384, 40.0, 720.0, 480.0
_RATE = _value("failures", "failure_id", "llama3-405b-unexpected") / (_CHIPS * 54)
_BETWEEN = float(mtbf_hours(_CHIPS, _RATE)) * 3600


def _lost(save_s: float, restart_s: float, interval_s: float | None = None) -> float:
    """Share of the time that is lost, saving at the best interval if none is given."""
    interval = float(young_interval_seconds(save_s, _BETWEEN)) if interval_s is None else interval_s
    return 1 - float(goodput_estimate(interval, save_s, restart_s, _BETWEEN))


_A, _B = _lost(_SAVE / 4, _RESTART), _lost(_SAVE, _FASTER_RESTART)
_BETTER, _WORSE = (("A", _A), ("B", _B)) if _A < _B else (("B", _B), ("A", _A))

OFFERS = Question(
    id="03-q6",
    asks="Decide between faster storage and a faster restart",
    objective=3,
    answer_name="decision",
    reference=(_BETTER[1], _BETTER[0]),
    alternatives=([round(_BETTER[1], 3), _BETTER[0].lower()],),
    points=2,
    misconceptions=(
        Misconception(
            "right share, wrong offer",
            First(_BETTER[1]),
            "The share is right for one of the offers. Which letter belongs to it?",
        ),
        Misconception(
            "the other offer",
            First(_WORSE[1]),
            "That is what is lost under the other offer. Compute both, then compare.",
        ),
        Misconception(
            "the old interval",
            First(_lost(_SAVE / 4, _RESTART, float(young_interval_seconds(_SAVE, _BETWEEN)))),
            "You kept the old interval. When saving gets faster it pays to save more often.",
        ),
        Misconception(
            "with neither",
            First(_lost(_SAVE, _RESTART)),
            "That is what is lost today, with neither offer.",
        ),
        Misconception(
            "what is left",
            First(1 - _BETTER[1]),
            "That is what is left. The question asks for the share that is lost.",
        ),
        Misconception(
            "with both",
            First(_lost(_SAVE / 4, _FASTER_RESTART)),
            "That is with both offers. There is money for one.",
        ),
    ),
    hints=(
        "For each offer: first the best interval with `young_interval_seconds(save_s, between_s)`, then the goodput; "
        "what is lost is 1 less that.",
        "Offer A changes `save_s`, offer B changes `restart_s`; the best interval changes with the first only.",
    ),
    praise="Both offers cost time differently: one every interval, the other only when something breaks.",
    section="The other price of numbers: failures",
)

# ---- 7: audit

_KW = [_value("case_facts", "fact_id", f"{name}-power") for name in ("cm384", "nvl72")]
_PF = [_value("case_facts", "fact_id", f"{name}-petaflops") for name in ("cm384", "nvl72")]
_AUDIT = (_KW[0] / _PF[0]) / (_KW[1] / _PF[1])
_CHIP_W = [_value("chips", "chip", name, "tdp_w") for name in ("Ascend 910C", "GB200")]
_HEADLINE = _value("case_facts", "fact_id", "cm384-headline")

AUDIT = Question(
    id="03-q7",
    asks="Audit two printed ratios with the figures that they were made from",
    objective=4,
    answer_name="audit",
    reference=(_AUDIT, "text"),
    alternatives=([round(_AUDIT, 2), "TEXT"],),
    points=2,
    misconceptions=(
        Misconception(
            "right ratio, wrong one chosen",
            First(_AUDIT),
            "The ratio is right. Which of the two printed numbers rounds to it?",
        ),
        Misconception(
            "power alone",
            First(_KW[0] / _KW[1]),
            "That compares the power of the two systems as they are. They do not compute equally much.",
        ),
        Misconception(
            "arithmetic alone",
            First(_PF[0] / _PF[1]),
            "That compares the arithmetic. What does each operation cost in power?",
        ),
        Misconception(
            "upside down",
            First(1 / _AUDIT),
            "Upside down: that is the CloudMatrix's operations for each joule, as a share of the NVL72's.",
        ),
        Misconception(
            "the headline repeated",
            First(_HEADLINE),
            "That is the headline's number. Compute it anew from the four figures.",
        ),
        Misconception(
            "the chips alone",
            First((384 * _CHIP_W[0] / _PF[0]) / (72 * _CHIP_W[1] / _PF[1])),
            "You used the power of the chips alone. The rows have the whole systems.",
        ),
    ),
    hints=(
        "Kilowatts for each petaflop a second, first for one system, then for the other, then the ratio.",
        "A watt is a joule a second, so power over speed is joules for each operation.",
    ),
    praise="A headline that its own article does not bear out. Four figures and a minute were enough to find out.",
    section="Case: sixteen cabinets",
)

# ---- 8: criticise


CRITICISE = Question(
    id="03-q8",
    asks="Say which objections to a claim of equal numbers the evidence supports",
    objective=5,
    answer_name="objections",
    reference={"B", "C", "E"},
    alternatives=(["B", "C", "E"], {"e", "c", "b"}),
    misconceptions=(
        Misconception(
            "fewer failures from more chips",
            Choosing("A"),
            "A has it backwards: with the same rate for each chip, more chips stop a job more often. And no rate "
            "of this chip is published.",
        ),
        Misconception(
            "near enough at any number",
            Choosing("D"),
            "D takes 384 for 180. Put 180 into the formula: half the chips do nearly twice the work each.",
        ),
        Misconception(
            "misses the wall",
            LeavingOut("B"),
            "Not all yet. What did `chips_needed` answer for 72?",
        ),
        Misconception(
            "one measure for all jobs",
            LeavingOut("C"),
            "Not all yet. Is bandwidth what binds in training?",
        ),
        Misconception(
            "forgets the bill",
            LeavingOut("E"),
            "Not all yet. What did your prediction ask for?",
        ),
    ),
    hints=(
        "Go through the five one by one: is there a number in the lesson that bears it out?",
        "Three hold: one on a single answer, one on training, one on what it costs.",
    ),
    praise="Equal in one measure is equal in one job. The first question is always: for what?",
    section="Verdict so far",
    points=2,
)

QUESTIONS: tuple[Question, ...] = (ADDING, READ, SPEED_UP, WALL, STOPS, OFFERS, AUDIT, CRITICISE)
