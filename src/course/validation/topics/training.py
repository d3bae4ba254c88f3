"""What published training steps, runs and memory figures should be by `aistack.training` and `aistack.step_time`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from aistack.fitted import Fitted
from aistack.step_time import CONSTANTS, TUNED, Kernels, constant_draws
from aistack.training import (
    FP16_GRADIENT_BYTES,
    FP32_GRADIENT_BYTES,
    HOURS_PER_DAY,
    RUN_SHARE,
    SECONDS_PER_HOUR,
    activation_bytes,
    chip_hours,
    model_state_bytes,
    stage_in_flight,
    training_flop,
)
from course.validation.benchmarks import benchmark
from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.jobs import Job, figure, job_of, run_tokens, shape_of

EXTRA: dict[str, tuple[str, ...]] = {
    "grad_accum": ("ga", "accumulation_steps", "num_microbatches"),
    "network_gbps": ("network_gbps_per_node", "node_network_gbps", "inter_node_gbps"),
    "experts": ("n_experts", "num_experts"),
    "experts_per_token": ("topk", "top_k", "experts_per_tok", "active_experts"),
    "moe_ffn_size": ("moe_ffn_hidden", "moe_intermediate_size", "expert_ffn"),
    "benchmark": ("workload", "task"),
    "submission": ("submitter",),
    "kind": ("what", "component"),
    "optimizer_bytes": (),
    "optimizer": (),
    "tokens": ("training_tokens", "pretraining_tokens", "train_tokens", "n_tokens", "num_tokens"),
    "published_accelerator_hours": ("gpu_hours", "accelerator_hours", "chip_hours"),
}

DRAWS, SEED = 400, 6
# How far figures lie from the computed ones, 90 %: software, networks and habits that no row tells. Set by eye on
# all published rows, so how many of those rows a band holds is no test of it.
SPREAD = Fitted(1.0, 0.76, 1.31, "ratio", "measured over computed, dense models", ("llm-foundry-benchmarks",), 2024)
SPREAD_MIXTURE = Fitted(1.0, 0.68, 1.47, "ratio", "measured over computed, mixtures of experts", ("olmoe-paper",), 2024)
SPREAD_RUN = Fitted(1.0, 0.66, 1.52, "ratio", "measured over computed hours of runs", RUN_SHARE.fitted_on, 2023)
ROUNDED_DAYS = 0.02
FLOP_ROUNDING = 1.15  # published operations count attention or not, and round the tokens
BILLION, TRILLION = 1e9, 1e12
HOURS_PER_YEAR = 365.25 * 24
CHIP_WORDS = r"(gpu|chip|tpu|npu|accelerator|device|core|[ahbv]\d{2,3})"
FLOP_UNITS = {"zetta": 1e21, "zf": 1e21, "exa": 1e18, "ef": 1e18, "peta": 1e15, "pf": 1e15, "tera": 1e12, "tf": 1e12}


def _step(case: Case) -> Prediction:
    job = job_of(case.inputs, year=case.year)
    answer = _step_answer(case, job)
    return _of_steps(job, answer)


def _of_steps(job: Job, answer: Callable[[Any], Any], *more: Fitted) -> Prediction:
    """Answer from a job's step, with draws of all that is fitted; `more` are spreads that multiply the seconds."""
    spreads = (*more, SPREAD_MIXTURE if job.shape.experts > 1 else SPREAD)
    generator = np.random.default_rng(SEED)
    drawn = np.asarray(job.seconds(constant_draws(job.kernels, DRAWS, generator)))
    for spread in spreads:
        drawn = drawn * spread.draws(DRAWS, generator)
    return Prediction.of_draws(float(answer(job.seconds())), answer(drawn), (*_fitted(job.kernels), *spreads))


def _fitted(kernels: Kernels) -> tuple[Fitted, ...]:
    return (*CONSTANTS.values(), kernels.matmul_share, kernels.attention_share)


