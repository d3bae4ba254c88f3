"""The split by source: every fitted constant names sources that exist, and stands in one table."""

from course.data import load
from course.validation import score, table
from course.validation.constants import constants, sources_fitted_on

TABLE = constants()


def test_every_source_of_a_constant_is_in_the_table_of_sources() -> None:
    assert sources_fitted_on() <= set(load("sources")["source_id"])


def test_constants_lie_inside_their_interval_and_say_what_they_are() -> None:
    assert len(TABLE) > 50
    assert (TABLE["low"] <= TABLE["value"]).all()
    assert (TABLE["value"] <= TABLE["high"]).all()
    assert TABLE[["module", "what", "unit", "fitted_on"]].map(bool).all(axis=None)
    assert not TABLE["what"].duplicated().any()


def test_constants_of_every_kind_of_holder_are_found() -> None:
    modules = set(TABLE["module"])
    assert {"fab", "cluster", "cloud", "step_time", "server", "growth", "chips"} <= modules


def test_predictions_that_use_a_constant_say_so() -> None:
    outcomes = [each for each in score.run(table.ours()) if each.prediction and not each.prediction.identity]
    named = set().union(*(each.prediction.fitted_on for each in outcomes if each.prediction))
    assert named <= sources_fitted_on()
    assert len(named) > 10
    assert any(each.seen for each in outcomes)
    assert any(not each.seen for each in outcomes)
