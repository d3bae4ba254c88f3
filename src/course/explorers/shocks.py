"""Explorers of the lessons on supply shocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from aistack.assumptions import BASES
from aistack.shocks import MONTHS_PER_YEAR, Node, efficient, expected_shortfall, output_lost
from course.charts import GREY, PALETTE, Chart, Row, figure, number
from course.explorer import Explorer, Range, Steps

YEARS, DRAWS, SEED = 5, 1000, 12
TAIL = 0.05
CAPITAL_COST = 0.10
STOCK_COST = 100 * (BASES["price_performance_growth"].value + CAPITAL_COST) / MONTHS_PER_YEAR
"""Per cent of a year's chip budget that one month of stock costs each year: it ages, and it ties up money."""
PORTING_COST, SPARE_COST = 10.0, 15.0
"""Per cent of the budget: software for a second maker, and makers who keep all of their capacity free to step up."""

Measure = tuple[float, float, float]
"""Per cent from the second maker, per cent by which each can step up, months of stock."""
MEASURES: dict[str, Measure] = {
    "nothing": (0, 0, 0),
    "stock for 1 month": (0, 0, 1),
    "stock for 3 months": (0, 0, 3),
    "stock for 6 months": (0, 0, 6),
    "second maker, a fifth": (20, 50, 0),
    "two halves, no spare": (50, 0, 0),
    "two halves, all spare": (50, 100, 0),
    "two halves, all spare, stock 1": (50, 100, 1),
}
_SHARES = np.linspace(0, 100, 201)
Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Protection:
    """What a way to protect the supply of chips costs, and what it leaves of the losses. All in per cent."""

    measure: Measure
    probability: float
    months_out: float
    mean_loss: float
    bad_loss: float
    """Mean of the worst 5 % of cases."""
    cost: float
    exceeded: Curve
    """Share of cases that lose more than each of 0 to 100 per cent."""
    options: tuple[Curve, Curve]
    """Cost and bad loss of each of `MEASURES`."""
    frontier: tuple[Curve, Curve]
    """Those of them that no other beats, by cost."""


def price(second: float, spare: float, stock: float) -> float:
    """Return what a measure costs, in per cent of the chip budget."""
    of_second = (PORTING_COST + SPARE_COST * spare / 100) if second else 0.0
    return stock * STOCK_COST + of_second


def losses(probability: float, months_out: float, second: float, spare: float, stock: float) -> Curve:
    """Return what a cloud loses of five years' chips in each draw; makers fail alike and independently."""
    makers = [Node("maker A", probability / 100, months_out)]
    supply = {"maker A": 1.0}
    if second:
        makers.append(Node("maker B", probability / 100, months_out))
        supply = {"maker A": 1 - second / 100, "maker B": second / 100}
    cloud = Node("cloud", needs={"chips": supply}, spare=spare / 100 if second else 0.0, stock_months=stock)
    return 100 * output_lost([*makers, cloud], "cloud", YEARS, DRAWS, SEED)


def protect(probability: float, months_out: float, second: float, spare: float, stock: float) -> Protection:
    """Simulate one way to protect the supply, and hold it against the standard ones."""
    lost = losses(probability, months_out, second, spare, stock)
    costs, bad = _options(probability, months_out)
    kept = efficient(costs, bad)
    order = np.argsort(costs[kept])
    return Protection(
        measure=(second, spare, stock),
        probability=probability,
        months_out=months_out,
        mean_loss=float(lost.mean()),
        bad_loss=float(expected_shortfall(lost, TAIL)),
        cost=price(second, spare, stock),
        exceeded=100 * (1 - np.searchsorted(np.sort(lost), _SHARES, side="right") / len(lost)),
        options=(costs, bad),
        frontier=(costs[kept][order], bad[kept][order]),
    )