def _step_answer(case: Case, job: Job) -> Callable[[Any], Any]:
    words = f"{case.quantity} {case.unit}".lower().replace("_", " ")
    each = re.search(r"(per|/) ?(gpu|chip|accel|device|card|npu|tpu|core|p\b)|\btgs\b", words)
    # whose chips are not counted has given the speed of one
    chips = 1.0 if each or not {"chips", "nodes", "data_parallel"} & set(case.inputs) else job.layout.chips
    if re.search(r"utili[sz]ation|\bmfu\b|\bhfu\b", words):
        work = job.hardware_flop if re.search(r"hardware|\bhfu\b", words) else job.model_flop
        scale = 100.0 if "percent" in words or "%" in words else 1.0
        return lambda seconds: scale * job.tokens * work / (seconds * job.machine.peak_tflops * TRILLION)
    if "flop" in words:
        formula = case.inputs.text("flop_formula", "")
        work = job.hardware_flop if re.search(r"96|hardware|\* ?2", f"{formula} {words}") else job.model_flop
        # a chip's speed, unless the words speak of all of them
        many = job.layout.chips if re.search(r"total|aggregate|cluster|system", words) else 1.0
        scale = 1e15 if re.search(r"pflop|petaflop", words) else TRILLION
        return lambda seconds: many * job.tokens * work / seconds / scale
    if re.search(r"tok|\btps\b|\btgs\b|\bwps\b", words):
        per = 86400.0 if re.search(r"day", words) else 1.0
        return lambda seconds: chips * job.tokens / seconds * per
    if re.search(r"sample|sequence|\bseqs?\b", words):
        return lambda seconds: chips * job.tokens / job.seq_tokens / seconds
    if re.search(r"time|\bms\b|\bs\b|second|latency", words):
        return lambda seconds: seconds * (1e3 if re.search(r"\bms\b|milli", words) else 1.0)
    raise NotModelled(f"{case.quantity} in {case.unit} is not a figure of a training step")


def _run(case: Case) -> Prediction:
    """Hours or days of a run: its tokens over the computed speed, times what real runs lose."""
    inputs = case.inputs
    words = f"{case.quantity} {case.unit}".lower().replace("_", " ")
    if "training_flop" in inputs and ("peak_flop_s" in inputs or "peak_tflops" in inputs):
        return _run_of_flop(inputs, words)
    tokens = run_tokens(inputs)
    job = job_of(inputs, tokens, case.year)
    steps = tokens / (job.layout.global_batch * job.seq_tokens)
    # a row with its whole layout extrapolates a measured step; one that only names its chips lived through failures
    planned = "tensor_parallel" in inputs and "pipeline_parallel" in inputs
    hours = steps / SECONDS_PER_HOUR / (1.0 if planned else RUN_SHARE.value)  # for each second of a step
    if re.search(r"hour", words) or re.search(rf"{CHIP_WORDS}[ -](day|year)", words):  # of all chips together
        scale = 1e-6 if "million" in words or re.search(r"\bm\b", words.split()[-1]) else 1.0
        scale = scale if "hour" in words else scale / (HOURS_PER_DAY if "day" in words else HOURS_PER_YEAR)
        factor = hours * job.layout.chips * scale
    elif re.search(r"day|week|month|year", words):
        if "chips" not in inputs and "nodes" not in inputs:
            raise NotModelled("chips is not given")
        unit = {"week": 7.0, "month": 365.25 / 12, "year": 365.25}
        factor = hours / HOURS_PER_DAY / next((d for n, d in unit.items() if n in words), 1.0)
    else:
        raise NotModelled(f"{case.quantity} in {case.unit} is no time of a run")
    return _of_steps(job, lambda seconds: seconds * factor, SPREAD_RUN)


def _run_of_flop(inputs: Inputs, words: str) -> Prediction:
    peak = figure(inputs, "peak_tflops", 0.0) or inputs.number("peak_flop_s") / TRILLION
    hours = float(chip_hours(inputs.number("training_flop"), peak, inputs.number("mfu", 1.0)))
    hours /= inputs.number("chips", 1.0)
    scale = HOURS_PER_YEAR if "year" in words else HOURS_PER_DAY if "day" in words else 1.0
    return Prediction.exact(hours / scale, ROUNDED_DAYS)


def _utilization(case: Case) -> Prediction:
    if not any(name in case.inputs for name in ("model", "params", "params_b", "layers", "tensor_parallel")):
        raise NotModelled("neither the model nor its layout is given")
    return _step(case)


def _flop(case: Case) -> Prediction:
    inputs = case.inputs
    named = [name for name in ("active_params_b", "params_b", "total_params_b") if name in inputs]
    size = inputs.number(named[0]) * BILLION if named else shape_of(inputs)[0].matmul_parameters
    flop = float(training_flop(size, run_tokens(inputs)))
    unit = case.unit.lower().replace("-", " ").replace("/s", "")
    flop /= next((scale for name, scale in FLOP_UNITS.items() if unit.startswith(name)), 1.0)
    flop /= SECONDS_PER_HOUR * HOURS_PER_DAY if "day" in unit else 1.0
    if re.search(r"6 ?\*? ?n ?\*? ?d", inputs.text("rule", "").lower()):
        return Prediction.exact(flop, rounding=0.05)
    return Prediction.within(flop, FLOP_ROUNDING)


