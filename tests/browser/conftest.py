"""A real browser, the built site, and a JupyterLab, each started once; no browser, no test, and the reason is said."""

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator

import lab
import pytest
from playwright.sync_api import Browser, sync_playwright

from course.explorers import every
from course.paths import ROOT


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = lab.chromium()
    if found is None:
        pytest.skip(f"no browser here: none of {', '.join(lab.BROWSERS)} is installed")
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
    """JupyterLab on a copy of the notebooks, for it saves what is run, and on one with every explorer."""
    home = tmp_path_factory.mktemp("lab")
    for folder in ("lessons", "exercises"):
        shutil.copytree(ROOT / folder, home / "root" / folder, ignore=shutil.ignore_patterns("solutions"))
    cells = {name: f"from course.explorers import every\nevery()[{name!r}]()" for name in every()}
    lab.write_notebook(home / "root" / "explorers.ipynb", cells)
    with lab.serve(home) as address:
        yield address
