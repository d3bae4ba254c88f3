"""What learners get: the course without its solutions, its instructor's guide and its tests.

The questions go along, for a learner's own check compares with them; so a learner who reads the package finds answers.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from course.paths import DATASETS, EXERCISES, LESSONS, ROOT, SOLUTIONS

FILES = (
    "README.md",
    "LICENSE",
    "LICENSE-CONTENT",
    "CITATION.cff",
    "environment.yml",
    "pyproject.toml",
    "requirements.txt",
    "start.py",
)
FOLDERS = (LESSONS, EXERCISES, DATASETS, ROOT / "src", ROOT / "docs" / "images")
_KEPT_BACK = (SOLUTIONS,)
_MADE = ("__pycache__", ".ipynb_checkpoints", ".ruff_cache", ".mypy_cache")


def release(to: Path) -> list[Path]:
    """Copy what learners get into `to` and return the files there.

    `ValueError` if `to` holds anything already, or lies in a folder that is itself released.
    """
    target = to.resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ValueError(f"{to} is not an empty folder")
    if any(target.is_relative_to(folder) for folder in FOLDERS):
        raise ValueError(f"{to} lies inside what is released; choose a folder elsewhere")
    written = []
    for source in sources():
        copy = target / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        written.append(copy)
    return written


def sources() -> Iterator[Path]:
    """Yield the files that learners get."""
    yield from (ROOT / name for name in FILES)
    for folder in FOLDERS:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not any(path.is_relative_to(kept) for kept in _KEPT_BACK) and not _is_made(path):
                yield path


def _is_made(path: Path) -> bool:
    return any(part in _MADE or part.endswith(".egg-info") for part in path.relative_to(ROOT).parts)
