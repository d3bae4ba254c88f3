"""Who owns which layer: read from tables, so a firm's marks follow its rows."""

from course.data import load
from course.ownership import LAYERS, ownership


def test_every_firm_is_named_somewhere_and_the_extremes_are_where_the_claims_say() -> None:
    owned = ownership()
    assert list(owned.columns) == list(LAYERS)
    assert owned.any(axis=1).all()
    assert owned.loc[["Google", "Alibaba"]].to_numpy().all()
    assert not owned.loc[["OpenAI", "Anthropic", "DeepSeek"], ["chips", "cloud"]].to_numpy().any()


def test_a_mark_for_chips_needs_a_vendor_of_that_name() -> None:
    vendors = set(load("chips")["vendor"])
    assert "Tencent" not in vendors
    assert not ownership().loc["Tencent", "chips"]
