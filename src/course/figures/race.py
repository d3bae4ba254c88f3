"""Charts of the lesson on the race."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from aistack.sensitivity import Bar, Indices
from course.charts import GREY, PALETTE, Picture, figure, label_line, number, show

_SHOWN = 8


def spending(years: Sequence[int], usd_bn: Sequence[float], other: float, plan: float) -> Picture:
    """Investment of four US firms by year, with what three Chinese firms spent in the last and a yearly plan."""
    fig, (axes,) = figure(
        title="One year of four US firms is many years of the plan",
        subtitle="investment, billion USD a year",
    )
    axes.plot(years, usd_bn, "-", color=PALETTE[1], linewidth=2.5, marker="o")
    label_line(axes, years[-1], usd_bn[-1], f"four US firms {usd_bn[-1]:.0f}", PALETTE[1])
    axes.plot(years[-1], other, "D", color=PALETTE[0], markersize=9)
    label_line(axes, years[-1] + 0.1, other + 6, f"three Chinese firms {other:.0f}", PALETTE[0])
    axes.plot(years[-1], plan, "s", color=PALETTE[2], markersize=8)
    label_line(axes, years[-1] + 0.1, plan - 6, f"Alibaba's plan {plan:.0f}", PALETTE[2])
    axes.set(ylim=(0, 1.08 * max(usd_bn)), xlim=(years[0] - 0.2, years[-1] + 3.6), xticks=list(years[::2]))
    caption = (
        f"Four US firms rose from {usd_bn[0]:.0f} in {years[0]} to {usd_bn[-1]:.0f} in {years[-1]}. Three Chinese "
        f"firms spent {other:.0f} in that year; Alibaba's plan is about {plan:.0f} a year."
    )
    return show(fig, alt=f"A rising line and two marks far below its end. {caption}", caption=caption)


def backcast_errors(table: pd.DataFrame) -> Picture:
    """Errors of the back-cast in per cent, fitted figures hollow; rows of `course.scenarios.backcast`."""
    rows = table[table["error_unit"] == "percent"].reset_index(drop=True)
    fig, (axes,) = figure(
        title="From 2019, the model misses the boom",
        subtitle="error, per cent (hollow: a year of the fit)",
        height=0.33 * len(rows) + 1.4,
    )
    places = np.arange(len(rows))[::-1]
    axes.axvline(0, color=GREY, linewidth=1.5)
    for place, error, fitted in zip(places, rows["error"], rows["fitted"], strict=True):
        axes.plot([0, error], [place, place], "-", color=PALETTE[0], linewidth=2)
        axes.plot(error, place, "o", color="white" if fitted else PALETTE[0], markeredgecolor=PALETTE[0], markersize=8)
    names = [f"{row.quantity}, {row.when}" for row in rows.itertuples()]
    axes.set_yticks(places, names)
    axes.set(xlim=(-45, 45), ylim=(-0.6, len(rows) - 0.4))
    axes.grid(visible=False, axis="y")
    errors = zip(names, rows["error"], strict=True)
    each = "; ".join(f"{name} {error:+.0f} %" for name, error in errors)
    return show(fig, alt=f"{len(rows)} dots around a line of no error. {each}.", caption=f"Errors: {each}.")


def tornado_bars(bars: Sequence[Bar], middle: float, unit: str) -> Picture:
    """The widest bars of a tornado around the result with every assumption in the middle."""
    shown = bars[:_SHOWN]
    fig, (axes,) = figure(
        title=f"One at a time, {shown[0].name.replace('_', ' ')} moves the result most",
        subtitle=unit,
        height=0.36 * len(shown) + 1.5,
    )
    for place, bar in enumerate(reversed(shown)):
        for end, color in ((bar.at_low, PALETTE[0]), (bar.at_high, PALETTE[1])):
            axes.barh(place, end - middle, left=middle, height=0.6, color=color)
    for row, name, color in ((1.5, "assumption at its low end", PALETTE[0]), (0.5, "at its high end", PALETTE[1])):
        axes.text(0.98, row, f"■ {name}", color=color, weight="bold", ha="right", transform=axes.get_yaxis_transform())
    axes.axvline(middle, color=GREY, linewidth=1.5)
    axes.set_yticks(range(len(shown)), [bar.name.replace("_", " ") for bar in reversed(shown)])
    axes.grid(visible=False, axis="y")
    each = "; ".join(f"{bar.name.replace('_', ' ')} {number(bar.at_low)} to {number(bar.at_high)}" for bar in shown)
    caption = f"With all assumptions in the middle {number(middle)}. {each}."
    return show(fig, alt=f"{len(shown)} bars, the widest on top. {caption}", caption=caption)


def shared_variance(indices: Indices) -> Picture:
    """The largest total Sobol indices, with the first-order part in them."""
    names = sorted(indices.total, key=lambda name: -indices.total[name])[:_SHOWN]
    fig, (axes,) = figure(
        title=f"All at once, too, it is {names[0].replace('_', ' ')}",
        subtitle="share of the result's variance: alone (full) and with others (outline)",
        height=0.36 * len(names) + 1.4,
    )
    for place, name in enumerate(reversed(names)):
        axes.barh(place, max(indices.total[name], 0), height=0.6, color="white", edgecolor=PALETTE[0])
        axes.barh(place, max(indices.first[name], 0), height=0.6, color=PALETTE[0])
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in reversed(names)])
    axes.set(xlim=(0, 1))
    axes.grid(visible=False, axis="y")
    each = "; ".join(f"{name.replace('_', ' ')} {max(indices.total[name], 0):.0%}" for name in names)
    return show(fig, alt=f"{len(names)} bars, the longest on top. {each}.", caption=f"Total shares: {each}.")
