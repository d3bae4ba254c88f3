"""Lesson 12: integrate, buy, or dual-source?"""

from __future__ import annotations

import random

from aistack.stack import codesign_gain
from course.data import load
from course.explorers.shocks import losses
from course.questions.families import Between, Choosing, First, LeavingOut
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario, told_apart

CHAIN = Question(
    id="12-q1",
    asks="Compute the final price behind two monopolists in a row",
    objective=1,
    answer_name="final_price",
    reference=70.0,
    alternatives=(70,),
    misconceptions=(
        Misconception(
            "one owner",
            50.0,
            "That is what one owner of both layers would charge (and what the first of two charges the second). "
            "The second owner adds a margin of its own.",
        ),
        Misconception("priced at cost", 10.0, "That is the cost. Who can set a price here would not sell at it."),
        Misconception("three owners", 80.0, "One halving too many: that is the price behind three owners."),
        Misconception(
            "the same margin twice",
            90.0,
            "You added the first owner's margin twice, and nobody buys. The second one faces a smaller market.",
        ),
    ),
    hints=(
        "With one owner the buyer saves half of what lies between choke price and cost. Each further one halves that.",
        "Take the choke price and subtract what the buyer still saves.",
    ),
    praise="Two owners who each do their best leave the buyer a quarter, and themselves less than one would have.",
    section="Two owners in a row",
)


def _quantity(rivals: list[int], choke: float, cost: float) -> float:
    return float((choke - cost) / 2 ** rivals.count(0))


def _quantity_by_steps(rivals: list[int], choke: float, cost: float) -> float:
    left = choke - cost
    for number in rivals:
        if number == 0:
            left = left / 2
    return left


def _quantity_inputs(draw: random.Random) -> Inputs:
    cases: Inputs = []
    for rivals in ([0], [0, 7, 0], [12, 0, 0, 0], [9, 20]):
        cost = draw.uniform(5, 30)
        cases.append([draw.sample(rivals, len(rivals)), cost + draw.uniform(20, 200), cost])
    return cases


QUANTITY = Question(
    id="12-q2",
    asks="Write the quantity sold behind layers of which some have rivals",
    objective=1,
    answer_name="quantity",
    reference=_quantity,
    alternatives=(_quantity_by_steps,),
    make_inputs=_quantity_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "every layer counted",
            lambda r, a, c: (a - c) / 2 ** len(r),
            "You let every layer add a margin. Where many sell the same, a buyer goes to whoever sells at cost.",
        ),
        Misconception(
            "rivals counted",
            lambda r, a, c: (a - c) / 2 ** (len(r) - r.count(0)),
            "The wrong way round: it is where there are *no* rivals that an owner can add a margin.",
        ),
        Misconception(
            "two times the owners",
            lambda r, a, c: (a - c) / max(2 * r.count(0), 1),
            "Right up to two owners. From three on you divide too little: each halves what is left.",
        ),
        Misconception(
            "cost left out", lambda r, a, c: a / 2 ** r.count(0), "You forgot that making it costs something."
        ),
        Misconception(
            "price for quantity",
            lambda r, a, c: a - (a - c) / 2 ** r.count(0),
            "That is the final price. The quantity is what the price leaves of the choke price.",
        ),
        Misconception(
            "one halving too many",
            lambda r, a, c: (a - c) / 2 ** (r.count(0) + 1),
            "One halving too many: with rivals in every layer, buyers take what they would take at cost.",
        ),
    ),
    hints=(
        "How many layers have an owner who can set a price? Only those count.",
        "`rivals.count(0)` counts them. Each halves what is sold, and Python writes powers as `2**n`.",
    ),
    praise="What matters is not how long the chain is, but how many in it have no rival.",
    section="Two owners in a row",
)


def _pair(draw: random.Random) -> Numbers:
    """Return a pair that history left short of operations, and what quality costs there."""
    return {"i": round(draw.uniform(0.08, 0.6), 3), "d": round(draw.uniform(0.15, 0.35), 3)}


