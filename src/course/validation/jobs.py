"""A training job as a published row tells it: what it says, what our tables know, and defaults for the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from aistack.checks import FloatArray
from aistack.step_time import (
    FSDP_AMPERE,
    FSDP_HOPPER,
    TUNED,
    TUNED_AMD,
    Kernels,
    Layout,
    Machine,
    step_seconds_estimate,
)
from aistack.training import (
    CAUSAL_SHARE,
    FFN_RATIO,
    GPT_VOCABULARY,
    RUN_SHARE,
    SECONDS_PER_HOUR,
    Shape,
    flop_per_token,
    hardware_flop_per_token,
    typical_layers_and_width,
)
from course.validation.case import Inputs, NotModelled
from course.validation.lookup import chip_row, is_geforce, model_row, scale_up_gb_s

BILLION, MILLION, GIGABYTE = 1e9, 1e6, 1e9
NODE, RACK, TPU_SLICE = 8, 72, 256
"""Chips behind one fast link: a server, NVIDIA's NVL72, a slice of a TPU pod."""
LINK_PER_BANDWIDTH = 0.13
"""Fast link in one direction over memory bandwidth, where a chip's link is unknown: A100 0.15, H100 0.13, B200 0.12."""
NETWORK_GB_S = ((2021.99, 25.0), (2025.5, 50.0), (float("inf"), 100.0))
"""A chip's share of its server's network by its release: cards of 200, 400 and 800 Gbit/s, one to a chip."""
OLD_RIDGE = 200
"""FLOP/byte: chips below feed their units as easily as the A100 (153), those above starve like the H100 (295)."""
HELD_BYTES_PER_PARAMETER = 33
"""Memory of split runs for a parameter and its work: 80 GB hold 2.4e9 (Narayanan et al. 2021, table 1)."""
PLANNED_BEFORE_CHINCHILLA = 5
"""Tokens for a parameter: fewer means planned before March 2022 (Hoffmann et al.), so before fused attention, too."""
TOKENS_PER_CHIP, CHIPS, SEQ_TOKENS, SEQ_TOKENS_OLD = 8192, 1024, 4096, 2048
"""What a row does not say: tokens of a micro-batch, size of the cluster, length of the texts."""
LARGEST_SHARDED = 32
"""Models that fill more chips than this are split by layers and widths, smaller ones are sharded."""
MICRO_BATCHES_PER_STAGE = 8
FIRST_HOPPER_RUNS = 2023
MEMORY_GB, NEAR = 80.0, 0.1
FUSED_SINCE = 2023
"""From this year on published jobs use fused attention on older chips, too (Dao et al., May 2022)."""
SHARDED_TUNED_SINCE = 2025
"""From this year on sharded jobs run on kernels as good as those of split ones."""
ADAPTERS = re.compile(r"(?<![a-z])(q?lora|peft|adapters?)(?![a-z])")
GEFORCE_SHARE = 0.5
"""Of the listed rate, which GeForce cards reach when they add up in 16 bits; training adds up in 32."""
TIED_BELOW, HEAD_WIDTH, EXPERTS, EXPERTS_PER_TOKEN, EXPERT_GROUP = 4e9, 128, 64, 8, 64
MEGATRON_LAYOUTS = {22e9: (8, 1, 1, 4), 175e9: (8, 8, 3, 1), 530e9: (8, 35, 3, 1), 1000e9: (8, 64, 1, 1)}
"""Parameters: tensor and pipeline parallel, interleaved chunks, micro-batch of Korthikanti et al. 2022, table 3."""


