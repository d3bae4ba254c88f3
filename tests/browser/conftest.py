"""A real browser, the built site, and a JupyterLab, each started once; no browser, no test, and the reason is said."""

import functools
import http.server
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from course.paths import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STARTS_WITHIN_S = 120


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser here: none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def site_address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site") / "html"
    command = [sys.executable, "-m", "course", "site", "--to", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="session")
def lab_address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab as a user starts it, on a copy of the notebooks, for it saves what is run."""
    home = tmp_path_factory.mktemp("lab")
    for folder in ("lessons", "exercises"):
        shutil.copytree(ROOT / folder, home / "root" / folder, ignore=shutil.ignore_patterns("solutions"))
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


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text('utf-8')[-2000:]}")
