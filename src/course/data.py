"""The data of the course: typed tables, and the source behind every row.

`datasets/datapackage.json` says which tables exist and what their columns mean; this module reads it and the
CSV files and trusts neither. A broken file raises `DataError` with file, line, column and reason; a name that
does not exist raises `UnknownName` with the names that do.

>>> chips = load("chips")
>>> str(chips["memory_bandwidth_gb_s"].dtype), str(chips["chip"].dtype)
('float64', 'str')
>>> source_of("chips", "H20", "fp16_tflops").source_id
'epoch-ml-hardware'
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from html import escape
from itertools import repeat
from pathlib import Path
from typing import Any

import pandas as pd

from course.paths import DATASETS

SOURCES = "sources"
# What the field types of the Data Package standard become in pandas.
_DTYPES = {"number": "float64", "integer": "Int64", "boolean": "boolean", "string": "str"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d+")
_SHOWN = 10  # sources that a citation lists
_CLOSE, _LISTED = 5, 40  # names that an error suggests, and how many it lists at most


class UnknownName(LookupError):  # noqa: N818 - it reads as what it is, and is no fault of the program
    """A table, column or key was asked for that does not exist.

    `kind` says what was asked for ("table", "column of chips"), `asked` the name, `known` those there are.
    """

    def __init__(self, kind: str, asked: object, known: Iterable[str]) -> None:
        self.kind, self.asked, self.known = kind, asked, tuple(known)
        close = _close(str(asked), self.known)
        parts = [f"there is no {kind} {asked!r}"]
        if close:
            parts.append("did you mean " + " or ".join(map(repr, close)))
        if len(self.known) <= _LISTED:
            parts.append("known are " + ", ".join(map(repr, self.known)))
        elif not close:
            parts.append(f"there are {len(self.known):,}, such as {self.known[0]!r}")
        super().__init__("; ".join(parts))


class DataError(ValueError):
    """A file of the datasets cannot be trusted: says in which file, line and column, and why."""

    def __init__(self, file: Path, line: int | None, column: str | None, reason: str) -> None:
        self.file, self.line, self.column, self.reason = file, line, column, reason
        place = file.name + (f", line {line}" if line is not None else "")
        super().__init__(f"{place}{f', column {column}' if column else ''}: {reason}")


@dataclass(frozen=True)
class Provenance:
    """Where a row, or one cell of it, comes from.

    `locator` says where in that source to look (empty for a cell that another source filled), `confidence`
    how far the row can be trusted; everything else is as in `sources.csv`.
    """

    source_id: str
    title: str
    publisher: str
    kind: str
    published: str
    address: str
    licence: str
    locator: str
    confidence: str

    def __str__(self) -> str:
        return _reference(self.publisher, self.title, self.published, self.kind, self.licence) + (
            f"; {self.locator}" if self.locator else ""
        )


@dataclass(frozen=True)
class Citation:
    """The sources of a table as one short line each, the most used first.

    Shows itself as one line, as text, Markdown or HTML; in HTML it unfolds to the list.
    """

    table: str
    lines: tuple[str, ...]
    addresses: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Sources of {self.table}: {self._short}"

    def _repr_markdown_(self) -> str:
        address = self.addresses[0]
        return f"*Sources of {self.table}:* " + (f"[{self._short}]({address})" if address else self._short)

    def _repr_html_(self) -> str:
        pairs = zip(self.lines[:_SHOWN], self.addresses, strict=False)
        items = [
            f'<a href="{escape(address)}">{escape(line)}</a>' if address else escape(line) for line, address in pairs
        ]
        if len(self.lines) > _SHOWN:
            items.append(f"and {len(self.lines) - _SHOWN} more, in datasets/sources.csv")
        listed = "".join(f"<li>{item}</li>" for item in items)
        return f"<details><summary>{escape(repr(self))}</summary><ul>{listed}</ul></details>"

    @property
    def _short(self) -> str:
        more = len(self.lines) - 1
        return self.lines[0] + (f", and {more} more" if more else "")


def load(name: str, folder: Path = DATASETS) -> pd.DataFrame:
    """Return the table `name` of `datapackage.json`, typed; an empty cell is missing.

    Numbers are float64, integers Int64, booleans boolean, text str; units stand in the column names and in
    `datapackage.json`. Every call returns a fresh copy, so changing it spoils nothing. `folder` is where the
    files are. `UnknownName` if there is no such table, `DataError` if a file is broken.
    """
    return _table(name, folder).copy()


def cite(name: str, folder: Path = DATASETS, **where: str | Iterable[str]) -> Citation:
    """Return the sources that the rows and cells of a table come from, the most used first.

    With `where`, only of the rows that have this value, or one of these, in that column:
    `cite("case_facts", case="H20")`.
    `UnknownName` if there is no such table, column or value, or it names no sources; `DataError` if a file is broken.
    """
    table = _table(name, folder)
    if "source_id" not in table.columns or name == SOURCES:
        raise UnknownName("table with sources", name, _with_sources(folder))
    for column, value in where.items():
        if column not in table.columns:
            raise UnknownName(f"column of {name}", column, list(table.columns))
        known = {str(each) for each in table[column].dropna()}
        values = [value] if isinstance(value, str) else list(value)
        for missing in (each for each in values if each not in known):
            raise UnknownName(f"{column} of {name}", missing, sorted(known))
        table = table[table[column].isin(values)]
    counts = pd.Series(list(sources_in(table)), dtype="str").value_counts()
    order = sorted(counts.index, key=lambda source: (-int(counts[source]), str(source)))
    rows = [_row(SOURCES, str(source), folder) for source in order]
    lines = tuple(_reference(*(row[part] for part in _REFERENCE)) for row in rows)
    return Citation(name, lines, tuple(row["address"] for row in rows))


def source_of(table: str, key: str, column: str | None = None, folder: Path = DATASETS) -> Provenance:
    """Return where the row of `table` whose primary key is `key` comes from, or its cell in `column`.

    Some cells were filled from another source than their row (`cell_sources`); name the column to be told.
    `UnknownName` if table, key or column do not exist, `DataError` if a file is broken.
    """
    columns = list(_table(table, folder).columns)
    if "source_id" not in columns or table == SOURCES:
        raise UnknownName("table with sources", table, _with_sources(folder))
    if column is not None and column not in columns:
        raise UnknownName(f"column of {table}", column, columns)
    row = _row(table, key, folder)
    other = _cell_sources(row.get("cell_sources", "")).get(column or "")
    source = _row(SOURCES, other or row["source_id"], folder)
    return Provenance(
        source_id=source["source_id"],
        **{part: source[part] for part in (*_REFERENCE, "address")},
        locator="" if other else row.get("locator", ""),
        confidence=row.get("confidence", ""),
    )


def tables(folder: Path = DATASETS) -> dict[str, Any]:
    """Return the resources of `datapackage.json` by table name; `DataError` if that file is broken."""
    return _package(folder)


def sources_in(table: pd.DataFrame) -> Iterator[str]:
    """Yield the source of every row of a table, of every cell with one of its own, and of every piece of evidence."""
    yield from (str(source) for source in table["source_id"])
    if "cell_sources" in table.columns:
        for cells in table["cell_sources"].dropna():
            yield from _cell_sources(str(cells)).values()
    for column in filter(_names_sources, table.columns):
        for several in table[column].dropna():
            yield from str(several).split("; ")


def _names_sources(column: str) -> bool:
    """Tell whether a column beside `source_id` names sources, such as `evidence_for_source`."""
    return column.endswith("_source")


_REFERENCE = ("publisher", "title", "published", "kind", "licence")


def _reference(publisher: str, title: str, published: str, kind: str, licence: str) -> str:
    return f"{publisher}, {title} ({', '.join(part for part in (published, kind, licence) if part)})"


def _close(asked: str, known: Iterable[str]) -> list[str]:
    """Return the names that contain `asked`, then those that look like it, whatever the case."""
    folded = {name.casefold(): name for name in known}
    wanted = asked.casefold()
    inside = [name for name in folded if wanted and wanted in name]
    alike = get_close_matches(wanted, folded, n=_CLOSE)
    return [folded[name] for name in dict.fromkeys([*inside, *alike])][:_CLOSE]


def _cell_sources(text: str) -> dict[str, str]:
    """Read `column=source_id; column=source_id` into a mapping."""
    pairs = (pair.split("=", 1) for pair in text.split(";") if "=" in pair)
    return {column.strip(): source.strip() for column, source in pairs}


def _with_sources(folder: Path) -> list[str]:
    return [
        name
        for name, resource in _package(folder).items()
        if name != SOURCES and any(field["name"] == "source_id" for field in resource["schema"]["fields"])
    ]


def _row(table: str, key: str, folder: Path) -> dict[str, str]:
    """Return a row as text, an empty cell as the empty string."""
    rows = _table(table, folder)
    primary = _package(folder)[table]["schema"]["primaryKey"]
    found = rows[rows[primary] == key]
    if found.empty:
        raise UnknownName(f"{primary} of {table}", key, [str(known) for known in rows[primary]])
    return {str(name): "" if pd.isna(cell) else str(cell) for name, cell in found.iloc[0].items()}


@cache
def _package(folder: Path) -> dict[str, Any]:
    """Return the resources of `datapackage.json` by name."""
    file = folder / "datapackage.json"
    try:
        package = json.loads(file.read_text(encoding="utf-8"))
        return {resource["name"]: resource for resource in package["resources"]}
    except FileNotFoundError:
        raise DataError(file, None, None, f"there is no such file in {folder}") from None
    except json.JSONDecodeError as error:
        raise DataError(file, error.lineno, None, f"not JSON: {error.msg}") from None
    except (KeyError, TypeError) as error:
        raise DataError(file, None, None, f"not a data package: {error} is missing or wrong") from None


@cache
def _table(name: str, folder: Path) -> pd.DataFrame:
    """Read, check and type one table; `load` hands out copies of it."""
    resources = _package(folder)
    if name not in resources:
        raise UnknownName("table", name, resources)
    resource = resources[name]
    file = folder / resource["path"]
    fields: list[Mapping[str, Any]] = resource["schema"]["fields"]
    names = [field["name"] for field in fields]
    lines, rows = _read(file, names)
    dtypes: list[Any] = [_dtype(file, field) for field in fields]
    cells: dict[str, Sequence[str]] = dict(zip(names, zip(*rows, strict=True) if rows else repeat(()), strict=False))
    columns = {
        field["name"]: pd.array(_values(file, lines, field, cells[field["name"]]), dtype=dtype)
        for field, dtype in zip(fields, dtypes, strict=True)
    }
    primary = resource["schema"]["primaryKey"]
    _check_unique(file, lines, primary, cells[primary])
    if name != SOURCES and "source_id" in cells:
        _check_sources(file, lines, cells, folder)
    return pd.DataFrame(columns)


def _read(file: Path, names: list[str]) -> tuple[list[int], list[list[str]]]:
    """Return the line numbers and cells of a CSV file whose header must be `names`."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(file, None, None, f"there is no such file in {file.parent}") from None
    except UnicodeDecodeError as error:
        raise DataError(file, None, None, f"not UTF-8: {error.reason} at byte {error.start}") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[int] = []
    rows: list[list[str]] = []
    try:
        header = next(reader, [])
        if header != names:
            wrong = sorted(set(header) ^ set(names)) or ["the order of the columns"]
            raise DataError(file, 1, None, f"header and datapackage.json differ in {', '.join(wrong)}")
        for row in reader:
            if len(row) != len(names):
                raise DataError(file, reader.line_num, None, f"{len(row)} cells where the header has {len(names)}")
            lines.append(reader.line_num)
            rows.append(row)
    except csv.Error as error:
        raise DataError(file, reader.line_num, None, f"not CSV: {error}") from None
    return lines, rows


