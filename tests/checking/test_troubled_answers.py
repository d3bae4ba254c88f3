"""Answers that hang, end Python, raise or flood: each gets its row, and the other questions get theirs."""

import os
import sys
import time
from pathlib import Path

import pytest
import small_course
from small_course import SOURCES, submission, write

from course.checking.marking import mark
from course.checking.rows import Row
from course.runner import workshop

LIMIT_S = 3
MARK = f"troubled-answers-{os.getpid()}"
DEFIES_INTERRUPTS = (
    "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass"
)
LEAVES_A_PROCESS = (
    "import subprocess, sys\n"
    "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'], start_new_session=True)\n"
    "raise ValueError('left behind')"
)
# the kernel dies with the process that watches it, a moment later
KILLS = "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(2)"
CHATTY = "def disc(d):\n    import warnings\n    warnings.warn('!')\n    print('debug')\n    return math.pi * d**2 / 4"

# submission, question: its answer, its status, a part of its message; the answers not named here are right
TROUBLES = {
    ("defies interrupts", "99-q1"): (DEFIES_INTERRUPTS, "timeout", "3 s"),
    ("floods", "99-q1"): ("while True:\n    print('x' * 1000)", "error", "printed without end"),
    ("prints lots", "99-q1"): ("for _ in range(10_000):\n    print('x' * 1000)\narea = 814", "right", ""),
    ("kills", "99-q1"): (KILLS, "error", "kernel died"),
    ("leaves a process", "99-q1"): (LEAVES_A_PROCESS, "error", "ValueError: left behind"),
    ("several", "99-q1"): ("while True:\n    pass", "timeout", "3 s"),
    ("several", "99-q2"): ("def disc(d):\n    import os\n    os._exit(1)", "error", "kernel died"),
    ("raise", "99-q1"): ("area = width * 37", "error", "NameError: name 'width' is not defined. Only the answer cel"),
    ("raise", "99-q2"): ("def disc(d):\n    return d / 0", "error", "ZeroDivisionError: float division by zero"),
    ("raise", "99-q3"): ("losses = {'A', 'C'", "error", "SyntaxError: incomplete input (line 1)"),
    ("end", "99-q1"): ("import sys\nsys.exit('bye')", "error", "SystemExit: bye"),
    ("end", "99-q2"): (CHATTY, "right", small_course.DISC.praise),
    ("end", "99-q3"): ("losses = input()", "error", "StdinNotImplementedError"),
    ("odd", "99-q1"): ("raise ValueError('long ' * 1000)", "error", "ValueError: long"),
    ("odd", "99-q2"): ("area = 22 * ...", "not_attempted", "dots"),
    ("odd", "99-q3"): ("lost = {'A', 'C'}", "not_attempted", "does not define `losses`"),
}


if sys.platform == "linux":  # elsewhere nothing bounds the memory of a process
    TROUBLES["fills memory", "99-q1"] = ("area = bytearray(10**11)", "error", "MemoryError")


def left(mark: str) -> list[int]:
    """Return the processes that were started with an environment in which `mark` stands, dead ones left out."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:  # gone, or somebody else's
            continue
    return found


def none_left(mark: str) -> bool:
    """Say whether all processes with `mark` end within a moment."""
    until = time.monotonic() + 3
    while left(mark) and time.monotonic() < until:
        time.sleep(0.05)
    return not left(mark)


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Row]:
    """Mark all of them in one go: most of the time is waiting."""
    folder = tmp_path_factory.mktemp("troubles")
    assert not left(MARK)
    solutions = write(folder / "solutions" / "99_area.ipynb", small_course.solution()).parent
    for name in {name for name, _ in TROUBLES}:
        troubled = {question: source for (whose, question), (source, _, _) in TROUBLES.items() if whose == name}
        write(folder / "in" / f"{name}.ipynb", submission(SOURCES | troubled))
    with pytest.MonkeyPatch.context() as patch:
        small_course.install(patch)
        patch.setenv("MARK_OF_A_TEST", MARK)
        rows = mark([folder / "in"], solutions=solutions, timeout_s=LIMIT_S, workers=6)
    return {(row.submission.removesuffix(".ipynb"), row.question): row for row in rows}


@pytest.mark.parametrize("which", TROUBLES)
def test_a_troubled_answer_gets_its_row(which: tuple[str, str], marked: dict[tuple[str, str], Row]) -> None:
    _, status, part = TROUBLES[which]
    row = marked[which]
    assert row.status == status, row
    assert part in row.message
    assert len(row.message) < 300
    assert row.seconds < LIMIT_S + 15


def test_the_other_answers_are_marked_all_the_same(marked: dict[tuple[str, str], Row]) -> None:
    others = {which: row.status for which, row in marked.items() if which not in TROUBLES}
    assert others
    assert set(others.values()) == {"right"}, others


@pytest.mark.usefixtures("marked")
def test_nothing_that_an_answer_started_is_left_running() -> None:
    assert none_left(MARK)


def test_a_setup_cell_that_fails_is_not_blamed_on_the_answers(solutions: Path, tmp_path: Path) -> None:
    sheet = small_course.solution()
    small_course.cell_of(sheet, "99-setup")["source"] = "import a_module_that_is_not_there"
    write(solutions / "99_area.ipynb", sheet)
    rows = mark([write(tmp_path / "99.ipynb", small_course.answered())], solutions=solutions)
    assert {row.status for row in rows} == {"error"}
    assert all("setup cell" in row.message and "a_module_that_is_not_there" in row.message for row in rows)


def test_a_run_that_outlasts_its_limit_is_ended_from_outside(
    solutions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were nbval itself to hang, as it is made to here by giving the run less time than one cell has."""
    monkeypatch.setattr(workshop, "_GRACE_S", -60.0)
    monkeypatch.setattr(workshop, "_STARTING_S", 25.0)
    monkeypatch.setenv("MARK_OF_A_TEST", str(tmp_path))
    path = write(tmp_path / "99.ipynb", submission(SOURCES | {"99-q1": "import time\ntime.sleep(50)"}))
    rows = mark([path], solutions=solutions, timeout_s=60)
    assert [row.status for row in rows] == ["timeout", "right", "right"]
    assert none_left(str(tmp_path))


def test_an_interruption_ends_what_is_running(solutions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "in" / "a.ipynb", small_course.answered())
    write(tmp_path / "in" / "b.ipynb", submission({"99-q1": "import time\ntime.sleep(50)"}))
    monkeypatch.setenv("MARK_OF_A_TEST", str(tmp_path))
    running: list[int] = []

    def interrupt(rows: list[Row]) -> None:
        time.sleep(2)
        running.extend(left(str(tmp_path)))
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        mark([tmp_path / "in"], solutions=solutions, timeout_s=60, workers=2, on_submission=interrupt)
    assert len(running) >= 2, "something was running when the interruption came"
    assert time.monotonic() - began < 20
    assert none_left(str(tmp_path))


def test_rows_are_told_submission_by_submission_in_order(solutions: Path, tmp_path: Path) -> None:
    for name in ("b", "a"):
        write(tmp_path / "in" / f"{name}.ipynb", "not a notebook")
    told: list[list[Row]] = []
    rows = mark([tmp_path / "in"], solutions=solutions, on_submission=told.append)
    assert [row.submission for row in rows] == ["a.ipynb", "b.ipynb"]
    assert told == [[row] for row in rows]
