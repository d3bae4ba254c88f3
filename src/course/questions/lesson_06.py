"""Lesson 06: what does a model cost to train, and how far behind is behind?"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from aistack.scaling import ALGORITHMIC_DOUBLING_MONTHS
from aistack.training import best_retraining_interval_months, chip_hours, retraining_cost_per_month, training_flop
from course.data import load
from course.explorers.training import TOKENS_PER_PARAMETER, train
from course.frontier import record_pairs
from course.questions.families import Between, Choosing, First, LeavingOut, OtherThan
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario, told_apart


def _peak(chip: str) -> float:
    return float(load("chips").set_index("chip")["fp16_tflops"][chip])


def _run(run_id: str) -> dict[str, Any]:
    rows = load("training_runs").set_index("run_id", drop=False)
    return {str(name): cell for name, cell in rows.loc[run_id].items()}


def _imagined_run(draw: random.Random) -> Numbers:
    return {
        "parameters_b": float(draw.randint(7, 300)),
        "tokens_t": draw.randint(10, 200) / 10,
        "peak_tflops": float(draw.randint(10, 130) * 10),
        "mfu": draw.randint(25, 60) / 100,
    }


def _hours(numbers: Numbers) -> Question:
    flop = float(training_flop(numbers["parameters_b"] * 1e9, numbers["tokens_t"] * 1e12))
    peak, mfu = numbers["peak_tflops"], numbers["mfu"]
    million = float(chip_hours(flop, peak, mfu)) / 1e6
    return Question(
        id="06-q1",
        asks="Compute the accelerator-hours of a run that the lesson did not compute",
        objective=1,
        answer_name="million_hours",
        reference=million,
        alternatives=(np.float64(flop / (peak * 1e12 * mfu) / 3600 / 1e6),),
        misconceptions=(
            Misconception(
                "seconds for hours",
                million * 3600,
                "Operations over operations a second are seconds. The question asks for hours.",
            ),
            Misconception(
                "the whole peak",
                million * mfu,
                "You let the chip run at its peak. It reaches only the share that the question gives.",
            ),
            Misconception(
                "share on the wrong side",
                million * mfu**2,
                "You multiplied by the utilisation. A chip that works below its peak needs more hours, not fewer.",
            ),
            Misconception(
                "two operations for each parameter",
                million / 3,
                "Two operations for each parameter and token is what answering takes. Training also goes backward.",
            ),
            Misconception(
                "hours, not millions of them",
                million * 1e6,
                "That is the number of hours. The question asks for millions of hours.",
            ),
            Misconception(
                "days on all chips",
                million * 1e6 / 8192 / 24,
                "Those are days on 8,192 chips. The question asks for the hours of all chips together, in millions.",
            ),
        ),
        hints=(
            "Operations first: six for each parameter and each token.",
            "Then divide by what the chip really does in a second: peak times utilisation. 1 TFLOP/s is 1e12 a second.",
        ),
        praise="Parameters, tokens, peak, utilisation: with four numbers you can hold any headline to account.",
        section="One equation",
        scenario=Scenario(numbers, told_apart(_imagined_run, _hours), _hours),
    )


HOURS = _hours({"parameters_b": 135.0, "tokens_t": 13.2, "peak_tflops": _peak("Ascend 910B"), "mfu": 0.5})

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


def _affordable(budget_usd: float, usd_per_hour: float, parameters: float, peak_tflops: float, mfu: float) -> float:
    return budget_usd / usd_per_hour * 3600 * peak_tflops * 1e12 * mfu / (6 * parameters)


def _affordable_by_a_token(budget: float, usd: float, parameters: float, peak: float, mfu: float) -> Any:
    usd_per_token = usd * 6 * np.float64(parameters) / (peak * mfu * 1e12) / 60 / 60
    return budget / usd_per_token


def _affordable_inputs(draw: random.Random) -> Inputs:
    return [
        [draw.uniform(1e5, 5e7), draw.uniform(1.2, 8), draw.uniform(1e9, 5e11), draw.uniform(100, 2500),
         draw.uniform(0.2, 0.6)]
        for _ in range(4)
    ]  # fmt: skip


BUDGET = Question(
    id="06-q3",
    asks="Turn the napkin round: the tokens that a budget pays for",
    objective=1,
    answer_name="tokens_for",
    reference=_affordable,
    alternatives=(_affordable_by_a_token,),
    make_inputs=_affordable_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "hours for seconds",
            lambda usd, h, n, p, u: _affordable(usd, h, n, p, u) / 3600,
            "Right up to the unit: the money buys hours, and the peak counts operations a second.",
        ),
        Misconception(
            "forward only",
            lambda usd, h, n, p, u: 3 * _affordable(usd, h, n, p, u),
            "Two operations for each parameter and token only go forward. Backward takes twice as many again.",
        ),
        Misconception(
            "peak reached",
            lambda usd, h, n, p, u: _affordable(usd, h, n, p, 1),
            "You leave the utilisation out. No run reaches the peak.",
        ),
        Misconception(
            "utilisation upside down",
            lambda usd, h, n, p, u: _affordable(usd, h, n, p, 1) / u,
            "You divide by the utilisation. A lower one must leave fewer tokens for the same money.",
        ),
        Misconception(
            "tera forgotten",
            lambda usd, h, n, p, u: _affordable(usd, h, n, p, u) / 1e12,
            "The peak is in TFLOP/s: each is 1e12 operations a second.",
        ),
        Misconception(
            "price upside down",
            lambda usd, h, n, p, u: _affordable(usd, 1 / h, n, p, u),
            "You multiply the budget by the price of an hour. A dearer hour must buy fewer of them.",
        ),
    ),
    hints=(
        "Go backwards through the napkin: from dollars to hours, from hours to operations, from operations to tokens.",
        "An hour has 3600 seconds of peak times `mfu` operations, and a token takes six for each parameter.",
    ),
    praise="The same line, read by whoever pays: so much money, so large a model, so much text.",
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


_RECORDS = record_pairs().set_index("record")[["months behind", "times less compute"]].round(1)
PAIRS: dict[str, tuple[float, float]] = {name: tuple(_RECORDS.loc[name]) for name in ("Qwen2-72B", "Kimi K2.5")}
"""Months behind and times less compute of two pairs, as the lesson prints them and the sheet repeats them."""


def _implied(pair: str) -> float:
    months, times_less = PAIRS[pair]
    return months / math.log2(times_less)


_QWEN, _KIMI = map(_implied, PAIRS)
_BOTH_INSIDE = all(
    ALGORITHMIC_DOUBLING_MONTHS.low <= each <= ALGORITHMIC_DOUBLING_MONTHS.high for each in (_QWEN, _KIMI)
)


def _implied_by(rule: Callable[[float, float], float]) -> tuple[float, float, bool]:
    return (rule(*PAIRS["Qwen2-72B"]), rule(*PAIRS["Kimi K2.5"]), _BOTH_INSIDE)


IMPLIED = Question(
    id="06-q6",
    asks="Find how fast methods must have improved for two measured lags, and hold that against the study",
    objective=4,
    answer_name="audit",
    reference=(_QWEN, _KIMI, _BOTH_INSIDE),
    alternatives=([round(_QWEN, 2), round(_KIMI, 2), _BOTH_INSIDE],),
    points=2,
    misconceptions=(
        Misconception(
            "natural logarithm",
            _implied_by(lambda months, k: months / math.log(k)),
            "That is the natural logarithm. The question is how many times one must double.",
        ),
        Misconception(
            "logarithm to ten",
            _implied_by(lambda months, k: months / math.log10(k)),
            "That counts tenfold steps. The time that is asked for is that of a doubling.",
        ),
        Misconception(
            "in proportion",
            _implied_by(lambda months, k: months / k),
            "You divided by the gap itself. A gap of 2 is one doubling, a gap of 4 is two.",
        ),
        Misconception(
            "formula forward",
            _implied_by(lambda months, k: months * math.log2(k)),
            "You multiplied. The months are given here: which T makes T times the doublings come to them?",
        ),
        Misconception(
            "right months, wrong conclusion",
            First(_QWEN),
            "The first is right. Check the second, and hold both against the study's 2 to 22 months.",
        ),
    ),
    hints=(
        "lag = T log2(k), and this time T is the unknown.",
        "`math.log2` counts the doublings. The study has 2 to 22 months: is each of your two numbers in it?",
    ),
    praise="Run backwards, the formula says what would have to be true: for one pair, faster than the study allows.",
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

QUESTIONS: tuple[Question, ...] = (HOURS, BEST_USE, BUDGET, AUDIT, OVERTRAINED, IMPLIED, CRITICISE, AUTOMATE)
