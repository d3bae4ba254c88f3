"""JupyterLab as a user starts it, and what is asked of its page; for tests and for the benchmark beside them."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from course.paths import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STARTS_WITHIN_S = 120

RUN = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
ALL_RUN = """() => {
    const { content } = window.jupyterapp.shell.currentWidget;
    const code = content.widgets.filter(cell => cell.model.type === 'code' && cell.model.sharedModel.source.trim());
    return code.every(cell => cell.model.executionState === 'idle' && cell.model.executionCount !== null);
}"""
ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .flatMap(cell => cell.model.outputs.toJSON())
    .filter(output => output.output_type === 'error' || output.name === 'stderr')
    .map(output => output.evalue || output.text)"""


def chromium() -> str | None:
    """Return the path of a browser, if there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def serve(home: Path) -> Iterator[str]:
    """Start JupyterLab on the folder `root` in `home`; yield its address with a gap for a notebook's path."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    # In its own environment start.py has nothing to install and goes straight on to the course.
    ours = Path(sys.prefix) == ROOT / ".venv"
    start = [sys.executable, str(ROOT / "start.py")] if ours else [sys.executable, "-m", "course"]
    words = [
        *("lab", "--no-browser", "--allow-root", f"--ServerApp.port={port}", f"--IdentityProvider.token={token}"),
        *(f"--ServerApp.root_dir={home / 'root'}", "--LabApp.expose_app_in_browser=True"),
    ]
    own = {name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_WORKSPACES_DIR", "COURSE_HOME")}
    environment = {name: text for name, text in os.environ.items() if name != "COURSE_STRICT"} | own
    with (home / "log.txt").open("w") as log:
        server = subprocess.Popen([*start, *words], env=environment, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/api/status?token={token}", server, home / "log.txt")
            yield f"http://127.0.0.1:{port}/lab/tree/{{}}?token={token}&reset"
        finally:
            server.terminate()
            server.wait(30)


def write_notebook(path: Path, cells: Mapping[str, str]) -> None:
    """Write a notebook of code cells, given by id."""
    code = [
        {"cell_type": "code", "id": name, "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for name, source in cells.items()
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_text(json.dumps({"cells": code, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), "utf-8")


def open_notebook(page: Page, address: str, path: str) -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(address.format(path))
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )


def run_all(page: Page) -> None:
    """Run every cell of the open notebook."""
    page.evaluate(RUN)
    page.wait_for_function(ALL_RUN)


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text('utf-8')[-2000:]}")
