"""Results on disk and on the screen: exact columns, no formulas, no terminal codes, no half files."""

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from course.checking import report
from course.checking.rows import Row

ROWS = [
    Row("group/a.ipynb", "99-q1", "right", 1, 1, "Well, done", 0.5),
    Row("group/a.ipynb", "99-q2", "wrong", 0, 2, "You took the diameter.", 0.25),
    Row("b.ipynb", "99-q1", "not_attempted", 0, 1, "Replace the dots.", 0.0),
    Row("b.ipynb", "99-q2", "timeout", 0, 2, "Still running.", 3.0),
    Row("c.ipynb", "99-q1", "error", 0, 1, "ValueError: [bold]no[/bold]", 0.1),
    Row("d.ipynb", "", "unreadable", 0, 4, "The file is empty.", 0.0),
]


def written(rows: list[Row], folder: Path) -> list[dict[str, str]]:
    report.write(rows, folder)
    with (folder / "results.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def on_screen(rows: list[Row], width: int = 120) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(report.table(rows))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def with_message(message: str) -> Row:
    return Row("a.ipynb", "99-q1", "error", 0, 1, message, 0.0)


def test_the_columns_are_exactly_these(tmp_path: Path) -> None:
    report.write(ROWS, tmp_path / "deep" / "out")
    lines = (tmp_path / "deep" / "out" / "results.csv").read_text("utf-8").splitlines()
    assert lines[0] == "submission,question,status,points,max_points,message,seconds"
    assert lines[1] == 'group/a.ipynb,99-q1,right,1,1,"Well, done",0.5'
    assert len(lines) == 1 + len(ROWS)


def test_json_holds_the_same_with_numbers_as_numbers(tmp_path: Path) -> None:
    report.write(ROWS, tmp_path)
    rows = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert [Row(**row) for row in rows] == ROWS


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " \x1b[0m=1"])
def test_a_cell_is_never_a_formula(text: str, tmp_path: Path) -> None:
    (row,) = written([Row(text, text, "error", 0, 1, text, 0.0)], tmp_path)
    for column in ("submission", "question", "message"):
        assert row[column].startswith("'"), row
    (plain,) = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert not plain["message"].startswith("'")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("two\nlines\r\n and\ttabs", "two lines and tabs"),
        ("bell\x07 nul\x00 csi\x9b31m", "bell nul csi 31m"),
        ("turned \u202eround", "turned \\u202eround"),
        ("half \ud800", "half \\ud800"),
        ("Zürich ✔ 5 %", "Zürich ✔ 5 %"),
    ],
)
def test_messages_are_one_plain_line_everywhere(text: str, shown: str, tmp_path: Path) -> None:
    (row,) = written([with_message(text)], tmp_path)
    (plain,) = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert row["message"] == plain["message"] == shown
    screen = on_screen([with_message(text)])
    assert shown in screen
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(screen)


def test_a_failure_while_writing_leaves_the_old_results_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report.write(ROWS, tmp_path)
    before = (tmp_path / "results.csv").read_bytes()

    def fail(path: Path, text: str, encoding: str) -> None:
        path.write_bytes(text[:10].encode(encoding))
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(OSError, match="disk full"):
        report.write(ROWS[:1], tmp_path)
    assert (tmp_path / "results.csv").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.csv", "results.json"]


def test_the_table_says_it_in_words_names_each_submission_once_and_adds_up() -> None:
    screen = on_screen(ROWS)
    for words in ("✔ right", "✘ wrong", "○ not attempted", "… timed out", "! error", "? unreadable"):
        assert screen.count(words) == 1
    for name in ("group/a.ipynb", "b.ipynb", "c.ipynb", "d.ipynb"):
        assert screen.count(f" {name} ") == 1
    totals = [line.split("│")[4].strip() for line in screen.splitlines() if "total" in line]
    assert totals == ["1/3", "0/3", "0/1", "0/4"]
    assert "[bold]no[/bold]" in screen


def test_the_summary_counts() -> None:
    assert report.summary(ROWS) == (
        "4 submissions: 1 right, 1 wrong, 1 not attempted, 1 error, 1 timed out, 1 unreadable; 1 of 11 points."
    )
    assert report.summary(ROWS[:1]) == "1 submission: 1 right; 1 of 1 points."
    assert report.summary([]) == "0 submissions: nothing to mark; 0 of 0 points."


def test_every_status_has_words() -> None:
    from typing import get_args

    from course.questions.question import Status

    assert set(report.STATUSES) == set(get_args(Status))
