"""What holds for every notebook that is stored: run, compared, tidy, readable without a kernel."""

import re
from pathlib import Path

import pytest

from course import notebooks, questions
from course.paths import EXERCISES

LESSONS, SOLUTIONS = notebooks.lessons(), notebooks.solutions()
STORED = [*LESSONS, *SOLUTIONS]
SHEETS = sorted(EXERCISES.glob("*.ipynb"))
LARGEST_SHARE_OF_LONG_CELLS = 0.1


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def sources(path: Path, kind: str) -> list[str]:
    return [cell["source"] for cell in notebooks.read(path)["cells"] if cell["cell_type"] == kind]


def compared(cell: notebooks.Cell) -> bool:
    """Say whether nbval compares this cell, if only with silence: it was run, and no tag takes it out."""
    return cell["execution_count"] is not None and not any("nbval" in tag for tag in cell["metadata"].get("tags", []))


def speaks(cell: notebooks.Cell) -> bool:
    """Say whether a cell left text that a wrong number would change."""
    kinds = {"text/plain", "text/html", "text/markdown"}
    return any(out["output_type"] == "stream" or kinds & set(out["data"]) for out in cell["outputs"])


def test_there_is_something_to_test() -> None:
    assert LESSONS
    assert len(SOLUTIONS) == len(SHEETS) == len(LESSONS)


@pytest.mark.parametrize("path", STORED, ids=name)
def test_every_code_cell_was_run_in_order_without_error(path: Path) -> None:
    cells = list(notebooks.code_cells(notebooks.read(path)))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not [cell["id"] for cell in cells for out in cell["outputs"] if out["output_type"] == "error"]


@pytest.mark.parametrize("path", STORED, ids=name)
def test_nbval_compares_four_fifths_of_the_cells_and_most_of_them_speak(path: Path) -> None:
    cells = list(notebooks.code_cells(notebooks.read(path)))
    assert sum(map(compared, cells)) >= 0.8 * len(cells)
    assert sum(map(speaks, cells)) >= 0.6 * len(cells)


@pytest.mark.parametrize("path", STORED, ids=name)
def test_tidying_changes_nothing(path: Path) -> None:
    assert notebooks.text_of(notebooks.tidy(notebooks.read(path))) == path.read_text("utf-8")


@pytest.mark.parametrize("path", [*STORED, *SHEETS], ids=name)
def test_cell_ids_are_written_by_hand_and_begin_with_the_lesson(path: Path) -> None:
    for cell in notebooks.read(path)["cells"]:
        assert re.fullmatch(rf"{path.name[:2]}-[a-z0-9-]+", cell["id"]), cell["id"]


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_cells_are_short_and_quiet(path: Path) -> None:
    cells = sources(path, "code")
    assert not [source for source in cells if "%matplotlib" in source or "pip install" in source]
    assert max(len(source.splitlines()) for source in cells) <= 20
    long = [source for source in cells if len(source.splitlines()) > 8]
    assert len(long) <= LARGEST_SHARE_OF_LONG_CELLS * len(cells)


@pytest.mark.parametrize("path", STORED, ids=name)
def test_every_picture_has_words(path: Path) -> None:
    for cell in notebooks.code_cells(notebooks.read(path)):
        for output in cell["outputs"]:
            page = "".join(output.get("data", {}).get("text/html", ""))
            assert page.count("<img") == len(re.findall(r'<img alt="', page)), cell["id"]
            # a chart of two panels is two images, and the first one speaks for both
            for chart in re.findall(r"<figure.*?</figure>", page, re.DOTALL):
                assert re.search(r'<img alt="[^"]{40,}"', chart), cell["id"]
                assert re.search(r"<figcaption[^>]*>[^<]{20,}", chart), cell["id"]
            if "image/png" in output.get("data", {}):
                assert page, f"{cell['id']}: a picture without a text form"


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_a_lesson_has_its_ten_parts_and_a_minute_plan_that_adds_up(path: Path) -> None:
    text = "\n".join(sources(path, "markdown"))
    parts = [
        "# ",
        "## You will be able to",
        "## Predict first",
        "## The data",
        "## The model, by hand",
        "## How wrong is it?",
        "## What if?",
        "## Break it",
        "## Case",
        "## Verdict so far",
    ]
    places = [text.find(f"\n{part}") if part != "# " else text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    for last in ("## Key terms", "## References", "## Next"):
        assert last in text
    minutes = [int(number) for number in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)]
    stated = re.search(r"(\d+) minutes, and (\d+) for its exercises", text)
    assert stated
    lesson, exercises = map(int, stated.groups())
    assert sum(minutes) == lesson + exercises
    assert minutes[-1] == exercises
    assert 60 <= lesson <= 90


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_every_objective_is_met_by_a_question_and_every_question_points_at_a_section(path: Path) -> None:
    text = "\n".join(sources(path, "markdown"))
    objectives = {int(number) for number in re.findall(r"^(\d)\. \*\*", text, re.MULTILINE)}
    asked = questions.of_sheet(path.name[:2])
    assert 3 <= len(objectives) <= 5
    assert {question.objective for question in asked} == objectives
    headings = re.findall(r"^##+ (.*)$", text, re.MULTILINE)
    for question in asked:
        assert question.section in headings, question.id


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_key_terms_appear_in_bold_where_they_are_defined(path: Path) -> None:
    before, _, terms = "\n".join(sources(path, "markdown")).partition("## Key terms")
    for term in re.findall(r"\*\*(.+?)\*\*", terms.partition("## References")[0]):
        stem = term.lower().rstrip("s")
        assert f"**{stem}" in before.lower(), f"{term} is a key term, but is not set in bold where it first stands"
