"""How fast a server answers: requests in flight, latency, tokens per second, each as a bound and as an estimate.

Serving repeats one step: every running request gets its next token, and prompts of new requests are read in between
(continuous batching). The bound says that no step ends before the slower of arithmetic and memory is done, at their
peaks; the estimate adds up the parts of a step as real servers run them (`server`).

Source: G.-I. Yu et al., "Orca: a distributed serving system for transformer-based generative models", OSDI 2022.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, not_negative, positive, together
from aistack.chips import GIGA
from aistack.server import (
    TYPICAL,
    Efficiency,
    Server,
    attention_seconds,
    cache_bytes,
    cache_copies,
    embedding_parameters,
    fixed_seconds,
    head_seconds,
    multiplied_parameters,
    prompt_seconds,
    quantised_parameters,
    shared_parameters,
    token_seconds,
)
from aistack.serving import FP16_BYTES, Model, attention_flop, kv_bytes_per_token, parameters_read

_Array = npt.NDArray[np.float64]

LARGEST_BATCH = 4096
"""Requests that a worker takes at most: TensorRT-LLM, `bench/build/tuning.py`, 2025."""

_HALVINGS = 40

PASS_TOKENS = 8192
"""Prompt tokens read in one pass: the default `max_num_tokens` of TensorRT-LLM, 2025."""


def requests_bound(model: Model, server: Server, prompt_tokens: Numbers, output_tokens: Numbers) -> FloatArray:
    """Upper bound on requests in flight: all memory beside the weights, each cache half grown, 0 if weights do not fit.

    Decides: how many users a server can have at once at best.
    """
    prompt, output = _lengths(prompt_tokens, output_tokens)
    free = server.memory_bytes - model.parameters * server.bytes_per_weight
    return np.float64(max(free, 0.0)) / cache_bytes(model, server, prompt + output / 2)


def requests_estimate(
    model: Model,
    server: Server,
    prompt_tokens: Numbers,
    output_tokens: Numbers,
    efficiency: Efficiency = TYPICAL,
) -> FloatArray:
    """Requests in flight at full load: what is left after weights and workspace, room for each whole answer reserved.

    Known bias: engines that reserve less and evict on overflow run up to twice as many on long answers.

    Decides: how many users share the weights, and with `requests_bound` what better cache management may be worth.
    """
    prompt, output = _lengths(prompt_tokens, output_tokens)
    tensor = server.tensor_parallel
    embedding = embedding_parameters(model) * max(FP16_BYTES, server.bytes_per_weight)
    weights = quantised_parameters(model) * server.bytes_per_weight + 2 * embedding
    workspace = efficiency.expert_reserved_gb if model.experts else efficiency.reserved_gb
    if model.experts and tensor > 1:  # every chip keeps its own copy of what is not an expert
        weights += (tensor - 1) * (shared_parameters(model) * server.bytes_per_weight * server.stages)
        weights += (server.chips - 1) * 2 * embedding
    free = np.maximum(server.memory_bytes - weights - server.chips * workspace * GIGA, 0.0)
    free = np.minimum(efficiency.cache_share * free, server.memory_bytes)
    whole = (prompt + output) * kv_bytes_per_token(model, server.bytes_per_number)  # kept beyond windows, too
    fit = free / (whole * cache_copies(model, server))
    workers = server.stages * (tensor if model.experts else 1)
    return np.minimum(np.where(fit < 1, 0.0, fit), LARGEST_BATCH * workers)


def step_seconds_bound(model: Model, server: Server, batch: Numbers, context_tokens: Numbers) -> FloatArray:
    """Least time of a decode step: the slower of all arithmetic at its peak and all memory traffic at its peak.

    Decides: whether faster arithmetic or faster memory could shorten an answer.
    """
    requests, context = positive("batch", batch), not_negative("context_tokens", context_tokens)
    together(batch=requests, context_tokens=context)
    read = (parameters_read(model, requests) - embedding_parameters(model)) * server.bytes_per_weight
    read = read + requests * cache_bytes(model, server, context)
    flop = requests * (2 * multiplied_parameters(model) + attention_flop(model, context, decoding=True))
    return np.maximum(flop / server.peak_flop_s, read / server.peak_byte_s)


def step_seconds_estimate(
    model: Model, server: Server, batch: Numbers, context_tokens: Numbers, efficiency: Efficiency = TYPICAL
) -> FloatArray:
    """Time between two tokens of a request while `batch` requests run, in s.

    Known bias: small batches on small models come out fast, as launch costs vary most between engines.

    Decides: what speed a user sees, and what batch a promised speed allows.
    """
    requests, context = positive("batch", batch), not_negative("context_tokens", context_tokens)
    together(batch=requests, context_tokens=context)
    return fixed_seconds(model, server, requests, efficiency) + requests * (
        token_seconds(model, server, efficiency) + attention_seconds(model, server, context, efficiency)
    )


def batch_at_speed(
    model: Model,
    server: Server,
    context_tokens: Numbers,
    tokens_per_s_user: Numbers,
    efficiency: Efficiency = TYPICAL,
) -> FloatArray:
    """Return the largest batch at which every user still gets `tokens_per_s_user`; 0 if even one is too many.

    A step's time grows with the batch, so the batch is found by halving an interval.

    Decides: how many users to put on a server when speed is promised.
    """
    context, speed = not_negative("context_tokens", context_tokens), positive("tokens_per_s_user", tokens_per_s_user)
    together(context_tokens=context, tokens_per_s_user=speed)
    limit = 1 / speed
    alone = step_seconds_estimate(model, server, 1, context, efficiency)
    each = token_seconds(model, server, efficiency) + attention_seconds(model, server, context, efficiency)
    low, high = np.zeros_like(limit / each), limit / each  # beyond `high`, not even the shares of the requests fit
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fits = step_seconds_estimate(model, server, np.maximum(middle, 1.0), context, efficiency) <= limit
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return np.where(alone <= limit, np.maximum(low, 1.0), 0.0)[()]


def prefill_seconds_bound(
    model: Model, server: Server, prompt_tokens: Numbers, cached_share: Numbers = 0
) -> FloatArray:
    """Least time to read one prompt of which `cached_share` is in the prefix cache.

    Decides: how far a user's wait could be cut by other chips.
    """
    prompt, new = _fresh(prompt_tokens, cached_share)
    flop = new * (
        2 * multiplied_parameters(model, head=False) + attention_flop(model, prompt - new / 2, decoding=False)
    )
    read = (parameters_read(model, new) - 2 * embedding_parameters(model)) * server.bytes_per_weight
    return np.maximum(flop / server.peak_flop_s, read / server.peak_byte_s)


def prefill_seconds_estimate(
    model: Model,
    server: Server,
    prompt_tokens: Numbers,
    cached_share: Numbers = 0,
    batch: Numbers = 1,
    efficiency: Efficiency = TYPICAL,
) -> FloatArray:
    """Time to read `batch` prompts and write each one's first token, with nothing else running, in s.

    Decides: what wait to promise, and what a prefix cache saves.
    """
    prompt, new = _fresh(prompt_tokens, cached_share)
    requests = positive("batch", batch)
    together(prompt_tokens=prompt, cached_share=new, batch=requests)
    passes = np.ceil(requests * new / PASS_TOKENS)
    fixed = fixed_seconds(model, server, np.minimum(requests * new, PASS_TOKENS), efficiency)
    busy = prompt_seconds(model, server, prompt, new, efficiency)
    return passes * fixed + requests * (busy + head_seconds(model, server, efficiency))


def prompt_tokens_per_s_estimate(
    model: Model,
    server: Server,
    prompt_tokens: Numbers,
    cached_share: Numbers = 0,
    efficiency: Efficiency = TYPICAL,
) -> FloatArray:
    """Prompt tokens per second, those found in the prefix cache included, of a server that does prefill only.

    Decides: how many machines to give to prefill where it is kept apart from decode.
    """
    prompt, new = _fresh(prompt_tokens, cached_share)
    together_read = PASS_TOKENS * server.stages * (server.tensor_parallel if model.experts else 1)
    fixed = fixed_seconds(model, server, together_read, efficiency) * new / together_read
    return prompt / (fixed + prompt_seconds(model, server, prompt, new, efficiency))


def output_tokens_per_s_bound(
    model: Model,
    server: Server,
    prompt_tokens: Numbers,
    output_tokens: Numbers,
    batch: Numbers | None = None,
    cached_share: Numbers = 0,
) -> FloatArray:
    """Upper bound on tokens written per second at full load: all arithmetic and traffic of a request, at the peaks.

    `batch` limits the requests in flight; without it only memory does.

    Decides: whether a claimed throughput is possible at all.
    """
    prompt, output = _lengths(prompt_tokens, output_tokens)
    requests = _in_flight(requests_bound(model, server, prompt, output), batch)
    new = prompt * (1 - not_negative("cached_share", cached_share, at_most=1))
    read = cache_bytes(model, server, prompt + output / 2) * output
    weights = (parameters_read(model, requests) - embedding_parameters(model)) * server.bytes_per_weight
    flop = output * (2 * multiplied_parameters(model) + attention_flop(model, prompt + output / 2, decoding=True))
    flop = flop + new * (
        2 * multiplied_parameters(model, head=False) + attention_flop(model, prompt - new / 2, decoding=False)
    )
    shared = output * weights / np.where(requests > 0, requests, 1.0)
    seconds = np.maximum(flop / server.peak_flop_s, (shared + read) / server.peak_byte_s)
    return np.where(requests > 0, output / seconds, 0.0)[()]


def output_tokens_per_s_estimate(
    model: Model,
    server: Server,
    prompt_tokens: Numbers,
    output_tokens: Numbers,
    batch: Numbers | None = None,
    cached_share: Numbers = 0,
    efficiency: Efficiency = TYPICAL,
) -> FloatArray:
    """Tokens written per second by a server under full load that reads its prompts in between (0: does not fit).

    `B O / (O (t_step(B) + launches) + B t_prompt)`: in the time of one answer of `O` tokens, each of the `B` requests
    in flight also has one prompt read. `batch` replaces what memory allows.

    Known bias: steady state; a run of few requests ends with half-empty batches. Median error on tables that no
    constant was fitted on: 6 to 17 % by chip (TensorRT-LLM 0.9, 0.14 and 1.2), 22 % on an RTX PRO 6000; the form of
    the model was chosen with these tables in view.

    Decides: how many accelerators a load needs, and with `price` what a token costs.

    >>> llama = Model("Llama 3.3 70B", 70.55e9, 80, 8192, 8, 128, heads=64, vocab_size=128256)
    >>> h100 = Server(2, 1979, 989.4, 3350, 80, link_gb_s=450, bits=8, bytes_per_weight=1, bytes_per_number=1)
    >>> int(round(float(output_tokens_per_s_estimate(llama, h100, 1000, 1000)), -2))  # published: 4,205
    4000
    """
    prompt, output = _lengths(prompt_tokens, output_tokens)
    if batch is None:
        requests = requests_estimate(model, server, prompt, output, efficiency)
    else:
        requests = _in_flight(requests_bound(model, server, prompt, output), batch)
    new = prompt * (1 - not_negative("cached_share", cached_share, at_most=1))
    running = np.maximum(requests, 1.0)
    step = fixed_seconds(model, server, running * (1 + new / output), efficiency) + running * (
        token_seconds(model, server, efficiency) + attention_seconds(model, server, prompt + output / 2, efficiency)
    )
    prompts = prompt_seconds(model, server, prompt, new, efficiency)
    return np.where(requests > 0, running / (step + running * prompts / output), 0.0)[()]


def _lengths(prompt_tokens: Numbers, output_tokens: Numbers) -> tuple[_Array, _Array]:
    prompt, output = not_negative("prompt_tokens", prompt_tokens), positive("output_tokens", output_tokens)
    together(prompt_tokens=prompt, output_tokens=output)
    return prompt, output


def _fresh(prompt_tokens: Numbers, cached_share: Numbers) -> tuple[_Array, _Array]:
    """Return the prompt and how much of it is not cached; at least the last token is always read."""
    prompt, cached = positive("prompt_tokens", prompt_tokens), not_negative("cached_share", cached_share, at_most=1)
    together(prompt_tokens=prompt, cached_share=cached)
    return prompt, np.maximum(prompt * (1 - cached), np.minimum(prompt, 1.0))


def _in_flight(allowed: FloatArray, batch: Numbers | None) -> FloatArray:
    return allowed if batch is None else np.where(allowed > 0, positive("batch", batch), 0.0)
