"""Sensitivity: the published indices of a test function, limits, progress, refusals."""

import re

import numpy as np
import pytest

from aistack.sensitivity import sobol, tornado

PI = float(np.pi)
RANGES = {name: (-PI, PI) for name in ("x1", "x2", "x3")}


def ishigami(x: dict[str, np.ndarray]) -> np.ndarray:
    return np.sin(x["x1"]) + 7 * np.sin(x["x2"]) ** 2 + 0.1 * x["x3"] ** 4 * np.sin(x["x1"])


def test_the_indices_of_the_ishigami_function_are_the_published_ones() -> None:
    """Ishigami and Homma 1990, a = 7, b = 0.1: first order 0.314, 0.442, 0; total 0.558, 0.442, 0.244."""
    first, total = sobol(ishigami, RANGES, samples=4096, seed=1)
    assert list(first.values()) == pytest.approx([0.314, 0.442, 0.0], abs=0.03)
    assert list(total.values()) == pytest.approx([0.558, 0.442, 0.244], abs=0.03)


def test_one_at_a_time_misses_what_works_only_together() -> None:
    bars = {bar.name: bar for bar in tornado(ishigami, dict.fromkeys(RANGES, 0.0), RANGES)}
    assert bars["x3"].at_low == bars["x3"].at_high == 0
    assert sobol(ishigami, RANGES, samples=1024, seed=1).total["x3"] > 0.2


@pytest.mark.extreme
def test_a_result_that_never_changes_is_moved_by_nothing() -> None:
    indices = sobol(lambda x: np.full(len(x["x1"]), 3.0), RANGES, samples=64, seed=1)
    assert set(indices.first.values()) | set(indices.total.values()) == {0.0}


def test_progress_is_told_up_to_the_end_and_batches_do_not_change_the_answer() -> None:
    told: list[tuple[int, int]] = []
    small = sobol(ishigami, RANGES, samples=64, seed=1, progress=lambda done, of: told.append((done, of)), batch=50)
    assert told[-1] == (64 * 5, 64 * 5)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert small == sobol(ishigami, RANGES, samples=64, seed=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sobol(ishigami, RANGES, samples=100, seed=1), "samples = 100 is out of range; allowed: powers of 2"),
        (
            lambda: tornado(ishigami, {"x1": 0}, {"x1": (1, 1)}),
            "range of x1 = (1, 1) is out of range",
        ),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()  # type: ignore[operator]
