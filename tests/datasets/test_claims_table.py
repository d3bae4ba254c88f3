"""Claims: all twenty, both sides heard, every source there, every lesson with something to test."""

import re

import pytest

from course.data import SOURCES, load

CLAIMS = load("claims")
KNOWN = set(load(SOURCES)["source_id"])
LESSONS = [f"{number:02d}" for number in range(14)]
LOADED = r"\b(?:obviously|clearly wins|of course|impressive|brilliant|foolish|naive|propaganda|dominates?|crush\w*)\b|!"


def test_all_twenty_are_there_in_order() -> None:
    assert CLAIMS["claim_id"].tolist() == [f"C{number:02d}" for number in range(1, 21)]


@pytest.mark.parametrize("side", ["evidence_for", "evidence_against"])
def test_the_sources_of_both_sides_are_known(side: str) -> None:
    for key, cell in zip(CLAIMS["claim_id"], CLAIMS[f"{side}_source"], strict=True):
        named = str(cell).split("; ")
        assert len(named) == len(set(named)), key
        assert set(named) <= KNOWN, (key, set(named) - KNOWN)


def test_both_sides_get_room() -> None:
    ratio = CLAIMS["evidence_for"].str.len() / CLAIMS["evidence_against"].str.len()
    assert CLAIMS[~ratio.between(0.5, 2)]["claim_id"].tolist() == []
    assert (CLAIMS["evidence_for"] != CLAIMS["evidence_against"]).all()


def test_each_side_brings_a_number_in_most_claims() -> None:
    for side in ("evidence_for", "evidence_against"):
        assert CLAIMS[side].str.contains(r"\d").sum() >= 13, side


def test_no_cheering_and_no_sneering() -> None:
    for column in ("claim", "evidence_for", "evidence_against", "would_change", "note"):
        found = CLAIMS[column].dropna().str.contains(LOADED, flags=re.IGNORECASE)
        assert not found.any(), column


def test_every_verdict_occurs_and_none_is_the_rule() -> None:
    counts = CLAIMS["verdict"].value_counts()
    assert set(counts.index) == {"supported", "mixed", "contradicted", "untestable"}
    assert counts.max() < 2 / 3 * len(CLAIMS)


def test_every_lesson_has_a_claim_to_test() -> None:
    named = {lesson for cell in CLAIMS["lesson"] for lesson in str(cell).split("; ")}
    assert named == set(LESSONS)


def test_the_first_lesson_has_its_two_claims() -> None:
    assert CLAIMS[CLAIMS["lesson"] == "01"]["claim_id"].tolist() == ["C01", "C02"]


def test_figures_in_the_evidence_are_those_of_the_tables() -> None:
    """A few figures that other tables hold too."""
    text = CLAIMS.set_index("claim_id")
    cases = load("app_cases").set_index("case_id")
    assert f"{cases.loc['masai-workload', 'n']:,}" in text.loc["C15", "evidence_for"]
    assert f"{-cases.loc['luo-disclosed', 'effect']:.0f} % less" in text.loc["C15", "evidence_against"]
    capex = load("capex").set_index("capex_id")
    spent = capex.loc["alibaba-capex-ai-cloud-12-months-to-2025-09", "usd_bn"]
    assert f"about {spent:.0f} billion dollars" in text.loc["C20", "evidence_against"]
    bad = load("app_cases")["direction"].isin(["null", "harm"]).mean()
    assert bad == pytest.approx(2 / 5, abs=0.03)  # "about two in five", C15
    users = load("feedback_scale").set_index("feedback_id")["value"]
    ratio = users["cnnic-genai-users-2025-12"] / users["cnnic-genai-users-2024-12"]
    assert f"{ratio:.1f} times" in text.loc["C16", "evidence_for"]
