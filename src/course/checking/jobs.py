"""One submission: read it, run its answers in the sheet, judge what they showed.

The judging is done in the process that calls `work`, where no learner's code runs. nbval runs the grafted sheet and
compares each probe with what the reference showed. Where that differs, the question itself decides: it knows the
tolerance, the other spellings of a right answer, and what a wrong one has misunderstood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event

from course.checking import graft
from course.checking.finding import Found, learner_of
from course.checking.graft import Pick, Sheet, Task, UnreadableError
from course.checking.rows import Row
from course.observe import MISSING
from course.questions.question import Status
from course.runner.workshop import LOST, Record, Workshop

FAILED = "The marking itself failed"
"""How the message of a row begins that is no fault of the submission; such a one is run again the next time."""

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
class _Result:
    status: Status
    message: str
    seconds: float = 0.0
    misconception: str = ""


@dataclass(frozen=True)
class Job:
    """A submission that could be read: whose it is, its sheet, and what it holds for each question."""

    name: str
    learner: str
    sheet: Sheet
    picks: dict[str, Pick]


def prepare(found: Found, sheets: Mapping[str, Sheet]) -> Job | Row:
    """Read a submission, or return its only row. Here, before anything is run, its sheet is verified."""
    try:
        notebook = graft.read(found.path)
        sheet = graft.sheet_of(notebook, found.name, sheets)
        learner = learner_of(found.name, sheet.path.stem)
        if sheet.class_key and not learner:
            raise UnreadableError("Its name does not tell whose numbers it should have.")
        picks = {task.question.id: graft.pick(notebook, task.answer["id"], task.question.id) for task in sheet.tasks}
        if all(pick.note == graft.MISSING_CELL for pick in picks.values()):
            raise UnreadableError("No answer cell of the sheet is in it: neither a cell id nor a mark in the metadata.")
    except UnreadableError as error:
        likely = graft.sheet_by_name(found.name, sheets)
        most = sum(task.question.points for task in likely.tasks) if likely else 0
        return Row(found.name, "", "unreadable", 0, most, _shortened(str(error)), 0.0)
    return Job(found.name, learner, sheet, picks)


def work(job: Job, workshop: Workshop, timeout_s: float, stop: Event) -> list[Row]:
    """Run and judge the answers of one submission; return a row for each question of its sheet, whatever happens."""
    sources = {question: pick.source for question, pick in job.picks.items() if pick.source is not None}
    tasks = job.sheet.tasks_of(job.learner)
    try:
        results = _results(job, tasks, sources, workshop, timeout_s, stop)
    except Exception as error:  # one submission must never stop the rest
        return failed(job, error)
    return [_row(job.name, task, job.picks[task.question.id], results.get(task.question.id)) for task in tasks]


def failed(job: Job, error: Exception) -> list[Row]:
    """Return the rows of a submission that could not be marked, through no fault of its own."""
    result = _Result("error", f"{FAILED}: {type(error).__name__}: {error}")
    picks = [(task, job.picks[task.question.id]) for task in job.sheet.tasks]
    return [_row(job.name, task, pick, None if pick.source is None else result) for task, pick in picks]


def _row(name: str, task: Task, pick: Pick, result: _Result | None) -> Row:
    question = task.question
    if result is None:
        return Row(name, question.id, pick.status, 0, question.points, pick.note, 0.0)
    points = question.points if result.status == "right" else 0
    message = f"{_shortened(result.message)} {pick.note}".strip()
    seconds = round(result.seconds, 2)
    return Row(name, question.id, result.status, points, question.points, message, seconds, result.misconception)


def _results(
    job: Job, tasks: list[Task], sources: dict[str, str], workshop: Workshop, timeout_s: float, stop: Event
) -> dict[str, _Result]:
    """Run the answers. One that hangs or kills the kernel is cut out, and those behind it are run again without it."""
    results: dict[str, _Result] = {}
    left = dict(sources)
    while len(results) < len(sources) and not stop.is_set():
        records = workshop.run(graft.graft(job.sheet, left, job.learner), timeout_s, stop)
        trouble = _trouble_outside(job.sheet, records)
        if trouble:
            return dict.fromkeys(sources, trouble) | results
        for task in tasks:
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
        verdict = question.judge(seen, task.salt, task.expected)
    except Exception:  # forged values of the strangest kinds; those of the reference have been judged before
        return _Result("wrong", "The answer is not of a kind that can be judged.", seconds)
    return _Result(verdict.status, verdict.message, seconds, verdict.misconception)


def _shortened(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 1] + "…"
