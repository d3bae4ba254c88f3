"""What lesson 11 and its sheet say in plain text, computed again from the rows and the model."""

import pytest
from lesson_text import plain

from aistack.flywheel import Flywheel, spin, steady_states
from course import notebooks
from course.data import load
from course.explorers.flywheel import HARMFUL, flywheel, run
from course.paths import EXERCISES, LESSONS

COUNTS = load("feedback_scale").set_index("feedback_id")["value"]
CURSOR = load("app_cases").set_index("case_id").loc["cursor-accept-rate"]
FILE = "11_does_the_flywheel_spin.ipynb"
TEXT, SHEET = plain(LESSONS / FILE), plain(EXERCISES / FILE)


@pytest.mark.parametrize(
    "words",
    [
        f"processes {COUNTS['doubao-tokens-per-day-2026-06']:.0f} trillion tokens a day",
        f"counted {COUNTS['china-national-tokens-per-day-2026-03']:.0f} trillion a day for *all*",
        f"some {COUNTS['chatgpt-users-weekly-2025-03-13']:.0f} million users a week in March 2025",
        f"The {COUNTS['cnnic-genai-users-2025-12']:.0f} million are people in China",
        f"the {COUNTS['chatgpt-paying-users-2025-10-14']:.0f} million pay for ChatGPT",
        f"{COUNTS['cnnic-genai-users-2025-12']:.0f} million users are a start",
        f"that is accepted rose by {CURSOR['effect']:.0f} %",
    ],
)
def test_a_number_in_the_text_is_that_of_its_row(words: str) -> None:
    assert words in TEXT


def test_the_slide_and_the_crowds_of_the_sheet_are_those_of_the_table() -> None:
    month, day = COUNTS["gemini-app-court-users-monthly-2025-03-15"], COUNTS["chatgpt-court-users-daily-2025-03-28"]
    assert f"Gemini had {month:.0f} million users and ChatGPT {day:.0f} million" in SHEET
    crowds = COUNTS["chatgpt-users-weekly-2026-02"], COUNTS["claude-app-users-monthly-2026-04"]
    numbers = next(cell for cell in notebooks.read(EXERCISES / FILE)["cells"] if cell["id"] == "11-q5-numbers")
    assert f'"users_a": {crowds[0]:.0f}' in numbers["source"]
    assert f'"users_b": {crowds[1]:.0f}' in numbers["source"]


def test_cursors_two_figures_are_those_of_the_row() -> None:
    assert f"rose by **{CURSOR['effect']:.0f} %**" in SHEET
    assert "fell by **21 %**" in SHEET
    assert "21 % fewer suggestions" in CURSOR["note"]


def test_the_start_in_china_is_above_every_tipping_point_of_the_lessons_wheel() -> None:
    for harmful in (0, 0.1, 0.2, 0.25):
        wheel = Flywheel(1000, 500, 0.7, 0.5, 4, 1, 0.5, harmful_share=harmful)
        tipping = [state.users for state in steady_states(wheel) if not state.stable]
        assert max(tipping) < COUNTS["cnnic-genai-users-2025-12"] / 2


def test_without_a_ceiling_the_end_only_takes_longer() -> None:
    wheel = Flywheel(1000, 500, 0.7, 0.5, 4, 1, 0.5, harmful_share=0.3)
    assert max(state.users for state in steady_states(wheel) if state.stable) < 1
    assert spin(wheel, users=700, data=1400, years=20).users[-1] > 100
    assert spin(wheel, users=700, data=1400, years=80).users[-1] < 1


def test_the_sentence_names_a_ceiling_from_one_step_on_and_never_before() -> None:
    case = flywheel().presets["Thumbs that flatter (GPT-4o, April 2025)"]
    named = [run(**{**case, "harmful": share}).ceiling > 0 for share in HARMFUL]  # type: ignore[arg-type]
    assert named == sorted(named, reverse=True)
    assert any(named)
    assert not all(named)
