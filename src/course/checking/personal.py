"""Sheets in which every learner finds numbers of their own, made from a class key and the learner's id."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from course import questions
from course.checking.graft import numbers_source


def hand_out(learners: Sequence[str], class_key: str, sheets: Sequence[Path], out: Path) -> list[Path]:
    """Write each learner's sheets into a folder with the learner's id for a name, and return the files.

    Only sheets with numbers to give are written. `ValueError` for an id that is no plain name or stands twice, for an
    empty key, and if no sheet has numbers.
    """
    if not class_key:
        raise ValueError("the class key is empty")
    for learner in learners:
        if not re.fullmatch(r"[\w@+-][\w.@+-]*", learner):
            raise ValueError(f"a learner's id should be letters, digits and . _ @ + - only, and this is {learner!r}")
        if learners.count(learner) > 1:
            raise ValueError(f"the id {learner!r} stands twice")
    with_numbers = [sheet for sheet in sheets if '"role": "numbers"' in sheet.read_text("utf-8")]
    if not with_numbers:
        raise ValueError("none of the sheets has numbers of its own to give")
    return [_write(sheet, class_key, learner, out / learner) for learner in learners for sheet in with_numbers]


def _write(sheet: Path, class_key: str, learner: str, folder: Path) -> Path:
    notebook = json.loads(sheet.read_text("utf-8"))
    for cell in notebook["cells"]:
        mark = cell["metadata"].get("course", {})
        if mark.get("role") == "numbers":
            question = questions.get(mark["question"]).personal(class_key, learner)
            cell["source"] = numbers_source(question).splitlines(keepends=True)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / sheet.name
    path.write_text(json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
    return path
