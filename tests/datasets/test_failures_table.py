"""Failures: shares fit counts and add up, and systems of many chips fail as often as their size says."""

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load

FAILURES = load("failures")
KEYS = FAILURES["failure_id"]
CAUSES = FAILURES[FAILURES["share_percent"].notna()]
MTBF = FAILURES[(FAILURES["metric"] == "mtbf") & FAILURES["devices"].notna()]
GPUS_A_NODE = 8


def test_there_are_enough_figures_of_enough_systems() -> None:
    assert len(FAILURES) >= 60
    assert FAILURES["system"].nunique() >= 10
    assert (FAILURES["basis"] == "measured").mean() > 0.8


def test_one_metric_has_one_unit() -> None:
    assert (FAILURES.groupby("metric")["unit"].nunique() == 1).all()


@pytest.mark.parametrize("system", sorted(CAUSES["system"].unique()))
def test_shares_of_one_system_do_not_exceed_the_whole(system: str) -> None:
    total = CAUSES[CAUSES["system"] == system]["share_percent"].sum()
    assert 85 < total <= 100.1


def of_the_whole() -> pd.Series:
    """Return what each share should be by the counts; a system without a total counts the rest by its shares."""
    whole = FAILURES[(FAILURES["unit"] == "count") & FAILURES["cause"].isin(["unexpected", "all"])]
    whole = whole.sort_values("value").groupby("system")["value"].first()  # of the interruptions: the unexpected ones
    rest = CAUSES.groupby("system").apply(lambda rows: (rows["value"] / rows["share_percent"]).median() * 100)
    return CAUSES["value"] / CAUSES["system"].map(whole.combine_first(rest)) * 100


RULES = [
    ("share does not fit the count", (of_the_whole() - CAUSES["share_percent"]).abs() > 0.15),
    ("value outside its range", (FAILURES["value"] < FAILURES["low"]) | (FAILURES["value"] > FAILURES["high"])),
    ("neither value nor range", FAILURES["value"].isna() & FAILURES["low"].isna()),
    (
        "percent above 100",
        FAILURES["unit"].str.startswith("percent") & (FAILURES[["value", "high"]].max(axis=1) > 100),
    ),
    (
        "chip fails more than once in 5,000 or less than once in 100,000 hours",
        ~(MTBF["value"] * MTBF["devices"].astype(float)).between(5_000, 100_000),
    ),
    ("goodput below 80 %", (FAILURES["metric"] == "goodput") & (FAILURES["value"] < 80)),
]


@pytest.mark.parametrize(("rule", "wrong"), RULES, ids=[rule for rule, _ in RULES])
def test_no_figure_breaks(rule: str, wrong: pd.Series) -> None:
    assert broken_by(rule, KEYS, wrong) == set()


def test_estimates_have_a_range() -> None:
    rows = FAILURES[FAILURES["confidence"] == "estimate"]
    assert len(rows) > 5
    assert rows[["low", "high"]].notna().all(axis=None)
    assert set(rows["basis"]) == {"assumed"}


@pytest.mark.parametrize("basis", ["measured", "projected"])
def test_time_between_failures_falls_with_the_size(basis: str) -> None:
    """Of one kind of statement about one system, hours between failures times accelerators stay about the same."""
    rows = MTBF[(MTBF["system"] == "Meta RSC-1 and RSC-2") & (MTBF["basis"] == basis)].sort_values("devices")
    assert len(rows) >= 2
    assert (rows["value"].diff().dropna() < 0).all()
    hours = rows["value"] * rows["devices"].astype(float)
    assert hours.max() / hours.min() < 1.3


def test_the_projection_is_the_node_failure_rate_of_the_first_cluster() -> None:
    rate = FAILURES.set_index("failure_id").loc["rsc-1-node-failure-rate", "value"]
    rows = MTBF[MTBF["basis"] == "projected"]
    nodes = rows["devices"].astype(float) / GPUS_A_NODE
    assert (24 * 1000 / (rate * nodes)).to_numpy() == pytest.approx(rows["value"].to_numpy(), rel=0.05)


def test_llama_3_adds_up_where_it_can() -> None:
    rows = FAILURES.set_index("failure_id")["value"]
    causes = FAILURES[FAILURES["system"].str.startswith("Llama 3") & FAILURES["share_percent"].notna()]
    assert causes["value"].sum() == rows["llama3-405b-unexpected"]
    assert rows["llama3-405b-unexpected"] + rows["llama3-405b-planned"] == rows["llama3-405b-all"]
    assert 54 * 24 / rows["llama3-405b-unexpected"] == pytest.approx(rows["llama3-405b-mtbf"], abs=0.01)


def test_the_trace_adds_up_and_lies_between_the_rates_of_two_clusters() -> None:
    rows = FAILURES.set_index("failure_id")["value"]
    causes = FAILURES[(FAILURES["source_id"] == "infinitehbd-trace") & FAILURES["share_percent"].notna()]
    assert causes["value"].sum() == rows["stepfun-all"]
    rate = rows["stepfun-all"] / (400 * 348) * 1000
    assert rows["rsc-2-node-failure-rate"] < rate < rows["rsc-1-node-failure-rate"]
