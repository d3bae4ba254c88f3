"""Who owns which layer: read from tables, so a firm's marks follow its rows."""

from course.data import load
from course.notebooks import read
from course.ownership import LAYERS, ownership
from course.syllabus import lessons


def test_every_firm_is_named_somewhere_and_the_extremes_are_where_the_claims_say() -> None:
    owned = ownership()
    assert list(owned.columns) == list(LAYERS)
    assert owned.any(axis=1).all()
    assert owned.loc[["Google", "Alibaba"]].to_numpy().all()
    assert not owned.loc[["OpenAI", "Anthropic", "DeepSeek"], ["chips", "cloud"]].to_numpy().any()


def test_a_mark_for_chips_needs_a_vendor_of_that_name_or_a_row_that_says_so() -> None:
    vendors, facts = set(load("chips")["vendor"]), set(load("case_facts")["fact_id"])
    assert "Tencent" not in vendors
    assert "tencent-zixiao" in facts
    assert ownership().loc["Tencent", "chips"]
    assert not ownership().loc["ByteDance", "chips"]


def test_the_verdict_on_claim_c04_is_what_the_marks_bear_out() -> None:
    """Something in every layer, so not contradicted; no plant and no shares of computing, so not supported either."""
    assert ownership().loc[["Alibaba", "Baidu", "Tencent"]].to_numpy().all()
    claims = load("claims").set_index("claim_id")
    assert claims.loc[["C03", "C04", "C05"], "verdict"].tolist() == ["mixed"] * 3
    lesson = next(lesson for lesson in lessons() if lesson.number == "12")
    assert any("All three are *mixed*." in cell["source"] for cell in read(lesson.path)["cells"])
