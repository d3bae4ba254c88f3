"""Explorers of the lessons on the whole stack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aistack.stack import ces_output, least_remaining, required_multiplier
from course.charts import GREY, PALETTE, Chart, Row, figure, log_ticks, number
from course.explorer import Choice, Explorer, Range, Steps

SIGMAS = (0, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.58, 5, 20)
ALL_OTHERS, ONE_OTHER = "all other layers", "one other layer"
MOST_TIMES = 100.0
"""A larger effort counts as shown at the rim of the chart."""

_LEFT = np.linspace(0, 1, 401)
Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cut:
    """One layer is cut: what becomes of output, and what the helping layers must do to keep it. Parts of today's."""

    left: float
    weight: float
    sigma: float
    helpers: str
    output: float
    """Output if the other layers stay as they are."""
    needed: float
    """Times today that the helping layers must do; infinite where no effort is enough."""
    least: float
    """Smallest part of the layer with which effort elsewhere can still keep output."""
    output_curve: Curve
    needed_curve: tuple[Curve, Curve]
    """What is left and what is needed, where that is possible and inside the chart."""

    @property
    def possible(self) -> bool:
        """Whether the cut can be made up for at all."""
        return bool(np.isfinite(self.needed))


def cut(left: float, weight: float, sigma: float, helpers: str) -> Cut:
    """Cut one layer to `left` per cent; it weighs `weight` per cent, the other three share the rest equally."""
    share = weight / 100
    helping = (1 - share) if helpers == ALL_OTHERS else (1 - share) / 3
    outputs = np.asarray(ces_output(np.stack([_LEFT, np.ones_like(_LEFT)]), [share, 1 - share], sigma, axis=0))
    needs = np.asarray(required_multiplier(_LEFT, share, sigma, helping))
    inside = needs <= MOST_TIMES
    return Cut(
        left=left / 100,
        weight=share,
        sigma=sigma,
        helpers=helpers,
        output=float(ces_output([left / 100, 1], [share, 1 - share], sigma)),
        needed=float(required_multiplier(left / 100, share, sigma, helping)),
        least=float(least_remaining(share, sigma, helping)),
        output_curve=outputs,
        needed_curve=(_LEFT[inside], needs[inside]),
    )


