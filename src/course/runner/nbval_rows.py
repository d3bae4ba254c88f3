"""nbval, unchanged, on grafted notebooks, reporting cell by cell what happened.

Sessions of the warm process run many notebooks with it. Where there is none it is run as a script, for one notebook:
one JSON object a line goes to the standard output that the script was started with. Learners' code runs in nbval's
kernel, which inherits neither that stream nor the notebook; but it has the same rights and could look for both on the
machine. Nothing of the course is imported, so that it starts fast.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from queue import Empty
from typing import Any, TextIO

SLICE_S = 0.1
"""How often a silent kernel is looked after; nbval itself would wait out its whole limit."""
MOST_OUTPUT = 20_000_000
"""Characters that one cell may print or display; beyond it is a flood, which would fill the memory in seconds."""
MOST_MEMORY = 4 * 2**30
"""Bytes of address space for each process; with pandas and Matplotlib imported a kernel has reserved a fifth of it."""

_NEEDLESS = (
    "cacheprovider",
    "unraisableexception",
    "threadexception",
    "doctest",
    "junitxml",
    "faulthandler",
    "logging",
)
"""Parts of pytest that cost time and do nothing here; the second collects garbage several times."""


class KernelDiedError(RuntimeError):
    """The kernel is gone in the middle of a cell."""


class FloodError(RuntimeError):
    """A cell sends more output than anybody will read."""


class OverrunError(RuntimeError):
    """A cell could not be interrupted."""


class Ear:
    """Listens to a kernel in nbval's place, with an eye on its health and on the amount of output."""

    def __init__(self, kernel: Any, limit_s: float) -> None:
        self.kernel, self.limit_s = kernel, limit_s
        self.waiting: deque[Any] = deque()
        self.start_cell()
        kernel.get_message = self.get_message

    def start_cell(self) -> None:
        self.received = 0
        self.deadline = time.monotonic() + self.limit_s

    def get_message(self, stream: str, timeout: float) -> Any:
        """Return the next message of a stream, as nbval's own method does; `queue.Empty` after `timeout`."""
        give_up = time.monotonic() + timeout
        while True:
            self._take_output()
            if time.monotonic() > self.deadline:
                raise OverrunError
            if stream == "iopub" and self.waiting:
                return self.waiting.popleft()
            try:
                if stream == "shell":
                    return self.kernel.kc.get_shell_msg(timeout=SLICE_S)
                self._keep(self.kernel.kc.get_iopub_msg(timeout=SLICE_S))
            except Empty:
                if not self.kernel.is_alive():
                    raise KernelDiedError from None
                if time.monotonic() > give_up:
                    raise

    def _take_output(self) -> None:
        """Read what has come in, even while nbval waits for the reply: it would pile up in memory otherwise."""
        for _ in range(1000):
            try:
                self._keep(self.kernel.kc.get_iopub_msg(timeout=0))
            except Empty:
                return

    def _keep(self, message: Any) -> None:
        content = message["content"]
        self.received += len(content["text"] if "text" in content else repr(content.get("data")))
        if self.received > MOST_OUTPUT:
            raise FloodError
        self.waiting.append(message)


@dataclass(frozen=True)
class Job:
    """A notebook to run, the limit of a cell in it, and where its rows go."""

    notebook: str
    timeout_s: float
    out: TextIO


