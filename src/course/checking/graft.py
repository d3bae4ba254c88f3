"""Takes a learner's answers, and nothing else, out of a notebook and sets them into the instructor's sheet.

A submission is read as data: nothing in it runs here. Its outputs, check cells, metadata and kernel are left behind.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from course import questions
from course.observe import MARK, line
from course.questions import Question

Cell = dict[str, Any]
Notebook = dict[str, Any]

MARKING = "marking"
"""Salt of the inputs on which a class is marked; `check()` in the learner's notebook uses others."""

MISSING_CELL = "The answer cell is missing from the notebook."
LARGEST_BYTES = 10_000_000
_LINE_LENGTH = 88  # ruff's and Black's default: formatting the instructor's sheet then leaves a probe as it is
_KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


class SheetError(ValueError):
    """An instructor's sheet cannot be marked against; the message says what to do."""


class UnreadableError(ValueError):
    """A submission cannot be read; the message is a sentence for its row."""


@dataclass(frozen=True)
class Task:
    """One question of an instructor's sheet: its two cells, and what the reference showed."""

    question: Question
    answer: Cell
    probe: Cell
    expected: list[Any]
    salt: str = MARKING

    def about(self, question: Question, salt: str) -> Task:
        """Return the task with another form of its question, or other inputs: here the reference is run anew."""
        expected = question.expected(salt)
        shown = {"name": "stdout", "output_type": "stream", "text": line(expected)}
        probe = self.probe | {"source": probe_source(question, salt), "outputs": [shown]}
        return Task(question, self.answer, probe, expected, salt)


@dataclass(frozen=True)
class Sheet:
    """An instructor's sheet, as far as marking needs it; asking for its `tasks` verifies it.

    `salt` chooses the inputs on which functions are tried; with a `class_key` each learner has numbers of their own.
    """

    number: str
    path: Path
    cells: tuple[Cell, ...]
    salt: str = MARKING
    class_key: str = ""

    def bare(self) -> Sheet:
        """Return the sheet without what has been computed for it: plain data that can be sent to another machine."""
        return replace(self)

    @property
    def answers(self) -> dict[str, str]:
        """Return the question of each answer cell, by cell id."""
        return {cell["id"]: _mark(cell).get("question", "") for cell in self.of_role("answer")}

    def of_role(self, role: str, question_id: str | None = None) -> list[Cell]:
        """Return the cells that play a role, of one question or of all."""
        return [
            cell
            for cell in self.cells
            if _mark(cell).get("role") == role and question_id in (None, _mark(cell).get("question"))
        ]

    @cached_property
    def tasks(self) -> list[Task]:
        """The sheet's questions with their cells. `SheetError` where a probe is missing, stale or was never run."""
        stored = [self._task(question_id) for question_id in self.answers.values()]
        return stored if self.salt == MARKING else [task.about(task.question, self.salt) for task in stored]

    def tasks_of(self, learner: str) -> list[Task]:
        """Return the tasks as this learner has got them."""
        if not self.class_key:
            return self.tasks
        own = [(task, task.question.personal(self.class_key, learner)) for task in self.tasks]
        return [task if question is task.question else task.about(question, self.salt) for task, question in own]

    def _task(self, question_id: str) -> Task:
        try:
            question = questions.get(question_id)
        except LookupError as error:
            raise SheetError(f"{self.path.name}: {error}") from None
        answers, probes = self.of_role("answer", question_id), self.of_role("probe", question_id)
        if len(answers) != 1 or len(probes) != 1:
            found = f"{len(answers)} answer and {len(probes)} probe cells"
            raise SheetError(f"{self.path.name}: {question_id} has {found}, and needs one of each")
        if _text(probes[0]) != probe_source(question, MARKING):
            raise SheetError(
                f"{self.path.name}: the probe cell of {question_id} is not what its question says; "
                f"run: course execute {self.path.name}"
            )
        numbers = [_text(cell) for cell in self.of_role("numbers", question_id)]
        if numbers != ([] if question.scenario is None else [numbers_source(question)]):
            raise SheetError(
                f"{self.path.name}: {question_id} needs one cell with the numbers of its question, or none if it has "
                f"none; run: course execute {self.path.name}"
            )
        return Task(question, answers[0], probes[0], self._expected(question, probes[0]))

    def _expected(self, question: Question, probe: Cell) -> list[Any]:
        """Return what the reference showed when the probe was run."""
        advice = f"run: course execute {self.path.name}"
        outputs = probe.get("outputs") or []
        if probe.get("execution_count") is None or not outputs:
            raise SheetError(f"{self.path.name}: the probe cell of {question.id} was never run; {advice}")
        text = "".join("".join(output.get("text", "")) for output in outputs)
        expected = seen_in(text)
        if len(outputs) != 1 or expected is None or text.count("\n") > 1:
            raise SheetError(f"{self.path.name}: the probe cell of {question.id} holds more than one line; {advice}")
        if question.judge(expected, MARKING).status != "right":
            raise SheetError(f"{self.path.name}: {question.id} has another reference than its probe shows; {advice}")
        return expected


