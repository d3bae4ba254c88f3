"""The catalogue of questions loads a lesson when it is asked for, and no other."""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.questions.catalogue import Catalogue

LESSON = """from course.questions.question import Misconception, Question

def ask(number):
    wrong = (Misconception("zero", 0.0, "Not zero."),)
    return Question(f"{sheet}-q{number}", "one", 1, f"answer{number}", 1.0, wrong, ("Look.",), "Good.", "None")

QUESTIONS = (ask(1), ask(2))
"""


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalogue]:
    folder = tmp_path / "two_lessons"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for sheet in ("90", "91"):
        (folder / f"lesson_{sheet}.py").write_text(LESSON.replace("{sheet}", sheet), "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Catalogue("two_lessons", [str(folder)])
    for name in [name for name in sys.modules if name.startswith("two_lessons")]:
        del sys.modules[name]


def loaded() -> list[str]:
    return sorted(name[-2:] for name in sys.modules if name.startswith("two_lessons.lesson_"))


def test_asking_for_a_question_loads_its_lesson_only(catalogue: Catalogue) -> None:
    assert loaded() == []
    assert catalogue["91-q2"].id == "91-q2"
    assert "91-q3" not in catalogue
    assert [question.id for question in catalogue.of_sheet("91")] == ["91-q1", "91-q2"]
    assert loaded() == ["91"]


def test_asking_for_all_loads_all_in_order(catalogue: Catalogue) -> None:
    assert catalogue["91-q2"]
    assert list(catalogue) == ["90-q1", "90-q2", "91-q1", "91-q2"]
    assert len(catalogue) == 4
    assert loaded() == ["90", "91"]


def test_what_is_unknown_is_no_lesson(catalogue: Catalogue) -> None:
    for strange in ("", "-", "q1", "92-q1", "__init__-q1"):
        assert strange not in catalogue
    assert catalogue.of_sheet("92") == []
    assert loaded() == []


def test_questions_can_be_put_in_and_taken_out(catalogue: Catalogue) -> None:
    catalogue["99-q1"] = other = dataclasses.replace(catalogue["90-q1"], id="99-q1")
    assert catalogue["99-q1"] is other
    assert list(catalogue)[-1] == "99-q1"
    del catalogue["99-q1"]
    assert "99-q1" not in catalogue
