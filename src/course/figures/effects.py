"""Charts of the lesson on published effects of AI."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from aistack.effects import Pooled, log_ratio, pool, standard_error_from_interval
from course.charts import GREY, PALETTE, RIM, Picture, figure, show
from course.data import load

MARKS = {"harm": ("v", PALETTE[1]), "null": ("o", PALETTE[4]), "benefit": ("^", PALETTE[0])}
"""A marker and a colour for each direction; all of one size."""

_NORMAL_95 = 1.96  # two-sided 95 % of a normal distribution, for the sides of the funnel
_GROUPS = {
    "randomised": ("randomised",),
    "roll-out or observed": ("staggered roll-out", "observational"),
    "firm's own report": ("company report", "production system"),
}


def toward_benefit(cases: pd.DataFrame) -> pd.Series:
    """Return effects with the sign turned where less is better, so that above 0 is always good."""
    sign = np.where(cases["higher_is_better"].astype(bool), 1.0, -1.0)
    return cases["effect"] * sign


def speed_studies(names: Sequence[str]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the log ratios of speed and their standard errors, as the lesson makes them."""
    effects, errors = [], []
    for row in load("app_cases").set_index("case_id").loc[list(names)].to_dict("records"):
        effects.append(float(log_ratio(row["effect"])) * (1 if row["higher_is_better"] else -1))
        if np.isnan(row["ci_low"]):
            errors.append(float(row["standard_error"] / (100 + row["effect"])))
        else:
            low, high = np.asarray(log_ratio([row["ci_low"], row["ci_high"]]))
            errors.append(float(standard_error_from_interval(low, high)))
    return np.array(effects), np.array(errors)


def directions_by_sector(cases: pd.DataFrame) -> Picture:
    """Every published effect as one mark of the same size, by sector; rows of `app_cases`."""
    counts = cases.groupby(["sector", "direction"]).size().unstack(fill_value=0)
    order = counts.sum(axis=1).sort_values().index
    not_good = int(counts["harm"].sum() + counts["null"].sum())
    fig, (axes,) = figure(
        title=f"{not_good} of {len(cases)} published effects are null or harmful",
        subtitle="one mark an effect",
        height=5,
    )
    words = []
    for place, sector in enumerate(order):
        start = 0
        for direction, (marker, color) in MARKS.items():
            many = int(counts.loc[sector, direction])
            face = "white" if direction == "null" else color
            axes.plot(start + np.arange(many), [place] * many, marker, color=color, mfc=face, ms=10, mew=1.8, ls="")
            start += many
        row = counts.loc[sector]
        words.append(f"{sector} {row['harm']} harm, {row['null']} null, {row['benefit']} benefit")
    axes.set_yticks(range(len(order)), list(order))
    axes.set(xlim=(-0.7, counts.sum(axis=1).max() + 4), ylim=(-0.7, len(order) - 0.3), xticks=[])
    axes.grid(visible=False)
    for up, (direction, (marker, color)) in zip((2.2, 1.2, 0.2), reversed(MARKS.items()), strict=True):
        spot = (float(counts.sum(axis=1).max()) - 1.5, up)
        face = "white" if direction == "null" else color
        axes.plot(*spot, marker, color=color, mfc=face, ms=10, mew=1.8)
        axes.annotate(direction, spot, xytext=(9, -4), textcoords="offset points", color=color, weight="bold")
    caption = f"{'; '.join(reversed(words))}."
    return show(fig, alt=f"Rows of marks, a row for each sector. {caption}", caption=caption)


def effects_by_design(cases: pd.DataFrame) -> Picture:
    """Sized effects in per cent by design, with the median of each; rows that were disowned are not drawn."""
    sized = cases[(cases["effect_unit"] == "percent") & cases["effect_kind"].isin(["difference", "trend"])]
    sized = sized[sized["standing"] != "disowned"]
    good = toward_benefit(sized)
    middle = {name: float(good[sized["design"].isin(designs)].median()) for name, designs in _GROUPS.items()}
    trials, own = middle["randomised"], middle["firm's own report"]
    fig, (axes,) = figure(
        title=f"Typical gain: {trials:.0f} % in trials, {own:.0f} % in firms' own reports",
        subtitle="design of the study",
    )
    words = []
    for place, (name, designs) in enumerate(reversed(_GROUPS.items())):
        rows = sized[sized["design"].isin(designs)]
        ordered = good[rows.index].sort_values()
        spread = np.linspace(-0.3, 0.3, len(ordered))
        directions = [str(each) for each in rows.loc[ordered.index, "direction"]]
        for value, direction, off in zip(ordered, directions, spread, strict=True):
            marker, color = MARKS[direction]
            face = "white" if direction == "null" else color
            axes.plot(value, place + off, marker, color=color, mfc=face, ms=8, mew=1.6)
        axes.plot([middle[name]] * 2, [place - 0.38, place + 0.38], "-", color=GREY, lw=2, zorder=1)
        axes.annotate(
            f"median {middle[name]:.0f} %", (middle[name], place + 0.4), ha="center", weight="bold", path_effects=[RIM]
        )
        words.append(f"{name}: {len(rows)} effects from {ordered.iloc[0]:.0f} to {ordered.iloc[-1]:.0f} %")
    axes.set_yticks(range(len(_GROUPS)), list(reversed(_GROUPS)))
    axes.axvline(0, color="#4d4d4d", lw=1)
    axes.set(ylim=(-0.6, len(_GROUPS) - 0.3), xlabel="change for the better (right of 0) or the worse, %")
    caption = (
        f"{'; '.join(reversed(words))}. Triangles up: benefit; triangles down: harm; rings: null. "
        "Effects without a size in per cent are missing here and stand in the chart above."
    )
    return show(fig, alt=f"Marks along a line of per cent, one row for each kind of design. {caption}", caption=caption)


