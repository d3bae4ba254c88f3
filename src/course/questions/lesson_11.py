"""Lesson 11: does the flywheel spin?"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from aistack.flywheel import Flywheel, steady_states, value_ratio_break_even
from course.data import load
from course.explorers.flywheel import HARMFUL, flywheel, run
from course.questions.families import Between, Choosing, First, LeavingOut
from course.questions.question import Inputs, Misconception, Question

_COUNTS = load("feedback_scale").set_index("feedback_id")["value"]
_MONTH = float(_COUNTS["meta-ai-users-monthly-2024-09-25"])
_WEEK = float(_COUNTS["meta-ai-users-weekly-2024-09-25"])

READ = Question(
    id="11-q1",
    asks="Compare two counts of one product on one day",
    objective=1,
    answer_name="stretch",
    reference=_MONTH / _WEEK,
    alternatives=(np.float64(_MONTH / _WEEK), round(_MONTH / _WEEK, 2)),
    misconceptions=(
        Misconception(
            "upside down", _WEEK / _MONTH, "That is the week over the month. The question has it the other way."
        ),
        Misconception(
            "weeks in a month",
            30 / 7,
            "You took it that each week brings new people. Most come back: count people, not visits.",
        ),
        Misconception(
            "added up",
            _MONTH + _WEEK,
            "You added the two. The people of the week are among those of the month: one is a part of the other.",
        ),
        Misconception(
            "a difference",
            _MONTH - _WEEK,
            "That is the difference, in millions. The question asks for how many times.",
        ),
    ),
    hints=(
        "Both rows have the same date and the same company. What differs is `metric`.",
        "Divide the monthly count by the weekly one.",
    ),
    praise="Same product, same day, same company: the window alone does that. Compare like with like.",
    section="The data",
)


def _gain(beta: float, own_quality: float, sensitivity: float, share: float) -> float:
    return beta * (1 - own_quality) * sensitivity * (1 - share)


def _gain_steps(beta: float, own_quality: float, sensitivity: float, share: float) -> Any:
    of_data = np.multiply(beta, 1 - own_quality)
    return of_data * (sensitivity - sensitivity * share)


def _gain_inputs(draw: random.Random) -> Inputs:
    """Small and large products, with quality and share apart from each other."""
    return [
        [draw.uniform(0.2, 0.9), draw.uniform(0.05, 0.4), draw.uniform(1.5, 8), draw.uniform(0.5, 0.9)]
        for _ in range(3)
    ] + [[draw.uniform(0.2, 0.9), draw.uniform(0.6, 0.9), draw.uniform(1.5, 8), draw.uniform(0.05, 0.3)]]


GAIN = Question(
    id="11-q2",
    asks="Write the gain of the loop as a function",
    objective=2,
    answer_name="gain",
    reference=_gain,
    alternatives=(_gain_steps, lambda b, q, g, s: g * b * (1 - q - s + q * s)),
    make_inputs=_gain_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "no ceiling",
            lambda b, q, g, s: b * g * (1 - s),
            "Your loop forgets that quality has a ceiling: close to it, more data add less.",
        ),
        Misconception(
            "an endless market",
            lambda b, q, g, s: b * (1 - q) * g,
            "Your loop forgets that the market is finite: who has nearly all of it can win few more.",
        ),
        Misconception(
            "grows as it gets better",
            lambda b, q, g, s: b * q * g * s,
            "You multiply by what has been reached. What counts is what is left up to the ceiling and to all users.",
        ),
        Misconception(
            "sum for product",
            lambda b, q, g, s: b * (1 - q) + g * (1 - s),
            "You add the two slopes. One per cent goes through both links, one after the other.",
        ),
        Misconception(
            "only the exponents",
            lambda b, q, g, s: b * g,
            "That is the gain of a product with no quality and no users yet. It falls from there.",
        ),
    ),
    hints=(
        "Two slopes, one for each link: from data to quality, and from quality to users.",
        "Each slope has an exponent and a bracket with what is left. Multiply all four.",
    ),
    praise="Four factors, and the two brackets are why every flywheel slows down.",
    section="One number",
)

_WHEEL = Flywheel(1000, 500, 0.7, 0.5, 4, 1, 0.5, harmful_share=0.2)
_CLEAN = Flywheel(1000, 500, 0.7, 0.5, 4, 1, 0.5)


def _tipping(wheel: Flywheel) -> Any:
    return next(state for state in steady_states(wheel) if not state.stable and state.users > 1)


TIPPING = Question(
    id="11-q3",
    asks="Find the tipping point of a flywheel some of whose feedback misleads",
    objective=3,
    answer_name="tipping_users",
    reference=_tipping(_WHEEL).users,
    alternatives=(np.float64(_tipping(_WHEEL).users), round(_tipping(_WHEEL).users, 1)),
    misconceptions=(
        Misconception(
            "data for users",
            _tipping(_WHEEL).data,
            "That is the data at the tipping point. The question asks for the users.",
        ),
        Misconception(
            "the ceiling",
            steady_states(_WHEEL)[-1].users,
            "That state is stable: it is the ceiling. A tipping point is where the smallest push decides.",
        ),
        Misconception(
            "harmless feedback",
            _tipping(_CLEAN).users,
            "That is the tipping point of the lesson's wheel. Here a fifth of the feedback misleads.",
        ),
        Misconception(
            "nothing at all",
            0.0,
            "At 0 nothing moves, but a small push dies away: that state is stable. Look for the unstable one.",
        ),
    ),
    hints=(
        "`Flywheel(..., harmful_share=0.2)`, then `steady_states(wheel)`.",
        "Each state has `users`, `data` and `stable`. Which one is not stable?",
    ),
    praise="A fifth of misleading feedback raises the bar for a start by far more than a fifth.",
    section="Tipping point and ceiling",
)

_THUMBS = flywheel().presets["Thumbs that flatter (GPT-4o, April 2025)"]


def _survives() -> int:
    """Largest share of misleading feedback on the lever at which the case has a ceiling."""
    return next(h for h in reversed(HARMFUL) if run(**{**_THUMBS, "harmful": h}).ceiling > 0)  # type: ignore[arg-type]


EXPLORE = Question(
    id="11-q4",
    asks="Find with the explorer how much misleading feedback a product survives",
    objective=3,
    answer_name="survives_at",
    reference=float(_survives()),
    alternatives=(_survives(),),
    tolerance=1e-6,
    misconceptions=(
        Misconception("a share", _survives() / 100, "Right step, wrong unit: the lever counts in per cent."),
        Misconception(
            "slow decline taken for survival",
            Between(_survives(), 41),
            "After twelve years some users may be left, but they melt on: nothing lasts but 0, says the sentence.",
        ),
        Misconception(
            "lower than needed",
            Between(-1, _survives()),
            "It lives there, true, but it does so already with more misleading feedback.",
        ),
    ),
    hints=(
        "Choose the case that the question names and lower only the fifth lever, one step at a time.",
        "The sentence names either a ceiling or says that nothing lasts but 0. Where does it change?",
    ),
    praise="The product does not fade away bit by bit: there is an edge, and it lies well below one half.",
    section="What if?",
)

_MANY, _FEW, _BETA = 900.0, 56.0, 0.5
_NEEDED = float(value_ratio_break_even(_MANY, _FEW, _BETA))

DECIDE = Question(
    id="11-q5",
    asks="Decide between many users at low value and few at high value",
    objective=4,
    answer_name="decision",
    reference=(_NEEDED, False),
    alternatives=((np.float64(_NEEDED), np.bool_(False)), (round(_NEEDED, 1), False)),
    points=2,
    misconceptions=(
        Misconception(
            "heads only",
            First(_MANY / _FEW),
            "You compared the numbers of users. More users also leave more data, and quality grows with them.",
        ),
        Misconception(
            "quality only",
            First((_MANY / _FEW) ** _BETA),
            "That is how much better the quality of the many gets. Income counts the users as well.",
        ),
        Misconception(
            "in proportion",
            First((_MANY / _FEW) ** 2),
            "You let quality grow in proportion to data. Here it grows with their square root.",
        ),
        Misconception(
            "upside down",
            First(1 / _NEEDED),
            "You took the few over the many. The question asks how much more each of the few must be worth.",
        ),
        Misconception(
            "second half",
            First(_NEEDED),
            "The first number is right. Are 20 dollars at least so many times 1 dollar?",
        ),
    ),
    hints=(
        "Income is users times value times quality, and quality goes with users to the power of the exponent.",
        "The ratio of users to the power of one plus the exponent.",
    ),
    praise="Below the ceiling the crowd wins here. At the ceiling the exponent is 0, and the answer turns round.",
    section="Many, or worth much?",
)

_ACCEPT, _SHOWN = 1.28, 0.79

AUDIT = Question(
    id="11-q6",
    asks="Audit two published figures that sound like more than they are together",
    objective=5,
    answer_name="accepted_change",
    reference=100 * (_ACCEPT * _SHOWN - 1),
    alternatives=(round(100 * (_ACCEPT * _SHOWN - 1), 2),),
    misconceptions=(
        Misconception(
            "adds per cents",
            28.0 - 21.0,
            "You added the two changes. Shares multiply: so many fewer suggestions, each with so much higher a share.",
        ),
        Misconception(
            "the headline", 28.0, "That is the change in the *share* that is accepted, of fewer suggestions."
        ),
        Misconception(
            "both upwards",
            100 * (_ACCEPT * 1.21 - 1),
            "You let the suggestions rise by 21 %. They fell.",
        ),
        Misconception(
            "a factor for a change",
            _ACCEPT * _SHOWN,
            "That is the factor. The question asks for the change in per cent.",
        ),
        Misconception(
            "divides",
            100 * (_ACCEPT / _SHOWN - 1),
            "You divided by the fall in suggestions. Accepted ones are suggestions times the share accepted.",
        ),
    ),
    hints=(
        "Say that there were 100 suggestions, of which some share was accepted. How many suggestions are there now?",
        "The new number of accepted ones over the old: one factor for the suggestions, one for the share.",
    ),
    praise="Nearly the same code is accepted, with fewer interruptions. A gain, but not that of the headline.",
    section="Case: three days in April",
)

CRITICISE = Question(
    id="11-q7",
    asks="Say which objections to a claim about the largest crowd the evidence supports",
    objective=5,
    answer_name="objections",
    reference={"A", "C", "D"},
    alternatives=(["A", "C", "D"], {"d", "c", "a"}),
    misconceptions=(
        Misconception(
            "calls a count a lie",
            Choosing("B"),
            "B says that the figure was made up. Two counts that differ show two methods; which one errs is open.",
        ),
        Misconception(
            "from no proof to no effect",
            Choosing("E"),
            "E goes too far: four products cannot prove that feedback is worthless, and delay alone costs years.",
        ),
        Misconception(
            "lets a part outgrow its whole",
            LeavingOut("A"),
            "Not all yet. Compare the count for June with the one for the country in March.",
        ),
        Misconception(
            "tokens for people",
            LeavingOut("C"),
            "Not all yet. What, apart from more users, makes the number of tokens rise?",
        ),
        Misconception(
            "a lead without end",
            LeavingOut("D"),
            "Not all yet. What becomes of a lead in users close to the ceiling?",
        ),
    ),
    hints=(
        "Go through them one by one: which row or which chart of the lesson bears it out?",
        "Two of the five say more than anybody in the lesson has measured.",
    ),
    praise="You doubted the count without calling it false, and the lead without calling it worthless.",
    section="Verdict so far",
)

QUESTIONS = (READ, GAIN, TIPPING, EXPLORE, DECIDE, AUDIT, CRITICISE)
