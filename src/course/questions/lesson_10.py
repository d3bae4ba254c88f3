"""Lesson 10: where does AI pay off?"""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

from aistack.effects import pool
from aistack.returns import cost_per_case, net_present_value_usd
from course.data import load
from course.explorers.returns import BASELINE, THRESHOLDS, decide, review_policy
from course.figures.effects import speed_studies
from course.questions.families import Between, Choosing, First, LeavingOut
from course.questions.question import Inputs, Misconception, Question

_CASES = load("app_cases").set_index("case_id", drop=False)
_TRIALS = _CASES[_CASES["design"] == "randomised"]


def _share(rows: Any, *directions: str) -> float:
    return float(rows["direction"].isin(directions).mean())


READ = Question(
    id="10-q1",
    asks="Count how many effects of randomised trials are null or harm",
    objective=1,
    answer_name="not_good",
    reference=_share(_TRIALS, "null", "harm"),
    alternatives=(round(_share(_TRIALS, "null", "harm"), 3),),
    misconceptions=(
        Misconception(
            "every design",
            _share(_CASES, "null", "harm"),
            "That is the share among all rows. The question asks for the randomised ones.",
        ),
        Misconception(
            "a null is no result",
            _share(_TRIALS, "harm"),
            "You left the nulls out. A study that could tell no difference is a result, and a costly one to ignore.",
        ),
        Misconception(
            "harm forgotten",
            _share(_TRIALS, "null"),
            "You counted the nulls only. Harm is not a benefit either.",
        ),
        Misconception(
            "the other side",
            _share(_TRIALS, "benefit"),
            "That is the share with a benefit. The question asks for the rest.",
        ),
        Misconception(
            "a count for a share",
            float(_TRIALS["direction"].isin(["null", "harm"]).sum()),
            "That is how many there are. Divide by the number of randomised rows.",
        ),
        Misconception(
            "of all rows",
            float(_TRIALS["direction"].isin(["null", "harm"]).sum()) / len(_CASES),
            "You divided by all rows of the table, though only randomised ones were counted.",
        ),
    ),
    hints=(
        "First keep the rows whose `design` is `randomised`, then look at their `direction`.",
        'A column of True and False has a mean: `rows["direction"].isin([...]).mean()`.',
    ),
    praise="In trials, nearly one effect in three is no benefit. Whoever shows you only successes has chosen.",
    section="The data",
)

_SOFTWARE = ["cui-three-firms", "metr-2025", "metr-2026-new", "metr-2026-returning", "peng-copilot"]


_EFFECT, _ERROR = speed_studies(_SOFTWARE)
_WITHOUT = pool(_EFFECT[:-1], _ERROR[:-1])
_WITH = pool(_EFFECT, _ERROR)

POOL = Question(
    id="10-q2",
    asks="Pool a set of studies and say what the next place must be ready for",
    objective=2,
    answer_name="worst_next",
    reference=_WITHOUT.next_low,
    alternatives=(np.float64(_WITHOUT.next_low), round(_WITHOUT.next_low, 3)),
    tolerance=0.005,
    misconceptions=(
        Misconception(
            "the average place",
            _WITHOUT.low,
            "That is the lower end for the *mean* of all places. The question is about one new place.",
        ),
        Misconception(
            "the mean itself",
            _WITHOUT.mean,
            "That is the mean. Half of all places lie below it; the question asks how low a new one may lie.",
        ),
        Misconception(
            "the best case",
            _WITHOUT.next_high,
            "Right range, wrong end: that is the best that the next place may hope for.",
        ),
        Misconception(
            "the one task is still in",
            _WITH.next_low,
            "Right field of the summary, but `peng-copilot` is still among the studies.",
        ),
    ),
    hints=(
        "Leave out the last study of both arrays, then call `pool(effects, errors)`.",
        "The summary has fields `mean`, `low`, `high`, `next_low`, `next_high`. Which pair is about the next place?",
    ),
    praise="The mean was above 0, and still a firm must be ready for a loss: it is one place, not the average place.",
    section="Pooling studies",
)


def _mean_cost(confidences: list[float], threshold: float, error_cost: float, review_cost: float) -> float:
    costs = [review_cost if sure < threshold else (1 - sure) * error_cost for sure in confidences]
    return sum(costs) / len(costs)


def _mean_cost_numpy(confidences: list[float], threshold: float, error_cost: float, review_cost: float) -> Any:
    sure = np.array(confidences)
    return np.where(sure < threshold, review_cost, (1 - sure) * error_cost).mean()


def _mean_cost_sums(confidences: list[float], threshold: float, error_cost: float, review_cost: float) -> float:
    alone = [sure for sure in confidences if sure >= threshold]
    seen = len(confidences) - len(alone)
    return (seen * review_cost + error_cost * (len(alone) - sum(alone))) / len(confidences)


def _cost_inputs(draw: random.Random) -> Inputs:
    """Some cases on each side of the threshold, and one list in which all or none are seen."""
    inputs: Inputs = []
    for threshold in (0.0, 0.6, 0.8, 0.9, 1.0):
        confidences = [round(draw.uniform(0.3, 0.99), 3) for _ in range(draw.randint(4, 8))] + [0.35, 0.97]
        inputs.append([confidences, threshold, draw.uniform(40, 200), draw.uniform(2, 9)])
    return inputs