@dataclass(frozen=True)
class Job:
    """A training step, ready to be computed."""

    shape: Shape
    heads: float
    seq_tokens: float
    layout: Layout
    machine: Machine
    kernels: Kernels

    def seconds(self, draws: dict[str, FloatArray] | None = None) -> FloatArray:
        """Seconds of a step."""
        return step_seconds_estimate(self.shape, self.seq_tokens, self.layout, self.machine, self.kernels, draws).total

    @property
    def tokens(self) -> float:
        """Tokens of a step for each chip."""
        return self.layout.global_batch * self.seq_tokens / self.layout.chips

    @property
    def model_flop(self) -> float:
        """Operations for a token as utilisation counts them."""
        shape = self.shape
        # NVIDIA's tables since 2024 count the half of attention that is done, Megatron's and PaLM's the whole
        attended = CAUSAL_SHARE if self.kernels in (TUNED, TUNED_AMD) else 1.0
        work = flop_per_token(shape.matmul_parameters, shape.layers, shape.attention_width, self.seq_tokens, attended)
        return float(work)

    @property
    def hardware_flop(self) -> float:
        """Operations for a token with what is done twice."""
        layers = float(flop_per_token(self.shape.matmul_parameters, 1, 1, 1))
        return float(hardware_flop_per_token(layers, self.model_flop - layers, self.layout.recompute))


def figure(inputs: Inputs, name: str, default: float | None = None) -> float:
    """Return an input's first number ("64 (0)" is 64, "16M" is 16e6); `NotModelled` if there is none and no default."""
    if name not in inputs and default is not None:
        return default
    found = re.match(r"\s*([0-9][0-9_,]*\.?[0-9]*(?:e[+-]?\d+)?)\s*([kmbt]?)", str(inputs[name]).lower())
    if not found:
        if default is not None:
            return default
        raise NotModelled(f"{name} = {inputs[name]!r} is not a number")
    scale = {"k": 1e3, "m": MILLION, "b": BILLION, "t": 1e12}.get(found[2], 1.0)
    return float(found[1].replace(",", "").replace("_", "")) * scale


def run_tokens(inputs: Inputs) -> float:
    """Return the tokens of a whole run; `NotModelled` if they are not given."""
    if "tokens_t" in inputs:
        return inputs.number("tokens_t") * 1e12
    if "tokens_b" in inputs:
        return inputs.number("tokens_b") * BILLION
    return figure(inputs, "tokens")


def run_hours(inputs: Inputs, year: float | None = None) -> float:
    """Return the accelerator-hours that a run should take, from its tokens and its chip."""
    tokens = run_tokens(inputs)
    job = job_of(inputs, tokens, year)
    steps = tokens / (job.layout.global_batch * job.seq_tokens)
    return float(steps * job.seconds() * job.layout.chips / SECONDS_PER_HOUR / RUN_SHARE.value)


def job_of(inputs: Inputs, tokens: float | None = None, year: float | None = None) -> Job:
    """Read a job from a row; `tokens` are those of its whole run, if it has one, `year` is that of its source."""
    shape, heads = shape_of(inputs)
    chip = chip_of(inputs, year)
    old = bool(tokens and tokens / shape.matmul_parameters < PLANNED_BEFORE_CHINCHILLA)
    seq = figure(inputs, "seq_tokens", _usual_seq(inputs, chip, old))
    split = any(name in inputs for name in ("tensor_parallel", "pipeline_parallel", "expert_parallel"))
    plain = not ("sharding" in inputs or "fsdp" in inputs)
    kernels = _kernels(chip, split or plain or bool(year and year >= SHARDED_TUNED_SINCE))
    machine = _machine(inputs, chip)
    modern = _year(chip) >= 2022 or bool(year and year >= FUSED_SINCE)
    layout = _layout(inputs, shape, chip, seq, old, split, modern)
    # who trains for months tunes first; a table of benchmarks shows the layout that it has
    layout = replace(layout, hidden_exchange=bool(tokens) and not split)
    return Job(shape, heads, seq, layout, machine, kernels)


def chip_of(inputs: Inputs, year: float | None = None) -> dict[str, Any]:
    """Return the row of the chip; where none is named, an A100 before 2023 or for short texts, else an H100."""
    for name in ("chip", "system"):
        if name in inputs:
            return chip_row(inputs.text(name))
    if "tensor_parallel" not in inputs and "chips" not in inputs:
        raise NotModelled("neither a chip nor a layout is given")
    early = year < FIRST_HOPPER_RUNS if year else figure(inputs, "seq_tokens", SEQ_TOKENS_OLD) <= SEQ_TOKENS_OLD
    return chip_row("A100" if early else "H100")


