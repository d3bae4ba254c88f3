"""Charts of the lesson on who owns which layer, and what that changes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from aistack.stack import best_chip, design_value
from course.charts import GREY, PALETTE, RIM, Picture, figure, number, show


def who_owns(owned: pd.DataFrame) -> Picture:
    """Which firm has something of its own in each layer: a filled mark where a table names it; firms by layers."""
    fig, (axes,) = figure(
        title=f"{owned.all(axis=1).sum()} of {len(owned)} firms have something of their own in every layer",
        subtitle="filled: the tables name something of the firm's own; hollow: they name nothing",
        height=0.34 * len(owned) + 1.3,
    )
    own, open_places = np.nonzero(owned.to_numpy()), np.nonzero(~owned.to_numpy())
    axes.plot(own[1], len(owned) - 1 - own[0], "o", markersize=12, color=PALETTE[0])
    axes.plot(open_places[1], len(owned) - 1 - open_places[0], "o", markersize=12, color="white", markeredgecolor=GREY)
    axes.set_xticks(range(owned.shape[1]), list(owned.columns))
    axes.set_yticks(range(len(owned)), list(owned.index[::-1]))
    axes.set(xlim=(-0.6, owned.shape[1] - 0.4), ylim=(-0.6, len(owned) - 0.4))
    axes.grid(visible=False)
    layers = {firm: ", ".join(owned.columns[marks.to_numpy()]) for firm, marks in owned.iterrows()}
    each = "; ".join(f"{firm}: {names}" for firm, names in layers.items())
    return show(fig, alt=f"A grid of {len(owned)} firms by layer. {each}.", caption=f"Own layers. {each}.")


def who_earns(cost_parts: Mapping[str, float], price_usd: float, name: str) -> Picture:
    """What a chip costs to make, part by part, beside what it is sold for."""
    fig, (axes,) = figure(
        title=f"What an {name} costs to make is a small part of its price",
        subtitle="USD for each accelerator",
        height=2.6,
    )
    cost, start = sum(cost_parts.values()), 0.0
    for row, ((part, value), color) in enumerate(zip(cost_parts.items(), (*PALETTE[1:4], GREY), strict=False)):
        axes.barh(0, value, left=start, height=0.5, color=color)
        name_at = (row * price_usd / len(cost_parts), -0.4)
        axes.text(*name_at, f"■ {part} {value:,.0f}", color=color, weight="bold")
        start += value
    axes.barh(0, price_usd - cost, left=cost, height=0.5, color=PALETTE[0])
    middle, margin = (cost + price_usd) / 2, f"margin {price_usd - cost:,.0f}"
    axes.text(middle, 0, margin, ha="center", va="center", color="white", weight="bold")
    axes.text(0, 0.32, f"cost {cost:,.0f}", weight="bold")
    axes.text(price_usd, 0.32, f"price {price_usd:,.0f}", ha="right", weight="bold")
    axes.set(xlim=(0, 1.02 * price_usd), ylim=(-0.5, 0.6), yticks=[])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    each = ", ".join(f"{part} {value:,.0f}" for part, value in cost_parts.items())
    sold = f"price {price_usd:,.0f}: {cost / price_usd:.0%} is cost"
    caption = f"{name}, estimates. Cost {cost:,.0f} USD ({each}), {sold}."
    return show(fig, alt=f"A bar whose left part is the cost. {caption}", caption=caption)


def stuck_designs(start_ratio: float, quality_elasticity: float) -> Picture:
    """Useful work of a chip and a model, with where layer-by-layer design stays and where the best pair is."""
    fig, (axes,) = figure(
        title="Two designers who each do their best stay where they are",
        subtitle="useful work, the best pair = 100",
    )
    ratios = np.geomspace(0.1, 30, 300)
    best = (1 - quality_elasticity) / quality_elasticity
    top = float(design_value(best_chip(best), best, quality_elasticity))
    together = 100 / top * np.asarray(design_value(best_chip(ratios), ratios, quality_elasticity))
    model_moves = 100 / top * np.asarray(design_value(best_chip(start_ratio), ratios, quality_elasticity))
    here = float(np.interp(start_ratio, ratios, together))
    axes.plot(ratios, together, "-", color=PALETTE[0], linewidth=2.5)
    axes.plot(ratios, model_moves, "--", color=GREY, linewidth=1.5)
    axes.plot(start_ratio, here, "o", color=PALETTE[1], markersize=10)
    axes.plot(best, 100, "D", color=PALETTE[2], markersize=9)
    for text, x, y, right, color in (
        ("where they stay", start_ratio, here, -10, PALETTE[1]),
        ("the best pair", best, 100, -34, PALETTE[2]),
        ("both move", float(ratios[-60]), float(together[-60]), 8, PALETTE[0]),
        ("only the model moves", 5.0, 35.0, 0, GREY),
    ):
        axes.annotate(
            text,
            (x, y),
            xytext=(right, 8),
            textcoords="offset points",
            ha="right" if text == "where they stay" else "left",
            color=color,
            weight="bold",
            path_effects=[RIM],
        )
    axes.set(xscale="log", xlim=(0.1, 30), ylim=(0, 115), xlabel="operations per byte, of a balanced chip = 1 (log)")
    caption = (
        f"Layer by layer, chip and model stay at {number(here)} % of what the best pair gives. The dashed line is what "
        "the model's designer sees: every step away from the chip that is there makes things worse."
    )
    return show(fig, alt=f"A curve with one top, and a marked point left of it. {caption}", caption=caption)


def margins(seen: Mapping[str, float], predicted: float) -> Picture:
    """Published margins of clouds, in per cent, against the one that the second of two monopolists would have."""
    fig, (axes,) = figure(
        title="One of three clouds earns far less than a second monopolist",
        subtitle="margin, per cent of revenue",
        height=2.8,
    )
    axes.barh(range(len(seen)), list(seen.values()), color=PALETTE[0], height=0.55, tick_label=list(seen))
    for row, value in enumerate(seen.values()):
        axes.text(0.7, row, f"{value:g} %", va="center", color="white", weight="bold")
    axes.axvline(predicted, color=PALETTE[1], linewidth=2, linestyle="--")
    axes.text(predicted + 0.5, -0.66, f"predicted {predicted:.0f} %", color=PALETTE[1], weight="bold")
    axes.set(xlim=(0, 45), ylim=(-0.75, len(seen) - 0.5))
    axes.grid(visible=False, axis="y")
    each = ", ".join(f"{name} {value:g} %" for name, value in seen.items())
    caption = f"Predicted for the second of two monopolists in a row: {predicted:.1f} %. Published: {each}."
    return show(fig, alt=f"Bars and a dashed line. {caption}", caption=caption)
