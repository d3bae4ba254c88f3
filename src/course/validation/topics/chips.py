"""Predictors of what a chip can do: peaks, the best matrix product, the roofline."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from aistack.chips import (
    EIGHT_BIT_SHARE,
    GIGA,
    MATMUL_EFFICIENCY,
    MATMUL_EFFICIENCY_OTHER,
    TERA,
    attainable_tflops_bound,
    matmul_intensity_flop_per_byte,
    matmul_tflops_estimate,
    peak_tflops_of_units,
    ridge_flop_per_byte,
    step_seconds_bound,
)
from aistack.fitted import Fitted
from course.validation.case import Case, NotModelled, Prediction, Predictor
from course.validation.deployment import FP8_SINCE
from course.validation.lookup import chip_row

EXTRA = {
    "peak_tflops": ("theory_tflops", "peak_tflop_s", "theoretical_tflops", "datasheet_tflops", "tflops_peak"),
    "peak_flop_s": ("peak", "peak_flops", "flops", "flops_per_s", "c"),
    "bandwidth_byte_s": ("bw", "bandwidth", "hbm_bw", "w_hbm", "memory_bandwidth"),
    "bandwidth_gb_s": ("bw_gb_s", "bandwidth_gbps", "memory_bandwidth_gb_s"),
    "multiply_adds_per_clock": (
        "fma_per_clk_per_tc",
        "fma_per_clock_per_tensor_core",
        "fma_per_clock",
        "macs_per_clock",
    ),
    "flop_per_clock": ("flops_per_clock", "flop_per_clk", "ops_per_clock", "flops_per_clock_per_cu"),
    "units": ("tensor_cores", "compute_units", "cus", "sms", "cuda_cores", "cores", "mxus"),
    "clock_mhz": ("boost_clock_mhz", "clk_mhz", "frequency_mhz"),
    "clock_ghz": ("boost_clock_ghz", "frequency_ghz"),
    "bytes_per_weight": ("weights", "weight_bytes", "weight_dtype", "bytes_per_param"),
    "bytes_per_number": ("bytes", "dtype_bytes"),
    "intensity": ("arithmetic_intensity", "flop_per_byte", "flops_per_byte", "operational_intensity"),
    "flop": ("work_flop", "operations"),
    "bytes_moved": ("bytes_read", "traffic_bytes"),
    "memory_byte": ("hbm_byte", "capacity_byte"),
    "m": (),
    "n": (),
    "k": (),
    "shape_mnk": ("shape", "best_shape"),
    "torch": ("software", "framework", "pytorch"),
}

DRAWS = 4000
DATASHEET = 1.02  # data sheets of one chip differ by rounding and clock
_BITS = re.compile(r"(?:fp|bf|int|tf|mxfp|nvfp|e4m3_?)(\d+)")
_COLUMNS = {4: ("fp4_tflops",), 8: ("fp8_tflops", "int8_tops"), 16: ("fp16_tflops",), 32: ("fp32_tflops",)}


def _bits(case: Case) -> int:
    """Return the bits of the numbers multiplied: from the precision or the quantity; 16 if neither says."""
    for text in (case.inputs.text("precision", ""), case.quantity):
        found = _BITS.search(text.lower())
        if found:
            return int(found.group(1))
    return 16


def _peak_tflops(case: Case) -> float:
    """Return the dense peak: given, or that of the chip in the format of the case."""
    given = case.inputs
    if "peak_tflops" in given:
        return given.number("peak_tflops")
    if "peak_flop_s" in given:
        return given.number("peak_flop_s") / TERA
    row, bits = chip_row(given.text("chip")), _bits(case)
    for column in _COLUMNS.get(bits, ()):
        value = row[column]
        whole = column == "int8_tops" and "fp" in case.quantity.lower() and not _floats_as_fast(row)
        if isinstance(value, (int, float)) and value == value and not whole:
            return float(value)
    raise NotModelled(f"the {bits}-bit peak of {row['chip']} is not in chips.csv")


def _floats_as_fast(row: dict[str, Any]) -> bool:
    """Whether a chip multiplies 8-bit floats as fast as 8-bit integers: NVIDIA's since Hopper."""
    return bool(row["vendor"] == "NVIDIA" and row["release_year"] >= FP8_SINCE)


def _bandwidth_gb_s(case: Case) -> float:
    given = case.inputs
    if "bandwidth_gb_s" in given:
        return given.number("bandwidth_gb_s")
    if "bandwidth_byte_s" in given:
        return given.number("bandwidth_byte_s") / GIGA
    row = chip_row(given.text("chip"))
    value = row["memory_bandwidth_gb_s"]
    if not isinstance(value, (int, float)) or value != value:
        raise NotModelled(f"the memory bandwidth of {row['chip']} is not in chips.csv")
    return float(value)