COST = Question(
    id="10-q3",
    asks="Write the cost of a case under a review threshold as a function",
    objective=3,
    answer_name="cost_of_case",
    reference=_mean_cost,
    alternatives=(_mean_cost_numpy, _mean_cost_sums),
    make_inputs=_cost_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "people see the sure ones",
            lambda c, t, e, r: sum(r if s >= t else (1 - s) * e for s in c) / len(c),
            "You send the cases to people of which the machine is sure. A person should see the others.",
        ),
        Misconception(
            "confidence for error",
            lambda c, t, e, r: sum(r if s < t else s * e for s in c) / len(c),
            "You let a case cost more the surer the machine is. The chance of an error is what is left to 1.",
        ),
        Misconception(
            "people work for nothing",
            lambda c, t, e, r: sum(0 if s < t else (1 - s) * e for s in c) / len(c),
            "Cases that people see cost nothing in your function. Each look has its price.",
        ),
        Misconception(
            "errors count twice",
            lambda c, t, e, r: sum(r + (1 - s) * e if s < t else (1 - s) * e for s in c) / len(c),
            "You charge the machine's error even where a person looked, and people are always right here.",
        ),
        Misconception(
            "the sum of all",
            lambda c, t, e, r: _mean_cost(c, t, e, r) * len(c),
            "That is what all cases cost together. The question asks for the cost of one case, on average.",
        ),
    ),
    hints=(
        "Go through the confidences one by one: below the threshold, a case costs a look.",
        "Otherwise it costs the chance of an error times what an error costs. Then take the mean.",
    ),
    praise="A whole policy in three lines. Note what is not in it: the accuracy of the model.",
    section="From an effect to a decision",
)

_LAW = review_policy().presets["Law tool right in 83 of 100 (Lexis), nobody checks"]
_GHOST = decide(**{**_LAW, **BASELINE})  # type: ignore[arg-type]


def _first_cheaper() -> int:
    """First step of the threshold at which the weaker model with checks costs less than the better one without."""
    return next(t for t in THRESHOLDS if decide(**{**_LAW, "threshold": t}).cost < _GHOST.cost)  # type: ignore[arg-type]


EXPLORE = Question(
    id="10-q4",
    asks="Find with the explorer the threshold from which a weaker model with checks beats a better one without",
    objective=3,
    answer_name="first_cheaper",
    reference=float(_first_cheaper()),
    alternatives=(_first_cheaper(),),
    tolerance=1e-6,
    misconceptions=(
        Misconception(
            "the cheapest instead of the first",
            95.0,
            "There the policy is cheapest. It was cheaper than the better model before that.",
        ),
        Misconception(
            "a share",
            _first_cheaper() / 100,
            "Right place, wrong unit: the lever counts in per cent.",
        ),
        Misconception(
            "not cheaper yet",
            Between(1, _first_cheaper()),
            "There a case still costs more than with the better model: compare the two costs in the sentence.",
        ),
        Misconception(
            "not the first",
            Between(_first_cheaper(), 101),
            "It is cheaper there, but an earlier step is, too.",
        ),
    ),
    hints=(
        "Choose the case that the question names, and raise the threshold step by step.",
        "The sentence says how many times more or less the better model costs than this policy. When does it turn?",
    ),
    praise="A model with three times the mistakes, and a rule for who looks, is the cheaper one.",
    section="What if?",
)

_VOLUME, _MISTAKE, _LOOK, _SPREAD, _RATE, _YEARS = 500_000, 20.0, 5.0, 2.0, 0.08, 3
_OFFERS = {"model": (2e6, 18), "policy": (0.3e6, 3)}


def _cost(threshold: float, accuracy: float, look: float = _LOOK) -> float:
    return float(cost_per_case(threshold, accuracy, _SPREAD, _MISTAKE, look))


def _worth(gain_per_case: float, offer: str, months: float | None = None, paid: bool = True) -> float:
    price, usual = _OFFERS[offer]
    wait = usual if months is None else months
    gain = gain_per_case * _VOLUME
    return float(net_present_value_usd(gain, price if paid else 0, wait, _YEARS, _RATE)) / 1e6


_TODAY = _cost(0, 0.83)
_BY_MODEL, _BY_POLICY = _TODAY - _cost(0, 0.90), _TODAY - _cost(0.75, 0.83)
_ADVANTAGE = _worth(_BY_POLICY, "policy") - _worth(_BY_MODEL, "model")

