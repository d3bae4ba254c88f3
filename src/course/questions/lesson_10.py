"""Lesson 10: where does AI pay off?"""

from __future__ import annotations

import math
import random
from itertools import combinations
from typing import Any

import numpy as np

from aistack.effects import pool
from aistack.returns import cost_per_case, net_present_value_usd
from course.data import load
from course.explorers.returns import BASELINE, THRESHOLDS, decide, review_policy
from course.figures.effects import speed_studies
from course.questions.families import Between, Choosing, First, LeavingOut
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario

_CASES = load("app_cases").set_index("case_id", drop=False)
_TRIALS = _CASES[_CASES["design"] == "randomised"]


def _spoiled(rows: Any, *directions: str) -> Any:
    """For each study, named by what stands before the comma, whether each of its outcomes is one of the directions."""
    return rows["direction"].isin(directions).groupby(rows["study"].str.split(",").str[0])


_STUDIES = _spoiled(_TRIALS, "null", "harm")
_SHARE = float(_STUDIES.any().mean())

READ = Question(
    id="10-q1",
    asks="Count the randomised studies in which an outcome was null or harm",
    objective=1,
    answer_name="spoiled",
    reference=_SHARE,
    alternatives=(round(_SHARE, 3), np.float64(_SHARE)),
    tolerance=0.005,
    misconceptions=(
        Misconception(
            "outcomes for studies",
            float(_TRIALS["direction"].isin(["null", "harm"]).mean()),
            "That is the share among outcomes, where a study with many of them counts many times. Group by study.",
        ),
        Misconception(
            "all of them bad",
            float(_STUDIES.all().mean()),
            "You counted the studies in which nothing was a benefit. The question asks for at least one null or harm.",
        ),
        Misconception(
            "every design",
            float(_spoiled(_CASES, "null", "harm").any().mean()),
            "That is the share among studies of every design. The question asks for the randomised ones.",
        ),
        Misconception(
            "a null is no result",
            float(_spoiled(_TRIALS, "harm").any().mean()),
            "You left the nulls out. A study that could tell no difference is a result, and a costly one to ignore.",
        ),
        Misconception(
            "the other side",
            1 - _SHARE,
            "That is the share of studies with benefits only. The question asks for the rest.",
        ),
        Misconception(
            "a count for a share",
            float(_STUDIES.any().sum()),
            "That is how many studies there are. Divide by the number of randomised studies.",
        ),
    ),
    hints=(
        "Make a column that is True where the direction is not benefit, then group it by `study`.",
        "A group has `any()`, which is True if one of its rows is. The mean of that is a share.",
    ),
    praise="More than half of the studies hold an outcome that a brochure would leave out. Ask for all of them.",
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


def _share_right(confidences: list[float], looks: int, people_err: float) -> float:
    machine = sorted(confidences)[looks:]
    return (looks * (1 - people_err) + sum(machine)) / len(confidences)


def _share_right_numpy(confidences: list[float], looks: int, people_err: float) -> Any:
    sure = np.sort(confidences)
    sure[:looks] = 1 - people_err
    return sure.mean()


def _share_right_pops(confidences: list[float], looks: int, people_err: float) -> float:
    left = list(confidences)
    for _ in range(looks):
        left.remove(min(left))
    return 1 - (looks * people_err + len(left) - sum(left)) / len(confidences)


def _desk_inputs(draw: random.Random) -> Inputs:
    """Batches with no, some and many looks, whose first cases are neither the surest nor the least sure."""
    inputs: Inputs = []
    for looks in (0, 1, 3, 5):
        confidences = [round(draw.uniform(0.5, 0.9), 3) for _ in range(draw.randint(6, 8))]
        inputs.append([[*confidences, 0.35, 0.97], looks, round(draw.uniform(0.02, 0.15), 3)])
    return inputs


DESK = Question(
    id="10-q3",
    asks="Write as a function how many cases come out right when people have time for a few",
    objective=3,
    answer_name="share_right",
    reference=_share_right,
    alternatives=(_share_right_numpy, _share_right_pops),
    make_inputs=_desk_inputs,
    tolerance=0.001,
    points=2,
    misconceptions=(
        Misconception(
            "as they come",
            lambda c, n, e: (n * (1 - e) + sum(c[n:])) / len(c),
            "Your people take the first cases of the list. They should take those of which the machine is least sure.",
        ),
        Misconception(
            "people see the sure ones",
            lambda c, n, e: (n * (1 - e) + sum(sorted(c, reverse=True)[n:])) / len(c),
            "You send the cases to people of which the machine is sure. A person should see the others.",
        ),
        Misconception(
            "people are always right",
            lambda c, n, e: (n + sum(sorted(c)[n:])) / len(c),
            "Your people make no mistakes. Here they err in a share `people_err` of what they see.",
        ),
        Misconception(
            "everybody errs like people",
            lambda c, n, e: _share_right(c, n, 0) * (1 - e),
            "You take the errors of people off all cases. They err only in those that they see.",
        ),
        Misconception(
            "nobody looks",
            lambda c, n, e: sum(c) / len(c),
            "That is what the machine gets right alone. Some cases are seen by people.",
        ),
        Misconception(
            "the share that is wrong",
            lambda c, n, e: 1 - _share_right(c, n, e),
            "That is the share that comes out wrong. The question asks for the rest.",
        ),
        Misconception(
            "a number for a share",
            lambda c, n, e: _share_right(c, n, e) * len(c),
            "That is how many cases come out right. Divide by how many there are.",
        ),
    ),
    hints=(
        "Sort the confidences: the first `looks` of them go to people.",
        "People get `looks * (1 - people_err)` right; of the others the machine gets right the sum of its confidences.",
    ),
    praise="The same model and the same hours: what people's hours are worth depends on which cases reach them.",
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

_SPREAD, _RATE, _YEARS = 2.0, 0.08, 3
_OFFICE = {
    "cases_a_year": 500_000,
    "error_cost": 20,
    "review_cost": 5,
    "accuracy": 0.83,
    "better_accuracy": 0.9,
    "model_cost": 2_000_000,
    "model_months": 18,
    "policy_cost": 300_000,
    "policy_months": 3,
}


def _other_office(draw: random.Random) -> Numbers:
    """An office of another size, in which no two answers with a name are alike and the model clearly pays or not."""
    while True:
        mistake, accuracy = draw.randint(15, 60), round(draw.uniform(0.75, 0.88), 2)
        office = {
            "cases_a_year": draw.randrange(200_000, 900_001, 10_000),
            "error_cost": mistake,
            "review_cost": round(mistake * draw.uniform(0.1, 0.4), 1),
            "accuracy": accuracy,
            "better_accuracy": round(1 - (1 - accuracy) * draw.uniform(0.4, 0.7), 2),
            "model_cost": draw.randrange(1_000_000, 4_000_001, 100_000),
            "model_months": draw.randint(12, 24),
            "policy_cost": draw.randrange(100_000, 600_001, 50_000),
            "policy_months": draw.randint(2, 6),
        }
        values = [*_answers(office).values()]
        apart = all(abs(a - b) > 0.03 * max(abs(a), abs(b)) for a, b in combinations(values, 2))
        if apart and abs(values[0]) > 0.2 and abs(_worths(office)["model"]) > 0.1:
            return office


def _worths(office: Numbers, *, wait: bool = True, paid: bool = True, look: bool = True, rule: bool = True) -> Numbers:
    """Net present value of both offers, in millions of dollars; each switch leaves one thing out."""
    mistake, price = office["error_cost"], office["review_cost"]
    chow = 1 - price / mistake if rule else price / mistake

    def cost(threshold: float, accuracy: float, review: float = price) -> float:
        return float(cost_per_case(threshold, accuracy, _SPREAD, mistake, review))

    today = cost(0, office["accuracy"])
    after = {
        "model": cost(0, office["better_accuracy"]),
        "policy": cost(chow, office["accuracy"], price if look else 0),
    }
    worth = {}
    for offer, then in after.items():
        gain, months = (today - then) * office["cases_a_year"], office[f"{offer}_months"] if wait else 0
        value = net_present_value_usd(gain, office[f"{offer}_cost"] if paid else 0, months, _YEARS, _RATE)
        worth[offer] = float(value) / 1e6
        worth[f"{offer} in a year"] = gain / 1e6
    return worth


def _answers(office: Numbers) -> Numbers:
    """By how much the policy is worth more than the model: first what is right, then what slips make of it."""

    def advantage(**switches: bool) -> float:
        worth = _worths(office, **switches)
        return worth["policy"] - worth["model"]

    usual = _worths(office)
    return {
        "right": advantage(),
        "the other way round": -advantage(),
        "no waiting": advantage(wait=False),
        "no price": advantage(paid=False),
        "one year's gains": usual["policy in a year"] - usual["model in a year"],
        "looks for nothing": advantage(look=False),
        "the rule upside down": advantage(rule=False),
        "dollars for millions": advantage() * 1e6,
    }


def _decide(office: Numbers) -> Question:
    answers, pays = _answers(office), _worths(office)["model"] > 0
    right = answers["right"]
    says = {
        "the other way round": "You took the policy from the model. Take the model from the policy.",
        "no waiting": "You let both offers earn from the first day. They earn from the day on which they are deployed.",
        "no price": "You left out what it costs to put each offer in place.",
        "one year's gains": "That compares the gains of one year. The offers differ in price and in months as well.",
        "looks for nothing": "You let the clerks look for nothing. Each look costs `review_cost`.",
        "the rule upside down": "Your threshold is a look over a mistake. By Chow's rule it is 1 less that.",
        "dollars for millions": "Right, in dollars. The question asks for millions of dollars.",
    }
    return Question(
        id="10-q5",
        asks="Decide between a better model and a review threshold, by what each is worth",
        objective=4,
        answer_name="decision",
        reference=(right, pays),
        alternatives=((np.float64(right), np.bool_(pays)),),
        points=2,
        misconceptions=(
            *(Misconception(name, First(answers[name]), message) for name, message in says.items()),
            Misconception(
                "second half",
                First(right),
                "The first number is right. Is the worth of the better model, its price paid, above 0 or not?",
            ),
        ),
        hints=(
            "Cost of a case today less its cost afterwards, times the cases of a year, is the yearly gain of an offer.",
            "The threshold of the policy follows from what a look and a mistake cost; the lesson gives the rule.",
            "Give that gain, the price, the months, 3 years and 0.08 to `net_present_value_usd`, once for each offer.",
        ),
        praise="The months decide as much as the model: what is simple is running while the other is being built.",
        section="From a decision to a return",
        scenario=Scenario(office, _other_office, _decide),
    )


DECIDE = _decide(_OFFICE)

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
    reference={"B", "C", "D"},
    alternatives=(["C", "B", "D"], {"b", "c", "d"}),
    misconceptions=(
        Misconception(
            "blames the size",
            Choosing("A"),
            "A blames the number of scientists. What is wrong with that paper would be as wrong with a million.",
        ),
        Misconception(
            "takes doubt for proof of nothing",
            Choosing("E"),
            "E concludes that there is no effect. Data without confidence show neither an effect nor its absence.",
        ),
        Misconception(
            "keeps the disowned paper",
            LeavingOut("C"),
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

QUESTIONS = (READ, POOL, DESK, EXPLORE, DECIDE, AUDIT, CRITICISE)