def _codesign(numbers: Numbers) -> Question:
    """Return the question about a chip and a model that are stuck at `i`, where quality falls with `i ** -d`."""
    i, d = numbers["i"], numbers["d"]
    best, gain = (1 - d) / d, float(codesign_gain(i, d))

    def work(at: float, exponent: float) -> float:
        return float(at**exponent / (1 + at))

    return Question(
        id="12-q3",
        asks="Compute what designing chip and model together gains over where they are stuck",
        objective=2,
        answer_name="gain",
        reference=gain,
        alternatives=(round(gain, 3),),
        misconceptions=(
            Misconception(
                "the best value alone",
                work(best, 1 - d),
                "That is the work of the best pair. The gain is how many times that of the pair they are stuck with.",
            ),
            Misconception("turned round", 1 / gain, "You divided the wrong way round: together they are not worse."),
            Misconception(
                "stuck where the lesson was",
                float(codesign_gain(1, d)),
                "You took i = 1 for the place where they are stuck. Any balanced pair can be such a place.",
            ),
            Misconception(
                "d for 1 - d",
                work(best, d) / work(i, d),
                "The exponent is 1 - d: speed rises with i, and quality takes back a part of it.",
            ),
            Misconception(
                "per cent",
                100 * (gain - 1),
                "That is the gain in per cent. The question asks for a factor: how many times as much.",
            ),
        ),
        hints=(
            "The best pair is at i = (1 - d) / d. What is its work, and what is that of the pair they are stuck with?",
            "Both are on the curve `i**(1 - d) / (1 + i)`. Divide the best by the stuck one.",
        ),
        praise="The further from the best pair history left them, the more there is to gain. Nobody gains it alone.",
        section="Two designers in a row",
        scenario=Scenario(numbers, told_apart(_pair, _codesign), _codesign),
    )


CODESIGN = _codesign({"i": 0.5, "d": 0.3})

DUAL = Question(
    id="12-q4",
    asks="Compute the expected output with two makers that can step up",
    objective=3,
    answer_name="expected_percent",
    reference=100 * (0.8**2 + 2 * 0.8 * 0.2 * 0.5 * 1.6),
    alternatives=(89.6,),
    misconceptions=(
        Misconception(
            "nobody steps up",
            80.0,
            "That is without stepping up: then a second maker changes nothing on average. Here it can do more.",
        ),
        Misconception(
            "steps up to full",
            100 * (1 - 0.2**2),
            "You let one maker replace both. It can step up by a part of its own half only.",
        ),
        Misconception(
            "only when both run",
            64.0,
            "You count only the time in which both run. While one runs, the cloud still gets something.",
        ),
        Misconception(
            "one case forgotten",
            100 * (0.64 + 0.16 * 0.8),
            "One of the makers can be the one that is out, or the other: two cases, not one.",
        ),
        Misconception("as a part of one", 0.896, "Right as a part of one. The question asks for per cent."),
    ),
    hints=(
        "Three cases: both run (0.8 times 0.8), exactly one runs (twice 0.8 times 0.2), none runs.",
        "While exactly one runs, output is half, times one plus the step. Weigh each case by its chance and add.",
    ),
    praise="What a second source is worth is what it can step up by, not that it exists.",
    section="Supply that stops",
)

_STOCKS = (0, 1, 3, 6, 12)


def _first_stock() -> float:
    return float(next(stock for stock in _STOCKS if losses(80, 4, 0, 0, stock).mean() < 15))


STOCK = Question(
    id="12-q5",
    asks="Find with the explorer the stock that keeps the average loss below a limit",
    objective=3,
    answer_name="stock_months",
    reference=_first_stock(),
    alternatives=(int(_first_stock()),),
    tolerance=1e-6,
    misconceptions=(
        Misconception(
            "as long as an outage",
            4.0,
            "That is how long an outage lasts on average. Many last longer, and some follow each other. "
            "Besides, it is no step of the lever.",
        ),
        Misconception(
            "not enough",
            Between(-1, _first_stock()),
            "With that stock the average loss is still above the limit: read the title of the left panel.",
        ),
        Misconception(
            "more than needed",
            Between(_first_stock(), 60),
            "That is enough, but not the first step that is. Stock ages while it waits.",
        ),
    ),
    hints=(
        "Start with the case named in the question. The second maker stays at 0.",
        "Move only the stock, one step at a time, and watch the title of the left panel.",
    ),
    praise="More than an average outage: averages do not protect against what is longer than average.",
    section="What if?",
)

