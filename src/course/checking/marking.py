"""Marks a folder of submissions: graft, run under nbval, judge. The judging is done here, where no learner's code runs.

nbval runs the grafted sheet and compares each probe with what the reference showed. Where that differs, the question
itself decides: it knows the tolerance, the other spellings of a right answer, and what a wrong one has misunderstood.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from course.checking import graft
from course.checking.graft import MARKING, Pick, Sheet, Task, UnreadableError
from course.observe import MISSING
from course.questions.question import Status
from course.runner.workshop import LOST, Record, Workshop

_LONGEST_MESSAGE = 240
_NO_LINE = (
    "The marker's own line is not there once, but never or twice: does the answer print very much, or one like it?"
)

# what ends a run; the status that it earns the answer, and what is said of it
_FATAL: dict[str, tuple[Status, str]] = {
    "timeout": ("timeout", "Still running after {limit_s:g} s. A loop without an end?"),
    "died": ("error", "The kernel died: out of memory, or a call that ends Python?"),
    "flooded": ("error", "It printed without end and was stopped."),
    "broken": ("error", "nbval could not run it: {error}"),
}


@dataclass(frozen=True)
class Row:
    """What one answer earns. A submission that cannot be read is one row with no question."""

    submission: str
    question: str
    status: Status
    points: int
    max_points: int
    message: str
    seconds: float


@dataclass(frozen=True)
class Found:
    """A notebook to mark, and the name that it has in the results."""

    path: Path
    name: str


@dataclass(frozen=True)
class _Result:
    status: Status
    message: str
    seconds: float = 0.0


@dataclass(frozen=True)
class _Job:
    """A submission that could be read: its sheet and what it holds for each question."""

    name: str
    sheet: Sheet
    picks: dict[str, Pick]


def mark(
    paths: Sequence[Path],
    *,
    solutions: Path,
    timeout_s: float = 60,
    workers: int = 1,
    require_sandbox: bool = False,
    on_walls: Callable[[tuple[str, ...]], object] | None = None,
    on_submission: Callable[[list[Row]], object] | None = None,
) -> list[Row]:
    """Mark notebooks, or all notebooks in folders, and return a row for each question of each.

    `timeout_s` is the limit of one cell; `on_walls` is told which walls around learners' code this system lacks, and
    `on_submission` the rows of each submission when it is done. `ValueError` for a path without notebooks, (as
    `SheetError`) for an instructor's sheet that is not ready, and for a missing wall if `require_sandbox`.
    No submission raises: what is wrong with it stands in its rows.
    """
    found = find(paths)
    sheets = graft.load_sheets(solutions)
    jobs = [_prepare(each, sheets) for each in found]
    stop = Event()
    rows: list[Row] = []
    with Workshop() as workshop, ThreadPoolExecutor(workers) as pool:
        if require_sandbox and workshop.missing:
            raise ValueError(f"this system cannot build the walls {', '.join(workshop.missing)}, and they are required")
        if on_walls is not None:
            on_walls(workshop.missing)
        try:
            for done in pool.map(lambda job: _rows(job, workshop, timeout_s, stop), jobs):
                rows += done
                if on_submission is not None:
                    on_submission(done)
        except BaseException:  # Ctrl-C too: learners' code must not run on
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return rows


def find(paths: Sequence[Path]) -> list[Found]:
    """Return the notebooks that `paths` name or hold, sorted, without hidden ones. `ValueError` for none."""
    files: set[Path] = set()
    bases: list[Path] = []
    for path in (Path(os.path.abspath(path)) for path in paths):
        if not os.path.lexists(path):
            raise ValueError(f"there is no {path}")
        inside = _notebooks_in(path) if path.is_dir() else [path]
        if not inside:
            raise ValueError(f"no notebooks (*.ipynb) in {path}")
        files.update(inside)
        bases.append(path if path.is_dir() else path.parent)
    if not bases:
        raise ValueError("no notebook given")
    base = os.path.commonpath(bases)
    named = ((path, Path(os.path.relpath(path, base)).as_posix()) for path in files)
    # a file name may hold bytes that are no text; the reports must still be writable
    return sorted(
        (Found(path, name.encode("utf-8", "backslashreplace").decode()) for path, name in named),
        key=lambda each: each.name,
    )


def others_in(paths: Sequence[Path]) -> list[str]:
    """Return the names of files in the folders among `paths` that are no notebooks, such as `anna.ipynb.txt`."""
    return sorted(
        file
        for path in paths
        if path.is_dir()
        for _, _, files in os.walk(path)
        for file in files
        if not _looks_like_notebook(file) and not file.startswith(".")
    )


def _notebooks_in(folder: Path) -> list[Path]:
    """List notebooks, including folders and links that are named like one: they get a row, not silence."""
    found: list[Path] = []
    unreadable = found.append
    for where, folders, files in os.walk(folder, onerror=lambda error: unreadable(Path(error.filename))):
        found += [Path(where, name) for name in [*folders, *files] if _looks_like_notebook(name)]
        folders[:] = [name for name in folders if not name.startswith(".") and not _looks_like_notebook(name)]
    return found


def _looks_like_notebook(name: str) -> bool:
    return name.casefold().endswith(".ipynb") and not name.startswith(".")


def _prepare(found: Found, sheets: Mapping[str, Sheet]) -> _Job | Row:
    """Read a submission, or return its only row. Here, before anything is run, its sheet is verified."""
    try:
        notebook = graft.read(found.path)
        sheet = graft.sheet_of(notebook, found.name, sheets)
        picks = {task.question.id: graft.pick(notebook, task.answer["id"], task.question.id) for task in sheet.tasks}
        if all(pick.note == graft.MISSING_CELL for pick in picks.values()):
            raise UnreadableError("No answer cell of the sheet is in it: neither a cell id nor a mark in the metadata.")
    except UnreadableError as error:
        likely = graft.sheet_by_name(found.name, sheets)
        most = sum(task.question.points for task in likely.tasks) if likely else 0
        return Row(found.name, "", "unreadable", 0, most, _shortened(str(error)), 0.0)
    return _Job(found.name, sheet, picks)


def _rows(job: _Job | Row, workshop: Workshop, timeout_s: float, stop: Event) -> list[Row]:
    if isinstance(job, Row):
        return [job]
    sources = {question: pick.source for question, pick in job.picks.items() if pick.source is not None}
    try:
        results = _results(job, sources, workshop, timeout_s, stop)
    except Exception as error:  # one submission must never stop the rest
        failed = _Result("error", f"The marking itself failed: {type(error).__name__}: {error}")
        results = dict.fromkeys(sources, failed)
    return [
        _row(job.name, task, job.picks[task.question.id], results.get(task.question.id)) for task in job.sheet.tasks
    ]


def _row(name: str, task: Task, pick: Pick, result: _Result | None) -> Row:
    question = task.question
    if result is None:
        return Row(name, question.id, pick.status, 0, question.points, pick.note, 0.0)
    points = question.points if result.status == "right" else 0
    message = f"{_shortened(result.message)} {pick.note}".strip()
    return Row(name, question.id, result.status, points, question.points, message, round(result.seconds, 2))


def _results(
    job: _Job, sources: dict[str, str], workshop: Workshop, timeout_s: float, stop: Event
) -> dict[str, _Result]:
    """Run the answers. One that hangs or kills the kernel is cut out, and those behind it are run again without it."""
    results: dict[str, _Result] = {}
    left = dict(sources)
    while len(results) < len(sources) and not stop.is_set():
        records = workshop.run(graft.graft(job.sheet, left), timeout_s, stop)
        trouble = _trouble_outside(job.sheet, records)
        if trouble:
            return dict.fromkeys(sources, trouble) | results
        for task in job.sheet.tasks:
            if task.question.id in left and task.question.id not in results:
                result, complete = _result(task, records, timeout_s)
                results[task.question.id] = result
                if not complete:
                    del left[task.question.id]
                    break
    return results


def _trouble_outside(sheet: Sheet, records: Mapping[str, Record]) -> _Result | None:
    """Say what went wrong before any answer was run, if something did: it is not the learner's fault."""
    for cell in sheet.of_role("setup"):
        record = records.get(cell["id"], records[LOST])
        if record["outcome"] != "ran":
            return _Result("error", f"The sheet's own setup cell: {record['outcome']} {record['error']}".strip())
    return None


