"""Marking that is stopped loses nothing and marks nothing twice; what has not changed is not run again."""

import dataclasses
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import small_course
from small_course import SOURCES, submission, write
from test_troubled_answers import left, none_left

from course import questions
from course.checking import fingerprint, marking
from course.checking.graft import load_sheets
from course.checking.jobs import FAILED
from course.checking.marking import mark
from course.checking.store import Store
from course.paths import MARKS, SOLUTIONS
from course.runner.workshop import LOST

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the marking process is forked here")
SUBMISSIONS, KILLS = 200, 20


class QuickWorkshop:
    """Stands in for the kernels: each run takes some milliseconds, leaves a line in a log, and goes well."""

    missing: tuple[str, ...] = ()
    log: Path

    def __enter__(self) -> "QuickWorkshop":
        return self

    def __exit__(self, *_: object) -> None: ...

    def run(self, notebook: dict[str, Any], timeout_s: float, stop: object) -> dict[str, Any]:
        with self.log.open("a") as log:
            log.write(notebook["cells"][1]["source"].partition("#")[2] + "\n")
        time.sleep(0.01)
        ran = {"outcome": "ran", "error": "", "same": True, "printed": "", "seconds": 0.01}
        return {LOST: ran} | {cell["id"]: ran for cell in notebook["cells"]}


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    QuickWorkshop.log = tmp_path / "log"
    QuickWorkshop.log.touch()
    monkeypatch.setattr(marking, "Workshop", QuickWorkshop)
    return QuickWorkshop.log


def runs(log: Path) -> list[str]:
    return log.read_text().splitlines()


def hand_in(folder: Path, name: str, comment: str = "") -> None:
    write(folder / f"{name}.ipynb", submission(SOURCES | {"99-q1": f"area = 22 * 37#{comment or name}"}))


def in_another_process(act: Callable[[], object]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            act()
        finally:
            os._exit(0)
    return pid


def kept(folder: Path) -> set[str]:
    with Store(folder) as store:
        return {name.removesuffix(".ipynb") for name in store.everything()}


def test_killed_at_random_points_it_goes_on_where_it_was(solutions: Path, tmp_path: Path, log: Path) -> None:
    names = [f"learner{number:03}" for number in range(SUBMISSIONS)]
    for name in names:
        hand_in(tmp_path / "in", name)

    def whole_run() -> list[marking.Row]:
        with Store(tmp_path) as store:
            return mark([tmp_path / "in"], solutions=solutions, workers=2, store=store)

    draw, killed, before = random.Random(7), 0, set[str]()
    while killed < KILLS:
        began = len(runs(log))
        pid = in_another_process(whole_run)
        point = began + draw.randint(0, 10)
        while len(runs(log)) < point:
            time.sleep(0.001)
        time.sleep(draw.uniform(0.0, 0.02))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), "it had ended before: raise SUBMISSIONS"
        killed += 1
        assert not before & set(runs(log)[began:]), "marked twice"
        after = kept(tmp_path)
        assert before <= after, "lost"
        before = after
    assert 0 < len(before) < SUBMISSIONS
    began = len(runs(log))
    rows = whole_run()
    assert sorted(runs(log)[began:]) == sorted(set(names) - before)
    assert [(row.submission, row.question) for row in rows] == [
        (f"{name}.ipynb", question.id) for name in names for question in small_course.QUESTIONS
    ]
    assert {row.status for row in rows} == {"right"}


def test_what_has_not_changed_is_not_run_again(solutions: Path, tmp_path: Path, log: Path) -> None:
    for name in ("a", "b"):
        hand_in(tmp_path / "in", name)

    def run(**terms: Any) -> list[str]:
        began = len(runs(log))
        with Store(tmp_path) as store:
            rows = mark([tmp_path / "in"], solutions=solutions, store=store, **terms)
        assert len(rows) == 6
        return sorted(runs(log)[began:])

    assert run() == ["a", "b"]
    assert run() == []
    hand_in(tmp_path / "in", "b", "b again")
    assert run() == ["b again"]
    assert run(salt="other") == ["a", "b again"]
    assert run(salt="other", timeout_s=5) == ["a", "b again"]


def test_a_changed_question_has_only_its_own_sheet_marked_again(
    solutions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fingerprints() -> list[str]:
        sheets = load_sheets(solutions) | load_sheets(SOLUTIONS)
        return [fingerprint.of_sheet(sheets[number]) for number in ("99", "01")]

    before = fingerprints()
    assert fingerprints() == before
    changes: dict[str, Any] = {"tolerance": 0.02, "points": 5, "praise": "Well.", "misconceptions": ()}
    for field, value in changes.items():
        changed = dataclasses.replace(small_course.DIE, **{field: value})
        monkeypatch.setitem(questions.ALL, changed.id, changed)
        after = fingerprints()
        assert after[0] != before[0], field
        assert after[1] == before[1]


def test_a_failure_of_the_marking_itself_is_not_kept(
    solutions: Path, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(tmp_path / "in", "a")

    def fail(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch, Store(tmp_path) as store:
        patch.setattr(QuickWorkshop, "run", fail)
        rows = mark([tmp_path / "in"], solutions=solutions, store=store)
    assert all(row.message.startswith(FAILED) for row in rows)
    with Store(tmp_path) as store:
        assert {row.status for row in mark([tmp_path / "in"], solutions=solutions, store=store)} == {"right"}


def test_two_at_once_and_a_file_that_is_no_store_are_refused(tmp_path: Path) -> None:
    with Store(tmp_path), pytest.raises(ValueError, match="another"), Store(tmp_path):
        pass
    (tmp_path / MARKS).write_text("not a database, but long enough to be looked at" * 30)
    with pytest.raises(ValueError, match="move it away"), Store(tmp_path):
        pass


def test_half_a_submission_is_never_kept(solutions: Path, tmp_path: Path, log: Path) -> None:
    hand_in(tmp_path / "in", "a")
    with Store(tmp_path) as store:
        mark([tmp_path / "in"], solutions=solutions, store=store)
    with sqlite3.connect(tmp_path / MARKS) as base:
        assert base.execute("select count(*) from marks").fetchone() == (1,)
    base.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the processes of a killed parent")
def test_killing_the_marking_ends_the_learners_code(
    solutions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARK_OF_A_TEST", str(tmp_path))
    path = write(tmp_path / "99.ipynb", submission({"99-q1": "import time\ntime.sleep(100)"}))
    pid = in_another_process(lambda: mark([path], solutions=solutions, timeout_s=100))
    until = time.monotonic() + 60
    while len(left(str(tmp_path))) < 2 and time.monotonic() < until:
        time.sleep(0.2)
    assert len(left(str(tmp_path))) >= 2, "it runs"
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert none_left(str(tmp_path))
