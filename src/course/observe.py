"""Turns an answer into plain JSON values, in the learner's process: no verdict is made here.

A check in the learner's notebook and the marking of a class look at an answer through this one pair of eyes;
judging what was seen is `course.questions`, which the marker runs in a process that the learner's code never enters.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from typing import Any

MARK = "observed: "
TODO = {"todo": True}
MISSING = {"missing": True}
_LONGEST = 1000


def plain(value: Any) -> Any:
    """Return `value` as something JSON can hold: numbers as floats, collections as lists, the rest by type name."""
    if value is Ellipsis:
        return TODO
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.strip()[:_LONGEST]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=repr)[:_LONGEST]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in list(value.items())[:_LONGEST]}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value[:_LONGEST]]
    if isinstance(value, int | float):
        return float(value)
    if hasattr(value, "tolist"):  # NumPy scalars and arrays, pandas Series
        return plain(value.tolist())
    return {"type": type(value).__name__}


def observe(answer: Any, inputs: Sequence[Sequence[Any]] | None) -> list[Any]:
    """Look at an answer: a value as it is, a function by what it returns for each of `inputs`.

    Whatever the learner's function raises passes through.
    """
    if answer is Ellipsis:
        return [TODO]
    if inputs is None:
        return [plain(answer)]
    if not callable(answer):
        return [{"not_a_function": type(answer).__name__}]
    # each call gets its own copy, so that a function which changes its arguments cannot spoil the next call
    function: Callable[..., Any] = answer
    return [plain(function(*copy.deepcopy(list(arguments)))) for arguments in inputs]


def line(seen: list[Any]) -> str:
    """Return the line by which a probe shows what was seen."""
    return f"{MARK}{json.dumps(seen, sort_keys=True)}\n"


def show(namespace: dict[str, Any], name: str, inputs: Sequence[Sequence[Any]] | None = None) -> None:
    """Print what `name` holds in `namespace` as one line of JSON, for the marker to read."""
    seen = [MISSING] if name not in namespace else observe(namespace[name], inputs)
    print(line(seen), end="")
