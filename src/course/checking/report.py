"""Marks as a table on the screen, a CSV for the spreadsheet and JSON for other programs."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import groupby
from pathlib import Path

from rich.table import Table
from rich.text import Text

from course.checking.rows import Row

COLUMNS = tuple(field.name for field in fields(Row) if field.name != "misconception")
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
    replace(out / ".writable", "")
    (out / ".writable").unlink()


def write(rows: Sequence[Row], out: Path) -> None:
    """Write results.csv and results.json into a folder, each in one step: a reader never sees half a file."""
    prepare(out)
    table = io.StringIO()
    sheet = csv.writer(table, lineterminator="\n")
    sheet.writerow(COLUMNS)
    sheet.writerows([defused(getattr(row, name)) for name in COLUMNS] for row in rows)
    plain = [{name: _cleaned(getattr(row, name)) for name in COLUMNS} for row in rows]
    replace(out / "results.csv", table.getvalue())
    replace(out / "results.json", json.dumps(plain, indent=1, ensure_ascii=False) + "\n")


def table(rows: Sequence[Row]) -> Table:
    """Return the rows as a table: a line a question, a total a submission."""
    result = Table("Submission", "Question", "Result", "Points", "Remark")
    result.columns[3].justify = "right"
    for submission, own in by_submission(rows):
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
    parts = counted(Counter(row.status for row in rows))
    submissions = len({row.submission for row in rows})
    points, most = sum(row.points for row in rows), sum(row.max_points for row in rows)
    named = f"{submissions} submission{'' if submissions == 1 else 's'}"
    return f"{named}: {parts or 'nothing to mark'}; {points} of {most} points."


def counted(counts: Mapping[str, int]) -> str:
    """Say how many answers have which status."""
    words = {status: shown.split(" ", 1)[1] for status, (shown, _) in STATUSES.items()}
    return ", ".join(f"{counts[status]} {word}" for status, word in words.items() if counts.get(status))


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


def defused(value: object) -> object:
    """Return a value for a spreadsheet: text that it would take for a formula gets an apostrophe in front."""
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if text.startswith(_FORMULA) or value.startswith(_FORMULA) else text


def by_submission(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Yield each submission's name and rows."""
    return ((name, list(own)) for name, own in groupby(rows, key=lambda row: row.submission))


def replace(path: Path, text: str) -> None:
    """Write a file in one step."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, "utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
