"""Explorers of the lessons on giving models away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aistack.openness import (
    break_even_adoption,
    competing_margin,
    gain_from_opening,
    open_income_per_use,
    optimal_opened_share,
    partial_profit,
)
from course.charts import GREY, PALETTE, Chart, Row, figure, log_ticks, number
from course.explorer import Explorer, Range, Steps

CLOSED = 100.0
"""What selling the whole family closed earns: all amounts are in per cent of it."""
ADOPTION_ELASTICITY = 0.5
"""A teaching value: the first quarter of a family brings half of the new users. The lesson says what hangs on it."""
LITTLE_CAPTURED = 5.0
TOO_LITTLE = 2.0
"""A gain below this is called too little to pay for a release: another teaching value."""
MULTIPLIERS = (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 70, 80, 100)
HOSTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15)
PROFITS = (10.0, 2000.0)
_SHARES = np.linspace(0, 1, 101)
_KAPPAS = np.geomspace(MULTIPLIERS[0], MULTIPLIERS[-1], 81)

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Decision:
    """What a firm earns that opens a share of its model family; profits in per cent of the closed family's."""

    captured_percent: float
    hosts: float
    multiplier: float
    concentration: float
    margin_left_percent: float
    """Cloud margin on each unit of open use that is left after competition, in per cent of the model's margin."""
    income_percent: float
    """What a unit of open use earns, in per cent of what a unit of closed use earns."""
    break_even: float
    """Adoption multiplier at which opening everything earns as much as selling everything; infinite without income."""
    best_share: float
    gain_percent: float
    profits: Array
    """Profit by the share opened, from none to all."""
    all_open: Array
    """Profit of opening everything, by the adoption multiplier."""
    best_mix: Array
    """Profit of the best share, by the adoption multiplier."""

    @property
    def best_profit(self) -> float:
        """Profit at the best share."""
        return CLOSED + self.gain_percent

    @property
    def open_profit(self) -> float:
        """Profit of opening everything."""
        return self.multiplier * self.income_percent


def decide(
    captured_percent: float,
    cloud_margin_percent: float,
    hosts: float,
    fee_percent: float,
    multiplier: float,
    concentration: float,
) -> Decision:
    """Compute the decision; margins and fees are in per cent of the closed model's margin per unit of use."""
    left = float(competing_margin(cloud_margin_percent, hosts))
    income = float(open_income_per_use(captured_percent / 100, left, fee_percent))
    shape = (ADOPTION_ELASTICITY, concentration)
    worth = np.asarray(_KAPPAS * income)
    best = np.asarray(optimal_opened_share(CLOSED, worth, *shape))
    return Decision(
        captured_percent=captured_percent,
        hosts=hosts,
        multiplier=multiplier,
        concentration=concentration,
        margin_left_percent=left,
        income_percent=income,
        break_even=float(break_even_adoption(CLOSED, income)) if income > 0 else float("inf"),
        best_share=float(optimal_opened_share(CLOSED, multiplier * income, *shape)),
        gain_percent=float(gain_from_opening(CLOSED, multiplier * income, *shape)),
        profits=np.asarray(partial_profit(_SHARES, CLOSED, multiplier * income, *shape)),
        all_open=worth,
        best_mix=np.asarray(partial_profit(best, CLOSED, worth, *shape)),
    )


