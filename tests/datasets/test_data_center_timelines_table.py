"""Sites only grow, cost is the sum of its parts, and forecasts are marked as such."""

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load

STEPS = load("data_center_timelines").sort_values(["site", "date"]).reset_index(drop=True)
KEYS = STEPS["timeline_id"]
EDITION = "2025-12-14"
RUNNING = STEPS[STEPS["power_mw"] > 0]


def shrinks(column: str) -> pd.Series:
    return STEPS.groupby("site")[column].diff() < 0


RULES = [
    ("site loses power", shrinks("power_mw")),
    ("site loses buildings", shrinks("buildings_operational")),
    ("site loses chips", shrinks("h100_equivalents")),
    ("site loses capital", shrinks("capital_bn_usd")),
    (
        "power for each H100 equivalent outside 0.5 to 20 kW",
        ~(RUNNING["power_mw"] * 1000 / RUNNING["h100_equivalents"]).between(0.5, 20),
    ),
    (
        "capital outside 20 to 60 USD a watt",
        ~(RUNNING["capital_bn_usd"] * 1000 / RUNNING["power_mw"]).between(20, 60),
    ),
]


@pytest.mark.parametrize(("rule", "wrong"), RULES, ids=[rule for rule, _ in RULES])
def test_no_step_breaks(rule: str, wrong: pd.Series) -> None:
    assert broken_by(rule, KEYS, wrong) == set()


def test_capital_is_the_sum_of_its_parts() -> None:
    parts = STEPS["compute_bn_usd"] + STEPS["construction_bn_usd"]
    rule = "compute and construction do not add up to the capital"
    assert broken_by(rule, KEYS, (parts - STEPS["capital_bn_usd"]).abs() > 0.02) == set()


def test_forecasts_are_not_called_facts() -> None:
    assert ((STEPS["date"] > EDITION) == (STEPS["status"] == "planned")).all()
    assert (STEPS["status"] == "planned").sum() > 10


def test_a_site_starts_with_nothing_and_has_steps() -> None:
    first = STEPS.groupby("site").first()
    assert (first["power_mw"] == 0).all()
    assert (STEPS.groupby("site").size() >= 2).all()


def test_chips_get_better_a_watt() -> None:
    """What is built later gives more H100 equivalents for each megawatt that is added."""
    added = RUNNING.assign(
        mw=RUNNING.groupby("site")["power_mw"].diff(), chips=RUNNING.groupby("site")["h100_equivalents"].diff()
    ).dropna(subset=["mw", "chips"])
    added = added[added["mw"] > 0]
    rate = added["chips"] / added["mw"]
    year = added["date"].str[:4].astype(int)
    assert rate[year >= 2027].median() > 1.1 * rate[year.between(2025, 2026)].median()
    assert rate[year.between(2025, 2026)].median() > 1.2 * rate[year < 2024].median()
