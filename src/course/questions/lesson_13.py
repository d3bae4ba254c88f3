"""Lesson 13: play the race."""

from __future__ import annotations

import random

import pandas as pd

from aistack.assumptions import BASES
from course.data import load
from course.explorers.race import play
from course.questions.families import Between, Choosing, First, LeavingOut, OtherThan
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario, told_apart
from course.scenarios import backcast

_SIGMAS = (0.2, 0.4, 0.6, 1, 1.5)


def _actor(draw: random.Random) -> Numbers:
    """Return an actor and a stack that nobody has."""
    return {
        "budget_usd_bn": round(draw.uniform(20, 200), 1),
        "focus": round(draw.uniform(0.6, 0.8), 2),
        "infrastructure_weight": round(draw.uniform(0.55, 0.7), 2),
        "chip_share": round(draw.uniform(0.6, 0.75), 2),
    }


def _budget(numbers: Numbers) -> Question:
    """Return the question about the actor with these numbers."""
    budget, focus = numbers["budget_usd_bn"], numbers["focus"]
    weight = numbers["infrastructure_weight"] * numbers["chip_share"]
    share = focus + (1 - focus) * weight
    return Question(
        id="13-q1",
        asks="Compute what a strategy of one layer spends on it",
        objective=1,
        answer_name="chips_bn",
        reference=budget * share,
        alternatives=(round(budget * share, 1),),
        misconceptions=(
            Misconception(
                "focus alone",
                budget * focus,
                "That is the favoured part. The rest is spread over all layers by weight, and chips are one of them.",
            ),
            Misconception(
                "weight alone",
                budget * weight,
                "That is what the full stack would spend on chips. This strategy favours them.",
            ),
            Misconception(
                "a quarter of the rest",
                budget * (focus + (1 - focus) / 4),
                "You spread the rest evenly. It is spread by weight.",
            ),
            Misconception(
                "share, not dollars",
                share,
                "That is the share of the budget. The question asks for billions of dollars.",
            ),
        ),
        hints=(
            "Two parts: the favoured share of the budget, and chips' weight in what is left.",
            "The weight of chips is `infrastructure_weight` times `chip_share`.",
        ),
        praise="A strategy is a rule for a budget. Everything else in the race follows from it.",
        section="One year, by hand",
        scenario=Scenario(numbers, told_apart(_actor, _budget), _budget),
    )


_STACK = {name: float(BASES[name].value) for name in ("focus", "infrastructure_weight", "chip_share")}
BUDGET = _budget({"budget_usd_bn": 50.0, **_STACK})


def _scores(values: list[list[float]], weights: list[float]) -> list[float]:
    parts = [[value / max(measure) for value in measure] for measure in values]
    total = sum(weights)
    return [
        sum(weight * part[actor] for weight, part in zip(weights, parts, strict=True)) / total
        for actor in range(len(values[0]))
    ]


def _scores_by_loop(values: list[list[float]], weights: list[float]) -> list[float]:
    scores = [0.0] * len(values[0])
    for measure, weight in zip(values, weights, strict=True):
        for actor, value in enumerate(measure):
            scores[actor] += weight / sum(weights) * value / max(measure)
    return scores


def _scores_unscaled(values: list[list[float]], weights: list[float]) -> list[float]:
    total = sum(weights)
    return [sum(w * m[actor] for w, m in zip(weights, values, strict=True)) / total for actor in range(len(values[0]))]


def _scores_by_sum(values: list[list[float]], weights: list[float]) -> list[float]:
    parts = [[value / sum(measure) for value in measure] for measure in values]
    return _scores_unscaled(parts, weights)


def _score_inputs(draw: random.Random) -> Inputs:
    cases: Inputs = []
    for actors, measures in ((2, 2), (3, 2), (2, 3)):
        values = [[round(draw.uniform(1, 500), 1) for _ in range(actors)] for _ in range(measures)]
        cases.append([values, [draw.randint(1, 5) for _ in range(measures)]])
    return cases


SCORE = Question(
    id="13-q2",
    asks="Write the score of a race for a definition of winning",
    objective=1,
    answer_name="scores",
    reference=_scores,
    alternatives=(_scores_by_loop,),
    make_inputs=_score_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "units mixed",
            _scores_unscaled,
            "You add billions of dollars to per cent. Take each value as a part of the best actor's first.",
        ),
        Misconception(
            "part of the sum",
            _scores_by_sum,
            "You took parts of the sum of all actors. The score takes parts of the *best* actor's value.",
        ),
        Misconception(
            "weights not divided",
            lambda values, weights: [sum(weights) * score for score in _scores(values, weights)],
            "Almost: divide by the sum of the weights, so that the best in everything scores 1.",
        ),
        Misconception(
            "weights ignored",
            lambda values, weights: _scores(values, [1.0] * len(weights)),
            "You count every measure alike. The definition of winning gives them weights.",
        ),
    ),
    hints=(
        "For each measure, divide every actor's value by the largest one.",
        "Then, for each actor, the weighted mean: the sum of weight times part, divided by the sum of weights.",
    ),
    praise="No score without weights, and the weights are yours: the definition is where a verdict is made.",
    section="Say first what winning is",
)


