"""A lesson for printing: one HTML file, or a PDF where a Chromium is found to print it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from course.notebooks import read
from course.pages.page import body, document, lesson

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
_PRINT_TIMEOUT_S = 120

_STYLE = """
body { font: 11pt/1.45 Georgia, serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #000; }
h1, h2, h3, table, pre { font-family: sans-serif; }
h2 { border-top: 1px solid #767676; padding-top: .6em; }
pre { font: 9pt/1.35 monospace; white-space: pre-wrap; background: #f5f5f5; padding: .5em; }
table { border-collapse: collapse; font-size: 9pt; }
th, td { padding: .15em .6em; text-align: left; vertical-align: top; }
thead { border-bottom: 1px solid #000; } img { max-width: 100%; } .anchor-link { display: none; }
@media print { body { margin: 0; max-width: none; } h2, h3 { break-after: avoid; }
  figure, img, table, pre { break-inside: avoid; } }
"""


def handout(number: str) -> str:
    """Return a lesson as a page for printing. `ValueError` if there is no such lesson."""
    one = lesson(number)
    cells = [cell for cell in read(one.path)["cells"] if cell["cell_type"] == "markdown" or cell["outputs"]]
    return document(f"{one.number} {one.title}", f"<main>{body(cells)}</main>", style=_STYLE)


def pdf(page: str) -> bytes:
    """Print a page. `FileNotFoundError` where no Chromium is found, `RuntimeError` if it does not print."""
    browser = next((found for found in map(shutil.which, BROWSERS) if found), None)
    if browser is None:
        raise FileNotFoundError("no Chromium or Chrome is on the path; open the HTML handout and print it from there")
    with tempfile.TemporaryDirectory(prefix="course-handout-") as folder:
        source, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page, "utf-8")
        words = ["--headless", "--disable-gpu", "--no-sandbox", f"--user-data-dir={folder}/profile"]
        words += ["--no-pdf-header-footer", f"--print-to-pdf={target}", source.as_uri()]
        done = subprocess.run([browser, *words], capture_output=True, text=True, timeout=_PRINT_TIMEOUT_S)
        if not target.exists():
            raise RuntimeError(f"{browser} printed nothing: {done.stderr.strip()[-200:]}")
        return target.read_bytes()
