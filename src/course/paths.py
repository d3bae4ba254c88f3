"""Where the rooms of the course are. Everything else asks here instead of counting parent folders."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATASETS = ROOT / "datasets"
LESSONS = ROOT / "lessons"
FRONT_PAGE = LESSONS / "index.ipynb"
GLOSSARY = LESSONS / "glossary.ipynb"
EXERCISES = ROOT / "exercises"
SOLUTIONS = EXERCISES / "solutions"

MARKS = "marks.sqlite"
"""Name of the file in which `course check` keeps what it has marked, in the folder for its results."""
