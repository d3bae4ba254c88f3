"""What it takes to serve a transformer: operations and bytes of prefill and decode, and what fits in memory.

A transformer reads a prompt in one pass (prefill) and then writes one token per pass (decode). Both multiply by
every weight; they differ in how many tokens share one reading of the weights.

Source for the counts: R. Pope et al., "Efficiently scaling transformer inference", 2022, arXiv:2211.05102.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from aistack.checks import FloatArray, Numbers, Row, not_negative, positive, together
from aistack.chips import GIGA

FP16_BYTES = 2


@dataclass(frozen=True)
class Model:
    """A dense transformer: what its sizes are, not how it was trained."""

    name: str
    parameters: float
    layers: int
    hidden_size: int
    kv_heads: int
    head_dim: int

    def __post_init__(self) -> None:
        for field in ("parameters", "layers", "hidden_size", "kv_heads", "head_dim"):
            positive(f"{field} of {self.name}", getattr(self, field))

    @classmethod
    def from_row(cls, row: Row) -> Model:
        """Make a model from a row of `datasets/models.csv`."""
        return cls(
            name=str(row["model"]),
            parameters=float(row["total_params_b"]) * GIGA,
            layers=int(row["n_layers"]),
            hidden_size=int(row["hidden_size"]),
            kv_heads=int(row["n_kv_heads"]),
            head_dim=int(row["head_dim"]),
        )


class Work(NamedTuple):
    """What one pass costs: `flop` operations and `bytes_moved` bytes read from memory."""

    flop: FloatArray
    bytes_moved: FloatArray

    @property
    def intensity_flop_per_byte(self) -> FloatArray:
        """Operations for each byte moved."""
        return self.flop / self.bytes_moved


def weight_bytes(model: Model, bytes_per_weight: Numbers = FP16_BYTES) -> FloatArray:
    """Bytes that the weights fill; `bytes_per_weight` is 2 for fp16, 1 for fp8, 0.5 for 4-bit."""
    return model.parameters * positive("bytes_per_weight", bytes_per_weight)


def kv_bytes_per_token(model: Model, bytes_per_number: Numbers = FP16_BYTES) -> FloatArray:
    """Bytes of key-value cache that each token of context leaves behind: `2 * layers * kv_heads * head_dim * b`."""
    return 2 * model.layers * model.kv_heads * model.head_dim * positive("bytes_per_number", bytes_per_number)


def decode_work(model: Model, batch: Numbers, context_tokens: Numbers, bytes_per_weight: Numbers = FP16_BYTES) -> Work:
    """Work of one decode step: one new token for each of `batch` requests with `context_tokens` behind them.

    Operations: `batch * (2N + 4 * layers * hidden * context)`, weights and attention. Bytes: the weights once,
    whatever the batch, plus every request's own key-value cache (in fp16). Known bias: leaves out activations,
    embeddings and the output layer's extra traffic, so the bytes are a few per cent low.
    """
    requests = positive("batch", batch)
    context = not_negative("context_tokens", context_tokens)
    weights = np.asarray(weight_bytes(model, bytes_per_weight))
    together(batch=requests, context_tokens=context, bytes_per_weight=weights)
    attention_flop = 2 * 2 * model.layers * model.hidden_size * context  # scores, then the weighted sum
    flop = requests * (2 * model.parameters + attention_flop)
    return Work(flop, weights + requests * context * kv_bytes_per_token(model))


def prefill_work(
    model: Model, prompt_tokens: Numbers, batch: Numbers = 1, bytes_per_weight: Numbers = FP16_BYTES
) -> Work:
    """Work of reading `batch` prompts of `prompt_tokens` tokens in one pass.

    Each token attends to those before it, half of the prompt on average. Bytes: the weights once and the
    key-value cache written once.
    """
    prompt, requests = positive("prompt_tokens", prompt_tokens), positive("batch", batch)
    weights = np.asarray(weight_bytes(model, bytes_per_weight))
    together(prompt_tokens=prompt, batch=requests, bytes_per_weight=weights)
    tokens = requests * prompt
    attention_flop = 2 * model.layers * model.hidden_size * prompt
    flop = tokens * (2 * model.parameters + attention_flop)
    return Work(flop, weights + tokens * kv_bytes_per_token(model))


def max_batch(
    model: Model, memory_gb: Numbers, context_tokens: Numbers, bytes_per_weight: Numbers = FP16_BYTES
) -> FloatArray:
    """Most requests whose key-value caches fit beside the weights (0 where even one does not).

    Known bias: a real server also needs a few GB for activations and its own code, so it fits fewer.
    """
    memory = positive("memory_gb", memory_gb)
    context = positive("context_tokens", context_tokens)
    weights = np.asarray(weight_bytes(model, bytes_per_weight))
    together(memory_gb=memory, context_tokens=context, bytes_per_weight=weights)
    free = memory * GIGA - weights
    return np.maximum(np.floor(free / (context * kv_bytes_per_token(model))), 0.0)
