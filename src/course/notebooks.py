"""Notebooks as files: executed, tidied to the same bytes every time, and built into learners' sheets.

An exercise is edited in one place, `exercises/solutions/`. Everything that a learner gets is redacted from there.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course import questions, state
from course.checking.graft import MARKING, numbers_source, probe_source
from course.paths import EXERCISES, LESSONS, SOLUTIONS
from course.questions.question import Question

Cell = dict[str, Any]
Notebook = dict[str, Any]

CELL_TIMEOUT_S = 60
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_BEGIN, _END, _LINE = "# BEGIN SOLUTION", "# END SOLUTION", "# SOLUTION"


class DriftError(AssertionError):
    """A generated file differs from what its source says."""


def read(path: Path) -> Notebook:
    """Read a notebook of ours; cell sources come back as one string each."""
    notebook: Notebook = json.loads(path.read_text("utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def text_of(notebook: Notebook) -> str:
    """Return a notebook's bytes-to-be: keys sorted, one space of indent, sources as lists of lines."""
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    return json.dumps({**notebook, "cells": cells}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def tidy(notebook: Notebook) -> Notebook:
    """Return the notebook without what changes from run to run: widget state, timings, editor's marks.

    Cell ids, execution counts and outputs stay: nbval compares nothing in a cell without a count.
    """
    kept = [_tidy_cell(cell) for cell in notebook["cells"]]
    ids = [cell["id"] for cell in kept]
    if len(set(ids)) != len(ids):
        twice = sorted({cell_id for cell_id in ids if ids.count(cell_id) > 1})
        raise ValueError(f"cell ids stand twice: {', '.join(twice)}")
    own = {"course": notebook["metadata"]["course"]} if "course" in notebook["metadata"] else {}
    return {"cells": kept, "metadata": {**METADATA, **own}, "nbformat": 4, "nbformat_minor": 5}


def execute(path: Path) -> None:
    """Run a notebook top to bottom in its own folder and store its outputs, tidied; the first error stops it."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.from_dict(with_probes(tidy(read(path))))
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        kernel_name="python3",
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    with tempfile.TemporaryDirectory(prefix="course-home-") as home:  # nobody's own predictions get into a lesson
        client.execute(env=os.environ | {state.HOME: home})
    path.write_text(text_of(tidy(json.loads(nbformat.writes(notebook)) | {})), "utf-8")


def with_probes(notebook: Notebook) -> Notebook:
    """Return the notebook with what questions write brought up to date: numbers, and a probe behind each check."""
    cells: list[Cell] = []
    for cell in notebook["cells"]:
        mark = cell["metadata"].get("course", {})
        if mark.get("role") == "probe":
            continue
        if mark.get("role") == "numbers":
            cell = {**cell, "source": numbers_source(questions.get(mark["question"]))}
        cells.append(cell)
        if mark.get("role") == "check":
            cells.append(_probe(mark["question"], _with_id(notebook, f"{mark['question']}-probe")))
    return {**notebook, "cells": cells}


def sheet_for_learners(solution: Notebook, lesson: str) -> Notebook:
    """Redact an instructor's sheet: no probes, no outputs, dots where the solutions stood, and a way to the answers.

    Below each check stands a link to the section of the file `lesson` that its question is answered in.
    """
    cells: list[Cell] = []
    for cell in solution["cells"]:
        if _role(cell) != "probe":
            cells.append(_redact(cell))
        if _role(cell) == "check":
            cells.append(_way_out(questions.get(cell["metadata"]["course"]["question"]), lesson))
    return {**solution, "cells": cells}


def anchor(title: str) -> str:
    """Return the anchor of a heading as JupyterLab makes it.

    >>> anchor("Key terms")
    'Key-terms'
    """
    return title.replace(" ", "-")


def redact(source: str) -> str:
    """Replace what stands between the solution marks, or before one at the end of a line, by dots.

    >>> redact("ridge = 1 + 1  # SOLUTION")
    'ridge = ...'
    """
    lines: list[str] = []
    region: list[str] | None = None
    for line in source.splitlines():
        if line.strip() == _BEGIN:
            region = []
        elif line.strip() == _END:
            if region is None:
                raise ValueError(f"{_END} without {_BEGIN} in: {source[:60]!r}")
            indent = re.match(r"\s*", line)[0]  # type: ignore[index]  # \s* always matches
            dots = "return ..." if "return" in textwrap.dedent("\n".join(region)) else "..."
            lines.append(f"{indent}{dots}  # your code instead of the dots")
            region = None
        elif region is not None:
            region.append(line)
        elif line.rstrip().endswith(_LINE):
            name = line.split("=", 1)[0].rstrip()
            lines.append(f"{name} = ...")
        else:
            lines.append(line)
    if region is not None:
        raise ValueError(f"{_BEGIN} without {_END} in: {source[:60]!r}")
    return "\n".join(lines)


def build(*, check: bool = False) -> list[Path]:
    """Write every learner's sheet from its solution; with `check`, write nothing and raise `DriftError` on drift."""
    sheets = []
    for solution in solutions():
        sheet = EXERCISES / solution.name
        notebook = tidy(read(solution))
        if notebook != with_probes(notebook) and check:
            raise DriftError(f"{solution.name}: probes or numbers differ from the questions; run: course execute")
        text = text_of(sheet_for_learners(notebook, solution.name))
        if check and (not sheet.exists() or sheet.read_text("utf-8") != text):
            raise DriftError(f"exercises/{sheet.name} is not what its solution says; run: course build")
        if not check:
            sheet.write_text(text, "utf-8")
        sheets.append(sheet)
    return sheets


def lessons() -> list[Path]:
    """Return the lessons' notebooks in order."""
    return sorted(LESSONS.glob("[0-9][0-9]_*.ipynb"))


def solutions() -> list[Path]:
    """Return the instructor's sheets in order."""
    return sorted(SOLUTIONS.glob("[0-9][0-9]_*.ipynb"))


def code_cells(notebook: Notebook) -> Iterator[Cell]:
    """Yield the code cells."""
    return (cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def _role(cell: Cell) -> str:
    return str(cell["metadata"].get("course", {}).get("role", ""))


def _with_id(notebook: Notebook, cell_id: str) -> Cell | None:
    return next((cell for cell in notebook["cells"] if cell["id"] == cell_id), None)


def _probe(question_id: str, old: Cell | None) -> Cell:
    source = probe_source(questions.get(question_id), MARKING)
    if old is not None and old["source"] == source:
        return old
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"{question_id}-probe",
        "metadata": {"course": {"question": question_id, "role": "probe"}},
        "outputs": [],
        "source": source,
    }


def _way_out(question: Question, lesson: str) -> Cell:
    place = f"[{question.section}](../{LESSONS.name}/{lesson}#{anchor(question.section)})"
    source = f"*If you are stuck:* lesson {question.sheet}, {place}."
    return {"cell_type": "markdown", "id": f"{question.id}-stuck", "metadata": {}, "source": source}


def _tidy_cell(cell: Cell) -> Cell:
    metadata = {key: cell["metadata"][key] for key in ("course", "slideshow", "tags") if key in cell["metadata"]}
    tidied = {
        "cell_type": cell["cell_type"],
        "id": cell["id"],
        "metadata": metadata,
        "source": "".join(cell["source"]),
    }
    if cell["cell_type"] != "code":
        return tidied
    outputs = [_tidy_output(output) for output in cell["outputs"]]
    return {**tidied, "execution_count": cell["execution_count"], "outputs": outputs}


def _tidy_output(output: dict[str, Any]) -> dict[str, Any]:
    """Drop the live widget's random id: without its state it shows nothing, and it would change with every run."""
    kept = {key: value for key, value in output.items() if key != "transient"}
    if "data" in kept:
        kept["data"] = {
            mime: value for mime, value in kept["data"].items() if mime != "application/vnd.jupyter.widget-view+json"
        }
    if kept.get("output_type") in ("display_data", "execute_result"):
        kept["metadata"] = {}
    return kept


def _redact(cell: Cell) -> Cell:
    if cell["cell_type"] != "code":
        return cell
    source = redact(cell["source"]) if _role(cell) == "answer" else cell["source"]
    return {**cell, "source": source, "outputs": [], "execution_count": None}
