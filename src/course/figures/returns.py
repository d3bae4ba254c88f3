"""Charts of the lesson on what an effect is worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aistack.returns import cost_per_case, review_threshold, reviewed_share
from course.charts import DASHES, PALETTE, Picture, figure, label_line, show

_THRESHOLDS = np.linspace(0, 1, 201)


def cost_by_threshold(
    accuracies: Sequence[float], concentration: float, error_cost: float, review_cost: float
) -> Picture:
    """Cost of a case against the review threshold, a line for each accuracy, with Chow's threshold."""
    best = float(review_threshold(error_cost, review_cost))
    costs = {a: np.asarray(cost_per_case(_THRESHOLDS, a, concentration, error_cost, review_cost)) for a in accuracies}
    first, last = accuracies[0], accuracies[-1]
    at_best = float(cost_per_case(best, first, concentration, error_cost, review_cost))
    fig, (axes,) = figure(
        title=(
            f"A threshold takes {1 - at_best / costs[first][0]:.0%} off the cost, "
            f"the better model {1 - costs[last][0] / costs[first][0]:.0%}"
        ),
        subtitle="cost of a case, dollars",
    )
    words = []
    for accuracy, color, dash in zip(accuracies, PALETTE, DASHES, strict=False):
        curve = costs[accuracy]
        axes.plot(100 * _THRESHOLDS, curve, color=color, linestyle=dash, linewidth=2)
        low = float(cost_per_case(best, accuracy, concentration, error_cost, review_cost))
        axes.plot(100 * best, low, "o", color=color, ms=7)
        axes.annotate(
            f"right in {100 * accuracy:.0f} of 100", (0, curve[0]), xytext=(4, 6), textcoords="offset points",
            color=color, fontweight="bold",
        )  # fmt: skip
        share = float(reviewed_share(best, accuracy, concentration))
        words.append(
            f"right in {100 * accuracy:.0f} of 100: {curve[0]:.1f} dollars when nobody looks, {low:.2f} at the best "
            f"threshold, where a person sees {share:.0%} of the cases"
        )
    label_line(axes, 100, review_cost, "a person\nsees all", "#4d4d4d")
    axes.set(
        xlim=(0, 100),
        ylim=(0, 1.15 * costs[first][0]),
        xlabel="review threshold: confidence below it goes to a person, %",
    )
    caption = f"{'; '.join(words)}. Dots: the threshold of Chow's rule, {best:.0%}."
    return show(fig, alt=f"Lines of cost that fall with the threshold. {caption}", caption=caption)
