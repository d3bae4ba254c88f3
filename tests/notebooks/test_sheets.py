"""Learners' sheets: the exact redaction of the solutions, byte for byte, and nothing leaks."""

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from course import notebooks, questions
from course.checking.graft import MARKING
from course.paths import EXERCISES, ROOT

SOLUTIONS = notebooks.solutions()
BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"


def solution_lines(path: Path) -> list[str]:
    """Return the lines, or right-hand sides, that a learner must not see."""
    lines: list[str] = []
    for cell in notebooks.code_cells(notebooks.read(path)):
        inside = False
        for line in cell["source"].splitlines():
            if line.strip() in (BEGIN, END):
                inside = line.strip() == BEGIN
            elif inside:
                lines.append(line.strip())
            elif line.endswith("# SOLUTION"):
                lines.append(line.split("=", 1)[1].removesuffix("# SOLUTION").strip())
    return lines


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda p: p.name)
def test_no_line_of_a_solution_stands_in_the_sheet(solution: Path) -> None:
    sheet = (EXERCISES / solution.name).read_text("utf-8")
    code = "\n".join(cell["source"] for cell in notebooks.code_cells(notebooks.read(EXERCISES / solution.name)))
    hidden = solution_lines(solution)
    assert len(hidden) >= len(questions.of_sheet(solution.name[:2]))
    for line in hidden:
        assert not re.search(rf"= {re.escape(line)}\s*$", code, re.MULTILINE)
        if len(line) > 4 and line not in ("True", "False"):
            assert line not in code
    for trace in ("SOLUTION", "-probe", "observed:", MARKING + '"'):
        assert trace not in sheet


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda p: p.name)
def test_the_sheet_differs_from_the_solution_in_nothing_but_the_answers(solution: Path) -> None:
    ours = [cell for cell in notebooks.read(solution)["cells"] if not cell["id"].endswith("-probe")]
    theirs = [cell for cell in notebooks.read(EXERCISES / solution.name)["cells"] if not cell["id"].endswith("-stuck")]
    assert [cell["id"] for cell in ours] == [cell["id"] for cell in theirs]
    for mine, its in zip(ours, theirs, strict=True):
        if mine["metadata"].get("course", {}).get("role") != "answer":
            assert mine["source"] == its["source"]
        else:
            assert "..." in its["source"]


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda p: p.name)
def test_every_answer_cell_of_the_sheet_names_what_it_wants(solution: Path) -> None:
    cells = {cell["id"]: cell["source"] for cell in notebooks.read(EXERCISES / solution.name)["cells"]}
    for question in questions.of_sheet(solution.name[:2]):
        wanted = re.compile(rf"^(def {question.answer_name}\(|{question.answer_name} = )", re.MULTILINE)
        assert wanted.search(cells[f"{question.id}-answer"]), f"{question.id} does not name {question.answer_name}"


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda p: p.name)
def test_below_each_check_stands_where_the_lesson_answers(solution: Path) -> None:
    cells = notebooks.read(EXERCISES / solution.name)["cells"]
    for cell, below in pairwise(cells):
        if cell["metadata"].get("course", {}).get("role") == "check":
            question = questions.get(cell["metadata"]["course"]["question"])
            link = re.search(r"^\*If you are stuck:\* .*\[(.+)\]\((.+)#(.+)\)\.$", below["source"])
            assert link
            headings = "\n".join(c["source"] for c in notebooks.read(EXERCISES / link[2])["cells"]).splitlines()
            assert link[1] == question.section
            assert link[1] in {line.lstrip("# ") for line in headings if line.startswith("##")}
            assert link[3] == link[1].replace(" ", "-")


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda p: p.name)
def test_every_question_has_its_cells(solution: Path) -> None:
    ids = {cell["id"] for cell in notebooks.read(solution)["cells"]}
    asked = questions.of_sheet(solution.name[:2])
    assert 6 <= len(asked) <= 8
    for question in asked:
        for role in ("prompt", "answer", "check", "probe"):
            assert f"{question.id}-{role}" in ids


def test_building_twice_gives_the_same_bytes_and_no_drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebooks.build(check=True)
    monkeypatch.setattr(notebooks, "EXERCISES", tmp_path)
    for _ in range(2):
        for sheet in notebooks.build():
            assert sheet.read_bytes() == (EXERCISES / sheet.name).read_bytes()


def test_a_sheet_that_somebody_edited_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for sheet in EXERCISES.glob("*.ipynb"):
        (tmp_path / sheet.name).write_text(sheet.read_text("utf-8").replace("objective", "goal"), "utf-8")
    monkeypatch.setattr(notebooks, "EXERCISES", tmp_path)
    with pytest.raises(notebooks.DriftError, match="course build"):
        notebooks.build(check=True)


@pytest.mark.parametrize(
    ("source", "stub"),
    [
        ("x = 1  # SOLUTION", "x = ..."),
        (
            f"def f(a):\n    {BEGIN}\n    b = a\n    return b\n    {END}",
            "def f(a):\n    return ...  # your code instead of the dots",
        ),
        (f"{BEGIN}\nprint(1)\n{END}\ny = 2", "...  # your code instead of the dots\ny = 2"),
    ],
)
def test_redaction(source: str, stub: str) -> None:
    assert notebooks.redact(source) == stub


@pytest.mark.parametrize("source", [f"{BEGIN}\nx = 1", f"x = 1\n{END}"])
def test_half_a_mark_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="SOLUTION"):
        notebooks.redact(source)


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda p: p.name)
def test_an_empty_sheet_fails_in_nbval_as_not_attempted(solution: Path, tmp_path: Path) -> None:
    """Plain nbval on a learner's sheet: each check fails and says so, nothing else does."""
    shutil.copy(EXERCISES / solution.name, tmp_path)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "--nbval-cell-timeout=60",
        "-c",
        os.devnull,
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "COURSE_STRICT": "1"})
    asked = questions.of_sheet(solution.name[:2])
    assert f"{len(asked)} failed" in run.stdout, run.stdout[-2000:]
    for question in asked:
        assert f"not_attempted: {question.id}" in run.stdout
