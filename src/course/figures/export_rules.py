"""Charts of who may buy which chip."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from aistack.export_rules import NOT_CAUGHT, Classification, Figures
from course.charts import PALETTE, RIM, Picture, figure, number, show

# Names to write beside their dots, with the offset in points that keeps them apart.
_NAMED = {
    "H100 SXM": (-9, 4),
    "A100 SXM 80GB": (8, -4),
    "A800 SXM 80GB": (8, -17),
    "H20": (8, -12),
    "L20": (-8, -15),
    "L4": (-8, 3),
    "Gaudi 2": (9, -4),
}
_TPP, _DENSITY = (300, 60_000), (0.3, 60)
_SHORT = {NOT_CAUGHT: "free", "notification": "25 days' notice", "unknown": "not known"}
_CELLS = {
    "": "#ffffff", NOT_CAUGHT: "#d9ecf7", "notification": "#bfe5d8", "case by case": "#f6e3c5", "licence": "#f3cda9",
    "denial": "#e58a4b", "unknown": "#e3e3e3",
}  # fmt: skip
_STYLE = {NOT_CAUGHT: ("o", PALETTE[0]), "notification": ("^", PALETTE[2]), "denial": ("s", PALETTE[1])}


def tpp_and_density(chips: Mapping[str, Figures], classes: Mapping[str, Classification]) -> Picture:
    """Chips by total processing performance and performance density, marked by their class under the rule of 2023."""
    fig, (axes,) = figure(
        title="The limits of October 2023, and a few chips just under them",
        subtitle="performance density, TPP per mm2 of die (log)",
        height=4.8,
    )
    shown = 0
    for treatment, (marker, color) in _STYLE.items():
        group = [chip for name, chip in chips.items() if classes[name].treatment == treatment and _inside(chip)]
        shown += len(group)
        face = "white" if treatment == NOT_CAUGHT else color
        axes.plot(
            [chip.tpp for chip in group],
            [chip.performance_density for chip in group],
            marker,
            color=color,
            markerfacecolor=face,
            markersize=7,
            linestyle="none",
        )
    # the edge of each class: paragraphs a.1 and a.2, then b.1 and b.2
    axes.plot([4800, 4800, 1600, 1600], [0.3, 5.92, 5.92, 60], color=PALETTE[1], linewidth=1.5)
    axes.plot([2400, 2400, 1600, 1600], [1.6, 3.2, 3.2, 5.92], color=PALETTE[2], linewidth=1.5, linestyle="--")
    axes.plot([2400, 4800], [1.6, 1.6], color=PALETTE[2], linewidth=1.5, linestyle="--")
    for value, color in ((1600, PALETTE[1]), (2400, PALETTE[2]), (4800, PALETTE[1])):
        axes.annotate(f"{value:,}", (value, 0.3), xytext=(3, 3), textcoords="offset points", color=color, weight="bold")
    for start, level, color, left in (
        (1600, 5.92, PALETTE[1], True),
        (1600, 3.2, PALETTE[2], True),
        (4800, 1.6, PALETTE[2], False),
    ):
        axes.annotate(
            f"{level:g}",
            (start, level),
            xytext=(-4 if left else 4, 0),
            textcoords="offset points",
            ha="right" if left else "left",
            va="center",
            color=color,
            weight="bold",
        )
    for name, (right, up) in _NAMED.items():
        chip = chips[name]
        axes.annotate(
            name,
            (chip.tpp, chip.performance_density),
            xytext=(right, up),
            textcoords="offset points",
            ha="left" if right > 0 else "right",
            path_effects=[RIM],
        )
    for text, y, color in (
        ("■ denial presumed", 38, PALETTE[1]),
        ("▲ 25 days' notice", 26, PALETTE[2]),
        ("○ free", 18, PALETTE[0]),
    ):
        axes.annotate(text, (330, y), color=color, weight="bold", path_effects=[RIM])
    axes.set(xscale="log", yscale="log", xlim=_TPP, ylim=_DENSITY, xlabel="total processing performance, TPP (log)")
    known = sum(not math.isnan(chip.performance_density) for chip in chips.values())
    h20, l20 = chips["H20"], chips["L20"]
    caption = (
        f"{known} of {len(chips)} accelerators have a sourced peak and die area; {shown} lie in the frame, "
        f"as if each were sold for data centres. The H20 (TPP "
        f"{h20.tpp:,.0f}) stays under 2,400, the L20 (density {number(l20.performance_density)}) under 3.2."
    )
    return show(fig, alt=f"Scatter of density against TPP with the edges of classes. {caption}", caption=caption)


def _inside(chip: Figures) -> bool:
    return _TPP[0] <= chip.tpp <= _TPP[1] and _DENSITY[0] <= chip.performance_density <= _DENSITY[1]


def classes_over_time(table: pd.DataFrame) -> Picture:
    """How chips were treated at several dates: a grid; rows are chips, columns dates, cells treatments or empty."""
    fig, (axes,) = figure(
        title="The chips stay the same, their treatment does not",
        subtitle="treatment of an export to China, sold for data centres",
        height=0.8 + 0.36 * len(table),
    )
    for place, (_, row) in enumerate(table[::-1].iterrows()):
        for column, treatment in enumerate(row):
            axes.barh(place, 1, left=column, height=0.94, color=_CELLS[treatment], edgecolor="white")
            axes.annotate(_SHORT.get(treatment, treatment), (column + 0.5, place), ha="center", va="center")
    axes.set_yticks(range(len(table)), list(table.index[::-1]))
    axes.set_xticks(np.arange(len(table.columns)) + 0.5, list(table.columns))
    axes.grid(visible=False)
    axes.set(xlim=(0, len(table.columns)), ylim=(-0.6, len(table) - 0.4))
    changed = [str(name) for name, row in table.iterrows() if {NOT_CAUGHT, "denial"} <= set(row)]
    caption = (
        f"{len(table)} chips at {len(table.columns)} dates, computed from their figures and the rules in force; empty: "
        f"not yet on sale. Denial is presumed, not certain. Free first, denied later: {', '.join(changed) or 'none'}."
    )
    return show(fig, alt=f"Grid of chips and dates. {caption}", caption=caption)
