"""The answer bank: for every question right answers in several styles, every named slip, the stub and near misses.

`python tests/benchmarks/answer_bank.py` judges all of them and prints the table; it exits with 1 unless every single
one is judged as intended. Nothing is stored: the bank grows with the questions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from course import questions
from course.observe import observe
from course.questions.compare import is_number
from course.questions.families import Family
from course.questions.question import PRACTICE, Question

SALTS = (PRACTICE, "marking", "another class")
LEARNERS = ("anna", "ben", "cara")
KINDS = ("reference", "style", "misconception", "stub", "inside tolerance", "near miss")
INSIDE, OUTSIDE = 0.5, 1.5  # of a question's tolerance
Answer = Any


@dataclass(frozen=True)
class Entry:
    """One answer, and how it is to be judged; `misconception` None means that any remark will do."""

    question: Question
    kind: str
    what: str
    answer: Answer
    status: str
    misconception: str | None = None


def entries(question: Question) -> Iterator[Entry]:
    """Yield the bank of one question."""
    reference = question.reference
    yield Entry(question, "reference", "the reference", reference, "right")
    for number, answer in enumerate(question.alternatives, 1):
        yield Entry(question, "style", f"alternative {number}", answer, "right")
    for what, change in _styles(question).items():
        yield Entry(question, "style", what, _changed(question, change), "right")
    for wrong in question.misconceptions:
        answer = wrong.answer.example(reference) if isinstance(wrong.answer, Family) else wrong.answer
        yield Entry(question, "misconception", wrong.name, answer, "wrong", wrong.name)
    for what, answer in _stubs(question).items():
        yield Entry(question, "stub", what, answer, "not_attempted")
    for what, change in _nudges(question, INSIDE).items():
        yield Entry(question, "inside tolerance", what, _changed(question, change), "right")
    for what, change in (_nudges(question, OUTSIDE) | _misses(question)).items():
        yield Entry(question, "near miss", what, _changed(question, change), "wrong")


def judged_as_intended(entry: Entry, salt: str) -> bool:
    """Judge an answer as marking does, on the inputs of a class."""
    question = entry.question
    verdict = question.judge(observe(entry.answer, question.inputs(salt)), salt)
    named = entry.misconception in (None, verdict.misconception)
    return verdict.status == entry.status and named


def bank() -> list[Entry]:
    """Return the whole bank: for questions with numbers of a learner's own, of some learners too."""
    asked = [
        form
        for question in questions.ALL.values()
        for form in (question, *(question.personal("key", learner) for learner in LEARNERS if question.scenario))
    ]
    return [entry for question in asked for entry in entries(question)]


def main() -> int:
    """Print the table; return 1 unless every answer is judged as intended."""
    everything = bank()
    failures = [(entry, salt) for entry in everything for salt in SALTS if not judged_as_intended(entry, salt)]
    table = Table("Question", *KINDS, "as intended", title="Answers in the bank, by kind")
    for question in questions.ALL:
        own = [entry for entry in everything if entry.question.id == question]
        amiss = sum(entry.question.id == question for entry, _ in failures)
        total = len(own) * len(SALTS)
        table.add_row(
            question, *(str(sum(entry.kind == kind for entry in own)) for kind in KINDS), f"{total - amiss} of {total}"
        )
    console = Console(width=110)
    console.print(table)
    for entry, salt in failures:
        console.print(f"not as intended: {entry.question.id}, {entry.kind} ({entry.what}), salt {salt!r}", markup=False)
    total = len(everything) * len(SALTS)
    console.print(f"{total - len(failures)} of {total} judgements as intended.")
    return 1 if failures else 0


def _changed(question: Question, change: Callable[[Any], Any]) -> Answer:
    """Return the right answer, changed; of a function, what it returns is changed."""
    reference = question.reference
    return change(reference) if question.make_inputs is None else lambda *arguments: change(reference(*arguments))


def _sample(question: Question) -> Any:
    """Return a value of the kind that is asked for."""
    inputs = question.inputs(PRACTICE)
    return question.reference if inputs is None else question.reference(*inputs[0])


def _styles(question: Question) -> dict[str, Callable[[Any], Any]]:
    """Return other ways to write a right answer of this kind."""
    value = _sample(question)
    if is_number(value):
        return {"a NumPy number": np.float64, "an array without axes": np.asarray}
    if isinstance(value, str):
        return {"in lower case": str.lower, "in capitals": str.upper, "with spaces": lambda text: f" {text} "}
    if isinstance(value, set | frozenset):
        return {"a tuple": tuple, "a list, backwards": lambda these: sorted(these, reverse=True)}
    if isinstance(value, list | tuple):
        return {"a list": list, "a tuple": tuple}
    return {"as it is": lambda same: same}


def _stubs(question: Question) -> dict[str, Answer]:
    if question.make_inputs is not None:
        return {"a function of dots": lambda *_: ...}
    if isinstance(question.reference, tuple):
        return {"dots": ..., "dots in each part": tuple(... for _ in question.reference)}
    return {"dots": ...}


def _nudges(question: Question, share: float) -> dict[str, Callable[[Any], Any]]:
    """Return changes of a number by a share of the tolerance, up and down."""
    factors = {f"off by {sign * share:+g} tolerances": 1 + sign * share * question.tolerance for sign in (-1, 1)}
    if _sample(question) == 0:
        return {}  # no share of nothing is anything
    if is_number(_sample(question)):
        return {what: lambda value, factor=factor: value * factor for what, factor in factors.items()}  # type: ignore[misc]
    if isinstance(question.reference, tuple) and is_number(question.reference[0]):
        return {
            what: lambda parts, factor=factor: (parts[0] * factor, *parts[1:])  # type: ignore[misc]
            for what, factor in factors.items()
        }
    return {}


def _misses(question: Question) -> dict[str, Callable[[Any], Any]]:
    """Return changes that leave an answer of this kind wrong by a unit, a letter, a part or a type."""
    value = _sample(question)
    misses: dict[str, Callable[[Any], Any]] = {
        "nothing": lambda _: None,
        "inside a dictionary": lambda x: {"answer": x},
    }
    if is_number(value):
        misses |= {
            "a thousand times": lambda x: x * 1000,
            "a thousandth": lambda x: x / 1000,
            "the other sign": lambda x: -x,
            "as text": str,
            "in a list": lambda x: [x],
            "True": lambda _: True,
            "not a number": lambda _: float("nan"),
            "infinite": lambda _: float("inf"),
        }
    elif isinstance(value, str):
        misses |= {"with a letter more": lambda x: x + "x", "in a list": lambda x: [x], "empty": lambda _: ""}
    elif isinstance(value, set | frozenset):
        misses |= {
            "empty": lambda _: set(),
            "as one text": lambda x: ", ".join(sorted(x)),
            "one too few": lambda x: set(sorted(x)[1:]),
            "one too many": lambda x: {*x, "Z"},
        }
    elif isinstance(value, list | tuple):
        misses |= {
            "without its last part": lambda x: x[:-1],
            "only its first part": lambda x: x[0],
        }
        if not all(isinstance(part, str) for part in value):  # a collection of text has no order
            misses["backwards"] = lambda x: tuple(reversed(x))
        if isinstance(value[-1], bool):
            misses["the last part turned round"] = lambda x: (*x[:-1], not x[-1])
    return {name: change for name, change in misses.items() if change(value) != value}  # a thousand times 0 is right


if __name__ == "__main__":
    sys.exit(main())
