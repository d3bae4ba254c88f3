"""One realistic sheet for the benchmark: pandas, Matplotlib, ipywidgets; six questions, two figures."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from course import questions
from course.checking.graft import MARKING, probe_source
from course.data import load
from course.observe import line
from course.questions.question import Inputs, Misconception, Question

Cell = dict[str, Any]
Notebook = dict[str, Any]

SUBMISSIONS = 20
SETUP = """import ipywidgets
import matplotlib.pyplot as plt
import pandas as pd

from course.data import load

chips = load("chips")"""
chips = load("chips")


def _question(number: int, name: str, reference: Any, **more: Any) -> Question:
    wrong = (Misconception("zero", 0.0, "Not zero."),)
    return Question(f"98-q{number}", name, 1, name, reference, wrong, ("Look.",), "Good.", "None", **more)


def _ratio_inputs(draw: Any) -> Inputs:
    return [[draw.uniform(1, 9), draw.uniform(1, 9)] for _ in range(4)]


QUESTIONS = (
    _question(1, "mean_gb", float(chips["memory_gb"].mean())),
    _question(2, "makers", int(chips["vendor"].nunique())),
    _question(3, "ratio", lambda a, b: a / b, make_inputs=_ratio_inputs),
    _question(4, "bars", int(chips.groupby("vendor").size().size)),
    _question(5, "largest", 40.0),
    _question(6, "points", int(chips[["memory_gb", "memory_bandwidth_gb_s"]].dropna().shape[0])),
)
RIGHT = {
    1: 'mean_gb = chips["memory_gb"].mean()',
    2: 'makers = chips["vendor"].nunique()',
    3: "def ratio(a, b):\n    return a / b",
    4: 'counts = chips.groupby("vendor").size().sort_values()\nfigure, axes = plt.subplots()\n'
    'counts.plot.barh(ax=axes)\naxes.set_title("Chips by maker")\nplt.show()\nbars = len(axes.patches)',
    5: "slider = ipywidgets.IntSlider(value=20, max=40)\ndisplay(slider)\nlargest = slider.max",
    6: 'known = chips[["memory_gb", "memory_bandwidth_gb_s"]].dropna()\nfigure, axes = plt.subplots()\n'
    'axes.scatter(known["memory_gb"], known["memory_bandwidth_gb_s"])\naxes.set_xlabel("GB")\nplt.show()\n'
    "points = len(known)",
}
WRONG = {
    1: 'mean_gb = chips["memory_gb"].sum()',
    2: 'makers = len(chips["vendor"])',
    3: "def ratio(a, b):\n    return b / a",
    4: RIGHT[4].replace("len(axes.patches)", "len(axes.patches) + 1"),
    5: RIGHT[5].replace("max=40", "max=50"),
    6: RIGHT[6].replace("len(known)", "len(chips) + 1"),
}


def is_right(learner: int, number: int) -> bool:
    """Tell whether a learner's answer to a question is right: each has one wrong answer, and every seventh none."""
    return learner % 7 == number % 7 or (learner + number) % 6 != 0


def source(learner: int, number: int) -> str:
    """Return a learner's answer to a question."""
    return RIGHT[number] if is_right(learner, number) else WRONG[number]


def install() -> None:
    """Make the questions known in this process."""
    for question in QUESTIONS:
        questions.ALL[question.id] = question


def code(cell_id: str, text: str, metadata: dict[str, Any], outputs: list[Any] | None = None) -> Cell:
    """Return a code cell; with outputs it counts as one that was run."""
    count = None if outputs is None else 1
    cell = {"cell_type": "code", "id": cell_id, "metadata": metadata, "outputs": outputs or []}
    return cell | {"source": text, "execution_count": count}


def notebook(cells: list[Cell]) -> Notebook:
    """Return a notebook of the sheet."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "course": {"sheet": "98"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def solution() -> Notebook:
    """Return the instructor's sheet."""
    cells = [code("98-setup", SETUP, {"course": {"role": "setup"}}, [])]
    for number, question in enumerate(QUESTIONS, 1):
        shown = {"name": "stdout", "output_type": "stream", "text": line(question.expected(MARKING))}
        for role, text, outputs in (
            ("answer", RIGHT[number], []),
            ("probe", probe_source(question, MARKING), [shown]),
        ):
            mark = {"course": {"role": role, "question": question.id}}
            cells.append(code(f"{question.id}-{role}", text, mark, outputs))
    return notebook(cells)


def for_nbval(learner: int) -> Notebook:
    """Return a learner's answers in the instructor's sheet; of the outputs only those of the probes are compared."""
    sheet = copy.deepcopy(solution())
    for cell in sheet["cells"]:
        mark = cell["metadata"]["course"]
        if mark["role"] == "answer":
            cell["source"] = source(learner, int(mark["question"][-1]))
        if mark["role"] == "probe":
            cell["metadata"]["tags"] = ["nbval-check-output"]
    return sheet


def handed_in(learner: int) -> Notebook:
    """Return what a learner hands in."""
    return notebook([cell for cell in for_nbval(learner)["cells"] if not cell["id"].endswith("-probe")])


def tests_of(number: int) -> str:
    """Return the question's test in the words of nbgrader and otter: assertions about the answer."""
    question = QUESTIONS[number - 1]
    inputs = question.inputs(MARKING)
    if inputs is None:
        return f"assert abs({question.answer_name} / {question.reference!r} - 1) < 0.01"
    lines = [
        f"assert abs({question.answer_name}(*{case}) / {question.reference(*case)!r} - 1) < 0.01" for case in inputs
    ]
    return "\n".join(lines)


def write(folder: Path, name: str, content: Notebook) -> Path:
    """Write a notebook."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content), "utf-8")
    return folder / name
