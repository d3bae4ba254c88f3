"""Finds the notebooks in what an instructor names: files, or folders of them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Found:
    """A notebook to mark, and the name that it has in the results."""

    path: Path
    name: str


def find(paths: Sequence[Path]) -> list[Found]:
    """Return the notebooks that `paths` name or hold, sorted, without hidden ones. `ValueError` for none."""
    files: set[Path] = set()
    bases: list[Path] = []
    for path in (Path(os.path.abspath(path)) for path in paths):
        if not os.path.lexists(path):
            raise ValueError(f"there is no {path}")
        inside = _notebooks_in(path) if path.is_dir() else [path]
        if not inside:
            raise ValueError(f"no notebooks (*.ipynb) in {path}")
        files.update(inside)
        bases.append(path if path.is_dir() else path.parent)
    if not bases:
        raise ValueError("no notebook given")
    base = os.path.commonpath(bases)
    named = ((path, Path(os.path.relpath(path, base)).as_posix()) for path in files)
    # a file name may hold bytes that are no text; the reports must still be writable
    return sorted(
        (Found(path, name.encode("utf-8", "backslashreplace").decode()) for path, name in named),
        key=lambda each: each.name,
    )


def others_in(paths: Sequence[Path]) -> list[str]:
    """Return the names of files in the folders among `paths` that are no notebooks, such as `anna.ipynb.txt`."""
    return sorted(
        file
        for path in paths
        if path.is_dir()
        for _, _, files in os.walk(path)
        for file in files
        if not _looks_like_notebook(file) and not file.startswith(".")
    )


def learner_of(name: str, *stems: str) -> str:
    """Tell from a submission's name whose it is: its first folder, else its file's name without the sheet's.

    >>> learner_of("anna/01_chips.ipynb", "01_chips"), learner_of("01_chips-ben.ipynb", "01_chips")
    ('anna', 'ben')
    """
    folder, slash, _ = name.partition("/")
    if slash:
        return folder
    own = name[: -len(".ipynb")] if _looks_like_notebook(name) else name
    stem = next((stem for stem in stems if stem in own), "")
    return re.sub(r"^[\s_.-]+|[\s_.-]+$", "", own.replace(stem, "", 1)) if stem else own


def _notebooks_in(folder: Path) -> list[Path]:
    """List notebooks, including folders and links that are named like one: they get a row, not silence."""
    found: list[Path] = []
    unreadable = found.append
    for where, folders, files in os.walk(folder, onerror=lambda error: unreadable(Path(error.filename))):
        found += [Path(where, name) for name in [*folders, *files] if _looks_like_notebook(name)]
        folders[:] = [name for name in folders if not name.startswith(".") and not _looks_like_notebook(name)]
    return found


def _looks_like_notebook(name: str) -> bool:
    return name.casefold().endswith(".ipynb") and not name.startswith(".")
