"""What can be asked of the data as a whole: how much there is, of what kind, what is overdue, and who reads it.

An auditor starts here: `inventory` counts, `audit` draws rows to be looked up at their sources, and `readers` tells
which notebooks a changed table touches.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from course import notebooks
from course.data import SOURCES, UnknownName, load, source_of, sources_in, tables
from course.paths import DATASETS, ROOT
from course.validation.constants import sources_fitted_on

KINDS = ("datasheet", "filing", "regulator", "paper", "vendor", "press", "estimate")
"""What can stand behind a row, the column `confidence`, from the firmest to the softest."""

_READS = ("load", "cite", "source_of")
_PROVENANCE = ("source_id", "locator", "cell_sources", "confidence", "note")
# Marking knows every question; a notebook that calls `check` does not read what other lessons' questions read.
_NOT_FOLLOWED = ("course.checking", "course.questions", "course.data", "course.notebooks")


@dataclass(frozen=True)
class Inventory:
    """The tables with their rows and kinds, and what should not be there.

    `counts` has a row for each table, with the number of its rows and how many are of each kind. `overdue` are
    sources that should have been reviewed, `unused` those that no row, cell or fitted constant names, `unread` tables
    that no notebook reads.
    """

    counts: pd.DataFrame
    overdue: list[str]
    unused: list[str]
    unread: list[str]


@dataclass(frozen=True)
class Drawn:
    """One figure to be looked up: where it stands here, and where it was read."""

    table: str
    key: str
    column: str
    value: str
    confidence: str
    source: str
    address: str
    locator: str


def inventory(today: str, folder: Path = DATASETS) -> Inventory:
    """Count rows by kind and find what is overdue on `today` (YYYY-MM-DD), unused or unread.

    `DataError` if a file is broken.
    """
    sourced = {name: load(name, folder) for name in tables(folder) if name != SOURCES}
    counts = pd.DataFrame(
        [
            {"table": name, "rows": len(table), **table["confidence"].value_counts().reindex(KINDS, fill_value=0)}
            for name, table in sourced.items()
        ]
    ).set_index("table")
    sources = load(SOURCES, folder).set_index("source_id", drop=False)
    used = {source for table in sourced.values() for source in sources_in(table)}
    if folder == DATASETS:
        used |= sources_fitted_on()
    return Inventory(
        counts,
        overdue=sorted(sources.loc[sources["review_by"] < today, "source_id"]),
        unused=sorted(set(sources["source_id"]) - used),
        unread=[name for name in sourced if not readers(name, folder)],
    )


def audit(rows: int, seed: int, folder: Path = DATASETS) -> list[Drawn]:
    """Draw `rows` rows at random over all tables, and of each a filled cell; the same seed draws the same.

    `ValueError` unless there are that many rows, `DataError` if a file is broken.
    """
    everything = [
        (name, row) for name in tables(folder) if name != SOURCES for row in load(name, folder).to_dict("records")
    ]
    if not 1 <= rows <= len(everything):
        raise ValueError(f"rows = {rows} is out of range; allowed: 1 to {len(everything)}")
    draw = random.Random(seed)
    return [_drawn(name, row, draw, folder) for name, row in draw.sample(everything, rows)]


def readers(table: str, folder: Path = DATASETS) -> list[Path]:
    """Return the lessons and instructor's sheets that read a table, themselves or through what they import.

    `UnknownName` if there is no such table.
    """
    if table not in tables(folder):
        raise UnknownName("table", table, tables(folder))
    return [path for path in [*notebooks.lessons(), *notebooks.solutions()] if table in _tables_read(path)]


def table_of(file: Path, folder: Path = DATASETS) -> str:
    """Return the table that a file or a bare name stands for; `UnknownName` lists the tables there are."""
    if file.stem not in tables(folder):
        raise UnknownName("table", file.stem, tables(folder))
    return file.stem


def _drawn(table: str, row: Mapping[Hashable, Any], draw: random.Random, folder: Path) -> Drawn:
    key = str(row[tables(folder)[table]["schema"]["primaryKey"]])
    filled = [column for column, value in row.items() if column not in _PROVENANCE and not pd.isna(value)]
    column = draw.choice(filled[1:] or filled)
    source = source_of(table, key, str(column), folder)
    named = f"{source.publisher}, {source.title}"
    return Drawn(table, key, str(column), str(row[column]), source.confidence, named, source.address, source.locator)


def _tables_read(path: Path) -> set[str]:
    """Return the tables that a notebook reads; an instructor's sheet also through its questions."""
    sources = ["\n".join(_python(cell["source"])) for cell in notebooks.code_cells(notebooks.read(path))]
    found = [_reads("\n".join(sources))]
    if path in notebooks.solutions():
        found.append(_reads_of_module(f"course.questions.lesson_{path.name[:2]}"))
    return set().union(*found)


def _python(source: str | list[str]) -> Iterator[str]:
    """Yield the lines of a cell without IPython's own, which Python cannot parse."""
    return (line for line in "".join(source).splitlines() if not line.lstrip().startswith(("%", "!")))


def _reads(source: str) -> frozenset[str]:
    """Return the tables that a piece of Python asks for by name, here and in the modules of the course it imports."""
    tree = ast.parse(source)
    found = frozenset(
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and (call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")) in _READS
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    )
    return found.union(*(_reads_of_module(name) for name in _imports(tree)))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def _reads_of_module(name: str) -> frozenset[str]:
    path = ROOT / "src" / Path(*name.split(".")).with_suffix(".py")
    followed = name.startswith("course.") and (not name.startswith(_NOT_FOLLOWED) or ".lesson_" in name)
    return _reads(path.read_text(encoding="utf-8")) if followed and path.is_file() else frozenset()