DECIDE = Question(
    id="10-q5",
    asks="Decide between a better model and a review threshold, by what each is worth",
    objective=4,
    answer_name="decision",
    reference=(_ADVANTAGE, _worth(_BY_MODEL, "model") > 0),
    alternatives=((np.float64(_ADVANTAGE), np.bool_(_worth(_BY_MODEL, "model") > 0)),),
    points=2,
    misconceptions=(
        Misconception(
            "the other way round",
            First(-_ADVANTAGE),
            "You took the policy from the model. The question asks how much more the policy is worth.",
        ),
        Misconception(
            "no waiting",
            First(_worth(_BY_POLICY, "policy", 0) - _worth(_BY_MODEL, "model", 0)),
            "You let both offers earn from the first day. They earn from the day on which they are deployed.",
        ),
        Misconception(
            "no price",
            First(_worth(_BY_POLICY, "policy", paid=False) - _worth(_BY_MODEL, "model", paid=False)),
            "You left out what it costs to put each offer in place.",
        ),
        Misconception(
            "one year's gains",
            First((_BY_POLICY - _BY_MODEL) * _VOLUME / 1e6),
            "That compares the gains of one year. The offers differ in price and in months as well.",
        ),
        Misconception(
            "looks for nothing",
            First(_worth(_TODAY - _cost(0.75, 0.83, look=0), "policy") - _worth(_BY_MODEL, "model")),
            "You let the clerks look for nothing. `review_cost` is 5 dollars in this office.",
        ),
        Misconception(
            "dollars for millions",
            First(_ADVANTAGE * 1e6),
            "Right, in dollars. The question asks for millions of dollars.",
        ),
        Misconception(
            "second half",
            First(_ADVANTAGE),
            "The first number is right. Is the worth of the better model, its price paid, above 0 or not?",
        ),
    ),
    hints=(
        "Cost of a case today less its cost afterwards, times the cases of a year, is the yearly gain of an offer.",
        "Give that gain, the price, the months, 3 years and 0.08 to `net_present_value_usd`, once for each offer.",
    ),
    praise="The months decide as much as the model: what is simple is running while the other is being built.",
    section="From a decision to a return",
)

_ARM = 105_934 / 2
_WITH_AI, _WITHOUT_AI = 1.55 * _ARM / 1000, 1.76 * _ARM / 1000
_RATIO = _WITH_AI / _WITHOUT_AI


def _end(error: float, times: float = 1.96) -> float:
    return _RATIO * math.exp(times * error)


_SE = math.sqrt(1 / _WITH_AI + 1 / _WITHOUT_AI)

AUDIT = Question(
    id="10-q6",
    asks="Audit two readings of one trial: compute the interval that one of them left out",
    objective=5,
    answer_name="ratio_high",
    reference=_end(_SE),
    alternatives=(round(_end(_SE), 3), np.float64(_end(_SE))),
    tolerance=0.003,
    misconceptions=(
        Misconception(
            "all women in each group",
            _end(_SE / math.sqrt(2)),
            "You counted as if every woman had been in both groups. Each group has half of them.",
        ),
        Misconception(
            "the lower end",
            _end(_SE, -1.96),
            "That is the lower end. Whether more cancers are ruled out is told by the upper one.",
        ),
        Misconception(
            "not back from the logarithm",
            _RATIO + 1.96 * _SE,
            "You added the error to the ratio itself. It belongs to the logarithm of the ratio: add there, then `exp`.",
        ),
        Misconception(
            "one standard error",
            _end(_SE, 1),
            "You went one standard error up. A 95 % interval goes 1.96 of them to each side.",
        ),
        Misconception(
            "the ratio alone",
            _RATIO,
            "That is the ratio that both texts quote. What is missing from both is how sure it is.",
        ),
    ),
    hints=(
        "How many cancers were there in each group? So many in 1,000, times half of the women.",
        "Upper end: exp(log(ratio) + 1.96 * error), with the formula for the error from the question.",
    ),
    praise="The interval holds 1 and some harm. *Shown to be no worse* is what the trial says, and *better* is not.",
    section="How wrong is it?",
)

CRITICISE = Question(
    id="10-q7",
    asks="Say which objections to a pooled success story the evidence supports",
    objective=5,
    answer_name="objections",
    reference={"A", "B", "D"},
    alternatives=(["A", "B", "D"], {"d", "b", "a"}),
    misconceptions=(
        Misconception(
            "blames the size",
            Choosing("C"),
            "C blames the number of scientists. What is wrong with that paper would be as wrong with a million.",
        ),
        Misconception(
            "takes doubt for proof of nothing",
            Choosing("E"),
            "E concludes that there is no effect. Data without confidence show neither an effect nor its absence.",
        ),
        Misconception(
            "keeps the disowned paper",
            LeavingOut("A"),
            "Not all yet. Look up the column `standing` of the row behind the 44 %.",
        ),
        Misconception(
            "trusts before and after",
            LeavingOut("B"),
            "Not all yet. What did the second chart of the lesson say about firms' own reports?",
        ),
        Misconception(
            "takes the mean for the next place",
            LeavingOut("D"),
            "Not all yet. The bank is one place. Which of the two intervals is made for it?",
        ),
    ),
    hints=(
        'Look at `cases.loc["toner-rodgers"]`, above all at its `standing` and its `note`.',
        "Then ask of each objection: would a number or a row of the lesson bear it out?",
    ),
    praise="You kept the paper as a warning and not as a number, and neither believed nor reversed its finding.",
    section="What is missing",
)

QUESTIONS = (READ, POOL, COST, EXPLORE, DECIDE, AUDIT, CRITICISE)
