"""A session runs sheet after sheet: none meets what another left, and one that ends badly takes its session along."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from course.runner.workshop import Record, Workshop

LIMIT_S = 3.0
FAILS_LOUDLY = "raise ValueError('y' * 4 * 10**6)"


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    with Workshop() as shop:
        if not shop.warm:
            pytest.skip("this system has no warm process")
        yield shop


def ran(workshop: Workshop, answer: str, expected: str = "1\n", probe: str = "print(1)") -> list[Record]:
    """Run an answer and a probe that ought to print `expected`; return their records."""
    shown = [{"name": "stdout", "output_type": "stream", "text": expected}]
    cells = [
        {"cell_type": "code", "execution_count": 1, "id": role, "metadata": {"course": {"role": role}},
         "outputs": outputs, "source": source}
        for role, source, outputs in (("answer", answer, []), ("probe", probe, shown))
    ]  # fmt: skip
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    records = workshop.run(notebook, LIMIT_S, Event())
    return [records.get(role, records[""]) for role in ("answer", "probe")]


def idle(workshop: Workshop) -> list[int]:
    """Return the ids of the sessions that wait for a sheet."""
    infos = [Path(f"/proc/self/fdinfo/{session.pidfd}").read_text() for session in workshop._idle]
    return [int(info.partition("Pid:")[2].split()[0]) for info in infos]


def memory_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


def test_one_session_runs_many_sheets_and_stays_small(workshop: Workshop) -> None:
    assert ran(workshop, "pass")[1]["same"]
    (session,) = idle(workshop)
    used_mb = []
    for _ in range(18):
        assert ran(workshop, FAILS_LOUDLY)[0]["outcome"] == "raised"
        used_mb.append(memory_mb(session))
    assert idle(workshop) == [session]
    assert used_mb[-1] - used_mb[2] < 50, "what was printed is kept"


def test_each_sheet_is_compared_with_its_own_reference(workshop: Workshop) -> None:
    for text, same in (("1\n", True), ("2\n", False), ("1\n", True), ("", False)):
        probe = ran(workshop, "pass", expected=text)[1]
        assert (probe["same"], probe["printed"]) == (same, "1\n")


def test_a_limit_is_that_of_its_own_sheet(workshop: Workshop) -> None:
    waits = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    cell = {"cell_type": "code", "execution_count": 1, "id": "a", "metadata": {"course": {"role": "answer"}}}
    waits["cells"] = [cell | {"outputs": [], "source": "import time\ntime.sleep(2)"}]
    outcomes = [workshop.run(waits, limit_s, Event())["a"]["outcome"] for limit_s in (20.0, 1.0, 20.0)]
    assert outcomes == ["ran", "timeout", "ran"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("import os\nos._exit(1)", "died"),
        ("while True:\n    pass", "timeout"),
        ("while True:\n    print('x' * 100_000)", "flooded"),
    ],
)
def test_after_a_bad_end_the_next_sheet_gets_another_session(workshop: Workshop, answer: str, outcome: str) -> None:
    assert ran(workshop, "pass")[1]["same"]
    before = idle(workshop)
    assert ran(workshop, answer)[0]["outcome"] == outcome
    assert not set(idle(workshop)) & set(before)
    assert ran(workshop, "pass")[1]["same"]
    assert not set(idle(workshop)) & set(before)


def test_a_kernel_is_gone_when_its_sheet_is_done(workshop: Workshop) -> None:
    ran(workshop, "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])")
    (session,) = idle(workshop)
    server = int(Path(f"/proc/{session}/stat").read_text().rpartition(")")[2].split()[1])
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    alive = [pid for pid in children if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"]
    assert alive == [str(session)]
