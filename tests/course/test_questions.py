"""Every question proves that it tells right from wrong: the reference, other styles, each misconception, the stub."""

import decimal
import itertools
from collections import Counter

import pytest

from course import questions
from course.observe import MISSING, TODO, observe
from course.questions.families import Family
from course.questions.question import PRACTICE, Misconception, Question

SALTS = [PRACTICE, "marking", "another class"]
EVERY = list(questions.ALL.values())
MISTAKES = [(question, wrong) for question in EVERY for wrong in question.misconceptions]


def verdict(question: Question, answer: object, salt: str) -> tuple[str, str]:
    judged = question.judge(observe(answer, question.inputs(salt)), salt)
    return judged.status, judged.misconception


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize("question", EVERY, ids=lambda q: q.id)
def test_the_reference_and_other_styles_are_right(question: Question, salt: str) -> None:
    assert question.alternatives
    for answer in (question.reference, *question.alternatives):
        assert verdict(question, answer, salt) == ("right", "")


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize(("question", "wrong"), MISTAKES, ids=lambda x: getattr(x, "id", getattr(x, "name", "")))
def test_every_misconception_earns_its_own_message(question: Question, wrong: object, salt: str) -> None:
    assert isinstance(wrong, Misconception)
    answer = wrong.answer.example(question.reference) if isinstance(wrong.answer, Family) else wrong.answer
    assert verdict(question, answer, salt) == ("wrong", wrong.name)


@pytest.mark.parametrize("question", EVERY, ids=lambda q: q.id)
def test_at_least_three_misconceptions_and_two_hints(question: Question) -> None:
    assert len(question.misconceptions) >= 3
    assert len(question.hints) >= 2


@pytest.mark.parametrize("question", EVERY, ids=lambda q: q.id)
def test_dots_are_not_an_attempt(question: Question) -> None:
    stubs = [..., (..., ...)] if question.make_inputs is None else [lambda *_: ...]
    for stub in stubs:
        assert verdict(question, stub, PRACTICE)[0] == "not_attempted"
    assert question.judge([TODO]).status == "not_attempted"
    assert question.judge([MISSING]).status == "not_attempted"


@pytest.mark.parametrize("question", EVERY, ids=lambda q: q.id)
def test_no_message_or_hint_gives_a_number_away(question: Question) -> None:
    """The answer, written to two or more digits, stands in nothing that a learner is shown."""
    parts = question.reference if isinstance(question.reference, tuple) else (question.reference,)
    numbers = [part for part in parts if isinstance(part, float)]
    if not numbers:
        return
    shown = [w.message for w in question.misconceptions] + [question.praise, *question.hints, question.asks]
    for number, digits in itertools.product(numbers, (0, 1, 2, 3)):
        printed = f"{number:.{digits}f}"
        if len(printed.replace(".", "")) >= 2:
            assert not any(printed in text for text in shown), printed


@pytest.mark.parametrize("question", [q for q in EVERY if q.make_inputs], ids=lambda q: q.id)
def test_marking_tries_inputs_that_practice_did_not_show(question: Question) -> None:
    assert question.inputs(PRACTICE) == question.inputs(PRACTICE)
    assert question.expected("marking") != question.expected(PRACTICE)


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize("question", EVERY, ids=lambda q: q.id)
def test_a_right_answer_in_any_style_may_be_a_billionth_off(question: Question, salt: str) -> None:
    def nudged(value: object, factor: float) -> object:
        if isinstance(value, list):
            return [nudged(part, factor) for part in value]
        return value * factor if isinstance(value, float) else value

    for answer, factor in itertools.product((question.reference, *question.alternatives), (1 - 1e-9, 1 + 1e-9)):
        seen = observe(answer, question.inputs(salt))
        assert question.judge([nudged(value, factor) for value in seen], salt).status == "right"


FUNCTION = questions.get("01-q5")


@pytest.mark.parametrize(
    ("answer", "remark"),
    [
        (lambda *_: None, "`return`"),
        (5.0, "A function is asked for"),
        (lambda *_: "fast", "should be a number"),
        (lambda *_: float("nan"), "Not right yet"),
        (lambda *_: [1.0, 2.0], "should be a number"),
    ],
)
def test_an_unknown_mistake_gets_a_true_remark(answer: object, remark: str) -> None:
    judged = FUNCTION.judge(observe(answer, FUNCTION.inputs(PRACTICE)))
    assert judged.status == "wrong"
    assert remark in judged.message


@pytest.mark.parametrize(
    ("question", "answer", "remark"),
    [
        ("01-q6", None, "what `print` gives back"),
        ("01-q6", {"ratio": 1}, "a dictionary"),
        ("01-q6", decimal.Decimal("0.5"), "a Decimal"),
        ("01-q7", {"BDE"}, "one letter each"),
        ("01-q7", "B, D, E", "a set of letters"),
        ("01-q2", "chip C", "one of the letters"),
    ],
)
def test_an_answer_of_the_wrong_kind_is_told_the_kind(question: str, answer: object, remark: str) -> None:
    judged = questions.get(question).judge(observe(answer, None))
    assert judged.status == "wrong"
    assert remark in judged.message


def test_an_unknown_question_lists_the_known_ones() -> None:
    with pytest.raises(LookupError, match="01-q1"):
        questions.get("99-q9")


def test_the_right_letters_of_a_sheet_are_not_those_of_the_others() -> None:
    right = [frozenset(each.reference) for each in questions.ALL.values() if each.answer_name == "objections"]
    assert len(right) == 14
    assert max(Counter(right).values()) <= 2
    assert max(Counter(letter for each in right for letter in each).values()) < 0.75 * len(right)
