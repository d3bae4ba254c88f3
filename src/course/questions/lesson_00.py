"""Lesson 00: what does it take to win?"""

from __future__ import annotations

import math
import random

from aistack.stack import least_remaining, required_multiplier
from course.data import load
from course.explorers.stack import SIGMAS
from course.questions.families import Between, Choosing, First, LeavingOut
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario, told_apart

TESTABLE = Question(
    id="00-q1",
    asks="Tell claims that can fail from sentences that cannot",
    objective=1,
    answer_name="testable",
    reference={"B", "D"},
    alternatives=(["D", "B"], {"b", "d"}),
    misconceptions=(
        Misconception(
            "a winner without a rule",
            Choosing("A"),
            "A sounds bold, but does not say what would count as winning, or when. What could refute it?",
        ),
        Misconception(
            "may happen",
            Choosing("C"),
            "C is true whatever happens: something that may be so is not refuted when it is not so.",
        ),
        Misconception(
            "praise",
            Choosing("E"),
            "E praises. Two honest people with the same figures could still disagree about it.",
        ),
        Misconception(
            "a claim may be wrong",
            LeavingOut("D"),
            "Not all yet. A claim need not be right to be testable: look for a measure, a number and a date.",
        ),
        Misconception(
            "a comparison is a claim",
            LeavingOut("B"),
            "Not all yet. A comparison with a measure and a date can fail, too.",
        ),
    ),
    hints=(
        "For each sentence, try to describe a newspaper of the future that would refute it.",
        "You need three things: what is measured, when, and which result would count against it.",
    ),
    praise="A claim that nothing can refute says nothing. That is how the twenty claims of this course are written.",
    section="From an argument to claims",
)


def _output(left: float, share: float, sigma: float) -> float:
    rho = 1 - 1 / sigma
    return float((share * left**rho + 1 - share) ** (1 / rho))


def _output_by_logs(left: float, share: float, sigma: float) -> float:
    rho = (sigma - 1) / sigma
    return math.exp(math.log(share * math.exp(rho * math.log(left)) + (1 - share)) / rho)


def _cut(draw: random.Random) -> Numbers:
    return {"chips_share": draw.randint(15, 60) / 100, "chips_left": draw.randint(12, 85) / 100}


def _after_cut(numbers: Numbers) -> Question:
    share, left = numbers["chips_share"], numbers["chips_left"]
    output = 100 * left**share
    return Question(
        id="00-q2",
        asks="Compute output at sigma 1 after a cut",
        objective=2,
        answer_name="output_percent",
        reference=output,
        alternatives=(round(output, 1),),
        tolerance=0.004,
        misconceptions=(
            Misconception(
                "weighted mean",
                100 * (share * left + 1 - share),
                "That is the weighted mean, σ without limit: as if anything else could stand in for a lost chip.",
            ),
            Misconception(
                "weakest layer",
                100 * left,
                "That is the weakest layer, σ = 0. At σ = 1 the other layers carry a part of it.",
            ),
            Misconception(
                "equal weights",
                100 * left**0.25,
                "You gave all four layers the same weight. The question gives chips another one.",
            ),
            Misconception(
                "a part, not per cent", left**share, "Right as a part of one. The question asks for per cent."
            ),
            Misconception(
                "what was cut, not what is left",
                100 * (1 - left) ** share,
                "You used what was taken away. What works on is what is left.",
            ),
        ),
        hints=(
            "At σ = 1 it is the weighted geometric mean: multiply the inputs, each to the power of its weight.",
            "Three inputs are still 1, and 1 to any power is 1. What remains?",
        ),
        praise="At σ = 1 a weight is an exponent: it says how much of a cut goes through.",
        section="One equation",
        scenario=Scenario(numbers, told_apart(_cut, _after_cut), _after_cut),
    )


HALVED = _after_cut({"chips_share": 0.4, "chips_left": 0.6})


def _output_inputs(draw: random.Random) -> Inputs:
    """Cuts on both sides of σ = 1, far enough from it that no form loses digits."""
    cases: Inputs = []
    for sigma in (draw.uniform(0.3, 0.45), draw.uniform(0.55, 0.8), draw.uniform(1.3, 2), draw.uniform(3, 6)):
        cases.append([draw.uniform(0.15, 0.8), draw.uniform(0.15, 0.42), sigma])
    return cases


