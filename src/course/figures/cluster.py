"""Charts of the lesson on many chips."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aistack.cluster import fastest_chips, parallel_seconds
from aistack.reliability import INTERRUPTIONS_PER_CHIP_DAY, goodput_estimate, mtbf_hours, young_interval_seconds
from course.charts import DASHES, PALETTE, Picture, figure, label_line, number, show

_CHIPS = np.geomspace(1, 65_536, 200)
_MANY = np.geomspace(100, 200_000, 120)
_UNNAMED = {"A": (200.0, 4.0), "B": (200.0, 0.2), "C": (40.0, 0.4)}
"""Work on one chip and wait for each doubling, in milliseconds."""


def two_systems(ratios: Mapping[str, float], weak: str, strong: str) -> Picture:
    """Bars of what one system has over what another has, in the order given."""
    names = list(ratios)[::-1]
    values = [ratios[name] for name in names]
    fig, (axes,) = figure(
        title=f"{ratios['arithmetic']:.1f} times the arithmetic, {ratios['power']:.1f} times the power",
        subtitle=f"{weak}, as a multiple of {strong}",
        height=3.4,
    )
    bars = axes.barh(range(len(names)), values, color=PALETTE[0], height=0.6, tick_label=names)
    for bar, name in zip(bars, names, strict=True):
        if name == "power":
            bar.set(color=PALETTE[1], hatch="//", edgecolor="white")
    axes.axvline(1, color="#4d4d4d", linewidth=1.5)
    axes.annotate("equal", (1, len(names) - 0.45), xytext=(4, 0), textcoords="offset points")
    axes.bar_label(bars, labels=[f"{value:.1f}" for value in values], padding=5, weight="bold")
    axes.set(xlim=(0, max(values) * 1.12), ylim=(-0.6, len(names) - 0.1), xticks=[])
    axes.grid(visible=False)
    each = "; ".join(f"{name} {value:.2f}" for name, value in ratios.items())
    caption = f"{weak} over {strong}: {each}."
    return show(fig, alt=f"Bars. {caption}", caption=caption)


def time_by_chips(
    work_ms: Mapping[str, float], wait_ms: float, marks: Mapping[str, int], target: tuple[str, int]
) -> Picture:
    """Time for a token against chips for each kind, its fastest point, the marked systems and a target as a line."""
    fig, (axes,) = figure(
        title="More chips help, then hinder: the wait grows while the work shrinks",
        subtitle="milliseconds for one token of one user",
    )
    goal = float(parallel_seconds(target[1], work_ms[target[0]], 0, wait_ms))
    words = []
    for (name, work), color, dash in zip(work_ms.items(), PALETTE, DASHES, strict=False):
        times = np.asarray(parallel_seconds(_CHIPS, work, 0, wait_ms))
        axes.plot(_CHIPS, times, color=color, linestyle=dash, linewidth=2)
        above = name != target[0]
        axes.annotate(
            name, (48, 8.6) if above else (32, 4.7), color=color,
            weight="bold",
        )  # fmt: skip
        best = float(fastest_chips(work, wait_ms))
        least = float(parallel_seconds(best, work, 0, wait_ms))
        axes.plot(best, least, "v", color=color, markersize=9)
        there = float(parallel_seconds(marks[name], work, 0, wait_ms))
        axes.plot(marks[name], there, "o", color=color, markersize=8)
        words.append(
            f"{marks[name]} {name} (dot) take {number(there)} ms, and no number takes less than {number(least)} ms "
            f"(triangle, {number(best)} chips)"
        )
    axes.axhline(goal, color="#4d4d4d", linewidth=1.2, linestyle=":")
    axes.annotate(f"{target[1]} {target[0]}", (4096, goal), xytext=(0, -14), textcoords="offset points", ha="right")
    axes.set(xscale="log", xlim=(30, 4096), ylim=(3, 10), xlabel="chips on the one answer (log)")
    caption = f"{'; '.join(words)}."
    return show(fig, alt=f"Two falling curves that turn up again. {caption}", caption=caption)


def share_left(rates: Mapping[str, float], save_s: float, restart_s: float, sizes: Mapping[str, int]) -> Picture:
    """Share of the time left for work against the number of chips, a line for each rate of interruptions."""
    fig, (axes,) = figure(
        title="The larger the job, the more of its time goes into failing",
        subtitle="share of the time that ends up in the result",
    )
    words = []
    for (name, rate), color, dash in zip(rates.items(), PALETTE, DASHES, strict=False):
        shares = _share(_MANY, rate, save_s, restart_s)
        axes.plot(_MANY, shares, color=color, linestyle=dash, linewidth=2)
        label_line(axes, _MANY[-1], float(shares[-1]), name, color)
        at = ", ".join(f"{float(_share(np.array(n), rate, save_s, restart_s)):.0%} with {n:,}" for n in sizes.values())
        words.append(f"{name}: {at} chips")
    for label, n in sizes.items():
        axes.axvline(n, color="#9a9a9a", linewidth=1, linestyle=":")
        axes.annotate(label, (n, 0.02), xytext=(-5, 0), textcoords="offset points", ha="right", color="#4d4d4d")
    axes.set(xscale="log", xlim=(100, 200_000), ylim=(0, 1.02), xlabel="chips in the job (log)")
    caption = f"Saving takes {save_s:.0f} s, a restart {restart_s / 60:.0f} minutes. {'; '.join(words)}."
    return show(fig, alt=f"Falling curves of the share of time left for work. {caption}", caption=caption)


def stops_against_model(fitted_on: Mapping[str, float], not_seen: Mapping[str, float]) -> Picture:
    """Interruptions for each chip and day, run by run, beside the model's one rate and its 90 % band."""
    runs = sorted({**fitted_on, **not_seen}.items(), key=lambda run: -run[1])
    rates = [rate for _, rate in runs]
    band = INTERRUPTIONS_PER_CHIP_DAY
    fig, (axes,) = figure(
        title=f"Fleets differ by a factor of {max(rates) / min(rates):.0f}",
        subtitle="one run or fleet a line",
        height=3.8,
    )
    axes.axvspan(1000 * band.low, 1000 * band.high, color="#e8eef5", zorder=0)
    axes.axvline(1000 * band.value, color="#4d4d4d", linewidth=1.5)
    for place, (name, rate) in enumerate(runs):
        marker, color, fill = ("o", PALETTE[0], "white") if name in fitted_on else ("D", PALETTE[1], PALETTE[1])
        axes.plot(1000 * rate, place, marker, color=color, markersize=9, markerfacecolor=fill, markeredgewidth=2)
    axes.set(xscale="log", xlim=(0.1, 10), ylim=(-0.6, len(runs) + 0.5))
    axes.set_yticks(range(len(runs)), [name for name, _ in runs])
    axes.set_xlabel("interruptions for 1,000 chips and a day (log)")
    for text, start, color in (("○ fitted on", 0.11, PALETTE[0]), ("◆ not seen", 0.35, PALETTE[1])):
        axes.annotate(text, (start, len(runs) - 0.2), color=color, weight="bold")
    axes.annotate("line: model, shade: 90 % band", (0.95, len(runs) - 0.2), color="#4d4d4d")
    axes.grid(visible=False, axis="y")
    each = "; ".join(f"{name} {rate * 1000:.2f}" for name, rate in runs)
    caption = (
        f"Interruptions for 1,000 chips and a day: {each}. Hollow: the model's rate was fitted on these; full "
        f"diamonds: it was not. The line is the model's {band.value * 1000:.2f}, the shade its 90 % band from "
        f"{band.low * 1000:.2f} to {band.high * 1000:.1f}."
    )
    return show(fig, alt=f"Dots beside a band. {caption}", caption=caption)


def unnamed_jobs() -> Picture:
    """Three jobs without names, for a learner to read."""
    fig, (axes,) = figure(title="Three jobs, each with more and more chips", subtitle="milliseconds (log)")
    for (letter, (work, wait)), color, dash in zip(_UNNAMED.items(), PALETTE, DASHES, strict=False):
        times = np.asarray(parallel_seconds(_CHIPS, work, 0, wait))
        axes.plot(_CHIPS, times, color=color, linestyle=dash, linewidth=2)
        label_line(axes, _CHIPS[-1], float(times[-1]), letter, color)
    axes.set(xscale="log", yscale="log", xlim=(1, 65_536), ylim=(1, 400), xlabel="chips (log)")
    caption = "Three jobs with more and more chips. Both axes are logarithmic."
    return show(fig, alt=f"{caption} Curves A, B and C fall and then rise; read them off the axes.", caption=caption)


def _share(chips: np.ndarray, rate: float, save_s: float, restart_s: float) -> np.ndarray:
    between = mtbf_hours(chips, rate) * 3600
    return np.asarray(goodput_estimate(young_interval_seconds(save_s, between), save_s, restart_s, between))
