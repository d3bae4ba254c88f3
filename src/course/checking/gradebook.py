"""Points in the column form that Canvas and Moodle import: a row a learner, a column a sheet."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from course.checking.report import by_submission, defused, replace
from course.checking.rows import Row

Whose = Callable[[str], str]
"""Tells from a submission's name which learner it belongs to."""

_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def write(rows: Sequence[Row], whose: Whose, out: Path) -> list[Path]:
    """Write gradebook_canvas.csv and gradebook_moodle.csv; the learner's id stands where the login name belongs.

    Of several submissions of a sheet the best counts. A sheet that was not handed in, or cannot be read, stays empty.
    """
    most: dict[str, int] = {}
    best: dict[str, dict[str, int]] = defaultdict(dict)
    for name, own in by_submission(rows):
        sheet = own[0].question.partition("-")[0]
        learner = best[whose(name)]
        if sheet:
            most[sheet] = sum(row.max_points for row in own)
            learner[sheet] = max(learner.get(sheet, 0), sum(row.points for row in own))
    sheets = sorted(most)
    titles = [f"Exercises {sheet}" for sheet in sheets]
    marks = {learner: [own.get(sheet, "") for sheet in sheets] for learner, own in sorted(best.items())}
    canvas: list[list[object]] = [[*_CANVAS, *titles], ["    Points Possible", "", "", "", "", *map(most.get, sheets)]]
    canvas += [[learner, "", "", learner, "", *own] for learner, own in marks.items()]
    moodle: list[Sequence[object]] = [["Username", *titles], *[[learner, *own] for learner, own in marks.items()]]
    return [_write(out / "gradebook_canvas.csv", canvas), _write(out / "gradebook_moodle.csv", moodle)]


def _write(path: Path, lines: Sequence[Sequence[object]]) -> Path:
    text = io.StringIO()
    # only a first space is meant as one: Canvas knows its line of maxima by four of them
    csv.writer(text, lineterminator="\n").writerows(
        [value if value == "    Points Possible" else defused(value) for value in line] for line in lines
    )
    replace(path, text.getvalue())
    return path
