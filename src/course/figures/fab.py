"""Charts of what chips cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from aistack.fab import murphy_yield, poisson_yield, seeds_yield
from course.charts import GREY, PALETTE, RIM, Picture, figure, label_line, number, show

PARTS = {
    "logic": "the chip itself",
    "hbm": "memory",
    "packaging": "packaging",
    "packaging loss": "scrapped packages",
    "test and assembly": "test and assembly",
    "auxiliary": "board and the rest",
}
_HATCHES = ("", "//", "", "..", "xx", "\\\\")
_COLORS = (PALETTE[1], PALETTE[0], PALETTE[2], PALETTE[3], "#b3b3b3", "#b3b3b3")
_AREAS = np.linspace(10, 858, 120)


def cost_parts(wafers: pd.DataFrame, sources: Mapping[str, str]) -> Picture:
    """Bars of what chips cost to make, by part: rows of `wafers` of the metric `unit_cost`; `sources` chip: source."""
    fig, (axes,) = figure(
        title="The chip itself is a small part of its cost",
        subtitle="estimated cost to make one accelerator, USD",
        height=4.0,
    )
    words = []
    for place, (chip, source) in enumerate(sources.items()):
        rows = wafers[(wafers["chip"] == chip) & (wafers["source_id"] == source)].set_index("part")["value"]
        left = 0.0
        for part, color, hatch in zip(PARTS, _COLORS, _HATCHES, strict=True):
            if part in rows:
                width = float(rows[part])
                axes.barh(place, width, left=left, height=0.6, color=color, hatch=hatch, edgecolor="white")
                left += width
        axes.annotate(
            f"{left:,.0f}", (left, place), xytext=(6, 0), textcoords="offset points", va="center", weight="bold"
        )
        words.append(f"{chip} {left:,.0f} USD, of which the chip itself {rows['logic'] / left:.0%}")
    axes.set_yticks(range(len(sources)), list(sources))
    axes.grid(visible=False, axis="y")
    axes.set_xlim(0, 7600)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    keys = [
        Patch(facecolor=color, hatch=hatch, edgecolor="white", label=name)
        for name, color, hatch in zip(PARTS.values(), _COLORS, _HATCHES, strict=True)
    ]
    axes.legend(handles=keys, ncols=3, loc="upper center", bbox_to_anchor=(0.45, -0.08), frameon=False, fontsize=10)
    caption = f"{'; '.join(words)}. All are analysts' estimates; no maker publishes them."
    return show(fig, alt=f"Stacked bars of cost by part. {caption}", caption=caption)


def yield_curves(defects_per_cm2: float, dies: Mapping[str, float]) -> Picture:
    """Share of good dies against area by three models, with some real dies marked; `dies` name: area in mm2."""
    largest = max(dies, key=lambda name: dies[name])
    failing = 1 - float(murphy_yield(dies[largest], defects_per_cm2))
    fig, (axes,) = figure(
        title=f"Of dies as large as the {largest}'s, {failing:.0%} fail",
        subtitle=f"good dies of all dies, percent, at {defects_per_cm2:g} defects per cm2",
    )
    curves = {"Seeds": seeds_yield, "Murphy": murphy_yield, "Poisson": poisson_yield}
    colors, dashes = (PALETTE[2], PALETTE[0], PALETTE[1]), ("--", "-", ":")
    for (name, curve), color, dash, up in zip(curves.items(), colors, dashes, (1, 1, -3), strict=True):
        shares = 100 * np.asarray(curve(_AREAS, defects_per_cm2))
        axes.plot(_AREAS, shares, color=color, linestyle=dash, linewidth=2.5)
        label_line(axes, _AREAS[-1], shares[-1] + up, name, color)
    words = []
    for name, area in dies.items():
        share = 100 * float(murphy_yield(area, defects_per_cm2))
        axes.plot(area, share, "o", color="black", markersize=7, zorder=5)
        axes.annotate(
            f"{name}, {area:.0f} mm2: {share:.0f} %",
            (area, share),
            xytext=(-8, -10),
            textcoords="offset points",
            ha="right",
            va="top",
        ).set_path_effects([RIM])
        words.append(f"{name} {share:.0f} %")
    axes.set(xlim=(0, 880), ylim=(0, 105), xlabel="area of the die, mm2")
    worst, best = (100 * float(curve(_AREAS[-1], defects_per_cm2)) for curve in (poisson_yield, seeds_yield))
    caption = (
        f"By Murphy's model: {', '.join(words)}. At the largest die that can be printed the models lie between "
        f"{worst:.0f} and {best:.0f} %."
    )
    return show(fig, alt=f"Falling curves of yield against die area. {caption}", caption=caption)


def held_against(rows: Sequence[tuple[str, float, float, float, float]], title: str) -> Picture:
    """Estimates with their bands beside published figures: rows of name, published, estimate, low, high, in USD."""
    fig, (axes,) = figure(title=title, subtitle="USD (log)", height=0.9 + 0.55 * len(rows))
    words: list[str] = []
    for place, (name, said, value, low, high) in enumerate(reversed(rows)):
        axes.plot([low, high], [place, place], color=PALETTE[0], linewidth=5, linestyle="-", alpha=0.35)
        axes.plot(value, place, "o", color=PALETTE[0], markersize=9)
        axes.plot(said, place, "D", color=PALETTE[1], markersize=8)
        words.insert(0, f"{name}: {number(value)} against {number(said)}, {value / said - 1:+.0%}")
    axes.set(xscale="log", xlim=(100, 120_000), ylim=(-0.6, len(rows) - 0.2))
    axes.set_yticks(range(len(rows)), [row[0] for row in reversed(rows)])
    axes.grid(visible=False, axis="y")
    axes.annotate(
        "● estimate, bar: 90 % band", (0.02, 0.06), xycoords="axes fraction", color=PALETTE[0], weight="bold"
    ).set_path_effects([RIM])
    axes.annotate("◆ published", (0.52, 0.06), xycoords="axes fraction", color=PALETTE[1], weight="bold")
    caption = f"Estimate against published, in USD. {'; '.join(words)}."
    return show(fig, alt=f"Dots with bars beside diamonds. {caption}", caption=caption)


def price_of_a_chip(cost: Mapping[str, float], price: float) -> Picture:
    """One bar: what a price pays for; `cost` part: USD, the rest of `price` is the seller's margin."""
    total = sum(cost.values())
    fig, (axes,) = figure(
        title=f"Of {price:,.0f} dollars, {price - total:,.0f} pay for no part of the card",
        subtitle="assumed price of an H100, USD",
        height=2.7,
    )
    left = 0.0
    looks = {name: (color, hatch) for name, color, hatch in zip(PARTS.values(), _COLORS, _HATCHES, strict=True)}
    for name, value in cost.items():
        color, hatch = looks[name]
        axes.barh(0, value, left=left, height=0.5, color=color, hatch=hatch, edgecolor="white", label=name)
        left += value
    axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.2), frameon=False, fontsize=10)
    axes.barh(0, price - total, left=left, height=0.5, color="#d9d9d9")
    axes.annotate(
        "margin of the seller: development, software, profit", ((left + price) / 2, 0), ha="center", va="center"
    )
    axes.annotate(
        f"made for {total:,.0f}", (0, 0.3), xytext=(0, 4), textcoords="offset points", color=GREY, weight="bold"
    )
    axes.set(yticks=[], ylim=(-0.4, 0.6), xlim=(0, price * 1.02))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    words = ", ".join(f"{name} {value:,.0f}" for name, value in cost.items())
    caption = f"Analysts' estimate for an H100: {words}; the remaining {1 - total / price:.0%} is margin."
    return show(fig, alt=f"One bar. {caption}", caption=caption)
