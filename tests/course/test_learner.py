"""`check()` and `hint()` in a learner's notebook: the four outcomes, strict mode, and what is never shown."""

import re

import pytest

from course import questions
from course.checking import learner
from course.checking.learner import NotRightError, check, hint

RIDGE = questions.get("01-q1")


@pytest.fixture(autouse=True)
def _friendly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(learner.STRICT, raising=False)
    monkeypatch.setattr(learner, "_hints_given", {})


def feedback(code: str, question_id: str) -> learner.Feedback:
    """Run an answer and its check as a notebook would, in one namespace."""
    namespace = {"check": check}
    exec(code, namespace)
    exec(f"feedback = check({question_id!r})", namespace)
    return namespace["feedback"]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        ("ridge = 1307.4e12 / 5300e9", "right", "✔ Right"),
        ("ridge = 0.2467", "wrong", "the thousand got lost"),
        ("ridge = 12345", "wrong", "not one of the usual slips"),
        ("ridge = ...", "not_attempted", "replace the dots"),
        ("pass", "not_attempted", "`ridge` is not there yet"),
        ("ridge = None", "wrong", "nothing"),
        ("ridge = 'a lot'", "wrong", "should be a number"),
    ],
)
def test_a_value_gets_its_status_and_reason(code: str, status: str, says: str) -> None:
    shown = feedback(code, "01-q1")
    assert shown.verdict.status == status
    assert says in repr(shown)
    assert says.replace("`", "") in re.sub("<[^>]+>|`", "", shown._repr_html_())


def test_an_error_in_a_function_is_named_and_not_raised() -> None:
    shown = feedback("def tokens_per_s(n, f, m, p, b):\n    return n / 0", "01-q5")
    assert shown.verdict.status == "error"
    assert "ZeroDivisionError" in repr(shown)


def test_a_function_that_spoils_its_arguments_spoils_only_its_own() -> None:
    code = "def choose(i, chips):\n    chips.sort(key=lambda c: min(c[1], i * c[2] / 1000))\n    return chips.pop()[0]"
    assert feedback(code, "01-q3").verdict.status == "right"


def test_strict_mode_raises_unless_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(learner.STRICT, "1")
    assert feedback("ridge = 1307.4e12 / 5300e9", "01-q1").verdict.status == "right"
    with pytest.raises(NotRightError, match="not_attempted: 01-q1"):
        feedback("ridge = ...", "01-q1")
    with pytest.raises(NotRightError, match="wrong: 01-q1"):
        feedback("ridge = 1", "01-q1")


def test_hints_come_one_by_one_and_the_last_stays() -> None:
    first, second, third = (hint("01-q1") for _ in range(3))
    assert RIDGE.hints[0] in first
    assert RIDGE.hints[1] in second
    assert third == second


def test_later_hints_are_folded_inside_earlier_ones() -> None:
    page = feedback("ridge = ...", "01-q1")._repr_html_()
    assert page.index("Hint 1") < page.index("Hint 2")
    assert page.index("Hint 2") < page.index("</details>")
    assert "<details open" not in page


def test_what_a_learner_wrote_is_escaped() -> None:
    code = "def choose(i, chips):\n    raise ValueError('<script>alert(1)</script>')"
    page = feedback(code, "01-q3")._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(LookupError, match="no question '01-q99'"):
        check("01-q99")
