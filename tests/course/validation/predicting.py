"""Ask a predictor as `course validate` does: inputs under any spelling, none of them unknown."""

from __future__ import annotations

from typing import Any

from course.validation.case import Case, Inputs, Prediction
from course.validation.names import standard
from course.validation.topics import extra_names, predictors


def predict(topic: str, inputs: dict[str, Any], quantity: str, unit: str) -> Prediction:
    """Return the prediction for a row with these inputs; its published value and source are never what it rests on."""
    known, unknown = standard(inputs, extra_names(topic))
    assert not unknown
    return predictors()[topic](Case("row", topic, Inputs(known), quantity, unit, 1.0, "somebody"))
