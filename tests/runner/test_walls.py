"""What a learner's code cannot do while it is marked: each wall is tried from inside."""

import os
import sys
from collections.abc import Iterator
from threading import Event

import pytest

from course.paths import DATASETS, ROOT, SOLUTIONS
from course.runner.workshop import Record, Workshop

LIMIT_S = 3.0
SECRETS = {
    "the instructor's sheets": str(next(SOLUTIONS.glob("*.ipynb"))),
    "the questions": str(ROOT / "src" / "course" / "questions" / "lesson_01.py"),
    "the marking": str(ROOT / "src" / "course" / "checking" / "marking.py"),
    "accounts of this computer": "/etc/passwd",
    "other processes": "/proc/self/../1/environ",
    "the home folder": str(ROOT.home() / ".profile"),
}


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    """A warm workshop, shared: every run has a kernel of its own."""
    with Workshop() as shop:
        if shop.missing:
            pytest.skip(f"this system cannot build: {', '.join(shop.missing)}")
        yield shop


def ran(workshop: Workshop, source: str, then: str = "print('alive')") -> list[Record]:
    """Run an answer and a probe behind it, and return their records."""
    cells = [
        {"cell_type": "code", "execution_count": 1, "id": name, "metadata": {"course": {"role": role}}, "outputs": [],
         "source": text}
        for name, role, text in (("answer", "answer", source), ("probe", "probe", then))
    ]  # fmt: skip
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    records = workshop.run(notebook, LIMIT_S, Event())
    return [records.get(name, records[""]) for name in ("answer", "probe")]


def test_what_a_lesson_needs_is_there(workshop: Workshop) -> None:
    source = (
        "from course.data import load\nfrom course.checking import check, hint\nimport matplotlib.pyplot as plt\n"
        "from aistack.chips import Chip\nfrom course.explorers.chips import roofline\n"
        f"assert len(load('chips')) > 50\nopen({str(DATASETS / 'chips.csv')!r}).read()\n"
        "check('01-q1')\nplt.plot([1, 2])\nplt.show()\nroofline()\nopen('mine.txt', 'w').write('mine')"
    )
    answer, probe = ran(workshop, source)
    assert answer["outcome"] == "ran", answer
    assert probe["printed"] == "alive\n"


@pytest.mark.parametrize("secret", SECRETS)
def test_what_is_nobodys_business_cannot_be_read(workshop: Workshop, secret: str) -> None:
    answer, _ = ran(workshop, f"print(open({SECRETS[secret]!r}).read())")
    assert answer["outcome"] == "raised"
    assert answer["error"].startswith(("PermissionError", "FileNotFoundError"))


@pytest.mark.parametrize(
    "source",
    [
        "import socket\nsocket.create_connection(('127.0.0.1', 22), 2)",
        "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        f"open({str(ROOT / 'left_behind.txt')!r}, 'w')",
        "open('/tmp/left_behind.txt', 'w')",
        "import os\nos.symlink('/etc/passwd', 'here')\nopen('here')",
        "import os\nos.listdir('/proc')",
        "import os\nos.kill(PID, 0)",
        "import ctypes\nassert ctypes.CDLL(None).mount(b'x', b'.', b'tmpfs', 0, None) == 0, 'refused'",
        "import course.questions",
    ],
)
def test_what_reaches_outside_is_refused(workshop: Workshop, source: str) -> None:
    answer, probe = ran(workshop, source.replace("PID", str(os.getpid())))
    assert answer["outcome"] == "raised", answer
    assert probe["printed"] == "alive\n"
    assert not (ROOT / "left_behind.txt").exists()


@pytest.mark.parametrize(
    "source",
    [
        "import os\nwhile True:\n    os.fork()",
        "import os, time\nwhile True:\n    if not os.fork():\n        time.sleep(60)",
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(60,)).start()",
        "data = []\nwhile True:\n    data.append(bytearray(10**8))",
        "number = 0\nwhile True:\n    open(f'{number}', 'wb').write(bytes(10**7))\n    number += 1",
        "open('large', 'wb').write(bytes(10**9))",
    ],
)
def test_a_bomb_harms_only_itself(workshop: Workshop, source: str) -> None:
    answer, _ = ran(workshop, source)
    assert answer["outcome"] in ("raised", "died", "timeout"), answer
    _, probe = ran(workshop, "pass")
    assert probe["printed"] == "alive\n"


def test_the_environment_holds_nothing_of_the_instructor(
    workshop: Workshop,
) -> None:
    _, probe = ran(workshop, "import os", "print(sorted(set(os.environ) - {'PYDEVD_USE_FRAME_EVAL'}))")
    names = probe["printed"]
    assert "HOME" in names
    assert "PATH" not in names.replace("PYTHONPATH", "")
    assert not any(secret in names for secret in ("TOKEN", "KEY", "USER", "COURSE_WARM_FD"))


def test_every_run_has_a_kernel_and_a_folder_of_its_own(workshop: Workshop) -> None:
    ran(workshop, "import builtins\nbuiltins.left = 1\nopen('left', 'w').write('left')\nimport numpy\nnumpy.pi = 3")
    _, probe = ran(workshop, "import os, builtins, numpy", "print(os.listdir(), hasattr(builtins, 'left'), numpy.pi)")
    assert probe["printed"] == "[] False 3.141592653589793\n"


def test_random_numbers_differ_from_run_to_run(workshop: Workshop) -> None:
    seen = {ran(workshop, "import numpy as np", "print(np.random.rand())")[1]["printed"] for _ in range(3)}
    assert len(seen) == 3


def test_without_a_warm_process_a_sheet_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "sunos")
    with Workshop() as shop:
        assert not shop.warm
        assert set(shop.missing) == {"limits", "processes", "network", "files"}
        assert ran(shop, "x = 1")[1]["printed"] == "alive\n"
