"""Charts of the lessons on the whole stack."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from aistack.stack import ces_output, required_multiplier
from course.charts import DASHES, GREY, PALETTE, RIM, Picture, figure, number, show

_CHINA, _MARK = "China for 100 of the US", "s"
_TOP = 100.0
"""Where the axis of efforts ends; what is infinite stands on that edge."""


def ahead_by_layer(layers: pd.DataFrame) -> Picture:
    """How much China has for 100 of the US, a dot for each measure; rows of `course.scenarios.by_layer`."""
    fig, (axes,) = figure(
        title="Who is ahead depends on the layer",
        subtitle=f"{_CHINA}, 2025 or near it (log)",
        height=3.6,
    )
    places = np.arange(len(layers))[::-1]
    axes.axvline(100, color=GREY, linewidth=1.5)
    for place, value in zip(places, layers[_CHINA], strict=True):
        color = PALETTE[1] if value > 100 else PALETTE[0]
        axes.plot([100, value], [place, place], "-", color=color, linewidth=2)
        axes.plot(value, place, "D" if value > 100 else "o", color=color, markersize=8)
        ahead = value > 100
        axes.annotate(
            number(value),
            (value, place),
            xytext=(9 if ahead else -9, 0),
            textcoords="offset points",
            ha="left" if ahead else "right",
            va="center",
            weight="bold",
            color=color,
        )
    names = [f"{row.layer}: {row.measure}" for row in layers.itertuples()]
    axes.set_yticks(places, names)
    axes.set(xscale="log", xlim=(5, 300), ylim=(-0.6, len(layers) - 0.1))
    axes.annotate("equal", (100, -0.5), xytext=(4, 0), textcoords="offset points", color=GREY)
    for text, place, color in (("● the US ahead", 5.6, PALETTE[0]), ("◆ China ahead", 105, PALETTE[1])):
        axes.annotate(text, (place, len(layers) - 0.5), color=color, weight="bold", annotation_clip=False)
    axes.grid(visible=False, axis="y")
    each = "; ".join(f"{name} {number(value)}" for name, value in zip(names, layers[_CHINA], strict=True))
    return show(
        fig,
        alt=f"{len(layers)} dots on a scale where 100 means equal. {each}.",
        caption=f"What China has for every 100 of the US. {each}.",
    )


def output_after_cut(share: float, sigmas: Mapping[str, float]) -> Picture:
    """Output against what is left of one layer that weighs `share`, a line for each elasticity, named by `sigmas`."""
    fig, (axes,) = figure(
        title="What a cut costs depends on how well the layers replace each other",
        subtitle="output, per cent of today's, if the other layers stay as they are",
    )
    left = np.linspace(0, 1, 201)
    inputs = np.stack([left, np.ones_like(left)], axis=-1)
    halves = []
    for (name, sigma), color, dash in zip(sigmas.items(), PALETTE, DASHES, strict=False):
        output = 100 * np.asarray(ces_output(inputs, [share, 1 - share], sigma))
        axes.plot(100 * left, output, color=color, linestyle=dash, linewidth=2.5)
        at = int(np.argmin(np.abs(left - 0.12)))
        axes.annotate(
            name,
            (100 * left[at], output[at]),
            xytext=(6, -4),
            textcoords="offset points",
            ha="left",
            va="top",
            color=color,
            weight="bold",
            path_effects=[RIM],
        )
        half = 100 * float(ces_output([0.5, 1], [share, 1 - share], sigma))
        axes.plot(50, half, _MARK, color=color, markersize=7)
        halves.append(f"{name} {number(half)} %")
    axes.set(xlim=(0, 100), ylim=(0, 102), xlabel="what is left of one layer, per cent")
    caption = f"One layer of weight {share:.0%} is cut. With half of it left (squares), output is: {', '.join(halves)}."
    return show(fig, alt=f"Lines that rise from left to right and meet at 100 %. {caption}", caption=caption)


def needed_by_elasticity(share: float, estimates: Mapping[str, float], left: float = 0.5) -> Picture:
    """What the other layers must do when one is cut, against the elasticity, with published estimates of it."""
    fig, (axes,) = figure(
        title="The same data, two estimates, and two worlds",
        subtitle="what all other inputs must do, times today (log)",
    )
    sigmas = np.geomspace(0.05, 6, 600)
    needed = np.asarray(required_multiplier(left, share, sigmas))
    possible = np.isfinite(needed) & (needed < _TOP)
    wall = float(sigmas[possible][0])
    axes.plot(sigmas[possible], needed[possible], color=PALETTE[0], linewidth=2.5)
    axes.axvspan(-0.12, wall, color="#e8e8e8", zorder=0)
    axes.annotate("no effort is enough", (wall / 2, 12), ha="center", rotation=90, va="center", color="#4d4d4d")
    words = []
    for (name, sigma), color, marker in zip(estimates.items(), PALETTE[1:], "sD", strict=False):
        value = float(required_multiplier(left, share, sigma))
        reachable = bool(np.isfinite(value))
        height = value if reachable else _TOP
        axes.plot(max(sigma, 0.0), height, marker, color=color, markersize=9, clip_on=False, zorder=5)
        axes.annotate(
            f"{name}: σ = {sigma:g},\n{f'{number(value)} times' if reachable else '∞: no effort is enough'}",
            (max(sigma, 0.0), height),
            xytext=(10, 8 if reachable else -24),
            textcoords="offset points",
            color=color,
            weight="bold",
            path_effects=[RIM],
        )
        words.append(f"{name}, σ = {sigma:g}: {f'{number(value)} times' if reachable else 'no effort is enough'}")
    axes.set(yscale="log", xlim=(-0.12, 4), ylim=(1, _TOP), xlabel="elasticity of substitution σ")
    given = f"{left:.0%} is left of an input that weighs {share:.0%}."
    caption = f"{given} {'; '.join(words)}. Grey: the cut cannot be made up for."
    return show(fig, alt=f"A curve that falls from the upper left towards 1. {caption}", caption=caption)
