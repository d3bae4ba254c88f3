"""What a mark hangs on besides the answers: when this changes, a sheet's submissions have to be run again."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import aistack
from course import checking, observe, questions
from course.checking.graft import Sheet
from course.observe import observe as look
from course.paths import DATASETS
from course.questions import Question
from course.questions.families import Family

_ROLES = ("setup", "numbers", "answer", "probe")


def of_sheet(sheet: Sheet) -> str:
    """Return a fingerprint of a sheet, its questions, the terms it is marked under, the data and the code that marks.

    A question that is changed changes the fingerprint of its own sheet and of no other.
    """
    cells = [[role, cell["id"], cell["source"]] for role in _ROLES for cell in sheet.of_role(role)]
    asked = [_of_question(task.question, sheet.salt) for task in sheet.tasks]
    lesson = Path(questions.__file__).with_name(f"lesson_{sheet.number}.py")
    source = _of_files(lesson) if lesson.exists() else ""
    return digest([cells, asked, source, sheet.salt, sheet.class_key, _of_what_marks(), _of_what_answers_use()])


def digest(value: Any) -> str:
    """Return a fingerprint of plain data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _of_question(question: Question, salt: str) -> list[Any]:
    """Return as plain data what a verdict depends on; functions are known by what they return."""
    wrong = [[each.name, each.message, _of_answer(each.answer, question, salt)] for each in question.misconceptions]
    return [question.id, question.points, question.tolerance, question.praise, question.expected(salt), wrong]


def _of_answer(answer: Any, question: Question, salt: str) -> str:
    return repr(answer if isinstance(answer, Family) else look(answer, question.inputs(salt)))


@cache
def _of_what_marks() -> str:
    shared = sorted(Path(questions.__file__).parent.glob("*.py"))
    judging = [path for path in shared if not path.stem.startswith("lesson_")]
    here = Path(checking.__file__).parent
    return _of_files(*judging, Path(observe.__file__), here / "graft.py", here / "jobs.py")


@cache
def _of_what_answers_use() -> str:
    return _of_files(*sorted(DATASETS.rglob("*.csv")), *sorted(Path(aistack.__file__).parent.rglob("*.py")))


def _of_files(*paths: Path) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
