"""Lesson 09: do open ecosystems grow faster?"""

from __future__ import annotations

import math
import random
from statistics import median
from typing import Any

import numpy as np

from aistack.growth import growth, growth_gap
from course.explorers.diffusion import foresee
from course.questions.families import Between, Choosing, LeavingOut, OtherThan
from course.questions.question import Inputs, Misconception, Question
from course.series import series_of

_OLLAMA = series_of("open_ecosystem", "stars-ollama")
_SPAN, _FOLD = float(_OLLAMA[0][-1] - _OLLAMA[0][0]), float(_OLLAMA[1][-1] / _OLLAMA[1][0])
_RATE = math.log(_FOLD) / _SPAN

DOUBLING = Question(
    id="09-q1",
    asks="Compute the doubling time of a project from its first and last point",
    objective=1,
    answer_name="doubling_months",
    reference=12 * math.log(2) / _RATE,
    alternatives=(np.float64(12 * _SPAN * math.log(2) / math.log(_FOLD)), round(12 * math.log(2) / _RATE, 1)),
    misconceptions=(
        Misconception(
            "growth rate for doubling time",
            _RATE,
            "That is the growth rate per year. The question asks how long one doubling takes at that rate.",
        ),
        Misconception(
            "years for months",
            math.log(2) / _RATE,
            "That is the doubling time in years. The question asks for months.",
        ),
        Misconception(
            "simple growth",
            12 * _SPAN / (_FOLD - 1),
            "You let the growth add up instead of compounding: each doubling starts from what is there already.",
        ),
        Misconception(
            "logarithm to the base ten",
            12 * math.log(2) * _SPAN / math.log10(_FOLD),
            "You mixed a logarithm to the base ten with a natural one. Use the same kind above and below.",
        ),
        Misconception(
            "no logarithm",
            12 * _SPAN * math.log(2) / _FOLD,
            "You divided by last over first itself. The growth rate takes the logarithm of that before anything else.",
        ),
        Misconception(
            "time until the whole growth",
            12 * _SPAN,
            "That is the length of the whole series. In it the stars more than doubled.",
        ),
    ),
    hints=(
        "First the growth rate: the logarithm of last over first, divided by the years between them.",
        "A doubling is a growth of ln 2. How many years does that take at your rate, and how many months are they?",
    ),
    praise="A doubling time is easier to picture than a rate, and says the same.",
    section="One rate",
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


def _s_curve(year: float, ceiling: float, rate: float, midpoint: float) -> float:
    return ceiling / (1 + math.exp(-rate * (year - midpoint)))


def _s_curve_by_odds(year: float, ceiling: float, rate: float, midpoint: float) -> Any:
    odds = np.exp(rate * (year - midpoint))
    return ceiling * odds / (1 + odds)


def _curve_inputs(draw: random.Random) -> Inputs:
    """Years before, at and after the midpoint, so that each slip shows."""
    return [
        [2020 + draw.uniform(-4, 4) + shift, draw.uniform(20, 500), draw.uniform(0.4, 1.5), 2020 + draw.uniform(-1, 1)]
        for shift in (-4, -1, 0, 1, 4)
    ]


S_CURVE = Question(
    id="09-q3",
    asks="Write the logistic curve as a function",
    objective=2,
    answer_name="logistic",
    reference=_s_curve,
    alternatives=(_s_curve_by_odds,),
    make_inputs=_curve_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "sign of the exponent",
            lambda t, k, r, m: k / (1 + math.exp(r * (t - m))),
            "Your curve falls. Long after the midpoint the exponential must have become small, not large.",
        ),
        Misconception(
            "share without the ceiling",
            lambda t, k, r, m: 1 / (1 + math.exp(-r * (t - m))),
            "You return the share that is reached, between 0 and 1. Of how much?",
        ),
        Misconception(
            "midpoint left out",
            lambda t, k, r, m: k / (1 + math.exp(min(700.0, -r * t / 2020))),
            "Time runs from the midpoint: half of the ceiling is reached there, in your curve somewhere else.",
        ),
        Misconception(
            "exponential growth",
            lambda t, k, r, m: k / 2 * math.exp(r * (t - m)),
            "That grows for ever. Right long before the midpoint, but nothing stops it at the ceiling.",
        ),
        Misconception(
            "rate outside the exponent",
            lambda t, k, r, m: k / (1 + r * math.exp(-(t - m))),
            "The rate stretches time: it belongs into the exponent.",
        ),
    ),
    hints=(
        "Three steps: years since the midpoint, times the rate; that as a negative exponent; then the ceiling over it.",
        "Try it: at the midpoint it must return half of the ceiling, and long afterwards the ceiling.",
    ),
    praise="Three numbers, and only one of them decides the long run.",
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


