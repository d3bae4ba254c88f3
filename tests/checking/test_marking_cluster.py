"""A scheduler and two workers on this machine; one of them is killed half way, and every row is there once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from course import questions
from course.checking import cluster
from course.checking.graft import read
from course.checking.jobs import FAILED
from course.checking.marking import mark
from course.checking.rows import Row
from course.paths import EXERCISES, SOLUTIONS

pytest.importorskip("distributed")
SHEET = EXERCISES / "01_what_does_a_chip_buy.ipynb"
SUBMISSIONS, DONE_BEFORE = 12, 3
STARTING_S = 120


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start the cluster; return its address and its workers, and end all of it."""
    contact = tmp_path / "scheduler.json"
    log = (tmp_path / "log").open("wb")

    def start(module: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--scheduler-file", str(contact), *words]
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path)

    started = [start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")]
    try:
        until = time.monotonic() + STARTING_S
        while not contact.exists() and time.monotonic() < until:
            time.sleep(0.1)
        started += [start("dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in range(2)]
        from distributed import Client

        with Client(scheduler_file=str(contact), timeout=STARTING_S, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=STARTING_S)
        yield json.loads(contact.read_text("utf-8"))["address"], started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
        log.close()


def test_a_worker_killed_half_way_loses_no_row_and_doubles_none(
    workers: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, processes = workers
    for number in range(SUBMISSIONS):
        notebook = read(SHEET)
        for cell in notebook["cells"]:
            if cell["id"] == "01-q2-answer":
                cell["source"] = 'fastest = "C"' if number % 2 else 'fastest = "B"'
        path = tmp_path / "in" / f"learner{number:02}" / SHEET.name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), "utf-8")
    told: list[list[Row]] = []

    def kill_one(rows: list[Row]) -> None:
        told.append(rows)
        if len(told) == DONE_BEFORE:
            os.kill(processes[0].pid, signal.SIGKILL)

    crew = cluster.there(address)
    rows = mark([tmp_path / "in"], solutions=SOLUTIONS, timeout_s=60, crew=crew, on_submission=kill_one)
    assert processes[0].wait(10) == -signal.SIGKILL
    asked = [question.id for question in questions.of_sheet("01")]
    assert [(row.submission[:9], row.question) for row in rows] == [
        (f"learner{number:02}", question) for number in range(SUBMISSIONS) for question in asked
    ]
    assert len(told) == SUBMISSIONS
    assert not [row for row in rows if row.message.startswith(FAILED)]
    found = [row.status for row in rows if row.question == "01-q2"]
    assert found == ["wrong", "right"] * (SUBMISSIONS // 2)
    assert {row.status for row in rows if row.question != "01-q2"} == {"not_attempted"}


def test_a_worker_with_another_course_refuses() -> None:
    from course.checking.finding import Found
    from course.checking.graft import load_sheets
    from course.checking.jobs import Job, prepare

    job = prepare(Found(SHEET, SHEET.name), load_sheets(SOLUTIONS))
    assert isinstance(job, Job)
    with pytest.raises(ValueError, match="another version"):
        cluster._work(job, 1.0, "another fingerprint", ())


def test_nobody_there_is_said_and_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECTING", "500ms")
    with pytest.raises(OSError, match=r"timed out|Timed out"):
        mark([SHEET], solutions=SOLUTIONS, crew=cluster.there("tcp://127.0.0.1:1"))
