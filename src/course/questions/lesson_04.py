"""Lesson 04: what does an hour of compute cost?"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from aistack.cloud import HOURS_PER_YEAR, capital_recovery_factor, capital_usd_per_hour, carbon_tonnes, energy_kwh
from course.data import load
from course.explorers.cloud import LIVES, own
from course.prices import posted_prices
from course.questions.families import Between, Choosing, First, LeavingOut, OtherThan
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario, told_apart

_RATE, _YEARS = 0.10, 5


def _hardware_usd(chip: str) -> float:
    rows = load("clusters")
    rows = rows[rows["cost_basis"].str.startswith("hardware", na=False) & (rows["chip"] == chip)]
    return float((rows["cost_bn_usd"] * 1e9 / rows["total_chips"].astype(float)).median())


_B200 = _hardware_usd("B200")

HOUR = Question(
    id="04-q1",
    asks="Compute what the hardware of a chip that the lesson did not compute costs an hour",
    objective=1,
    answer_name="hardware_per_hour",
    reference=float(capital_usd_per_hour(_B200, _RATE, _YEARS)),
    alternatives=(np.float64(_B200 * _RATE / (1 - 1.1**-5) / 8760),),
    misconceptions=(
        Misconception(
            "no interest",
            _B200 / _YEARS / HOURS_PER_YEAR,
            "You spread the price evenly. The money has a price, too: the capital recovery factor has it.",
        ),
        Misconception(
            "interest only",
            _B200 * _RATE / HOURS_PER_YEAR,
            "That is the interest alone. The price itself must also be paid back.",
        ),
        Misconception(
            "a year",
            _B200 * float(capital_recovery_factor(_RATE, _YEARS)),
            "That is what it costs a year. How many hours has a year?",
        ),
        Misconception(
            "interest on top of equal parts",
            _B200 * (1 / _YEARS + _RATE) / HOURS_PER_YEAR,
            "You charge interest on the whole price in every year, though part of it has been paid back by then.",
        ),
        Misconception(
            "the lesson's chip",
            float(capital_usd_per_hour(_hardware_usd("H100 SXM"), _RATE, _YEARS)),
            "That is the H100's hour. The question asks for the B200's.",
        ),
    ),
    hints=(
        "First the share of the price that must be earned each year, then divide by the hours of a year.",
        "The share is r / (1 - (1 + r) to the power of -n), with r = 0.10 and n = 5.",
    ),
    praise="Paid every hour, whether the chip works or not.",
    section="One payment a year",
)


def _posted(kind: str, *, year: str = "2026", terms: tuple[str, ...] = ("on_demand",)) -> Any:
    rows = posted_prices()
    rows = rows[(rows["chip"] == "H100 SXM") & (rows["provider_kind"] == kind) & rows["price_type"].isin(terms)]
    return rows[rows["date"].str.startswith(year)]["usd_per_accelerator_hour"]


def _gap(**choice: Any) -> float:
    return float(_posted("hyperscaler", **choice).median() / _posted("specialist", **choice).median())


GAP = Question(
    id="04-q2",
    asks="Compare two kinds of clouds without mixing what must not be mixed",
    objective=2,
    answer_name="gap",
    reference=_gap(),
    alternatives=(round(_gap(), 2),),
    misconceptions=(
        Misconception(
            "three goods in one",
            _gap(terms=("on_demand", "reserved", "spot")),
            "You mixed on demand with spot and reserved. Those are three goods: keep `on_demand` only.",
        ),
        Misconception(
            "all years",
            _gap(year=""),
            "You took prices of all years. A price of 2023 is no offer in 2026.",
        ),
        Misconception(
            "upside down",
            1 / _gap(),
            "That is the specialists' price over the large clouds'. The question asks for the other way round.",
        ),
        Misconception(
            "means",
            float(_posted("hyperscaler").mean() / _posted("specialist").mean()),
            "Those are the means. A few dear regions pull a mean up: use the medians.",
        ),
        Misconception(
            "a difference",
            float(_posted("hyperscaler").median() - _posted("specialist").median()),
            "That is how many dollars lie between them. How many *times* as much is asked for.",
        ),
    ),
    hints=(
        "Keep the rows that are `on_demand` and whose `date` starts with 2026.",
        "Then `groupby` the kind of provider and take the median of the price; divide one by the other.",
    ),
    praise="The same chip, and more than twice the price: whatever the difference is, it is not the chip.",
    section="What clouds ask",
)


def _useful(price_usd: float, rate: float, years: float, power_usd: float, utilisation: float) -> Any:
    yearly = price_usd * rate / (1 - (1 + rate) ** -years)
    return yearly / 8760 / utilisation + power_usd


def _useful_numpy(price_usd: float, rate: float, years: float, power_usd: float, utilisation: float) -> Any:
    hours_used = HOURS_PER_YEAR * np.float64(utilisation)
    return price_usd * capital_recovery_factor(rate, years) / hours_used + power_usd


def _useful_inputs(draw: random.Random) -> Inputs:
    """Chips of all prices, in use from a twelfth to nearly all of the time."""
    return [
        [draw.uniform(5_000, 60_000), draw.uniform(0.04, 0.2), draw.uniform(2, 8), draw.uniform(0.05, 0.4), used]
        for used in (draw.uniform(0.08, 0.2), draw.uniform(0.3, 0.6), draw.uniform(0.7, 0.95))
    ]


USEFUL = Question(
    id="04-q3",
    asks="Write the cost of a useful hour as a function",
    objective=1,
    answer_name="useful_hour",
    reference=_useful,
    alternatives=(_useful_numpy,),
    make_inputs=_useful_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "power of idle hours",
            lambda p, r, n, e, u: (p * r / (1 - (1 + r) ** -n) / 8760 + e) / u,
            "You divide the power by the utilisation as well. Power is drawn in the hours of use only; "
            "the hardware is what idle hours cost.",
        ),
        Misconception(
            "every hour used",
            lambda p, r, n, e, u: p * r / (1 - (1 + r) ** -n) / 8760 + e,
            "Right if every hour is used. The useful hours must pay for the idle ones, too.",
        ),
        Misconception(
            "cheaper when idle",
            lambda p, r, n, e, u: p * r / (1 - (1 + r) ** -n) / 8760 * u + e,
            "With you an hour gets cheaper the less the machine is used. Multiply or divide?",
        ),
        Misconception(
            "no interest",
            lambda p, r, n, e, u: p / n / 8760 / u + e,
            "You spread the price evenly. The capital recovery factor also pays the interest.",
        ),
        Misconception(
            "no power",
            lambda p, r, n, e, u: p * r / (1 - (1 + r) ** -n) / 8760 / u,
            "The power of the hour is missing.",
        ),
        Misconception(
            "a year",
            lambda p, r, n, e, u: p * r / (1 - (1 + r) ** -n) / u + e,
            "You add a year of hardware to an hour of power. A year has 8,760 hours.",
        ),
    ),
    hints=(
        "Three steps: the payment a year, the payment an hour, then divide by the share of hours in use.",
        "Add the power last: it is drawn in the hours of use only.",
    ),
    praise="Five numbers, and most arguments about the price of computing are about one of them.",
    section="An hour that is used",
)


def _longest_life_to_rent() -> float:
    """Longest life of the explorer's steps at which renting is the cheaper, in the preset that the question names."""
    return float(max(n for n in LIVES if (it := own("H100 SXM", "United States", 20, n, 10, 6.88)).cost > it.rent))


