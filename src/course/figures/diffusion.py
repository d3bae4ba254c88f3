"""Charts of the lessons on diffusion and growth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from aistack.diffusion import CurveFit, Kind, fit_curve
from course.charts import DASHES, PALETTE, RIM, Picture, figure, label_line, show
from course.series import decimal_year, series_of

MARKERS = "osD^v"
_MONTHS_PER_YEAR = 12
_SHOWN = {
    "Transformers": "stars-transformers",
    "llama.cpp": "stars-llama.cpp",
    "Ollama": "stars-ollama",
    "Claude Code": "stars-claude-code",
    "Codex CLI": "stars-codex",
}
_FRONTS = ("Claude Code", "Codex CLI", "Gemini CLI")
"""Tools of developers whose strongest models are closed."""

_RECORD_MARKERS = {"Meta": "o", "DeepSeek": "D", "Alibaba": "s"}
_UNNAMED: dict[str, Kind] = {"A": "exponential", "B": "logistic", "C": "no change"}


def star_histories() -> Picture:
    """Stars of a few projects over the years, the tools of closed developers dashed."""
    fig, (axes,) = figure(
        title="Of these five the steepest are front doors of closed models", subtitle="stars on GitHub (log)"
    )
    words = []
    for (name, series), color in zip(_SHOWN.items(), PALETTE, strict=True):
        years, stars = series_of("open_ecosystem", series)
        closed = name in _FRONTS
        axes.plot(years, stars, color=color, linestyle="--" if closed else "-", linewidth=2)
        up = {"Claude Code": 4, "Transformers": 6, "llama.cpp": -1, "Codex CLI": 0, "Ollama": 16}[name]
        axes.annotate(
            name, (2026.65, stars[-1]), xytext=(4, up - 4), textcoords="offset points", color=color,
            fontweight="bold", annotation_clip=False,
        )  # fmt: skip
        words.append(f"{name} from {stars[0]:,.0f} ({years[0]:.1f}) to {stars[-1]:,.0f} ({years[-1]:.1f})")
    axes.set(yscale="log", ylim=(9_000, 300_000), xlim=(2019.5, 2026.65), xlabel="year")
    axes.set_yticks([10_000, 30_000, 100_000, 300_000])
    axes.minorticks_off()
    caption = f"{'; '.join(words)}. Dashed: tools that open the door to a closed model."
    return show(fig, alt=f"Lines of stars over time on a logarithmic axis. {caption}", caption=caption)


def forecast_and_truth(years: Sequence[float], values: Sequence[float], fits: Mapping[str, CurveFit]) -> Picture:
    """A series with curves that were fitted to its first points; what they have not seen is hollow."""
    time, level = np.asarray(years, float), np.asarray(values, float)
    first = next(iter(fits.values())).years.size
    fig, (axes,) = figure(title="At half time the S-curve said: that was it", subtitle="stars of llama.cpp, thousands")
    axes.plot(time[:first], level[:first] / 1000, "o", color="#000000", markersize=6)
    axes.plot(time[first:], level[first:] / 1000, "o", color="#000000", markerfacecolor="white", markersize=6)
    fine = np.linspace(time[0], time[-1], 200)
    words = []
    lowest = min(float(fit.at(time[-1])) for fit in fits.values())
    for (name, fit), color, dash in zip(fits.items(), PALETTE, DASHES, strict=False):
        curve = np.broadcast_to(fit.at(fine), fine.shape) / 1000
        inside = curve <= 250
        axes.plot(fine[inside], curve[inside], color=color, linestyle=dash, linewidth=2)
        apart = -9 if float(fit.at(time[-1])) == lowest else 9  # two that end alike stand above and below
        label = label_line(axes, fine[inside][-1], curve[inside][-1], name, color)
        label.set_position((6, apart) if inside.all() else (-8, 0))
        label.set_horizontalalignment("left" if inside.all() else "right")
        words.append(f"{name} {float(fit.at(time[-1])) / 1000:,.0f} thousand")
    axes.axvline(float((time[first - 1] + time[first]) / 2), color="#4d4d4d", linewidth=1, linestyle=":")
    axes.set(ylim=(0, 260), xlabel="year")
    axes.set_xticks(range(2024, 2027))
    caption = (
        f"Filled: the {first} points that the curves were fitted to; hollow: what came. Forecasts for the last point, "
        f"where {level[-1] / 1000:,.0f} thousand came: {', '.join(words)}."
    )
    return show(fig, alt=f"Points of a growing series and curves through its first half. {caption}", caption=caption)


def errors_by_curve(errors: pd.DataFrame) -> Picture:
    """Typical errors of each curve (a column) on each project (a row), a dot each, with the median."""
    fig, (axes,) = figure(
        title="The S-curve wins narrowly, and its misses are large",
        subtitle="typical error on the second half of each project's history",
    )
    order = errors.median().sort_values().index
    offsets = np.linspace(-0.25, 0.25, len(errors))
    words = []
    for place, (kind, color) in enumerate(zip(order, PALETTE, strict=False)):
        axes.plot(place + offsets, errors[kind].sort_values(), MARKERS[place], color=color, markersize=5, alpha=0.8)
        middle = float(errors[kind].median())
        axes.plot([place - 0.32, place + 0.32], [middle, middle], "-", color="#000000", linewidth=2)
        words.append(f"{kind} {middle:.1%}")
    names = [f"{kind}\nmedian {float(errors[kind].median()):.0%}" for kind in order]
    axes.set_xticks(range(len(order)), names)
    axes.set(ylim=(0, 1.05), xlim=(-0.75, len(order) - 0.5))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    worst = int((errors[order[0]] >= 0.2).sum())
    caption = (
        f"{len(errors)} projects, a mark for each, smallest error first. Medians: {', '.join(words)}. "
        f"The {order[0]} curve misses by 20 % or more on {worst} of them."
    )
    return show(fig, alt=f"Columns of marks, one column a curve. {caption}", caption=caption)


def months_to_double(table: pd.DataFrame, stars: int) -> Picture:
    """Bars of the months that each project took from `stars` to twice as many; columns name, year and months."""
    rows = table.sort_values("months", ascending=False)
    fig, (axes,) = figure(
        title="At equal size no kind is clearly faster",
        subtitle=f"months from {stars:,} to {2 * stars:,} stars (year of the start in brackets)",
        height=4.6,
    )
    colors = [PALETTE[1] if name in _FRONTS else PALETTE[0] for name in rows["name"]]
    names = [f"{name} ({year:.0f})" for name, year in zip(rows["name"], np.floor(rows["year"]), strict=True)]
    bars = axes.barh(range(len(rows)), rows["months"], color=colors, height=0.6, tick_label=names)
    for bar, name in zip(bars, rows["name"], strict=True):
        bar.set_hatch("//" if name in _FRONTS else "")
        bar.set_edgecolor("white")
    axes.bar_label(bars, labels=[f"{months:.1f}" for months in rows["months"]], padding=4)
    axes.set(xlim=(0, rows["months"].max() * 1.1), xticks=[])
    axes.grid(visible=False)
    each = "; ".join(f"{name} {months:.1f}" for name, months in zip(names, rows["months"], strict=True))
    caption = f"Hatched: tools of closed developers. {each} months."
    return show(fig, alt=f"{len(rows)} bars of months. {caption}", caption=caption)


def capability_records(table: pd.DataFrame) -> Picture:
    """Records of the best closed and the best open model over time; rows of `open_ecosystem`."""
    fig, (axes,) = figure(
        title="Open models climb as fast as closed ones, some months behind",
        subtitle="capability index of the best model so far",
    )
    last = max(decimal_year(date) or 0.0 for date in table["date"])
    words, makers = [], []
    opened = table[table["series"] == "eci-open"]
    for place, (maker, marker) in enumerate(_RECORD_MARKERS.items()):
        rows = opened[opened["developer"] == maker]
        days = [decimal_year(date) or 0.0 for date in rows["date"]]
        at = 2025.35, 122 - 6 * place
        for x, y in ((days, rows["value"]), at):
            axes.plot(x, y, marker, color=PALETTE[1], markersize=7, mfc="white", mew=1.8, zorder=3)
        axes.annotate(f"open record by {maker}", at, xytext=(9, 0), textcoords="offset points", va="center")
        makers.append(f"{len(rows)} by {maker}")
    for (series, name), color, dash in zip(
        {"eci-closed": "closed", "eci-open": "open weights"}.items(), PALETTE, DASHES, strict=False
    ):
        years, index = series_of("open_ecosystem", series)
        axes.step([*years, last], [*index, index[-1]], where="post", color=color, linestyle=dash, linewidth=2)
        axes.annotate(
            name, (years[-1], index[-1]), xytext=(-4, 8 if series == "eci-closed" else -52),
            textcoords="offset points", ha="right", color=color, fontweight="bold", path_effects=[RIM],
        )  # fmt: skip
        slope = np.polyfit(years, index, 1)[0]
        words.append(f"{name} from {index[0]:g} to {index[-1]:g}, {slope:.1f} points a year")
    axes.set(ylim=(105, 166), xlabel="year")
    axes.set_xticks(range(2023, 2027))
    caption = (
        f"A step is a new record: {'; '.join(words)} (slope of a straight line through the records). "
        f"Of the open records {', '.join(makers)}."
    )
    return show(fig, alt=f"Two staircases that rise side by side. {caption}", caption=caption)


def unnamed_forecasts(series: str, until: float) -> Picture:
    """Curves under letters, fitted to a series up to a year, for reading practice; the caption keeps quiet."""
    time, level = series_of("open_ecosystem", series)
    first = int((time < until).sum())
    fits = {letter: fit_curve(kind, time[:first], level[:first]) for letter, kind in _UNNAMED.items()}
    fig, (axes,) = figure(title="Three curves through the same points", subtitle="stars, thousands")
    axes.plot(time[:first], level[:first] / 1000, "o", color="#000000", markersize=6)
    axes.plot(time[first:], level[first:] / 1000, "o", color="#000000", markerfacecolor="white", markersize=6)
    fine = np.linspace(time[0], time[-1], 200)
    words = []
    top = 1.6 * level.max() / 1000
    for (letter, fit), color, dash in zip(fits.items(), PALETTE, DASHES, strict=False):
        curve = np.broadcast_to(fit.at(fine), fine.shape) / 1000
        inside = curve <= top
        axes.plot(fine[inside], curve[inside], color=color, linestyle=dash, linewidth=2)
        label_line(axes, fine[inside][-1], curve[inside][-1], letter, color)
        words.append(f"{letter} ends at {float(fit.at(time[-1])) / 1000:,.0f}")
    axes.set(ylim=(0, 1.05 * top), xlabel="year")
    axes.set_xticks(range(math.ceil(time[0]), math.ceil(time[-1])))
    return show(
        fig,
        alt=f"Points that rise to {level[-1] / 1000:,.0f} thousand, with three curves: {'; '.join(words)}.",
        caption="Filled: the points that all three curves were fitted to. Hollow: what came afterwards.",
    )


def doubling_table(stars: int) -> pd.DataFrame:
    """Months from `stars` to twice as many for each project that was seen at both: columns name, year and months."""
    table = _stars_table()
    rows = []
    for name, series in table.items():
        years, level = series_of("open_ecosystem", series)
        if level[0] <= stars and 2 * stars <= level[-1]:
            start, end = np.interp([stars, 2 * stars], level, years)
            rows.append({"name": name, "year": start, "months": _MONTHS_PER_YEAR * (end - start)})
    return pd.DataFrame(rows)


def _stars_table() -> dict[str, str]:
    from course.data import load

    rows = load("open_ecosystem")
    stars = rows[rows["metric"] == "github_stars"].drop_duplicates("series")
    return dict(zip(stars["entity"], stars["series"], strict=True))
