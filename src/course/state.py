"""What the course remembers of a learner: plain JSON files in the learner's own folder, never in the repository."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

HOME = "COURSE_HOME"
"""Environment variable that moves the folder elsewhere."""


def folder() -> Path:
    """Return the learner's folder: `COURSE_HOME` if set, else `.fullstack-ai-course` in the home folder."""
    return Path(os.environ.get(HOME) or Path.home() / ".fullstack-ai-course")


def load(name: str) -> dict[str, Any]:
    """Return what was saved under `name`, or an empty dict. A file that cannot be read is set aside, not lost."""
    path = folder() / f"{name}.json"
    try:
        saved = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        saved = None
    if isinstance(saved, dict):
        return saved
    if path.exists():
        path.replace(path.with_suffix(".damaged.json"))
    return {}


def save(name: str, content: dict[str, Any]) -> None:
    """Save `content` under `name`: written beside and moved into place, so that a crash never leaves half a file."""
    folder().mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder(), suffix=".part", delete=False) as part:
        json.dump(content, part, indent=1, sort_keys=True)
    Path(part.name).replace(folder() / f"{name}.json")
