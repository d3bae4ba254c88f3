"""The instructor's guide fits the lessons: minutes add up, sections exist, misconceptions are the questions' own."""

import re
from pathlib import Path

import pytest

from course import instructor, questions
from course.instructor import BEGIN, END, EXERCISES, GUIDE, QUESTION
from course.notebooks import DriftError, read
from course.syllabus import NEEDS, closed, lessons

LESSONS = {lesson.number: lesson for lesson in lessons()}
each_lesson = pytest.mark.parametrize("number", LESSONS)


def page(number: str) -> str:
    return instructor.page(number).read_text("utf-8")


@each_lesson
def test_the_plan_gives_every_part_the_minutes_that_the_lesson_gives_it(number: str) -> None:
    lesson = LESSONS[number]
    part_of = instructor.parts(lesson)
    found = dict.fromkeys(instructor.minute_table(lesson), 0)
    for step in instructor.plan(page(number)):
        found[part_of[step.section]] += step.minutes
    assert found == instructor.minute_table(lesson)
    assert sum(found.values()) == lesson.minutes + lesson.exercise_minutes


@each_lesson
def test_the_plan_follows_the_order_of_the_lesson_and_leaves_no_section_out(number: str) -> None:
    part_of = instructor.parts(LESSONS[number])
    sections = list(dict.fromkeys(step.section for step in instructor.plan(page(number))))
    places = [list(part_of).index(section) for section in sections]
    assert places == sorted(places)
    assert sections[0] == QUESTION
    assert sections[-1] == EXERCISES
    assert set(part_of.values()) == {part_of[section] for section in sections}


@each_lesson
def test_the_prediction_is_revealed_where_the_lesson_does_it(number: str) -> None:
    section, revealed = QUESTION, []
    for cell in read(LESSONS[number].path)["cells"]:
        if cell["cell_type"] == "markdown":
            section = (re.findall(r"^##+ (.+)$", cell["source"], re.MULTILINE) or [section])[-1]
        elif f'compare("{number}-' in cell["source"]:
            revealed.append(section)
    steps = instructor.plan(page(number))
    assert [step.section for step in steps if "eveal the prediction" in step.what] == revealed


@each_lesson
def test_a_page_has_its_title_and_everything_that_a_class_needs(number: str) -> None:
    text = page(number)
    assert text.startswith(f"# {number} {LESSONS[number].title}\n")
    wanted = ["Minute by minute", "Discuss", "If half the class predicts wrong", "On the board", "Expect"]
    assert [found for found in re.findall(r"^## (.+)$", text, re.MULTILINE) if found in wanted] == wanted
    discussion = text.partition("## Discuss")[2].partition("\n## ")[0]
    assert discussion.count("?**") == 1
    assert discussion.count("\n* **") == 2


@each_lesson
def test_every_misconception_of_the_questions_is_on_the_page(number: str) -> None:
    made = page(number).partition(BEGIN)[2].partition(END)[0]
    names = [wrong.name for question in questions.of_sheet(number) for wrong in question.misconceptions]
    assert names
    assert re.findall(r"^\* \*(.+?)\*: ", made, re.MULTILINE) == names


def test_pages_have_not_drifted() -> None:
    assert [path.stem for path in instructor.write(check=True)] == list(LESSONS)


def test_a_page_changed_by_hand_is_drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "01.md").write_text(page("01").replace("upside down", "wrong way up"), "utf-8")
    monkeypatch.setattr(instructor, "GUIDE", tmp_path)
    with pytest.raises(DriftError, match="course build"):
        instructor.write(check=True)


@pytest.mark.parametrize("text", ["", BEGIN, f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"])
def test_a_page_without_its_two_marks_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        instructor.renewed(text, "01")


@pytest.mark.parametrize("rows", ["| 1-4 | A | b |", "| 0-4 | A | b |\n| 5-6 | A | b |", "| 0-0 | A | b |"])
def test_a_plan_with_a_gap_is_refused(rows: str) -> None:
    with pytest.raises(ValueError, match="ends at minute"):
        instructor.plan(rows)


def test_the_plan_of_13_weeks_holds_every_lesson_once_after_what_it_needs() -> None:
    weeks = _table("13 weeks")
    order = tuple(number for row in weeks for number in re.findall(r"\b\d\d\b", row[1]))
    assert [row[0] for row in weeks] == [str(week) for week in range(1, 14)]
    assert sorted(order) == list(NEEDS)
    assert closed(order)


def test_the_plan_of_2_days_leaves_time_for_each_of_its_lessons() -> None:
    times, order = [], []
    for row in _table("Two days"):
        (start, end), number = (_minutes(time) for time in row[0].split("-")), re.match(r"\d\d\b", row[1])
        assert not times or start >= times[-1] or start < 12 * 60
        times.append(end)
        if number:
            order.append(number[0])
            if number[0] in LESSONS:
                assert end - start >= LESSONS[number[0]].minutes, row
    assert closed(tuple(order))


def _table(heading: str) -> list[list[str]]:
    section = (GUIDE / "README.md").read_text("utf-8").partition(f"## {heading}")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if re.match(r"\| \d", line)]
    return [[cell.strip() for cell in row] for row in rows]


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)
