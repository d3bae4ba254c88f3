"""Lesson 09: do open ecosystems grow faster?"""

from __future__ import annotations

import math
import random
from statistics import median
from typing import Any

import numpy as np

from aistack.growth import growth, growth_gap
from course.explorers.diffusion import foresee
from course.questions.families import Between, Choosing, First, LeavingOut, OtherThan
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario
from course.series import series_of


def _project(draw: random.Random) -> Numbers:
    """A project that grows 2.5- to 4.4-fold in 2 to 5 years: outside, two slips could come to one number."""
    first = draw.randrange(9_000, 40_000)
    return {
        "first_stars": first,
        "last_stars": round(first * draw.uniform(2.5, 4.4)),
        "years": round(draw.uniform(2, 5), 2),
    }


def _doubling(numbers: Numbers) -> Question:
    fold, span = numbers["last_stars"] / numbers["first_stars"], numbers["years"]
    rate = math.log(fold) / span
    return Question(
        id="09-q1",
        asks="Compute the doubling time of a project from its first and last point",
        objective=1,
        answer_name="doubling_months",
        reference=12 * math.log(2) / rate,
        alternatives=(np.float64(12 * span * math.log(2) / math.log(fold)), round(12 * math.log(2) / rate, 1)),
        misconceptions=(
            Misconception(
                "growth rate for doubling time",
                rate,
                "That is the growth rate per year. The question asks how long one doubling takes at that rate.",
            ),
            Misconception(
                "years for months",
                math.log(2) / rate,
                "That is the doubling time in years. The question asks for months.",
            ),
            Misconception(
                "simple growth",
                12 * span / (fold - 1),
                "You let the growth add up instead of compounding: each doubling starts from what is there already.",
            ),
            Misconception(
                "logarithm to the base ten",
                12 * math.log(2) * span / math.log10(fold),
                "You mixed a logarithm to the base ten with a natural one. Use the same kind above and below.",
            ),
            Misconception(
                "no logarithm",
                12 * span * math.log(2) / fold,
                "You divided by last over first itself. The growth rate takes its logarithm before anything else.",
            ),
            Misconception(
                "time until the whole growth",
                12 * span,
                "That is the length of the whole series. In it the stars more than doubled.",
            ),
        ),
        hints=(
            "First the growth rate: the logarithm of last over first, divided by the years between them.",
            "A doubling is a growth of ln 2. How many years does that take at your rate, and how many months are they?",
        ),
        praise="A doubling time is easier to picture than a rate, and says the same.",
        section="One rate",
        scenario=Scenario(numbers, _project, _doubling),
    )


_YEARS, _STARS = series_of("open_ecosystem", "stars-ollama")
DOUBLING = _doubling(
    {
        "first_stars": float(_STARS[0]),
        "last_stars": float(_STARS[-1]),
        "years": round(float(_YEARS[-1] - _YEARS[0]), 2),
    }
)

READ = Question(
    id="09-q2",
    asks="Read from a chart which forecast was best, and of which kind it is",
    objective=2,
    answer_name="best_and_kind",
    reference=("B", "logistic"),
    alternatives=(["b", "logistic"], ("B", "Logistic")),
    misconceptions=(
        Misconception(
            "fits the past best",
            ("A", "exponential"),
            "You named the curve that runs off upwards. Look at the hollow points: which curve passes them?",
        ),
        Misconception(
            "right letter, wrong kind",
            ("B", "exponential"),
            "The letter is right. An exponential curve never bends; does this one?",
        ),
        Misconception(
            "right letter, called no change",
            ("B", "no change"),
            "The letter is right. No change is a level line at the last value seen; is this one level?",
        ),
        Misconception(
            "the flat one",
            ("C", "no change"),
            "That one is level at the last value seen. Other points came, and another curve passes nearer to them.",
        ),
    ),
    hints=(
        "Only the hollow points count: the curves have seen the filled ones.",
        "A curve that bends towards a ceiling, one that rises ever more steeply, one that is level: which is which?",
    ),
    praise="This time the bend was in sight, and the S-curve could see it.",
    section="One ceiling",
)


def _years_between(first: float, last: float, rate: float) -> float:
    return math.log(last / (1 - last) * (1 - first) / first) / rate


