"""The chips that serve one copy of a model, and where the seconds of a step go on them.

A step's parts add up, because the kernels of a layer run one after another: reading weights, products, caches,
activations, exchange between chips, launches, scheduling. Each part runs at the share of the peak that real servers
reach. `throughput` makes latency and tokens per second of these parts.

Sources: R. Pope et al., "Efficiently scaling transformer inference", 2022, arXiv:2211.05102 (the parts); NVIDIA,
"TensorRT-LLM performance overview", v1.0, 2025, on which the shares were fitted (H100, H200, B200, GB200; other
chips, versions and engines are kept for testing, see `tests/benchmarks/serving_leave_one_out.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, not_negative, positive
from aistack.chips import GIGA, TERA
from aistack.fitted import Fitted
from aistack.serving import FP16_BYTES, Model, attended_tokens, attention_flop, kv_bytes_per_token, parameters_read

MEMORY_UNIT_BYTES = 2**30
"""Memory is sold in GB and made in GiB: aiconfigurator 0.12 lists the 80 GB of an H100 as 85,899,345,920 bytes."""

BITS_PER_BYTE = FP8_BITS = 8
FP4_BITS = 4

_TABLE = ("tensorrt-llm-perf-overview",)


# Fitted by tests/benchmarks/serving_leave_one_out.py; low and high are its leave-one-out fits, widened by judgement.
# The rows say little about launches, the start of an all-reduce, scheduling and pipeline losses: those stayed at the
# round figures that they started from.
def _fit(value: float, low: float, high: float, unit: str, what: str) -> Fitted:
    return Fitted(value, low, high, unit, what, fitted_on=_TABLE, year=2025)


MEMORY_SHARE = _fit(0.85, 0.75, 0.90, "share of peak bandwidth", "reading weights and caches")
GEMM_SHARE_16 = _fit(0.80, 0.70, 0.87, "share of peak", "matrix products in 16 bits")
GEMM_SHARE_8 = _fit(0.72, 0.65, 0.78, "share of peak", "matrix products in 8 bits")
GEMM_SHARE_4 = _fit(0.44, 0.40, 0.60, "share of peak", "matrix products in 4 bits")
EXPERT_SHARE = _fit(0.42, 0.36, 0.52, "share of a dense product's speed", "products of experts, with uneven load")
ATTENTION_SHARE = _fit(0.50, 0.40, 0.65, "share of the 16-bit peak", "attention over a prompt or a latent cache")
ACTIVATION_PASSES = _fit(15, 11, 20, "reads and writes of the hidden state per layer", "what is not a product")
EXPERT_PASSES = _fit(25, 18, 30, "the same for each expert of a token", "sorting tokens to experts and back")
LINK_SHARE = _fit(0.77, 0.60, 0.95, "share of link bandwidth", "exchange between chips")
COLLECTIVE_S = _fit(1.5e-5, 0.8e-5, 2.5e-5, "s", "start of an all-reduce")
EXPERT_COLLECTIVE_S = _fit(9e-5, 5.5e-5, 12e-5, "s", "start of an exchange of experts, with waiting for the slowest")
LAYER_S = _fit(1.0e-5, 0.5e-5, 2.5e-5, "s", "launching the kernels of a layer")
STEP_S = _fit(1.0e-3, 0.5e-3, 3.0e-3, "s", "scheduling a step")
REQUEST_S = _fit(5.1e-6, 3e-6, 9e-6, "s", "scheduling and sampling for each request of a step")
CACHE_SHARE = _fit(0.81, 0.68, 0.90, "share of free memory", "what caches fill, after fragments and run-out")
RESERVED_GB = _fit(2.0, 1.0, 4.0, "GB per chip", "what a dense server needs beside weights and caches")
EXPERT_RESERVED_GB = _fit(8.1, 6.0, 11.0, "GB per chip", "the same with experts")
STAGE_LOSS = _fit(0.25, 0.1, 0.4, "share of a step per further stage", "uneven pipeline stages")
UNPACK_SHARE = Fitted(  # the middle of four rows, by eye
    0.78, 0.60, 0.95, "share of memory speed", "reading weights narrower than the arithmetic", ("gpt-fast",), 2023
)
ENGINE_SPREAD = Fitted(
    1.0, 0.68, 1.47, "factor", "one version or set-up against another, judged by the errors on three further tables",
    ("tensorrt-llm-perf-0-9", "tensorrt-llm-perf-0-14", "tensorrt-llm-perf-1-2"), 2026,
)  # fmt: skip


Amount = float | npt.NDArray[np.float64]
"""A number or an array of draws."""


class Efficiency(NamedTuple):
    """What real servers reach; each field is a number or an array of draws. See the constants of the same names."""

    memory_share: Amount = MEMORY_SHARE.value
    gemm_share_16: Amount = GEMM_SHARE_16.value
    gemm_share_8: Amount = GEMM_SHARE_8.value
    gemm_share_4: Amount = GEMM_SHARE_4.value
    expert_share: Amount = EXPERT_SHARE.value
    attention_share: Amount = ATTENTION_SHARE.value
    activation_passes: Amount = ACTIVATION_PASSES.value
    expert_passes: Amount = EXPERT_PASSES.value
    link_share: Amount = LINK_SHARE.value
    collective_s: Amount = COLLECTIVE_S.value
    expert_collective_s: Amount = EXPERT_COLLECTIVE_S.value
    layer_s: Amount = LAYER_S.value
    step_s: Amount = STEP_S.value
    request_s: Amount = REQUEST_S.value
    cache_share: Amount = CACHE_SHARE.value
    reserved_gb: Amount = RESERVED_GB.value
    expert_reserved_gb: Amount = EXPERT_RESERVED_GB.value
    stage_loss: Amount = STAGE_LOSS.value
    unpack_share: Amount = UNPACK_SHARE.value

    @classmethod
    def draws(cls, count: int, generator: np.random.Generator) -> Efficiency:
        """Return `count` draws of every field from its 90 % interval; shares stay at most 1."""
        return cls(**{name: np.minimum(constant.draws(count, generator), 1.0 if name.endswith(_SHARES) else np.inf)
                      for name, constant in FITTED.items()})  # fmt: skip


_SHARES = ("_share", "_16", "_8", "_4")
FITTED = {name: globals()[name.upper()] for name in Efficiency._fields}
"""The fitted constant behind each field of `Efficiency`."""
TYPICAL = Efficiency()


@dataclass(frozen=True)
class Server:
    """Chips that serve one copy of a model together. Peaks are dense, units decimal, memory as sold.

    `peak_tflops` is that of the arithmetic in `bits`, `link_gb_s` goes one way per chip. `stages` cut the layers, the
    chips of a stage share each layer. With experts, every chip keeps the shared weights and its own requests.
    `hidden_exchange`: two halves of the batch take turns, one computes while the other's tokens travel.
    """

    chips: int
    peak_tflops: float
    peak_16bit_tflops: float
    bandwidth_gb_s: float
    memory_gb: float
    link_gb_s: float = 0
    stages: int = 1
    bits: int = 16
    bytes_per_weight: float = FP16_BYTES
    bytes_per_number: float = FP16_BYTES
    hidden_exchange: bool = False

    def __post_init__(self) -> None:
        for field in ("chips", "peak_tflops", "peak_16bit_tflops", "bandwidth_gb_s", "memory_gb", "stages", "bits",
                      "bytes_per_weight", "bytes_per_number"):  # fmt: skip
            positive(field, getattr(self, field))
        positive("stages", self.stages, at_most=self.chips)
        positive("peak_16bit_tflops", self.peak_16bit_tflops, at_most=self.peak_tflops)
        not_negative("link_gb_s", self.link_gb_s)
        if self.tensor_parallel > 1 and not self.link_gb_s:
            raise ValueError("link_gb_s = 0 is out of range; allowed: above 0 where chips share a layer")

    @property
    def tensor_parallel(self) -> float:
        """Chips that share each layer."""
        return self.chips / self.stages

    @property
    def memory_bytes(self) -> float:
        """Memory of all chips."""
        return self.chips * self.memory_gb * MEMORY_UNIT_BYTES

    @property
    def peak_flop_s(self) -> float:
        """Operations per second of all chips."""
        return self.chips * self.peak_tflops * TERA

    @property
    def peak_byte_s(self) -> float:
        """Bytes per second from the memory of all chips."""
        return self.chips * self.bandwidth_gb_s * GIGA


def embedding_parameters(model: Model) -> float:
    """Return the parameters of the input embedding, which is looked up, not multiplied; the output layer has as many.

    Decides: what quantisation cannot shrink, as both stay in 16 bits.
    """
    table = model.vocab_size * model.hidden_size
    return float(table if model.active > 2 * table else 0)


def multiplied_parameters(model: Model, *, head: bool = True) -> float:
    """Return the parameters that a token is multiplied with, with or without the output layer.

    Decides: what arithmetic a token costs at least.
    """
    return model.active - (1 if head else 2) * embedding_parameters(model)


def quantised_parameters(model: Model) -> float:
    """Return the parameters without embedding and output layer: those that quantisation shrinks.

    Decides: what quantisation saves.
    """
    return model.parameters - 2 * embedding_parameters(model)


def shared_parameters(model: Model) -> float:
    """Return the quantised parameters that every token uses: attention, shared experts, or all of a dense model.

    Decides: what every chip must hold when experts are spread over chips.
    """
    return max(quantised_parameters(model) - model.experts * model.expert_parameters, 0.0)


def cache_copies(model: Model, server: Server) -> float:
    """Return how often a cache is held: chips beyond the number of key-value heads hold copies.

    With experts each chip keeps its own requests, so nothing is copied.

    Decides: how far sharing layers among more chips still makes room.
    """
    if model.experts:
        return 1.0
    return server.tensor_parallel if model.latent_dim else max(1.0, server.tensor_parallel / model.kv_heads)


def cache_bytes(model: Model, server: Server, context_tokens: Numbers) -> FloatArray:
    """Return the bytes of one request's cache.

    Decides: what a long conversation takes away from other users.
    """
    return attended_tokens(model, context_tokens) * kv_bytes_per_token(model, server.bytes_per_number)


def fixed_seconds(model: Model, server: Server, tokens: Numbers, efficiency: Efficiency = TYPICAL) -> Amount:
    """Return the part of a step that all `tokens` share: reading weights, launches, starts of exchanges.

    Decides: what a larger batch divides among more users.
    """
    asleep = model.parameters - parameters_read(model, positive("tokens", tokens) / server.stages)
    experts = model.experts * model.expert_parameters - asleep
    copies = server.tensor_parallel if model.experts else 1
    packed = server.bytes_per_weight < server.bits / BITS_PER_BYTE
    share = efficiency.unpack_share if packed else 1.0
    read = (copies * shared_parameters(model) + experts) * server.bytes_per_weight / share
    read = read + embedding_parameters(model) * max(FP16_BYTES, server.bytes_per_weight)
    start = efficiency.expert_collective_s if model.experts else efficiency.collective_s
    exchange = 2 * model.layers * start if _exchanges(server) else 0.0
    on_chip = read / _bandwidth(server, efficiency) + exchange + model.layers * efficiency.layer_s
    return on_chip * _stage_loss(server, efficiency) + server.stages * efficiency.step_s


def token_seconds(model: Model, server: Server, efficiency: Efficiency = TYPICAL) -> Amount:
    """Return the part of a step that each running request adds, whatever its context: products, sampling.

    Decides: from what batch on arithmetic, not memory, sets the price.
    """
    workers = server.tensor_parallel if model.experts else 1
    on_chip = _body_seconds(model, server, efficiency) + head_seconds(model, server, efficiency)
    on_chip = on_chip / server.stages * _stage_loss(server, efficiency)
    return on_chip + efficiency.request_s / workers


def attention_seconds(
    model: Model, server: Server, context_tokens: Numbers, efficiency: Efficiency = TYPICAL
) -> Amount:
    """Return the part of a step that a request's context adds: its cache is read, its scores are computed.

    Decides: what a long context costs.
    """
    read = cache_bytes(model, server, context_tokens) * cache_copies(model, server) / _bandwidth(server, efficiency)
    compute = attention_flop(model, context_tokens, decoding=True) / _attention_speed(server, efficiency)
    return (read + compute) / server.stages * _stage_loss(server, efficiency)


def prompt_seconds(
    model: Model, server: Server, prompt_tokens: Numbers, new_tokens: Numbers, efficiency: Efficiency = TYPICAL
) -> Amount:
    """Return the time that reading a prompt adds, of which only `new_tokens` are not in the prefix cache.

    Decides: what a prompt costs against an answer, and what a cache saves.
    """
    prompt, new = not_negative("prompt_tokens", prompt_tokens), not_negative("new_tokens", new_tokens)
    looking_back = prompt - new / 2
    attention = attention_flop(model, looking_back, decoding=False) / _attention_speed(server, efficiency)
    return new * (_body_seconds(model, server, efficiency) + attention) / server.stages


def head_seconds(model: Model, server: Server, efficiency: Efficiency = TYPICAL) -> Amount:
    """Return the time of the output layer for one token, in 16 bits.

    Decides: whether a large vocabulary is worth its cost.
    """
    flop = 2 * embedding_parameters(model)
    return flop / (server.tensor_parallel * server.peak_16bit_tflops * TERA * efficiency.gemm_share_16)


def _gemm(server: Server, efficiency: Efficiency) -> Amount:
    shares = {FP8_BITS: efficiency.gemm_share_8, FP4_BITS: efficiency.gemm_share_4}
    return shares.get(server.bits, efficiency.gemm_share_16)


def _bandwidth(server: Server, efficiency: Efficiency) -> Amount:
    """Bytes per second of the chips that share a layer."""
    return server.tensor_parallel * server.bandwidth_gb_s * GIGA * efficiency.memory_share


def _body_seconds(model: Model, server: Server, efficiency: Efficiency) -> Amount:
    """Products, activations and exchange of one token in all layers but the output layer."""
    tensor = server.tensor_parallel
    share = _gemm(server, efficiency) * (efficiency.expert_share if model.experts else 1.0)
    products = 2 * multiplied_parameters(model, head=False) / (tensor * server.peak_tflops * TERA * share)
    passes = efficiency.activation_passes + model.experts_per_token * efficiency.expert_passes
    hidden = model.layers * model.hidden_size * FP16_BYTES
    activations = hidden * passes / (server.bandwidth_gb_s * GIGA * (tensor if model.experts else 1))
    if not _exchanges(server):
        return products + activations
    # twice a layer, an all-reduce moves 2 (t - 1) / t of its data; experts fetch a token as narrow as their weights and
    # send it back in 16 bits, to all chips or only to those with its experts, whichever is less
    moved = 2 * hidden * 2 * (tensor - 1) / tensor
    if model.experts:
        reached = min(tensor - 1, model.experts_per_token) / tensor
        moved = hidden * reached * (1 + server.bytes_per_weight / FP16_BYTES)
    return products + activations + moved / (server.link_gb_s * GIGA * efficiency.link_share)


def _exchanges(server: Server) -> bool:
    return server.tensor_parallel > 1 and not server.hidden_exchange


def _attention_speed(server: Server, efficiency: Efficiency) -> Amount:
    return server.tensor_parallel * server.peak_16bit_tflops * TERA * efficiency.attention_share


def _stage_loss(server: Server, efficiency: Efficiency) -> Amount:
    return 1 + efficiency.stage_loss * (server.stages - 1) / server.stages
