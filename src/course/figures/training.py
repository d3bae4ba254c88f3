"""Charts of the lesson on training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from aistack.scaling import LossLaw, frontier_lags, loss_estimate
from aistack.step_time import StepSeconds
from aistack.training import TRAINING_WORK, best_retraining_interval_months, retraining_cost_per_month
from course.charts import GREY, PALETTE, RIM, Picture, figure, label_line, number, show
from course.frontier import decimal_years, record_of

MARKERS = "osD^v"
COUNTRIES = {"US": (PALETTE[0], "o", "US"), "CN": (PALETTE[1], "D", "China")}
# Names to write beside their dots, with the offset in points that keeps them apart.
_NAMED = {
    "GPT-3 175B": (10, 50),
    "GPT-4 (Mar 2023)": (-50, 25),
    "Llama 3.1 405B": (-95, 45),
    "DeepSeek-V3": (20, -75),
    "Grok 4": (12, -16),
}
LARGEST = 10
"""Trainings that the title of the first chart counts."""

_PARTS = {
    "matrix products": ("matmul",),
    "attention": ("attention",),
    "memory": ("memory", "optimizer"),
    "talk": ("exchange", "replicas"),
    "waiting": ("bubble", "stragglers"),
}
_HATCHES = ("", "//", "..", "xx", "\\\\")
_WIDE_ENOUGH = 6
"""Per cent of a step from which its number fits into the bar."""
_FIFTH = (0.8, 1.25)
_INTERVALS = np.geomspace(0.25, 24, 200)


def compute_of_models(models: pd.DataFrame) -> Picture:
    """Training compute of released models by date, those of the US and of China apart. Rows of `models`."""
    known = models.assign(year=decimal_years(models["release_date"])).dropna(subset=["year", "training_compute_flop"])
    known = known[known["year"] >= 2020].assign(exponent=lambda rows: np.log10(rows["training_compute_flop"]))
    largest = known.nlargest(LARGEST, "exponent")
    american = int((largest["developer_country"] == "US").sum())
    fig, (axes,) = figure(
        title=f"Of the {LARGEST} largest known trainings, {american} are American",
        subtitle="operations to train, FLOP (each line: 100 times more)",
    )
    counts = []
    rest = known[~known["developer_country"].isin(list(COUNTRIES))]
    axes.scatter(rest["year"], rest["exponent"], s=14, color="#9a9a9a", linewidths=0)
    for country, (color, marker, word) in COUNTRIES.items():
        rows = known[known["developer_country"] == country]
        axes.scatter(rows["year"], rows["exponent"], s=24, color=color, marker=marker, label=word)
        counts.append(f"{len(rows)} from {'the US' if country == 'US' else 'China'}")
    for name, offset in _NAMED.items():
        for row in known[known["model"] == name].head(1).itertuples():
            axes.annotate(
                name.split(" (")[0],
                (row.year, row.exponent),
                xytext=offset,
                textcoords="offset points",
                ha="center",
                path_effects=[RIM],
                arrowprops={"arrowstyle": "-", "color": GREY},
            )
    axes.set(xlim=(2020, known["year"].max() + 0.4), ylim=(20, 27.4))
    axes.set_yticks([20, 22, 24, 26], ["1e20", "1e22", "1e24", "1e26"])
    axes.legend(loc="lower right", frameon=False)
    caption = (
        f"{len(known)} models with a published or estimated training compute, {' and '.join(counts)}; grey dots are "
        "other countries. Many figures are estimates of Epoch AI; the newest closed models are missing."
    )
    alt = f"Scatter of training compute against release date. {caption}"
    return show(fig, alt=alt, caption=caption)


def where_time_goes(jobs: Mapping[str, StepSeconds]) -> Picture:
    """Shares of a training step by cause, a bar for each job."""
    fig, (axes,) = figure(
        title="Much of a step is not matrix products",
        subtitle="share of the step, %",
        height=1.6 + 0.75 * len(jobs),
    )
    colors = [*PALETTE[:4], "#9a9a9a"]
    said = []
    for row, (name, parts) in enumerate(jobs.items()):
        left = 0.0
        for (word, causes), color, hatch in zip(_PARTS.items(), colors, _HATCHES, strict=True):
            share = 100 * sum(float(getattr(parts, cause)) for cause in causes) / float(parts.total)
            label = None if row else word
            axes.barh(row, share, left=left, color=color, hatch=hatch, edgecolor="white", label=label)
            if share >= _WIDE_ENOUGH:
                axes.text(left + share / 2, row, f"{share:.0f}", ha="center", va="center", weight="bold",
                          path_effects=[RIM])  # fmt: skip
            left += share
        said.append(f"{name}: {100 * float(parts.matmul) / float(parts.total):.0f} % matrix products")
    axes.set(xlim=(0, 100), ylim=(len(jobs) - 0.5, -0.5))
    axes.set_yticks(range(len(jobs)), list(jobs))
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.12), ncols=5, frameon=False)
    axes.grid(False)
    caption = f"What a computed step spends its time on. {'; '.join(said)}."
    return show(fig, alt=f"Stacked bars, one for each job. {caption}", caption=caption)


def ratio_of_hours(runs: pd.DataFrame) -> Picture:
    """Computed over published accelerator-hours; columns `run`, `by_hand`, `packaged` (ratios) and `seen`."""
    inside = int(runs["packaged"].between(*_FIFTH).sum())
    fig, (axes,) = figure(
        title=f"{inside} of {len(runs)} runs within a fifth, distilled models far off",
        subtitle="computed over published accelerator-hours (log)",
        height=1.4 + 0.27 * len(runs),
    )
    rows = runs.sort_values("packaged").reset_index(drop=True)
    places = np.arange(len(rows))
    axes.axvspan(*_FIFTH, color=GREY, alpha=0.12)
    axes.plot([1, 1], [-1, len(rows)], color=GREY, lw=1)
    axes.plot(rows["by_hand"], places, "s", ms=6, mfc="white", color=PALETTE[1], ls="", label="one MFU for all")
    axes.plot(rows["packaged"], places, "o", ms=7, color=PALETTE[0], ls="", label="step model")
    axes.set(xscale="log", xlim=(0.1, 3), ylim=(-0.8, len(rows) - 0.2))
    axes.set_xticks([0.1, 0.2, 0.5, 1, 2])
    axes.minorticks_off()
    axes.set_yticks(places, rows["run"] + rows["seen"].map({True: " *", False: ""}))
    axes.legend(loc="lower right", frameon=False)
    errors = {name: (rows.loc[~rows["seen"], name] - 1).abs().median() for name in ("by_hand", "packaged")}
    caption = (
        f"{len(rows)} published runs; 1 is a hit, the band is within a fifth, where the step model has {inside}. "
        f"Median miss on runs that no constant was fitted on: {errors['by_hand']:.0%} with one utilisation for all, "
        f"{errors['packaged']:.0%} with the step model. Runs with * were used to fit the share that whole runs lose."
    )
    return show(fig, alt=f"Dots of computed over published hours, a row for each run. {caption}", caption=caption)


def loss_by_size(flop: float, laws: Sequence[LossLaw], built: Mapping[str, float]) -> Picture:
    """Loss against size at a fixed compute, a valley for each fit, with the sizes that were built."""
    fig, (axes,) = figure(
        title="The same compute, two fits of the same data, two best sizes",
        subtitle="loss: mean of -ln(chance given to the right token)",
    )
    sizes = np.geomspace(3e9, 1e12, 200)
    said = []
    for law, color, dash, marker in zip(laws, PALETTE, ("-", "--", ":"), MARKERS, strict=False):
        losses = np.asarray(loss_estimate(sizes, flop / TRAINING_WORK / sizes, law))
        axes.plot(sizes / 1e9, losses, color=color, ls=dash, lw=2)
        best = int(np.argmin(losses))
        axes.plot(sizes[best] / 1e9, losses[best], marker, color=color, ms=8)
        label_line(axes, sizes[-1] / 1e9, float(losses[-1]), law.name.split(",")[0], color)
        said.append(f"{law.name.split(',')[0]}: best at {number(sizes[best] / 1e9)} billion parameters")
    for name, size in built.items():
        axes.axvline(size / 1e9, color=GREY, lw=1, ls=":")
        axes.annotate(name, (size / 1e9, axes.get_ylim()[1]), xytext=(-5, -4), textcoords="offset points", ha="right",
                      va="top", color=GREY)  # fmt: skip
    axes.set(xscale="log", xlim=(3, 1000), xlabel="parameters, 10⁹ (log)")
    axes.set_xticks([3, 10, 30, 100, 300, 1000])
    axes.minorticks_off()
    caption = f"Loss for {flop:.2g} operations. {'; '.join(said)}. The valleys are flat: twice the size costs little."
    return show(fig, alt=f"Two valley-shaped curves. {caption}", caption=caption)


def records(models: pd.DataFrame) -> Picture:
    """Record of the capability index in two countries, and the months between them. Rows of `models`."""
    known = models.assign(year=decimal_years(models["release_date"])).dropna(subset=["year", "capability_index"])
    series = {country: record_of(known[known["developer_country"] == country]) for country in COUNTRIES}
    us, china = series["US"], series["CN"]
    lags = frontier_lags(china["year"], china["capability_index"], us["year"], us["capability_index"])
    fig, (axes,) = figure(
        title=f"China's records came {lags.median:.0f} months after the US level (median)",
        subtitle="Epoch Capabilities Index, best model so far",
    )
    end = known["year"].max() + 0.3
    for (country, (color, marker, word)), dash in zip(COUNTRIES.items(), ("-", "--"), strict=True):
        best = series[country]
        axes.step([*best["year"], end], [*best["capability_index"], best["capability_index"].iloc[-1]], where="post",
                  color=color, ls=dash, lw=2)  # fmt: skip
        axes.plot(best["year"], best["capability_index"], marker, color=color, ms=5, ls="")
        label_line(axes, end, float(best["capability_index"].iloc[-1]), word, color)
    axes.set(xlim=(2023, end), ylim=(105, 165))
    axes.set_xticks(range(2023, int(end) + 1))
    caption = (
        f"Steps are records. Each of China's {np.size(lags.months)} records came {lags.months.min():.0f} to "
        f"{lags.months.max():.0f} months after a US model had reached that level; the median is {lags.median:.0f}."
    )
    return show(fig, alt=f"Two rising staircases. {caption}", caption=caption)


def retraining(costs: Mapping[str, float], ageing_per_month: float) -> Picture:
    """Cost of a month against the interval between rounds, a curve for each cost of a round."""
    fig, (axes,) = figure(
        title="A cheaper round can be afforded more often",
        subtitle="cost a month, thousand dollars",
    )
    said = []
    for (name, cost), color, dash, marker in zip(costs.items(), PALETTE, ("-", "--", "-.", ":"), MARKERS, strict=False):
        months = np.asarray(retraining_cost_per_month(_INTERVALS, cost, ageing_per_month)) / 1000
        best = float(best_retraining_interval_months(cost, ageing_per_month))
        least = float(retraining_cost_per_month(best, cost, ageing_per_month)) / 1000
        axes.plot(_INTERVALS, months, color=color, ls=dash, lw=2)
        axes.plot(best, least, marker, color=color, ms=8)
        axes.annotate(name, (best, least), xytext=(0, -16), textcoords="offset points", ha="center", color=color,
                      weight="bold", path_effects=[RIM])  # fmt: skip
        every = "month" if best == 1 else f"{number(best)} months"
        said.append(f"{name}: every {every}, {number(least)} thousand dollars a month")
    axes.set(xscale="log", xlim=(0.25, 24), ylim=(0, 160), xlabel="months between rounds (log)")
    axes.set_xticks([0.25, 0.5, 1, 2, 4, 8, 16])
    axes.minorticks_off()
    caption = f"Each curve has its cheapest interval (marked). {'; '.join(said)}."
    return show(fig, alt=f"U-shaped curves of cost against interval. {caption}", caption=caption)
