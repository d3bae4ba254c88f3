"""Clusters and sites: power, chips and H100 equivalents fit together."""

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load

CHIPS = load("chips").set_index("chip")
CLUSTERS = load("clusters")
KEYS = CLUSTERS["cluster_id"]
BEST = CHIPS[["fp16_tflops", "fp8_tflops", "int8_tops"]].max(axis=1)
COUNT = CLUSTERS["total_chips"].astype("float64")
WATT = CLUSTERS["power_mw"] * 1e6 / COUNT
ONE_KIND = CLUSTERS["second_chip_as_printed"].isna() & CLUSTERS["chip"].notna()
EXPECTED = COUNT * CLUSTERS["chip"].map(BEST) / BEST["H100 SXM"]
COST = CLUSTERS["cost_bn_usd"] * 1e9

RULES = [
    ("power for each chip outside 350 to 2,600 W", WATT.notna() & ~WATT.between(350, 2600)),
    (
        "power for each chip outside 1 to 3 times that of the chip",
        ~(WATT / CLUSTERS["chip"].map(CHIPS["tdp_w"])).dropna().between(1, 3),
    ),
    (
        "H100 equivalents do not follow from the chips",
        ONE_KIND & ((CLUSTERS["h100_equivalents"] / EXPECTED - 1).abs() > 0.02),
    ),
    (
        "power for each H100 equivalent outside 0.2 to 13 kW",
        ~(CLUSTERS["power_mw"] * 1000 / CLUSTERS["h100_equivalents"]).dropna().between(0.2, 13),
    ),
    ("hardware for each chip outside 3,000 to 60,000 USD", ~(COST / COUNT).dropna().between(3_000, 60_000)),
    (
        "capital of a site outside 20 to 60 USD a watt",
        (CLUSTERS["kind"] == "site") & ~(COST / CLUSTERS["power_mw"] / 1e6).fillna(30).between(20, 60),
    ),
    ("fewer chips than main chips", CLUSTERS["chip_count"].astype("float64") > COUNT),
    (
        "in use before its chip was released",
        CLUSTERS["date"].str[:4].astype("float64") < CLUSTERS["chip"].map(CHIPS["release_year"]).astype("float64"),
    ),
]


@pytest.mark.parametrize(("rule", "wrong"), RULES, ids=[rule for rule, _ in RULES])
def test_no_cluster_breaks(rule: str, wrong: pd.Series) -> None:
    assert broken_by(rule, KEYS, wrong) == set()


def test_there_are_enough_of_each_kind() -> None:
    assert len(CLUSTERS) >= 100
    assert (CLUSTERS["status"] == "planned").sum() >= 15
    assert CLUSTERS["country"].nunique() >= 12
    assert (CLUSTERS["country"] == "CN").sum() >= 10


def test_figures_have_their_basis() -> None:
    assert (CLUSTERS["power_mw"].notna() == CLUSTERS["power_basis"].notna()).all()
    assert (CLUSTERS["cost_bn_usd"].notna() == CLUSTERS["cost_basis"].notna()).all()
    assert (CLUSTERS["total_chips"].notna() == CLUSTERS["chip_count"].notna()).mean() > 0.95


def test_what_exists_is_dated_and_plans_are_not() -> None:
    planned = CLUSTERS["status"] == "planned"
    assert CLUSTERS[planned]["date"].isna().all()
    assert CLUSTERS[(CLUSTERS["kind"] == "site")]["date"].notna().all()
    assert CLUSTERS[~planned]["date"].notna().mean() > 0.95


def test_a_chip_that_is_known_keeps_its_printed_name() -> None:
    assert CLUSTERS[CLUSTERS["chip"].notna()]["chip_as_printed"].notna().all()
    assert CLUSTERS.dropna(subset=["chip"]).groupby("chip_as_printed")["chip"].nunique().max() == 1


def test_a_site_without_working_chips_has_no_figures() -> None:
    building = CLUSTERS[CLUSTERS["status"] == "under construction"]
    assert len(building) > 0
    assert building[["power_mw", "h100_equivalents", "cost_bn_usd"]].isna().all(axis=None)
    assert set(building["kind"]) == {"site"}
