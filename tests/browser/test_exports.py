"""Everything that the course writes as a page of its own is accessible, and a handout prints whole."""

import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from accessible import grave
from playwright.sync_api import Browser, Page
from typer.testing import CliRunner

from course import questions
from course.checking import pages as reports
from course.checking.rows import Row
from course.classroom.poll import poll
from course.cli import app
from course.pages import handout, slides
from course.syllabus import lessons

NUMBERS = [lesson.number for lesson in lessons()]
STATUSES = ("right", "wrong", "not_attempted", "error", "timeout", "unreadable")


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def opened(page: Page, folder: Path, text: str, how: str = "") -> Page:
    file = folder / "page.html"
    file.write_text(text, "utf-8")
    page.goto(file.as_uri() + how)
    return page


@pytest.mark.parametrize("number", NUMBERS)
def test_slides_are_accessible(page: Page, tmp_path: Path, number: str) -> None:
    opened(page, tmp_path, slides(number), "?view=print")  # which shows all slides at once
    page.wait_for_selector(".pdf-page")
    assert grave(page) == []


@pytest.mark.parametrize("number", NUMBERS)
def test_a_handout_is_accessible(page: Page, tmp_path: Path, number: str) -> None:
    assert grave(opened(page, tmp_path, handout(number))) == []


@pytest.mark.parametrize("missing", [None, ["network"], []])
def test_the_reports_on_a_class_and_on_a_learner_are_accessible(page: Page, tmp_path: Path, missing: object) -> None:
    asked = list(questions.ALL)[: len(STATUSES)]
    rows = [
        Row(f"learner{place}.ipynb", question, status, int(status == "right"), 1, "Look again.", 0.5)
        for place in range(3)
        for question, status in zip(asked[place:] + asked[:place], STATUSES, strict=True)
    ]
    for text in (reports.class_page(rows, missing), reports.learner_page("learner0.ipynb", rows[: len(STATUSES)])):
        assert grave(opened(page, tmp_path, text)) == []


@pytest.mark.parametrize("with_truth", [True, False])
def test_a_poll_is_accessible_and_readable_on_a_phone(page: Page, tmp_path: Path, with_truth: bool) -> None:
    for place, (low, high) in enumerate([(10, 200), (50, 150), (90, 4000), (20, 80)]):
        ballot = {"schema": 1, "entries": {"01-h20": {"low": low, "high": high, "unit": "tokens"}}}
        (tmp_path / f"{place}.json").write_text(json.dumps(ballot), "utf-8")
    opened(page, tmp_path, poll(tmp_path, "01-h20", with_truth=with_truth).page())
    assert grave(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 720})


def test_a_poll_without_contrast_would_be_found(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, reports.page("x", "<h1>x</h1><p style='color:#bbb'>hardly to be seen</p>"))
    assert [rule for rule, _ in grave(page)] == ["color-contrast"]


Box = tuple[float, float, float, float]
_STREAM = re.compile(rb"(<<(?:(?!>>\s*endobj).)*?>>)\s*stream\r?\n", re.DOTALL)
_STEP = re.compile(rb"((?:-?[\d.]+\s+){6})cm\b|((?:-?[\d.]+\s+){4})re\s+W\*? n\b|\bq\b|\bQ\b|/X\d+ Do\b|\bBT\b")


def printed(file: bytes) -> list[tuple[int, Box, list[Box]]]:
    """Return of each page of a PDF by Chromium: how many texts, what may be printed on, and where pictures lie."""
    pages = []
    for found in _STREAM.finditer(file):
        length = re.search(rb"/Length (\d+)", found[1])
        if b"/Subtype" in found[1] or b"FlateDecode" not in found[1] or length is None:
            continue  # a picture or a font
        content = zlib.decompress(file[found.end() : found.end() + int(length[1])])
        if b" cm\n" in content:
            pages.append(_printed_on(content))
    return pages


def _printed_on(content: bytes) -> tuple[int, Box, list[Box]]:
    """Follow the drawing of a page: scale and place by `cm`, kept by q and brought back by Q."""
    texts, area, boxes = 0, (0.0, 0.0, 0.0, 0.0), []
    now, kept = (1.0, 1.0, 0.0, 0.0), []
    for step in _STEP.finditer(content):
        word = step[0].split()[-1]
        if word == b"cm":
            wide, tilt, slant, high, right, up = map(float, step[1].split())
            assert tilt == slant == 0
            now = (wide * now[0], high * now[1], right * now[0] + now[2], up * now[1] + now[3])
        elif word == b"q":
            kept.append(now)
        elif word == b"Q":
            now = kept.pop()
        elif word == b"Do":
            boxes.append(_box(0, 0, 1, 1, now))
        elif word == b"BT":
            texts += 1
        elif not any(area):
            area = _box(*map(float, step[2].split()), now)
    return texts, area, boxes


def _box(x: float, y: float, width: float, height: float, now: Box) -> Box:
    across = sorted((x * now[0] + now[2], (x + width) * now[0] + now[2]))
    along = sorted((y * now[1] + now[3], (y + height) * now[1] + now[3]))
    return across[0], along[0], across[1], along[1]


def inside(box: Box, area: Box) -> bool:
    return area[0] <= box[0] < box[2] <= area[2] and area[1] <= box[1] < box[3] <= area[3]


def test_a_handout_prints_as_pages_of_text_with_every_figure_whole(browser: Browser, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["handout", "01", "--pdf", "--out", str(tmp_path / "h.pdf")])
    assert done.exit_code == 0, done.output
    file = (tmp_path / "h.pdf").read_bytes()
    assert file.startswith(b"%PDF")
    pages = printed(file)
    content = handout("01").partition("<main")[2].partition("</main>")[0]
    assert sum(texts > 10 for texts, _, _ in pages) > 1
    assert sum(len(boxes) for _, _, boxes in pages) == content.count("<img ")  # one cut in two would count twice
    for _, area, boxes in pages:
        assert all(inside(box, area) for box in boxes)
