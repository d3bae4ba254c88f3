"""Lesson 06: what does a model cost to train, and how far behind is behind?"""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

from aistack.training import best_retraining_interval_months, chip_hours, retraining_cost_per_month, training_flop
from course.data import load
from course.explorers.training import TOKENS_PER_PARAMETER, train
from course.questions.families import Between, Choosing, First, LeavingOut, OtherThan
from course.questions.question import Inputs, Misconception, Question


def _peak(chip: str) -> float:
    return float(load("chips").set_index("chip")["fp16_tflops"][chip])


def _run(run_id: str) -> dict[str, Any]:
    rows = load("training_runs").set_index("run_id", drop=False)
    return {str(name): cell for name, cell in rows.loc[run_id].items()}


_PANGU_FLOP = float(training_flop(135e9, 13.2e12))
_PANGU_HOURS = float(chip_hours(_PANGU_FLOP, _peak("Ascend 910B"), 0.5)) / 1e6

HOURS = Question(
    id="06-q1",
    asks="Compute the accelerator-hours of a run that the lesson did not compute",
    objective=1,
    answer_name="million_hours",
    reference=_PANGU_HOURS,
    alternatives=(np.float64(6 * 135e9 * 13.2e12 / (_peak("Ascend 910B") * 1e12 * 0.5) / 3600 / 1e6),),
    misconceptions=(
        Misconception(
            "seconds for hours",
            _PANGU_HOURS * 3600,
            "Operations over operations a second are seconds. The question asks for hours.",
        ),
        Misconception(
            "the whole peak",
            _PANGU_HOURS * 0.5,
            "You let the chip run at its peak. It reaches only the share that the question gives.",
        ),
        Misconception(
            "share on the wrong side",
            _PANGU_HOURS * 0.25,
            "You multiplied by the utilisation. A chip that works at half its peak needs more hours, not fewer.",
        ),
        Misconception(
            "two operations for each parameter",
            _PANGU_HOURS / 3,
            "Two operations for each parameter and token is what answering takes. Training also goes backward.",
        ),
        Misconception(
            "hours, not millions of them",
            _PANGU_HOURS * 1e6,
            "That is the number of hours. The question asks for millions of hours.",
        ),
        Misconception(
            "days on all chips",
            _PANGU_HOURS * 1e6 / 8192 / 24,
            "Those are days on 8,192 chips. The question asks for the hours of all chips together, in millions.",
        ),
    ),
    hints=(
        "Operations first: six for each parameter and each token.",
        "Then divide by what the chip really does in a second: peak times utilisation. 1 TFLOP/s is 1e12 a second.",
    ),
    praise="Parameters, tokens, peak, utilisation: with four numbers you can hold any headline to account.",
    section="One equation",
)

BEST_USE = Question(
    id="06-q2",
    asks="Find which of four published runs used its chips best",
    objective=2,
    answer_name="best_used",
    reference="C",
    alternatives=("c",),
    misconceptions=(
        Misconception(
            "most operations",
            "D",
            "That run did the most work. Ask how much of what its chips could have done in their hours it really did.",
        ),
        Misconception(
            "fewest hours",
            "A",
            "That run took the fewest hours, because its model is small. Compare work done with work possible.",
        ),
        Misconception(
            "largest model",
            "B",
            "A large model alone is no work: multiply by the tokens it read, then compare with what was possible.",
        ),
        Misconception(
            "not one of the letters",
            OtherThan(("A", "B", "C", "D")),
            "Answer with one of the four letters.",
        ),
    ),
    hints=(
        "Work done: 6 N D. Work possible: hours times 3600 times the peak of the chip.",
        "The last two chips have about three times the peak of the first two.",
    ),
    praise="Two runs on chips of nearly the same peak, and one used a quarter less of it: the chip does not decide.",
    section="How much of the peak?",
)


def _needed(parameters: float, tokens: float, peak_tflops: float, mfu: float) -> float:
    return 6 * parameters * tokens / (peak_tflops * 1e12 * mfu) / 3600


def _needed_by_steps(parameters: float, tokens: float, peak_tflops: float, mfu: float) -> Any:
    speed = np.float64(peak_tflops) * mfu
    return 6e-12 * parameters * tokens / speed / 60 / 60


def _needed_inputs(draw: random.Random) -> Inputs:
    return [
        [draw.uniform(1e9, 5e11), draw.uniform(1e11, 3e13), draw.uniform(100, 2500), draw.uniform(0.2, 0.6)]
        for _ in range(4)
    ]


