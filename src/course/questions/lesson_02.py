"""Lesson 02: what does a chip cost, and who may buy it?"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from aistack.fab import cost_per_good_die_usd, gross_dies_bound, gross_dies_estimate, murphy_yield
from course.data import load
from course.questions.families import Between, Choosing, First, LeavingOut
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario, told_apart


def _figure(figure_id: str) -> float:
    return float(load("wafers").set_index("figure_id")["value"][figure_id])


def _die_area(chip: str) -> float:
    return float(load("chips").set_index("chip")["die_area_mm2"][chip])


_WAFER = _figure("wafer-price-cset-5nm")
_COST, _PRICE = _figure("unit-cost-siliconanalysts-mi300x-total"), _figure("unit-price-siliconanalysts-mi300x")
_H100_COST, _H100_PRICE = (
    _figure("unit-cost-siliconanalysts-h100-total"),
    _figure("unit-price-siliconanalysts-h100"),
)
_ASCEND_MM2 = _die_area("Ascend 910B")
_PRINTED_PEAKS = (220, 320, 376)


def _die_usd(area_mm2: float, defects: float) -> float:
    return float(cost_per_good_die_usd(_WAFER, gross_dies_estimate(area_mm2), murphy_yield(area_mm2, defects)))


def _die(draw: random.Random) -> Numbers:
    return {"area_mm2": float(draw.randint(150, 700)), "defects_per_cm2": draw.randint(4, 25) / 100}


def _good_die(numbers: Numbers) -> Question:
    area, defects = numbers["area_mm2"], numbers["defects_per_cm2"]
    gross, good = float(gross_dies_estimate(area)), float(murphy_yield(area, defects))
    return Question(
        id="02-q1",
        asks="Compute what a good die of another size costs",
        objective=1,
        answer_name="die_cost",
        reference=_die_usd(area, defects),
        alternatives=(round(_die_usd(area, defects), 1), np.float64(_WAFER / (gross * good))),
        misconceptions=(
            Misconception(
                "every die is good",
                _WAFER / gross,
                "You share the wafer among all its dies. The bad ones cost as much and are sold to nobody.",
            ),
            Misconception(
                "multiplies by the yield",
                _WAFER / gross * good,
                "You multiply by the yield, which makes a die cheaper the more of them fail.",
            ),
            Misconception(
                "no rim",
                _WAFER / (float(gross_dies_bound(area)) * good),
                "You divide the area of the wafer by that of a die. At the rim no square fits.",
            ),
            Misconception(
                "the H100's die",
                _die_usd(814, defects),
                "That is the cost of a die of 814 mm². The question asks for a smaller one.",
            ),
            Misconception(
                "one defect too few zeros",
                _die_usd(area, 10 * defects),
                "That is the cost at ten times the defects for each cm².",
            ),
        ),
        hints=(
            "Three steps: how many dies are cut, which share of them is good, and what the wafer costs.",
            "wafer price / (dies * yield), each from a function of the first cell.",
        ),
        praise="Half the area costs far less than half: more dies are cut, and fewer of them fail.",
        section="From wafer to good die",
        scenario=Scenario(numbers, told_apart(_die, _good_die), _good_die),
    )


GOOD_DIE = _good_die({"area_mm2": 400.0, "defects_per_cm2": 0.1})


def _largest(good_share: float, defects_per_cm2: float) -> float:
    return 100 * (1 / good_share - 1) / defects_per_cm2


def _largest_numpy(good_share: float, defects_per_cm2: float) -> Any:
    return np.float64((1 - good_share) / good_share) / (defects_per_cm2 / 100)


def _yield_inputs(draw: random.Random) -> Inputs:
    """Shares from a third to nine tenths, where the models of yield differ."""
    return [[share * draw.uniform(0.97, 1.03), draw.uniform(0.05, 0.4)] for share in (0.35, 0.5, 0.7, 0.9)]


YIELD = Question(
    id="02-q2",
    asks="Turn a formula of yield round: the largest die of which a given share works",
    objective=1,
    answer_name="largest_area",
    reference=_largest,
    alternatives=(_largest_numpy,),
    make_inputs=_yield_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "cm² for mm²",
            lambda y, d: _largest(y, d) / 100,
            "That is the area in cm². How many mm² is a cm²?",
        ),
        Misconception(
            "a length for an area",
            lambda y, d: _largest(y, d) / 10,
            "You multiply by 10. That turns cm into mm; a cm² has more mm² than that.",
        ),
        Misconception(
            "one forgotten",
            lambda y, d: 100 / y / d,
            "If the share is 1 / (1 + m), then 1 / share is 1 + m, and not yet m.",
        ),
        Misconception(
            "Poisson's yield",
            lambda y, d: -100 * math.log(y) / d,
            "You turned Poisson's formula round. The hopeful one gives larger dies.",
        ),
        Misconception(
            "the bad share",
            lambda y, d: 100 * y / (1 - y) / d,
            "You took the good share for the bad one: your die grows when more of the dies have to work.",
        ),
        Misconception(
            "defects multiplied",
            lambda y, d: 100 * (1 / y - 1) * d,
            "You multiply by the defects: a dirtier factory would make larger dies.",
        ),
    ),
    hints=(
        "First solve share = 1 / (1 + m) for m, the mean number of defects on a die.",
        "Then m is the area in cm² times the defects for each cm². The answer is wanted in mm².",
    ),
    praise="Read backwards, a formula of yield says how large a designer may think.",
    section="From wafer to good die",
)

MARGIN = Question(
    id="02-q3",
    asks="Compute the gross margin of another accelerator",
    objective=2,
    answer_name="margin",
    reference=1 - _COST / _PRICE,
    alternatives=(round(1 - _COST / _PRICE, 2), np.float64((_PRICE - _COST) / _PRICE)),
    misconceptions=(
        Misconception(
            "the cost's share",
            _COST / _PRICE,
            "That is the share of the price that is cost. The margin is the rest.",
        ),
        Misconception(
            "mark-up on cost",
            (_PRICE - _COST) / _COST,
            "You divide by the cost. A gross margin is a share of the price.",
        ),
        Misconception(
            "price over cost",
            _PRICE / _COST,
            "That says how many times the cost the price is. A margin is a share between 0 and 1.",
        ),
        Misconception(
            "percent",
            100 * (1 - _COST / _PRICE),
            "Right as percent. Store a share between 0 and 1.",
        ),
        Misconception(
            "dollars",
            _PRICE - _COST,
            "Those are dollars. Which share of the price are they?",
        ),
        Misconception(
            "another chip",
            1 - _H100_COST / _H100_PRICE,
            "That is the margin of the H100. The question asks for the MI300X.",
        ),
    ),
    hints=(
        "Two rows are needed: what it costs to make in total, and what it sells for.",
        "1 - cost / price.",
    ),
    praise="A rival with a similar bill of materials keeps a much smaller part of its price.",
    section="From good die to price",
)


def _tier(tpp: float, density: float) -> str:
    if tpp >= 4800 or (tpp >= 1600 and density >= 5.92):
        return "a"
    if (tpp >= 2400 and density >= 1.6) or (tpp >= 1600 and density >= 3.2):
        return "b"
    return "free"


def _tier_by_steps(tpp: float, density: float) -> str:
    answer = "free"
    if (2400 <= tpp < 4800 and 1.6 <= density < 5.92) or (tpp >= 1600 and 3.2 <= density < 5.92):
        answer = "b"
    if tpp >= 4800 or (tpp >= 1600 and density >= 5.92):
        answer = "a"
    return answer


def _speed_only(tpp: float, density: float) -> str:
    return "a" if tpp >= 4800 else "b" if tpp >= 2400 else "free"


def _both_needed(tpp: float, density: float) -> str:
    if tpp >= 4800 and density >= 5.92:
        return "a"
    return "b" if tpp >= 2400 and density >= 1.6 else "free"


def _no_floor(tpp: float, density: float) -> str:
    if tpp >= 4800 or density >= 5.92:
        return "a"
    return "b" if (tpp >= 2400 and density >= 1.6) or density >= 3.2 else "free"


def _edge_outside(tpp: float, density: float) -> str:
    if tpp > 4800 or (tpp > 1600 and density > 5.92):
        return "a"
    if (tpp > 2400 and density > 1.6) or (tpp > 1600 and density > 3.2):
        return "b"
    return "free"


def _one_b(tpp: float, density: float) -> str:
    if tpp >= 4800 or (tpp >= 1600 and density >= 5.92):
        return "a"
    return "b" if tpp >= 2400 and density >= 1.6 else "free"


def _from_sheet(rule: Callable[[float, float], str], bits: float = 16) -> Callable[[float, float], str]:
    """Turn a rule on TPP and density into one on a peak and an area."""
    return lambda peak_tflops, area_mm2: rule(bits * peak_tflops, bits * peak_tflops / area_mm2)


def _tier_inputs(draw: random.Random) -> Inputs:
    """Chips in each part of the plane and on each edge, in an order that differs."""
    inside = [
        [draw.uniform(5000, 20000), draw.uniform(1, 3)],
        [draw.uniform(5000, 20000), draw.uniform(7, 20)],
        [draw.uniform(1700, 4700), draw.uniform(6, 12)],
        [draw.uniform(2500, 4700), draw.uniform(1.7, 3.1)],
        [draw.uniform(1700, 2300), draw.uniform(3.3, 5.8)],
        [draw.uniform(1700, 2300), draw.uniform(1.7, 3.1)],
        [draw.uniform(200, 1500), draw.uniform(6, 12)],
        [draw.uniform(200, 1500), draw.uniform(3.3, 5.8)],
    ]
    cases: Inputs = [[tpp / 16, tpp / density] for tpp, density in inside]
    cases += [[300, 4800 / draw.uniform(1.7, 3.1)], [150, 2400 / draw.uniform(1.7, 3.1)], [111, 300], [130, 650]]
    draw.shuffle(cases)
    return cases


TIER = Question(
    id="02-q4",
    asks="Write a function from a data sheet to the tier of October 2023",
    objective=3,
    answer_name="tier",
    reference=_from_sheet(_tier),
    alternatives=(_from_sheet(_tier_by_steps),),
    make_inputs=_tier_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "speed only",
            _from_sheet(_speed_only),
            "You look at TPP alone. That lets small dense chips through, which the second limit was made for.",
        ),
        Misconception(
            "both limits needed",
            _from_sheet(_both_needed),
            "You ask for both limits at once. For tier a one of the two tests is enough.",
        ),
        Misconception(
            "no floor",
            _from_sheet(_no_floor),
            "You test the density of every chip. It counts only from a TPP of 1,600 on: a toy is dense, too.",
        ),
        Misconception(
            "edge outside",
            _from_sheet(_edge_outside),
            "Right except on the edge: the rule says *or more*, so a chip exactly at a limit is caught.",
        ),
        Misconception(
            "half of tier b",
            _from_sheet(_one_b),
            "Tier b has two tests, and you have one of them. What of a chip between 1,600 and 2,400?",
        ),
        Misconception(
            "the peak for the TPP",
            _from_sheet(_tier, 1),
            "You hold the peak itself against the limits. TPP is the peak times something.",
        ),
        Misconception(
            "eight bits",
            _from_sheet(_tier, 8),
            "You multiply by 8 bits. The peak is one for numbers of another length.",
        ),
    ),
    hints=(
        "First the TPP from the peak, then the density from the TPP. Test tier a before tier b.",
        "Each tier is two tests joined by `or`; each test about density is two conditions joined by `and`.",
    ),
    praise="Six numbers in print decide about billions of dollars of trade, and they fit into two lines.",
    section="Who may buy it",
)


def _smallest_free_area() -> float:
    from course.explorers.export_rules import AREAS, contest

    return float(next(area for area in AREAS if not contest(4800, 5.92, 299, area, 0.1).is_caught))


EXPLORE = Question(
    id="02-q5",
    asks="Find with the explorer the smallest die on which a fast chip is not denied",
    objective=3,
    answer_name="smallest_area",
    reference=_smallest_free_area(),
    alternatives=(int(_smallest_free_area()),),
    tolerance=1e-6,
    misconceptions=(
        Misconception(
            "exact instead of a step",
            299 * 16 / 5.92,
            "That is where the limit lies exactly. The question asks for a step of the lever.",
        ),
        Misconception(
            "the H20's own speed",
            400,
            "Did the peak move? That is where an H20 with its 148 TFLOP/s would already pass.",
        ),
        Misconception(
            "still caught",
            Between(0, _smallest_free_area()),
            "There the title on the left still says that your design is caught.",
        ),
        Misconception(
            "not caught, but larger than needed",
            Between(_smallest_free_area(), 1000),
            "Not caught, yes, but a smaller step does it as well.",
        ),
    ),
    hints=(
        "Choose the case, set the peak, then move only the area until the title on the left changes.",
        "A larger die thins the same arithmetic out. The sentence says from which area on it is not caught.",
    ),
    praise="Nearly the largest die that can be printed, and notice besides: silicon is the price of arithmetic.",
    section="What if?",
)


def _peak_of_tier_a() -> float:
    return 5.92 * _ASCEND_MM2 / 16


AUDIT = Question(
    id="02-q6",
    asks="Find out whether a disagreement about a peak changes a chip's tier",
    objective=4,
    answer_name="audit",
    reference=(_peak_of_tier_a(), False),
    alternatives=([round(_peak_of_tier_a(), 1), False],),
    points=2,
    misconceptions=(
        Misconception(
            "right peak, wrong conclusion",
            First(_peak_of_tier_a()),
            "The peak is right. Now hold the three printed ones against it once more.",
        ),
        Misconception(
            "only the first test",
            First(4800 / 16),
            "That is where TPP alone puts it into tier a. The other test catches it earlier.",
        ),
        Misconception(
            "only the floor",
            First(1600 / 16),
            "From there on its density counts. But how dense must it be?",
        ),
        Misconception(
            "the limit of tier b",
            First(3.2 * _ASCEND_MM2 / 16),
            "That is where tier b begins. The question asks for tier a.",
        ),
        Misconception(
            "eight bits",
            First(5.92 * _ASCEND_MM2 / 8),
            "You divide by 8 bits. The printed peaks are for 16-bit numbers.",
        ),
        Misconception(
            "averages the sources",
            First(sum(_PRINTED_PEAKS) / len(_PRINTED_PEAKS)),
            "That is the mean of the sources. Averaging is no argument: at which peak does the tier change?",
        ),
    ),
    hints=(
        "TPP is the 16-bit peak times 16. Density is that by the area. Which of the two tests of tier a comes first?",
        "Set peak * 16 / area equal to the limit on density and solve for the peak.",
    ),
    praise="By one source it needs a notice, by two it is denied. A tier is only as good as the peak it rests on.",
    section="Who may buy it",
)


def _saving(defects: float) -> float:
    return _die_usd(814, defects) - 2 * _die_usd(407, defects)


SPLIT = Question(
    id="02-q7",
    asks="Decide whether to split a die in two, and whether the decision is safe",
    objective=4,
    answer_name="split",
    reference=(_saving(0.1), False),
    alternatives=([round(_saving(0.1)), False],),
    points=2,
    misconceptions=(
        Misconception(
            "right saving, wrong conclusion",
            First(_saving(0.1)),
            "The saving is right. Compute it once more for the better fab: is it still above 150?",
        ),
        Misconception(
            "one half only",
            First(_die_usd(814, 0.1) - _die_usd(407, 0.1)),
            "You compare the whole with one half. The chip needs two of them.",
        ),
        Misconception(
            "the cost of the halves",
            First(2 * _die_usd(407, 0.1)),
            "That is what the two halves cost. What do they save?",
        ),
        Misconception(
            "no defects at all",
            First(_WAFER / float(gross_dies_estimate(814)) - 2 * _WAFER / float(gross_dies_estimate(407))),
            "You leave the yield out. It is the main reason for splitting.",
        ),
        Misconception(
            "the better fab",
            First(_saving(0.05)),
            "That is the saving at 0.05 defects. First 0.1 is asked for.",
        ),
    ),
    hints=(
        "One good die of 814 mm² against two good dies of 407 mm², all from the same wafer price.",
        "Write the cost of a good die as one line, and use it for both areas; then both again with the other defects.",
    ),
    praise="The case for splitting is a case about defects: in a clean fab it shrinks by more than half.",
    section="From wafer to good die",
)

CRITICISE = Question(
    id="02-q8",
    asks="Say which objections to a claim the evidence supports",
    objective=5,
    answer_name="objections",
    reference={"A", "D", "E"},
    alternatives=(["A", "D", "E"], {"e", "d", "a"}),
    points=2,
    misconceptions=(
        Misconception(
            "price from cost",
            Choosing("B"),
            "B takes a price to be cost and a fixed part on top. The margins of the H100 and the MI300X are far apart.",
        ),
        Misconception(
            "the die for the whole card",
            Choosing("C"),
            "C moves the whole card with the die. Which part of the card's cost is the die?",
        ),
        Misconception(
            "misses what the bill leaves out",
            LeavingOut("A"),
            "Not all yet. Is a bill of materials all that a maker pays for?",
        ),
        Misconception(
            "takes the estimate for a fact",
            LeavingOut("D"),
            "Not all yet. How well did estimates of the parts agree with each other?",
        ),
        Misconception(
            "misses memory and packaging",
            LeavingOut("E"),
            "Not all yet. Look at the first chart once more: what are the longest bars?",
        ),
    ),
    hints=(
        "Go through the five one by one: is there a number in the lesson that bears it out?",
        "Three hold.",
    ),
    praise="A price says what a buyer has no better use for; a cost estimate says what a rival would have to match.",
    section="Break it",
)

QUESTIONS: tuple[Question, ...] = (GOOD_DIE, YIELD, MARGIN, TIER, EXPLORE, AUDIT, SPLIT, CRITICISE)