DECIDE = Question(
    id="12-q6",
    asks="Decide which protection costs least, losses included",
    objective=4,
    answer_name="decision",
    reference=(48.0, "both"),
    alternatives=([48, "Both"],),
    points=2,
    misconceptions=(
        Misconception(
            "right total, wrong name",
            First(48.0),
            "The total is right. Which option does it belong to?",
        ),
        Misconception(
            "no protection",
            First(60.0),
            "That is the total without protection. Compute the other three before you decide.",
        ),
        Misconception(
            "stock only",
            First(54.0),
            "That is the total with stock. One of the others is lower still.",
        ),
        Misconception(
            "losses unweighted",
            First(41.0),
            "You added the loss as it is. One per cent of lost chips costs more than one per cent of the budget here.",
        ),
        Misconception(
            "losses alone",
            First(21.0),
            "That is the cost of the losses alone. The protection has a price, too.",
        ),
        Misconception(
            "on no frontier",
            First(17.5 + 1.5 * 33),
            "That option costs more than the stock and protects less: it is on no frontier.",
        ),
    ),
    hints=(
        "Total = cost of the protection + 1.5 times the loss. Compute all four.",
        "An option that another beats in both columns can be crossed out at once.",
    ),
    praise="With another price of a lost chip another option wins; the second maker alone never does.",
    section="What resilience costs",
)


def _published(result_id: str) -> tuple[float, str]:
    rows = load("published_results")
    row = rows[rows["result_id"] == result_id].iloc[0]
    return float(row["value"]), str(row["inputs_json"])


_CHIP_MARGIN = 1 - _published("bom_H100")[0] / _published("h100_capex_2024")[0]
_SERVER_MARGIN = 190_000 / _published("dgx_h100_price")[0]


def _second(margin: float) -> float:
    return 100 * margin / (2 + margin)


AUDIT = Question(
    id="12-q7",
    asks="Find out whether two estimates of a margin that disagree change a conclusion",
    objective=4,
    answer_name="audit",
    reference=(_second(_CHIP_MARGIN), _second(_SERVER_MARGIN), True),
    alternatives=([round(_second(_CHIP_MARGIN), 1), round(_second(_SERVER_MARGIN), 1), True],),
    points=2,
    misconceptions=(
        Misconception(
            "the first margin itself",
            First(100 * _CHIP_MARGIN),
            "That is the chip maker's own margin. What does the model say the second in the row would keep?",
        ),
        Misconception(
            "cost share for margin",
            First(_second(1 - _CHIP_MARGIN)),
            "You put the share of the cost into the formula. L is the share of the margin.",
        ),
        Misconception(
            "as parts of one",
            First(_second(_CHIP_MARGIN) / 100),
            "Right as a part of one. The question asks for per cent.",
        ),
        Misconception(
            "crossed",
            First(_second(_SERVER_MARGIN)),
            "The first number should be the one by the chip, the second the one by the server.",
        ),
        Misconception(
            "right figures, wrong conclusion",
            First(_second(_CHIP_MARGIN)),
            "The first figure is right. Check the second, and hold both against what Alibaba's cloud kept.",
        ),
    ),
    hints=(
        "L is margin over price: (price - cost) / price for the chip, gross profit over price for the server.",
        "Then L / (2 + L), in per cent, for each of them.",
    ),
    praise="The estimates of the margin differ widely, and what follows from them here does not.",
    section="How wrong is it?",
)

CRITICISE = Question(
    id="12-q8",
    asks="Say which objections to a claim about independence hold",
    objective=5,
    answer_name="objections",
    reference={"A", "D", "E"},
    alternatives=(["D", "A", "E"], {"a", "d", "e"}),
    points=2,
    misconceptions=(
        Misconception(
            "swings to the other extreme",
            Choosing("B"),
            "B does not follow: that some do without does not show that owning is worth nothing to others.",
        ),
        Misconception(
            "a nation for a firm",
            Choosing("C"),
            "C judges all firms of a country at once. The table of owners has firms with and without each layer.",
        ),
        Misconception(
            "design taken for supply",
            LeavingOut("A"),
            "Not all yet. What does a firm own that designs a chip, and what does it still have to buy?",
        ),
        Misconception(
            "independence taken for granted",
            LeavingOut("D"),
            "Not all yet. What happened to two makers in the part that breaks the model?",
        ),
        Misconception(
            "a fair critic",
            LeavingOut("E"),
            "Not all yet. A fair critic also says what owning a layer does give.",
        ),
    ),
    hints=(
        "For each letter: which cell of the lesson bears it out?",
        "Three hold. One of them grants the claim something.",
    ),
    praise="Owning moves a dependence and saves a margin. Whether that is strength depends on what sits behind it.",
    section="Verdict so far",
)

QUESTIONS: tuple[Question, ...] = (CHAIN, QUANTITY, CODESIGN, DUAL, STOCK, DECIDE, AUDIT, CRITICISE)
