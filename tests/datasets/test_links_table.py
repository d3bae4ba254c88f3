"""Links obey arithmetic: two directions are twice one, lanes add up, generations grow."""

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load

CHIPS = load("chips").set_index("chip")
LINKS = load("links")
ONE, TWO = LINKS["bandwidth_per_direction_gb_s"], LINKS["bandwidth_bidirectional_gb_s"]


def test_there_are_enough_links_of_enough_kinds() -> None:
    assert len(LINKS) >= 40
    assert LINKS["technology"].nunique() >= 12
    assert set(LINKS["role"]) == {"scale-up", "scale-out", "host"}


def test_both_directions_are_twice_one() -> None:
    both = LINKS[ONE.notna() & TWO.notna()]
    assert len(both) >= 40
    assert (both["bandwidth_bidirectional_gb_s"] == 2 * both["bandwidth_per_direction_gb_s"]).all()


@pytest.mark.parametrize("series", sorted(LINKS["series"].dropna().unique()))
def test_generations_grow(series: str) -> None:
    rows = LINKS[LINKS["series"] == series].sort_values("order")
    assert rows["order"].tolist() == list(range(1, len(rows) + 1))
    assert rows["bandwidth_per_direction_gb_s"].is_monotonic_increasing
    assert rows["year"].dropna().is_monotonic_increasing
    assert rows["per"].nunique() == 1


def test_lanes_times_rate_times_encoding_is_the_bandwidth() -> None:
    """PCIe and InfiniBand: lanes x GT/s x share of data bits / 8; an InfiniBand rate is that of the data."""
    rows = LINKS[LINKS["rate_per_lane_gt_s"].notna()]
    assert set(rows["technology"]) == {"PCIe", "InfiniBand", "UALink"}
    computed = rows["links"] * rows["rate_per_lane_gt_s"] * rows["encoding_efficiency"].fillna(1) / 8
    assert computed.to_numpy(float) == pytest.approx(rows["bandwidth_per_direction_gb_s"].to_numpy(float), rel=0.005)
    assert rows[rows["technology"] == "PCIe"]["encoding_efficiency"].notna().all()


RULES = [
    ("scale-up outside 10 to 5,000 GB/s one way", (LINKS["role"] == "scale-up") & ~ONE.between(10, 5000)),
    ("scale-out port outside 10 to 500 GB/s one way", (LINKS["per"] == "port") & ~ONE.between(10, 500)),
    ("latency outside 0.1 to 10 us", LINKS["latency_us"].notna() & ~LINKS["latency_us"].between(0.1, 10)),
    ("domain of less than 4 chips", LINKS["domain_size"] < 4),
    ("shipping but not from a year that has been", (LINKS["status"] == "shipping") & (LINKS["year"] > 2026)),
]


@pytest.mark.parametrize(("rule", "wrong"), RULES, ids=[rule for rule, _ in RULES])
def test_no_link_breaks(rule: str, wrong: pd.Series) -> None:
    assert broken_by(rule, LINKS["link_id"], wrong) == set()


def test_links_agree_with_the_table_of_chips() -> None:
    rows = LINKS[(LINKS["role"] == "scale-up") & (LINKS["per"] == "accelerator") & LINKS["chip"].notna()]
    printed = rows["chip"].map(CHIPS["interconnect_gb_s"])
    ratio = rows["bandwidth_bidirectional_gb_s"] / printed
    assert printed.notna().sum() >= 18
    rule = "link differs from that of its chip in chips.csv"
    assert broken_by(rule, LINKS["link_id"], (ratio - 1).abs() > 0.02) == set()


def test_scale_up_is_faster_than_scale_out_of_the_same_chip() -> None:
    up = LINKS[(LINKS["role"] == "scale-up") & (LINKS["per"] == "accelerator")]
    best = up.groupby("chip")["bandwidth_per_direction_gb_s"].max()
    out = LINKS[(LINKS["role"] == "scale-out") & (LINKS["per"] == "port") & LINKS["chip"].notna()]
    assert len(out) >= 3
    assert (out["chip"].map(best) > out["bandwidth_per_direction_gb_s"]).all()
