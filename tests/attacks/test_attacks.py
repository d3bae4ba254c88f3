"""The whole corpus is marked in one go: no mark that was not earned, nothing reached, nothing left, nobody held up."""

import csv
import hashlib
import json
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import corpus
import pytest

from course.checking import gradebook, pages, report
from course.checking.finding import learner_of
from course.checking.jobs import FAILED
from course.checking.marking import mark
from course.checking.rows import Row
from course.runner.workshop import Workshop

LIMIT_S, WORKERS = 3, 2
TAG = f"attacks-{os.getpid()}"


@dataclass(frozen=True)
class Marked:
    """What came of it, and how things were before."""

    folder: Path
    rows: list[Row]
    submissions: int
    before: dict[str, str]
    after: dict[str, str]
    temporary: set[str]
    processes: list[int]


def state_of(*folders: Path) -> dict[str, str]:
    """Return a fingerprint of every file."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def left_running() -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if TAG.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:  # gone, or somebody else's
            continue
    return found


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Marked:
    with Workshop() as workshop:
        if workshop.missing:
            pytest.skip(f"this system cannot build: {', '.join(workshop.missing)}")
    folder = tmp_path_factory.mktemp("attacks") / "in"
    temporary = tmp_path_factory.mktemp("temporary")
    submissions, _ = corpus.write(folder)
    before = state_of(folder, corpus.SOLUTION.parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARK_OF_A_TEST", TAG)
        patch.setattr(tempfile, "tempdir", str(temporary))
        rows = mark(
            [folder], solutions=corpus.SOLUTION.parent, timeout_s=LIMIT_S, workers=WORKERS, require_sandbox=True
        )
    until = time.monotonic() + 5
    while left_running() and time.monotonic() < until:
        time.sleep(0.1)
    after = state_of(folder, corpus.SOLUTION.parent)
    return Marked(folder, rows, submissions, before, after, set(os.listdir(temporary)), left_running())


def test_there_are_at_least_forty(marked: Marked) -> None:
    assert marked.submissions > 40


def test_no_attack_gets_a_mark(marked: Marked) -> None:
    earned = [row for row in marked.rows if row.points and not row.submission.startswith(corpus.HONEST)]
    assert earned == []


def test_the_honest_sheet_among_them_is_right(marked: Marked) -> None:
    rows = [row for row in marked.rows if row.submission.startswith(corpus.HONEST)]
    assert [row.status for row in rows] == ["right"] * 8


def test_everybody_has_rows_and_no_marking_failed(marked: Marked) -> None:
    assert len({row.submission for row in marked.rows}) == marked.submissions
    assert not [row for row in marked.rows if row.message.startswith(FAILED)]


def test_nobody_reaches_the_files_of_others_or_leaves_any(marked: Marked) -> None:
    assert marked.after == marked.before
    assert marked.temporary == set()
    assert not Path(f"/tmp/left_behind_{os.getpid()}").exists()


def test_nothing_is_left_running(marked: Marked) -> None:
    assert marked.processes == []


def test_nobody_takes_much_longer_than_the_limit(marked: Marked) -> None:
    assert max(row.seconds for row in marked.rows) < LIMIT_S + 20


def test_reports_on_attackers_are_harmless(marked: Marked, tmp_path: Path) -> None:
    report.write(marked.rows, tmp_path)
    gradebook.write(marked.rows, learner_of, tmp_path)
    written = pages.write(marked.rows, (), tmp_path)
    assert len(written) == marked.submissions + 1
    for path in written:
        page = path.read_text("utf-8")
        assert path.parent in (tmp_path, tmp_path / "learners")
        assert "<script" not in page
        assert "<img" not in page
        assert "\x1b" not in page
    for name in ("results.csv", "gradebook_canvas.csv", "gradebook_moodle.csv"):
        text = (tmp_path / name).read_text("utf-8")
        assert "\x1b" not in text
        for line in csv.reader(text.splitlines()):
            assert not [cell for cell in line if cell.startswith(("=", "+", "@", "\t"))], line
    assert "\x1b" not in json.dumps(json.loads((tmp_path / "results.json").read_text("utf-8")), ensure_ascii=False)


@pytest.mark.parametrize(
    ("attack", "status"),
    [
        ("endless loop", "timeout"),
        ("sleeps past the limit", "timeout"),
        ("one huge file", "error"),
        ("ten gigabytes of output", "error"),
        ("ends python", "error"),
        ("a link", "unreadable"),
        ("deep", "unreadable"),
    ],
)
def test_it_is_said_what_became_of_an_attack(attack: str, status: str, marked: Marked) -> None:
    rows = [row for row in marked.rows if row.submission.startswith(f"{attack}/") and row.question in ("", "01-q1")]
    assert [row.status for row in rows] == [status]
