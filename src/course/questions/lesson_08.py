"""Lesson 08: when does giving the model away pay?"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from aistack.openness import break_even_adoption, competing_margin, open_income_per_use
from course.data import load
from course.explorers.openness import MULTIPLIERS, openness
from course.questions.families import Between, Choosing, LeavingOut, OtherThan
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario


def _firm(draw: random.Random) -> Numbers:
    """A firm with two or three rivals. With more of them, or a larger share, two slips could come to one number."""
    return {
        "closed_margin_usd": round(draw.uniform(1, 6), 2),
        "captured_share": round(draw.uniform(0.12, 0.37), 2),
        "cloud_margin_usd": round(draw.uniform(0.2, 0.9), 2),
        "hosts": draw.choice((3, 4)),
    }


def _even(numbers: Numbers) -> Question:
    margin, captured = numbers["closed_margin_usd"], numbers["captured_share"]
    cloud, hosts = numbers["cloud_margin_usd"], numbers["hosts"]
    even = float(break_even_adoption(margin, open_income_per_use(captured, competing_margin(cloud, hosts))))
    return Question(
        id="08-q1",
        asks="Compute the break-even multiplier of a firm that shares the model with other hosts",
        objective=1,
        answer_name="kappa",
        reference=even,
        alternatives=(np.float64(margin / (captured * cloud * 2 / (hosts + 1))), float(f"{even:.3g}")),
        misconceptions=(
            Misconception(
                "competition left out",
                margin / (captured * cloud),
                "You used the margin of a single host. With the others about, less of it is left.",
            ),
            Misconception(
                "all use captured",
                margin / (cloud * 2 / (hosts + 1)),
                "You let all of the open use come to the firm's own cloud. Only a part does.",
            ),
            Misconception(
                "margin shared out",
                margin / (captured * cloud / hosts),
                "You divided the margin by the number of hosts. Cournot leaves each unit a larger part than that.",
            ),
            Misconception(
                "upside down",
                captured * cloud * 2 / (hosts + 1) / margin,
                "That is what a unit of open use earns beside a closed one. How many such units make up for one?",
            ),
            Misconception(
                "own cloud not counted among the hosts",
                margin / (captured * cloud * 2 / (hosts + 2)),
                "You counted one host too many: the firm's own cloud is among those given.",
            ),
        ),
        hints=(
            "First what competition leaves of the cloud margin: 2 / (n + 1) of it, with all hosts counted.",
            "Then what a unit of open use earns: captured share times that. How many of them equal one closed unit?",
        ),
        praise="Every further host raises that number, though no user has gone.",
        section="What leaks",
        scenario=Scenario(numbers, _firm, _even),
    )


EVEN = _even({"closed_margin_usd": 2.4, "captured_share": 0.25, "cloud_margin_usd": 0.4, "hosts": 3})

READ = Question(
    id="08-q2",
    asks="Read from a chart how much of which family can be opened before it earns less than closed",
    objective=3,
    answer_name="family_and_share",
    reference=("A", 80),
    alternatives=(["a", 80.0], ("A", 79)),
    tolerance=0.03,
    misconceptions=(
        Misconception(
            "the best share",
            ("A", 40),
            "The letter is right, and there it earns most. How far may it go before it is back at the level line?",
        ),
        Misconception(
            "the one between",
            ("C", 60),
            "That is where C is back at the level line. Another family gets there later.",
        ),
        Misconception(
            "the first to fall",
            ("B", 20),
            "That family is the first to fall below the level line: its models all earn alike.",
        ),
        Misconception(
            "profit for share",
            ("A", 130),
            "The letter is right, but you read the height of the mark. The share is on the other axis.",
        ),
        Misconception(
            "all of it",
            ("A", 100),
            "The letter is right. But at the far right it earns half of what it does closed.",
        ),
    ),
    hints=(
        "The level line is what the closed family earns. Where does each curve come down to it?",
        "Go down from that crossing to the axis below, and round to the nearest ten per cent.",
    ),
    praise="The right part of such a curve is the flagship: that is where openness becomes expensive.",
    section="How much to open",
)


def _leaky(m: float, s: float, c: float, fee: float, forks: float) -> float:
    return m / ((1 - forks) * (s * c + (1 - s) * fee))


def _leaky_by_steps(m: float, s: float, c: float, fee: float, forks: float) -> Any:
    own, others = np.float64(s) * c, (1 - s) * fee
    income = own + others
    return m / (income - income * forks)


def _leaky_inputs(draw: random.Random) -> Inputs:
    return [
        [
            draw.uniform(1, 8),
            draw.uniform(0.1, 0.6),
            draw.uniform(0.1, 1),
            draw.uniform(0.02, 0.2),
            draw.uniform(0.1, 0.5),
        ]
        for _ in range(4)
    ]


LEAKY = Question(
    id="08-q3",
    asks="Write the break-even multiplier with a licence fee and forks as a function",
    objective=1,
    answer_name="break_even",
    reference=_leaky,
    alternatives=(_leaky_by_steps,),
    make_inputs=_leaky_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "fee on all use",
            lambda m, s, c, fee, f: m / ((1 - f) * (s * c + fee)),
            "You let the firm pay the fee to itself. Only use on other clouds pays it.",
        ),
        Misconception(
            "forks left out",
            lambda m, s, c, fee, f: m / (s * c + (1 - s) * fee),
            "Forks are missing. Their part of the use pays neither cloud nor fee.",
        ),
        Misconception(
            "only forks",
            lambda m, s, c, fee, f: m / (f * (s * c + (1 - s) * fee)),
            "You kept the forks and lost the rest: it is the use that is not forked that pays.",
        ),
        Misconception(
            "forks only on other clouds",
            lambda m, s, c, fee, f: m / (s * c + (1 - f) * (1 - s) * fee),
            "You took the forks off the fee only. A fork runs on its own machines, so it is lost to the cloud as well.",
        ),
        Misconception(
            "forks among the other hosts",
            lambda m, s, c, fee, f: m / (s * c + (1 - s - f) * fee),
            "You took the forks off what the other hosts run. They take a part of all use; s divides what is left.",
        ),
        Misconception(
            "income for multiplier",
            lambda m, s, c, fee, f: (1 - f) * (s * c + (1 - s) * fee),
            "That is what a unit of open use earns. How many units does it take to earn one closed margin?",
        ),
    ),
    hints=(
        "A unit of open use: a part is forked and pays nobody; of the rest, a part pays c and the others pay the fee.",
        "The multiplier is the closed margin divided by what such a unit earns.",
    ),
    praise="Three leaks in one line. Which of them a firm can close decides what it should open.",
    section="What leaks",
)


def _all_open_step() -> float:
    explorer = openness()
    for step in MULTIPLIERS:
        explorer.set(multiplier=step)
        if explorer.result.best_share == 1:
            return float(step)
    raise ValueError("no step opens everything")


LEVER = Question(
    id="08-q4",
    asks="Find with the explorer from which multiplier on everything should be opened",
    objective=4,
    answer_name="all_open_from",
    reference=_all_open_step(),
    alternatives=(int(_all_open_step()),),
    misconceptions=(
        Misconception(
            "break-even for best",
            Between(10, 13),
            "There opening everything earns as much as opening nothing. But a mix still earns more than both.",
        ),
        Misconception(
            "not yet all",
            Between(0, _all_open_step()),
            "There it is still better to keep a part closed: the best share is below 100 %.",
        ),
        Misconception(
            "not the first",
            Between(_all_open_step(), 101),
            "There everything should be opened, but at a smaller step already. Go back one by one.",
        ),
    ),
    hints=(
        "Start from the case named in the question and move only the lever 'Use when open'.",
        "The title of the left panel says the best share. At which step does it say 100 % for the first time?",
    ),
    praise="Far beyond the break-even: between the two, a mix beats both all and nothing.",
    section="What if?",
    tolerance=1e-6,
)


def _best_share(m: float, w: float, beta: float, delta: float) -> float:
    return float(min(1.0, (beta * w / (delta * m)) ** (1 / (delta - beta))))


def _profit(share: float, m: float, w: float, beta: float, delta: float) -> float:
    return float(m * (1 - share**delta) + w * share**beta)


def _best(m: float, w: float, beta: float, delta: float) -> float:
    return _profit(_best_share(m, w, beta, delta), m, w, beta, delta)


def _best_on_a_grid(m: float, w: float, beta: float, delta: float) -> Any:
    shares = np.linspace(0, 1, 1001)
    return np.max(m - m * np.power(shares, delta) + w * np.power(shares, beta))


def _best_inputs(draw: random.Random) -> Inputs:
    """Families of which a part should stay closed, and two that should be opened whole."""
    inside = [
        [draw.uniform(1.6, 3), draw.uniform(0.5, 1.5), draw.uniform(0.3, 0.8), draw.uniform(2, 6)] for _ in range(3)
    ]
    whole = [[1.0, draw.uniform(9, 12), draw.uniform(0.6, 0.8), draw.uniform(2, 3)] for _ in range(2)]
    return inside + whole


WORTH = Question(
    id="08-q5",
    asks="Write what a family earns at the best share as a function",
    objective=3,
    answer_name="best_profit",
    reference=_best,
    alternatives=(_best_on_a_grid,),
    make_inputs=_best_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "more than all",
            lambda m, w, b, d: _profit((b * w / (d * m)) ** (1 / (d - b)), m, w, b, d),
            "Right where a part stays closed. But your function sometimes opens more than the whole family.",
        ),
        Misconception(
            "the share",
            _best_share,
            "That is the best share. What does the family earn there?",
        ),
        Misconception(
            "nothing given up",
            lambda m, w, b, d: m + w * _best_share(m, w, b, d) ** b,
            "You count the closed margin in full. What was opened does not bring it any more.",
        ),
        Misconception(
            "open part only",
            lambda m, w, b, d: w * _best_share(m, w, b, d) ** b,
            "That is what the open part earns. The part that stays closed earns, too.",
        ),
        Misconception(
            "exponent not inverted",
            lambda m, w, b, d: _profit(min(1.0, (b * w / (d * m)) ** (d - b)), m, w, b, d),
            "In the share, the exponent is one over the difference of delta and beta, not the difference itself.",
        ),
        Misconception(
            "beta and delta changed round",
            lambda m, w, b, d: _profit(min(1.0, (d * w / (b * m)) ** (1 / (d - b))), m, w, b, d),
            "Beta belongs to what openness earns, delta to what it costs. You have changed them round.",
        ),
        Misconception(
            "all or nothing",
            lambda m, w, b, d: max(w, m),
            "That is what the better end earns. Between them, where both curves are equally steep, more can be earned.",
        ),
    ),
    hints=(
        "First the best share: the lesson has its formula, and no firm can open more than its whole family.",
        "Then put that share into the lesson's profit: what is left of m, and what the open part earns.",
    ),
    praise="What a mix earns beyond both ends is what a firm loses that argues for all or nothing.",
    section="How much to open",
    tolerance=1e-4,  # a profit is flat about its top: at 1 % a share that is well off would pass
)


def _v4(tariff: str) -> float:
    rows = load("api_prices")
    found = rows[(rows["model_group"] == "DeepSeek-V4-Pro") & (rows["tariff"] == tariff)]
    return float(found["output_usd_per_mtok"].iloc[0])


_PEAK, _OFF, _PEAK_HOURS = _v4("peak"), _v4("off_peak"), 7
_DAY = (_PEAK_HOURS * _PEAK + (24 - _PEAK_HOURS) * _OFF) / 24

AUDIT = Question(
    id="08-q6",
    asks="Audit the claim that hosts undercut a maker, from a list that has only the peak price",
    objective=2,
    answer_name="price_and_undercut",
    reference=(_DAY, False),
    alternatives=([round(_DAY, 2), False],),
    misconceptions=(
        Misconception(
            "peak only",
            (_PEAK, True),
            "That is the tool's mistake: it has the peak price alone, which holds for a few hours a day.",
        ),
        Misconception(
            "plain mean of two prices",
            ((_PEAK + _OFF) / 2, True),
            "You gave both prices the same weight. They do not hold for equally many hours.",
        ),
        Misconception(
            "hours changed round",
            ((_PEAK_HOURS * _OFF + (24 - _PEAK_HOURS) * _PEAK) / 24, True),
            "You let the peak price hold for most of the day. Count the peak hours again.",
        ),
        Misconception(
            "off peak only",
            (_OFF, False),
            "That is the price outside the peak. A service that runs around the clock pays both.",
        ),
        Misconception(
            "right price, wrong comparison",
            (_DAY, True),
            "Your price is right. Now hold the cheapest host in the table against it.",
        ),
    ),
    hints=(
        "Count the peak hours in the note. The other hours of the day cost half.",
        "Weigh each price by its hours, divide by 24, and compare with the cheapest host.",
    ),
    praise="The same table, and the opposite headline: a tariff had been left out.",
    section="The data",
    points=2,
)

DECIDE = Question(
    id="08-q7",
    asks="Decide which firms should open their whole model",
    objective=4,
    answer_name="should_open",
    reference={"A", "C"},
    alternatives=(["A", "C"], {"c", "a"}),
    misconceptions=(
        Misconception(
            "competition forgotten",
            Choosing("D"),
            "D's margin is that of a single host, and there are eight. What do they leave of it?",
        ),
        Misconception(
            "release cost forgotten",
            Choosing("E"),
            "E earns more open than closed. By more than the release costs?",
        ),
        Misconception(
            "use for money",
            Choosing("B"),
            "B would be used most of all. Which part of that use pays B?",
        ),
        Misconception(
            "small is nothing",
            LeavingOut("C"),
            "Not all yet. One firm earns little when open, but what does it lose?",
        ),
        Misconception(
            "misses the plain case",
            LeavingOut("A"),
            "Not all yet. Work out all five: multiplier times captured share times what the hosts leave of the margin.",
        ),
        Misconception(
            "not a set of letters",
            OtherThan(("A", "B", "C", "D", "E")),
            'Answer with a set of letters, such as {"A", "E"}.',
        ),
    ),
    hints=(
        "For each firm: what does open earn, what does closed earn, and is the difference above the release cost?",
        "With n hosts, 2 / (n + 1) of the cloud margin is left.",
    ),
    praise="Who sells the complement should open, and so should whoever has nothing to lose.",
    section="Two ways to earn",
    points=2,
)

CRITICISE = Question(
    id="08-q8",
    asks="Say which objections to a claim the evidence supports",
    objective=5,
    answer_name="objections",
    reference={"A", "B", "E"},
    alternatives=(["A", "B", "E"], {"e", "b", "a"}),
    misconceptions=(
        Misconception(
            "the model for the world",
            Choosing("C"),
            "C takes the model for the world. The lesson broke it on just that firm: what does it leave out?",
        ),
        Misconception(
            "closed prices not looked at",
            Choosing("D"),
            "D may be true or false: no chart of the lesson shows how prices of closed models moved.",
        ),
        Misconception(
            "misses who sets prices",
            LeavingOut("A"),
            "Not all yet. What did prices do where the maker sells the model itself?",
        ),
        Misconception(
            "misses what a list price is",
            LeavingOut("B"),
            "Not all yet. What did the lesson say that the table does not know?",
        ),
        Misconception(
            "buyer for maker",
            LeavingOut("E"),
            "Not all yet. The claim goes from a gain of buyers to the wisdom of the maker.",
        ),
        Misconception(
            "not a set of letters",
            OtherThan(("A", "B", "C", "D", "E")),
            'Answer with a set of letters, such as {"A", "E"}.',
        ),
    ),
    hints=(
        "Go through the five one by one: is there a number or a warning in the lesson that bears it out?",
        "An objection may be true of the world and still not be supported by what you have seen.",
    ),
    praise="Cheap for buyers, and right for the maker: two claims, and the price list speaks to one.",
    section="Verdict so far",
    points=2,
)

QUESTIONS: tuple[Question, ...] = (EVEN, READ, LEAKY, LEVER, WORTH, AUDIT, DECIDE, CRITICISE)
