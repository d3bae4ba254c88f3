"""The claims ledger: verdicts are kept from lesson to lesson, and the evidence stands both ways."""

from pathlib import Path

import pytest

from course import state
from course.data import UnknownName, load
from course.ledger import VERDICTS, Ledger, evidence

CLAIMS = load("claims")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(state.HOME, str(tmp_path))
    return tmp_path


def test_a_verdict_is_kept_beside_those_of_other_lessons() -> None:
    Ledger("C01", "C02").save("C01", "mixed", "119 tokens")
    Ledger("C05").save("C05", "contradicted", "38 %")
    assert state.load("ledger")["C01"] == {"verdict": "mixed", "because": "119 tokens"}
    assert set(state.load("ledger")) == {"C01", "C05"}


@pytest.mark.parametrize(
    ("claim", "verdict", "because", "complaint"),
    [
        ("C03", "mixed", "x", "'C03' is not in this form; allowed: C01, C02"),
        ("C01", "not yet", "x", "choose a verdict: supported, mixed"),
        ("C01", "mixed", " ", "say what moved you"),
    ],
)
def test_a_line_that_says_nothing_is_refused(claim: str, verdict: str, because: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Ledger("C01", "C02").save(claim, verdict, because)
    assert state.load("ledger") == {}


def test_the_form_saves_refuses_and_remembers() -> None:
    line = Ledger("C01")._form().children[0]
    verdict, because, button = line.children[1].children
    button.click()
    assert "Not saved" in line.children[2].value
    verdict.value, because.value = "mixed", "119 tokens"
    button.click()
    assert line.children[2].value == "C01 saved: mixed."
    assert Ledger("C01")._form().children[0].children[1].children[0].value == "mixed"


def test_an_unknown_claim_is_named() -> None:
    with pytest.raises(UnknownName, match="no claim 'C99'"):
        Ledger("C99")
    with pytest.raises(UnknownName, match="no claim 'C99'"):
        evidence("C99")


def test_without_a_kernel_the_claims_remain() -> None:
    forms = Ledger("C01")._repr_mimebundle_()
    assert CLAIMS["claim"].iloc[0] in forms["text/html"]
    assert "Your verdict: ..." in forms["text/plain"]


def test_the_evidence_stands_both_ways_in_every_form() -> None:
    row = CLAIMS.iloc[1]
    shown = evidence(str(row["claim_id"]))
    for side in ("evidence_for", "evidence_against", "would_change", "verdict"):
        assert str(row[side]) in repr(shown)
    assert shown._repr_html_().count("<td") == 3


def test_the_course_itself_uses_the_same_verdicts() -> None:
    assert set(CLAIMS["verdict"]) <= set(VERDICTS)