class CutChart(Chart[Cut]):
    """Left, what the helping layers must do; right, output if they do nothing; both against what is left."""

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(
            self.panels,
            subtitle=(
                "what the helping layers must do, times today (log)",
                "output if nobody helps, per cent of today",
            ),
        )
        left.set(yscale="log", xlim=(0, 100), ylim=(1, MOST_TIMES))
        right.set(xlim=(0, 100), ylim=(0, 102))
        log_ticks(left)
        left.minorticks_off()
        for axes in (left, right):
            axes.set_xlabel("what is left of the cut layer, per cent")
        for who, color, width, rank in (("ghost ", GREY, 1.5, 3), ("", PALETTE[0], 2.5, 4)):
            for name, axes in (("needed", left), ("output", right)):
                mark = color if who else PALETTE[1]
                self.add_line(f"{who}{name}", axes, color=color, lw=width, ls="-", zorder=rank)
                self.add_line(f"{who}{name} here", axes, color=mark, marker="o", ms=8, zorder=rank + 1, clip_on=False)
        self.add_line("wall", left, color=PALETTE[1], lw=1.5, ls=":")
        self.add_label("wall name", left, color=PALETTE[1])
        for name, axes, x, y in (("left", left, 98, 66), ("right", right, 98, 12)):
            self.add_label(f"{name} line", axes, color=PALETTE[0], fontweight="bold")
            self.add_label(f"{name} ghost line", axes, color=GREY, fontweight="bold")
            self._corners = {**getattr(self, "_corners", {}), name: (x, y)}
            self.add_title(f"{name} title", axes)

    def update(self, result: Cut, ghost: Cut) -> None:
        """Move everything to where `result` and `ghost` say."""
        for who, it in (("", result), ("ghost ", ghost)):
            x, y = it.needed_curve
            self.move(f"{who}needed", 100 * x, y)
            self.move(f"{who}output", 100 * _LEFT, 100 * it.output_curve)
            shown = it.needed <= MOST_TIMES
            self.move(f"{who}needed here", 100 * it.left if shown else [], it.needed if shown else [])
            self.move(f"{who}output here", 100 * it.left, 100 * it.output)
        for name, (x0, y0) in self._corners.items():
            self.place(f"{name} line", f"σ = {result.sigma:g}", x0, y0, (0, 2))
            self.artists[f"{name} line"].set(ha="right")
            self.place(f"{name} ghost line", f"σ = {ghost.sigma:g}", x0, y0, (0, -4))
            self.artists[f"{name} ghost line"].set(ha="right")
        low, high = result.least > 0.005, result.least < 1
        self.move("wall", [100 * result.least] * 2 if low and high else [], [1, MOST_TIMES] if low and high else [])
        text = (
            f"not possible\nbelow {100 * result.least:.0f} %"
            if low and high
            else ""
            if high
            else "no cut\ncan be made up for"
        )
        on_the_left = result.least > 0.45
        self.place("wall name", text, 100 * result.least, 20, (-7 if on_the_left else 14, 3))
        times = f"{_name(result)} must do {number(result.needed)} times as much"
        self.write("left title", times if result.possible else "No effort is enough")
        self.write("right title", f"Without help: {100 * result.output:.0f} % of output")

    def sentence(self, result: Cut, ghost: Cut) -> str:
        """Say what the cut costs, what would make up for it, and from where on nothing does."""
        falls = f"output falls to {_percent(result.output)} if nobody helps"
        parts = [
            f"{100 * result.left:g} % is left of a layer that weighs {100 * result.weight:g} %.",
            f"At σ = {result.sigma:g} {falls} (at σ = {ghost.sigma:g} to {_percent(ghost.output)}).",
        ]
        other = f"at σ = {ghost.sigma:g}, {_times(ghost)}"
        if result.left == 1:
            parts.append(f"Nothing is cut, so {result.helpers} can stay as they are.")
        elif result.possible:
            parts.append(f"To keep it, {result.helpers} must do {_times(result)} ({other}).")
        else:
            parts.append(f"No effort of {result.helpers} is enough: what is left of the cut layer binds ({other}).")
        if result.least == 1:
            parts.append("When nothing replaces anything, every cut goes through in full.")
        elif result.sigma < 1:
            parts.append(f"With less than {_percent(result.least)} of the layer, nothing could be done at this σ.")
        elif result.sigma == 1:
            parts.append("Every cut short of a total loss can be made up for, at a price that grows without end.")
        else:
            parts.append("Even a total loss could be made up for: these layers replace each other.")
        return " ".join(parts)

    def numbers(self, result: Cut, ghost: Cut) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        return [
            ("Output if nobody helps", _percent(result.output)),
            (f"What {result.helpers} must do", _times(result)),
            (f"The same at σ = {ghost.sigma:g}", _times(ghost)),
            ("Least of the layer with which output can be kept", _percent(result.least)),
        ]


def substitution() -> Explorer[Cut]:
    """Return the explorer of lesson 00: cut one layer and see what the others must do."""
    return Explorer(
        "One layer is cut: what must the others do?",
        cut,
        [
            Range("left", "Left of the cut layer", 0, 100, 1, "per cent", 50),
            Range("weight", "Weight of the layer", 5, 60, 1, "per cent", 25),
            Steps("sigma", "σ", SIGMAS, "(0: rigid, 20: nearly free)", 0.5),
            Choice("helpers", "Who helps", (ALL_OTHERS, ONE_OTHER), ALL_OTHERS),
        ],
        CutChart(),
        presets={
            "An H20 for an H100, in training: 15 % of the arithmetic": {"left": 15},
            "Pooling at Alibaba Cloud: 213 of 1,192 accelerators": {"left": 18},
            "Tencent, third quarter of 2025: spending down 24 %": {"left": 76},
            "AI laboratories, all computing counted": {"left": 50, "weight": 50, "sigma": 2.58},
            "AI laboratories, experiments at full size": {"left": 50, "weight": 50, "sigma": 0},
        },
        baseline={"sigma": 1},
    )


def _name(result: Cut) -> str:
    return "The others" if result.helpers == ALL_OTHERS else "One other layer"


def _percent(part: float) -> str:
    return f"{number(100 * part)} %"


def _times(result: Cut) -> str:
    return f"{number(result.needed)} times as much as today" if result.possible else "more than can be done"
