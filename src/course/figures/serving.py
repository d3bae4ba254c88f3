"""Charts of the lessons on serving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from aistack.price import usd_per_million_tokens
from aistack.server import Server
from aistack.serving import Model, parameters_read
from aistack.throughput import requests_estimate, step_seconds_bound, step_seconds_estimate
from course.charts import GREY, PALETTE, RIM, Picture, figure, label_line, number, show

_BATCHES = np.geomspace(1, 4096, 200)
_TOKENS = np.geomspace(1, 4096, 200)
_FACTOR = 1.5


def list_prices(prices: pd.DataFrame, models: Sequence[str]) -> Picture:
    """Show what each host asks for a million tokens written, by model; the developer's own price is a diamond.

    Columns of `prices`: `model_group`, `provider`, `provider_role` and `output_usd_per_mtok`, one row a host and model.
    """
    costs = prices[prices["model_group"].isin(models)].groupby("model_group")["output_usd_per_mtok"]
    fig, (axes,) = figure(
        title=f"One open model, prices up to {(costs.max() / costs.min()).max():.0f} times apart",
        subtitle="list price, dollars per million tokens written (log)",
        height=1.2 + 0.62 * len(models),
    )
    words = []
    for place, model in enumerate(reversed(models)):
        rows = prices[prices["model_group"] == model]
        cost = rows["output_usd_per_mtok"]
        axes.plot([cost.min(), cost.max()], [place, place], color="#c9c9c9", linewidth=3, linestyle="-", zorder=1)
        for role, marker, color, size in (("host", "o", PALETTE[0], 7), ("developer", "D", PALETTE[1], 9)):
            mine = cost[rows["provider_role"] == role]
            axes.plot(mine, [place] * len(mine), marker, color=color, markersize=size, linestyle="none", alpha=0.8)
        words.append(f"{model} {number(cost.min())} to {number(cost.max())} dollars at {len(cost)} hosts")
    axes.set(xscale="log", xlim=(0.03, 30), ylim=(-0.6, len(models) - 0.4))
    axes.set_yticks(range(len(models)), list(reversed(models)))
    axes.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
    axes.minorticks_off()
    caption = f"Latest list price of each host: {'; '.join(reversed(words))}. Diamonds are the developer's own price."
    return show(fig, alt=f"Dots of prices in a row for each model. {caption}", caption=caption)


def cost_by_batch(model: Model, server: Server, context_tokens: int, usd_per_chip_hour: float) -> Picture:
    """Show dollars per million tokens against the batch: the bound, the estimate, and where memory is full."""
    fig, (axes,) = figure(
        title="Sharing makes tokens cheap, until memory is full",
        subtitle="dollars per million tokens written (log)",
    )
    full = float(requests_estimate(model, server, context_tokens, 1))
    ends = {}
    for name, seconds, color, dash in (
        ("estimate", step_seconds_estimate, PALETTE[0], "-"),
        ("bound", step_seconds_bound, PALETTE[2], "--"),
    ):
        step = np.asarray(seconds(model, server, _BATCHES, context_tokens))
        cost = np.asarray(usd_per_million_tokens(usd_per_chip_hour, _BATCHES / step / server.chips))
        inside = full >= _BATCHES
        axes.plot(_BATCHES[inside], cost[inside], color=color, linestyle=dash, linewidth=2.5)
        axes.plot(_BATCHES[~inside], cost[~inside], color=color, linestyle=":", linewidth=1.5)
        label_line(axes, _BATCHES[-1], cost[-1], name, color)
        ends[name] = float(cost[0]), float(np.interp(full, _BATCHES, cost))
    axes.axvline(full, color="#4d4d4d", linewidth=1)
    axes.annotate(
        f"memory full: {full:.0f} requests",
        (full, ends["estimate"][0]),
        xytext=(-6, -4),
        ha="right",
        textcoords="offset points",
        path_effects=[RIM],
    )
    axes.set(xscale="log", yscale="log", xlim=(1, _BATCHES[-1]), xlabel="requests that share a step (log)")
    alone, shared = ends["estimate"]
    caption = (
        f"{model.name} on {server.chips} chips at {number(usd_per_chip_hour)} dollars an hour each, {context_tokens:,} "
        f"tokens of context: {number(alone)} dollars per million for one user alone, {number(shared)} when memory is "
        f"full with {full:.0f}. The bound allows {number(ends['bound'][1])}."
    )
    return show(fig, alt=f"Two falling lines of cost against batch. {caption}", caption=caption)


def woken_parameters(models: Mapping[str, Model]) -> Picture:
    """Show the share of a model's weights that a step reads, against the tokens that share it."""
    fig, (axes,) = figure(
        title="A crowd wakes nearly all of a mixture of experts",
        subtitle="weights read in a step, % of all",
    )
    words = []
    places = {}
    for (name, model), color, dash in zip(models.items(), PALETTE, ("-", "--", "-.", ":"), strict=False):
        share = 100 * np.asarray(parameters_read(model, _TOKENS)) / model.parameters
        axes.plot(_TOKENS, share, color=color, linestyle=dash, linewidth=2.5)
        places[name] = share, color
        words.append(f"{name} {share[0]:.0f} % for one token, {np.interp(64, _TOKENS, share):.0f} % for 64")
    for name, (share, color) in places.items():
        flat = share[0] > 50
        x = 1.3 if flat else float(np.interp(55, share, _TOKENS))
        left = not flat and x < 20
        axes.annotate(name, (x, float(np.interp(x, _TOKENS, share))), xytext=(-8 if left else 8, 4 if left else -12),
                      textcoords="offset points", ha="right" if left else "left", color=color, fontweight="bold",
                      path_effects=[RIM])  # fmt: skip
    axes.set(xscale="log", xlim=(1, _TOKENS[-1]), ylim=(0, 108), xlabel="tokens in the step (log)")
    axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    axes.minorticks_off()
    caption = "; ".join(words) + "."
    return show(fig, alt=f"Rising lines of the share of weights read. {caption}", caption=caption)


def predicted_and_published(rows: pd.DataFrame) -> Picture:
    """Show predictions against results; columns `published`, `predicted` and `seen` (its source was fitted on)."""
    fig, (axes,) = figure(
        title="Close where it was fitted, less close where it was not",
        subtitle="tokens per second, predicted (log)",
    )
    ends = np.array([10, 200_000])
    axes.plot(ends, ends, color="#4d4d4d", linewidth=1)
    axes.fill_between(ends, ends / _FACTOR, ends * _FACTOR, color="#ececec", linewidth=0)
    words = []
    for seen, color, marker, name in (
        (True, GREY, "o", "sources fitted on"),
        (False, PALETTE[1], "D", "other sources"),
    ):
        mine = rows[rows["seen"] == seen]
        axes.plot(mine["published"], mine["predicted"], marker, color=color, markersize=6, linestyle="none", alpha=0.75)
        off = (mine["predicted"] / mine["published"] - 1).abs()
        words.append(
            f"{len(mine)} from {name}, half of them off by less than {off.median():.0%}, the worst by {off.max():.0%}"
        )
        top = (14, 90_000) if seen else (14, 40_000)
        axes.annotate(f"{'●' if seen else '◆'} {name}", top, color=color, fontweight="bold", path_effects=[RIM])
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, xlabel="tokens per second, published (log)")
    caption = (
        f"{len(rows)} published results: {'; '.join(words)}. Inside the grey band a prediction is within a factor of "
        f"{_FACTOR:g}."
    )
    return show(fig, alt=f"Dots along the line where prediction and result agree. {caption}", caption=caption)