def _first_sigma() -> float:
    share = {sigma: play("chips", "full stack", 50, sigma, 20, "services") for sigma in _SIGMAS}
    return float(next(sigma for sigma in _SIGMAS if share[sigma].for_100["services"][1] > 5))


SIGMA = Question(
    id="13-q3",
    asks="Find with the explorer the sigma from which chips first is not hopeless",
    objective=2,
    answer_name="first_sigma",
    reference=_first_sigma(),
    alternatives=(int(_first_sigma()),),
    tolerance=1e-6,
    misconceptions=(
        Misconception(
            "between the steps",
            Between(0.6000001, 0.9999999),
            "Well guessed from the picture. The question asks for a step of the lever.",
        ),
        Misconception(
            "not yet",
            Between(-1, 0.6000001),
            "There the middle draw is still below the limit: read the title of the right panel.",
        ),
        Misconception("not the first", Between(1.0000001, 50), "It is above the limit there, but not first."),
    ),
    hints=(
        "Choose the case, set *Winning means* to services, then move only σ upward.",
        "The title of the right panel gives the middle draw for 100 of the US firms.",
    ),
    praise="One number that nobody has measured decides whether one layer can carry a strategy.",
    section="What if?",
)

LAYER = Question(
    id="13-q4",
    asks="Find out which assumption decides the revenue of an open strategy",
    objective=3,
    answer_name="decisive",
    reference="open_discount",
    alternatives=("Open_Discount",),
    misconceptions=(
        Misconception(
            "that of the lesson",
            "sigma",
            "That was decisive for chips first and services. Another strategy and another measure: run it again.",
        ),
        Misconception(
            "second place",
            "open_pull",
            "That is the second bar. Which one is wider?",
        ),
        Misconception(
            "the narrowest",
            "points_per_doubling",
            "That moves index points, and revenue does not depend on them: its bar has no width.",
        ),
        Misconception(
            "not decisive here",
            OtherThan(("open_discount", "Open_Discount", "sigma", "open_pull", "points_per_doubling")),
            "Is that the `name` of the first bar that `tornado` returns? It sorts them, the widest first.",
        ),
    ),
    hints=(
        "`tornado(result, middle, ranges)` returns the bars, the widest first. Each has a `name`.",
        "All three arguments are there already, in the cell above.",
    ),
    praise="For an open strategy it is how much is given away, and that can be measured: ask the firm's accounts.",
    section="Which number decides?",
)

ROBUST = Question(
    id="13-q5",
    asks="Decide by a rule that was fixed beforehand",
    objective=2,
    answer_name="decision",
    reference=("B", 18.0),
    alternatives=(["b", 18],),
    points=2,
    misconceptions=(
        Misconception(
            "highest middle",
            ("A", 20.0),
            "A has the highest middle draw, but breaks the rule: look at its 5th percentile.",
        ),
        Misconception(
            "safest",
            ("C", 14.0),
            "C is the safest. The rule asks only for a floor; above it the middle draw decides.",
        ),
        Misconception(
            "best luck",
            ("D", 19.0),
            "D has the best luck, and too much bad luck: its 5th percentile is below the floor.",
        ),
        Misconception(
            "right strategy, other number",
            ("B", 11.0),
            "The strategy is right. The second part asks for its middle draw.",
        ),
    ),
    hints=(
        "First cross out every strategy that is below 10 in more than 1 draw of 20: use the 5th percentile.",
        "Of those that are left, take the highest 50th percentile.",
    ),
    praise="A rule that is fixed beforehand protects you from falling in love with a median.",
    section="Say first what winning is",
)


def _guidance(key: str) -> float:
    rows = load("capex")
    return float(rows.loc[rows["capex_id"] == key, "usd_bn"].iloc[0])


_PLAN_USD = 380 / 3 / 7.119
_FOUR = 100 * _PLAN_USD / _guidance("amazon-alphabet-meta-microsoft-capex-guidance-cy2026")
_FIVE = 100 * _PLAN_USD / _guidance("amazon-alphabet-meta-microsoft-oracle-capex-guidance-cy2026")

