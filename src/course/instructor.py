"""The instructor's guide in `docs/instructor`: one page a lesson, with its plan and the misconceptions to expect.

A page is written by hand, except for the misconceptions, which come from the questions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from course import questions
from course.notebooks import DriftError, read
from course.paths import ROOT
from course.syllabus import Lesson, lessons

GUIDE = ROOT / "docs" / "instructor"
BEGIN = "<!-- from here on made by `course build` out of the questions -->"
END = "<!-- up to here -->"

QUESTION, EXERCISES = "Question", "Exercises"
"""Rows of a plan that stand for no heading: what comes before the first one, and the sheet."""

_ROW = re.compile(r"^\| (?P<start>\d+)-(?P<end>\d+) \| (?P<section>.+?) \| (?P<what>.+) \|$", re.MULTILINE)
_PART = re.compile(r"^\| (?P<minutes>\d+) \| (?P<part>.+?) \|$", re.MULTILINE)
_HEADING = re.compile(r"^(?P<level>##+) (?P<text>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """A row of a plan: from one minute to another, the section of the lesson, and what the instructor does."""

    start: int
    end: int
    section: str
    what: str

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return self.end - self.start


def page(number: str) -> Path:
    """Return where the page of a lesson is, or should be."""
    return GUIDE / f"{number}.md"


def plan(text: str) -> list[Step]:
    """Return the minute-by-minute plan of a page. `ValueError` names a row that leaves a gap or goes backwards."""
    steps = [Step(int(row["start"]), int(row["end"]), row["section"], row["what"]) for row in _ROW.finditer(text)]
    before = 0
    for step in steps:
        if step.start != before or step.end <= step.start:
            raise ValueError(f"{step.start}-{step.end} {step.section}: the row before ends at minute {before}")
        before = step.end
    return steps


def minute_table(lesson: Lesson) -> dict[str, int]:
    """Return the parts of a lesson with the minutes that its own table gives them."""
    return {row["part"]: int(row["minutes"]) for row in _PART.finditer(_markdown(lesson))}


def parts(lesson: Lesson) -> dict[str, str]:
    """Return for each heading of a lesson, in order, the part of its minute table under which it falls.

    A heading opens the first later part that has the heading's first telling word: `Case: ...` falls under
    `Break it, case, verdict`.
    """
    names = [name for name in minute_table(lesson) if name != EXERCISES]
    place, found = 0, {QUESTION: names[0]}
    for heading in _HEADING.finditer(_markdown(lesson)):
        if heading["level"] == "##":
            place = next((at for at in range(place, len(names)) if _opens(heading["text"], names[at])), place)
        found[heading["text"]] = names[place]
    return {**found, EXERCISES: EXERCISES}


def misconceptions(number: str) -> str:
    """Return what the questions of a sheet expect learners to get wrong, as Markdown, and what the check then says."""
    blocks = []
    for question in questions.of_sheet(number):
        lines = [f"**{question.id}** {question.asks}", ""]
        lines += [f"* *{wrong.name}*: {wrong.message}" for wrong in question.misconceptions]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def renewed(text: str, number: str) -> str:
    """Return a page with the part between the marks written anew; `ValueError` unless both marks are there once."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"{number}.md needs the lines {BEGIN!r} and {END!r}, once each")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{misconceptions(number)}\n\n{END}{after}"


def write(*, check: bool = False) -> list[Path]:
    """Renew every page and return them; with `check`, write nothing and raise `DriftError` on drift."""
    pages = [page(lesson.number) for lesson in lessons() if page(lesson.number).exists()]
    for path in pages:
        text = path.read_text("utf-8")
        new = renewed(text, path.stem)
        if check and new != text:
            raise DriftError(f"docs/instructor/{path.name} is not what the questions say; run: course build")
        if not check:
            path.write_text(new, "utf-8")
    return pages


def _opens(heading: str, part: str) -> bool:
    first = heading.split(":")[0].casefold()
    word = first.split()[0]
    return first in part.casefold() or (word not in ("the", "what", "how") and word in part.casefold())


def _markdown(lesson: Lesson) -> str:
    cells = read(lesson.path)["cells"]
    return "\n\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
