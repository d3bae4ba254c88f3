"""Charts of the lesson on queues and shared fleets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from aistack.queueing import mean_wait_seconds, servers_for_wait
from course.charts import GREY, PALETTE, Picture, figure, label_line, show

DASHES = ("-", "--", "-.")
_BUSY = np.linspace(0.3, 0.99, 120)
_LOADS = np.unique(np.round(np.geomspace(1, 5000, 60)))


def cloud_sizes(revenue: pd.DataFrame, quarter: str) -> Picture:
    """Bars of the revenue of cloud businesses in one quarter; rows of the table `cloud_revenue`."""
    chosen = (revenue["metric"] == "cloud_revenue") & (revenue["period_type"] == "quarter")
    rows = revenue[chosen & (revenue["period_end"] == quarter)].dropna(subset=["usd_bn"]).sort_values("usd_bn")
    ratio = rows["usd_bn"].max() / rows["usd_bn"].min()
    clouds = revenue.loc[revenue["metric"] == "cloud_revenue", "company"]
    missing = sorted(set(clouds) - set(rows["company"]))
    fig, (axes,) = figure(
        title=f"{rows['company'].iloc[-1]}: {ratio:.0f} times {rows['company'].iloc[0]}",
        subtitle=f"revenue of the quarter to {quarter}, billion US dollars",
        height=2.8,
    )
    bars = axes.barh(range(len(rows)), rows["usd_bn"], color=PALETTE[0], height=0.6, tick_label=list(rows["company"]))
    axes.bar_label(bars, labels=[f"{usd:.1f}" for usd in rows["usd_bn"]], padding=4, weight="bold")
    axes.set(xlim=(0, float(rows["usd_bn"].max()) * 1.12), xticks=[])
    axes.grid(visible=False)
    each = "; ".join(f"{row['company']} {row['usd_bn']:.1f}" for _, row in rows.iloc[::-1].iterrows())
    caption = (
        f"Billion dollars: {each}. The first is {ratio:.0f} times the last. "
        f"Scopes differ. Not shown, for want of a figure for this quarter: {', '.join(missing)}."
    )
    return show(fig, alt=f"{len(rows)} horizontal bars. {caption}", caption=caption)


def waits(servers: Sequence[int]) -> Picture:
    """Mean wait against how busy the servers are, a line for each size of fleet (Erlang)."""
    fig, (axes,) = figure(
        title="A large fleet can be busy without making anybody wait",
        subtitle="mean wait, in lengths of a request (log)",
    )
    words = []
    for count, color, dash in zip(servers, PALETTE, DASHES, strict=False):
        wait = np.asarray(mean_wait_seconds(_BUSY * count, count, 1))
        shown = wait > 1e-3
        axes.plot(100 * _BUSY[shown], wait[shown], color=color, linestyle=dash, linewidth=2.2)
        label_line(axes, 99, float(wait[-1]), f"{count} server{'s' if count > 1 else ''}", color)
        at_90 = float(mean_wait_seconds(0.9 * count, count, 1))
        words.append(f"{at_90:.3g} with {count}")
    axes.axvline(90, color=GREY, linewidth=1)
    axes.set(yscale="log", xlim=(30, 100), ylim=(1e-3, 100), xlabel="busy share of the servers, %")
    caption = (
        f"Mean wait at 90 % busy, in lengths of a request: {', '.join(words)} servers. All rise steeply near 100 %."
    )
    return show(fig, alt=f"{len(servers)} rising curves. {caption}", caption=caption)


def spare_share(wait: float, percentile: float) -> Picture:
    """Spare servers over busy ones against the load, with the square-root rule through the point at 100."""
    servers = np.asarray(servers_for_wait(_LOADS, 1, wait, percentile))
    spare = 100 * (servers - _LOADS) / _LOADS
    hundred = float(servers_for_wait(100, 1, wait, percentile) - 100)
    rule = hundred * 10 / np.sqrt(_LOADS)
    fig, (axes,) = figure(
        title="A hundred times the work needs a tenth of the spare share",
        subtitle="spare servers, % of the busy ones (log)",
    )
    axes.plot(_LOADS, rule, color=PALETTE[1], linestyle="--", linewidth=1.8)
    axes.plot(_LOADS, spare, "o", color=PALETTE[0], markersize=5)
    axes.annotate("Erlang, whole servers", (12, spare[_LOADS >= 12][0]), xytext=(14, 14), textcoords="offset points",
                  color=PALETTE[0], weight="bold")  # fmt: skip
    axes.annotate("square-root rule", (700, hundred * 10 / 700**0.5), xytext=(-60, -26), textcoords="offset points",
                  color=PALETTE[1], weight="bold")  # fmt: skip
    axes.set(xscale="log", yscale="log", xlim=(1, 5000), ylim=(1, 500), xlabel="busy servers on average (log)")
    ends = ", ".join(
        f"{100 * float(servers_for_wait(load, 1, wait, percentile) - load) / load:.0f} % at {load:,}"
        for load in (1, 10, 100, 1000)
    )
    promise = f"wait at most {wait:g} lengths of a request" if wait else "do not wait"
    caption = (
        f"Promise: {percentile:g} % of requests {promise}. Spare servers in per cent "
        f"of the busy ones: {ends} busy servers."
    )
    return show(fig, alt=f"Falling dots along a straight line on logarithmic axes. {caption}", caption=caption)


def bursts(
    irregularity: Sequence[float],
    simulated: Sequence[tuple[float, float, float]],
    formula: Mapping[str, Sequence[float]],
) -> Picture:
    """Simulated mean waits with their intervals (mean, low, high) beside formulas, against irregularity of arrivals."""
    fig, (axes,) = figure(
        title="Bursts break Erlang's promise",
        subtitle="mean wait, in lengths of a request",
    )
    means = np.array([one[0] for one in simulated])
    ends = np.array([[mean - low, high - mean] for mean, low, high in simulated]).T
    axes.errorbar(irregularity, means, yerr=ends, fmt="o", color=PALETTE[0], capsize=4, markersize=7, linewidth=1.5)
    axes.annotate("simulated, 95 %", (irregularity[-1], means[-1]), xytext=(-8, 4), textcoords="offset points",
                  ha="right", color=PALETTE[0], weight="bold")  # fmt: skip
    for (name, line), color, dash in zip(formula.items(), PALETTE[1:], DASHES[1:], strict=False):
        axes.plot(irregularity, line, color=color, linestyle=dash, linewidth=2)
        label_line(axes, irregularity[-1], line[-1], name, color)
    axes.set(xlim=(0.5, irregularity[-1] + 0.5), ylim=(0, max(high for _, _, high in simulated) * 1.1))
    axes.set_xlabel("irregularity of arrivals (1: independent of each other)")
    pairs = "; ".join(f"{x:g}: {mean:.2f}" for x, mean in zip(irregularity, means, strict=True))
    lines = "; ".join(f"{name} {line[-1]:.2f}" for name, line in formula.items())
    caption = f"Simulated mean wait by irregularity: {pairs}. At {irregularity[-1]:g} the formulas say: {lines}."
    return show(fig, alt=f"Dots with bars that leave a flat line behind. {caption}", caption=caption)
