"""Lesson 11: does the flywheel spin?"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from aistack.flywheel import Flywheel, steady_states, value_ratio_break_even
from course.data import load
from course.explorers.flywheel import HARMFUL, flywheel, run
from course.questions.families import Between, Choosing, First, LeavingOut
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario

_COUNTS = load("feedback_scale").set_index("feedback_id")["value"]


def _ratio(of_chatgpt: str, of_gemini: str) -> float:
    return float(_COUNTS[f"chatgpt-{of_chatgpt}"] / _COUNTS[f"gemini-app-court-{of_gemini}"])


_DAY, _MONTH, _MESSAGES = "users-daily-2025-03-28", "users-monthly-2025-03-15", "messages-per-day-2025-03-28"
_WEEK = "users-weekly-2025-03-13"
_ALIKE = _ratio(f"court-{_DAY}", _DAY)

READ = Question(
    id="11-q1",
    asks="Find among six counts the two that compare like with like",
    objective=1,
    answer_name="times_as_many",
    reference=_ALIKE,
    alternatives=(np.float64(_ALIKE), round(_ALIKE, 2)),
    misconceptions=(
        Misconception(
            "day against month",
            _ratio(f"court-{_DAY}", _MONTH),
            "That is the slide's pair: a day against a month, in which more people come by once.",
        ),
        Misconception(
            "the slide's own number",
            1 / _ratio(f"court-{_DAY}", _MONTH),
            "That is the slide's pair, the way round in which the slide has it. Look at the windows of the two.",
        ),
        Misconception(
            "week against month",
            _ratio(_WEEK, _MONTH),
            "A week against a month, and a company against a court: neither the window nor the counter is the same.",
        ),
        Misconception(
            "week against day",
            _ratio(_WEEK, _DAY),
            "A week against a day: the window of ChatGPT is seven times as long.",
        ),
        Misconception(
            "messages for users",
            _ratio(f"court-{_MESSAGES}", _MESSAGES),
            "Same window, same counter, but those are messages. The question asks for users.",
        ),
        Misconception("upside down", 1 / _ALIKE, "The right pair, turned round: that is Gemini over ChatGPT."),
    ),
    hints=(
        "Two rows compare like with like if `metric`, `counted_by` and the date are the same.",
        "Of the pairs with the same metric, one counts users. Divide ChatGPT's count by Gemini's.",
    ),
    praise="Like with like, and the order of the two is not that of the slide. Ask for the window first.",
    section="The data",
)


def _limit(beta: float, own_quality: float, sensitivity: float) -> float:
    return max(0.0, 1 - 1 / (beta * (1 - own_quality) * sensitivity))


def _limit_if(beta: float, own_quality: float, sensitivity: float) -> Any:
    alone = np.multiply(beta * sensitivity, 1 - own_quality)  # the gain of a product that nobody uses yet
    return 0 if alone <= 1 else (alone - 1) / alone


def _limit_inputs(draw: random.Random) -> Inputs:
    """Products whose wheel turns up to some share, and one whose wheel never does."""
    turning = [[draw.uniform(0.5, 0.9), draw.uniform(0.05, 0.35), draw.uniform(4, 8)] for _ in range(3)]
    return [*turning, [draw.uniform(0.2, 0.5), draw.uniform(0.6, 0.8), draw.uniform(1.5, 4)]]


LIMIT = Question(
    id="11-q2",
    asks="Write as a function up to which share of the market differences grow",
    objective=2,
    answer_name="share_limit",
    reference=_limit,
    alternatives=(_limit_if, lambda b, q, g: float(np.clip(1 - 1 / (b * g * (1 - q)), 0, 1))),
    make_inputs=_limit_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "less than nothing",
            lambda b, q, g: 1 - 1 / (b * (1 - q) * g),
            "Right where the wheel turns. Where it never does you return a share below 0: the least share is 0.",
        ),
        Misconception(
            "no ceiling",
            lambda b, q, g: max(0.0, 1 - 1 / (b * g)),
            "Your loop forgets that quality has a ceiling: close to it, more data add less.",
        ),
        Misconception(
            "what is left of the market",
            lambda b, q, g: min(1.0, 1 / (b * (1 - q) * g)),
            "That is what is left to win at the limit. The question asks for the share that the product has.",
        ),
        Misconception(
            "quality reached for quality left",
            lambda b, q, g: max(0.0, 1 - 1 / (b * q * g)),
            "You multiply by the quality that has been reached. What counts is what is left up to the ceiling.",
        ),
        Misconception(
            "the gain itself",
            lambda b, q, g: b * (1 - q) * g,
            "That is the gain of a product that nobody uses yet. At which share has it fallen to 1?",
        ),
    ),
    hints=(
        "At the limit the gain is exactly 1. Write that down, and solve it for the share.",
        "If the gain is below 1 even for a product without users, differences never grow: use `max(0, ...)`.",
    ),
    praise="Above that share a lead melts, however large the crowd: no flywheel carries anybody to the whole market.",
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

_SERVICES = {"users_a": 900, "users_b": 56, "dollars_a": 1, "dollars_b": 20, "exponent": 0.5}


def _other_services(draw: random.Random) -> Numbers:
    """Two crowds that differ by 4 to 20 times; the few are worth clearly more, or less, than it takes."""
    few, times, exponent = draw.randint(20, 80), draw.uniform(4, 20), round(draw.uniform(0.3, 0.7), 2)
    many, value = round(few * times), round(draw.uniform(0.5, 3), 2)
    needed = float(value_ratio_break_even(many, few, exponent))
    worth = needed * draw.choice([draw.uniform(0.3, 0.8), draw.uniform(1.25, 2)])
    return {
        "users_a": many,
        "users_b": few,
        "dollars_a": value,
        "dollars_b": round(value * worth, 2),
        "exponent": exponent,
    }


def _many_or_few(services: Numbers) -> Question:
    times, beta = services["users_a"] / services["users_b"], services["exponent"]
    needed = float(value_ratio_break_even(services["users_a"], services["users_b"], beta))
    few_win = services["dollars_b"] >= needed * services["dollars_a"]
    return Question(
        id="11-q5",
        asks="Decide between many users at low value and few at high value",
        objective=4,
        answer_name="decision",
        reference=(needed, few_win),
        alternatives=((np.float64(needed), np.bool_(few_win)), (times * times**beta, few_win)),
        points=2,
        misconceptions=(
            Misconception(
                "heads only",
                First(times),
                "You compared the numbers of users. More users also leave more data, and quality grows with them.",
            ),
            Misconception(
                "quality only",
                First(times**beta),
                "That is how much better the quality of the many gets. Income counts the users as well.",
            ),
            Misconception(
                "in proportion",
                First(times**2),
                "You let quality grow in proportion to data. Here it grows with a power of them below 1.",
            ),
            Misconception(
                "upside down",
                First(1 / needed),
                "You took the few over the many. The question asks how much more each of the few must be worth.",
            ),
            Misconception(
                "second half",
                First(needed),
                "The first number is right. Is a user of B worth at least so many times what one of A is worth?",
            ),
        ),
        hints=(
            "Income is users times value times quality, and quality goes with users to the power of the exponent.",
            "The ratio of users to the power of one plus the exponent.",
        ),
        praise="That holds far below the ceiling. At the ceiling the exponent is 0, and the few need much less.",
        section="Many, or worth much?",
        scenario=Scenario(services, _other_services, _many_or_few),
    )


DECIDE = _many_or_few(_SERVICES)

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
    reference={"B", "C", "E"},
    alternatives=(["C", "B", "E"], {"b", "c", "e"}),
    misconceptions=(
        Misconception(
            "calls a count a lie",
            Choosing("A"),
            "A says that the figure was made up. Two counts that differ show two methods; which one errs is open.",
        ),
        Misconception(
            "from no proof to no effect",
            Choosing("D"),
            "D goes too far: four products cannot prove that feedback is worthless, and delay alone costs years.",
        ),
        Misconception(
            "lets a part outgrow its whole",
            LeavingOut("B"),
            "Not all yet. Compare the count for June with the one for the country in March.",
        ),
        Misconception(
            "tokens for people",
            LeavingOut("C"),
            "Not all yet. What, apart from more users, makes the number of tokens rise?",
        ),
        Misconception(
            "a lead without end",
            LeavingOut("E"),
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

QUESTIONS = (READ, LIMIT, TIPPING, EXPLORE, DECIDE, AUDIT, CRITICISE)
