"""The kernel that a learner's code runs in: forked from the warm process, walled in, watched from outside."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ipykernel import ipkernel
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

from course.runner import sandbox
from course.runner.words import DESK, KERNEL_FOLDERS

_WATCH_S = 0.05


class KernelApp(IPKernelApp):
    """ipykernel's own application, without a command line and without files of configuration to read."""

    def parse_command_line(self, argv: Any = None) -> None:
        """Leave the settings as they were given."""

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """Leave the settings as they were given."""

    def init_kernel(self) -> None:
        """Make the kernel, without a look at every module: that would copy a page of memory for each."""
        names: dict[str, Any] = vars(ipkernel)
        names["sys"] = SimpleNamespace(modules={})  # which it does for a debugger that there is not
        try:
            super().init_kernel()  # type: ignore[no-untyped-call]
        finally:
            names["sys"] = sys


def prepare() -> None:
    """Do before any fork what can be done without a socket and without a thread."""
    KernelApp.instance(config=Config({"HistoryManager": {"enabled": False}}))


def be_kernel(request: dict[str, Any], ready: int) -> int:
    """Build the walls, then be a kernel inside them. The outer process only waits, and counts; it returns.

    Without a `connection_file` in the request it ends when the walls have been told: they were only tried.
    """
    sandbox.die_with_parent()
    limits = sandbox.Limits(**request["limits"])
    space = Path(request["space"])
    walls = sandbox.separate(space, limits) if request["walls"] else []
    inner = os.fork()
    if inner:
        os.write(ready, json.dumps({"outer": os.getpid(), "kernel": inner}).encode() + b"\n")
        os.close(ready)
        return _watch(inner, limits.processes)
    sandbox.die_with_parent()
    for folder in KERNEL_FOLDERS:
        (space / folder).mkdir()
    os.chdir(space / DESK)  # empty when the learner's code begins
    os.environ.clear()
    os.environ.update(request["environment"])
    app: Any = None
    if "connection_file" in request:
        app = KernelApp.instance()
        app.connection_file = request["connection_file"]
        app.initialize()
        _finish_warm_start()
    walls += sandbox.limit(limits)
    if request["walls"]:
        walls += sandbox.lock([Path(path) for path in request["readable"]], [space, Path(os.devnull)])
    os.write(ready, json.dumps({"walls": walls}).encode() + b"\n")
    os.close(ready)
    if app is not None:
        app.start()
    return 0


def _finish_warm_start() -> None:
    """Do what these packages do when they are imported into a running shell: here they were imported before it."""
    import numpy as np

    np.random.seed()
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].install_repl_displayhook()
    import ipywidgets

    ipywidgets._handle_ipython()


def _watch(inner: int, most: int) -> int:
    """Wait for the kernel's end; end it when it has more processes than it may. Root is bound by no limit on them."""
    end = os.pidfd_open(inner)
    while not select.select([end], [], [], _WATCH_S)[0]:
        # a kernel of its own has a dozen threads
        if sandbox.descendants(inner) > most:
            os.kill(inner, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1]) & 0xFF
