"""Where sheets are run: one warm process for all of them, or where the system cannot fork, a fresh one for each."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import IO, Any

import course
from course.paths import DATASETS
from course.runner import nbval_rows
from course.runner.sandbox import WALLS, Limits
from course.runner.words import HOME, NEW, NEXT, PROVISIONER, REQUEST

Record = Mapping[str, Any]

LOST = ""
"""Stands for the cells of which nothing was heard."""

_STARTING_S = 60.0
_GRACE_S = 15.0  # what nbval and the kernel may take over the limit of a cell
_LOOK_S = 0.5
_DYING_S = 5.0
_LONGEST_ANSWER = 32
_FOREIGN = ("COURSE_STRICT", "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST", "PYTHONWARNINGS")
# A learner's code has no business with these: what is right stands there.
_SECRET = ("questions", "checking")
_READABLE = ("/usr", "/lib", "/lib64", "/etc/localtime", "/etc/ld.so.cache", "/etc/fonts", "/dev/urandom", "/dev/zero")


@dataclass
class _Session:
    """A process that runs nbval on one sheet after the other, and the way to it."""

    work: socket.socket
    pidfd: int | None

    def answer(self, limit_s: float, stop: Event) -> bytes | None:
        """Return what it says, nothing if it has ended; None at the limit, or if somebody wants to stop."""
        until = time.monotonic() + limit_s
        while time.monotonic() < until and not stop.is_set():
            if select.select([self.work], [], [], _LOOK_S)[0]:
                return self.work.recv(_LONGEST_ANSWER)
        return None

    def end(self) -> None:
        """Kill it, and with it its kernel."""
        self.work.close()
        if self.pidfd is None:
            return
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        select.select([self.pidfd], [], [], _DYING_S)
        os.close(self.pidfd)


class Workshop:
    """Runs grafted sheets under nbval and returns what happened, cell by cell; use it as a context manager.

    Entering it only begins to start the warm process, which takes a second: what is asked of it first waits for that.
    `ask_for_walls=False` builds no walls.
    """

    def __init__(self, *, ask_for_walls: bool = True) -> None:
        self._missing: tuple[str, ...] = WALLS
        self._warm = False
        self._ask_for_walls = ask_for_walls
        self._lock = threading.Lock()
        self._cold: tempfile.TemporaryDirectory[str] | None = None
        self._control: socket.socket | None = None
        self._idle: list[_Session] = []
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Workshop:
        if sys.platform == "linux" and hasattr(os, "pidfd_open"):
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._idle:
            session.end()
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            self._server.kill()
            self._server.wait()
        if self._cold is not None:
            self._cold.cleanup()
            self._cold = None

    @property
    def warm(self) -> bool:
        """Whether there is a warm process; without one every run gets a fresh process."""
        with self._lock:
            if self._cold is not None:
                self._wait_until_warm()
        return self._warm

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the walls that this system could not build."""
        return self._missing if self.warm else WALLS

    def run(self, notebook: Mapping[str, Any], timeout_s: float, stop: Event) -> dict[str, Record]:
        """Run a grafted notebook under nbval; return a record for each cell of which something was heard, by cell id.

        `LOST` stands for the others. `timeout_s` is the limit of a cell; whoever sets `stop` ends the run.
        """
        limit_s = _STARTING_S + len(notebook["cells"]) * (timeout_s + _GRACE_S)
        with (
            tempfile.TemporaryDirectory(prefix="course-marking-", ignore_cleanup_errors=True) as folder,
            tempfile.TemporaryFile() as rows,  # these two have no name in the file system
            tempfile.TemporaryFile() as log,
        ):
            desk = Path(folder, "desk")  # a fresh kernel's folder, empty when the learner's code begins
            for inner in (desk, Path(folder, "runtime")):
                inner.mkdir()
            sheet = desk / "sheet.ipynb"
            sheet.write_text(json.dumps(notebook), "utf-8")
            start = self._in_session if self.warm else _start_process
            in_time, killed = start(sheet, folder, timeout_s, limit_s, rows, log, stop)
            records = [json.loads(line) for line in _lines(rows) if line.endswith("}")]
            if killed and not self.warm:  # it could not end its kernel; a warm kernel ends with its session
                nbval_rows.kill_group(next((record["kernel"] for record in records if "kernel" in record), None))
            last = (_lines(log) or [""])[-1]
        walls = next((record["walls"] for record in records if "walls" in record), None)
        if walls is not None:
            self._note(walls)
        lost: Record = {"outcome": "died" if in_time else "timeout", "error": last, "seconds": 0.0}
        return {LOST: lost} | {record["cell"]: record for record in records if "cell" in record}

    def _start(self) -> None:
        """Begin to start the warm process."""
        self._control, theirs = socket.socketpair()
        self._cold = tempfile.TemporaryDirectory(prefix="course-warm-", ignore_cleanup_errors=True)
        self._server = subprocess.Popen(
            # -P: the folder where marking was started is no place to import from
            [sys.executable, "-P", "-m", "course.runner.warm", str(theirs.fileno())],
            env=_environment(self._cold.name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()

    def _wait_until_warm(self) -> None:
        """Wait for the warm process, and try the walls once."""
        assert self._control is not None
        assert self._cold is not None
        self._control.settimeout(_STARTING_S)
        with suppress(TimeoutError):
            self._warm = self._control.recv(_LONGEST_ANSWER) == b"warm\n"
        self._control.settimeout(None)
        self._cold.cleanup()
        self._cold = None
        if self._warm:
            self._try_walls()

    def _in_session(
        self, sheet: Path, folder: str, timeout_s: float, limit_s: float, rows: IO[bytes], log: IO[bytes], stop: Event
    ) -> tuple[bool, bool]:
        """Have a session run the sheet: one that has run others, or a new one."""
        kernel = self._kernel_request(folder, limit_s)
        environment = _environment(folder) | {
            "JUPYTER_DEFAULT_PROVISIONER_NAME": PROVISIONER,
            REQUEST: json.dumps(kernel),
        }
        job = {"notebook": str(sheet), "timeout_s": timeout_s, "folder": folder, "environment": environment}
        with self._lock:
            session = self._idle.pop() if self._idle else self._fork_session()
        try:
            socket.send_fds(session.work, [json.dumps(job).encode()], [rows.fileno(), log.fileno()])
            answer = session.answer(limit_s, stop)
        except OSError:  # it is gone
            answer = b""
        if answer == NEXT:
            with self._lock:
                self._idle.append(session)
        else:
            session.end()
        return answer is not None, answer is None

    def _kernel_request(self, folder: str, limit_s: float) -> dict[str, Any]:
        """Return what the warm process must know to make a kernel with a folder of its own."""
        space = Path(folder, "space")
        space.mkdir()
        return {
            "walls": self._ask_for_walls,
            "limits": asdict(Limits(seconds=int(limit_s) + 1)),
            "readable": _readable(folder),
            "space": str(space),
            "environment": _kernel_environment(space / HOME),
        }

    def _try_walls(self) -> None:
        """Have the walls of a kernel built without the kernel."""
        assert self._control is not None
        reading, writing = os.pipe()
        with (
            tempfile.TemporaryDirectory(prefix="course-walls-", ignore_cleanup_errors=True) as folder,
            os.fdopen(reading) as told,
        ):
            request = json.dumps(self._kernel_request(folder, _STARTING_S)).encode()
            socket.send_fds(self._control, [request], [writing])
            os.close(writing)
            for line in told:
                if "walls" in (record := json.loads(line)):
                    self._note(record["walls"])

    def _note(self, walls: Sequence[str]) -> None:
        self._missing = tuple(wall for wall in WALLS if wall not in walls)

    def _fork_session(self) -> _Session:
        assert self._control is not None
        mine, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [NEW], [theirs.fileno()])
            pid = int(self._control.recv(_LONGEST_ANSWER))
        try:
            return _Session(mine, os.pidfd_open(pid))
        except ProcessLookupError:  # over before we looked: its socket says so
            return _Session(mine, None)


def _start_process(
    sheet: Path, folder: str, timeout_s: float, limit_s: float, rows: IO[bytes], log: IO[bytes], stop: Event
) -> tuple[bool, bool]:
    """Run nbval in a fresh process. Return whether it ended in time, and whether it had to be killed."""
    process = subprocess.Popen(
        [sys.executable, "-P", nbval_rows.__file__, str(sheet), str(timeout_s)],
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=rows,
        stderr=log,
        start_new_session=True,
    )
    until = time.monotonic() + limit_s
    in_time = False
    try:
        while not in_time and time.monotonic() < until and not stop.is_set():
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_S)
                in_time = True
    finally:
        if process.poll() is None:
            nbval_rows.kill_group(process.pid)
        process.wait()
    return in_time, process.returncode < 0