def funnels(
    names: Sequence[str], studies: Sequence[tuple[Sequence[float], Sequence[float]]], pooled: Sequence[Pooled]
) -> Picture:
    """Two funnel plots: effect against standard error, the surest studies on top, with mean and sides."""
    fig, panels = figure(
        2,
        title=[_lean(name, *study) for name, study in zip(names, studies, strict=True)],
        subtitle="standard error (small is sure)",
    )
    words = []
    for axes, name, (effect, error), summary, marker, color in zip(
        panels, names, studies, pooled, "os", PALETTE, strict=False
    ):
        widest = 1.15 * max(error)
        for side in (-1, 1):
            axes.plot([summary.mean, summary.mean + side * _NORMAL_95 * widest], [0, widest], "--", color=GREY, lw=1.2)
        axes.plot([summary.mean] * 2, [0, widest], "-", color=GREY, lw=1.5)
        axes.axvline(0, color="#4d4d4d", lw=1)
        axes.plot(effect, error, marker, color=color, ms=8)
        axes.set(ylim=(widest, 0), xlabel="effect (above 0 is better)")
        axes.annotate(
            f"mean {summary.mean:.2f}", (summary.mean, widest), xytext=(-5, 6), textcoords="offset points", ha="right",
            path_effects=[RIM],
        )  # fmt: skip
        right = int((np.asarray(effect) > summary.mean).sum())
        words.append(
            f"{name}: {len(error)} studies, {right} of them right of the mean; the least sure one has an effect of "
            f"{effect[int(np.argmax(error))]:.2f}"
        )
    caption = f"{'; '.join(words)}. Without a bias, 95 % of equal studies would lie between the dashed lines."
    return show(fig, alt=f"Two funnel plots with the surest studies on top. {caption}", caption=caption)


def _lean(name: str, effect: Sequence[float], error: Sequence[float]) -> str:
    largest = int(np.argmax(effect)) == int(np.argmax(error))
    return f"{name}: the largest effect is {'the least sure' if largest else 'not the least sure'}"


def file_drawer(effects: Sequence[float], errors: Sequence[float], published: Sequence[bool], truth: float) -> Picture:
    """A funnel of invented studies of which only some were published (filled)."""
    effect, error, seen = np.asarray(effects), np.asarray(errors), np.asarray(published, bool)
    shown = pool(effect[seen], error[seen]).mean
    fig, (axes,) = figure(
        title=f"Hide what is not significant, and {truth:.0%} looks like {shown:.0%}",
        subtitle="standard error (small is sure)",
    )
    axes.plot(effect[~seen], error[~seen], "o", color=GREY, mfc="white", ms=5)
    axes.plot(effect[seen], error[seen], "o", color=PALETTE[1], ms=6)
    axes.axvline(truth, color="#000000", lw=1.5)
    axes.annotate("true effect", (truth, 0.0), xytext=(4, -12), textcoords="offset points", path_effects=[RIM])
    axes.set(ylim=(error.max() * 1.05, 0), xlabel="effect, as a share")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    caption = (
        f"{len(effect)} invented studies of a true effect of {truth:.0%}; {int(seen.sum())} are significant and "
        f"published (filled), with a pooled mean of {shown:.0%}. The lower left of the funnel is empty."
    )
    return show(fig, alt=f"Funnel plot of filled and hollow dots. {caption}", caption=caption)


def foreseen(rows: pd.DataFrame) -> Picture:
    """Each study's effect beside the range that the others foresee for it; columns name, low, high and effect."""
    inside = (rows["low"] <= rows["effect"]) & (rows["effect"] <= rows["high"])
    fig, (axes,) = figure(
        title=f"The others foresee {int(inside.sum())} of {len(rows)}, by saying little",
        subtitle="bar: 95 % range foreseen from the other studies; mark: what was published",
        height=4.8,
    )
    places = np.arange(len(rows))[::-1]
    axes.barh(places, rows["high"] - rows["low"], left=rows["low"], color="#dddddd", height=0.6)
    for place, effect, held in zip(places, rows["effect"], inside, strict=True):
        axes.plot(effect, place, "o" if held else "X", color=PALETTE[0 if held else 1], ms=9)
    axes.set_yticks(places, list(rows["name"]))
    axes.axvline(0, color="#4d4d4d", lw=1)
    axes.set(xlabel="effect (above 0 is better)")
    axes.grid(visible=False, axis="y")
    each = "; ".join(
        f"{row.name} {row.effect:.2f} ({row.low:.2f} to {row.high:.2f})" for row in rows.itertuples(index=False)
    )
    caption = f"{each}. Crosses: outside the range." if not inside.all() else f"{each}."
    return show(fig, alt=f"Grey bars with a mark each. {caption}", caption=caption)
