"""The parts of the graft that need no kernel: probes, what they show, and what goes into the grafted sheet."""

import ast
import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import small_course
from hypothesis import given
from hypothesis import strategies as st

from course import questions
from course.checking.graft import MARKING, load_sheets, probe_source, seen_in
from course.checking.graft import graft as grafted
from course.observe import MARK
from course.questions.question import PRACTICE, Question

ASKED = [*questions.ALL.values(), *small_course.QUESTIONS]


def taking(*inputs: Any) -> Question:
    """Return a question about a function that hands back its only argument."""
    return Question(
        id="99-q9",
        asks="",
        objective=1,
        answer_name="same",
        reference=lambda value: value,
        misconceptions=(),
        hints=(),
        praise="",
        section="",
        make_inputs=lambda draw: [[value] for value in inputs],
    )


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.id)
def test_running_a_probe_behind_the_reference_shows_what_the_question_expects(question: Question) -> None:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(probe_source(question, MARKING), {question.answer_name: question.reference})
    assert shown.getvalue().count("\n") == 1
    assert seen_in(shown.getvalue()) == question.expected(MARKING)


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.id)
def test_formatting_the_instructors_sheet_leaves_a_probe_as_it_is(question: Question) -> None:
    source = probe_source(question, MARKING) + "\n"
    for length in ("88", "110"):
        command = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={length}", "-"]
        assert subprocess.run(command, input=source, capture_output=True, text=True).stdout == source


@pytest.mark.parametrize("question", [q for q in ASKED if q.make_inputs], ids=lambda question: question.id)
def test_a_class_is_marked_on_other_inputs_than_it_practised_on(question: Question) -> None:
    assert question.expected(MARKING) != question.expected(PRACTICE)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
inputs = st.recursive(
    scalars | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(value=inputs)
def test_a_probe_carries_any_plain_input_unchanged(value: Any) -> None:
    call = ast.parse(probe_source(taking(value), MARKING)).body[1]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    assert ast.literal_eval(call.value.args[2]) == [[value]]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_an_input_that_cannot_be_written_down_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="plain data"):
        probe_source(taking(value), MARKING)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (f"{MARK}[1.0]\n", [1.0]),
        (f"debug\n{MARK}[1.0]\nmore\n", [1.0]),
        (f"no line end {MARK}[1.0]\n", [1.0]),
        (f"{MARK}[1.0]\n{MARK}[1.0]\n", None),
        (f"{MARK}[1.0] {MARK}[2.0]\n", None),
        ("", None),
        ("✔ Right\n", None),
        (f"{MARK}[]\n", None),
        (f"{MARK}1.0\n", None),
        (f"{MARK}[1.0\n]\n", None),
        (f"{MARK}{'[' * 100_000}\n", None),
        (f"{MARK}[{'9' * 9000}]\n", None),
    ],
)
def test_what_a_probe_showed_is_read_where_it_stands_exactly_once(text: str, seen: list[Any] | None) -> None:
    assert seen_in(text) == seen


def test_the_grafted_sheet_has_nothing_of_the_learner_but_the_answers(solutions: Path) -> None:
    sheet = load_sheets(solutions)["99"]
    notebook = grafted(sheet, {"99-q1": "area = 1", "99-q3": "losses = 2"})
    assert [(cell["id"], cell["source"]) for cell in notebook["cells"]] == [
        ("99-setup", "import math"),
        ("99-q1-answer", "area = 1"),
        ("99-q1-probe", probe_source(small_course.DIE, MARKING)),
        ("99-q3-answer", "losses = 2"),
        ("99-q3-probe", probe_source(small_course.LOSSES, MARKING)),
    ]
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    kept = {cell["id"]: cell["outputs"] for cell in notebook["cells"] if cell["outputs"]}
    assert kept == {
        "99-q1-probe": small_course.printed(MARK + json.dumps([814.0]) + "\n"),
        "99-q3-probe": small_course.printed(MARK + json.dumps([["A", "C"]]) + "\n"),
    }
