"""Slides and handouts are single files that load nothing, with pictures, formulas and the speaker's notes in them."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course import instructor
from course.cli import app
from course.instructor import EXERCISES
from course.notebooks import read
from course.pages import handout, slides
from course.pages.slides import sections
from course.syllabus import lessons

FIRST = lessons()[1]
LOADS = re.compile(
    r"<(?:script|link|img|iframe|source|video)\b[^>]*\b(?:src|href)=[\"'](?!data:)[^\"'$]+", re.IGNORECASE
)


@pytest.fixture(scope="module")
def deck() -> str:
    return slides(FIRST.number)


@pytest.fixture(scope="module")
def paper() -> str:
    return handout(FIRST.number)


def content(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def test_a_page_loads_nothing_from_elsewhere(deck: str, paper: str) -> None:
    for page in (deck, paper):
        assert not LOADS.findall(page)
        assert "@import" not in page
        assert not re.findall(r"url\((?![\"']?(?:data:|#))", page.partition("</style>")[0])
        assert "default-src 'none'" in page


def test_every_picture_of_the_lesson_is_embedded_with_its_alt_text(deck: str, paper: str) -> None:
    outputs = [out for cell in read(FIRST.path)["cells"] for out in cell.get("outputs", [])]
    wanted = sum("".join(out.get("data", {}).get("text/html", "")).count("<img") for out in outputs)
    for page in (deck, paper):
        found = re.findall(r"<img [^>]*src=\"data:image/png[^>]*>", content(page))
        assert len(found) == wanted > 0
        assert all("alt=" in image for image in found)


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.number)
def test_each_heading_opens_a_slide_and_each_step_of_the_plan_is_in_the_notes(lesson) -> None:
    headings = {section.heading for section in sections(lesson)}
    steps = instructor.plan(instructor.page(lesson.number).read_text("utf-8"))
    assert {step.section for step in steps} - {EXERCISES} <= headings
    assert {"Next", "Predict first"} <= headings
    assert not headings & {"Key terms", "References"}


def test_notes_hold_the_plan_the_remedy_and_the_discussion(deck: str) -> None:
    notes = "".join(re.findall(r'<aside class="notes">(.*?)</aside>', deck))
    steps = instructor.plan(instructor.page(FIRST.number).read_text("utf-8"))
    assert [int(minute) for minute in re.findall(r"Minutes (\d+)-", notes)] == [step.start for step in steps]
    assert "scaled by the peak" in notes
    assert "arithmetic or bandwidth?" in notes


def test_the_code_behind_a_picture_is_left_out_and_the_code_behind_a_printed_line_is_shown(paper: str) -> None:
    assert "figures.two_roofs" not in content(paper)
    assert "prefill_work" in content(paper)


def test_formulas_are_left_for_the_program_that_sets_them(deck: str) -> None:
    assert r"$$\text{speed}" in content(deck)
    assert "temml.renderMathInElement" in deck


def test_a_link_to_another_file_of_the_course_becomes_its_words(paper: str) -> None:
    assert "The exercises" in content(paper)
    assert ".ipynb" not in content(paper)


@pytest.mark.parametrize("command", ["slides", "handout"])
def test_a_lesson_that_is_not_there_is_refused_in_words(command: str) -> None:
    result = CliRunner().invoke(app, [command, "99"])
    assert result.exit_code == 2
    assert "there is no lesson '99'" in result.output


def test_commands_write_where_they_are_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["handout", FIRST.number, "--out", str(tmp_path / "h.html")])
    assert result.exit_code == 0
    assert (tmp_path / "h.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_without_a_browser_a_pdf_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(app, ["handout", FIRST.number, "--pdf", "--out", str(tmp_path / "h.pdf")])
    assert result.exit_code == 2
    assert "print it from there" in " ".join(result.output.split())