NEEDED = Question(
    id="06-q3",
    asks="Write the accelerator-hours of a run as a function",
    objective=1,
    answer_name="hours_needed",
    reference=_needed,
    alternatives=(_needed_by_steps,),
    make_inputs=_needed_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "seconds",
            lambda n, d, p, u: _needed(n, d, p, u) * 3600,
            "Right up to the unit: you return seconds.",
        ),
        Misconception(
            "forward only",
            lambda n, d, p, u: _needed(n, d, p, u) / 3,
            "Two operations for each parameter and token only go forward. Backward takes twice as many again.",
        ),
        Misconception(
            "peak reached",
            lambda n, d, p, u: _needed(n, d, p, 1),
            "You leave the utilisation out. No run reaches the peak.",
        ),
        Misconception(
            "utilisation upside down",
            lambda n, d, p, u: _needed(n, d, p, 1) * u,
            "You multiply by the utilisation. A lower one must give more hours.",
        ),
        Misconception(
            "tera forgotten",
            lambda n, d, p, u: _needed(n, d, p, u) * 1e12,
            "The peak is in TFLOP/s: each is 1e12 operations a second.",
        ),
    ),
    hints=(
        "Three steps: the operations, the operations that one chip really does in a second, seconds to hours.",
        "What the chip really does is its peak, in operations a second, times `mfu`.",
    ),
    praise="This one line prices a model.",
    section="One equation",
)

_FALCON_FLOP = float(training_flop(180e9, 3.5e12))


def _falcon_mfu(run_id: str) -> float:
    return _FALCON_FLOP / (float(_run(run_id)["accelerator_hours"]) * 3600 * _peak("A100 SXM 40GB") * 1e12)


_MAKER, _DATABASE = _falcon_mfu("tii-falcon-180b"), _falcon_mfu("epoch-falcon-180b")

AUDIT = Question(
    id="06-q4",
    asks="Hold two published figures of one run against the physics of its chip",
    objective=2,
    answer_name="falcon",
    reference=(_MAKER, _DATABASE),
    alternatives=([round(_MAKER, 3), round(_DATABASE, 3)],),
    points=2,
    misconceptions=(
        Misconception(
            "in the other order",
            (_DATABASE, _MAKER),
            "The two are right and in the wrong order: the maker's figure first.",
        ),
        Misconception(
            "percent",
            (100 * _MAKER, 100 * _DATABASE),
            "You give per cent. The question asks for shares between 0 and 1.",
        ),
        Misconception(
            "hours as seconds",
            First(_MAKER * 3600),
            "A share above 1 cannot be: did the hours become seconds?",
        ),
        Misconception(
            "two operations for each parameter",
            First(_MAKER / 3),
            "You count two operations for each parameter and token, as in answering. Training takes six.",
        ),
        Misconception(
            "hours of one figure twice",
            First(_DATABASE),
            "The first figure is the one that follows from the maker's hours.",
        ),
    ),
    hints=(
        "Both figures stand for the same operations: 6 N D.",
        "Utilisation is operations done over operations possible: hours times 3600 times the peak.",
    ),
    praise="Chips times calendar days is the most that can have been worked: not every chip was there every day.",
    section="How much of the peak?",
)


def _hours_in_explorer(size_b: float, tokens_per_parameter: float) -> float:
    return train("A100 SXM 80GB", size_b, tokens_per_parameter, 45, 10, 8).hours


def _first_dearer() -> float:
    limit = _hours_in_explorer(70, 40)
    return float(next(step for step in TOKENS_PER_PARAMETER if _hours_in_explorer(20, step) > limit))


OVERTRAINED = Question(
    id="06-q5",
    asks="Find with the explorer how much text makes a small model as dear to train as a large one",
    objective=3,
    answer_name="dearer_from",
    reference=_first_dearer(),
    alternatives=(int(_first_dearer()),),
    misconceptions=(
        Misconception(
            "all tokens",
            Between(19_000, 21_000),
            "That is the whole text in billions. The lever counts tokens for each parameter.",
        ),
        Misconception(
            "still cheaper",
            Between(0, 401),
            "There the small model is still the cheaper one. Compare the accelerator-hours under the picture.",
        ),
        Misconception(
            "between the steps",
            Between(401, 1000),
            "Well calculated, but the question asks for a step of the lever.",
        ),
        Misconception(
            "not the first",
            Between(1000, 6000),
            "It is dearer there, but not for the first time.",
        ),
    ),
    hints=(
        "Note the accelerator-hours of the case first, then move the size, then only the tokens.",
        "Hours grow with the square of the size and in step with the tokens for each parameter.",
    ),
    praise="Small models are cheap to serve, not to train: their makers pay in text.",
    section="What if?",
    tolerance=1e-6,
)


def _behind(compute_ratio: float, doubling_months: float) -> float:
    return math.log2(compute_ratio) * doubling_months


def _behind_numpy(compute_ratio: float, doubling_months: float) -> Any:
    return doubling_months * np.log(compute_ratio) / np.log(2)


def _behind_inputs(draw: random.Random) -> Inputs:
    return [[draw.uniform(1.5, 40), draw.uniform(3, 20)] for _ in range(4)]