class Rows:
    """The pytest plugin: hands notebooks to nbval one by one, knows which cell is what, writes what came of it."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self.jobs = jobs
        self.job: Job | None = None
        self.ear: Ear | None = None
        self.printed: dict[str, str] = {}

    def pytest_collection(self) -> bool:
        """Collect nothing at the start: what there is to run is told by `jobs`."""
        return True

    def pytest_runtestloop(self, session: Any) -> bool:
        """Run the cells of each notebook in turn. After one that did not end well, this process runs no other."""
        for job in self.jobs:
            self.job, self.ear, self.printed = job, None, {}
            session.config.option.nbval_cell_timeout = job.timeout_s
            items = self._collect(session, Path(job.notebook))
            for item, following in zip_longest(items, items[1:]):
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.shouldstop:
                    raise session.Interrupted(session.shouldstop)
            # pytest would keep every report, with all that was printed, until its own end
            session.config.pluginmanager.getplugin("terminalreporter").stats.clear()
        return True

    def _collect(self, session: Any, notebook: Path) -> list[Any]:
        """Return nbval's items, and remove the notebook: it holds the expected outputs, and there is no kernel yet."""
        items = list(session.ihook.pytest_collect_file(file_path=notebook, parent=session)[0].collect())
        notebook.unlink(missing_ok=True)
        for item in items:
            is_probe = item.cell.metadata.course.role == "probe"
            # also undoes whatever `# NBVAL_...` comments in a learner's source have asked for
            item.options = defaultdict(bool, check=is_probe)
            if is_probe:
                item.compare_outputs = self._comparing(item)
        return items

    def pytest_runtest_call(self, item: Any) -> None:
        """Take over the listening when the kernel is up."""
        kernel = item.parent.kernel
        assert self.job is not None
        if self.ear is None:
            # nbval interrupts at its limit and gives the kernel some seconds; ours is for kernels that defy that
            self.ear = Ear(kernel, self.job.timeout_s + 2 * item.output_timeout)
            provisioner = kernel.km.provisioner
            self._write(kernel=provisioner.pid, walls=getattr(provisioner, "walls", ()))
        self.ear.start_cell()

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        """Write the cell's row; after a timeout or a death the rest is not run, and `marking` starts again."""
        if call.when == "teardown" or (call.when == "setup" and call.excinfo is None):
            return
        errors = [output for output in item.test_outputs or () if output["output_type"] == "error"]
        outcome, error = "ran", ""
        if call.excinfo is not None:
            outcome, error = self._outcome(item, call.excinfo.value, errors)
        self._write(
            cell=item.cell["id"],
            outcome=outcome,
            error=error,
            same=call.excinfo is None,
            printed=self.printed.get(item.cell["id"], ""),
            seconds=round(call.duration, 3),
        )
        if outcome not in ("ran", "raised"):
            item.session.shouldstop = outcome

    def pytest_runtest_teardown(self, item: Any, nextitem: Any) -> None:
        """End the kernel together with whatever processes it has left running in its group."""
        if self.ear is not None and (nextitem is None or item.session.shouldstop):
            provisioner = getattr(getattr(self.ear.kernel, "km", None), "provisioner", None)
            kill_group(getattr(provisioner, "pid", None))

    def _outcome(self, item: Any, error: BaseException, errors: list[Any]) -> tuple[str, str]:
        if isinstance(error, KernelDiedError) or "Kernel dead" in str(error):
            return "died", ""
        if isinstance(error, FloodError):
            return "flooded", ""
        if item.parent.timed_out or isinstance(error, OverrunError):
            return "timeout", ""
        if errors:
            return "raised", f"{errors[-1]['ename']}: {errors[-1]['evalue']}"[:2000]
        if item.cell["id"] in self.printed:  # nothing went wrong, only nbval's comparison failed
            return "ran", ""
        return "broken", f"{type(error).__name__}: {error}"[:2000]

    def _comparing(self, item: Any) -> Any:
        """Return nbval's own comparison, which also notes what was printed: it knows no tolerance, the judge does."""
        compare = item.compare_outputs

        def compare_outputs(test: Any, ref: Any, skip_compare: Any = None) -> bool:
            streams = (output for output in test if output["output_type"] == "stream" and output["name"] == "stdout")
            self.printed[item.cell["id"]] = "".join(output["text"] for output in streams)
            return bool(compare(test, ref, skip_compare))

        return compare_outputs

    def _write(self, **row: Any) -> None:
        assert self.job is not None
        print(json.dumps(row), file=self.job.out, flush=True)


def kill_group(pid: int | None) -> None:
    """Kill a process with the group that it leads, or where there are no groups the process alone."""
    if pid is None:
        return
    with suppress(OSError):  # it is gone already
        os.killpg(pid, signal.SIGKILL) if hasattr(os, "killpg") else os.kill(pid, signal.SIGTERM)


def limit_memory() -> None:
    """Bound what this process, its kernel and their children may each allocate, where the system can (Linux)."""
    try:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    except (ImportError, ValueError, OSError):  # Windows has no such limit, macOS does not take it
        return


def run(jobs: Iterable[Job]) -> int:
    """Run notebooks under nbval in one session of pytest, and return its exit code."""
    import nbval.plugin
    import pytest

    options = ["-c", os.devnull, "--noconftest", *(word for name in _NEEDLESS for word in ("-p", f"no:{name}"))]
    # the kernel of this very Python: a kernel spec named python3 somewhere else on the machine may be another one
    options += ["--nbval", "--nbval-current-env", "-s", "-q", "--tb=no"]
    return int(pytest.main(options, plugins=[nbval.plugin, Rows(jobs)]))


def main(notebook: str, timeout_s: float) -> int:
    """Be a process that runs one notebook; its rows go to what was the standard output."""
    # nbformat pulls this in through jsonschema; it builds a grammar for over a second, and nothing here uses it
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    limit_memory()
    # file descriptors from os.dup are not inherited: what the kernel gets as its standard output is the null device
    rows = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    sys.stdout = sys.stderr
    return run([Job(notebook, timeout_s, rows)])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], float(sys.argv[2])))
