"""How the constants for mixtures of experts were fitted, and how far they are off.

    python tests/benchmarks/mixture_fit.py

Prints the constants that `aistack.step_time` should have, with their 90 % intervals, and the error of each row when
its source was left out of the fit. `mixture_rows.csv` has the rows as printed: the table of NVIDIA's NeMo AutoModel
and the times in its recipes, that of Megatron's MoE Model Zoo, and OLMoE. None of them is among the published results
that `course validate` holds the model against; NVIDIA's Megatron-Bridge tables are, and were not fitted on.

A constant starts from a round figure (`START`) and is held to it with a spread of `HOLD`, so that what few rows cannot
tell stays put.

What this does not prove. The terms of the model (whose products are slow, what is exposed, what launching costs) were
chosen with the errors on the Megatron-Bridge tables in view, so the figures on those are somewhat too good.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from course.validation.case import Inputs
from course.validation.jobs import Job, job_of

ROWS = Path(__file__).with_name("mixture_rows.csv")
SEQ_TOKENS = 4096  # of all rows
OLMOE = {  # not in models.csv; table 1 of the paper
    "params_b": 6.9, "active_params_b": 1.3, "layers": 16, "hidden_size": 2048, "heads": 16, "experts": 64,
    "experts_per_token": 8, "moe_ffn_size": 1024, "vocab_size": 50304,
}  # fmt: skip
START = {"routing_s": 3e-3, "expert_s": 5e-5, "expert_share": 0.75, "between": 0.5}
HOLD = {"routing_s": 1.0, "expert_s": 1.0, "expert_share": 0.3, "between": 0.7}  # of a logarithm
MOST = {"routing_s": 2e-2, "expert_s": 1e-3, "expert_share": 1.0, "between": 1.0}
LEAST_SHARE_OF_MOST = 1e-3
MILD = 0.1  # errors above this share count less than squared
ROW_SPREAD = 0.15  # what a row is off by whatever the constants; weighs rows against START
NINETY = 1.645

Row = tuple[str, str, Job, float]


def rows() -> list[Row]:
    """Return source, name, job and published seconds of each row."""
    found = []
    with ROWS.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            given = {name: value for name, value in line.items() if value} | {"seq_tokens": SEQ_TOKENS}
            if line["model"].startswith("olmoe"):
                given |= OLMOE
            job = job_of(Inputs(given), year=float(line["year"]))
            found.append((line["source_id"], line["row"], job, float(line["step_seconds"])))
    return found


def seconds(chosen: Sequence[Row], constants: dict[str, float]) -> np.ndarray:
    """Return what the model says of each row under these constants."""
    return np.array([float(job.seconds({k: np.asarray(v) for k, v in constants.items()})) for _, _, job, _ in chosen])


def fit(chosen: Sequence[Row]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the constants and the spread of their logarithms."""
    start, hold = np.log(list(START.values())), np.array(list(HOLD.values()))
    most = np.log(list(MOST.values()))
    published = np.array([row[3] for row in chosen])

    def residuals(point: np.ndarray) -> np.ndarray:
        errors = np.log(seconds(chosen, dict(zip(START, np.exp(point), strict=True))) / published)
        return np.concatenate([errors, ROW_SPREAD * (point - start) / hold])

    bounds = (most + np.log(LEAST_SHARE_OF_MOST), most)
    best = least_squares(residuals, start, loss="soft_l1", f_scale=MILD, bounds=bounds)
    spread = ROW_SPREAD * np.sqrt(np.diag(np.linalg.inv(best.jac.T @ best.jac)))
    return dict(zip(START, np.exp(best.x), strict=True)), dict(zip(START, spread, strict=True))


def main() -> None:
    """Print the constants, and what sources that were left out show."""
    everything = rows()
    constants, spread = fit(everything)
    for name, value in constants.items():
        low, high = value * np.exp(-NINETY * spread[name]), value * np.exp(NINETY * spread[name])
        print(f"{name:14} {value:.3g}  90 % {low:.2g} to {min(high, MOST[name]):.2g}")
    errors = []
    for source in sorted({row[0] for row in everything}):
        left_out = [row for row in everything if row[0] == source]
        without, _ = fit([row for row in everything if row[0] != source])
        for row, predicted in zip(left_out, seconds(left_out, without), strict=True):
            errors.append(predicted / row[3] - 1)
            print(f"left out: {source:28} {row[1]:52} {row[3]:6.2f} s, computed {predicted:6.2f}, {errors[-1]:+.0%}")
    print(f"median error of left-out sources: {np.median(np.abs(errors)):.1%}")


if __name__ == "__main__":
    main()