BEHIND = Question(
    id="06-q6",
    asks="Write the months that a gap in compute means as a function",
    objective=4,
    answer_name="months_behind",
    reference=_behind,
    alternatives=(_behind_numpy,),
    make_inputs=_behind_inputs,
    misconceptions=(
        Misconception(
            "natural logarithm",
            lambda k, t: math.log(k) * t,
            "That is the natural logarithm. The question is how many times one must double.",
        ),
        Misconception(
            "logarithm to ten",
            lambda k, t: math.log10(k) * t,
            "That counts tenfold steps. The time that is given is that of a doubling.",
        ),
        Misconception(
            "in proportion",
            lambda k, t: k * t,
            "You let the months grow with the gap itself. A gap of 2 is one doubling, a gap of 4 is two.",
        ),
        Misconception(
            "in proportion to what is missing",
            lambda k, t: (k - 1) * t,
            "Right for a gap of 2 only. A gap of 8 is three doublings, not seven.",
        ),
        Misconception(
            "divides by the time",
            lambda k, t: math.log2(k) / t,
            "You divide by the doubling time. Slower progress must mean more months.",
        ),
    ),
    hints=(
        "How many doublings make a factor of 8?",
        "Multiply the number of doublings by the months that each takes; `math.log2` counts doublings.",
    ),
    praise="A gap of ten is not ten times as far behind as a gap of two: the logarithm shrinks it.",
    section="From compute to months",
)

CRITICISE = Question(
    id="06-q7",
    asks="Say which objections to a claim about lag the evidence supports",
    objective=4,
    answer_name="objections",
    reference={"A", "B", "D"},
    alternatives=(["A", "B", "D"], {"d", "b", "a"}),
    points=2,
    misconceptions=(
        Misconception(
            "compute does not matter",
            Choosing("C"),
            "C goes too far. One pair of models shows that compute is not everything, not that it is nothing.",
        ),
        Misconception(
            "reads a policy into an index",
            Choosing("E"),
            "E does not follow: nobody has seen the lag without the rules.",
        ),
        Misconception(
            "takes the middle for the truth",
            LeavingOut("A"),
            "Not all yet. How sure is the study of its doubling time?",
        ),
        Misconception(
            "does not hold it against the record",
            LeavingOut("B"),
            "Not all yet. What did the two staircases say?",
        ),
        Misconception(
            "forgets who publishes",
            LeavingOut("D"),
            "Not all yet. Where does a follower's progress come from?",
        ),
    ),
    hints=(
        "Go through the five one by one: is there a number or a chart in the lesson that bears it out?",
        "Three hold.",
    ),
    praise="The formula is a way to ask, not an answer: its band is wide, and the pairs lie at its edge or below.",
    section="Break it",
)

_ROUND, _AUTOMATED, _AGEING, _PLATFORM = 72_000.0, 18_000.0, 16_000.0, 20_000.0
_OLD = float(best_retraining_interval_months(_ROUND, _AGEING))
_NEW = float(best_retraining_interval_months(_AUTOMATED, _AGEING))
_WORTH = bool(
    retraining_cost_per_month(_NEW, _AUTOMATED, _AGEING) + _PLATFORM < retraining_cost_per_month(_OLD, _ROUND, _AGEING)
)

AUTOMATE = Question(
    id="06-q8",
    asks="Decide whether automating the rounds of training pays",
    objective=5,
    answer_name="decision",
    reference=(_NEW, _WORTH),
    alternatives=([_NEW, _WORTH],),
    points=2,
    misconceptions=(
        Misconception(
            "right interval, wrong conclusion",
            First(_NEW),
            "The interval is right. Now compare a whole month at each best interval, the platform included.",
        ),
        Misconception(
            "keeps the old interval",
            First(_OLD),
            "That was best for the dear round. A cheaper round can be afforded more often.",
        ),
        Misconception(
            "in proportion to the cost",
            First(_OLD * _AUTOMATED / _ROUND),
            "You shortened the interval in proportion to the cost. The best one goes with its square root.",
        ),
        Misconception(
            "forgets the two",
            First(_NEW / math.sqrt(2)),
            "A model that ages evenly is on average half an interval old. A 2 got lost.",
        ),
        Misconception(
            "platform as part of a round",
            First(float(best_retraining_interval_months(_AUTOMATED + _PLATFORM, _AGEING))),
            "The platform costs the same however often one trains, so it does not move the interval.",
        ),
    ),
    hints=(
        "First the best interval for the automated round: `best_retraining_interval_months`.",
        "Then the cost of a month before and after, each at its own best interval; add the platform to the second.",
    ),
    praise="Judged at the old interval the platform would have lost. Its gain is that it changes the rhythm.",
    section="From a run to a pipeline",
)

QUESTIONS: tuple[Question, ...] = (HOURS, BEST_USE, NEEDED, AUDIT, OVERTRAINED, BEHIND, CRITICISE, AUTOMATE)