class DecisionChart(Chart[Decision]):
    """Left, profit by the share opened; right, profit by the adoption multiplier. Grey: hardly any use captured."""

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(self.panels, subtitle="profit, closed family = 100 (log)")
        left.set(yscale="log", xlim=(0, 100), ylim=PROFITS, xlabel="share of the family opened, %")
        right.set(yscale="log", xscale="log", xlim=(MULTIPLIERS[0], MULTIPLIERS[-1]), ylim=PROFITS)
        right.set_xlabel("use when open, as a multiple of closed (log)")
        for axes in (left, right):
            log_ticks(axes)
            axes.axhline(CLOSED, color="#4d4d4d", linewidth=1)
            axes.minorticks_off()
        main, whole = PALETTE[:2]
        for who, color, width in (("ghost ", GREY, 1.5), ("", main, 2.5)):
            self.add_line(f"{who}profit", left, color=color, lw=width, ls="-", zorder=3 if who else 4)
            self.add_line(f"{who}best", left, color=color, marker="D", ms=8, zorder=5, clip_on=False)
            self.add_line(f"{who}mix", right, color=color, lw=width, ls="-", zorder=3 if who else 4)
        self.add_line("all open", right, color=whole, lw=2, ls="--", zorder=4)
        self.add_line("here", right, color=main, marker="D", ms=8, zorder=5)
        self.add_label("profit name", left, color=main, fontweight="bold")
        self.add_label("ghost name", left, color=GREY, fontweight="bold")
        self.add_label("mix name", right, color=main, fontweight="bold")
        self.add_label("open name", right, color=whole, fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Decision, ghost: Decision) -> None:
        """Move everything to where `result` and `ghost` say."""
        for who, it in (("", result), ("ghost ", ghost)):
            self.move(f"{who}profit", 100 * _SHARES, _framed(it.profits))
            self.move(f"{who}best", 100 * it.best_share, _framed(it.best_profit))
            self.move(f"{who}mix", _KAPPAS, _framed(it.best_mix))
        self.move("all open", _KAPPAS, _framed(result.all_open))
        self.move("here", result.multiplier, _framed(result.best_profit))
        self.place("profit name", f"{result.captured_percent:g} % captured", 0, PROFITS[1], (6, -4))
        self.place("ghost name", f"{ghost.captured_percent:g} % captured", 0, PROFITS[1], (6, -21))
        self.place("mix name", "best mix", MULTIPLIERS[0], PROFITS[1], (6, -4))
        self.place("open name", "all open", MULTIPLIERS[0], PROFITS[1], (6, -21))
        self.write("left title", f"Best: {result.best_share:.0%} opened")
        crossing, last = result.break_even, MULTIPLIERS[-1]
        pays = f"All open pays from {number(crossing)} times the use"
        beyond = "All open never pays" if np.isinf(crossing) else f"All open pays only beyond {last} times"
        said = pays if crossing <= last else beyond
        self.write("right title", said)

    def sentence(self, result: Decision, ghost: Decision) -> str:
        """Say what each unit of open use leaves, where opening breaks even, what is best, and beside the baseline."""
        leave = "host leaves" if result.hosts == 1 else "hosts leave"
        parts = [
            f"Each unit of open use earns {result.income_percent:.3g} % of what a closed one earns: "
            f"{result.captured_percent:g} % of it comes to the firm's own cloud, where {number(result.hosts)} {leave} "
            f"a margin of {result.margin_left_percent:.3g} %."
        ]
        if result.income_percent == 0:
            parts.append("Nothing comes back, so no amount of new use pays for opening.")
        else:
            parts.append(
                f"Opening everything pays from {number(result.break_even)} times the use; assumed are "
                f"{number(result.multiplier)} times, which earn {number(result.open_profit)} where closed earns 100."
            )
        parts.append(_advice(result))
        if result.captured_percent != ghost.captured_percent:
            parts.append(
                f"With only {ghost.captured_percent:g} % captured, {ghost.best_share:.1%} opened would be best, "
                f"for a gain of {ghost.gain_percent:.2g}."
            )
        return " ".join(parts)

    def numbers(self, result: Decision, ghost: Decision) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        broke = "never" if np.isinf(result.break_even) else f"{number(result.break_even)} times the use"
        return [
            ("Cloud margin after competition", f"{result.margin_left_percent:.3g} % of the model's"),
            ("Income of a unit of open use", f"{result.income_percent:.3g} % of a closed one"),
            ("Opening everything breaks even at", broke),
            ("Opening everything earns", f"{number(result.open_profit)} (closed = 100)"),
            ("Best share to open", f"{result.best_share:.1%}"),
            ("Profit there", f"{number(result.best_profit)} (closed = 100)"),
        ]


def openness() -> Explorer[Decision]:
    """Return the explorer of lesson 08: how much of a family to give away."""
    return Explorer(
        "When does giving the model away pay?",
        decide,
        [
            Range("captured_percent", "Open use on own cloud", 0, 100, 1, "%", 36),
            Range("cloud_margin_percent", "Cloud margin, one host", 0, 100, 1, "% of the model's", 40),
            Steps("hosts", "Hosts", HOSTS, "clouds", 2),
            Range("fee_percent", "Licence fee of others", 0, 20, 0.5, "% of the model's", 0),
            Steps("multiplier", "Use when open", MULTIPLIERS, "times closed", 10),
            Range("concentration", "Flagship's weight", 1, 6, 0.1, "(delta)", 3),
        ],
        DecisionChart(),
        presets={
            "Alibaba-like: large cloud, strong flagship": {},
            "Meta-like: no cloud to sell": {"captured_percent": 0, "hosts": 10, "multiplier": 50},
            "DeepSeek-like: sells the same model cheaply": {
                "captured_percent": 60, "cloud_margin_percent": 20, "hosts": 8, "multiplier": 30, "concentration": 1,
            },
            "OpenAI-like: open the small, sell the large": {
                "captured_percent": 10, "cloud_margin_percent": 20, "hosts": 12, "multiplier": 5, "concentration": 6,
            },
            "Alone on the cloud": {"hosts": 1, "captured_percent": 100},
            "Licence that hosts must pay for": {"fee_percent": 10, "captured_percent": 10, "hosts": 8},
        },
        baseline={"captured_percent": LITTLE_CAPTURED},
    )  # fmt: skip


def _framed(profit: npt.ArrayLike) -> Array:
    return np.asarray(np.clip(profit, *PROFITS))


def _advice(result: Decision) -> str:
    if result.best_share == 0:
        return "Best: open nothing."
    if result.best_share == 1:
        return f"Best: open everything, for a gain of {number(result.gain_percent)}."
    advice = f"Best: open {result.best_share:.1%} of the family and keep the most profitable models closed"
    if result.gain_percent < TOO_LITTLE:
        return f"{advice}; but the gain of {result.gain_percent:.2g} would hardly pay for a release."
    return f"{advice}, for a gain of {result.gain_percent:.3g}."
