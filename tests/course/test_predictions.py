"""Predictions are stored, compared and never lost to a damaged file; the fallback is text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course import state
from course.predictions import Calibration, Prediction, calibration, compare, interval_score

ASKED = Prediction("99-x", "How many?", unit="apples")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(state.HOME, str(tmp_path))
    return tmp_path


def test_a_saved_range_is_held_against_the_outcome() -> None:
    assert "no prediction" in compare("99-x", 5)
    assert "1 to 9 apples" in ASKED.save(1, 9)
    assert "inside your range, interval score 1.60" in compare("99-x", 5)
    assert "outside your range" in compare("99-x", 11)


def test_a_range_stays_once_the_answer_was_seen() -> None:
    ASKED.save(1, 9)
    compare("99-x", 11)
    with pytest.raises(ValueError, match="you have seen the answer, so 1 to 9 stays"):
        ASKED.save(10, 12)


def test_scores_make_up_a_running_calibration() -> None:
    assert str(calibration()) == "No prediction has been scored yet."
    ASKED.save(1, 9)
    Prediction("99-y", "How much?", unit="litres").save(2, 3)
    Prediction("99-z", "Never answered?", unit="litres").save(2, 3)
    compare("99-x", 5)
    assert "So far 1 of your 2 ranges held the answer" in compare("99-y", 4)
    assert calibration() == Calibration(2, 1, pytest.approx((8 / 5 + (1 + 20) / 4) / 2))


@given(low=st.floats(1, 50), width=st.floats(0.1, 50), outcome=st.floats(1, 200), further=st.floats(0.1, 50))
def test_a_wider_range_that_holds_the_answer_scores_worse_and_so_does_a_miss(
    low: float, width: float, outcome: float, further: float
) -> None:
    score = interval_score(low, low + width, outcome)
    assert score >= width / outcome * (1 - 1e-9)
    if low <= outcome <= low + width:
        assert interval_score(low, low + width + further, outcome) > score


def test_predictions_live_beside_each_other() -> None:
    ASKED.save(1, 9)
    Prediction("99-y", "How much?", unit="litres").save(2, 3)
    assert set(state.load("predictions")) == {"99-x", "99-y"}


def test_a_range_the_wrong_way_round_is_refused_and_nothing_changes() -> None:
    ASKED.save(1, 9)
    with pytest.raises(ValueError, match="low = 9 must be below high = 1"):
        ASKED.save(9, 1)
    assert state.load("predictions")["99-x"]["high"] == 9


def test_the_form_saves_and_says_so() -> None:
    form = ASKED._form()
    low, high, button = form.children[1].children
    low.value, high.value = 3.0, 2.0
    button.click()
    assert "Not saved" in form.children[2].value
    high.value = 4.0
    button.click()
    assert "Saved: 3 to 4 apples" in form.children[2].value
    assert state.load("predictions")["99-x"]["low"] == 3.0


def test_without_a_kernel_the_question_remains() -> None:
    forms = ASKED._repr_mimebundle_()
    assert "How many?" in forms["text/plain"]
    assert "How many?" in forms["text/html"]


@pytest.mark.parametrize("damage", ["{not json", "[]", ""])
def test_a_damaged_file_is_set_aside_and_the_course_goes_on(home: Path, damage: str) -> None:
    (home / "predictions.json").write_text(damage, "utf-8")
    assert state.load("predictions") == {}
    assert (home / "predictions.damaged.json").read_text("utf-8") == damage
    ASKED.save(1, 2)
    assert "99-x" in state.load("predictions")


def test_saving_leaves_no_half_file(home: Path) -> None:
    ASKED.save(1, 2)
    assert sorted(path.name for path in home.iterdir()) == [".predictions.lock", "predictions.json"]
