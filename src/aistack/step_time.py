"""How long one training step takes on many chips, and where the time goes.

A step multiplies matrices, computes attention (slower), moves activations through memory, and talks: within a layer
(tensor parallel), between experts, between stages (pipeline) and between replicas (data parallel). Each part is work
over speed; what is not hidden behind something else adds up.

Sources for the structure: D. Narayanan et al., "Efficient large-scale language model training on GPU clusters using
Megatron-LM", SC 2021, arXiv:2104.04473; V. Korthikanti et al., "Reducing activation recomputation in large transformer
models", 2022, arXiv:2205.05198; S. Rajbhandari et al., "ZeRO", SC 2020, arXiv:1910.02054.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from aistack.checks import FloatArray, Numbers, positive
from aistack.chips import GIGA, TERA
from aistack.fitted import Fitted
from aistack.training import ATTENTION_WORK, CAUSAL_SHARE, FORWARD_SHARE, TRAINING_WORK, Shape, recomputed

BF16_BYTES = 2
WEIGHT_PASS_BYTES, GRADIENT_PASS_BYTES = 4, 8  # for each micro-batch: bf16 weights read twice; fp32 gradient, both ways
OPTIMIZER_BYTES = 28  # Adam in fp32: gradient, weight and two moments read, the last three written
NORM_ELEMENTS = 4  # two norms or residual sums a layer, read and written
SCORE_ELEMENTS = 2.5  # Korthikanti et al. 2022, section 4: 5 bytes for each head and pair of tokens, at 2 bytes each
HEAD_WIDTH = 128  # of an attention head: GPT-3 and most models since (Brown et al. 2020, table 2.1)
ALL_REDUCES, ALL_TO_ALLS = 4, 4  # a layer: Narayanan et al. 2021, section 2.3; to the experts and back, both directions
NARROW_EXCHANGE = 0.75  # experts are sent 8-bit numbers and answer in 16 bits
GATHERS, SCATTERS = 2, 1  # a micro-batch with sharded weights: Rajbhandari et al. 2020, section 7
KEYS_AND_VALUES = 2  # gathered and scattered like weights where a text is cut: Llama 3, 2024, section 3.3.2

_FOUNDRY, _LLAMA = ("llm-foundry-benchmarks",), ("llama3-herd",)
_MIXTURES = ("olmoe-paper", "nemo-automodel-performance", "megatron-moe-model-zoo")

CONSTANTS: Mapping[str, Fitted] = MappingProxyType(
    {
        "passes": Fitted(7.48, 6.3, 8.9, "passes", "times that each activation moves through memory", _FOUNDRY, 2024),
        "logit_bytes": Fitted(45.3, 35.0, 58.0, "byte", "moved for each logit of each token", _FOUNDRY, 2024),
        "quantising": Fitted(0.19, 0.06, 0.6, "share", "more activation traffic with 8 or 4 bits", _FOUNDRY, 2024),
        "exposed": Fitted(0.76, 0.6, 0.95, "share", "of weight and gradient traffic not hidden", _FOUNDRY, 2024),
        "straggling": Fitted(0.0088, 0.005, 0.0155, "share", "lost at each doubling of the nodes", _FOUNDRY, 2024),
        "routing_s": Fitted(2.3e-3, 8e-4, 6.7e-3, "s", "to launch a layer's routing, all passes", _MIXTURES, 2026),
        "expert_s": Fitted(6.5e-5, 1.4e-5, 3.1e-4, "s", "to launch one expert of a layer, all passes", _MIXTURES, 2026),
        "expert_share": Fitted(
            0.64, 0.46, 0.88, "share", "of dense products' speed that experts reach", _MIXTURES, 2026
        ),
        "between": Fitted(0.27, 0.065, 1.0, "share", "of experts' traffic between nodes not hidden", _MIXTURES, 2026),
        "link_share": Fitted(
            0.8, 0.65, 0.95, "share", "of a link's rate that collectives reach", ("ml-engineering-network",), 2024
        ),
        "narrow_share": Fitted(
            0.88, 0.8, 0.95, "share", "of the bf16 matmul share that 8-bit matmul keeps", ("ml-engineering",), 2026
        ),
    }
)
"""What every stack of software has in common. Those of mixtures were fitted by tests/benchmarks/mixture_fit.py."""


@dataclass(frozen=True)
class Kernels:
    """How much of the peak one generation of software reaches in matrix products and in causal attention."""

    matmul_share: Fitted
    attention_share: Fitted


FSDP_AMPERE = Kernels(
    Fitted(0.784, 0.75, 0.82, "share", "of peak in matrix products, A100", _FOUNDRY, 2024),
    Fitted(0.273, 0.26, 0.287, "share", "of peak in attention, A100", _FOUNDRY, 2024),
)
FSDP_HOPPER = Kernels(
    Fitted(0.657, 0.62, 0.695, "share", "of peak in matrix products, PyTorch of 2023 on H100", _FOUNDRY, 2024),
    Fitted(0.154, 0.145, 0.164, "share", "of peak in attention, PyTorch of 2023 on H100", _FOUNDRY, 2024),
)
TUNED = Kernels(
    Fitted(0.705, 0.65, 0.765, "share", "of peak in matrix products, tuned stack of 2024 on H100", _LLAMA, 2024),
    Fitted(0.438, 0.37, 0.52, "share", "of peak in attention, tuned stack of 2024 on H100", _LLAMA, 2024),
)
# Matrix products reach 51, 60 and 68 % of the peak on MI300X, MI325X and MI355X, 73 to 87 % on NVIDIA's chips.
TUNED_AMD = Kernels(
    Fitted(0.53, 0.44, 0.63, "share", "of peak in matrix products, AMD: 3/4 of TUNED", ("ml-engineering",), 2026),
    Fitted(0.33, 0.24, 0.45, "share", "of peak in attention, AMD: 3/4 of TUNED", ("ml-engineering",), 2026),
)


@dataclass(frozen=True)
class Machine:
    """A chip among others. Peaks are dense; links are for one direction of one chip.

    `matmul_tflops` is the peak of the format in which matrices are multiplied, `domain` the number of chips that
    the fast link joins.
    """

    peak_tflops: float
    matmul_tflops: float
    bandwidth_gb_s: float
    link_gb_s: float
    network_gb_s: float
    domain: float = 8

    def __post_init__(self) -> None:
        for field in fields(self):
            positive(field.name, getattr(self, field.name))


@dataclass(frozen=True)
class Layout:
    """How a step is laid out over `chips`. Replicas are what is left after tensor, pipeline and context splits.

    `sharded`: weights live in pieces on all replicas and are gathered for use (ZeRO stage 3, FSDP).
    `expert_tensor_parallel` splits the feed-forward part, where not as the rest (1: experts are placed whole).
    `hidden_exchange`: what experts send between nodes travels behind computation (DualPipe of DeepSeek-V3).
    `frozen`: weights stay as they are and small adapters learn (LoRA), so there are no gradients of weights.
    """

    chips: float
    global_batch: float
    micro_batch: float = 1
    tensor_parallel: float = 1
    pipeline_parallel: float = 1
    context_parallel: float = 1
    expert_parallel: float = 1
    expert_tensor_parallel: float | None = None
    virtual_stages: float = 1
    sharded: bool = False
    recompute: str = "none"
    stores_scores: bool = False
    frozen: bool = False
    hidden_exchange: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            if str(field.type).startswith("float") and getattr(self, field.name) is not None:
                positive(field.name, getattr(self, field.name))
        recomputed(self.recompute)
        if self.chips < self.tensor_parallel * self.pipeline_parallel * self.context_parallel:
            raise ValueError(f"chips = {self.chips:g} are fewer than the splits of the model need")

    @property
    def replicas(self) -> float:
        """Copies of the model that work on different texts."""
        return self.chips / (self.tensor_parallel * self.pipeline_parallel * self.context_parallel)

    @property
    def micro_batches(self) -> float:
        """Micro-batches that one replica works through in a step."""
        return max(self.global_batch / (self.replicas * self.micro_batch), 1.0)


class StepSeconds(NamedTuple):
    """Seconds of one step by cause."""

    matmul: FloatArray
    attention: FloatArray
    memory: FloatArray
    exchange: FloatArray
    bubble: FloatArray
    replicas: FloatArray
    optimizer: FloatArray
    stragglers: FloatArray

    @property
    def total(self) -> FloatArray:
        """Their sum."""
        return np.asarray(sum(self[1:], self[0]))[()]


def step_seconds_bound(shape: Shape, seq_tokens: Numbers, layout: Layout, machine: Machine) -> FloatArray:
    """Least seconds of a step: its matrix products and causal attention at the peak, nothing else.

    Decides: how much of a step better software could still win.
    """
    work = TRAINING_WORK * shape.matmul_parameters / (machine.matmul_tflops * TERA)
    pairs = ATTENTION_WORK * CAUSAL_SHARE * shape.layers * shape.attention_width * positive("seq_tokens", seq_tokens)
    tokens = layout.global_batch * np.asarray(seq_tokens, float) / layout.chips
    return tokens * (work + pairs / (machine.peak_tflops * TERA))


def step_seconds_estimate(
    shape: Shape,
    seq_tokens: Numbers,
    layout: Layout,
    machine: Machine,
    kernels: Kernels = TUNED,
    draws: Mapping[str, Numbers] | None = None,
) -> StepSeconds:
    """Estimate the seconds of one step, by cause; `global_batch * seq_tokens / total` is the cluster's tokens/s.

    matrix products `6 N t / (share * peak)`, those of experts slower; attention `6 L w s t / (share * peak)`; memory:
    activations, logits and weights over bandwidth, and what launching experts costs; exchange: tensor-parallel and
    expert traffic on the fast link, exposed, and a part of what experts send between nodes; bubble `(p-1)/(m v)`;
    weight and gradient traffic of replicas, partly exposed; stragglers with every doubling of nodes. Where texts are
    cut, keys and values are gathered. Narrow formats speed up the layers' matrix products only. Work that layers redo
    is in their terms. `draws` (see `constant_draws`) replaces fitted constants by arrays, and the result is an array.

    A token goes once to each place that holds some of its k experts: to `n (1 - (1 - 1/n)^k)` of n places on average.
    Which traffic is exposed was chosen with NVIDIA's Megatron-Bridge tables and DeepSeek-V3's run in view; no constant
    was fitted on those.

    Known bias: balanced experts, no recovery from failures, no swapping where memory is nearly full: such steps take
    10 to 30 % longer. Software decides more than any term: the same job on the same chips became up to 70 % faster
    within half a year of NVIDIA's releases, so young models (GPT-OSS in 2025) come out too fast.

    Decides: how to lay out a training job, and which chip trains fastest for the money.
    """
    k: dict[str, FloatArray | float] = {name: float(value) for name, value in CONSTANTS.items()}
    k |= {"matmul": float(kernels.matmul_share), "attention": float(kernels.attention_share)}
    k |= {name: np.asarray(value, float) for name, value in (draws or {}).items()}
    text = positive("seq_tokens", seq_tokens)
    tensor, pipeline, expert = layout.tensor_parallel, layout.pipeline_parallel, layout.expert_parallel
    tokens = layout.micro_batch * text / layout.context_parallel
    layers, width, head = shape.layers / pipeline, shape.hidden_size, shape.vocab_size * shape.hidden_size
    layers_again, attention_again = (1 + FORWARD_SHARE * share for share in recomputed(layout.recompute))
    link = machine.link_gb_s * GIGA * k["link_share"]
    network = machine.network_gb_s * GIGA * k["link_share"]
    bandwidth = machine.bandwidth_gb_s * GIGA
    narrow = machine.matmul_tflops > machine.peak_tflops
    mixture = shape.experts > 1
    learning = 0.0 if layout.frozen else 1.0

    peak = machine.peak_tflops * TERA * k["matmul"]
    layer_peak = machine.matmul_tflops * TERA * k["matmul"] * (k["narrow_share"] if narrow else 1.0)
    split = TRAINING_WORK * tokens / (tensor * pipeline)
    unlearned = FORWARD_SHARE * (1 - learning)  # gradients of weights are a third of the work, too
    again = layers_again - unlearned
    sparse = mixture * shape.layers * shape.experts_per_token * (shape.gates + 1) * width * shape.ffn_size
    dense = max(shape.matmul_parameters - head - sparse, 0.0)
    body = dense + (shape.matmul_parameters - head - dense) / k["expert_share"]
    matmul = split * (body * again / layer_peak + head * (1 - unlearned) / peak)

    pairs = CAUSAL_SHARE * ATTENTION_WORK * layers * shape.attention_width * text * tokens / tensor
    attention = pairs * attention_again / (machine.peak_tflops * TERA * k["attention"])

    heads_part = 2 * width + (2 * shape.attention_width + 2 * shape.kv_width + NORM_ELEMENTS * width) / tensor
    within = layout.expert_tensor_parallel or tensor
    part = within / tensor  # of the tokens that meet here: experts placed whole share them out
    ffn_part = (2 * width + (shape.gates + 1) * shape.ffn_size / within) * part
    scores = SCORE_ELEMENTS * shape.attention_width / HEAD_WIDTH * text / tensor if layout.stores_scores else 0.0
    elements = heads_part + shape.experts_per_token * ffn_part + scores
    activations = layers * tokens * elements * BF16_BYTES * k["passes"] * (1 + k["quantising"] * narrow) * layers_again
    logits = tokens * shape.vocab_size * k["logit_bytes"] / (tensor * pipeline)
    sent = max(shape.experts_per_token - shape.shared_experts, 1.0)
    woken = min(sparse * sent / shape.experts_per_token, shape.matmul_parameters - head)
    common = min(shape.matmul_parameters - woken, shape.total_parameters)  # every token meets them
    held_common, placed = common / (tensor * pipeline), (shape.total_parameters - common) / (pipeline * expert)
    held = held_common + placed
    memory = (activations + logits + (WEIGHT_PASS_BYTES + GRADIENT_PASS_BYTES * learning) * held) / bandwidth
    memory = memory + mixture * layers * (k["routing_s"] + k["expert_s"] * shape.experts / expert)

    reduced = (ALL_REDUCES + 2 * (layers_again - 1) / FORWARD_SHARE) * 2 * (tensor - 1) / tensor
    narrowing = NARROW_EXCHANGE if narrow else 1.0
    passed = layers * tokens * width * BF16_BYTES
    copies = ALL_TO_ALLS * narrowing * passed * part
    exchange = (reduced * passed + copies * _reached(expert, sent)) / link
    between = 0.0 if layout.hidden_exchange else k["between"]
    exchange = exchange + between * copies * _reached(expert / machine.domain, sent) / network

    cut = layout.context_parallel
    text_parts = KEYS_AND_VALUES * (GATHERS + SCATTERS) * shape.kv_width / tensor * (cut - 1) / cut
    context = layers * layout.micro_batch * text * BF16_BYTES * text_parts
    exchange = exchange + context / (link if tensor * cut <= machine.domain else network)

    count = layout.micro_batches
    busy = matmul + attention + memory + exchange
    bubble = busy * (pipeline - 1) / layout.virtual_stages

    partners = layout.chips / (tensor * pipeline)
    transfers = (GATHERS + SCATTERS * learning) * count if layout.sharded else 2 * learning
    traffic: FloatArray | float = 0.0
    for amount, pieces in ((held_common, tensor), (placed, expert if mixture else tensor)):
        alike = max(layout.chips / (pieces * pipeline), 1.0)
        # a ring over nodes enters each node once, and the network cards of all its members there share the way
        cards = max(machine.domain / pieces, 1.0)
        road = np.minimum(network * cards, link) if layout.chips > machine.domain else link
        traffic = traffic + transfers * BF16_BYTES * amount * (alike - 1) / alike / road
    running = busy * count + bubble
    replicas = np.maximum(k["exposed"] * traffic, traffic - running)
    optimizer = OPTIMIZER_BYTES * learning * held / (partners if layout.sharded else 1.0) / bandwidth
    nodes = max(layout.chips / machine.domain, 1.0)
    stragglers = (running + replicas + optimizer) * k["straggling"] * np.log2(nodes)
    return StepSeconds(
        matmul=matmul * count,
        attention=attention * count,
        memory=memory * count,
        exchange=exchange * count,
        bubble=bubble,
        replicas=replicas,
        optimizer=np.float64(optimizer),
        stragglers=stragglers,
    )


def _reached(places: float, choices: float) -> float:
    """Other places that hold at least one of a token's `choices`, on average; none where there is one place."""
    n = max(places, 1.0)
    return float((n - 1) * (1 - (1 - 1 / n) ** choices))


def constant_draws(kernels: Kernels, count: int, generator: np.random.Generator) -> dict[str, FloatArray]:
    """Return `count` draws of every fitted constant, for the argument `draws` of `step_seconds_estimate`.

    Decides: how far a computed step may be trusted.
    """
    constants = {**CONSTANTS, "matmul": kernels.matmul_share, "attention": kernels.attention_share}
    return {name: constant.draws(count, generator) for name, constant in constants.items()}