def _dtype(file: Path, field: Mapping[str, Any]) -> str:
    if field["type"] not in _DTYPES:
        raise DataError(file, None, field["name"], f"type {field['type']!r} is none of {', '.join(_DTYPES)}")
    return _DTYPES[field["type"]]


def _values(file: Path, lines: list[int], field: Mapping[str, Any], cells: Sequence[str]) -> list[Any]:
    """Turn the text of a column into what its field's type says; empty is missing."""
    if field.get("constraints", {}).get("required") and "" in cells:
        raise DataError(file, lines[cells.index("")], field["name"], "empty, but required")
    read = _READERS[field["type"]]
    if read is str:
        return [cell or None for cell in cells]
    try:
        return [None if cell == "" else read(cell) for cell in cells]
    except ValueError:
        line, cell = next((line, cell) for line, cell in zip(lines, cells, strict=True) if _refused(read, cell))
    wanted = "true or false" if field["type"] == "boolean" else f"a plain {field['type']}"
    hint = " (leave the thousands separator out)" if "," in cell else ""
    raise DataError(file, line, field["name"], f"{cell!r} is not {wanted}{hint}")


def _number(cell: str) -> float:
    if not _NUMBER.fullmatch(cell):  # float() would also take "nan", "1_000" and spaces
        raise ValueError(cell)
    return float(cell)