def _lines(file: IO[bytes]) -> list[str]:
    file.seek(0)
    return file.read().decode("utf-8", "replace").splitlines()


def _environment(temporary: str) -> dict[str, str]:
    """Return the environment of a run: this Python and this course, and nothing of the instructor's own Jupyter."""
    ours = str(Path(course.__file__).parents[1])
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    return kept | {
        "PYTHONPATH": os.pathsep.join(filter(None, [ours, kept.get("PYTHONPATH")])),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "MPLBACKEND": "Agg",
        # on a machine of many cores their threads alone would reserve more than a run may have
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        # a session meets new threads with every sheet, and would keep memory apart for each
        "MALLOC_ARENA_MAX": "2",
        "COURSE_HOME": str(Path(temporary, "home")),
        "IPYTHONDIR": str(Path(temporary, "ipython")),
        "JUPYTER_RUNTIME_DIR": str(Path(temporary, "runtime")),
    }


def _kernel_environment(home: Path) -> dict[str, str]:
    """Return all that a learner's code finds in its environment."""
    folders = {name: str(home) for name in ("HOME", "TMPDIR", "COURSE_HOME", "IPYTHONDIR", "MPLCONFIGDIR")}
    return folders | {"LANG": "C.UTF-8", "MPLBACKEND": "Agg", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _readable(folder: str) -> list[str]:
    """Return what a kernel may read: Python, its packages, the data, and of the course what teaches."""
    ours = Path(course.__file__).parent
    packages = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    # the course itself may be among the packages
    inside = [child for site in packages for child in (site.iterdir() if site == ours.parent else (site,))]
    inside = [path for path in inside if path != ours]
    python = [Path(sysconfig.get_path("stdlib")), *(Path(sys.base_prefix, name) for name in ("bin", "lib"))]
    python += [Path(sys.prefix, name) for name in ("bin", "share", "pyvenv.cfg")]
    taught = [child for child in ours.iterdir() if child.stem not in _SECRET]
    paths = [*map(Path, _READABLE), *python, *inside, *taught, ours.parent / "aistack", DATASETS]
    return [str(path) for path in [*paths, Path(folder, "runtime")]]