@dataclass(frozen=True)
class Pick:
    """What a submission holds for one question: a source to run, or why there is none. `note` goes into its row."""

    source: str | None
    status: Literal["not_attempted", "unreadable"] = "not_attempted"
    note: str = ""


def probe_source(question: Question, salt: str) -> str:
    """Return the code of the cell that shows an answer: a value, or what a function returns for seeded inputs."""
    inputs = question.inputs(salt)
    arguments = ["globals()", f'"{question.answer_name}"']
    call = _fold("show(", arguments if inputs is None else [*arguments, _literal(inputs, "    ")], ")", "")
    return f"from course.observe import show\n\n{call}"


def numbers_source(question: Question) -> str:
    """Return the code of the cell that gives a question's numbers. `ValueError` for a question without a scenario."""
    if question.scenario is None:
        raise ValueError(f"{question.id} has no scenario, so there are no numbers to give")
    pairs = [f'"{name}": {_literal(value, "    ")}' for name, value in question.scenario.numbers.items()]
    return _fold(f"{question.numbers_name} = {{", pairs, "}", "")


def seen_in(text: str) -> list[Any] | None:
    """Return what a probe showed, out of everything that was printed; None unless it stands there exactly once.

    Prints left over in a learner's function do no harm. A second line like the probe's does: one of them is forged.
    """
    _, mark, after = text.partition(MARK)
    if not mark or MARK in after:
        return None
    try:
        seen = json.loads(after.partition("\n")[0])
    except (ValueError, RecursionError):
        return None
    return seen if isinstance(seen, list) and seen else None


def load_sheets(folder: Path, salt: str = MARKING, class_key: str = "") -> dict[str, Sheet]:
    """Read the instructor's sheets in a folder, by number. They are verified when their `tasks` are asked for."""
    sheets: dict[str, Sheet] = {}
    for path in sorted(folder.glob("*.ipynb")):
        try:
            notebook = read(path)
        except UnreadableError as error:
            raise SheetError(f"{path.name}: {error}") from None
        number = notebook.get("metadata", {}).get("course", {}).get("sheet")
        if not isinstance(number, str) or number in sheets:
            raise SheetError(f"{path.name}: its metadata should name a sheet of its own, such as course.sheet: 01")
        sheets[number] = Sheet(number, path, tuple(_code_cells(notebook)), salt, class_key)
    if not sheets:
        raise SheetError(f"no instructor's sheets (*.ipynb) in {folder}")
    return sheets


def read(path: Path) -> Notebook:
    """Read a notebook as data. `UnreadableError` says in a sentence why it cannot be."""
    try:
        text = _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("This is not UTF-8 text: save it again from JupyterLab.") from None
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise UnreadableError("This is not a notebook: it is nested too deeply.") from None
    except ValueError as error:
        what = "The file is empty." if not text.strip() else f"This is not a notebook: no valid JSON ({error})."
        raise UnreadableError(what) from None
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise UnreadableError("This is JSON, but not a notebook.")
    if notebook["nbformat"] != 4:
        shown = f"format {notebook['nbformat']}" if isinstance(notebook["nbformat"], int) else "a strange format"
        raise UnreadableError(f"A notebook of {shown} instead of 4: open it in JupyterLab and save it again.")
    if not isinstance(notebook.get("cells"), list):
        raise UnreadableError("This notebook has no list of cells.")
    if not isinstance(notebook.get("metadata"), dict):
        notebook["metadata"] = {}
    return notebook


def sheet_of(notebook: Notebook, name: str, sheets: Mapping[str, Sheet]) -> Sheet:
    """Tell which sheet a submission answers: by its answer cells, else by its metadata, else by its file's name."""
    owner = {key: number for number, sheet in sheets.items() for pair in sheet.answers.items() for key in pair}
    votes = Counter(owner[claim] for cell in _code_cells(notebook) if (claim := _claim(cell, owner)) is not None)
    course = notebook["metadata"].get("course")
    stated = course.get("sheet") if isinstance(course, dict) else None
    number = max(votes, key=lambda vote: (votes[vote], vote)) if votes else stated
    found = sheets.get(number) if isinstance(number, str) else None
    found = found or sheet_by_name(name, sheets)
    if found is None:
        known = ", ".join(sorted(sheets))
        raise UnreadableError(f"Nothing tells which sheet this answers (known: {known}): no answer cell, no number.")
    return found


def sheet_by_name(name: str, sheets: Mapping[str, Sheet]) -> Sheet | None:
    """Return the sheet whose number a file's name begins with."""
    prefix = re.match(r"\d+", name.rpartition("/")[2])
    return sheets.get(prefix[0]) if prefix else None


