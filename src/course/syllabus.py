"""The lessons as a whole: titles, minutes, claims and terms out of the notebooks, and what each one needs.

Everything but the prerequisites and the paths is read from the lessons themselves.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course.paths import EXERCISES, LESSONS

NEEDS: dict[str, tuple[str, ...]] = {
    "00": (),
    "01": ("00",),
    "02": ("01",),
    "03": ("01",),
    "04": ("00",),
    "05": ("04",),
    "06": ("01", "04"),
    "07": ("01", "04"),
    "08": ("00",),
    "09": ("00",),
    "10": ("00",),
    "11": ("09",),
    "12": ("02",),
    "13": ("00",),
}
"""Which lessons each one builds on directly."""

PATHS: dict[str, tuple[str, ...]] = {
    "policy": ("00", "01", "02", "09", "10", "12"),
    "strategy": ("00", "01", "02", "04", "06", "08", "09", "10", "12"),
    "engineering": tuple(NEEDS),
}
"""Ways through the course for readers with less time. On the policy path no function need be written."""

_HEAD = re.compile(
    r"\*Lesson (?P<number>\d\d) · (?P<part>.+?) · (?P<minutes>\d+) minutes, and (?P<exercise_minutes>\d+) for its "
    r"exercises · tests claims? (?P<claims>.+?)\*",
    re.DOTALL,
)
_TERM = re.compile(r"^\* (?=\*\*)(?P<text>.+(?:\n  .+)*)", re.MULTILINE)


@dataclass(frozen=True)
class Term:
    """A key term as a lesson explains it, in Markdown."""

    name: str
    text: str
    lesson: str


@dataclass(frozen=True)
class Lesson:
    """A lesson as it presents itself."""

    number: str
    title: str
    part: str
    minutes: int
    exercise_minutes: int
    claims: tuple[str, ...]
    path: Path

    @property
    def exercises(self) -> Path:
        """The learner's sheet."""
        return EXERCISES / self.path.name


@cache
def lessons() -> tuple[Lesson, ...]:
    """Return the lessons that are there, in order. `ValueError` names one whose head cannot be read."""
    return tuple(_lesson(path) for path in sorted(LESSONS.glob("[0-9][0-9]_*.ipynb")))


def closed(path: tuple[str, ...]) -> bool:
    """Tell whether a path holds, before each lesson, all that the lesson needs."""
    return all(set(NEEDS[number]) <= set(path[:place]) for place, number in enumerate(path))


def terms() -> list[Term]:
    """Return the key terms of all lessons in alphabetical order; one that several lessons explain, by its first."""
    found: dict[str, Term] = {}
    for lesson in lessons():
        section = _text(lesson.path).partition("## Key terms")[2].partition("\n## ")[0]
        for entry in _TERM.finditer(section):
            text = " ".join(entry["text"].split())
            name = text.split("**")[1]
            found.setdefault(name.casefold(), Term(name, text, lesson.number))
    return [found[name] for name in sorted(found)]


def _lesson(path: Path) -> Lesson:
    text = _text(path)
    head = _HEAD.search(text)
    if head is None or not text.startswith("# "):
        raise ValueError(
            f"{path.name}: its first cell needs a title and the line *Lesson NN · Part · minutes · claims*"
        )
    return Lesson(
        number=head["number"],
        title=text.splitlines()[0].removeprefix("# "),
        part=head["part"],
        minutes=int(head["minutes"]),
        exercise_minutes=int(head["exercise_minutes"]),
        claims=tuple(re.findall(r"C\d\d", head["claims"])),
        path=path,
    )


@cache
def _text(path: Path) -> str:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
