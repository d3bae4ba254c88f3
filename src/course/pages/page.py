"""What slides and handouts share: cells as HTML by nbconvert, and one file with everything in it."""

from __future__ import annotations

import html
import json
import re
from functools import cache
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from traitlets.config import Config

from course.notebooks import Cell
from course.syllabus import Lesson, lessons

VENDOR = Path(__file__).parent / "vendor"

_NO_INPUT = "no-input"

# Even a link that slipped through may load nothing; frames are the speaker's view of these same slides.
_POLICY = (
    "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "frame-src 'self' file:"
)
_MATH = """
temml.renderMathInElement(document.body, {delimiters: [
  {left: "$$", right: "$$", display: true}, {left: "$", right: "$", display: false}]});
"""
_INNER_LINK = re.compile(r'<a (?:class="[^"]*" )?href="(?!https?:|mailto:)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)


def lesson(number: str) -> Lesson:
    """Return a lesson by its number; `ValueError` names those that are there."""
    found = {each.number: each for each in lessons()}
    if number not in found:
        raise ValueError(f"there is no lesson {number!r}; there are {', '.join(found)}")
    return found[number]


def body(cells: list[Cell]) -> str:
    """Return cells as HTML. Where an output is a picture or a table, the code that made it is left out."""
    shown = [{**cell, "metadata": {"tags": [_NO_INPUT]} if _speaks_for_itself(cell) else {}} for cell in cells]
    text_of_notebook = json.dumps({"cells": shown, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    notebook = nbformat.reads(text_of_notebook, as_version=4)  # joins outputs that are stored line by line
    text, _ = _exporter().from_notebook_node(notebook)
    return _INNER_LINK.sub(r"\1", text)


def document(title: str, content: str, *, style: str, scripts: str = "") -> str:
    """Return a whole page with styles and programs in it."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{style}</style>
</head>
<body>
{content}
<script>{vendor("temml.min.js")}{_MATH}{scripts}</script>
</body>
</html>
"""


def vendor(name: str) -> str:
    """Return a program or style of others, so that it can stand inside a page."""
    return (VENDOR / name).read_text("utf-8").replace("</script", "<\\/script")


@cache
def _exporter() -> HTMLExporter:
    settings = Config({"TagRemovePreprocessor": {"enabled": True, "remove_input_tags": [_NO_INPUT]}})
    exporter = HTMLExporter(config=settings, template_name="basic", embed_images=True, anchor_link_text="")
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    return exporter


def _speaks_for_itself(cell: Cell) -> bool:
    return any("text/html" in out.get("data", {}) or "text/markdown" in out.get("data", {}) for out in _outputs(cell))


def _outputs(cell: Cell) -> list[dict[str, dict[str, str]]]:
    return list(cell.get("outputs", []))
