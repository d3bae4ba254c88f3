"""The course's questions, one module a lesson, found by id."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from course.questions.question import Misconception, Question, Scenario, Verdict

__all__ = ["ALL", "Misconception", "Question", "Scenario", "Verdict", "get", "of_sheet"]

_LESSONS = sorted(module.name for module in iter_modules(__path__) if module.name.startswith("lesson_"))

ALL: dict[str, Question] = {
    question.id: question for name in _LESSONS for question in import_module(f"{__name__}.{name}").QUESTIONS
}


def get(question_id: str) -> Question:
    """Return a question by its id, such as `01-q3`; `LookupError` lists the known ones."""
    try:
        return ALL[question_id]
    except KeyError:
        raise LookupError(f"no question {question_id!r}; known: {', '.join(ALL)}") from None


def of_sheet(sheet: str) -> list[Question]:
    """Return the questions of a sheet, such as `01`, in order."""
    return [question for question in ALL.values() if question.sheet == sheet]