def shape_of(inputs: Inputs) -> tuple[Shape, float]:
    """Return the model's shape and its attention heads."""
    row = _model(inputs)
    total, active, nominal = _parameters(inputs, row)
    given_layers, given_width = (
        _either(inputs, "layers", row, "n_layers"),
        _either(inputs, "hidden_size", row, "hidden_size"),
    )
    vocab = _either(inputs, "vocab_size", row, "vocab_size") or GPT_VOCABULARY
    if not total and not (given_layers and given_width):
        raise NotModelled("neither a known model nor its parameters are given")
    if not (given_layers and given_width):
        size = min(total, nominal or total) if total else nominal
        size = active if active < total else size
        # an exact count without a shape includes the positions that a GPT learns
        positions = figure(inputs, "seq_tokens", 0.0) if "params" in inputs and not row else 0.0
        for _ in range(4 if positions else 1):
            layers, width = (float(x) for x in typical_layers_and_width(size))
            size = max(total - positions * width, total / 2) if positions else size
        if positions:
            total = active = size
    layers, width = given_layers or layers, given_width or width
    plain = FFN_RATIO * 3 * layers * width**2 + vocab * width  # GPT: 4 h^2 in attention and 8 h^2 behind it
    if not row and (not total or abs(plain / total - 1) < NEAR):
        total = active = plain
    return _with_experts(inputs, row, total, active, layers, width, vocab)


def _with_experts(
    inputs: Inputs, row: dict[str, Any], total: float, active: float, layers: float, width: float, vocab: float
) -> tuple[Shape, float]:
    heads = _either(inputs, "heads", row, "n_heads") or width / HEAD_WIDTH
    head = _either(inputs, "head_dim", row, "head_dim") or (width / heads if "heads" in inputs else HEAD_WIDTH)
    kv_heads = _either(inputs, "kv_heads", row, "n_kv_heads") or heads
    attention, kv = heads * head, kv_heads * head
    if _cell(row, "kv_lora_rank"):  # latent attention: keys and values of two sizes, blown up for every head
        sizes = (_cell(row, f"{part}_head_dim") or 0.0 for part in ("qk_nope", "qk_rope", "v"))
        attention = kv = heads * sum(sizes) / 2
    mixture = active < (1 - NEAR) * total
    gates = 2.0 if mixture or _flag(row, "ffn_gated") else 1.0
    experts, chosen, common = 1.0, 1.0, 0.0
    ffn = _either(inputs, "ffn_size", row, "ffn_size") or FFN_RATIO * width
    if mixture:
        experts = _either(inputs, "experts", row, "n_experts") or EXPERTS
        chosen = _either(inputs, "experts_per_token", row, "experts_per_token") or min(EXPERTS_PER_TOKEN, experts / 4)
        asleep = (total - active) / (layers * (1 + gates) * width * (experts - chosen))
        ffn = _either(inputs, "moe_ffn_size", row, "moe_ffn_size") or asleep
        common = _cell(row, "n_shared_experts") or 0.0
    tied = (
        _flag(row, "embeddings_tied") if row.get("embeddings_tied") in (True, False) else total < TIED_BELOW or not row
    )
    multiplied = active - (0 if tied else vocab * width)
    return Shape(
        multiplied, max(total, multiplied), layers, width, ffn, attention, kv, vocab, experts, chosen + common, gates,
        common,
    ), heads  # fmt: skip


