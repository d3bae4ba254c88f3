"""Progress is read off what the learner did; paths hold what their lessons need."""

from pathlib import Path

import pytest

from course import predictions, state
from course.ledger import Ledger
from course.progress import progress, record
from course.questions import of_sheet
from course.syllabus import NEEDS, PATHS, closed, lessons, terms


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(state.HOME, str(tmp_path))
    return tmp_path


def test_a_beginner_is_sent_to_the_first_lesson() -> None:
    mine = progress()
    assert mine.next is not None
    assert mine.next.lesson.number == "00"
    assert "Continue with lesson 00" in repr(mine)


def test_what_was_done_is_counted() -> None:
    record("01-q1", "right")
    record("01-q1", "wrong")
    record("01-q2", "wrong")
    predictions.Prediction("01-h20", "How many?", "tokens").save(1, 200)
    predictions.compare("01-h20", 119)
    Ledger("C01").save("C01", "mixed", "119")
    mine = progress()
    row = next(row for row in mine.rows if row.lesson.number == "01")
    assert (row.right, row.tried, row.predicted) == (1, 2, True), "once right stays right"
    assert mine.verdicts == 1
    assert mine.next == row, "one goes on where one has begun"
    assert "■□" in mine._repr_html_()


def test_a_finished_lesson_is_not_the_next() -> None:
    for question in of_sheet("00"):
        record(question.id, "right")
    mine = progress()
    assert mine.next is not None
    assert mine.next.lesson.number == "01"


@pytest.mark.parametrize("name", PATHS)
def test_a_path_holds_what_its_lessons_need_in_order(name: str) -> None:
    assert closed(PATHS[name])
    assert not closed(PATHS[name][1:]), "the first lesson is needed"


def test_the_paths_are_as_long_as_they_are_said_to_be() -> None:
    assert [len(path) for path in PATHS.values()] == [6, 9, len(NEEDS)]


def test_every_lesson_presents_itself() -> None:
    assert [lesson.number for lesson in lessons()] == sorted(lesson.number for lesson in lessons())
    assert {lesson.number for lesson in lessons()} <= set(NEEDS)
    assert all(lesson.claims and lesson.exercises.exists() for lesson in lessons())


def test_the_glossary_is_in_order_and_each_term_has_its_lesson() -> None:
    names = [term.name.casefold() for term in terms()]
    assert names == sorted(set(names))
    assert {term.lesson for term in terms()} <= set(NEEDS)
    assert "roofline" in names
