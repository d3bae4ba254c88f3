"""Pages for learners and for the class: all that is theirs, nothing that is right, and not a tag of anybody's own."""

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from course import questions
from course.checking import gradebook, items, pages
from course.checking.anonymous import anonymised, pseudonym
from course.checking.finding import learner_of
from course.checking.rows import Row

EVIL = "<script>alert(1)</script>\x1b[31m\"'><img src=x onerror=alert(1)>"
ROWS = [
    Row("anna/01.ipynb", "01-q1", "right", 1, 1, "Well done.", 0.1),
    Row("anna/01.ipynb", "01-q2", "right", 1, 1, "Well done.", 0.1),
    Row("ben/01.ipynb", "01-q1", "wrong", 0, 1, "You divided TFLOP/s by GB/s.", 0.1, "tera over giga"),
    Row("ben/01.ipynb", "01-q2", "wrong", 0, 1, "Highest roof.", 0.1, "highest roof"),
    Row("cara/01.ipynb", "01-q1", "wrong", 0, 1, "You divided TFLOP/s by GB/s.", 0.1, "tera over giga"),
    Row("cara/01.ipynb", "01-q2", "error", 0, 1, f"ValueError: {EVIL}", 0.1),
    Row("=cmd|' /C calc'!A1.ipynb", "", "unreadable", 0, 8, "The file is empty.", 0.0),
    Row(f"../{EVIL}/../01.ipynb", "01-q1", "not_attempted", 0, 1, "Replace the dots.", 0.0),
]
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "div", "table", "caption", "thead"),
    *("tbody", "tr", "th", "td", "meter", "br", "a", "strong"),
}


class Tags(HTMLParser):
    """Collects tags and attributes, and checks that what is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def written(folder: Path, rows: list[Row] = ROWS) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in pages.write(rows, ("network",), folder)}


def test_nothing_that_a_learner_wrote_is_markup(tmp_path: Path) -> None:
    for page in written(tmp_path).values():
        tags = Tags(page)
        assert not tags.open
        assert {tag for tag, _ in tags.seen} <= ALLOWED
        assert not {name for _, attributes in tags.seen for name in attributes if name.startswith("on")}
        links = [attributes["href"] for tag, attributes in tags.seen if tag == "a"]
        assert all(re.fullmatch(r"learners/[A-Za-z0-9-]+\.html", str(link)) for link in links)
        assert "\x1b" not in page


def test_pages_stay_in_their_folder_whatever_a_submission_is_called(tmp_path: Path) -> None:
    written(tmp_path / "out")
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(files) == 6
    assert all(re.fullmatch(r"out/(class|learners/[A-Za-z0-9-]+)\.html", file) for file in files)
    assert len({pages.file_name(name) for name in ("a/b.ipynb", "a-b.ipynb", "a.b.ipynb", "A/b.ipynb")}) == 4


def test_a_page_can_be_read_by_everybody(tmp_path: Path) -> None:
    for page in written(tmp_path).values():
        tags = Tags(page).seen
        names = [tag for tag, _ in tags]
        assert names.count("h1") == 1
        assert dict(tags)["html"] == {"lang": "en"}
        assert names.count("table") == names.count("caption") > 0
        assert all("scope" in attributes for tag, attributes in tags if tag == "th")
        for status, sign in (("right", "✔ right"), ("wrong", "✘ wrong")):
            assert page.count(f'"status {status}"') == page.count(f">{sign}<"), "never by colour alone"


def test_a_learner_sees_no_answer_and_nobody_else(tmp_path: Path) -> None:
    shown = written(tmp_path)
    page = shown[f"learners/{pages.file_name('ben/01.ipynb')}"]
    assert "You divided TFLOP/s by GB/s." in page
    assert "lesson 01" in page
    assert "anna" not in page
    assert "cara" not in page
    assert str(questions.get("01-q1").reference)[:5] not in page


def test_the_class_page_names_the_walls_and_what_went_wrong_most(tmp_path: Path) -> None:
    page = written(tmp_path)["class.html"]
    assert "These stood: limits, processes, files." in page
    assert "These were missing: network." in page
    assert "tera over giga (2 of 4)" in page
    assert "no code was run" in pages.class_page(ROWS, None).casefold()


def test_item_analysis() -> None:
    first, second = items.analyse(ROWS)
    assert (first.question, first.sheets, first.difficulty) == ("01-q1", 4, 0.25)
    assert first.misconception == ("tera over giga", 2)
    assert first.discrimination == pytest.approx(1.0)
    assert second.difficulty == pytest.approx(1 / 3)
    assert items.analyse(ROWS[:2])[0].discrimination is None
    assert items.analyse(ROWS[:2])[0].misconception is None
    assert items.analyse([]) == []


def gradebook_of(rows: list[Row], folder: Path, name: str) -> list[list[str]]:
    gradebook.write(rows, learner_of, folder)
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_a_gradebook_for_canvas(tmp_path: Path) -> None:
    head, most, *lines = gradebook_of(ROWS[:6], tmp_path, "gradebook_canvas.csv")
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Exercises 01"]
    assert most == ["    Points Possible", "", "", "", "", "2"]
    assert [(line[0], line[3], line[5]) for line in lines] == [
        ("anna", "anna", "2"),
        ("ben", "ben", "0"),
        ("cara", "cara", "0"),
    ]


def test_a_gradebook_for_moodle_has_no_formulas_and_the_best_of_several(tmp_path: Path) -> None:
    again = [
        Row("ben/01 again.ipynb", "01-q1", "right", 1, 1, "", 0.0),
        Row("ben/01 again.ipynb", "01-q2", "wrong", 0, 1, "", 0.0),
    ]
    head, *lines = gradebook_of([*ROWS[:7], *again], tmp_path, "gradebook_moodle.csv")
    assert head == ["Username", "Exercises 01"]
    assert ["ben", "1"] in lines
    assert ["'=cmd|'", ""] in lines


def test_pseudonyms_are_stable_and_hide_who_it_is() -> None:
    rows = anonymised(ROWS, learner_of, "key")
    assert rows == anonymised(ROWS, learner_of, "key")
    assert not any("anna" in row.submission or "ben" in row.submission for row in rows)
    assert len({row.submission for row in rows}) == 5
    assert pseudonym("anna", "key") != pseudonym("anna", "other key")
    assert [(row.question, row.points) for row in rows] == [(row.question, row.points) for row in ROWS]