class ProtectionChart(Chart[Protection]):
    """Left, how often more than so much is lost; right, the bad case against what the protection costs."""

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(
            self.panels,
            subtitle=("cases that lose more than this, per cent", "loss in the worst 5 % of cases, per cent"),
        )
        left.set(xlim=(0, 100), ylim=(0, 102), xlabel="chips lost in five years, per cent")
        right.set(xlim=(-1, 65), ylim=(0, 102), xlabel="cost, per cent of the chip budget")
        self.add_line("ghost exceeded", left)
        self.add_line("exceeded", left, color=PALETTE[0], lw=2.5, ls="-", zorder=4)
        self.add_line("options", right, color=GREY, marker="s", ms=5, ls="", clip_on=False)
        self.add_line("frontier", right, color=PALETTE[2], lw=1.5, ls="--", marker="s", ms=6, zorder=4, clip_on=False)
        self.add_line("ghost here", right, color=GREY, marker="o", ms=8, zorder=5, clip_on=False)
        self.add_line("here", right, color=PALETTE[1], marker="D", ms=9, zorder=6, clip_on=False)
        for name, axes, color in (
            ("protected", left, PALETTE[0]),
            ("bare", left, GREY),
            ("yours", right, PALETTE[1]),
            ("best", right, PALETTE[2]),
            ("beaten", right, GREY),
        ):
            self.add_label(name, axes, color=color, fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Protection, ghost: Protection) -> None:
        """Move everything to where `result` and `ghost` say."""
        self.move("exceeded", _SHARES, result.exceeded)
        self.move("ghost exceeded", _SHARES, ghost.exceeded)
        self.move("options", *result.options)
        self.move("frontier", *result.frontier)
        self.move("here", result.cost, result.bad_loss)
        self.move("ghost here", ghost.cost, ghost.bad_loss)
        for name, text, x, y, up in (
            ("protected", "with this protection", 98, 92, 2),
            ("bare", "with none", 98, 92, -4),
            ("yours", "◆ this protection", 63, 92, 2),
            ("best", "■ best of the standard ones", 63, 92, -4),
            ("beaten", "■ beaten   ● none", 63, 84, -4),
        ):
            self.place(name, text, x, y, (-0.1, up))
        self.write("left title", f"Lost on average: {number(result.mean_loss)} %")
        self.write("right title", f"Bad case: {number(result.bad_loss)} %, cost {number(result.cost)} %")

    def sentence(self, result: Protection, ghost: Protection) -> str:
        """Say what is lost with and without, what it costs, and whether something standard is better."""
        second, spare, stock = result.measure
        sources = f"two makers, {second:g} % from the second, {spare:g} % to spare" if second else "one maker"
        stored = f"stock for {stock:g} month{'s' if stock != 1 else ''}"
        lost = f"{number(result.mean_loss)} % of five years' chips on average and {number(result.bad_loss)} %"
        bare = f"{number(ghost.mean_loss)} % and {number(ghost.bad_loss)} %"
        parts = [
            f"A maker stops with {result.probability:g} % chance a year, for {result.months_out:g} months or so.",
            f"With {sources}, and {stored}, the cloud loses {lost} in the worst 5 % of cases;",
            f"with one maker and no stock, {bare}. That costs {number(result.cost)} % of the chip budget.",
        ]
        standard = zip(*result.options, MEASURES, strict=True)
        here = (result.cost, result.bad_loss)
        better = [(bad, cost, name) for cost, bad, name in standard if _beats((cost, bad), here)]
        if better:
            parts.append(f"A standard way costs no more and is no worse: {min(better)[-1]}.")
        else:
            parts.append("None of the standard ways beats that.")
        return " ".join(parts)

    def numbers(self, result: Protection, ghost: Protection) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        return [
            ("Lost on average", f"{number(result.mean_loss)} %"),
            ("Lost in the worst 5 % of cases", f"{number(result.bad_loss)} %"),
            ("With one maker and no stock, on average", f"{number(ghost.mean_loss)} %"),
            ("With one maker and no stock, worst 5 %", f"{number(ghost.bad_loss)} %"),
            ("Cost of the protection", f"{number(result.cost)} % of the chip budget"),
        ]


def supply() -> Explorer[Protection]:
    """Return the explorer of lesson 12: how to protect a cloud's supply of chips."""
    return Explorer(
        "What does it cost to be spared?",
        protect,
        [
            Range("probability", "Chance that a maker stops", 0, 100, 1, "per cent a year", 40),
            Steps("months_out", "It stops for", (1, 2, 4, 8, 12, 24), "months on average", 4),
            Steps("second", "From the second maker", (0, 20, 50), "per cent", 50),
            Range("spare", "Each can step up by", 0, 100, 5, "per cent", 50),
            Steps("stock", "Stock for", (0, 1, 3, 6, 12), "months", 1),
        ],
        ProtectionChart(),
        presets={
            "Rules of 2022 to 2026: a control in four years of five": {"probability": 80, "second": 0, "stock": 0},
            "The same, with a stock bought ahead": {"probability": 80, "second": 0, "stock": 6},
            "The same, a fifth from a home maker": {"probability": 80, "second": 20, "spare": 50, "stock": 0},
            "A plant or a strait closes for a year": {"probability": 3, "months_out": 12, "second": 0, "stock": 0},
            "Training and answering on two makers' chips": {"probability": 40, "second": 50, "spare": 0, "stock": 0},
        },
        baseline={"second": 0, "stock": 0},
    )


def _beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one != other and one[0] <= other[0] and one[1] <= other[1]


@cache
def _options(probability: float, months_out: float) -> tuple[Curve, Curve]:
    costs = np.array([price(*measure) for measure in MEASURES.values()])
    bad = [expected_shortfall(losses(probability, months_out, *measure), TAIL) for measure in MEASURES.values()]
    return costs, np.array(bad)