OUTPUT = Question(
    id="00-q3",
    asks="Write the CES function for one layer that is cut",
    objective=2,
    answer_name="output",
    reference=_output,
    alternatives=(_output_by_logs,),
    make_inputs=_output_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "σ for ρ",
            lambda left, share, sigma: (share * left**sigma + 1 - share) ** (1 / sigma),
            "You used σ itself as the exponent. The exponent is ρ, and it is computed from σ.",
        ),
        Misconception(
            "formula turned round",
            lambda left, share, sigma: (share * left ** (1 / (1 - sigma)) + 1 - share) ** (1 - sigma),
            "You swapped ρ and σ. The lesson has σ = 1 / (1 - ρ): solve that for ρ.",
        ),
        Misconception(
            "no outer power",
            lambda left, share, sigma: share * left ** (1 - 1 / sigma) + 1 - share,
            "The sum is right. It still has to be brought back: one power is missing.",
        ),
        Misconception(
            "the others left out",
            lambda left, share, sigma: (share * left ** (1 - 1 / sigma)) ** (1 / (1 - 1 / sigma)),
            "Only the cut layer is in your sum. The other layers still work, at 1, with the rest of the weight.",
        ),
        Misconception(
            "weighted mean",
            lambda left, share, sigma: share * left + 1 - share,
            "You return the weighted mean, whatever σ is.",
        ),
    ),
    hints=(
        "First line: rho = 1 - 1 / sigma. The others stand at 1, and 1 to any power is 1.",
        "So the sum has two parts: the cut layer's, share times left to the power of rho, and the others' weight.",
    ),
    praise="Three lines, and a political argument has become a number.",
    section="One equation",
)


def _first_possible() -> float:
    return float(next(sigma for sigma in SIGMAS if math.isfinite(required_multiplier(0.15, 0.25, sigma))))


FIRST_POSSIBLE = Question(
    id="00-q4",
    asks="Find with the explorer the first sigma at which a deep cut can be made up for",
    objective=3,
    answer_name="first_sigma",
    reference=_first_possible(),
    alternatives=(round(_first_possible(), 2),),
    tolerance=1e-6,
    misconceptions=(
        Misconception(
            "between the steps",
            Between(0.5, _first_possible()),
            "Well reckoned. The question asks for a step of the lever at which it is possible.",
        ),
        Misconception(
            "not yet possible",
            Between(-0.5, 0.500001),
            "There the title still says that no effort is enough.",
        ),
        Misconception(
            "not the first",
            Between(_first_possible(), 25),
            "It is possible there, but not for the first time. Layers need not be good substitutes for this cut.",
        ),
    ),
    hints=(
        "Start with the case, then move only σ, upward from 0, one step at a time.",
        "Watch the title of the left panel. When does it stop saying that no effort is enough?",
    ),
    praise="Even below σ = 1 a deep cut can be made up for, if the others do a multiple of what they do today.",
    section="What if?",
)

FLOOR = Question(
    id="00-q5",
    asks="Compute how much of a layer must be left for the others to be able to help",
    objective=2,
    answer_name="least_percent",
    reference=100 * float(least_remaining(0.3, 0.4)),
    alternatives=(round(100 * float(least_remaining(0.3, 0.4)), 1),),
    misconceptions=(
        Misconception(
            "the weight itself",
            30.0,
            "That is the layer's weight. It is the answer only at σ = 0.5; here ρ is another number.",
        ),
        Misconception(
            "σ for ρ",
            100 * 0.3**0.4,
            "You took the weight to the power of σ. Set the cut layer's part of the sum equal to 1 instead.",
        ),
        Misconception(
            "sign of ρ lost",
            100 * 0.3**1.5,
            "You have the right numbers, but the power is turned round: from r**ρ = 1 / c, r follows with 1 / ρ.",
        ),
        Misconception(
            "above one",
            100 * 0.3 ** (1 / -1.5),
            "More than all of the layer cannot be left: mind the sign of ρ once more.",
        ),
        Misconception(
            "a part, not per cent",
            float(least_remaining(0.3, 0.4)),
            "Right as a part of one. The question asks for per cent.",
        ),
    ),
    hints=(
        "Below σ = 1, helpers that grow without end add nothing to the sum: a huge number to a negative power is 0.",
        "So the cut layer alone must not make the sum larger than 1: c times r**ρ = 1. Solve for r.",
    ),
    praise="Below that floor money for the other layers is wasted. That is what a bottleneck means.",
    section="What must the others do?",
)