def _memory(case: Case) -> Prediction:
    inputs = case.inputs
    words = f"{case.quantity} {inputs.text('kind', '')}".lower().replace("_", " ")
    shape, heads = shape_of(inputs)
    layout = job_of(_on_some_chip(inputs)).layout
    splits = layout.tensor_parallel * layout.pipeline_parallel
    states = activations = 0.0
    if "activation" not in words or "total" in words:
        numbered = re.search(r"\d", inputs.text("sharding", ""))
        stage = float(numbered[0]) if numbered else 3.0 * layout.sharded
        mixed = layout.tensor_parallel > 1 or layout.pipeline_parallel > 1
        gradients = FP32_GRADIENT_BYTES if mixed else FP16_GRADIENT_BYTES
        stored = shape.total_parameters - shape.vocab_size * shape.hidden_size * mixed  # tables lie on the ends only
        replicas = layout.replicas if "chips" in inputs or "data_parallel" in inputs else 1.0
        states = float(model_state_bytes(stored, splits, int(stage), replicas, gradients))
    if "activation" in words or "total" in words or not re.search(r"param|optim|state|weight", words):
        way = inputs.text("recompute", "selective").lower()  # fused attention keeps no scores either
        recompute = "selective" if "sel" in way else "full" if "full" in way else "none"
        seq = figure(inputs, "seq_tokens", job_of(_on_some_chip(inputs)).seq_tokens)
        activations = float(
            activation_bytes(
                shape.layers,
                shape.hidden_size,
                heads,
                seq,
                layout.micro_batch,
                layout.tensor_parallel,
                recompute,
                sequence_parallel="seq" in way,
            )
            * stage_in_flight(layout.pipeline_parallel, layout.virtual_stages)
        )
    scale = next((size for name, size in MEMORY_UNITS.items() if name in case.unit.lower()), 1e9)
    return Prediction.within((states + activations) / scale, MEMORY_FACTOR)


MEMORY_UNITS = {"gib": 2**30, "mib": 2**20, "tib": 2**40, "gb": 1e9, "mb": 1e6, "tb": 1e12}
MEMORY_FACTOR = 1.15
"""Buffers, fragments and other optimizers: what a rule of thumb for memory leaves open."""


def _on_some_chip(inputs: Inputs) -> Inputs:
    """Memory of a layout does not depend on the chip; the layout's defaults do, and the sources used the A100."""
    return inputs if "chip" in inputs or "system" in inputs else Inputs({**inputs, "chip": "A100"})


def _time_to_train(case: Case) -> Prediction:
    test = benchmark(case.inputs.text("benchmark", case.inputs.text("model", "")))
    chips = figure(case.inputs, "chips")
    batch = figure(case.inputs, "global_batch", test.batch(chips))
    given = {"params_b": test.params_b, "seq_tokens": test.seq_tokens, "chips": chips, "global_batch": batch}
    if test.tensor_parallel > 1:
        given |= {"tensor_parallel": test.tensor_parallel, "pipeline_parallel": test.pipeline_parallel}
    # texts are cut where there are more replicas than texts
    given["context_parallel"] = max(chips / (test.tensor_parallel * test.pipeline_parallel * batch), 1.0)
    # submissions compute in the narrowest format of 8 bits or more that the chip has
    inputs = Inputs({"precision": "fp8", **case.inputs, **given, "model": test.model})
    job = job_of(inputs)
    kernels = TUNED if job.machine.matmul_tflops > job.machine.peak_tflops else job.kernels
    job = replace(job, kernels=kernels, layout=replace(job.layout, frozen=test.frozen))
    steps = test.tokens(batch) / (batch * test.seq_tokens)
    unit = case.unit.lower().strip()
    scale = 60.0 if unit.startswith("m") else 3600.0 if unit.startswith("h") else 1.0
    return _of_steps(job, lambda each: each * steps / scale, SPREAD)


PREDICTORS = {
    "training_step_throughput": _step,
    "training_step_time": _step,
    "mfu": _utilization,
    "training_memory": _memory,
    "training_run_gpu_hours": _run,
    "training_days": _run,
    "training_flops": _flop,
    "mlperf_training_time": _time_to_train,
}
"""Topic: predictor."""
