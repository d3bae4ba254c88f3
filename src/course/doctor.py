"""Is everything there that the course needs? Each check says what it found, and what to do where it failed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from course import state
from course.paths import ROOT

OLDEST_PYTHON = (3, 11)
_DISK_MB, _PORT, _SECONDS = 500, 8888, 60


@dataclass(frozen=True)
class Finding:
    """What one check found; `remedy` is empty where all is well."""

    what: str
    found: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Yield a finding for each check, in the order in which a fault would show. A check that fails says so itself."""
    checks: tuple[Callable[[], Finding], ...] = (_python, _packages, _kernel, _widgets, _disk, _folder, _port)
    for check in checks:
        try:
            yield check()
        except Exception as error:  # a doctor who falls ill must not stop the examination
            yield Finding(
                check.__name__.strip("_"), f"could not be examined: {type(error).__name__}: {error}", "Report it."
            )


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, OLDEST_PYTHON))
    remedy = "" if sys.version_info >= OLDEST_PYTHON else f"Install Python {wanted} or newer and start again."
    return Finding("Python", found, remedy)


def _packages() -> Finding:
    pins = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    wrong = [problem for pin in pins if (problem := _differs(*pin.split("==")))]
    remedy = "Run `python3 start.py` again: it installs what is missing." if wrong else ""
    return Finding("Packages", "; ".join(wrong) or f"all {len(pins)} in the pinned version", remedy)


def _differs(name: str, wanted: str) -> str:
    try:
        return "" if version(name) == wanted else f"{name} {version(name)} instead of {wanted}"
    except PackageNotFoundError:
        return f"{name} is missing"


def _kernel() -> Finding:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(startup_timeout=_SECONDS)
    try:
        client.execute_interactive("1 + 1", timeout=_SECONDS, store_history=False)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return Finding("Kernel", "starts and answers")


def _widgets() -> Finding:
    command = [sys.executable, "-m", "jupyter", "labextension", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
    there = "@jupyter-widgets/jupyterlab-manager" in listed.stdout + listed.stderr
    remedy = "" if there else "Run `python3 start.py` again, then reload the page in the browser."
    return Finding("Widgets", "known to JupyterLab" if there else "unknown to JupyterLab", remedy)


def _disk() -> Finding:
    free_mb = shutil.disk_usage(ROOT).free // 10**6
    remedy = "" if free_mb > _DISK_MB else f"Make room: at least {_DISK_MB} MB."
    return Finding("Disk", f"{free_mb:,} MB free", remedy)


def _folder() -> Finding:
    state.update("doctor", lambda entries: entries | {"visited": True})
    return Finding("Your own folder", f"can be written: {state.folder()}")


def _port() -> Finding:
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", _PORT)) == 0
    # no fault: JupyterLab takes the next one
    return Finding("Port", f"{_PORT} is {'taken, JupyterLab will use the next' if taken else 'free'}")
