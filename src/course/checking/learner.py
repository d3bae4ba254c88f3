"""Instant feedback in the learner's own notebook.

What it says is for learning. Marking never relies on it: a notebook that its owner edits proves nothing.
"""

from __future__ import annotations

import html
import linecache
import os
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from course import questions
from course.observe import MISSING, observe
from course.questions.question import PRACTICE, Question, Verdict

STRICT = "COURSE_STRICT"
"""Where this environment variable is set (the project's conftest sets it for nbval), anything but right raises."""

_SIGNS = {
    "right": "✔ Right",
    "wrong": "✘ Not yet",
    "not_attempted": "○ Not attempted",
    "error": "! Error in your code",
}
_EDGES = {"right": "#009E73", "wrong": "#D55E00", "not_attempted": "#767676", "error": "#CC79A7"}
_STALE = " (The cell before ended in an error: this is about what was defined earlier.)"
_hints_given: dict[str, int] = {}


class NotRightError(AssertionError):
    """Raised under `COURSE_STRICT` for an answer that is not right; its text starts with the status."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@dataclass(frozen=True)
class Feedback:
    """What the learner sees under a check: a sentence, and hints that open one after the other."""

    question: Question
    verdict: Verdict
    stale: bool = False
    """The cell that was run before ended in an error, so what is judged is older than it."""

    def __repr__(self) -> str:
        text = f"{_SIGNS[self.verdict.status]}. {self.verdict.message}{_STALE if self.stale else ''}"
        if self.verdict.status in ("wrong", "error"):
            text += f'\nA hint: hint("{self.question.id}").'
        return text

    def _repr_html_(self) -> str:
        status = self.verdict.status
        message = html.escape(self.verdict.message + (_STALE if self.stale else ""))
        hints = "" if status == "right" else _nested(self.question.hints)
        return (
            f'<div role="status" style="border-left:4px solid {_EDGES[status]};padding:.2em .8em">'
            f"<p><strong>{_SIGNS[status]}.</strong> {message}</p>{hints}</div>"
        )


def check(question_id: str) -> Feedback:
    """Judge your answer to a question and say what is wrong with it, never what is right.

    Takes the answer from the notebook that calls it. `LookupError` for an unknown question id.
    """
    question = questions.get(question_id)
    namespace = sys._getframe(1).f_globals
    question = question.about(namespace.get(question.numbers_name))
    feedback = Feedback(question, _look(question, namespace), stale=_last_cell_failed())
    from course.progress import record  # here for the same reason as IPython below

    with suppress(OSError):  # a folder that cannot be written must not keep a learner from the answer
        record(question_id, feedback.verdict.status)
    if feedback.verdict.status != "right" and os.environ.get(STRICT):
        raise NotRightError(f"{feedback.verdict.status}: {question_id}: {feedback.verdict.message}")
    return feedback


def hint(question_id: str) -> str:
    """Return the next hint for a question: each call goes one step further, and the last one stays."""
    question = questions.get(question_id)
    given = min(_hints_given.get(question_id, 0) + 1, len(question.hints))
    _hints_given[question_id] = given
    return f"Hint {given} of {len(question.hints)}: {question.hints[given - 1]}"


def _look(question: Question, namespace: dict[str, Any]) -> Verdict:
    if question.answer_name not in namespace:
        return question.judge([MISSING])
    try:
        seen = observe(namespace[question.answer_name], question.inputs(PRACTICE))
    except Exception as error:  # whatever the learner's function raises is shown, not passed on
        return Verdict("error", _describe(error))
    return question.judge(seen)


def _last_cell_failed() -> bool:
    from IPython import get_ipython  # here, because marking imports this package and has no use for IPython

    shell = get_ipython()
    last = getattr(shell, "last_execution_result", None)
    return last is not None and not last.success


def _describe(error: Exception) -> str:
    """Name the exception and the learner's own line that raised it."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if "ipykernel_" in frame.filename]
    where = ""
    if own:
        line = linecache.getline(own[-1].filename, own[-1].lineno or 0).strip()
        where = f" in your line `{line}`" if line else f" in line {own[-1].lineno} of your cell"
    return f"{type(error).__name__}: {error}{where}."


def _nested(hints: tuple[str, ...]) -> str:
    """Return the hints as disclosure elements, each inside the one before: no later hint is seen by accident."""
    nested = ""
    for number, text in reversed(list(enumerate(hints, start=1))):
        nested = f"<details><summary>Hint {number}</summary><p>{html.escape(text)}</p>{nested}</details>"
    return nested
