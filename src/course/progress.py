"""How far a learner has come: questions right, predictions scored, verdicts in the ledger, and where to go on."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from os.path import relpath
from pathlib import Path

from rich import box
from rich.table import Table

from course import ledger, predictions, questions, state
from course.data import load
from course.paths import LESSONS
from course.syllabus import Lesson, lessons

FILE = "answers"
RIGHT = "right"


@dataclass(frozen=True)
class LessonProgress:
    """One lesson: how many of its questions were tried and how many are right, and whether its guess was scored."""

    lesson: Lesson
    questions: int
    tried: int
    right: int
    predicted: bool

    @property
    def done(self) -> bool:
        """Whether every question is right."""
        return self.right == self.questions


@dataclass(frozen=True)
class Progress:
    """All lessons, and what is kept across them. Shows itself as a table, in text and HTML."""

    rows: tuple[LessonProgress, ...]
    calibration: predictions.Calibration
    verdicts: int
    claims: int

    @property
    def next(self) -> LessonProgress | None:
        """The lesson to go on with: the last one begun that is not done, else the first that is not done."""
        open_rows = [row for row in self.rows if not row.done]
        begun = [row for row in open_rows if row.tried or row.predicted]
        return begun[-1] if begun else open_rows[0] if open_rows else None

    def __repr__(self) -> str:
        lines = [f"{row.lesson.number} {row.lesson.title}: {_questions(row)}" for row in self.rows]
        return "\n".join([*lines, *self.remarks])

    def _repr_html_(self) -> str:
        body = "".join(
            f'<tr><th scope="row" style="text-align:left;font-weight:normal">{_link(row)}</th>'
            f'<td style="text-align:left">{_bar(row)}</td></tr>'
            for row in self.rows
        )
        here = self.next
        link = f"<p><strong>Continue with lesson {_link(here)}</strong></p>" if here else ""
        remarks = "".join(f"<p>{escape(line)}</p>" for line in self.remarks[: -1 if here else None])
        head = '<tr><th scope="col" style="text-align:left">Lesson</th><th scope="col">Questions right</th></tr>'
        return f"{link}<table><thead>{head}</thead><tbody>{body}</tbody></table>{remarks}"

    def table(self) -> Table:
        """Return the same for the terminal."""
        result = Table("", "Lesson", "Questions right", "Prediction", box=box.SIMPLE)
        for row in self.rows:
            result.add_row(row.lesson.number, row.lesson.title, _questions(row), "scored" if row.predicted else "-")
        return result

    @property
    def remarks(self) -> list[str]:
        """What is to be said below the table: calibration, ledger, where to go on."""
        here = self.next
        go_on = (
            f"Continue with lesson {here.lesson.number}: {here.lesson.title}" if here else "Every question is right."
        )
        return [str(self.calibration), f"Claims ledger: {self.verdicts} of {self.claims} verdicts.", go_on]


def record(question_id: str, status: str) -> None:
    """Remember the outcome of a check; a question once right stays right."""

    def change(answers: state.Entries) -> state.Entries:
        return answers if answers.get(question_id) == RIGHT else answers | {question_id: status}

    state.update(FILE, change)


def progress() -> Progress:
    """Return the learner's progress."""
    answers, guesses = state.load(FILE), state.load(predictions.FILE)
    rows = []
    for lesson in lessons():
        ids = [question.id for question in questions.of_sheet(lesson.number)]
        scored = any(name.startswith(lesson.number) and "outcome" in guess for name, guess in guesses.items())
        right = sum(answers.get(each) == RIGHT for each in ids)
        rows.append(LessonProgress(lesson, len(ids), sum(each in answers for each in ids), right, scored))
    verdicts = state.load(ledger.FILE)
    claims = list(load("claims")["claim_id"])
    return Progress(tuple(rows), predictions.calibration(), sum(claim in verdicts for claim in claims), len(claims))


def _questions(row: LessonProgress) -> str:
    return f"{row.right} of {row.questions}"


def _bar(row: LessonProgress) -> str:
    """Return a bar that is read out as its words, and needs no colour."""
    return f"{'■' * row.right}{'□' * (row.questions - row.right)} {_questions(row)}"


def _link(row: LessonProgress) -> str:
    address = Path(relpath(row.lesson.path, LESSONS)).as_posix()
    return f'{row.lesson.number} <a href="{escape(address)}">{escape(row.lesson.title)}</a>'
