"""What a chip can do: the roofline, and how much of it a real matrix product reaches.

A chip has two speeds: how fast it computes and how fast it fetches what it computes with. The roofline says
which of the two binds, from one property of the job, its arithmetic intensity (operations per byte fetched).

Source: S. Williams, A. Waterman, D. Patterson, "Roofline: an insightful visual performance model for
multicore architectures", Communications of the ACM 52(4), 2009, doi:10.1145/1498765.1498785.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aistack.checks import FloatArray, Numbers, Row, positive, together
from aistack.fitted import Fitted

GIGA = 1e9
TERA = 1e12
MEGA = 1e6

_GEMM = ("mag-gpu-benchmark", "amd-maf-2025")  # each published the best of many shapes, 16-bit, one chip at a time
MATMUL_EFFICIENCY = {
    "NVIDIA": Fitted(0.80, 0.60, 0.93, "1", "best large matrix product by dense peak, NVIDIA", _GEMM[:1], 2024),
    "AMD": Fitted(0.61, 0.47, 0.79, "1", "best large matrix product by dense peak, AMD", _GEMM, 2025),
}
MATMUL_EFFICIENCY_OTHER = Fitted(0.75, 0.50, 0.97, "1", "the same, where the maker was not measured", _GEMM, 2025)
EIGHT_BIT_SHARE = Fitted(
    0.93, 0.85, 1.0, "1", "efficiency with 8-bit numbers by that with 16-bit", ("amd-maf-2025", "gpu-flops-bench"), 2026
)
"""Constants below the peak: clocks fall under full load, and fall more where a chip has much peak for its power."""


@dataclass(frozen=True)
class Chip:
    """An accelerator as the roofline sees it. Peaks are dense (no sparsity), units are decimal (1 GB = 1e9 bytes)."""

    name: str
    peak_tflops: float
    bandwidth_gb_s: float
    memory_gb: float

    def __post_init__(self) -> None:
        for field in ("peak_tflops", "bandwidth_gb_s", "memory_gb"):
            positive(f"{field} of {self.name}", getattr(self, field))

    @classmethod
    def from_row(cls, row: Row, peak: str = "fp16_tflops") -> Chip:
        """Make a chip from a row of `datasets/chips.csv`; `peak` names the column of the peak to use.

        `ValueError` names the chip and the figure if the row lacks one.
        """
        columns = {"peak_tflops": peak, "bandwidth_gb_s": "memory_bandwidth_gb_s", "memory_gb": "memory_gb"}
        figures: dict[str, float] = {}
        for field, column in columns.items():
            value = row[column]
            if not isinstance(value, (int, float)) or value != value:  # a missing figure is NaN or NA
                raise ValueError(f"{row['chip']} has no {column}; choose a chip whose {column} is known")
            figures[field] = float(value)
        return cls(name=str(row["chip"]), **figures)


def peak_tflops_of_units(clock_mhz: Numbers, multiply_adds_per_clock: Numbers, units: Numbers) -> FloatArray:
    """Dense peak in 1e12 FLOP/s from its parts: `2 * clock * multiply-adds per clock and unit * units`.

    A multiply-add counts as two operations. Decides: whether a printed peak is dense, sparse or a slip.

    >>> round(float(peak_tflops_of_units(1410, 256, 432)))  # A100
    312
    """
    clock, width = positive("clock_mhz", clock_mhz), positive("multiply_adds_per_clock", multiply_adds_per_clock)
    count = positive("units", units)
    together(clock_mhz=clock, multiply_adds_per_clock=width, units=count)
    return 2 * clock * MEGA * width * count / TERA


def matmul_tflops_estimate(peak_tflops: Numbers, efficiency: Numbers = MATMUL_EFFICIENCY_OTHER.value) -> FloatArray:
    """Speed of the best large matrix product in 1e12 FLOP/s: `peak * efficiency`, never above the peak.

    `efficiency` from `MATMUL_EFFICIENCY` (draws of it give the band), times `EIGHT_BIT_SHARE` for 8-bit numbers. Known
    bias: newer software does better, cards with little power for their peak do worse.
    Decides: which of two chips is faster in truth, not on the data sheet.

    >>> round(float(matmul_tflops_estimate(312, MATMUL_EFFICIENCY["NVIDIA"].value)))  # A100: 271 was measured
    250
    """
    peak, share = positive("peak_tflops", peak_tflops), positive("efficiency", efficiency)
    together(peak_tflops=peak, efficiency=share)
    return peak * np.minimum(share, 1)


def ridge_flop_per_byte(peak_tflops: Numbers, bandwidth_gb_s: Numbers) -> FloatArray:
    """Arithmetic intensity in FLOP/byte at which a chip stops waiting for memory: `P / B`.

    `peak_tflops` in 1e12 FLOP/s, `bandwidth_gb_s` in 1e9 bytes/s, both above 0; arrays broadcast.
    Decides: the batch at which more speed, and not more bandwidth, is worth paying for.

    >>> round(float(ridge_flop_per_byte(312, 2039)))  # A100 80 GB: 153 operations for each byte
    153
    """
    peak, bandwidth = positive("peak_tflops", peak_tflops), positive("bandwidth_gb_s", bandwidth_gb_s)
    together(peak_tflops=peak, bandwidth_gb_s=bandwidth)
    return (peak * TERA) / (bandwidth * GIGA)


def attainable_tflops_bound(
    intensity_flop_per_byte: Numbers, peak_tflops: Numbers, bandwidth_gb_s: Numbers
) -> FloatArray:
    """Upper bound on speed in 1e12 FLOP/s: `min(P, I * B)`, the roofline itself.

    No real program is faster; most are slower, because it assumes perfect overlap of computing and fetching
    and no other cost. Arrays broadcast; every argument must be above 0.
    Decides: which chip can be the faster one for a given job.

    >>> float(attainable_tflops_bound([1, 1000], peak_tflops=100, bandwidth_gb_s=2000).max())
    100.0
    """
    intensity = positive("intensity_flop_per_byte", intensity_flop_per_byte)
    peak, bandwidth = positive("peak_tflops", peak_tflops), positive("bandwidth_gb_s", bandwidth_gb_s)
    together(intensity_flop_per_byte=intensity, peak_tflops=peak, bandwidth_gb_s=bandwidth)
    return np.minimum(peak, intensity * bandwidth * GIGA / TERA)


def step_seconds_bound(
    flop: Numbers, bytes_moved: Numbers, peak_tflops: Numbers, bandwidth_gb_s: Numbers
) -> FloatArray:
    """Least time in seconds for a job of `flop` operations and `bytes_moved` bytes: the slower of its two halves.

    The same statement as the roofline, told in time: `max(flop / P, bytes / B)`.
    Decides: whether a promised response time is possible at all.

    >>> float(step_seconds_bound(flop=1e12, bytes_moved=1e9, peak_tflops=100, bandwidth_gb_s=1000))
    0.01
    """
    work, moved = positive("flop", flop), positive("bytes_moved", bytes_moved)
    peak, bandwidth = positive("peak_tflops", peak_tflops), positive("bandwidth_gb_s", bandwidth_gb_s)
    together(flop=work, bytes_moved=moved, peak_tflops=peak, bandwidth_gb_s=bandwidth)
    return np.maximum(work / (peak * TERA), moved / (bandwidth * GIGA))


def matmul_intensity_flop_per_byte(m: Numbers, n: Numbers, k: Numbers, bytes_per_number: Numbers = 2) -> FloatArray:
    """Arithmetic intensity of an (m x k) by (k x n) matrix product, each matrix moved once: `2mnk / b(mk + kn + mn)`.

    Decides: which side of the ridge a layer of a model lies on.

    >>> round(float(matmul_intensity_flop_per_byte(1, 4096, 4096)), 3)  # one row against a matrix: about 1
    1.0
    """
    rows, columns, inner = positive("m", m), positive("n", n), positive("k", k)
    width = positive("bytes_per_number", bytes_per_number)
    together(m=rows, n=columns, k=inner, bytes_per_number=width)
    return 2 * rows * columns * inner / (width * (rows * inner + inner * columns + rows * columns))