def _years_by_midpoint(first: float, last: float, rate: float) -> Any:
    since_midpoint = np.log(np.array([first, last]) / (1 - np.array([first, last]))) / rate
    return np.diff(since_midpoint)[0]


def _share_inputs(draw: random.Random) -> Inputs:
    """Stretches below, across and above the midpoint."""
    ends = [
        (draw.uniform(0.02, 0.1), draw.uniform(0.3, 0.45)),
        (draw.uniform(0.05, 0.2), draw.uniform(0.7, 0.95)),
        (draw.uniform(0.55, 0.7), draw.uniform(0.8, 0.98)),
    ]
    return [[first, last, draw.uniform(0.3, 0.8)] for first, last in ends]


STRETCH = Question(
    id="09-q3",
    asks="Write how long a logistic curve takes from one share of its ceiling to another as a function",
    objective=2,
    answer_name="years_between",
    reference=_years_between,
    alternatives=(_years_by_midpoint,),
    make_inputs=_share_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "growth without a ceiling",
            lambda a, b, r: math.log(b / a) / r,
            "You let the share itself grow by the rate, as if there were no ceiling. On a logistic curve the odds do.",
        ),
        Misconception(
            "a straight line",
            lambda a, b, r: (b - a) / r,
            "You took a straight line from one share to the other. The curve grows slowly at both ends.",
        ),
        Misconception(
            "those not yet reached",
            lambda a, b, r: math.log((1 - a) / (1 - b)) / r,
            "You followed only those who are not reached yet. The odds set the reached against them.",
        ),
        Misconception(
            "odds without the logarithm",
            lambda a, b, r: (b / (1 - b) - a / (1 - a)) / r,
            "You subtracted the odds themselves. It is their logarithm that grows by the rate.",
        ),
        Misconception(
            "times the rate",
            lambda a, b, r: _years_between(a, b, r) * r * r,
            "You multiplied by the rate. A curve with a higher rate takes less time.",
        ),
        Misconception(
            "the wrong way round",
            lambda a, b, r: -_years_between(a, b, r),
            "Your years are negative where the curve rises: which share comes first?",
        ),
    ),
    hints=(
        "Turn both shares into odds, reached over not yet reached. Their logarithm grows by the rate every year.",
        "By how much does that logarithm grow from the first share to the last? How many years is that at the rate?",
    ),
    praise="Neither ceiling nor midpoint is in it. But who can know the share before the ceiling is known?",
    section="One ceiling",
)


def _first_good_step() -> int:
    for seen in range(40, 91):
        found = foresee("Dify", "logistic", seen, 10)
        if abs(found.last / float(found.stars[-1]) - 1) <= 0.1:
            return seen
    raise ValueError("no step comes within a tenth")


LEVER = Question(
    id="09-q4",
    asks="Find with the explorer how much history a curve must have seen",
    objective=3,
    answer_name="seen_percent",
    reference=_first_good_step(),
    alternatives=(float(_first_good_step()),),
    misconceptions=(
        Misconception(
            "a share for per cent",
            _first_good_step() / 100,
            "Give it in per cent, as the lever counts.",
        ),
        Misconception(
            "not yet within a tenth",
            Between(39, _first_good_step()),
            "There the forecast for the last month is still more than a tenth away: read forecast over what came.",
        ),
        Misconception(
            "not the first",
            Between(_first_good_step(), 91),
            "The forecast is good there, but it already was at a smaller share. Go back one step at a time.",
        ),
    ),
    hints=(
        "Project Dify, curve logistic, ceiling at most 10 times; then raise only the history seen.",
        "The row 'Forecast over what came' must be between 90 and 110 per cent for the first time.",
    ),
    praise="By then the bend was past. Before it, the same curve was off by half.",
    section="What if?",
    tolerance=1e-6,
)


def _typical(forecasts: list[float], came: list[float]) -> float:
    return float(median(abs(f / c - 1) for f, c in zip(forecasts, came, strict=True)))


def _relative(forecasts: list[float], came: list[float], last_seen: float) -> float:
    return _typical(forecasts, came) / _typical([last_seen] * len(came), came)