def _parameters(inputs: Inputs, row: dict[str, Any]) -> tuple[float, float, float]:
    """Total and active parameters, and what the model's name says of its size (0 where unknown)."""
    name = inputs.text("model", "").lower()
    sizes = {"m": MILLION, "b": BILLION, "t": 1e12}
    said = re.search(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)\s*([mbt])(?![a-z])", name.replace("_", " ").replace("-", " "))
    nominal = float(said[1]) * sizes[said[2]] if said else 0.0
    spoken = re.search(r"\ba(\d+(?:\.\d+)?)b", name.replace("_", " ").replace("-", " "))
    total = figure(inputs, "params", 0.0)
    total = total or (_cell(row, "total_params_b") or 0.0) * BILLION
    total = figure(inputs, "total_params_b", figure(inputs, "params_b", 0.0)) * BILLION or total
    active = figure(inputs, "active_params_b", 0.0) * BILLION
    active = active or (_cell(row, "active_params_b") or 0.0) * BILLION
    active = active or (float(spoken[1]) * BILLION if spoken else 0.0)
    total = total or active or nominal
    if not total and "layers" not in inputs:  # a split model fills its chips
        chips = figure(inputs, "tensor_parallel", 0.0) * figure(inputs, "pipeline_parallel", 0.0)
        total = chips * MEMORY_GB * GIGABYTE / HELD_BYTES_PER_PARAMETER
    return total, active or total, nominal


