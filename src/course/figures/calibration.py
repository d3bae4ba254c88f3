"""The chart of how often a learner's ranges hold what they should."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course.charts import GREY, PALETTE, Picture, figure, show


def calibration(levels: Sequence[float]) -> Picture:
    """Share of ranges that hold the answer over the confidence that they claim; the diagonal is honest.

    `levels` has for each range the confidence, 0 to 1, from which on it holds its answer.
    """
    reached = np.sort(np.asarray(levels, dtype=float)) * 100
    held = 100 * np.arange(1, len(reached) + 1) / len(reached)
    at_half, at_ninety = (100 * float(np.mean(reached <= claimed)) for claimed in (50, 90))
    title = "Your 90 % ranges hold " + ("too little" if at_ninety < 90 else "what they should or more")
    fig, (axes,) = figure(title=title, subtitle="% of your ranges that hold the answer")
    axes.plot([0, 100], [0, 100], color=GREY, linestyle="--")
    axes.annotate("honest", (85, 85), xytext=(4, -14), textcoords="offset points", color=GREY)
    axes.step([0, *reached, 100], [0, *held, held[-1]], where="post", color=PALETTE[0], linestyle="-", linewidth=2)
    axes.set(xlim=(0, 100), ylim=(0, 105), xlabel="% of ranges that should hold it")
    caption = (
        f"Of your {len(reached)} scored ranges, {at_half:.0f} % hold the answer where 50 % should, and "
        f"{at_ninety:.0f} % where 90 % should."
    )
    return show(fig, alt=f"A staircase beside the diagonal of honest ranges. {caption}", caption=caption)
