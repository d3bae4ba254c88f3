"""Predict first: a guess that is written down before the answer is seen cannot be adjusted afterwards."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from course import state

_FILE = "predictions"


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
        """Store the range and say so; `ValueError` if it is the wrong way round."""
        if not low < high:
            raise ValueError(f"low = {low:g} must be below high = {high:g}")
        state.save(_FILE, state.load(_FILE) | {self.id: {"low": low, "high": high, "unit": self.unit}})
        return f"Saved: {low:g} to {high:g} {self.unit}. Read on; the lesson comes back to it."

    def _form(self) -> widgets.VBox:
        saved = state.load(_FILE).get(self.id, {})
        low = widgets.FloatText(value=saved.get("low", 0.0), description="from")
        high = widgets.FloatText(value=saved.get("high", 0.0), description="to")
        button = widgets.Button(description="Save my prediction")
        said = widgets.HTML("You saved this range before." if saved else "")

        def store(_: widgets.Button) -> None:
            try:
                said.value = html.escape(self.save(low.value, high.value))
            except ValueError as error:
                said.value = f"<strong>Not saved:</strong> {html.escape(str(error))}"

        button.on_click(store)
        asks = widgets.HTML(
            f"<p>{html.escape(self.asks)} <em>Give a range in {html.escape(self.unit)} that you are "
            "90 % sure of.</em></p>"
        )
        return widgets.VBox([asks, widgets.HBox([low, high, button]), said])


def compare(prediction_id: str, outcome: float) -> str:
    """Return a sentence that holds the stored prediction against the outcome."""
    saved = state.load(_FILE).get(prediction_id)
    if saved is None:
        return f"The answer is {outcome:.3g}. You saved no prediction, so you cannot know what you would have said."
    inside = saved["low"] <= outcome <= saved["high"]
    verdict = "inside" if inside else "outside"
    return (
        f"The answer is {outcome:.3g}. You said {saved['low']:g} to {saved['high']:g} {saved['unit']}: {verdict} your "
        f"range. With honest 90 % ranges, 9 answers in 10 fall inside."
    )