LIFE = Question(
    id="04-q4",
    asks="Find with the explorer how short a life makes renting cheaper",
    objective=3,
    answer_name="renting_from",
    reference=_longest_life_to_rent(),
    alternatives=(int(_longest_life_to_rent()),),
    misconceptions=(
        Misconception(
            "not the first step",
            Between(0, _longest_life_to_rent()),
            "Renting is cheaper there, but it was so one step earlier already.",
        ),
        Misconception(
            "a step too early",
            float(next(n for n in LIVES if n > _longest_life_to_rent())),
            "There owning is still cheaper: compare the title of the left panel with the rent.",
        ),
        Misconception(
            "still owning",
            Between(_longest_life_to_rent(), 100),
            "There owning is still cheaper. Go on shortening the life.",
        ),
    ),
    hints=(
        "Start with the preset named in the question, then move only the life, one step at a time.",
        "The title of the left panel ends in own or rent. When does the word change?",
    ),
    praise="Who believes in long lives buys, who fears the next chip rents: the case of the lesson, in one lever.",
    section="What if?",
    tolerance=1e-6,
)

_HOURS_A_DAY, _DAYS = 9, 250
_USED = _HOURS_A_DAY * _DAYS / HOURS_PER_YEAR

COMMIT = Question(
    id="04-q5",
    asks="Decide whether to commit to a reserved price",
    objective=3,
    answer_name="decision",
    reference=(_USED, False),
    alternatives=([round(_USED, 3), False],),
    points=2,
    misconceptions=(
        Misconception(
            "right share, wrong conclusion",
            First(_USED),
            "The share is right. A reserved hour is paid even if it is idle: from which share of use does that pay?",
        ),
        Misconception(
            "forgets the free days",
            First(_HOURS_A_DAY / 24),
            "That is the share of a working day. The year also has days without work, and the reservation runs on.",
        ),
        Misconception(
            "days for hours",
            First(_DAYS / 365),
            "That is the share of days. On such a day the chip is used for some of the hours only.",
        ),
        Misconception(
            "hours, not a share",
            First(_HOURS_A_DAY * _DAYS),
            "That is the number of hours in use. Which share of all hours of the year is it?",
        ),
    ),
    hints=(
        "Hours in use in a year, over 8,760.",
        "Reserving costs 62 % of the on-demand price in every hour; on demand costs 100 % in the hours of use. "
        "At which share are they equal?",
    ),
    praise="A discount is a bet on one's own utilisation.",
    section="Rent or buy",
)