def _relative_numpy(forecasts: list[float], came: list[float], last_seen: float) -> Any:
    truth = np.array(came)
    own, lazy = (np.median(np.abs(said - truth) / truth) for said in (np.array(forecasts), last_seen))
    return own / lazy


def _relative_inputs(draw: random.Random) -> Inputs:
    """Errors on both sides, of an odd and an even number, with one huge miss that a mean would not forgive."""
    cases: Inputs = []
    for count in (4, 5, 6, 7, 8):
        came = sorted(draw.uniform(80, 500) for _ in range(count))
        ratios = [draw.choice([draw.uniform(0.5, 0.9), draw.uniform(1.1, 1.6)]) for _ in range(count - 1)] + [9.0]
        forecasts = [c * ratio for c, ratio in zip(came, ratios, strict=True)]
        cases.append([forecasts, came, draw.uniform(40, 70)])
    return cases


def _wrong_relative(kind: str) -> Any:
    def wrong(forecasts: list[float], came: list[float], last_seen: float) -> float:
        pairs = list(zip(forecasts, came, strict=True))
        own, lazy = [f / c - 1 for f, c in pairs], [last_seen / c - 1 for c in came]
        sizes, lazy_sizes = [abs(each) for each in own], [abs(each) for each in lazy]
        return float(
            {
                "own": median(sizes),
                "upside down": median(lazy_sizes) / median(sizes),
                "difference": median(sizes) - median(lazy_sizes),
                "mean": sum(sizes) / sum(lazy_sizes),
                "signed": median(own) / median(lazy),
                "absolute": median(abs(f - c) for f, c in pairs) / median(abs(last_seen - c) for c in came),
            }[kind]
        )

    return wrong


BESIDE = Question(
    id="09-q5",
    asks="Write the typical error of forecasts, measured by that of the laziest one, as a function",
    objective=3,
    answer_name="relative_error",
    reference=_relative,
    alternatives=(_relative_numpy,),
    make_inputs=_relative_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "not beside anything",
            _wrong_relative("own"),
            "That is the typical error of the forecasts. What is it beside that of no change?",
        ),
        Misconception(
            "upside down",
            _wrong_relative("upside down"),
            "You divided the laziest by the forecasts. A good forecast should come out below 1.",
        ),
        Misconception(
            "a difference",
            _wrong_relative("difference"),
            "You subtracted the two typical errors. The question divides them.",
        ),
        Misconception(
            "mean for median",
            _wrong_relative("mean"),
            "You took the mean. One huge miss then speaks for all; the typical error is the one in the middle.",
        ),
        Misconception(
            "signs kept",
            _wrong_relative("signed"),
            "You kept the signs, so misses up and down cancel. That measures a lean, not how far off a forecast is.",
        ),
        Misconception(
            "no share",
            _wrong_relative("absolute"),
            "You compare stars, not shares. The largest points then decide, and small ones count for nothing.",
        ),
    ),
    hints=(
        "First the typical error of the forecasts: each miss as a share of what came, no sign, then the middle one.",
        "Then the same for a forecast that says `last_seen` every time. Divide the first by the second.",
    ),
    praise="Below 1 a curve has earned its place. At 1 it knew no more than the laziest forecast.",
    section="How wrong is it?",
)


_CODEX = growth(*series_of("open_ecosystem", "stars-codex"))
_GEMINI = growth(*series_of("open_ecosystem", "stars-gemini-cli"))
_SE_1, _SE_2 = _CODEX.standard_error, _GEMINI.standard_error
_GAP = growth_gap(_CODEX, _GEMINI)
_LOW, _VERDICT = _GAP.low, _GAP.verdict
_Z = (_GAP.per_year - _LOW) / math.hypot(_SE_1, _SE_2)  # standard errors from the middle to the end

