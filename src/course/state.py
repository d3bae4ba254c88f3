"""What the course remembers of a learner: plain JSON files in the learner's own folder, never in the repository.

Every file is an object with its `schema` and its `entries`. Each is written beside and moved into place, so that a
crash never leaves half a file, and under a lock, so that two open notebooks never undo each other's entries.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

HOME = "COURSE_HOME"
"""Environment variable that moves the folder elsewhere."""

SCHEMA = 1
"""Version of the files; an older one is brought up to date when it is read."""

Entries = dict[str, Any]
_LOCK_TIMEOUT_S = 5


def folder() -> Path:
    """Return the learner's folder: `COURSE_HOME` if set, else `.fullstack-ai-course` in the home folder."""
    return Path(os.environ.get(HOME) or Path.home() / ".fullstack-ai-course")


def load(name: str) -> Entries:
    """Return the entries saved under `name`, or an empty dict. A file that cannot be read is set aside, not lost."""
    path = folder() / f"{name}.json"
    try:
        return read(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        if path.exists():
            path.replace(_free(path.with_suffix(".damaged.json")))
        return {}


def read(path: Path) -> Entries:
    """Return the entries of one such file, wherever it is. `OSError` or `ValueError` if it cannot be read."""
    return _entries(json.loads(path.read_text("utf-8")))


def update(name: str, change: Callable[[Entries], Entries]) -> Entries:
    """Replace the entries saved under `name` by what `change` makes of them, and return those.

    `OSError` if the folder cannot be written to; what was saved before is still there.
    """
    folder().mkdir(parents=True, exist_ok=True)
    with FileLock(folder() / f".{name}.lock", timeout=_LOCK_TIMEOUT_S):
        entries = change(load(name))
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder(), suffix=".part", delete=False) as part:
            json.dump({"schema": SCHEMA, "entries": entries}, part, indent=1, sort_keys=True)
        Path(part.name).replace(folder() / f"{name}.json")
    return entries


def _entries(saved: Any) -> Entries:
    """Return the entries of a file of any schema; `ValueError` if it is none of ours."""
    if not isinstance(saved, dict):
        raise ValueError("not an object")
    if "schema" not in saved:  # the first edition wrote the entries alone
        return saved
    if saved["schema"] != SCHEMA or not isinstance(saved.get("entries"), dict):
        raise ValueError(f"not of schema {SCHEMA}")
    return dict(saved["entries"])


def _free(path: Path) -> Path:
    """Return `path`, or the first numbered sister of it that does not exist."""
    numbered = (path.with_suffix(f".{number}.json") for number in range(1, 1000))
    return path if not path.exists() else next(each for each in numbered if not each.exists())
