"""What it takes to serve a transformer: operations and bytes of prefill and decode, and what fits in memory.

A transformer reads a prompt in one pass (prefill) and then writes one token per pass (decode). Both multiply by
every weight that they use; they differ in how many tokens share one reading of the weights. What a machine makes of
this work stands in `throughput`, what it costs in `price`.

Source for the counts: R. Pope et al., "Efficiently scaling transformer inference", 2022, arXiv:2211.05102. For
latent attention and the shape of its cache: DeepSeek-AI, "DeepSeek-V2", 2024, arXiv:2405.04434, table 1.
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
    """A transformer: what its sizes are, not how it was trained.

    The first six fields make a dense model with grouped-query attention (`kv_heads` = heads makes it multi-head).
    A mixture of experts has `active_parameters` below `parameters`, `experts`, and `experts_per_token` that a router
    picks from them. Latent attention (MLA) caches `latent_dim + rope_dim` numbers instead of keys and values. Where
    only `full_layers` look at the whole context, the others look back `window_tokens`. 0 means: it has none, or it is
    not known (`heads`: hidden size over head size; `vocab_size`: the embedding is not told apart).
    """

    name: str
    parameters: float
    layers: int
    hidden_size: int
    kv_heads: int
    head_dim: int
    active_parameters: float = 0
    experts: int = 0
    experts_per_token: int = 0
    heads: int = 0
    latent_dim: int = 0
    rope_dim: int = 0
    full_layers: int = 0
    window_tokens: int = 0
    vocab_size: int = 0

    def __post_init__(self) -> None:
        for field in ("parameters", "layers", "hidden_size", "kv_heads", "head_dim"):
            positive(f"{field} of {self.name}", getattr(self, field))
        not_negative(f"active_parameters of {self.name}", self.active_parameters, at_most=self.parameters)
        not_negative(f"full_layers of {self.name}", self.full_layers, at_most=self.layers)
        if self.experts and not (0 < self.experts_per_token <= self.experts and self.active_parameters):
            raise ValueError(
                f"{self.name} has {self.experts} experts, so it needs active_parameters and experts_per_token "
                f"(above 0, at most {self.experts}); it has {self.active_parameters:g} and {self.experts_per_token}"
            )

    @classmethod
    def from_row(cls, row: Row) -> Model:
        """Make a model from a row of `datasets/models.csv`."""
        latent = int(_cell(row, "kv_lora_rank"))
        heads = int(_cell(row, "n_heads"))
        experts = int(_cell(row, "n_experts")) if _cell(row, "active_params_b") else 0
        windowed = bool(_cell(row, "window_tokens") and _cell(row, "full_context_layers"))
        return cls(
            name=str(row["model"]),
            parameters=float(row["total_params_b"]) * GIGA,
            layers=int(row["n_layers"]),
            hidden_size=int(row["hidden_size"]),
            kv_heads=heads if latent else int(row["n_kv_heads"]),
            head_dim=int(_cell(row, "v_head_dim") if latent else row["head_dim"]),
            active_parameters=_cell(row, "active_params_b") * GIGA if experts else 0,
            experts=experts,
            experts_per_token=int(_cell(row, "experts_per_token")) if experts else 0,
            heads=heads,
            latent_dim=latent,
            rope_dim=int(_cell(row, "qk_rope_head_dim")) if latent else 0,
            full_layers=int(_cell(row, "full_context_layers")) if windowed else 0,
            window_tokens=int(_cell(row, "window_tokens")) if windowed else 0,
            vocab_size=int(_cell(row, "vocab_size")),
        )

    @property
    def active(self) -> float:
        """Parameters that one token uses."""
        return self.active_parameters or self.parameters

    @property
    def expert_parameters(self) -> float:
        """Parameters of one expert over all layers: from `total = shared + E e` and `active = shared + k e`."""
        spare = self.experts - self.experts_per_token
        return (self.parameters - self.active) / spare if spare else 0.0

    @property
    def attention_width(self) -> float:
        """Numbers in all queries of one token."""
        return self.heads * self.head_dim if self.heads else self.hidden_size


class Work(NamedTuple):
    """What one pass costs: `flop` operations and `bytes_moved` bytes read from memory."""

    flop: FloatArray
    bytes_moved: FloatArray

    @property
    def intensity_flop_per_byte(self) -> FloatArray:
        """Operations for each byte moved."""
        return self.flop / self.bytes_moved


def weight_bytes(model: Model, bytes_per_weight: Numbers = FP16_BYTES) -> FloatArray:
    """Bytes that the weights fill; `bytes_per_weight` is 2 for fp16, 1 for fp8, 0.5 for 4-bit.

    Decides: which chips can hold a model at all, and what quantisation saves.
    """
    return model.parameters * positive("bytes_per_weight", bytes_per_weight)


def kv_bytes_per_token(model: Model, bytes_per_number: Numbers = FP16_BYTES) -> FloatArray:
    """Bytes of cache that each token of context leaves behind.

    Keys and values: `2 * layers * kv_heads * head_dim * b`; latent attention: `layers * (latent + rope) * b`.

    Decides: how long a context a server can sell, and what attention design is worth.

    >>> int(kv_bytes_per_token(Model("70B", 70e9, 80, 8192, kv_heads=8, head_dim=128), bytes_per_number=1))
    163840
    """
    width = positive("bytes_per_number", bytes_per_number)
    numbers = model.latent_dim + model.rope_dim if model.latent_dim else 2 * model.kv_heads * model.head_dim
    return model.layers * numbers * width


def attended_tokens(model: Model, context_tokens: Numbers) -> FloatArray:
    """Tokens that a new token looks back at, averaged over the layers; fewer than the context where windows cut it.

    Decides: whether a window or a full context pays at a given length.
    """
    context = not_negative("context_tokens", context_tokens)
    share = model.full_layers / model.layers if model.window_tokens else 1.0
    cut = np.minimum(context, model.window_tokens) if model.window_tokens else context
    return share * context + (1 - share) * cut


def experts_touched(experts: Numbers, experts_per_token: Numbers, tokens: Numbers) -> FloatArray:
    """Distinct experts of a layer that a batch of tokens wakes: `E * (1 - (1 - k / E)^n)`, routing being uniform.

    Known bias: real routers have favourites, so small batches wake fewer.

    Decides: whether a mixture of experts reads like a small or like a large model at a given batch.

    >>> round(float(experts_touched(256, 8, 1))), round(float(experts_touched(256, 8, 64)))
    (8, 222)
    """
    pool, tokens_n = positive("experts", experts), not_negative("tokens", tokens)
    chosen = positive("experts_per_token", experts_per_token)
    together(experts=pool, experts_per_token=chosen, tokens=tokens_n)
    if np.any(chosen > pool):
        raise ValueError(f"experts_per_token = {experts_per_token!r} is out of range; allowed: at most experts")
    with np.errstate(under="ignore"):  # a large batch leaves no expert asleep
        return pool * (1 - (1 - chosen / pool) ** tokens_n)


def parameters_read(model: Model, tokens: Numbers) -> FloatArray:
    """Parameters that a pass over `tokens` tokens fetches: all of a dense model, the woken experts of a mixture.

    Decides: what a batch shares, and so how price falls with it.
    """
    tokens_n = not_negative("tokens", tokens)
    if not model.experts:
        return model.parameters + 0 * tokens_n
    asleep = model.experts - experts_touched(model.experts, model.experts_per_token, np.maximum(tokens_n, 1))
    return model.parameters - asleep * model.expert_parameters


def attention_flop(model: Model, context_tokens: Numbers, *, decoding: bool) -> FloatArray:
    """Operations of attention for one token that looks back at `context_tokens`: scores, then the weighted sum.

    `4 * layers * width * context`; latent attention decodes inside its latent space, `2 * (2 * latent + rope)` a head.

    Decides: from what context length on attention, not the weights, sets the cost.
    """
    if model.latent_dim:
        inner = model.latent_dim if decoding else model.head_dim
        width = model.heads * (2 * inner + model.rope_dim) / 2
    else:
        width = model.attention_width
    return 2 * 2 * model.layers * width * attended_tokens(model, context_tokens)


def decode_work(
    model: Model,
    batch: Numbers,
    context_tokens: Numbers,
    bytes_per_weight: Numbers = FP16_BYTES,
    bytes_per_number: Numbers = FP16_BYTES,
) -> Work:
    """Work of one decode step: one new token for each of `batch` requests with `context_tokens` behind them.

    Operations: `batch * (2 N_active + attention)`. Bytes: the weights that the batch wakes, once, plus every request's
    own cache (`bytes_per_number` each). Known bias: leaves out activations and the output layer's extra traffic, so
    the bytes are a few per cent low.

    Decides: whether a chip's speed or its memory is worth paying for.
    """
    requests = positive("batch", batch)
    context = not_negative("context_tokens", context_tokens)
    weight, number = positive("bytes_per_weight", bytes_per_weight), positive("bytes_per_number", bytes_per_number)
    together(batch=requests, context_tokens=context, bytes_per_weight=weight, bytes_per_number=number)
    flop = requests * (2 * model.active + attention_flop(model, context, decoding=True))
    cache = requests * attended_tokens(model, context) * kv_bytes_per_token(model, number)
    return Work(flop, parameters_read(model, requests) * weight + cache)


def prefill_work(
    model: Model,
    prompt_tokens: Numbers,
    batch: Numbers = 1,
    bytes_per_weight: Numbers = FP16_BYTES,
    bytes_per_number: Numbers = FP16_BYTES,
) -> Work:
    """Work of reading `batch` prompts of `prompt_tokens` tokens in one pass.

    Each token attends to those before it, half of the prompt on average. Bytes: the weights once and the
    key-value cache written once.

    Decides: how long a user waits for the first token.
    """
    prompt, requests = positive("prompt_tokens", prompt_tokens), positive("batch", batch)
    weight, number = positive("bytes_per_weight", bytes_per_weight), positive("bytes_per_number", bytes_per_number)
    together(prompt_tokens=prompt, batch=requests, bytes_per_weight=weight, bytes_per_number=number)
    tokens = requests * prompt
    flop = tokens * (2 * model.active + attention_flop(model, prompt / 2, decoding=False))
    return Work(flop, parameters_read(model, tokens) * weight + tokens * kv_bytes_per_token(model, number))


def max_batch(
    model: Model,
    memory_gb: Numbers,
    context_tokens: Numbers,
    bytes_per_weight: Numbers = FP16_BYTES,
    bytes_per_number: Numbers = FP16_BYTES,
) -> FloatArray:
    """Most requests whose key-value caches fit beside the weights (0 where even one does not).

    Known bias: a real server also needs a few GB for activations and its own code, so it fits fewer.

    Decides: how many users share one reading of the weights.
    """
    memory = positive("memory_gb", memory_gb)
    context = positive("context_tokens", context_tokens)
    weights = np.asarray(weight_bytes(model, bytes_per_weight))
    number = positive("bytes_per_number", bytes_per_number)
    together(memory_gb=memory, context_tokens=context, bytes_per_weight=weights, bytes_per_number=number)
    free = memory * GIGA - weights
    return np.maximum(np.floor(free / (attended_tokens(model, context) * kv_bytes_per_token(model, number))), 0.0)


def _cell(row: Row, column: str) -> float:
    """Return a figure of a row, or 0 where the table has no such column or the cell is empty."""
    try:
        value = row[column]
    except KeyError:
        return 0.0
    return float(value) if isinstance(value, (int, float, np.number)) and value == value else 0.0
