"""Predict first: a range that is written down before the answer is seen cannot be adjusted afterwards.

A range is scored by its interval score, which punishes both timidity (a wide range) and overconfidence (an answer
outside it), so that it pays to say what one believes: T. Gneiting, A. Raftery, "Strictly proper scoring rules,
prediction, and estimation", Journal of the American Statistical Association 102(477), 2007.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from course import state

if TYPE_CHECKING:
    from course.charts import Picture

FILE = "predictions"
CONFIDENCE = 0.9
"""How often a learner's ranges are meant to hold the answer."""


@dataclass(frozen=True)
class Prediction:
    """A question whose answer is a number in `unit`; the learner gives a range that holds it 9 times in 10."""

    id: str
    asks: str
    unit: str

    def __repr__(self) -> str:
        return f"{self.asks} Your 90 % range, in {self.unit}: from ... to ..."

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        text = repr(self)
        live = self._form()._repr_mimebundle_() or {}
        return {**live, "text/plain": text, "text/html": f"<p><em>{html.escape(text)}</em></p>"}

    def save(self, low: float, high: float) -> str:
        """Store the range and say so; `ValueError` if it is the wrong way round, or the answer has been seen."""
        if not low < high:
            raise ValueError(f"low = {low:g} must be below high = {high:g}")
        before = state.load(FILE).get(self.id, {})
        if "outcome" in before:
            raise ValueError(f"you have seen the answer, so {before['low']:g} to {before['high']:g} stays")
        state.update(FILE, lambda saved: saved | {self.id: {"low": low, "high": high, "unit": self.unit}})
        return f"Saved: {low:g} to {high:g} {self.unit}. Read on; the lesson comes back to it."

    def _form(self) -> widgets.VBox:
        saved = state.load(FILE).get(self.id, {})
        low = widgets.FloatText(value=saved.get("low", 0.0), description="from")
        high = widgets.FloatText(value=saved.get("high", 0.0), description="to")
        button = widgets.Button(description="Save my prediction")
        said = widgets.HTML("You saved this range before." if saved else "")

        def store(_: widgets.Button) -> None:
            try:
                said.value = html.escape(self.save(low.value, high.value))
            except (ValueError, OSError) as error:
                said.value = f"<strong>Not saved:</strong> {html.escape(str(error))}"

        button.on_click(store)
        asks = widgets.HTML(
            f"<p>{html.escape(self.asks)} <em>Give a range in {html.escape(self.unit)} that you are "
            "90 % sure of.</em></p>"
        )
        return widgets.VBox([asks, widgets.HBox([low, high, button]), said])


@dataclass(frozen=True, repr=False)
class Calibration:
    """How a learner's ranges did so far: how many were scored, how many held the answer, and the mean score."""

    scored: int
    inside: int
    mean_score: float

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        if not self.scored:
            return "No prediction has been scored yet."
        ranges = "range" if self.scored == 1 else "ranges"
        return (
            f"So far {self.inside} of your {self.scored} {ranges} held the answer (honest 90 % ranges hold 9 in 10); "
            f"mean interval score {self.mean_score:.2f}, lower is better."
        )


def interval_score(low: float, high: float, outcome: float) -> float:
    """Return the interval score of a 90 % range as a share of the answer: its width, and 20 times what it misses by.

    0 is perfect. `ValueError` if the outcome is 0, of which nothing is a share.

    >>> interval_score(80, 120, 100), round(interval_score(80, 90, 100), 1)
    (0.4, 2.1)
    """
    if outcome == 0:
        raise ValueError("outcome = 0 has no shares; ask for a number that is not 0")
    missed = max(low - outcome, 0.0) + max(outcome - high, 0.0)
    return (high - low + 2 / (1 - CONFIDENCE) * missed) / abs(outcome)


def calibration() -> Calibration:
    """Return how the learner's scored ranges did."""
    scored = [each for each in state.load(FILE).values() if "outcome" in each]
    scores = [interval_score(each["low"], each["high"], each["outcome"]) for each in scored]
    inside = sum(each["low"] <= each["outcome"] <= each["high"] for each in scored)
    return Calibration(len(scored), inside, sum(scores) / len(scores) if scores else 0.0)


def holds_from(low: float, high: float, outcome: float) -> float:
    """Return the confidence, 0 to 1, from which on a range holds the outcome, if it is widened as a bell curve is.

    An outcome in the middle needs none, one at either end the 90 % that the range claims.

    >>> round(holds_from(80, 120, 100), 3), round(holds_from(80, 120, 120), 3), round(holds_from(80, 120, 150), 3)
    (0.0, 0.9, 1.0)
    """
    bell = NormalDist()
    halves_off = abs(outcome - (low + high) / 2) / ((high - low) / 2)
    return 2 * bell.cdf(halves_off * bell.inv_cdf((1 + CONFIDENCE) / 2)) - 1


def calibration_curve() -> Picture | Calibration:
    """Return the chart of the learner's calibration, or what is to be said while there is nothing to draw."""
    scored = [each for each in state.load(FILE).values() if "outcome" in each]
    if not scored:
        return calibration()
    from course.figures.calibration import calibration as draw

    return draw([holds_from(each["low"], each["high"], each["outcome"]) for each in scored])


def compare(prediction_id: str, outcome: float) -> str:
    """Score the stored range against the outcome, remember that, and say so in a sentence."""
    from course.charts import number

    outcome = float(outcome)
    saved = state.load(FILE).get(prediction_id)
    if saved is None:
        return f"The answer is {number(outcome)}. You saved no prediction, so you cannot know what you would have said."
    state.update(FILE, lambda all_: all_ | {prediction_id: saved | {"outcome": outcome}})
    verdict = "inside" if saved["low"] <= outcome <= saved["high"] else "outside"
    score = interval_score(saved["low"], saved["high"], outcome)
    return (
        f"The answer is {number(outcome)}. You said {saved['low']:g} to {saved['high']:g} {saved['unit']}: {verdict} "
        f"your range, interval score {score:.2f}. {calibration()}"
    )