FUND = Question(
    id="00-q6",
    asks="Decide which layer the next unit of money should go to",
    objective=4,
    answer_name="decision",
    reference=(4.0, "chips"),
    alternatives=([4, "Chips"],),
    points=2,
    misconceptions=(
        Misconception(
            "right ratio, wrong layer",
            First(4.0),
            "The ratio is right. Now hold it against the ratio of the prices: which unit gives more for the money?",
        ),
        Misconception(
            "power forgotten",
            First(2.0),
            "That is how much scarcer chips are. At σ = 0.5 scarcity counts with the power 1 / σ.",
        ),
        Misconception(
            "power of σ",
            First(2**0.5),
            "You took the power σ. It is 1 / σ: the worse the layers replace each other, the more scarcity counts.",
        ),
        Misconception(
            "turned round",
            First(0.25),
            "That is an application over a chip. The question asks for chips over applications.",
        ),
        Misconception(
            "divided by the price already",
            First(4 / 3),
            "You divided by the price. Give the ratio of the marginal products; prices come in the second part.",
        ),
    ),
    hints=(
        "With equal weights the ratio of two marginal products is (x of the other / x of the one) to the power 1 / σ.",
        "A unit that brings a times as much and costs b times as much is the better buy if a is larger than b.",
    ),
    praise="The bottleneck is worth its price at this σ. At σ = 1 the same prices say the opposite.",
    section="Where is the bottleneck?",
)


def _use(key: str) -> float:
    rows = load("adoption")
    return float(rows.loc[rows["adoption_id"] == key, "value"].iloc[0])


_SURVEY = 100 * _use("cnnic-genai-cn-2025-12") / _use("us-adults-genai-2025")
_TELEMETRY = 100 * _use("microsoft-diffusion-cn-2025-07") / _use("microsoft-diffusion-us-2025-07")

AUDIT = Question(
    id="00-q7",
    asks="Find out whether two measures that disagree change who is ahead",
    objective=4,
    answer_name="audit",
    reference=(_SURVEY, _TELEMETRY, True),
    alternatives=([round(_SURVEY, 1), round(_TELEMETRY, 1), True],),
    points=2,
    misconceptions=(
        Misconception(
            "crossed sources",
            (
                100 * _use("cnnic-genai-cn-2025-12") / _use("microsoft-diffusion-us-2025-07"),
                100 * _use("microsoft-diffusion-cn-2025-07") / _use("us-adults-genai-2025"),
                False,
            ),
            "You divided a survey by telemetry. Each ratio needs the same kind of measure in both countries.",
        ),
        Misconception(
            "turned round",
            (10_000 / _SURVEY, 10_000 / _TELEMETRY, True),
            "That is the US for 100 of China. The question asks for China for 100 of the US.",
        ),
        Misconception(
            "parts, not for 100",
            (_SURVEY / 100, _TELEMETRY / 100, True),
            "Right as parts of one. The question asks for China for every 100 of the US.",
        ),
        Misconception(
            "right ratios, wrong conclusion",
            First(_SURVEY),
            "The first ratio is right. Check the second, and then: on which side of 100 does each of them lie?",
        ),
        Misconception(
            "another year",
            First(100 * _use("cnnic-genai-cn-2025-12") / _use("us-adults-genai-2026")),
            "You divided a figure of 2025 by one of 2026. Use grows fast: take the same year.",
        ),
    ),
    hints=(
        "Two rows are surveys (`cnnic-...` and `us-adults-...`), two are telemetry (`microsoft-...`).",
        "100 means equal. For the question who is ahead it matters on which side of it each ratio lies.",
    ),
    praise="The measures disagree by a third and agree about who is ahead. Weigh a disagreement before you fear it.",
    section="The data",
)

CRITICISE = Question(
    id="00-q8",
    asks="Say which objections to a claim about winning hold",
    objective=5,
    answer_name="objections",
    reference={"A", "C", "D"},
    alternatives=(["C", "A", "D"], {"a", "c", "d"}),
    points=2,
    misconceptions=(
        Misconception(
            "source for argument",
            Choosing("B"),
            "B attacks the speaker. An interest is a reason to look for figures, not a reason against the claim.",
        ),
        Misconception(
            "swings to the other extreme",
            Choosing("E"),
            "E needs σ near 0 for all layers and all times. One of the two published estimates says the opposite.",
        ),
        Misconception(
            "no rule for winning",
            LeavingOut("A"),
            "Not all yet. What would have to be written down before the race for the claim to be testable?",
        ),
        Misconception(
            "σ left out",
            LeavingOut("C"),
            "Not all yet. Which number, that nobody has measured for the whole stack, does the claim silently choose?",
        ),
        Misconception(
            "a fair critic",
            LeavingOut("D"),
            "Not all yet. A fair critic also says where a claim could be right.",
        ),
    ),
    hints=(
        "Go through the five one by one: which of them would still hold if you liked the claim?",
        "Three hold. One of them grants the claim something.",
    ),
    praise="You asked for the rule, found the hidden number, and granted what is true. The course goes on like that.",
    section="Verdict so far",
)

QUESTIONS: tuple[Question, ...] = (TESTABLE, HALVED, OUTPUT, FIRST_POSSIBLE, FLOOR, FUND, AUDIT, CRITICISE)
