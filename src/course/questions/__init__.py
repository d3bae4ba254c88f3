"""The course's questions, one module a lesson, found by id."""

from __future__ import annotations

from course.questions.catalogue import Catalogue
from course.questions.question import Misconception, Question, Scenario, Verdict

__all__ = ["ALL", "Misconception", "Question", "Scenario", "Verdict", "get", "of_sheet"]

ALL = Catalogue(__name__, __path__)


def get(question_id: str) -> Question:
    """Return a question by its id, such as `01-q3`; `LookupError` lists the known ones."""
    try:
        return ALL[question_id]
    except KeyError:
        raise LookupError(f"no question {question_id!r}; known: {', '.join(ALL)}") from None


def of_sheet(sheet: str) -> list[Question]:
    """Return the questions of a sheet, such as `01`, in order."""
    return ALL.of_sheet(sheet)