COMPARE = Question(
    id="09-q6",
    asks="Decide whether two projects' growth can be told apart",
    objective=4,
    answer_name="gap_and_verdict",
    reference=(_LOW, _VERDICT),
    alternatives=([round(_LOW, 3), _VERDICT.upper()],),
    misconceptions=(
        Misconception(
            "right end, wrong verdict",
            First(_LOW),
            "Your lower end is right. Is 0 inside an interval that goes from there upwards?",
        ),
        Misconception(
            "errors subtracted",
            First(_GAP.per_year - _Z * (_SE_1 - _SE_2)),
            "You subtracted one standard error from the other. Uncertainties do not cancel: they add, in squares.",
        ),
        Misconception(
            "errors added up",
            First(_GAP.per_year - _Z * (_SE_1 + _SE_2)),
            "You added the standard errors. Independent ones add in squares: the root of the sum of the squares.",
        ),
        Misconception(
            "gap for its lower end",
            First(_GAP.per_year),
            "That is the gap itself. The verdict hangs on the lower end of its interval.",
        ),
        Misconception(
            "the upper end",
            First(_GAP.high),
            "That is the upper end of the interval. The lower end lies as far to the other side of the gap.",
        ),
        Misconception(
            "one standard error only",
            First(_GAP.per_year - math.hypot(_SE_1, _SE_2)),
            "You went down by one standard error. A 90 % interval reaches 1.645 of them to either side.",
        ),
    ),
    hints=(
        "Standard error of the gap: the root of the sum of the squares of the two.",
        "Lower end: the gap less 1.645 times that. Is 0 inside the interval?",
    ),
    praise="A gap of that size between two projects of one kind and age, and a year of data cannot tell it from luck.",
    section="One rate",
    points=2,
)

AUDIT = Question(
    id="09-q7",
    asks="Audit a growth figure that was made of several counts",
    objective=5,
    answer_name="growth_percent",
    reference=0,
    alternatives=(0.0,),
    misconceptions=(
        Misconception(
            "the press release",
            57,
            "That divides the report's count by the newspaper's. They do not count the same, so it is no growth.",
        ),
        Misconception(
            "to the company's figure",
            100 * (700 / 600 - 1),
            "That joins the press to the company. Which two rows have the same name in the column `series`?",
        ),
        Misconception(
            "from the company's figure",
            100 * (942.1 / 700 - 1),
            "That joins the company to the report. Which two rows have the same name in the column `series`?",
        ),
        Misconception(
            "a ratio for a change",
            1,
            "That is last over first. The question asks for the change in per cent.",
        ),
        Misconception(
            "a ratio for a change, in per cent",
            100,
            "That is last over first, in per cent. The question asks for the change.",
        ),
    ),
    hints=(
        "Only rows of one series may be divided by each other. Look at the first column.",
        "Two rows belong together. Change in per cent from the earlier to the later one, whatever you think of it.",
    ),
    praise="No growth that anybody measured, and even that is an old figure repeated. Now you know what the 57 % were.",
    section="The data",
    points=2,
)

CRITICISE = Question(
    id="09-q8",
    asks="Say which objections to a claim the evidence supports",
    objective=5,
    answer_name="objections",
    reference={"C", "D", "E"},
    alternatives=(["D", "C", "E"], {"c", "d", "e"}),
    misconceptions=(
        Misconception(
            "one count proves the opposite",
            Choosing("B"),
            "B makes the same mistake the other way round: one young project of one maker is not all closed models.",
        ),
        Misconception(
            "trusts the curve",
            Choosing("A"),
            "A trusts a curve through two points. What did the lesson say is left over to warn you?",
        ),
        Misconception(
            "misses age and year",
            LeavingOut("D"),
            "Not all yet. What must be held equal to compare two rates, and how many projects are left?",
        ),
        Misconception(
            "misses what is counted",
            LeavingOut("C"),
            "Not all yet. What does a star count, and what does it not?",
        ),
        Misconception(
            "misses where the claim is right",
            LeavingOut("E"),
            "Not all yet. A fair critic also grants what holds: look at the capability index.",
        ),
        Misconception(
            "not a set of letters",
            OtherThan(("A", "B", "C", "D", "E")),
            'Answer with a set of letters, such as {"A", "E"}.',
        ),
    ),
    hints=(
        "Go through the five one by one: is there a number in the lesson that bears it out?",
        "Three hold. One of them grants the claim something.",
    ),
    praise="Age, measure, and a fair concession: that is how such a claim is taken apart.",
    section="Verdict so far",
    points=2,
)

QUESTIONS: tuple[Question, ...] = (DOUBLING, READ, STRETCH, LEVER, BESIDE, COMPARE, AUDIT, CRITICISE)
