"""The whole course as static pages: stored outputs, nothing executed, nothing fetched when it is read.

Sphinx with myst-nb and sphinx-book-theme. Formulas become MathML, which browsers draw by themselves.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from course import notebooks, syllabus
from course.notebooks import Notebook
from course.paths import EXERCISES, FRONT_PAGE, GLOSSARY, LESSONS, ROOT

DEFAULT = ROOT / "build" / "site"
START = "lessons/index"

_ENTRY = """\
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Full-Stack AI Strategy</title>
<meta http-equiv="refresh" content="0; url={start}.html"></head>
<body><p><a href="{start}.html">Full-Stack AI Strategy</a></p></body></html>
"""
_STYLE = """\
/* What is wide scrolls by itself, so that a page never does. */
.bd-article .formula, .bd-article .cell_output > .output { overflow-x: auto; max-width: 100%; }
.bd-article figure img { max-width: 100%; }
.bd-article p, .bd-article li, .bd-article figcaption { overflow-wrap: anywhere; }
.bd-article :is(p, li) code, .bd-article :is(p, li) code .pre { white-space: normal; }
.bd-article td *, .bd-article th * { overflow-wrap: normal; }
/* The sentence under a chart is not an aside. */
.bd-article figcaption, .bd-article figcaption * { color: inherit; font-weight: inherit; text-align: left; }
.bd-article .cell_output table { margin-left: 0; }
@media (max-width: 600px) { .bd-article :is(td, th) { padding: .25rem .5rem; } }
"""
_SETTINGS: dict[str, Any] = {
    "project": "Full-Stack AI Strategy",
    "html_title": "Full-Stack AI Strategy",
    "author": "the course authors",
    "copyright": "the course authors, CC BY 4.0; code Apache-2.0",
    "language": "en",
    "extensions": ["myst_nb", "course.mathml"],
    "root_doc": START,
    "html_theme": "sphinx_book_theme",
    "html_static_path": ["_static"],
    "html_css_files": ["course.css"],
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_theme_options": {"use_download_button": False, "use_fullscreen_button": False, "navbar_persistent": []},
    "html_math_renderer": "mathml",
    "nb_execution_mode": "off",
    "nb_ipywidgets_js": {},
    "nb_mime_priority_overrides": [("html", "application/vnd.jupyter.widget-view+json", None)],
    "myst_enable_extensions": ["dollarmath"],
    "myst_heading_anchors": 3,
    "myst_heading_slug_func": "course.notebooks.anchor",
}


class SiteError(Exception):
    """The site could not be built without a warning, or a link in it leads nowhere."""


def build(folder: Path = DEFAULT) -> Path:
    """Write the site into a folder and return its first page. What the folder held before is replaced.

    `SiteError` for every warning, for links that lead nowhere, and for a folder that holds something else; it is then
    as it was.
    """
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError

    if folder.exists() and any(folder.iterdir()) and not (folder / "searchindex.js").exists():
        raise SiteError(f"{folder} holds something that is no site, and would be replaced")
    with tempfile.TemporaryDirectory(prefix="course-site-") as room:
        source, out, trees = (Path(room) / name for name in ("source", "html", "trees"))
        _write_source(source)
        said = StringIO()
        try:
            site = Sphinx(
                source, None, out, trees, "html", confoverrides=_SETTINGS, status=None, warning=said, parallel=1
            )
            site.build()
        except SphinxError as error:
            raise SiteError(str(error)) from error
        if warnings := said.getvalue().strip():
            raise SiteError(warnings)
        for template in (out / "_static").glob("*macros.html"):  # of the theme, and no pages
            template.unlink()
        (out / "index.html").write_text(_ENTRY.format(start=START), "utf-8")
        if broken := broken_links(out):
            raise SiteError("\n".join(broken))
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(out, folder, ignore=shutil.ignore_patterns(".buildinfo*", "objects.inv"))
    return folder / "index.html"


def broken_links(folder: Path) -> list[str]:
    """Name each link and picture in a folder of pages that leads to no file or no anchor of it, in a sentence."""
    pages = {path.resolve(): _Page(path.read_text("utf-8")) for path in sorted(folder.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        for address in sorted(page.addresses):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            name = f"{path.relative_to(folder.resolve())}: {address}"
            if not target.exists():
                found.append(f"{name} leads to no file")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                found.append(f"{name} leads to no such place")
    return found


def _write_source(folder: Path) -> None:
    """Write the pages as Sphinx wants them: the sheets without marks of ours, the links between outputs to pages."""
    pages = [FRONT_PAGE, GLOSSARY, *notebooks.lessons(), *sorted(EXERCISES.glob("[0-9][0-9]_*.ipynb"))]
    for path in pages:
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        notebook = notebooks.read(path)
        if path == FRONT_PAGE:
            notebook["cells"].append(_contents())
        target.write_text(notebooks.text_of(_with_page_links(notebook)), "utf-8")
    (folder / "_static").mkdir()
    (folder / "_static" / "course.css").write_text(_STYLE, "utf-8")


def _contents() -> dict[str, Any]:
    """Return the cell that puts the pages into the sidebar."""
    entries = {
        caption: [
            f"{lesson.number} {lesson.title} </{folder.name}/{lesson.path.stem}>" for lesson in syllabus.lessons()
        ]
        for caption, folder in (("Lessons", LESSONS), ("Exercises", EXERCISES))
    }
    entries["Look up"] = [f"/{GLOSSARY.relative_to(ROOT).with_suffix('').as_posix()}"]
    trees = [
        "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"])
        for caption, pages in entries.items()
    ]
    return {"cell_type": "markdown", "id": "index-contents", "metadata": {}, "source": "\n\n".join(trees)}


def _with_page_links(notebook: Notebook) -> Notebook:
    """Return the notebook with links in its HTML outputs to pages; those in Markdown are known to Sphinx."""
    for cell in notebooks.code_cells(notebook):
        for output in cell["outputs"]:
            if "text/html" in output.get("data", {}):
                page = "".join(output["data"]["text/html"])
                output["data"]["text/html"] = re.sub(r'(href="[^":]+)\.ipynb(["#])', r"\1.html\2", page)
    return notebook


class _Page(HTMLParser):
    """What a page refers to, and what can be referred to in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value and value != "#":
                self.addresses.add(value)
            elif name == "id" and value:
                self.anchors.add(value)