def _chip_peak(case: Case) -> Prediction:
    """Peaks from clock and units, or from the data sheet."""
    given = case.inputs
    if "clock_mhz" in given or "clock_ghz" in given:
        clock = given.number("clock_mhz") if "clock_mhz" in given else given.number("clock_ghz") * 1e3
        if "multiply_adds_per_clock" in given:
            adds = given.number("multiply_adds_per_clock")
        else:
            adds = given.number("flop_per_clock", 2) / 2
        peak = float(peak_tflops_of_units(clock, adds, given.number("units")))
        return Prediction.exact(peak * _to_unit(case))
    sparse = 2 if re.search(r"spars", case.quantity.lower()) and "dense" not in case.quantity.lower() else 1
    return Prediction.within(sparse * _peak_tflops(case) * _to_unit(case), DATASHEET)


def _to_unit(case: Case) -> float:
    """Return what turns 1e12 operations a second into the unit of the case."""
    unit = case.unit.lower()
    for prefix, factor in (("p", 1e-3), ("g", 1e3), ("t", 1.0)):
        if unit.startswith((prefix + "flop", prefix + "op")):
            return factor
    if "flop" in unit or "op/s" in unit:
        return TERA
    raise NotModelled(f"{case.unit} is not a unit of speed")


def _achievable_matmul(case: Case) -> Prediction:
    """Best matrix product: the peak times the efficiency of the maker's chips."""
    peak = _peak_tflops(case)
    maker = _maker(case)
    efficiency: Fitted = MATMUL_EFFICIENCY.get(maker, MATMUL_EFFICIENCY_OTHER)
    generator = np.random.default_rng(2026)
    value, draws, used = efficiency.value, efficiency.draws(DRAWS, generator), [efficiency]
    if _bits(case) < 16:
        value, used = value * EIGHT_BIT_SHARE.value, [efficiency, EIGHT_BIT_SHARE]
        draws = draws * EIGHT_BIT_SHARE.draws(DRAWS, generator)
    unit = case.unit.lower()
    if "flop" not in unit and "op" not in unit:  # a share of the peak
        scale = 100.0 if "percent" in unit or "%" in unit else 1.0
        return Prediction.of_draws(value * scale, np.minimum(draws, 1) * scale, tuple(used))
    scale = _to_unit(case)
    estimate = float(matmul_tflops_estimate(peak, value)) * scale
    return Prediction.of_draws(estimate, matmul_tflops_estimate(peak, draws) * scale, tuple(used))


def _maker(case: Case) -> str:
    """Return the vendor of the chip, empty if it is not in the table but its peak is given."""
    try:
        return str(chip_row(case.inputs.text("chip", ""))["vendor"])
    except NotModelled:
        return ""


def _bytes(case: Case, name: str) -> float:
    """Return bytes of a number, which may be written as a number or as a format; 2 if it is not given."""
    text = case.inputs.text(name, "2").lower()
    found = _BITS.search(text)
    if found:
        return int(found.group(1)) / 8
    return case.inputs.number(name, 2)


def _roofline(case: Case) -> Prediction:
    """The ridge, the critical batch, attainable speeds and least times."""
    given, what, unit = case.inputs, case.quantity.lower(), case.unit.lower()
    if "m" in given and ("byte" in unit or "intensity" in what):
        m, n, k = (given.number(side) for side in ("m", "n", "k"))
        return Prediction.exact(float(matmul_intensity_flop_per_byte(m, n, k, _bytes(case, "bytes_per_number"))))
    if unit in ("s", "ms", "us", "seconds") or "time" in what or "latency" in what:
        return Prediction.exact(_least_seconds(case) * {"ms": 1e3, "us": 1e6}.get(unit, 1.0))
    ridge = float(ridge_flop_per_byte(_peak_tflops(case), _bandwidth_gb_s(case)))
    if "batch" in what or "token" in unit:  # each weight is read once and used for two operations a token
        return Prediction.exact(ridge * _bytes(case, "bytes_per_weight") / 2)
    if "flop/s" in unit or "flops" in unit or "attainable" in what:
        bound = attainable_tflops_bound(given.number("intensity"), _peak_tflops(case), _bandwidth_gb_s(case))
        return Prediction.exact(float(bound) * _to_unit(case))
    if "byte" in unit or "ridge" in what or "intensity" in what:
        return Prediction.exact(ridge)
    raise NotModelled(f"{case.quantity} in {case.unit} is not a figure of the roofline")


def _least_seconds(case: Case) -> float:
    given = case.inputs
    moved = given.number("bytes_moved") if "bytes_moved" in given else given.number("memory_byte")
    if "flop" not in given:
        return moved / (_bandwidth_gb_s(case) * GIGA)
    return float(step_seconds_bound(given.number("flop"), moved, _peak_tflops(case), _bandwidth_gb_s(case)))


PREDICTORS: dict[str, Predictor] = {
    "chip_peak": _chip_peak,
    "achievable_matmul": _achievable_matmul,
    "roofline": _roofline,
}