def _layout(
    inputs: Inputs, shape: Shape, chip: dict[str, Any], seq: float, old: bool, split: bool, modern: bool
) -> Layout:
    mixture = shape.experts > 1
    needed = max(
        HELD_BYTES_PER_PARAMETER * shape.total_parameters / ((_cell(chip, "memory_gb") or MEMORY_GB) * GIGABYTE), 1.0
    )
    reference = next(
        (
            way
            for size, way in MEGATRON_LAYOUTS.items()
            if abs(shape.total_parameters / size - 1) < NEAR and not mixture
        ),
        None,
    )
    tensor = figure(inputs, "tensor_parallel", 0.0)
    pipeline, expert = figure(inputs, "pipeline_parallel", 0.0), figure(inputs, "expert_parallel", 0.0)
    sharded = _sharded(inputs)
    micro = 0.0
    virtual = figure(inputs, "virtual_pipeline", 0.0)
    if reference and not modern and not pipeline and not sharded:
        tensor, pipeline, virtual, micro = reference
    elif not split and not sharded and mixture:
        expert = min(shape.experts, EXPERT_GROUP)
        pipeline = max(round(needed / expert), 1)
    elif not split and not sharded and needed > LARGEST_SHARDED:
        tensor, pipeline = NODE, max(round(needed / NODE), 1)
    elif not split:
        sharded = True
    tensor, pipeline = tensor or 1, pipeline or 1
    context = figure(inputs, "context_parallel", 1.0)
    virtual = virtual or (max(shape.layers // pipeline, 1) if modern and pipeline > 1 else 1)
    splits = tensor * pipeline * context
    nodes = figure(inputs, "nodes", 0.0) * figure(inputs, "chips_per_node", NODE)
    chips = figure(inputs, "chips", 0.0) or nodes or figure(inputs, "data_parallel", 0.0) * splits or max(CHIPS, splits)
    chips = max(chips, splits)
    replicas = chips / splits
    if mixture and shape.experts > NODE:  # so many experts do not stay on one chip
        expert = expert or min(shape.experts, EXPERT_GROUP, max(chips // pipeline, 1))
    local = figure(inputs, "local_batch", 0.0)  # of a replica; a pipeline cuts it up
    micro = figure(inputs, "micro_batch", 0.0) or (local if pipeline == 1 else 0.0) or micro
    micro = micro or (max(TOKENS_PER_CHIP / seq, 1.0) if sharded else 1.0)
    batch = figure(inputs, "global_batch", figure(inputs, "batch", 0.0))
    batch = batch or figure(inputs, "tokens_per_batch", 0.0) / seq or local * replicas
    steps = figure(inputs, "grad_accum", 1.0 if sharded else MICRO_BATCHES_PER_STAGE * pipeline)
    batch = batch or replicas * micro * steps
    micro = min(micro, max(batch / replicas, 1.0))
    return Layout(
        chips=chips,
        global_batch=batch,
        micro_batch=micro,
        tensor_parallel=tensor,
        pipeline_parallel=pipeline,
        context_parallel=context,
        expert_parallel=expert or 1,
        expert_tensor_parallel=1 if mixture else None,
        virtual_stages=virtual,
        sharded=sharded,
        recompute=_recompute(inputs, sharded, old or (not modern and "pipeline_parallel" in inputs)),
        stores_scores=not modern and (split or old),
        frozen=bool(ADAPTERS.search(" ".join(str(each) for each in inputs.values()).lower())),
    )


def _sharded(inputs: Inputs) -> bool:
    words = f"{inputs.text('sharding', '')} {inputs.text('fsdp', '')}".lower()
    return figure(inputs, "fsdp", 0.0) > 1 or bool(re.search(r"shard|fsdp|hsdp|zero.?3|\b3\b|\bon\b|true|yes", words))


def _recompute(inputs: Inputs, sharded: bool, old: bool) -> str:
    words = f"{inputs.text('recompute', '')} {inputs.text('activation_checkpointing', '')}".lower()
    if "sel" in words:
        return "selective"
    if "full" in words or "true" in words or "yes" in words or words.strip() == "1":
        return "early_stop" if sharded else "full"
    return "full" if old and not words.strip() else "none"


def _machine(inputs: Inputs, chip: dict[str, Any]) -> Machine:
    peak = figure(inputs, "peak_tflops", _cell(chip, "fp16_tflops") or 0.0)
    bandwidth = _cell(chip, "memory_bandwidth_gb_s")
    if not peak or not bandwidth:
        raise NotModelled(f"peak or bandwidth of {chip['chip']} is not known")
    name = str(chip["chip"])
    if "peak_tflops" not in inputs and is_geforce(chip):
        peak *= GEFORCE_SHARE
    domain = RACK if name.startswith("GB") else TPU_SLICE if name.startswith("TPU") else NODE
    network = next(rate for year, rate in NETWORK_GB_S if _year(chip) <= year)
    if "network_gbps" in inputs:
        network = figure(inputs, "network_gbps") / NODE / 8  # of a server, in bits
    link = scale_up_gb_s(chip) or LINK_PER_BANDWIDTH * bandwidth
    return Machine(peak, _matmul_peak(inputs, chip, peak), bandwidth, link, network, domain)


def _matmul_peak(inputs: Inputs, chip: dict[str, Any], peak: float) -> float:
    """Peak of the format of the matrix products; vendors' tables that name a system but no format use 8 bits."""
    words = inputs.text("precision", "8" if "system" in inputs and "release" in inputs else "16").lower()
    narrow = max(_cell(chip, "fp8_tflops") or 0.0, _cell(chip, "int8_tops") or 0.0)
    if "fp4" in words:
        return _cell(chip, "fp4_tflops") or max(narrow, peak)
    return max(narrow, peak) if "8" in words else peak


def _kernels(chip: dict[str, Any], tuned: bool) -> Kernels:
    if chip.get("vendor") == "AMD":
        return TUNED_AMD
    ridge = (_cell(chip, "fp16_tflops") or 0.0) * 1e3 / (_cell(chip, "memory_bandwidth_gb_s") or 1.0)
    if ridge < OLD_RIDGE:
        return FSDP_AMPERE
    return TUNED if tuned else FSDP_HOPPER


def _usual_seq(inputs: Inputs, chip: dict[str, Any], old: bool) -> float:
    return SEQ_TOKENS_OLD if old or _year(chip) < 2022 else SEQ_TOKENS


def _year(chip: dict[str, Any]) -> float:
    found = re.match(r"(\d{4})(?:-(\d\d))?", str(chip.get("release_date") or ""))
    return float(found[1]) + (int(found[2]) / 12 if found[2] else 0.0) if found else 2024.0


def _model(inputs: Inputs) -> dict[str, Any]:
    if "model" not in inputs:
        return {}
    try:
        return model_row(re.sub(r"\(.*?\)", "", inputs.text("model")).strip())
    except NotModelled:
        return {}


def _either(inputs: Inputs, name: str, row: dict[str, Any], column: str) -> float | None:
    return figure(inputs, name, 0.0) or _cell(row, column)


def _cell(row: dict[str, Any], column: str) -> float | None:
    """Return a number of a row, or None where it is missing."""
    value = row.get(column)
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if number == number else None


def _flag(row: dict[str, Any], column: str) -> bool:
    return bool(row.get(column) is True or str(row.get(column)).lower() == "true")
