"""The answer bank is judged as intended, holds what it promises, and notices a question that judges wrongly."""

import dataclasses

import answer_bank
import pytest

from course import questions


def test_every_answer_in_the_bank_is_judged_as_intended(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer_bank.main() == 0, capsys.readouterr().out


@pytest.mark.parametrize("question", questions.ALL.values(), ids=lambda question: question.id)
def test_a_question_has_all_kinds_of_answers(question: questions.Question) -> None:
    kinds = [entry.kind for entry in answer_bank.entries(question)]
    assert kinds.count("reference") == 1
    assert kinds.count("style") >= 2
    assert kinds.count("misconception") == len(question.misconceptions)
    assert kinds.count("stub") >= 1
    assert kinds.count("near miss") >= 4


@pytest.mark.parametrize(
    "fault",
    [{"tolerance": 1e-12}, {"misconceptions": ()}, {"reference": 1.0}],
    ids=["a rounding edge", "no slip is known", "another reference"],
)
def test_the_bank_notices_a_question_that_judges_wrongly(
    fault: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = questions.get("01-q6")
    bank = list(answer_bank.entries(question))
    broken = dataclasses.replace(question, **fault)  # type: ignore[arg-type]
    entries = [dataclasses.replace(entry, question=broken) for entry in bank]
    assert all(answer_bank.judged_as_intended(entry, "marking") for entry in bank)
    assert not all(answer_bank.judged_as_intended(entry, "marking") for entry in entries)
