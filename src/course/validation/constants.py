"""Every fitted constant in one table: its interval, and the sources that it was fitted on and may not explain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import pandas as pd

import aistack
from aistack.fitted import Fitted
from course.validation import topics


def constants() -> pd.DataFrame:
    """Return a row for each fitted constant: module, what, value, low, high, unit, year, fitted_on.

    `fitted_on` are keys of `sources.csv`; rows of published results from any other source test the constant.
    """
    rows = {
        (module.__name__.rpartition(".")[2], each.what): {
            "value": each.value,
            "low": each.low,
            "high": each.high,
            "unit": each.unit,
            "year": each.year,
            "fitted_on": "; ".join(each.fitted_on),
        }
        for module in _modules()
        for value in vars(module).values()
        for each in _inside(value)
        if each.fitted_on
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(["module", "what"]).reset_index()
    return table.drop_duplicates("what").sort_values(["module", "what"], ignore_index=True)


def sources_fitted_on() -> set[str]:
    """Return the keys of all sources that some constant was fitted on."""
    return {source for several in constants()["fitted_on"] for source in several.split("; ")}


def _modules() -> Iterator[ModuleType]:
    for package in (aistack, topics):
        for info in iter_modules(package.__path__, f"{package.__name__}."):
            yield import_module(info.name)


def _inside(value: Any) -> Iterator[Fitted]:
    """Yield the fitted constants that a module's variable is or holds."""
    if isinstance(value, Fitted):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _inside(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _inside(each)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _inside(getattr(value, field.name))
