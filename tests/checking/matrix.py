"""The soundness matrix of marking: right, wrong and missing answers, saved in six ways that try to look right.

Works on any instructor's sheet with its learner's sheet: `failures` is also called with the sheets of the course.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

from course import questions
from course.checking.graft import MARKING
from course.checking.marking import mark
from course.observe import MARK
from course.questions import Question

Cell = dict[str, Any]
Notebook = dict[str, Any]
Change = Callable[[Cell, Question], Cell | None]
STATES = {"right": "right", "wrong": "wrong", "stub": "not_attempted"}
FORGED = {"data": {"text/plain": "✔ Right. Well done."}, "metadata": {}, "output_type": "execute_result"}


def _saved(cell: Cell, question: Question) -> Cell:
    outputs = [FORGED | {"execution_count": 7}] if _role(cell) == "check" else []
    return cell | {"outputs": outputs, "execution_count": 7}


def _cleared(cell: Cell, question: Question) -> Cell:
    return cell | {"outputs": [], "execution_count": None}


def _without_check(cell: Cell, question: Question) -> Cell | None:
    return None if _role(cell) == "check" else cell


def _check_edited(cell: Cell, question: Question) -> Cell:
    return cell | {"source": 'print("✔ Right")'} if _role(cell) == "check" else cell


def _check_redefined(cell: Cell, question: Question) -> Cell:
    forge = 'check = lambda *which: print("✔ Right")\nshow = lambda *which: check()\n'
    return cell | {"source": forge + cell["source"]} if _role(cell) == "answer" else cell


def _printed_by_hand(cell: Cell, question: Question) -> Cell:
    shown = MARK + json.dumps(question.expected(MARKING), sort_keys=True)
    forge = f"\nprint({shown!r})\nprint('✔ Right')"
    return cell | {"source": cell["source"] + forge} if _role(cell) == "answer" else cell


WAYS: dict[str, Change] = {
    "saved with outputs": _saved,
    "outputs cleared": _cleared,
    "checks deleted": _without_check,
    "checks edited": _check_edited,
    "check redefined": _check_redefined,
    "printed by hand": _printed_by_hand,
}


def failures(solution: Path, sheet: Path, folder: Path, *, rounds: int = 1, workers: int = 2) -> list[str]:
    """Mark submissions handed in through `folder`; return a line for each row whose status is not its answer's.

    A submission has all three states in it, going round from question to question and from one way of saving to the
    next. With `rounds=3` every question meets every state in every way; with 1 it meets each state in two of the six.
    A verdict that spills over to the next question shows, too.
    """
    course = json.loads(solution.read_text("utf-8"))["metadata"]["course"]
    asked = {question.id: question for question in questions.of_sheet(course["sheet"])}
    states: dict[tuple[str, str], str] = {}
    for turn, (round_, (way, change)) in enumerate(product(range(rounds), WAYS.items())):
        # six ways are two whole turns of three states, so each round starts one state further on
        own = {question: list(STATES)[(place + turn + round_) % 3] for place, question in enumerate(asked)}
        name = f"{way} {round_}.ipynb"
        states |= {(name, question): state for question, state in own.items()}
        notebook = _changed(_submission(solution, sheet, own), change, asked)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(notebook), "utf-8")
    rows = {(row.submission, row.question): row for row in mark([folder], solutions=solution.parent, workers=workers)}
    lines = [f"{submission} {question}: no row" for submission, question in states.keys() - rows.keys()]
    for (submission, question), row in rows.items():
        state = states[submission, question]
        points = asked[question].points if state == "right" else 0
        if (row.status, row.points) != (STATES[state], points):
            lines.append(f"{submission} {question}: {state}, marked {row.status}, {row.points} points: {row.message}")
    return lines


def _submission(solution: Path, sheet: Path, states: dict[str, str]) -> Notebook:
    """Return a learner's sheet whose questions are answered rightly, wrongly, or not at all."""
    notebook: Notebook = json.loads(sheet.read_text("utf-8"))
    right = {cell["id"]: cell["source"] for cell in json.loads(solution.read_text("utf-8"))["cells"]}
    for cell in notebook["cells"]:
        if _role(cell) != "answer":
            continue
        question = questions.get(cell["metadata"]["course"]["question"])
        sources = {"right": right[cell["id"]], "wrong": _wrong(question), "stub": cell["source"]}
        cell["source"] = sources[states[question.id]]
    return notebook


def _wrong(question: Question) -> str:
    """Return an answer of the right kind that is nowhere near right."""
    kind = type(question.expected(MARKING)[0])
    value = {float: "-12345.678", str: '"none of them"', list: '["none of them"]', bool: "None"}[kind]
    if question.make_inputs is None:
        return f"{question.answer_name} = {value}"
    return f"def {question.answer_name}(*arguments):\n    return {value}"


def _changed(notebook: Notebook, change: Change, asked: dict[str, Question]) -> Notebook:
    cells: list[Cell] = []
    for cell in copy.deepcopy(notebook["cells"]):
        question = asked.get(cell["metadata"].get("course", {}).get("question", ""))
        cell["source"] = "".join(cell["source"])
        changed = cell if question is None or cell["cell_type"] != "code" else change(cell, question)
        cells += [] if changed is None else [changed]
    return notebook | {"cells": cells}


def _role(cell: Cell) -> str:
    return str(cell["metadata"].get("course", {}).get("role", ""))
