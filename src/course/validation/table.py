"""Where published results come from: our own table, or any file with the same columns as a table of results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from course.data import DataError, load
from course.validation.case import Case, Inputs
from course.validation.names import standard
from course.validation.topics import extra_names

COLUMNS = ("id", "topic", "inputs_json", "quantity", "unit", "published_value")
"""What a file of published results must have; further columns but `source` and `year` are ignored."""

_OWN_INPUTS = {"chip": "chip", "model": "model", "precision": "precision", "batch": "batch"} | {
    "context_tokens": "context_tokens",
    "chips_used": "chips",
}


def ours() -> list[Case]:
    """Return the results of `datasets/published_results.csv`."""
    cases = []
    for row in load("published_results").to_dict("records"):
        given = {name: row[column] for column, name in _OWN_INPUTS.items() if not pd.isna(row[column])}
        further = {} if pd.isna(row["inputs_json"]) else json.loads(row["inputs_json"])
        cases.append(_case(row["result_id"], row, given | further, float(row["value"]), row["source_id"]))
    return cases


def read(file: Path) -> list[Case]:
    """Return the results in a CSV file with the columns `COLUMNS`.

    `DataError` names file, line, column and reason if it is no such file; a row whose `inputs_json` cannot be read
    stops the reading, too: a result that is silently left out would flatter the model.
    """
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(file, None, None, f"cannot be read as CSV: {error}") from None
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise DataError(file, 1, None, f"lacks {', '.join(missing)}; needed are {', '.join(COLUMNS)}")
    cases = []
    for line, row in enumerate(table.to_dict("records"), 2):
        inputs = _inputs(file, line, row["inputs_json"])
        published = _number(file, line, row["published_value"])
        cases.append(_case(row["id"], row, inputs, published, row.get("source", "")))
    again = list(table["id"].duplicated())
    if any(again):
        first = again.index(True)
        raise DataError(file, first + 2, "id", f"{table['id'].iloc[first]!r} is not unique")
    return cases


def _case(key: str, row: Mapping[Any, Any], inputs: Mapping[str, Any], published: float, source: str) -> Case:
    known, unknown = standard(inputs, extra_names(row["topic"]))
    year = pd.to_numeric(row.get("year", ""), errors="coerce")
    when = None if pd.isna(year) else float(year)
    return Case(key, row["topic"], Inputs(known), row["quantity"], row["unit"], published, source, tuple(unknown), when)


def _inputs(file: Path, line: int, text: str) -> dict[str, Any]:
    try:
        inputs = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise DataError(file, line, "inputs_json", f"not JSON: {error.msg}") from None
    if not isinstance(inputs, dict):
        raise DataError(file, line, "inputs_json", "not a JSON object")
    return inputs


def _number(file: Path, line: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise DataError(file, line, "published_value", f"{text!r} is not a number")
    return value
