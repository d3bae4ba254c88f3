"""What learners get runs, and holds no solution."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course.classroom.release import release
from course.notebooks import Cell, read, solutions
from course.paths import EXERCISES, LESSONS

BLOCK = re.compile(r"# BEGIN SOLUTION\n(.*?)# END SOLUTION", re.DOTALL)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("released") / "course"
    release(folder)
    return folder


def answers(cell: Cell) -> list[str]:
    """Return each solution of a cell as one text: what stands between marks, and lines marked at their end."""
    marked = [line.partition("# SOLUTION")[0] for line in cell["source"].splitlines() if line.endswith("# SOLUTION")]
    return [*BLOCK.findall(cell["source"]), *marked]


def flat(text: str) -> str:
    return " ".join(text.split())


def test_no_solution_is_in_any_released_notebook() -> None:
    assert all(answers(cell) for path in solutions() for cell in read(path)["cells"] if _is_answer(cell))


@pytest.mark.parametrize("path", solutions(), ids=lambda path: path.stem[:2])
def test_no_line_of_a_solution_is_in_its_released_sheet(path: Path, released: Path) -> None:
    cells = [cell for cell in read(path)["cells"] if _is_answer(cell)]
    lines = {flat(line) for cell in cells for answer in answers(cell) for line in answer.splitlines() if line.strip()}
    shown = {flat(line) for cell in read(released / "exercises" / path.name)["cells"] for line in _lines(cell)}
    assert lines
    assert not lines & shown


def test_no_solution_as_a_whole_is_in_a_released_notebook(released: Path) -> None:
    texts = [
        flat("\n".join(cell["source"] for cell in read(notebook)["cells"])) for notebook in released.rglob("*.ipynb")
    ]
    cells = [cell for path in solutions() for cell in read(path)["cells"] if _is_answer(cell)]
    found = {
        cell["metadata"]["course"]["question"]
        for cell in cells
        for answer in answers(cell)
        if any(flat(answer) in text for text in texts)
    }
    assert not found


def test_a_solution_left_in_a_sheet_would_be_found(released: Path) -> None:
    path = solutions()[0]
    lines = {
        flat(line) for cell in read(path)["cells"] if _is_answer(cell) for line in "".join(answers(cell)).split("\n")
    }
    shown = {flat(line.partition("# SOLUTION")[0]) for cell in read(path)["cells"] for line in _lines(cell)}
    assert lines & shown - {""}


def test_learners_get_lessons_and_sheets_and_neither_solutions_nor_guide_nor_probes(released: Path) -> None:
    names = {path.relative_to(released).as_posix() for path in released.rglob("*")}
    assert {f"lessons/{path.name}" for path in LESSONS.glob("*.ipynb")} <= names
    assert {f"exercises/{path.name}" for path in EXERCISES.glob("*.ipynb")} <= names
    assert {"start.py", "requirements.txt", "datasets/chips.csv", "src/aistack/chips.py"} <= names
    assert not [name for name in names if re.search(r"solutions|instructor/|^tests|__pycache__|egg-info", name)]
    for notebook in released.rglob("*.ipynb"):
        roles = {cell["metadata"].get("course", {}).get("role") for cell in read(notebook)["cells"]}
        assert "probe" not in roles, notebook.name


def test_the_released_check_runs_from_the_released_package(released: Path) -> None:
    code = (
        "from course.paths import ROOT; from course.questions import get; print(ROOT, get('01-q1').expected()[0] > 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(released / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(released.resolve()), "True"]


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(tmp_path: Path, run) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    code, said = run("release", "--to", tmp_path)
    assert code == 2
    assert "not an empty folder" in " ".join(said.split())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_inside_the_course_is_refused(run) -> None:
    code, said = run("release", "--to", LESSONS / "released")
    assert code == 2
    assert "inside what is released" in " ".join(said.split())
    assert not (LESSONS / "released").exists()


def _is_answer(cell: Cell) -> bool:
    return cell["metadata"].get("course", {}).get("role") == "answer"


def _lines(cell: Cell) -> list[str]:
    outputs = json.dumps(cell.get("outputs", []))
    return [*cell["source"].splitlines(), *outputs.splitlines()]
