"""Marks as a table on the screen, a CSV for the spreadsheet and JSON for other programs."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from itertools import groupby
from pathlib import Path

from rich.table import Table
from rich.text import Text

from course.checking.marking import Row

COLUMNS = tuple(field.name for field in fields(Row))
STATUSES = {
    "right": ("✔ right", "green"),
    "wrong": ("✘ wrong", "red"),
    "not_attempted": ("○ not attempted", "bright_black"),
    "error": ("! error", "magenta"),
    "timeout": ("… timed out", "yellow"),
    "unreadable": ("? unreadable", "yellow"),
}
_ANSI = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def prepare(out: Path) -> None:
    """Make the folder for the results and try to write into it. `OSError` says what is in the way."""
    out.mkdir(parents=True, exist_ok=True)
    for name in ("results.csv", "results.json"):
        if (out / name).is_dir():
            raise IsADirectoryError(f"{out / name} is a folder, and the results are to be written there")
    _replace(out / ".writable", "")
    (out / ".writable").unlink()


def write(rows: Sequence[Row], out: Path) -> None:
    """Write results.csv and results.json into a folder, each in one step: a reader never sees half a file."""
    prepare(out)
    table = io.StringIO()
    sheet = csv.writer(table, lineterminator="\n")
    sheet.writerow(COLUMNS)
    sheet.writerows([_defused(value) for value in asdict(row).values()] for row in rows)
    plain = [{name: _cleaned(value) for name, value in asdict(row).items()} for row in rows]
    _replace(out / "results.csv", table.getvalue())
    _replace(out / "results.json", json.dumps(plain, indent=1, ensure_ascii=False) + "\n")


def table(rows: Sequence[Row]) -> Table:
    """Return the rows as a table: a line a question, a total a submission."""
    result = Table("Submission", "Question", "Result", "Points", "Remark")
    result.columns[3].justify = "right"
    for submission, own in _by_submission(rows):
        for number, row in enumerate(own):
            words, colour = STATUSES[row.status]
            result.add_row(
                Text(clean(submission) if number == 0 else ""),
                Text(row.question or "-"),
                Text(words, style=colour),
                f"{row.points}/{row.max_points}",
                Text(clean(row.message)),
            )
        points, most = sum(row.points for row in own), sum(row.max_points for row in own)
        result.add_row("", Text("total", style="bold"), "", Text(f"{points}/{most}", style="bold"), "")
        result.add_section()
    return result


def summary(rows: Sequence[Row]) -> str:
    """Say in a sentence how it went."""
    counts: Counter[str] = Counter(row.status for row in rows)
    parts = [f"{counts[status]} {words.split(' ', 1)[1]}" for status, (words, _) in STATUSES.items() if counts[status]]
    submissions = len({row.submission for row in rows})
    points, most = sum(row.points for row in rows), sum(row.max_points for row in rows)
    named = f"{submissions} submission{'' if submissions == 1 else 's'}"
    return f"{named}: {', '.join(parts) or 'nothing to mark'}; {points} of {most} points."


def clean(text: str) -> str:
    """Return text on one line without terminal codes or control characters; what cannot be seen is spelled out.

    Two names that differ by a mark without width, or by one that turns writing round, must not look the same.
    """
    shown = (
        f"\\u{ord(sign):04x}" if unicodedata.category(sign) in ("Cf", "Cs") else sign for sign in _ANSI.sub("", text)
    )
    return " ".join("".join(" " if unicodedata.category(sign[0]) == "Cc" else sign for sign in shown).split())


def _cleaned(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def _defused(value: object) -> object:
    """Return a value for a spreadsheet: text that it would take for a formula gets an apostrophe in front."""
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if text.startswith(_FORMULA) or value.startswith(_FORMULA) else text


def _by_submission(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    return ((name, list(own)) for name, own in groupby(rows, key=lambda row: row.submission))


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, "utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