def _result(task: Task, records: Mapping[str, Record], timeout_s: float) -> tuple[_Result, bool]:
    """Judge a question by the worse of its two cells. False if the kernel did not live to see the next question."""
    seconds = 0.0
    for cell in (task.answer, task.probe):
        record = records.get(cell["id"], records[LOST])
        seconds += record["seconds"]
        if record["outcome"] in _FATAL:
            status, message = _FATAL[record["outcome"]]
            return _Result(status, message.format(limit_s=timeout_s, error=record["error"]), seconds), False
        if record["outcome"] == "raised":
            return _raised(record["error"], seconds), True
    return _judged(task, records[task.probe["id"]], seconds), True


def _raised(error: str, seconds: float) -> _Result:
    if "ellipsis" in error:
        return _Result("not_attempted", "Not attempted yet: replace the dots with your answer.", seconds)
    # IPython names a cell by a temporary file
    error = re.sub(r"\([^()]*\.py, line (\d+)\)", r"(line \1)", error).strip(" :")
    if error.startswith("NameError"):
        error = f"{error.rstrip('.')}. Only the answer cells are run: what they need must stand in them."
    if error.startswith("FileNotFoundError"):
        error = f"{error.rstrip('.')}. Answers are run in an empty folder."
    return _Result("error", error, seconds)


def _judged(task: Task, record: Record, seconds: float) -> _Result:
    question = task.question
    if record["same"]:  # nbval saw the very output of the reference
        return _Result("right", question.praise, seconds)
    seen = graft.seen_in(record["printed"])
    if seen is None:
        return _Result("wrong", _NO_LINE, seconds)
    if seen == [MISSING]:
        return _Result("not_attempted", f"The answer cell does not define `{question.answer_name}`.", seconds)
    try:
        verdict = question.judge(seen, MARKING, task.expected)
    except Exception:  # forged values of the strangest kinds; those of the reference have been judged before
        return _Result("wrong", "The answer is not of a kind that can be judged.", seconds)
    return _Result(verdict.status, verdict.message, seconds)


def _shortened(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 1] + "…"
