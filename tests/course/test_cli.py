"""The command line: exit codes, files written, clear words for bad input."""

import csv
import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console
from typer.testing import CliRunner

from course import cli_check, notebooks
from course.checking import marking
from course.checking.jobs import Job
from course.checking.rows import Row
from course.cli import app
from course.paths import EXERCISES, SOLUTIONS
from course.questions.question import Status
from course.runner.workshop import Workshop

SHEET = "01_what_does_a_chip_buy.ipynb"
COLUMNS = ["submission", "question", "status", "points", "max_points", "message", "seconds"]


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, " ".join(result.output.split())


def test_checking_writes_a_row_a_question_and_exits_with_0_whatever_the_marks(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shutil.copy(EXERCISES / SHEET, tmp_path / "in" / "empty.ipynb")
    shutil.copy(SOLUTIONS / SHEET, tmp_path / "in" / "full.ipynb")
    (tmp_path / "in" / "broken.ipynb").write_text("{", "utf-8")
    code, said = run("check", tmp_path / "in", "--out", tmp_path / "out", "--workers", 2)
    assert code == 0, said
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == COLUMNS
    statuses = {
        name: [row["status"] for row in rows if row["submission"] == name]
        for name in ("broken.ipynb", "empty.ipynb", "full.ipynb")
    }
    assert statuses == {
        "broken.ipynb": ["unreadable"],
        "empty.ipynb": ["not_attempted"] * 8,
        "full.ipynb": ["right"] * 8,
    }
    assert len(json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))) == len(rows)


def test_strict_exits_with_1_unless_every_answer_is_right(tmp_path: Path) -> None:
    assert run("check", EXERCISES / SHEET, "--strict", "--out", tmp_path)[0] == 1
    assert run("check", SOLUTIONS / SHEET, "--strict", "--out", tmp_path)[0] == 0


def test_one_sheet_says_what_took_its_time_and_is_not_run_again_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_check, "_PATIENCE_S", 0.0)
    assert "s to start Jupyter" in run("check", EXERCISES / SHEET, "--out", tmp_path)[1]
    monkeypatch.setattr(Workshop, "__enter__", lambda _: pytest.fail("nothing is to be run"))
    again = run("check", EXERCISES / SHEET, "--out", tmp_path)[1]
    assert "none was run" in again
    for name in ("class.html", "gradebook_canvas.csv", "gradebook_moodle.csv"):
        assert (tmp_path / name).exists()


def test_the_bar_counts_answers_by_status_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: tuple[Status, ...] = ("right", "wrong", "not_attempted", "error", "timeout")
    for status in statuses:
        shutil.copy(EXERCISES / SHEET, tmp_path / f"{status}.ipynb")
    (tmp_path / "unreadable.ipynb").write_text("{", "utf-8")

    def crew(jobs: Sequence[Job], *_: object) -> marking.Done:
        for job in jobs:
            status = cast("Status", job.name.removesuffix(".ipynb"))
            yield job, [Row(job.name, "01-q1", status, 0, 1, "", 0.0)]

    screen = Console(width=60, file=io.StringIO(), force_terminal=True, color_system=None)
    monkeypatch.setattr(cli_check, "console", screen)
    monkeypatch.setattr(marking, "here", lambda *_: crew)
    assert run("check", tmp_path, "--out", tmp_path / "out")[0] == 0
    shown = " ".join(screen.file.getvalue().split())  # type: ignore[attr-defined]
    live = shown[: shown.index("Submission")]
    assert "1/6" in live
    assert "6/6" in live
    assert "1 error, 1 unreadable" in live, "it counts while it runs"
    assert "1 right, 1 wrong, 1 not attempted, 1 error, 1 timed out, 1 unreadable" in live


def test_nobody_is_named_in_anonymous_reports(tmp_path: Path) -> None:
    (tmp_path / "in" / "anna").mkdir(parents=True)
    (tmp_path / "in" / "anna" / SHEET).write_text("{", "utf-8")
    (tmp_path / "in" / "ben").mkdir()
    (tmp_path / "in" / "ben" / SHEET).write_text("[]", "utf-8")
    shown = []
    for _ in range(2):
        code, said = run("check", tmp_path / "in", "--anonymous", "--out", tmp_path / "out")
        assert code == 0
        files = [path for path in (tmp_path / "out").rglob("*") if path.suffix in (".csv", ".json", ".html")]
        texts = [said, *(str(path) + path.read_text("utf-8") for path in sorted(files))]
        assert not any("anna" in text.replace(str(tmp_path), "") for text in texts)
        shown.append((tmp_path / "out" / "results.csv").read_bytes())
    assert shown[0] == shown[1]


@pytest.mark.parametrize("path", ["nowhere", "."])
def test_nothing_to_check_is_said_plainly(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = run("check", path)
    assert code == 2
    assert "Nothing was checked" in said


@pytest.mark.parametrize("blocked", ["a file", "a folder in the place of a result"])
def test_a_place_that_cannot_be_written_to_is_found_before_anything_is_marked(blocked: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if blocked == "a file":
        out.write_text("", "utf-8")
    else:
        (out / "results.csv").mkdir(parents=True)
    code, said = run("check", SOLUTIONS / SHEET, "--out", out)
    assert code == 2
    assert "Nothing was checked" in said


def test_files_that_are_no_notebooks_are_named(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "broken.ipynb").write_text("{", "utf-8")
    (tmp_path / "in" / "anna.ipynb.txt").write_text("", "utf-8")
    code, said = run("check", tmp_path / "in", "--out", tmp_path / "out")
    assert code == 0
    assert "no notebooks: anna.ipynb.txt" in said


def test_build_check_tells_drift_by_its_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("build", "--check")[0] == 0
    monkeypatch.setattr(notebooks, "EXERCISES", tmp_path)
    code, said = run("build", "--check")
    assert code == 1
    assert "run: course build" in said


def test_tidy_strips_what_a_run_leaves_behind(tmp_path: Path) -> None:
    notebook = json.loads((SOLUTIONS / SHEET).read_text("utf-8"))
    notebook["metadata"]["widgets"] = {"state": {}}
    notebook["cells"][2]["metadata"]["execution"] = {"iopub.execute_input": "now"}
    messy = tmp_path / SHEET
    messy.write_text(json.dumps(notebook), "utf-8")
    assert run("tidy", messy)[0] == 0
    assert messy.read_bytes() == (SOLUTIONS / SHEET).read_bytes()
