"""Answers that hang, end Python, raise or flood: each gets its row, and the other questions get theirs."""

import os
import sys
import time
from pathlib import Path

import pytest
import small_course
from small_course import SOURCES, submission, write

from course.checking import marking
from course.checking.marking import Row, mark

LIMIT_S = 3
DEFIES_INTERRUPTS = (
    "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass"
)
LEAVES_A_PROCESS = (
    "import subprocess, sys\n"
    "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
    "raise ValueError(left.pid)"
)
CHATTY = "def disc(d):\n    import warnings\n    warnings.warn('!')\n    print('debug')\n    return math.pi * d**2 / 4"

# submission, question: its answer, its status, a part of its message; the answers not named here are right
TROUBLES = {
    ("defies interrupts", "99-q1"): (DEFIES_INTERRUPTS, "timeout", "3 s"),
    ("floods", "99-q1"): ("while True:\n    print('x' * 1000)", "error", "printed without end"),
    ("prints lots", "99-q1"): ("for _ in range(10_000):\n    print('x' * 1000)\narea = 814", "right", ""),
    ("kills", "99-q1"): ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", "error", "kernel died"),
    ("leaves a process", "99-q1"): (LEAVES_A_PROCESS, "error", "ValueError"),
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


def gone(pid: int) -> bool:
    """Say whether a process has ended within a moment."""
    for _ in range(40):
        try:
            os.kill(pid, 0)
            zombie = "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text("utf-8")  # dead, not yet collected
        except (ProcessLookupError, FileNotFoundError):
            return True
        if zombie:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Row]:
    """Mark all of them in one go: most of the time is waiting."""
    folder = tmp_path_factory.mktemp("troubles")
    solutions = write(folder / "solutions" / "99_area.ipynb", small_course.solution()).parent
    for name in {name for name, _ in TROUBLES}:
        troubled = {question: source for (whose, question), (source, _, _) in TROUBLES.items() if whose == name}
        write(folder / "in" / f"{name}.ipynb", submission(SOURCES | troubled))
    with pytest.MonkeyPatch.context() as patch:
        small_course.install(patch)
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


def test_a_process_that_an_answer_leaves_running_is_ended(marked: dict[tuple[str, str], Row]) -> None:
    pid = int(marked["leaves a process", "99-q1"].message.split(": ")[1])
    assert gone(pid)


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
    monkeypatch.setattr(marking, "_STARTING_S", 5.0)
    monkeypatch.setattr(marking, "_GRACE_S", -60.0)
    noted = tmp_path / "kernel"
    sleeps = f"import os, pathlib, time\npathlib.Path({str(noted)!r}).write_text(str(os.getpid()))\ntime.sleep(50)"
    path = write(tmp_path / "99.ipynb", submission(SOURCES | {"99-q1": sleeps}))
    rows = mark([path], solutions=solutions, timeout_s=60)
    assert [row.status for row in rows] == ["timeout", "right", "right"]
    assert gone(int(noted.read_text()))


def test_an_interruption_ends_what_is_running(solutions: Path, tmp_path: Path) -> None:
    noted = tmp_path / "kernel"
    sleeps = f"import os, pathlib, time\npathlib.Path({str(noted)!r}).write_text(str(os.getpid()))\ntime.sleep(50)"
    write(tmp_path / "in" / "a.ipynb", small_course.answered())
    write(tmp_path / "in" / "b.ipynb", submission({"99-q1": sleeps}))

    def interrupt(rows: list[Row]) -> None:
        until = time.monotonic() + 10
        while not noted.exists() and time.monotonic() < until:
            time.sleep(0.05)
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        mark([tmp_path / "in"], solutions=solutions, timeout_s=60, workers=2, on_submission=interrupt)
    assert time.monotonic() - began < 20
    assert gone(int(noted.read_text()))


def test_rows_are_told_submission_by_submission_in_order(solutions: Path, tmp_path: Path) -> None:
    for name in ("b", "a"):
        write(tmp_path / "in" / f"{name}.ipynb", "not a notebook")
    told: list[list[Row]] = []
    rows = mark([tmp_path / "in"], solutions=solutions, on_submission=told.append)
    assert [row.submission for row in rows] == ["a.ipynb", "b.ipynb"]
    assert told == [[row] for row in rows]
