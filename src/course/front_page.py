"""The front page and the glossary: notebooks that are put together from the lessons, so that nothing stands twice.

`course build` writes their cells. What changes as somebody learns (progress, calibration, ledger) is computed by the
front page when it is run; everything else is Markdown, which needs no kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import groupby
from os.path import relpath
from pathlib import Path

from course import notebooks, syllabus
from course.charts import PALETTE
from course.notebooks import Cell, DriftError, Notebook
from course.paths import FRONT_PAGE, GLOSSARY, LESSONS
from course.syllabus import Lesson

WELCOME = """\
# Full-Stack AI Strategy

*A course in notebooks you can argue with*

Do chips decide the race in AI, or does whoever builds the whole stack of chips, cloud, open-source models and
applications? The course takes that argument apart into claims, builds for each the smallest model that could prove it
wrong, feeds it sourced data, shows how far the model is off, and hands you the levers. It takes no side.

Run this page (in JupyterLab: *Run*, *Run All Cells*) and it shows how far you have come."""
TERMS = """\
# Glossary

The key terms of all lessons in the words of the lesson that explains them first."""
_PATHS = {
    "policy": "You decide or advise on rules. No function need be written.",
    "strategy": "You decide what to build, buy or give away.",
    "engineering": "You want to be able to build every model yourself.",
}
_PASSES_UP = {
    "Chips": "operations and bytes per second",
    "Cloud": "hours of compute",
    "Open-source models": "tokens",
    "Application integration": "work done",
}
"""What each layer hands to the one above it."""


@dataclass(frozen=True)
class StackMap:
    """The stack drawn as layers, the chips at the bottom; each layer links to its lessons.

    Links and words in document order are the figure, so that it needs no picture and no alt text.
    """

    lessons: tuple[Lesson, ...]

    @property
    def layers(self) -> list[tuple[str, list[Lesson]]]:
        """Names of the layers with their lessons, from the top down as they are drawn."""
        grouped = [(name, list(found)) for name, found in groupby(self.lessons, lambda lesson: _layer(lesson.part))]
        return grouped[::-1]

    def __repr__(self) -> str:
        return "\n".join(
            f"{name}: {'; '.join(f'{each.number} {each.title}' for each in found)}" for name, found in self.layers
        )

    def _repr_html_(self) -> str:
        items = "".join(self._item(name, found, number) for number, (name, found) in enumerate(self.layers))
        return (
            '<figure style="margin:0;max-width:46em"><ul aria-label="The layers of the stack, from the top down" '
            f'style="list-style:none;margin:0;padding:0">{items}</ul><figcaption style="line-height:1.5">'
            "Each layer lives on what the one below hands up. Links lead to the lessons.</figcaption></figure>"
        )

    def _item(self, name: str, found: list[Lesson], number: int) -> str:
        links = "".join(
            f'<li style="margin:0.25em 0">{lesson.number} <a href="{escape(lesson.path.name)}" '
            f'style="text-decoration:underline">{escape(lesson.title)}</a></li>'
            for lesson in found
        )
        handed = f'<p style="margin:0.2em 0 0.2em 1em">↑ {_PASSES_UP[name]}</p>' if name in _PASSES_UP else ""
        border = f"border:1px solid #767676;border-left:0.6em solid {PALETTE[number % len(PALETTE)]}"
        return (
            f'<li style="margin:0 0 0.4em 0;padding:0">{handed}<div style="{border};padding:0.4em 1em">'
            f'<strong>{escape(name)}</strong><ul style="list-style:none;margin:0;padding:0">{links}</ul></div></li>'
        )


def stack_map() -> StackMap:
    """Return the map of the stack with the lessons that are there."""
    return StackMap(syllabus.lessons())


def front() -> Notebook:
    """Return the front page, not yet run."""
    cells = [
        _markdown("title", WELCOME),
        _code(
            "imports",
            "from course.front_page import stack_map\nfrom course.ledger import Ledger, claim_ids\n"
            "from course.predictions import calibration_curve\nfrom course.progress import progress",
        ),
        _markdown("progress-text", "## Continue where you stopped"),
        _code("progress", "progress()"),
        _markdown("map-text", "## The map of the stack"),
        _code("map", "stack_map()"),
        _markdown("syllabus", _syllabus()),
        _markdown("paths", _paths()),
        _markdown(
            "calibration-text",
            "## How well do you know what you know?\n\n"
            "In each lesson you give a range before you see the answer. **Calibrated** ranges hold the answer as often "
            "as they claim to. The chart widens and narrows your scored ranges, as if each were a bell curve.",
        ),
        _code("calibration", "calibration_curve()"),
        _markdown(
            "ledger-text",
            "## Your claims ledger\n\nEach claim of the course, for your own verdict. The lessons bring the evidence.",
        ),
        _code("ledger", "Ledger(*claim_ids())"),
        _markdown("glossary", f"## Look a word up\n\n[The glossary]({GLOSSARY.name}) links each term to its lesson."),
    ]
    return _notebook(FRONT_PAGE, cells)


def glossary() -> Notebook:
    """Return the glossary: a section for each initial, each term with a link to the lesson that explains it."""
    lessons = {lesson.number: lesson for lesson in syllabus.lessons()}
    cells = [_markdown("title", TERMS)]
    for initial, found in groupby(syllabus.terms(), lambda term: term.name[0].upper()):
        lines = [f"* {term.text} [Lesson {term.lesson}]({lessons[term.lesson].path.name}#Key-terms)" for term in found]
        cells.append(_markdown(f"u{ord(initial):04x}", "\n".join([f"## {initial}", "", *lines])))
    return _notebook(GLOSSARY, cells)


def build(*, check: bool = False) -> list[Path]:
    """Write front page and glossary; outputs of cells that did not change stay. `course execute` makes new ones.

    With `check`, write nothing and raise `DriftError` if a page is not what the lessons say.
    """
    pages = {FRONT_PAGE: front(), GLOSSARY: glossary()}
    for path, page in pages.items():
        stored = notebooks.read(path) if path.exists() else None
        drifted = stored is None or _without_outputs(stored) != page
        if check and drifted:
            raise DriftError(f"lessons/{path.name} is not what the lessons say; run: course build, course execute")
        if drifted:
            path.write_text(notebooks.text_of(page), "utf-8")
    return list(pages)


def _syllabus() -> str:
    lines = [
        "## Syllabus",
        "",
        "| Lesson | Minutes | Exercises, minutes | Needs | Tests claims |",
        "|---|---:|---:|---|---|",
    ]
    for lesson in syllabus.lessons():
        exercises = Path(relpath(lesson.exercises, LESSONS)).as_posix()
        needs = ", ".join(syllabus.NEEDS[lesson.number]) or "nothing"
        lines.append(
            f"| {lesson.number} [{lesson.title}]({lesson.path.name}) | {lesson.minutes} "
            f"| [{lesson.exercise_minutes}]({exercises}) | {needs} | {', '.join(lesson.claims)} |"
        )
    return "\n".join(lines)


def _paths() -> str:
    there = {lesson.number: lesson for lesson in syllabus.lessons()}
    lines = ["## Three paths", ""]
    for name, numbers in syllabus.PATHS.items():
        hours = sum(there[each].minutes + there[each].exercise_minutes for each in numbers if each in there) / 60
        named = ", ".join(
            f"[{each}]({there[each].path.name})" if each in there else f"{each} (planned)" for each in numbers
        )
        lines.append(f"* **{name.capitalize()}**, about {hours:.0f} hours. {_PATHS[name]} Lessons {named}.")
    return "\n".join(lines)


def _layer(part: str) -> str:
    return part.partition(", ")[2] or part


def _notebook(path: Path, cells: list[Cell]) -> Notebook:
    named = [cell | {"id": f"{path.stem}-{cell['id']}"} for cell in cells]
    return notebooks.tidy({"cells": named, "metadata": {}})


def _markdown(cell_id: str, source: str) -> Cell:
    return {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": source}


def _code(cell_id: str, source: str) -> Cell:
    return {**_markdown(cell_id, source), "cell_type": "code", "execution_count": None, "outputs": []}


def _without_outputs(notebook: Notebook) -> Notebook:
    blank: Cell = {"execution_count": None, "outputs": []}
    cells = [cell | blank if cell["cell_type"] == "code" else cell for cell in notebook["cells"]]
    return {**notebook, "cells": cells}
