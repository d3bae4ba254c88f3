"""The explorers, one module a layer. Each is a function that returns a new one; a notebook shows it with one line."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from inspect import isfunction
from pkgutil import iter_modules
from typing import Any

from course.explorer import Explorer


@cache
def every() -> dict[str, Callable[[], Explorer[Any]]]:
    """Return every explorer by its name: the public functions of the modules here that return one.

    A function and not a variable, so that a lesson imports its own layer and no other.
    """
    return {
        name: function
        for info in iter_modules(__path__, f"{__name__}.")
        for name, function in vars(import_module(info.name)).items()
        if isfunction(function)
        and function.__module__ == info.name
        and not name.startswith("_")
        and str(function.__annotations__.get("return", "")).startswith("Explorer[")
    }