def _grid(country: str) -> float:
    rows = load("country_energy")
    rows = rows[(rows["country"] == country) & (rows["metric"] == "carbon_intensity") & rows["area"].isna()]
    return float(rows["value"].iloc[0])


def _job(draw: random.Random) -> Numbers:
    return {
        "chip_hours": float(draw.randint(1, 80) * 50_000),
        "watts": float(draw.randint(30, 120) * 10),
        "pue": draw.randint(108, 160) / 100,
    }


def _elsewhere(numbers: Numbers) -> Question:
    def tonnes(country: str, pue: float = numbers["pue"]) -> float:
        kwh = energy_kwh(numbers["chip_hours"], numbers["watts"], pue)
        return float(carbon_tonnes(kwh, _grid(country)))

    saved = tonnes("CN") - tonnes("SE")
    return Question(
        id="04-q6",
        asks="Compare the emissions of one job in two places",
        objective=4,
        answer_name="tonnes_saved",
        reference=saved,
        alternatives=(round(saved, 1),),
        misconceptions=(
            Misconception(
                "no overhead",
                tonnes("CN", 1) - tonnes("SE", 1),
                "You counted what the chips draw. The site draws more: the PUE is missing.",
            ),
            Misconception(
                "kilograms",
                1000 * saved,
                "That is in kilograms. A tonne is a million grams.",
            ),
            Misconception(
                "one place only",
                tonnes("CN"),
                "That is what the job emits in China. How much *less* is it in Sweden?",
            ),
            Misconception(
                "the other place only",
                tonnes("SE"),
                "That is what the job emits in Sweden. How much less is that than in China?",
            ),
            Misconception(
                "a ratio",
                _grid("CN") / _grid("SE"),
                "That is how many times as much one grid emits. The question asks for tonnes.",
            ),
            Misconception(
                "the wrong sign",
                -saved,
                "The size is right, the sign is not: saved is China less Sweden.",
            ),
        ),
        hints=(
            "First the energy: hours times kilowatts times PUE, in kilowatt-hours.",
            "Then times the difference of the two grids in grams, and a tonne is 1,000,000 g.",
        ),
        praise="The same job for nearly the same money. Where the place is free to choose, few decisions are easier.",
        section="The same hour, elsewhere",
        scenario=Scenario(numbers, told_apart(_job, _elsewhere), _elsewhere),
    )


CARBON = _elsewhere({"chip_hours": 1_000_000.0, "watts": 700.0, "pue": 1.2})

AUDIT = Question(
    id="04-q7",
    asks="Find out which of four published prices agrees with a published price cut",
    objective=5,
    answer_name="agrees",
    reference="D",
    alternatives=("d",),
    misconceptions=(
        Misconception(
            "cut far too deep",
            "A",
            "For eight chips A comes to less than a third of the price before the cut. How large a cut would that be?",
        ),
        Misconception(
            "another cut",
            "B",
            "B is a cut of less than a fifth. And it starts from the price that was gone by then.",
        ),
        Misconception(
            "the old price",
            "C",
            "C is the price before the cut, a year after it. Pages copy from pages.",
        ),
        Misconception(
            "not one of the letters", OtherThan(("A", "B", "C", "D")), "Answer with one of the four letters."
        ),
    ),
    hints=(
        "Bring all four to the same unit: dollars an hour for the machine with eight chips.",
        "What is left of the price before the cut when 44 % are taken off?",
    ),
    praise="One of four, and the three others stand on pages that advise buyers. A cut and two prices make a check.",
    section="What clouds ask",
)

CRITICISE = Question(
    id="04-q8",
    asks="Say which objections to a quoted cost of a model the evidence supports",
    objective=5,
    answer_name="objections",
    reference={"C", "D", "E"},
    alternatives=(["D", "C", "E"], {"c", "d", "e"}),
    points=2,
    misconceptions=(
        Misconception(
            "doubts the arithmetic",
            Choosing("A"),
            "A says that the sum is wrong. Multiply: hours times dollars an hour. The arithmetic is not what is wrong.",
        ),
        Misconception(
            "power for the main cost",
            Choosing("B"),
            "B takes power for the largest part. What share of an hour's cost was it in the lesson?",
        ),
        Misconception(
            "misses what is left out",
            LeavingOut("C"),
            "Not all yet. What does the source itself say is not in the figure?",
        ),
        Misconception(
            "takes rent for possession",
            LeavingOut("D"),
            "Not all yet. What would the machines of the cluster cost to buy?",
        ),
        Misconception(
            "takes the rent as given",
            LeavingOut("E"),
            "Not all yet. Where do 2 dollars stand among the prices of the lesson's first chart?",
        ),
    ),
    hints=(
        "Go through the five one by one: is there a number in the lesson or in the rows above that bears it out?",
        "Three hold. One is about what is left out, one about buying, one about the rent that was assumed.",
    ),
    praise="The figure is honest about what it is. Most who quote it are not.",
    section="Case: how long does a server live?",
)

QUESTIONS: tuple[Question, ...] = (HOUR, GAP, USEFUL, LIFE, COMMIT, CARBON, AUDIT, CRITICISE)
