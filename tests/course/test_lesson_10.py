"""What lesson 10 and its sheet say in plain text, computed again from the rows and the models."""

import numpy as np
import pytest
from lesson_text import plain

from aistack import effects, returns
from course.data import load
from course.figures.effects import speed_studies
from course.paths import EXERCISES, LESSONS

CASES, FACTS = load("app_cases").set_index("case_id"), load("case_facts").set_index("fact_id")
FILE = "10_where_does_ai_pay_off.ipynb"
SPEED = ["cui-three-firms", "lukac-dax", "lukac-nabla", "metr-2025", "metr-2026-new", "metr-2026-returning"]
TEXT, SHEET = plain(LESSONS / FILE), plain(EXERCISES / FILE)
EFFECT, PEOPLE = CASES["effect"], CASES["n"]


@pytest.mark.parametrize(
    "words",
    [
        f"{PEOPLE['klarna-time'] / 1e6:.1f} million customer chats",
        f"Klarna's {-EFFECT['klarna-time']:.0f} % less time",
        f"the {EFFECT['brynjolfsson-all-2025']:.0f} % more issues an hour of the {PEOPLE['brynjolfsson-all-2025']:,}",
        f"An average of {EFFECT['brynjolfsson-all-2025']:+.0f} %",
        f"a trial of {PEOPLE['masai-workload']:,} women",
        f"{EFFECT['fang-best']:+.1f} % sales in the best of seven uses",
    ],
)
def test_a_number_in_the_text_is_that_of_its_row(words: str) -> None:
    assert words in TEXT


def test_minutes_at_klarna_are_the_change_that_the_table_has() -> None:
    assert "from 11 minutes to 2" in TEXT
    assert CASES.loc["klarna-time", "locator"] == "11 minutes before, 2 after"
    assert pytest.approx(100 * (2 / 11 - 1), abs=0.5) == EFFECT["klarna-time"]


def test_the_consultants_of_the_text_are_those_of_the_note() -> None:
    for figure in ("84.5 %", "70.6 %"):
        assert figure in TEXT
        assert figure in CASES.loc["dellacqua-outside", "note"]


def test_the_sheet_audits_what_the_tables_hold() -> None:
    assert f"The {PEOPLE['masai-interval']:,} women" in SHEET
    assert CASES.loc["masai-interval", "locator"] == "1.55 against 1.76 in 1,000"
    assert f"{PEOPLE['toner-rodgers']:,} scientists AI raised discoveries by {EFFECT['toner-rodgers']:.0f} %" in SHEET


def test_in_finance_the_machine_did_no_better_than_people_who_know_their_work() -> None:
    """Every trial in the sector; where it beat somebody, the row says that those were inexperienced."""
    trials = CASES[(CASES["sector"] == "finance") & (CASES["design"] == "randomised")]
    assert trials["study"].str.split(",").str[0].nunique() == 2
    assert trials[trials["direction"] == "benefit"]["outcome"].str.contains("inexperienced").all()


def test_a_year_of_delay_costs_about_as_much_as_half_the_effect() -> None:
    pooled = effects.pool(*speed_studies([*SPEED, "peng-copilot"])).mean
    percents = np.array([[EFFECT["brynjolfsson-all-2025"]], [100 * np.expm1(pooled)]])
    gain = returns.yearly_value_usd(percents, PEOPLE["brynjolfsson-all-2025"], 20_000)
    worth = returns.net_present_value_usd(gain, 10e6, np.array([12, 24]), 3, 0.08)
    assert percents[1, 0] / percents[0, 0] == pytest.approx(0.5, abs=0.05)
    assert worth[0, 0] - worth[0, 1] == pytest.approx(worth[0, 0] - worth[1, 0], rel=0.1)


def test_the_two_that_are_not_foreseen_are_the_clear_loss_and_the_single_task() -> None:
    names = np.array([*SPEED, "peng-copilot"])
    effect, error = speed_studies(list(names))
    assert names[effect + 1.96 * error < 0].tolist() == ["metr-2025"]
    missed = []
    for place, name in enumerate(names):
        rest = np.arange(len(names)) != place
        others = effects.pool(effect[rest], error[rest])
        missed += [] if others.next_low <= effect[place] <= others.next_high else [str(name)]
    assert missed == ["metr-2025", "peng-copilot"]
