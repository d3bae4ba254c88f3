"""What lessons 03 and 06 hold against measurements: all-reduces, published training runs, and steps taken apart.

>>> published_runs().columns.tolist()
['run', 'chip', 'hours', 'flop', 'packaged', 'seen']
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pandas as pd

from aistack.chips import GIGA
from aistack.cluster import allreduce_seconds_estimate, bus_factor
from aistack.step_time import Layout, Machine, StepSeconds, step_seconds_estimate
from aistack.training import Shape, training_flop
from course.data import load

_TOPIC = "training_run_gpu_hours"
_SERVERS = {"h200": (1, 450), "b200": (4, 900)}
"""Servers of eight chips, and GB/s of a chip's link, in the measurements of all-reduces."""
_MESSAGES = {"1mib": (2**20, "1 million bytes"), "16gib": (2**34, "17 billion bytes")}
NETWORK_GB_S = 400
"""Of a server to the others in those measurements."""


def published_runs() -> pd.DataFrame:
    """Return a row a run: hours as published, `6 N D`, and the model's hours over the published (`packaged`).

    `seen` says whether a constant of the model was fitted on the run.
    """
    from course.validation import score
    from course.validation.table import ours

    rows = []
    for outcome in score.run(case for case in ours() if case.topic == _TOPIC):
        if outcome.error is None:
            continue
        given = outcome.case.inputs
        flop = training_flop(given.number("active_params_b") * 1e9, given.number("tokens_t") * 1e12)
        rows.append(
            (given["model"], given["chip"], outcome.case.published, float(flop), outcome.error + 1, outcome.seen)
        )
    found = pd.DataFrame(rows, columns=["run", "chip", "hours", "flop", "packaged", "seen"])
    return found.drop_duplicates("run").reset_index(drop=True)


@cache
def three_steps() -> dict[str, StepSeconds]:
    """Return what the steps of three jobs spend their time on: one model on few and on many chips, and one of experts.

    Sizes and speeds are those of the tables `models`, `chips` and `links`, rounded. DeepSeek-V3 multiplies in 8 bits,
    at twice the 16-bit peak.
    """
    llama = Shape(
        matmul_parameters=69.5e9,
        total_parameters=70.6e9,
        layers=80,
        hidden_size=8192,
        ffn_size=28672,
        attention_width=8192,
        kv_width=1024,
        vocab_size=128256,
        gates=2,
    )
    v3 = Shape(
        matmul_parameters=36.7e9,
        total_parameters=671e9,
        layers=61,
        hidden_size=7168,
        ffn_size=2048,
        attention_width=20480,
        kv_width=20480,
        vocab_size=129280,
        experts=256,
        experts_per_token=9,
        gates=2,
        shared_experts=1,
    )
    h100 = Machine(peak_tflops=989.4, matmul_tflops=989.4, bandwidth_gb_s=3350, link_gb_s=450, network_gb_s=50)
    h800 = replace(h100, matmul_tflops=1979, link_gb_s=200)
    few = Layout(chips=64, global_batch=256, tensor_parallel=4, pipeline_parallel=4, virtual_stages=5)
    wide = Layout(
        chips=2048,
        global_batch=15360,
        pipeline_parallel=16,
        expert_parallel=64,
        virtual_stages=2,
        hidden_exchange=True,
    )
    return {
        "Llama 70B, 64 H100": step_seconds_estimate(llama, 8192, few, h100),
        "Llama 70B, 1,024 H100": step_seconds_estimate(llama, 8192, replace(few, chips=1024), h100),
        "DeepSeek-V3, 2,048 H800": step_seconds_estimate(v3, 4096, wide, h800),
    }


def allreduce_rows() -> pd.DataFrame:
    """Return measured all-reduces beside the model, in GB/s over each chip's wire, and the model's error.

    Rows are those of one measurer on whom no constant was fitted; a server has eight chips.
    """
    facts = load("case_facts").set_index("fact_id")
    measured = facts[facts["case"] == "all-reduce"]["value"].to_dict()
    measured["allreduce-h200-16gib"] = load("published_results").set_index("result_id").loc["nccl_h200_8", "value"]
    rows = []
    for key, gb_per_s in sorted(measured.items()):
        _, chip, size = str(key).split("-")
        servers, link = _SERVERS[chip]
        n_bytes, words = _MESSAGES[size]
        ranks = 8 * servers
        seconds = allreduce_seconds_estimate(n_bytes, servers, 8, link, NETWORK_GB_S, in_network=True)
        model = float(n_bytes * bus_factor(ranks) / seconds / GIGA)
        rows.append((f"{ranks} {chip.upper()}", words, model, float(gb_per_s), model / float(gb_per_s) - 1))
    return pd.DataFrame(rows, columns=["chips", "message", "model", "measured", "error"])
