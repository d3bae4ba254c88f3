"""Do the tests notice? Each case plants one fault in a copy of the course and runs the tests that should go red.

A green run here would mean that a constant, a sign, a unit or a column can be wrong without anybody noticing.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from course.paths import ROOT

COPIED = ("src", "datasets", "lessons", "exercises", "tests", "conftest.py", "pyproject.toml")
LESSON = "lessons/01_what_does_a_chip_buy.ipynb"
SOLUTION = "exercises/solutions/01_what_does_a_chip_buy.ipynb"
CHIPS, MODELS, RESULTS = "datasets/chips.csv", "datasets/models.csv", "datasets/published_results.csv"
CHIP_TESTS, SERVING_TESTS = "tests/aistack/test_chips.py", "tests/aistack/test_serving.py"
DATA_TESTS, SHEET_TESTS = "tests/datasets", "tests/notebooks/test_sheets.py"
QUESTION_TESTS, NOTEBOOK_TESTS = "tests/course/test_questions.py", "tests/notebooks/test_notebooks.py"
OTHER_LESSONS = " or ".join(f"[{number:02d}{mark}" for number in range(14) if number != 1 for mark in "-_")
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-k", f"not ({OTHER_LESSONS})")
"""Faults are planted in lesson 01 and what it needs: tests of other lessons would only cost time here."""


def swap(old: str, new: str) -> Callable[[Path], None]:
    """Replace the first `old`; the fault must be a real one, so `old` has to be there."""

    def apply(path: Path) -> None:
        text = path.read_text("utf-8")
        assert old in text, f"{path.name} no longer has {old!r}: renew this case"
        path.write_text(text.replace(old, new, 1), "utf-8")

    return apply


def cell(row: str, column: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    """Change one cell of a CSV file, found by the row's key and the column's name."""
    import csv

    def apply(path: Path) -> None:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        place = rows[0].index(column)
        target = next(cells for cells in rows if cells[0] == row)
        target[place] = change(target[place])
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    return apply


def without_cell(cell_id: str) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        notebook = json.loads(path.read_text("utf-8"))
        kept = [c for c in notebook["cells"] if c["id"] != cell_id]
        assert len(kept) == len(notebook["cells"]) - 1
        path.write_text(json.dumps(notebook | {"cells": kept}, indent=1, sort_keys=True), "utf-8")

    return apply


FAULTS: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "model: max for min": ("src/aistack/chips.py", swap("np.minimum(peak", "np.maximum(peak"), CHIP_TESTS),
    "model: tera is giga": ("src/aistack/chips.py", swap("TERA = 1e12", "TERA = 1e9"), CHIP_TESTS),
    "model: faster half sets the pace": (
        "src/aistack/chips.py",
        swap("np.maximum(work", "np.minimum(work"),
        CHIP_TESTS,
    ),
    "model: keys without values": (
        "src/aistack/serving.py",
        swap("else 2 * model.kv_heads", "else model.kv_heads"),
        SERVING_TESTS,
    ),
    "model: sign of the free memory": (
        "src/aistack/serving.py",
        swap("memory * GIGA - weights", "memory * GIGA + weights"),
        SERVING_TESTS,
    ),
    "model: batch does not share weights": (
        "src/aistack/serving.py",
        swap("parameters_read(model, requests) * weight +", "requests * parameters_read(model, requests) * weight +"),
        SERVING_TESTS,
    ),
    "model: zero slips through": (
        "src/aistack/checks.py",
        swap("else (numbers > 0)", "else (numbers >= 0)"),
        CHIP_TESTS,
    ),
    "question: tolerance ignored": (
        "src/course/questions/compare.py",
        swap("rel_tol=tolerance", "rel_tol=9"),
        QUESTION_TESTS,
    ),
    "question: wrong reference": (
        "src/course/questions/lesson_01.py",
        swap('reference="C"', 'reference="B"'),
        QUESTION_TESTS,
    ),
    "lesson: unit": (LESSON, swap("bandwidth_gb_s / 1000", "bandwidth_gb_s / 1024"), LESSON),
    "lesson: swapped column": (LESSON, swap("of_peak, of_bandwidth =", "of_bandwidth, of_peak ="), LESSON),
    "lesson: stored number": (LESSON, swap("119%", "118%"), LESSON),
    "lesson: deleted cell": (LESSON, without_cell("01-llama"), LESSON),
    "lesson: part missing": (LESSON, swap("## Break it", "## Look away"), NOTEBOOK_TESTS),
    "solution: sign": (SOLUTION, swap("min(peak, intensity", "min(peak, -intensity"), SOLUTION),
    "solution: off by one step": (SOLUTION, swap("overtaken_at = 64", "overtaken_at = 32"), SOLUTION),
    "solution: deleted check": (SOLUTION, without_cell("01-q3-check"), SHEET_TESTS),
    "sheet: edited by hand": (
        "exercises/01_what_does_a_chip_buy.ipynb",
        swap("Eight questions", "A few questions"),
        SHEET_TESTS,
    ),
    "data: bandwidth ten times too small": (
        CHIPS,
        cell("H20", "memory_bandwidth_gb_s", lambda x: str(float(x) / 10)),
        DATA_TESTS,
    ),
    "data: a thousands separator": (
        CHIPS,
        cell("H100 SXM", "memory_bandwidth_gb_s", lambda x: "3,350"),
        DATA_TESTS,
    ),
    "data: unknown source": (CHIPS, cell("H20", "source_id", lambda x: "hearsay"), DATA_TESTS),
    "data: model size in millions": (
        MODELS,
        cell("OPT-13B", "total_params_b", lambda x: str(float(x) * 1000)),
        CHIP_TESTS,
    ),
    "data: measured above the bound": (
        RESULTS,
        cell("mamf_bf16_H100-SXM", "value", lambda x: str(2 * float(x))),
        CHIP_TESTS,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_turns_the_tests_red(fault: str, tmp_path: Path) -> None:
    file, plant, tests = FAULTS[fault]
    copy_course(tmp_path)
    plant(tmp_path / file)
    run = run_in(tmp_path, ["-m", "pytest", *OPTIONS, tests])
    # 1 is "tests failed", 2 is "could not even be collected": a fault in data may show at import already
    assert run.returncode in (1, 2), run.stdout[-3000:] + run.stderr[-1000:]


def test_without_a_fault_the_copy_is_green(tmp_path: Path) -> None:
    """Else every case above would pass for the wrong reason."""
    copy_course(tmp_path)
    targets = sorted({tests for _, _, tests in FAULTS.values()})
    run = run_in(tmp_path, ["-m", "pytest", *OPTIONS, *targets])
    assert run.returncode == 0, run.stdout[-3000:]
    assert " passed" in run.stdout
    assert str(tmp_path) in run_in(tmp_path, ["-c", "import course; print(course.__file__)"]).stdout


def copy_course(folder: Path) -> None:
    for entry in COPIED:
        copy = shutil.copytree if (ROOT / entry).is_dir() else shutil.copy
        copy(ROOT / entry, folder / entry)


def run_in(folder: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)
