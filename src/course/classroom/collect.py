"""Downloads from a learning management system, sorted by learner: a folder for each id, nothing overwritten.

Canvas names a file `lastnamefirst_12345_67890_sheet.ipynb` (with `LATE_` before the numbers if it came late), the first
number being the learner's id. Moodle puts it into a folder `Name_12345_assignsubmission_file_`, or writes that before
the name of the file; its number is the participant's id.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_MOODLE_FOLDER = re.compile(r"(?P<who>.+)_(?P<id>\d+)_assignsubmission_file_?")
_MOODLE_FILE = re.compile(r"(?P<who>.+)_(?P<id>\d+)_assignsubmission_file_(?P<file>.+)")
_CANVAS_FILE = re.compile(r"(?P<who>[^_]+)_(?:LATE_)?(?P<id>\d+)_(?P<upload>\d+)_(?P<file>.+)")


@dataclass(frozen=True)
class Placed:
    """A download, whose it is, and where its copy goes."""

    source: Path
    who: str
    id: str
    target: Path


@dataclass(frozen=True)
class Collected:
    """What went where, and what was left and why."""

    placed: tuple[Placed, ...]
    left: tuple[tuple[Path, str], ...]

    @property
    def lines(self) -> list[str]:
        """The mapping in words, a line a file."""
        moved = [f"{each.who} is {each.id}: {each.source.name} -> {each.target}" for each in self.placed]
        return [*moved, *(f"LEFT {path}: {why}" for path, why in self.left)]


def collect(downloads: Path, to: Path) -> Collected:
    """Copy each notebook in `downloads` into a folder of `to` named by its learner's id.

    A file whose name tells no learner, one that would take the place of another, and a link are left and named.
    `ValueError` if `downloads` is no folder or holds no notebook, or if `to` lies in it.
    """
    if not downloads.is_dir():
        raise ValueError(f"{downloads} is no folder; unpack the download first")
    if to.resolve().is_relative_to(downloads.resolve()):
        raise ValueError(f"{to} lies in {downloads}; choose a folder elsewhere")
    found = sorted(path for path in downloads.rglob("*") if path.suffix.casefold() == ".ipynb")
    if not found:
        raise ValueError(f"no notebooks (*.ipynb) in {downloads}")
    wanted = [(path, _place(path, to)) for path in found]
    times = Counter(str(place.target).casefold() for _, place in wanted if place)
    placed, left = [], []
    for path, place in wanted:
        why = _objection(path, place, times)
        if place is None or why:
            left.append((path, why))
            continue
        place.target.parent.mkdir(parents=True, exist_ok=True)
        if not place.target.exists():
            shutil.copyfile(path, place.target)
        placed.append(place)
    return Collected(tuple(placed), tuple(left))


def _objection(path: Path, place: Placed | None, times: Counter[str]) -> str:
    if path.is_symlink() or not path.is_file():
        return "it is no plain file"
    if place is None:
        return "its name tells no learner"
    if times[str(place.target).casefold()] > 1:
        return f"another download would also be {place.target}"
    if place.target.exists() and place.target.read_bytes() != path.read_bytes():
        return f"{place.target} is there already and differs"
    return ""


def _place(path: Path, to: Path) -> Placed | None:
    if folder := _MOODLE_FOLDER.fullmatch(path.parent.name):
        return Placed(path, folder["who"], folder["id"], to / folder["id"] / path.name)
    if named := _MOODLE_FILE.fullmatch(path.name) or _CANVAS_FILE.fullmatch(path.name):
        return Placed(path, named["who"], named["id"], to / named["id"] / named["file"])
    return None
