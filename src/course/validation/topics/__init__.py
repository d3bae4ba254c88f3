"""The predictors, one module a layer: each has `PREDICTORS` (topic: predictor) and may have `EXTRA` input names."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from course.validation.case import Predictor


@cache
def predictors() -> dict[str, Predictor]:
    """Return the predictor of every topic; `ValueError` if two modules claim one topic."""
    found: dict[str, Predictor] = {}
    for module in _modules():
        for topic, predictor in module.PREDICTORS.items():
            if topic in found:
                raise ValueError(f"topic {topic!r} has two predictors; the second is in {module.__name__}")
            found[topic] = predictor
    return found


@cache
def extra_names(topic: str) -> dict[str, tuple[str, ...]]:
    """Return the input names that only the module of `topic` knows, with their other spellings."""
    for module in _modules():
        if topic in module.PREDICTORS:
            return dict(getattr(module, "EXTRA", {}))
    return {}


def _modules() -> list[ModuleType]:
    return [import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)]
