"""Ask a predictor by hand: the way a lesson and a test put a question that `course validate` puts for a row."""

from __future__ import annotations

from typing import Any

from course.validation.case import Case, Inputs, Prediction
from course.validation.names import standard
from course.validation.topics import extra_names, predictors


def ask(topic: str, inputs: dict[str, Any], quantity: str, unit: str) -> Prediction:
    """Return what the models predict; inputs may have any spelling that `course validate` knows.

    `ValueError` names inputs that nobody knows; `NotModelled` says in words why there is no answer. No published
    value goes in, so none can come out.
    """
    known, unknown = standard(inputs, extra_names(topic))
    if unknown:
        raise ValueError(f"unknown inputs of the topic {topic!r}: {', '.join(unknown)}")
    return predictors()[topic](Case("asked", topic, Inputs(known), quantity, unit, float("nan"), "nobody"))