def _mdape(forecasts: list[float], came: list[float]) -> float:
    return float(median(abs(f / c - 1) for f, c in zip(forecasts, came, strict=True)))


def _mdape_numpy(forecasts: list[float], came: list[float]) -> Any:
    truth = np.array(came)
    return np.median(np.abs(np.array(forecasts) - truth) / truth)


def _mdape_inputs(draw: random.Random) -> Inputs:
    """Errors on both sides, of an odd and an even number, with one huge miss that a mean would not forgive."""
    cases: Inputs = []
    for count in (5, 6, 7):
        came = [draw.uniform(50, 500) for _ in range(count)]
        ratios = [draw.choice([draw.uniform(0.5, 0.9), draw.uniform(1.1, 1.6)]) for _ in range(count - 1)] + [9.0]
        cases.append([[c * ratio for c, ratio in zip(came, ratios, strict=True)], came])
    return cases


def _wrong_mdape(kind: str) -> Any:
    def wrong(forecasts: list[float], came: list[float]) -> float:
        pairs = list(zip(forecasts, came, strict=True))
        return {
            "mean": sum(abs(f / c - 1) for f, c in pairs) / len(pairs),
            "signed": float(median(f / c - 1 for f, c in pairs)),
            "of forecast": float(median(abs(c / f - 1) for f, c in pairs)),
            "absolute": float(median(abs(f - c) for f, c in pairs)),
        }[kind]

    return wrong


ERROR = Question(
    id="09-q5",
    asks="Write the typical error of a forecast as a function",
    objective=3,
    answer_name="typical_error",
    reference=_mdape,
    alternatives=(_mdape_numpy,),
    make_inputs=_mdape_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "mean for median",
            _wrong_mdape("mean"),
            "You took the mean. One huge miss then speaks for all; the typical error is the one in the middle.",
        ),
        Misconception(
            "signs kept",
            _wrong_mdape("signed"),
            "You kept the signs, so misses up and down cancel. That measures a lean, not how far off a forecast is.",
        ),
        Misconception(
            "share of the forecast",
            _wrong_mdape("of forecast"),
            "You divide by the forecast. An error is a share of what came: a forecaster must not choose the yardstick.",
        ),
        Misconception(
            "no share",
            _wrong_mdape("absolute"),
            "You return stars, not a share. Without dividing, a large project cannot be compared with a small one.",
        ),
    ),
    hints=(
        "For each pair: how far is the forecast from what came, as a share of what came, without its sign?",
        "Then sort these shares and take the one in the middle (`statistics.median`).",
    ),
    praise="That is the measure by which the lesson ranked four forecasts on every project.",
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
            "errors subtracted",
            (_GAP.per_year - _Z * (_SE_1 - _SE_2), "faster"),
            "You subtracted one standard error from the other. Uncertainties do not cancel: they add, in squares.",
        ),
        Misconception(
            "errors added up",
            (_GAP.per_year - _Z * (_SE_1 + _SE_2), "not told apart"),
            "You added the standard errors. Independent ones add in squares: the root of the sum of the squares.",
        ),
        Misconception(
            "errors added up, sure all the same",
            (_GAP.per_year - _Z * (_SE_1 + _SE_2), "faster"),
            "Two slips: independent errors add in squares, and the verdict asks whether 0 is inside the interval.",
        ),
        Misconception(
            "gap for its lower end",
            (_GAP.per_year, "faster"),
            "That is the gap itself. The verdict hangs on the lower end of its interval.",
        ),
        Misconception(
            "sure without looking",
            (_LOW, "faster"),
            "Your lower end is right. But does an interval from there upwards leave 0 out?",
        ),
        Misconception(
            "one standard error only",
            (_GAP.per_year - math.hypot(_SE_1, _SE_2), "faster"),
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
    reference={"A", "C", "D"},
    alternatives=(["A", "C", "D"], {"d", "c", "a"}),
    misconceptions=(
        Misconception(
            "one count proves the opposite",
            Choosing("B"),
            "B makes the same mistake the other way round: one young project of one maker is not all closed models.",
        ),
        Misconception(
            "trusts the curve",
            Choosing("E"),
            "E trusts a curve through two points. What did the lesson say is left over to warn you?",
        ),
        Misconception(
            "misses age and year",
            LeavingOut("A"),
            "Not all yet. What must be held equal to compare two rates, and how many projects are left?",
        ),
        Misconception(
            "misses what is counted",
            LeavingOut("C"),
            "Not all yet. What does a star count, and what does it not?",
        ),
        Misconception(
            "misses where the claim is right",
            LeavingOut("D"),
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

QUESTIONS: tuple[Question, ...] = (DOUBLING, READ, S_CURVE, LEVER, ERROR, COMPARE, AUDIT, CRITICISE)
