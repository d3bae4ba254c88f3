"""Predict every case, and say how far off each topic is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from course.validation.case import Case, NotModelled, Prediction
from course.validation.table import ours
from course.validation.topics import predictors

CLOSE = 0.2
"""A prediction within this share of the published value counts as close."""


@dataclass(frozen=True)
class Outcome:
    """A case with its prediction, or with the reason why there is none.

    `seen` says whether a constant that went into the prediction was fitted on the case's own source.
    """

    case: Case
    prediction: Prediction | None
    reason: str | None
    seen: bool

    @property
    def error(self) -> float | None:
        """Predicted over published, less 1; None where nothing was predicted or zero was published."""
        if self.prediction is None or self.case.published == 0:
            return None
        return self.prediction.value / self.case.published - 1

    @property
    def inside(self) -> bool | None:
        """Whether the band holds the published value."""
        return None if self.prediction is None else self.prediction.low <= self.case.published <= self.prediction.high


@dataclass(frozen=True)
class Summary:
    """How far a set of outcomes is off. Shares and errors are fractions; None where nothing was modelled."""

    n: int
    modelled: int
    mdape: float | None
    bias: float | None
    worst: float | None
    within_20: float | None
    coverage: float | None


def run(cases: Iterable[Case]) -> list[Outcome]:
    """Return the outcome of every case, in order."""
    known = predictors()
    sources = {case.id: case.source for case in ours()}
    outcomes = []
    for case in cases:
        try:
            if case.topic not in known:
                raise NotModelled(f"no model predicts the topic {case.topic!r}")
            with np.errstate(all="raise"):
                prediction = known[case.topic](case)
            if not all(np.isfinite([prediction.value, prediction.low, prediction.high])):
                raise NotModelled("the model gives no finite number")
        except NotModelled as answer:
            outcomes.append(Outcome(case, None, str(answer), seen=False))
        except (ValueError, ArithmeticError) as refused:  # inputs that the model does not allow
            outcomes.append(Outcome(case, None, f"inputs out of range: {refused}", seen=False))
        else:
            source = sources.get(case.id, case.source)
            outcomes.append(Outcome(case, prediction, None, seen=source in prediction.fitted_on))
    return outcomes


def by_topic(outcomes: Sequence[Outcome]) -> dict[str, Summary]:
    """Return a summary of each topic, in alphabetical order."""
    topics = sorted({outcome.case.topic for outcome in outcomes})
    return {topic: summary([each for each in outcomes if each.case.topic == topic]) for topic in topics}


def summary(outcomes: Sequence[Outcome]) -> Summary:
    """Summarise outcomes: median absolute percentage error, median signed error, worst signed error and so on."""
    errors = [error for each in outcomes if (error := each.error) is not None]
    banded = [inside for each in outcomes if (inside := each.inside) is not None]
    modelled = sum(each.prediction is not None for each in outcomes)
    if not errors:
        return Summary(len(outcomes), modelled, None, None, None, None, None)
    return Summary(
        n=len(outcomes),
        modelled=modelled,
        mdape=median(map(abs, errors)),
        bias=median(errors),
        worst=max(errors, key=abs),
        within_20=sum(abs(error) <= CLOSE for error in errors) / len(errors),
        coverage=sum(banded) / len(banded),
    )


def as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return rows and topics as plain values, for `course validate --json`."""
    rows = [
        {
            "id": each.case.id,
            "topic": each.case.topic,
            "quantity": each.case.quantity,
            "unit": each.case.unit,
            "published_value": each.case.published,
            "predicted": None if each.prediction is None else each.prediction.value,
            "low": None if each.prediction is None else each.prediction.low,
            "high": None if each.prediction is None else each.prediction.high,
            "error": each.error,
            "source": each.case.source,
            "reason": each.reason,
        }
        for each in outcomes
    ]
    shown = ("n", "modelled", "mdape", "bias", "worst", "within_20")
    topics = {topic: {name: getattr(one, name) for name in shown} for topic, one in by_topic(outcomes).items()}
    return {"rows": rows, "topics": topics}
