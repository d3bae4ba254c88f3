"""Accelerators obey physics: memory, precision, power and dates fit together."""

from collections.abc import Callable

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load

TODAY = "2026-11-23"
CHIPS = load("chips")
PEAK = CHIPS["fp16_tflops"].fillna(CHIPS["fp8_tflops"]).fillna(CHIPS["int8_tops"])

# Lowest and highest bandwidth in GB/s for each GB of capacity that a kind of memory gives in products.
GB_S_PER_GB = {
    "HBM2": (20, 80),
    "HBM2e": (15, 60),
    "HBM3": (20, 60),
    "HBM3e": (20, 60),
    "HBM4": (30, 100),
    "GDDR6": (8, 32),
    "GDDR7": (15, 80),
    "HiBL 1.0": (5, 60),
    "SRAM": (1_000, 1_000_000),
}


def test_there_are_enough_accelerators_to_draw_a_roofline() -> None:
    drawn = CHIPS[CHIPS["memory_bandwidth_gb_s"].notna() & PEAK.notna()]
    assert len(drawn) >= 60
    assert drawn["vendor"].nunique() >= 12


NAMED = """
    H20; H100 SXM; H200 SXM; H800 SXM; A100 SXM 40GB; A100 SXM 80GB; A800 SXM 80GB; L40S; L20; RTX 4090; B200;
    GB200; MI300X; MI308X; TPU v4; TPU v5e; TPU v5p; TPU v6e; TPU v7; Trainium1; Trainium2; Trainium3;
    Gaudi 2; Gaudi 3; Ascend 910B3; Ascend 910C
"""


@pytest.mark.parametrize("chip", [name.strip() for name in NAMED.split(";")])
def test_the_chips_that_the_lessons_name_are_there(chip: str) -> None:
    assert (CHIPS["chip"] == chip).sum() == 1


def test_the_h20_kept_its_bandwidth_and_lost_its_arithmetic() -> None:
    """The finding of lesson 1 rests on these two ratios."""
    rows = CHIPS.set_index("chip")
    assert rows.loc["H20", "fp16_tflops"] / rows.loc["H100 SXM", "fp16_tflops"] == pytest.approx(0.15, abs=0.005)
    assert rows.loc["H20", "memory_bandwidth_gb_s"] > rows.loc["H100 SXM", "memory_bandwidth_gb_s"]


RULES: list[tuple[str, Callable[[], pd.Series]]] = [
    ("fp8 below fp16", lambda: CHIPS["fp8_tflops"] < CHIPS["fp16_tflops"]),
    ("fp8 above 4.5 times fp16", lambda: CHIPS["fp8_tflops"] > 4.5 * CHIPS["fp16_tflops"]),
    ("fp4 below fp8", lambda: CHIPS["fp4_tflops"] < CHIPS["fp8_tflops"]),
    ("fp4 above 3.2 times fp8", lambda: CHIPS["fp4_tflops"] > 3.2 * CHIPS["fp8_tflops"]),
    ("int8 far below fp16", lambda: CHIPS["int8_tops"] < 0.99 * CHIPS["fp16_tflops"]),
    ("int8 above 4.1 times fp16", lambda: CHIPS["int8_tops"] > 4.1 * CHIPS["fp16_tflops"]),
    (
        "fp16 below fp32 in a chip made after 2017",
        lambda: (CHIPS["fp16_tflops"] < CHIPS["fp32_tflops"]) & (CHIPS["release_year"] > 2017),
    ),
    ("power outside 5 to 2,500 W", lambda: ~CHIPS["tdp_w"].dropna().between(5, 2500)),
    ("die outside 50 to 1,700 mm2", lambda: ~CHIPS["die_area_mm2"].dropna().between(50, 1700)),
    ("node outside 2 to 28 nm", lambda: ~CHIPS["process_nm"].dropna().between(2, 28)),
    (
        "fp8 outside 0.01 to 15 TFLOP/s a watt",
        lambda: ~(CHIPS["fp8_tflops"] / CHIPS["tdp_w"]).dropna().between(0.01, 15),
    ),
    (
        "ridge outside 1 to 1,500 FLOP/byte",
        lambda: ~(CHIPS["fp16_tflops"] * 1000 / CHIPS["memory_bandwidth_gb_s"]).dropna().between(1, 1500),
    ),
    ("more than 30 TB/s", lambda: CHIPS["memory_bandwidth_gb_s"] > 30_000),
]


@pytest.mark.parametrize(("rule", "wrong"), RULES, ids=[rule for rule, _ in RULES])
def test_no_chip_breaks(rule: str, wrong: Callable[[], pd.Series]) -> None:
    assert broken_by(rule, CHIPS["chip"], wrong()) == set()


@pytest.mark.parametrize("kind", sorted(GB_S_PER_GB))
def test_bandwidth_is_what_the_memory_type_can_give(kind: str) -> None:
    rows = CHIPS[CHIPS["memory_type"] == kind].dropna(subset=["memory_gb", "memory_bandwidth_gb_s"])
    low, high = GB_S_PER_GB[kind]
    rate = rows["memory_bandwidth_gb_s"] / rows["memory_gb"]
    assert len(rows) > 0
    assert rows[~rate.between(low, high)]["chip"].tolist() == []


def test_every_memory_type_has_its_limits() -> None:
    known = CHIPS.dropna(subset=["memory_gb", "memory_bandwidth_gb_s"])["memory_type"].dropna()
    assert set(known) == set(GB_S_PER_GB)


def test_the_year_is_that_of_the_date() -> None:
    dated = CHIPS[CHIPS["release_date"].notna()]
    assert (dated["release_date"].str[:4].astype(int) == dated["release_year"].astype(int)).all()
    assert CHIPS[CHIPS["release_date"].isna()]["release_year"].isna().all()


def test_what_has_shipped_is_not_dated_in_the_future() -> None:
    shipped = CHIPS[(CHIPS["status"] == "shipping") & CHIPS["release_date"].notna()]
    assert shipped[shipped["release_date"] > TODAY]["chip"].tolist() == []


def test_plans_are_dated_after_today() -> None:
    planned = CHIPS[CHIPS["status"] == "planned"]
    assert len(planned) > 0
    assert (planned["release_year"] > int(TODAY[:4])).all()
