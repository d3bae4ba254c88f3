"""A course of one sheet with three questions, and the notebooks that its learners hand in."""

from __future__ import annotations

import copy
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from course import questions
from course.checking.graft import MARKING, probe_source
from course.observe import MARK
from course.questions.families import Choosing
from course.questions.question import Inputs, Misconception, Question

Cell = dict[str, Any]
Notebook = dict[str, Any]


def _disc_inputs(draw: random.Random) -> Inputs:
    return [[draw.uniform(1, 9)] for _ in range(3)]


DIE = Question(
    id="99-q1",
    asks="Compute the area of a die",
    objective=1,
    answer_name="area",
    reference=814.0,
    misconceptions=(Misconception("half of it", 407.0, "That is one of its two halves."),),
    hints=("Multiply.",),
    praise="That is close to what a scanner can print at once.",
    section="Area",
)
DISC = Question(
    id="99-q2",
    asks="Write the area of a wafer as a function of its diameter",
    objective=1,
    answer_name="disc",
    reference=lambda diameter: math.pi * diameter**2 / 4,
    make_inputs=_disc_inputs,
    points=2,
    misconceptions=(
        Misconception("radius", lambda diameter: math.pi * diameter**2, "You took the diameter for the radius."),
    ),
    hints=("Half of the diameter is the radius.",),
    praise="Round wafers, rectangular dies.",
    section="Area",
)
LOSSES = Question(
    id="99-q3",
    asks="Say where area is lost",
    objective=2,
    answer_name="losses",
    reference={"A", "C"},
    misconceptions=(Misconception("too many", Choosing("B"), "B loses time, not area."),),
    hints=("Two of them.",),
    praise="The edge and the scribe lines.",
    section="Area",
)
QUESTIONS = (DIE, DISC, LOSSES)
SOURCES = {
    "99-q1": "area = 22 * 37",
    "99-q2": "def disc(diameter):\n    return math.pi * diameter**2 / 4",
    "99-q3": 'losses = {"A", "C"}',
}
STUBS = {
    "99-q1": "area = ...",
    "99-q2": "def disc(diameter):\n    return ...  # your code instead of the dots",
    "99-q3": "losses = ...",
}
ALL_POINTS = 4


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the questions known. Only this process needs them: judging is not done where the answers are run."""
    for question in QUESTIONS:
        monkeypatch.setitem(questions.ALL, question.id, question)


def code(cell_id: str, source: str, role: str, question: str | None, outputs: list[Any] | None = None) -> Cell:
    mark = {"role": role} if question is None else {"role": role, "question": question}
    return {
        "cell_type": "code",
        "execution_count": None if outputs is None else 1,
        "id": cell_id,
        "metadata": {"course": mark},
        "outputs": outputs or [],
        "source": source,
    }


def printed(text: str) -> list[Any]:
    return [{"name": "stdout", "output_type": "stream", "text": text}]


def solution() -> Notebook:
    """Return the instructor's sheet, as if it had been executed."""
    cells: list[Cell] = [code("99-setup", "import math", "setup", None, [])]
    for question in QUESTIONS:
        shown = MARK + json.dumps(question.expected(MARKING), sort_keys=True) + "\n"
        cells += [
            {"cell_type": "markdown", "id": f"{question.id}-prompt", "metadata": {}, "source": question.asks},
            code(f"{question.id}-answer", SOURCES[question.id], "answer", question.id, []),
            code(f"{question.id}-check", f'check("{question.id}")', "check", question.id, []),
            code(f"{question.id}-probe", probe_source(question, MARKING), "probe", question.id, printed(shown)),
        ]
    return {"cells": cells, "metadata": {"course": {"sheet": "99"}}, "nbformat": 4, "nbformat_minor": 5}


def submission(answers: dict[str, str] | None = None) -> Notebook:
    """Return a learner's sheet with these sources instead of stubs."""
    sources = STUBS | (answers or {})
    notebook = copy.deepcopy(solution())
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["id"].endswith("-probe")]
    for cell in notebook["cells"]:
        cell["outputs"], cell["execution_count"] = [], None
        if cell["id"].endswith("-answer"):
            cell["source"] = sources[cell["id"].removesuffix("-answer")]
    return notebook


def answered() -> Notebook:
    return submission(SOURCES)


def cell_of(notebook: Notebook, cell_id: str) -> Cell:
    return next(cell for cell in notebook["cells"] if cell.get("id") == cell_id)


def write(path: Path, notebook: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), "utf-8")
    return path