AUDIT = Question(
    id="13-q6",
    asks="Find out whether two sums that cannot both be right change a verdict",
    objective=4,
    answer_name="audit",
    reference=(_FOUR, _FIVE, False),
    alternatives=([round(_FOUR, 2), round(_FIVE, 2), False],),
    points=2,
    misconceptions=(
        Misconception(
            "three years against one",
            First(3 * _FOUR),
            "You compared three years of the plan with one year of the others. Divide the plan by its years.",
        ),
        Misconception(
            "yuan for dollars",
            First(_FOUR * 7.119),
            "That is yuan over dollars. Bring the plan into dollars first.",
        ),
        Misconception("as parts of one", First(_FOUR / 100), "Right as a part of one. The question asks for per cent."),
        Misconception("turned round", First(10_000 / _FOUR), "You divided the wrong way round."),
        Misconception("crossed", First(_FIVE), "The first number should be the one against the sum for four firms."),
        Misconception(
            "right figures, wrong conclusion",
            First(_FOUR),
            "The first figure is right. Check the second, and ask which answer either sum would give to the question.",
        ),
    ),
    hints=(
        "A year of the plan in dollars: 380 / 3 / 7.119 billion.",
        "Divide it by each sum, times 100. Would the claim look better with the other sum?",
    ),
    praise="Five firms cannot plan less than four of them, so one sum is wrong. The verdict does not care which.",
    section="The data",
)


def _misses(quantity: str) -> pd.DataFrame:
    table = backcast()
    return table[table["quantity"] == quantity]


_FIRMS = _misses("EU firms that use AI")
_UNSEEN = _FIRMS[~_FIRMS["fitted"]]
_ERRORS = _UNSEEN["error"]
_SIZE, _LEAN = float(_ERRORS.abs().mean()), float(_ERRORS.mean())


ERROR = Question(
    id="13-q7",
    asks="Tell how far off a back-cast is from which way it leans, where nothing was fitted",
    objective=4,
    answer_name="misses",
    reference=(_SIZE, _LEAN),
    alternatives=([round(_SIZE, 1), round(_LEAN, 2)],),
    points=2,
    misconceptions=(
        Misconception(
            "fitted years counted",
            First(float(_FIRMS["error"].abs().mean())),
            "You counted a year that a constant was fitted on. Its error proves nothing.",
        ),
        Misconception(
            "over the prediction",
            First(float((100 * (1 - _UNSEEN["seen"] / _UNSEEN["predicted"])).abs().mean())),
            "You divided by the prediction. An error is a share of what was seen.",
        ),
        Misconception(
            "the last year alone",
            First(float(_ERRORS.abs().iloc[-1])),
            "That is the last year alone. The question asks for the mean of all years that nothing was fitted on.",
        ),
        Misconception(
            "as a part of one", First(_SIZE / 100), "Right as a part of one. The question asks for per cent."
        ),
        Misconception(
            "the two exchanged",
            First(_LEAN),
            "Without its sign an error cannot cancel another: the first number is the larger one.",
        ),
        Misconception(
            "right size, wrong lean",
            First(_SIZE),
            "The size is right. For the lean, keep the signs: predicted too high is above 0, too low is below.",
        ),
    ),
    hints=(
        'Keep the rows where `fitted` is False: `firms[~firms["fitted"]]`.',
        "Predicted / seen - 1, times 100, is the error of a year. Its mean is the lean; the mean of `.abs()` the size.",
    ),
    praise="Errors of both signs cancel: it hardly leans, and is nearly a quarter off. Ask for both figures.",
    section="How wrong is it?",
)

CRITICISE = Question(
    id="13-q8",
    asks="Say what is wrong with a forecast of superintelligence",
    objective=4,
    answer_name="objections",
    reference={"B", "D", "E"},
    alternatives=(["D", "B", "E"], {"b", "d", "e"}),
    points=2,
    misconceptions=(
        Misconception(
            "false, not untestable",
            Choosing("A"),
            "A says that it will not happen. The model has no more ground for that than for the opposite.",
        ),
        Misconception(
            "precision for truth",
            Choosing("C"),
            "C takes a narrow band for knowledge. The band holds only what the assumptions let vary.",
        ),
        Misconception(
            "beyond the scale",
            LeavingOut("B"),
            "Not all yet. Where does the index end, and where does the forecast go?",
        ),
        Misconception(
            "no definition",
            LeavingOut("D"),
            "Not all yet. What would have to be written down for the sentence to be able to fail?",
        ),
        Misconception(
            "history",
            LeavingOut("E"),
            "Not all yet. What did six years do to the same model, started in 2019?",
        ),
    ),
    hints=(
        "Three hold: one about the scale, one about the words, one about the record of the model.",
        "To say that nothing is known is something else than to say no.",
    ),
    praise="Untestable is a verdict, too: it says what would have to be written down first.",
    section="Break it",
)

QUESTIONS: tuple[Question, ...] = (BUDGET, SCORE, SIGMA, LAYER, ROBUST, AUDIT, ERROR, CRITICISE)
