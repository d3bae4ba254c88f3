"""The roofline: published figures, limits, properties, and what it refuses."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack.chips import (
    Chip,
    attainable_tflops_bound,
    matmul_intensity_flop_per_byte,
    ridge_flop_per_byte,
    step_seconds_bound,
)
from course.data import load

PUBLISHED = load("published_results")
speeds = st.floats(1, 1e5)
intensities = st.floats(1e-3, 1e5)


def published(result_id: str) -> float:
    return float(PUBLISHED.loc[PUBLISHED["result_id"] == result_id, "value"].iloc[0])


def test_ridge_of_a_tpu_agrees_with_the_published_critical_batch() -> None:
    """With 16-bit weights a decode step does one operation per byte and request: the ridge is the critical batch."""
    assert ridge_flop_per_byte(197, 820) == pytest.approx(published("sbook_bcrit_v5e"), rel=0.01)


def test_eight_bit_weights_halve_the_critical_batch() -> None:
    critical = ridge_flop_per_byte(197, 820) / 2
    assert critical == pytest.approx(published("sbook_bcrit_int8"), rel=0.01)


def test_reading_all_of_a_memory_takes_as_long_as_published() -> None:
    seconds = step_seconds_bound(flop=1, bytes_moved=16e9, peak_tflops=197, bandwidth_gb_s=820)
    assert seconds * 1e3 == pytest.approx(published("sbook_hbm_sweep_ms"), rel=0.03)


def test_prefill_at_forty_per_cent_of_peak_takes_as_long_as_published() -> None:
    seconds = step_seconds_bound(2 * 70e9 * 8192, 140e9, 16 * 197 * 0.4, 16 * 820)
    assert seconds == pytest.approx(published("sbook_prefill_s"), rel=0.01)


def test_no_measured_matmul_is_faster_than_the_bound() -> None:
    """A bound that reality exceeds would be no bound, or a wrong row."""
    measured = PUBLISHED[PUBLISHED["topic"] == "achievable_matmul"]
    chips = load("chips").set_index("chip")
    for row in measured.itertuples():
        column = "fp8_tflops" if "fp8" in row.quantity else "fp16_tflops"
        peak = chips.loc[row.chip, column]
        big = matmul_intensity_flop_per_byte(8192, 8192, 8192)
        bound = attainable_tflops_bound(big, peak, chips.loc[row.chip, "memory_bandwidth_gb_s"])
        assert 0.4 * bound < row.value <= bound, row.result_id


def test_no_measured_decode_step_is_shorter_than_the_bound() -> None:
    from aistack.serving import Model, decode_work

    models = load("models").set_index("model", drop=False)
    chips = load("chips").set_index("chip", drop=False)
    rows = PUBLISHED[(PUBLISHED["quantity"] == "decode_latency_per_token") & (PUBLISHED["chips_used"] == 1)]
    assert len(rows) >= 1
    for row in rows.itertuples():
        work = decode_work(Model.from_row(models.loc[row.model]), 1, 0)
        chip = Chip.from_row(chips.loc[row.chip])
        bound_ms = step_seconds_bound(*work, chip.peak_tflops, chip.bandwidth_gb_s) * 1e3
        assert bound_ms < row.value < 2 * bound_ms, row.result_id


@given(intensities, speeds, speeds)
def test_the_bound_is_below_both_limits_and_equals_one(i: float, peak: float, bandwidth: float) -> None:
    bound = attainable_tflops_bound(i, peak, bandwidth)
    slope = i * bandwidth / 1000
    assert bound <= peak
    assert bound <= slope * (1 + 1e-12)
    assert bound == pytest.approx(peak) or bound == pytest.approx(slope)


@given(intensities, speeds, speeds)
def test_more_of_anything_never_hurts(i: float, peak: float, bandwidth: float) -> None:
    here = attainable_tflops_bound(i, peak, bandwidth)
    assert attainable_tflops_bound(2 * i, peak, bandwidth) >= here
    assert attainable_tflops_bound(i, 2 * peak, bandwidth) >= here
    assert attainable_tflops_bound(i, peak, 2 * bandwidth) >= here


@given(speeds, speeds)
def test_at_the_ridge_both_limits_bind(peak: float, bandwidth: float) -> None:
    ridge = ridge_flop_per_byte(peak, bandwidth)
    assert ridge * bandwidth / 1000 == pytest.approx(peak)


@given(st.floats(1e6, 1e18), st.floats(1e6, 1e15), speeds, speeds)
def test_time_and_speed_tell_the_same_roofline(flop: float, moved: float, peak: float, bandwidth: float) -> None:
    seconds = step_seconds_bound(flop, moved, peak, bandwidth)
    assert flop / seconds / 1e12 == pytest.approx(attainable_tflops_bound(flop / moved, peak, bandwidth))


def test_a_vector_times_a_matrix_does_one_operation_per_byte_and_squares_grow_with_size() -> None:
    assert matmul_intensity_flop_per_byte(1, 8192, 8192) == pytest.approx(1, rel=1e-3)
    assert matmul_intensity_flop_per_byte(3000, 3000, 3000) == pytest.approx(1000)


def test_arrays_broadcast() -> None:
    table = attainable_tflops_bound(np.array([[1], [1000]]), [100, 200, 300], 2000)
    assert table.shape == (2, 3)
    np.testing.assert_allclose(table, [[2, 2, 2], [100, 200, 300]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ridge_flop_per_byte(0, 1), "peak_tflops = 0 is out of range; allowed: above 0, finite"),
        (lambda: ridge_flop_per_byte(1, [1, -2]), "bandwidth_gb_s = -2 is out of range"),
        (
            lambda: attainable_tflops_bound(float("nan"), 1, 1),
            "intensity_flop_per_byte = nan is out of range",
        ),
        (lambda: attainable_tflops_bound(1, float("inf"), 1), "peak_tflops = inf is out of range"),
        (lambda: attainable_tflops_bound("fast", 1, 1), "intensity_flop_per_byte = 'fast' is not a number"),
        (lambda: attainable_tflops_bound([1, 2], [1, 2, 3], 1), "shapes do not fit each other"),
        (lambda: step_seconds_bound(1, -1, 1, 1), "bytes_moved = -1 is out of range"),
        (lambda: matmul_intensity_flop_per_byte(1, 1, 0), "k = 0 is out of range"),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()  # type: ignore[operator]


def test_a_chip_without_the_figure_says_which() -> None:
    row = {"chip": "X1", "fp16_tflops": 100.0, "memory_bandwidth_gb_s": float("nan"), "memory_gb": 80.0}
    with pytest.raises(ValueError, match="X1 has no memory_bandwidth_gb_s"):
        Chip.from_row(row)