def _integer(cell: str) -> int:
    if not _INTEGER.fullmatch(cell):
        raise ValueError(cell)
    return int(cell)


def _boolean(cell: str) -> bool:
    if cell not in ("true", "false"):
        raise ValueError(cell)
    return cell == "true"


_READERS: dict[str, Callable[[str], Any]] = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "string": str,
}


def _refused(read: Callable[[str], Any], cell: str) -> bool:
    try:
        read(cell)
    except ValueError:
        return cell != ""
    return False


def _check_unique(file: Path, lines: list[int], column: str, cells: Sequence[str]) -> None:
    seen: dict[str, int] = {}
    for line, value in zip(lines, cells, strict=True):
        if not value:
            raise DataError(file, line, column, "empty, but it is the primary key")
        if value in seen:
            raise DataError(file, line, column, f"{value!r} is already the key of line {seen[value]}")
        seen[value] = line


def _check_sources(file: Path, lines: list[int], columns: Mapping[str, Sequence[str]], folder: Path) -> None:
    """Every source that a row or a cell names must stand in `sources.csv`, every such cell must exist."""
    known = set(_table(SOURCES, folder)["source_id"])
    for line, source in zip(lines, columns["source_id"], strict=True):
        if source not in known:
            raise DataError(file, line, "source_id", f"{source!r} is not in sources.csv")
    for column in filter(_names_sources, columns):
        for line, several in zip(lines, columns[column], strict=True):
            for source in several.split("; ") if several else []:
                if source not in known:
                    raise DataError(file, line, column, f"{source!r} is not in sources.csv")
    for line, cells in zip(lines, columns.get("cell_sources", repeat("")), strict=False):
        for column, source in _cell_sources(cells).items():
            if source not in known:
                raise DataError(file, line, "cell_sources", f"{source!r} is not in sources.csv")
            if column not in columns:
                raise DataError(file, line, "cell_sources", f"{column!r} is not a column")
