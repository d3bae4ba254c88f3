"""The front page and the glossary say what the lessons say, and nothing that stands there is out of date."""

import re
from pathlib import Path

import pytest

from course import front_page, notebooks, predictions, state, syllabus
from course.notebooks import DriftError
from course.paths import LESSONS, ROOT


def markdown(notebook: notebooks.Notebook) -> str:
    return "\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")


def test_the_stored_pages_are_what_the_lessons_say() -> None:
    front_page.build(check=True)


def test_the_readme_states_the_minutes_that_the_lessons_state() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d\d) \| \[(.+?)\]\(lessons/(.+?)\) .*\| (\d+) \+ (\d+) \|$", readme, re.MULTILINE)
    told = [(number, title, file, int(lesson), int(exercises)) for number, title, file, lesson, exercises in rows]
    assert told == [
        (each.number, each.title, each.path.name, each.minutes, each.exercise_minutes) for each in syllabus.lessons()
    ]


def test_a_page_that_somebody_edited_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FRONT_PAGE", "GLOSSARY"):
        monkeypatch.setattr(front_page, name, tmp_path / f"{name}.ipynb")
    front, _ = front_page.build()
    front.write_text(front.read_text("utf-8").replace("Three paths", "Two paths"), "utf-8")
    with pytest.raises(DriftError, match=r"FRONT_PAGE\.ipynb is not what the lessons say"):
        front_page.build(check=True)
    assert "Two paths" in front.read_text("utf-8")


def test_building_keeps_the_outputs_of_a_page_that_did_not_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FRONT_PAGE", "GLOSSARY"):
        monkeypatch.setattr(front_page, name, tmp_path / f"{name}.ipynb")
    front, _ = front_page.build()
    page = notebooks.read(front)
    next(notebooks.code_cells(page))["execution_count"] = 1
    front.write_text(notebooks.text_of(page), "utf-8")
    front_page.build()
    assert next(notebooks.code_cells(notebooks.read(front)))["execution_count"] == 1


def test_the_map_and_the_syllabus_link_to_every_lesson_once() -> None:
    drawn = front_page.stack_map()._repr_html_()
    table = markdown(front_page.front()).partition("## Syllabus")[2].partition("\n## ")[0]
    for lesson in syllabus.lessons():
        assert drawn.count(f'href="{lesson.path.name}"') == 1
        row = next(line for line in table.splitlines() if f"({lesson.path.name})" in line)
        assert f"| {lesson.minutes} |" in row
        assert f"[{lesson.exercise_minutes}](../exercises/{lesson.path.name})" in row


def test_the_chips_lie_below_everything_that_is_built_on_them() -> None:
    names = [name for name, _ in front_page.stack_map().layers]
    order = ["The full stack", "Application integration", "Open-source models", "Cloud", "Chips", "Orientation"]
    assert names == order


def test_every_term_links_to_the_key_terms_of_its_lesson() -> None:
    text = markdown(front_page.glossary())
    links = re.findall(r"^\* .*\[Lesson (\d\d)\]\((.+?)#Key-terms\)$", text, re.MULTILINE)
    assert len(links) == len(syllabus.terms())
    for number, target in links:
        assert target.startswith(number)
        assert "## Key terms" in (LESSONS / target).read_text("utf-8")


@pytest.fixture
def learner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(state.HOME, str(tmp_path))


@pytest.mark.usefixtures("learner")
def test_without_a_scored_prediction_there_is_no_curve() -> None:
    assert repr(predictions.calibration_curve()) == "No prediction has been scored yet."


@pytest.mark.usefixtures("learner")
def test_the_curve_tells_how_many_ranges_hold() -> None:
    ranges = {"a": (0, 10, 5), "b": (0, 10, 9), "c": (0, 10, 30), "d": (4, 6, 5.1)}
    saved = {
        key: {"low": low, "high": high, "outcome": outcome, "unit": "x"} for key, (low, high, outcome) in ranges.items()
    }
    state.update(predictions.FILE, lambda _: saved)
    words = repr(predictions.calibration_curve())
    assert words == "Of your 4 scored ranges, 50 % hold the answer where 50 % should, and 75 % where 90 % should."