def pick(notebook: Notebook, cell_id: str, question_id: str) -> Pick:
    """Find the answer to one question: the cell with its id, and those that its mark in the metadata claims for it.

    Splitting or copying a cell leaves several claims. They are joined in the order of the notebook, which is how the
    learner's own kernel met them.
    """
    cells = [cell for cell in notebook["cells"] if isinstance(cell, dict)]
    claims = [cell for cell in cells if cell.get("id") == cell_id or _answers(cell, question_id)]
    if not claims:
        return Pick(None, note=MISSING_CELL)
    sources = [_source(cell) for cell in claims if cell.get("cell_type") == "code"]
    if not sources:
        return Pick(None, "unreadable", "The answer cell is not a code cell any more.")
    texts = [source for source in sources if source is not None]
    if len(texts) < len(sources):
        return Pick(None, "unreadable", "The source of the answer cell is not text.")
    different = list(dict.fromkeys(texts))
    notes = [f"Joined from {len(different)} cells that are marked as this answer."] if len(different) > 1 else []
    if not any(cell.get("id") == cell_id for cell in claims):
        notes.append("Found by the mark in its metadata, because its cell id is gone.")
    return Pick("\n".join(different), note=" ".join(notes))


def graft(sheet: Sheet, sources: Mapping[str, str], learner: str = "") -> Notebook:
    """Return the instructor's sheet with the learner's sources: setup, then each answer with its probe behind it."""
    cells = [_cell(cell, _text(cell)) for cell in sheet.of_role("setup")]
    for task in sheet.tasks_of(learner):
        if task.question.id in sources:
            numbers = sheet.of_role("numbers", task.question.id)
            cells += [_cell(cell, numbers_source(task.question)) for cell in numbers]
            cells += [_cell(task.answer, sources[task.question.id]), _cell(task.probe, _text(task.probe))]
    return {"cells": cells, "metadata": {"kernelspec": _KERNELSPEC}, "nbformat": 4, "nbformat_minor": 5}


def _bytes(path: Path) -> bytes:
    """Read a regular file of bearable size; no link is followed and no pipe waited for."""
    if path.is_symlink():
        raise UnreadableError("This is a symbolic link, and links are not followed.")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if path.is_dir():
            raise UnreadableError("This is a folder, not a notebook.")
        with open(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableError("This is not a regular file.")
            if status.st_size > LARGEST_BYTES:
                raise UnreadableError(f"The file is larger than {LARGEST_BYTES // 10**6} MB: clear its outputs.")
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise UnreadableError(f"The file cannot be opened: {error.strerror}.") from None


def _source(cell: Cell) -> str | None:
    """Return a cell's source, stored as text or as a list of lines; None if it is neither, or cannot be sent on."""
    lines = cell.get("source")
    if isinstance(lines, str):
        lines = [lines]
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        return None
    text = "".join(lines)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can hold and no kernel can be sent
        return None
    return text


def _text(cell: Cell) -> str:
    source = _source(cell)
    if source is None:
        raise SheetError(f"cell {cell.get('id')} of the instructor's sheet has no text for a source")
    return source


def _cell(model: Cell, source: str) -> Cell:
    """Return a code cell for the grafted sheet. A probe keeps what the reference showed, for nbval to compare with."""
    is_probe = _mark(model).get("role") == "probe"
    return {
        "cell_type": "code",
        "execution_count": 1,
        "id": model["id"],
        "metadata": {"course": _mark(model)},
        "outputs": model["outputs"] if is_probe else [],
        "source": source,
    }


def _code_cells(notebook: Notebook) -> Iterator[Cell]:
    return (cell for cell in notebook["cells"] if isinstance(cell, dict) and cell.get("cell_type") == "code")


def _mark(cell: Cell) -> dict[str, Any]:
    """Return what the course has written into a cell's metadata, as far as it is still there."""
    metadata = cell.get("metadata")
    mark = metadata.get("course") if isinstance(metadata, dict) else None
    return mark if isinstance(mark, dict) else {}


def _answers(cell: Cell, question_id: str) -> bool:
    return _mark(cell).get("role") == "answer" and _mark(cell).get("question") == question_id


def _claim(cell: Cell, known: Mapping[str, str]) -> str | None:
    """Return the answer cell's id or else the question that a cell claims, if it is one of ours."""
    claims = (cell.get("id"), _mark(cell).get("question") if _mark(cell).get("role") == "answer" else None)
    return next((claim for claim in claims if isinstance(claim, str) and claim in known), None)


def _literal(value: Any, indent: str) -> str:
    """Write plain data as Python source, laid out as ruff and Black do it, so that formatting never means drift."""
    if isinstance(value, list | tuple):
        return _fold("[", [_literal(item, indent + "    ") for item in value], "]", indent)
    if isinstance(value, dict):
        pairs = [f"{_literal(k, indent)}: {_literal(v, indent + '    ')}" for k, v in value.items()]
        return _fold("{", pairs, "}", indent)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or type(value) in (bool, int) or (type(value) is float and math.isfinite(value)):
        return repr(value)
    raise TypeError(f"an input of a probe should be plain data, and this is {value!r}")


def _fold(opening: str, items: list[str], closing: str, indent: str) -> str:
    """Join items on one line if they fit, else one to a line."""
    line = f"{opening}{', '.join(items)}{closing}"
    if "\n" not in line and len(indent) + len(line) < _LINE_LENGTH:
        return line
    inner = "".join(f"{indent}    {item},\n" for item in items)
    return f"{opening}\n{inner}{indent}{closing}"
