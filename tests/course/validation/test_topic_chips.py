"""Predictions of what chips can do, and of what the export rules say of them."""

from __future__ import annotations

import pytest

from course.data import load
from course.validation.ask import ask
from course.validation.case import NotModelled


def test_peaks_follow_from_clock_and_units_or_from_the_data_sheet() -> None:
    given = {"clock_MHz": 1830, "fma_per_clk_per_tc": 512, "tensor_cores": 528}
    assert ask("chip_peak", given, "bf16_dense", "TFLOP/s").value == pytest.approx(989, rel=0.001)
    assert ask("chip_peak", given, "bf16_dense", "PFLOP/s").value == pytest.approx(0.989, rel=0.001)
    assert ask("chip_peak", {"gpu": "H100"}, "fp8_dense", "TFLOP/s").value == pytest.approx(1979)


@pytest.mark.parametrize(("weights", "batch"), [(None, 240), ("int8", 120)])
def test_the_critical_batch_of_a_tpu_is_the_published_one(weights: str | None, batch: float) -> None:
    given = {"peak": 1.97e14, "bw": 8.2e11} | ({"weights": weights} if weights else {})
    assert ask("roofline", given, "critical_batch", "tokens").value == pytest.approx(batch, rel=0.01)


def test_the_best_matrix_product_is_met_on_a_source_that_nothing_was_fitted_on() -> None:
    """14 chips of one book, none of which went into a constant: half within 5 %, at least four of five in the band."""
    rows = load("published_results")
    rows = rows[rows["topic"] == "achievable_matmul"]
    assert len(rows) >= 14
    assert set(rows["source_id"]) == {"ml-engineering"}
    errors, inside = [], []
    for row in rows.itertuples():
        given = {"chip": row.chip, "precision": row.precision}
        found = ask("achievable_matmul", given, row.quantity, row.unit)
        assert "ml-engineering" not in found.fitted_on
        errors.append(abs(found.value / row.value - 1))
        inside.append(found.low <= row.value <= found.high)
    assert sorted(errors)[len(errors) // 2] < 0.06
    assert sum(inside) / len(inside) >= 0.8


def test_a_printed_speed_is_not_read() -> None:
    given = {"chip": "H100", "precision": "fp8"}
    before = ask("achievable_matmul", given, "matmul", "TFLOP/s")
    assert ask("achievable_matmul", given | {"tflops_gpu": 1}, "matmul", "TFLOP/s") == before


def test_a_chip_outside_the_table_needs_its_peak() -> None:
    found = ask("achievable_matmul", {"chip": "Frobnicator", "peak_tflops": 1000}, "bf16", "TFLOP/s")
    assert found.low < 750 < found.high <= 1000
    with pytest.raises(NotModelled, match=r"chip 'Frobnicator' is not in chips\.csv"):
        ask("achievable_matmul", {"chip": "Frobnicator"}, "bf16", "TFLOP/s")


def test_total_processing_performance_is_exact_from_the_rows_figures_and_close_from_the_table() -> None:
    exact = ask("export_control", {"chip": "L4", "dense_tops": 242, "bits": 8}, "total_processing_performance", "TPP")
    assert exact.value == 1936
    assert exact.identity
    looked_up = ask("export_control", {"chip": "RTX 4090"}, "tpp", "TPP")
    assert not looked_up.identity
    assert looked_up.value == pytest.approx(5286, rel=0.001)
    density = ask("export_control", {"tpp": 2368, "die_mm2": 814}, "performance_density", "TPP/mm2")
    assert density.value == pytest.approx(2.91, abs=0.005)


def test_the_rules_say_whether_a_chip_is_caught_on_a_date_and_refuse_to_guess() -> None:
    for date, caught in (("2024-06-01", 0), ("2025-06-01", 1)):
        found = ask("export_control", {"chip": "H20", "date": date}, "licence_required", "boolean")
        assert found.value == caught
    with pytest.raises(NotModelled, match="is not known"):
        ask("export_control", {"chip": "MI308X", "date": "2024-06-01"}, "licence_required", "boolean")
    with pytest.raises(NotModelled, match="a limit is written in the rule"):
        ask("export_control", {"rule": "TPP>=4800"}, "threshold", "TPP")
