"""Slides from a lesson: a column for each heading, a slide below it for each thing shown, notes from the guide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from course import instructor
from course.instructor import EXERCISES, QUESTION
from course.notebooks import Cell, read
from course.pages.page import body, document, lesson, vendor
from course.syllabus import Lesson

_LAST = ("Key terms", "References")
"""Sections that a class reads at home."""

_STYLE = """
.reveal { font: 24px/1.35 sans-serif; color: #000; background: #fff; }
.reveal .slides { text-align: left; } .reveal .slides section:not(.stack) { max-height: 100%; overflow-y: auto; }
.reveal .slides section:not(.stack) { box-sizing: border-box; padding-right: 1em; }
.reveal h1 { font-size: 2em; } .reveal h2 { font-size: 1.5em; } .reveal h3 { font-size: 1.25em; }
.reveal img { max-width: 100%; max-height: 520px; } .reveal a { color: #0072B2; }
.reveal pre { font-size: .72em; white-space: pre-wrap; background: #f5f5f5; padding: .5em; margin: .4em 0; }
.reveal table { border-collapse: collapse; font-size: .72em; }
.reveal th, .reveal td { padding: .15em .6em; text-align: left; vertical-align: top; }
.reveal thead { border-bottom: 1px solid #000; } .anchor-link { display: none; }
.reveal .slide-number { color: #fff; background: #333; }
"""
_START = 'Reveal.initialize({hash: true, slideNumber: "c/t", width: 1120, height: 760, plugins: [RevealNotes]});'


@dataclass
class Section:
    """A heading with what stands under it, as slides."""

    heading: str
    slides: list[list[Cell]] = field(default_factory=lambda: [[]])


def slides(number: str) -> str:
    """Return the slides of a lesson as one page. `ValueError` if there is no such lesson."""
    one = lesson(number)
    told = _notes(one)
    columns = "\n".join(_column(section, told.pop(section.heading, "")) for section in sections(one))
    style = vendor("reveal.css") + _STYLE
    scripts = vendor("reveal.js") + vendor("notes.js") + _START
    content = f'<main class="reveal"><div class="slides">\n{columns}\n</div></main>'
    return document(f"{one.number} {one.title}, slides", content, style=style, scripts=scripts)


def sections(one: Lesson) -> list[Section]:
    """Return a lesson's sections, the first being the title with its question."""
    found = [Section(QUESTION)]
    for cell in _split(read(one.path)["cells"]):
        if cell["cell_type"] == "markdown":
            heading = re.match(r"##+ (.+)", cell["source"])
            if heading:
                found.append(Section(heading[1]))
            found[-1].slides[-1].append(cell)
        elif cell["outputs"]:
            if found[-1].slides[-1] and any(each["cell_type"] == "code" for each in found[-1].slides[-1]):
                found[-1].slides.append([])
            found[-1].slides[-1].append(cell)
    return [section for section in found if section.heading not in _LAST]


def _split(cells: list[Cell]) -> Iterator[Cell]:
    """Yield cells so that each heading begins one."""
    for cell in cells:
        if cell["cell_type"] != "markdown":
            yield cell
            continue
        for place, text in enumerate(re.split(r"^(?=##+ )", cell["source"], flags=re.MULTILINE)):
            if text.strip():
                yield {**cell, "id": f"{cell['id']}-{place}", "source": text}


def _column(section: Section, note: str) -> str:
    notes = f'<aside class="notes">{note}</aside>' if note else ""
    pages = [f"<section>{body(cells)}</section>" for cells in section.slides]
    pages[0] = pages[0].replace("</section>", f"{notes}</section>")
    return pages[0] if len(pages) == 1 else f"<section>{''.join(pages)}</section>"


def _notes(one: Lesson) -> dict[str, str]:
    """Return what the instructor's page says to each section: the row of the plan, and the rest where it belongs."""
    path = instructor.page(one.number)
    if not path.exists():
        return {}
    text = path.read_text("utf-8")
    told: dict[str, str] = {}
    for step in instructor.plan(text):
        line = f"<p><b>Minutes {step.start}-{step.end}.</b> {escape(step.what)}</p>"
        told[step.section] = told.get(step.section, "") + line
    extras = {"Predict first": "If half the class predicts wrong", "Verdict so far": "Discuss", "Next": EXERCISES}
    for section, title in extras.items():
        more = _under(text, title) if title != EXERCISES else told.pop(EXERCISES, "")
        told[section] = told.get(section, "") + more
    return told


def _under(text: str, heading: str) -> str:
    wanted = text.partition(f"## {heading}\n")[2].partition("\n## ")[0].strip()
    return "".join(f"<p>{escape(part.replace('**', ''))}</p>" for part in wanted.splitlines() if part)
