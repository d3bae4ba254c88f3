"""Numbers of their own: every learner's question can be solved, and another learner's number does not solve it."""

import json
import math
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course import notebooks, questions
from course.checking.finding import learner_of
from course.checking.graft import read
from course.checking.learner import check
from course.checking.marking import mark
from course.checking.personal import hand_out
from course.cli import app
from course.observe import observe
from course.paths import EXERCISES, SOLUTIONS
from course.questions.compare import same
from course.questions.families import Family
from course.questions.question import PRACTICE, Question

LEARNERS = [f"learner{number}" for number in range(1000)]
WITH_NUMBERS = [question for question in questions.ALL.values() if question.scenario]
SHEET = EXERCISES / "01_what_does_a_chip_buy.ipynb"
BY_FORMULA = "ridge = numbers_q1['fp16_tflops'] * 1000 / numbers_q1['memory_bandwidth_gb_s']"


def numbers_in(value: object) -> list[float]:
    parts = value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, float)]


@pytest.mark.parametrize("question", WITH_NUMBERS, ids=lambda question: question.id)
def test_a_thousand_learners_can_all_solve_theirs_and_every_slip_keeps_its_name(question: Question) -> None:
    for learner in LEARNERS:
        own = question.personal("key", learner)
        inputs = own.inputs(PRACTICE)
        assert own.judge(observe(own.reference, inputs)).status == "right"
        assert all(math.isfinite(number) for number in numbers_in(own.expected()))
        for answer in own.alternatives:
            assert own.judge(observe(answer, inputs)).status == "right"
        for wrong in own.misconceptions:
            answer = wrong.answer.example(own.reference) if isinstance(wrong.answer, Family) else wrong.answer
            judged = own.judge(observe(answer, inputs))
            assert (judged.status, judged.misconception) == ("wrong", wrong.name), learner
        assert own.judge(observe(..., inputs)).status == "not_attempted"


@pytest.mark.parametrize("question", WITH_NUMBERS, ids=lambda question: question.id)
def test_a_copied_number_is_wrong_for_at_least_95_percent_of_the_others(question: Question) -> None:
    own = [question.personal("key", learner).expected() for learner in LEARNERS]
    for copied in random.Random(1).sample(own, 50):
        others = [same(copied, expected, question.tolerance) for expected in own if expected is not copied]
        assert sum(others) <= 0.05 * len(others)


def test_numbers_come_from_the_key_and_the_learner_and_from_nothing_else() -> None:
    for question in WITH_NUMBERS:
        numbers = [
            question.personal(key, learner).scenario.numbers  # type: ignore[union-attr]
            for key, learner in (("key", "anna"), ("key", "anna"), ("key", "ben"), ("other", "anna"))
        ]
        assert numbers[0] == numbers[1]
        assert numbers[0] not in numbers[2:]


@pytest.mark.parametrize("made_up", [0.0, -1.0, 1e9, math.nan, math.inf, 1])
@pytest.mark.parametrize("question", WITH_NUMBERS, ids=lambda question: question.id)
def test_made_up_numbers_stop_no_check(question: Question, made_up: float) -> None:
    numbers = question.scenario.numbers  # type: ignore[union-attr]
    for changed in [dict.fromkeys(numbers, made_up), *({**numbers, name: made_up} for name in numbers)]:
        assert question.about(changed).id == question.id


def test_a_check_in_the_notebook_judges_by_the_numbers_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    own = questions.get("01-q1").personal("key", "anna")
    assert own.scenario is not None

    def status(numbers: object) -> str:
        namespace = {"check": check, "numbers_q1": numbers, "ridge": own.reference}
        exec("found = check('01-q1')", namespace)
        return namespace["found"].verdict.status  # type: ignore[no-any-return, attr-defined]

    assert status(own.scenario.numbers) == "right"
    for unfit in ({}, None, {"fp16_tflops": 1}, dict.fromkeys(own.scenario.numbers, "much")):
        assert status(unfit) == "wrong"


def test_sheets_are_handed_out_and_marked_by_each_learners_own_numbers(tmp_path: Path) -> None:
    roster = tmp_path / "roster.txt"
    roster.write_text("anna\nben\n\ncara\n", "utf-8")
    words = ["hand-out", str(roster), "--key", "long key", "--out", str(tmp_path / "in")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    sheets = sorted((tmp_path / "in").rglob("*.ipynb"))
    assert [sheet.parent.name for sheet in sheets if sheet.name == SHEET.name] == ["anna", "ben", "cara"]
    anna = questions.get("01-q1").personal("long key", "anna")
    answers = {"anna": f"ridge = {anna.reference}", "ben": f"ridge = {anna.reference}", "cara": BY_FORMULA}
    for sheet in sheets:
        notebook = read(sheet)
        for cell in notebook["cells"]:
            if cell["id"] == "01-q1-answer":
                cell["source"] = answers[sheet.parent.name]
            if cell["id"] == "01-q1-numbers":  # what a learner writes here counts for nothing
                cell["source"] = "numbers_q1 = {}"
        sheet.write_text(json.dumps(notebook), "utf-8")
    paths = [tmp_path / "in" / learner / SHEET.name for learner in answers]
    rows = mark(paths, solutions=SOLUTIONS, class_key="long key")
    found = {row.submission.split("/")[0]: row.status for row in rows if row.question == "01-q1"}
    assert found == {"anna": "right", "ben": "wrong", "cara": "right"}


@pytest.mark.parametrize(
    ("learners", "key", "sheets", "says"),
    [
        (["../anna"], "key", [SHEET], "letters, digits"),
        (["anna", "anna"], "key", [SHEET], "stands twice"),
        (["anna"], "", [SHEET], "class key is empty"),
        (["anna"], "key", [], "numbers of its own"),
    ],
)
def test_what_cannot_be_handed_out_is_refused_in_words(
    learners: list[str], key: str, sheets: list[Path], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=says):
        hand_out(learners, key, sheets, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "learner"),
    [("anna/01_chips.ipynb", "anna"), ("anna.ipynb", "anna"), ("01_chips_ben.ipynb", "ben"), ("01_chips.ipynb", "")],
)
def test_whose_it_is_stands_in_the_name(name: str, learner: str) -> None:
    assert learner_of(name, "01_chips") == learner


def test_the_numbers_of_a_sheet_are_those_of_its_questions() -> None:
    for path in notebooks.solutions():
        notebook = notebooks.read(path)
        assert notebooks.with_probes(notebook) == notebook
