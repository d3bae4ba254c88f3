"""What fits in the memory of a server: weights, caches, requests."""

from __future__ import annotations

import re

from aistack.chips import GIGA
from aistack.server import CACHE_SHARE, EXPERT_RESERVED_GB, MEMORY_UNIT_BYTES, RESERVED_GB, Server
from aistack.serving import kv_bytes_per_token, weight_bytes
from aistack.throughput import requests_estimate
from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.deployment import NAMES, bytes_per_number, bytes_per_weight, model_of, server_of

COUNTED = 1.03  # sizes are counted from configurations; what is published is rounded, or counts a layer more or less
ROOM = 1.5  # how many requests fit, by engine and setting
ROUNDED = 0.02

EXTRA = NAMES | {
    "bytes_per_number": ("bytes", "kv_bytes", "bytes_per_element", "dtype_bytes"),
    "cache_bytes_per_token": ("kv", "kv_per_token", "kv_bytes_per_token", "bytes_per_token"),
    "longest_tokens": ("max_len", "max_length", "max_seq_len", "reserved_tokens", "max_model_len"),
    "context_tokens": (*NAMES["context_tokens"], "tokens"),
    "prompt_tokens": tuple(name for name in NAMES["prompt_tokens"] if name != "tokens"),
    "mean_tokens": ("avg_len", "mean_len", "average_tokens", "used_tokens"),
    "steps": ("generation_steps",),
}


def serving_memory(case: Case) -> Prediction:
    """Predict bytes per token, of weights, of caches, of both; requests and tokens that fit."""
    inputs, asked = case.inputs, f"{case.quantity} {case.unit}".lower()
    if "evict" in asked or "finished" in asked:  # in steady state, batch / answer length requests end a step
        whole = inputs.number("prompt_tokens") + inputs.number("output_tokens")
        return Prediction.exact(inputs.number("batch") * whole / inputs.number("output_tokens"))
    if "fraction" in asked or "utili" in asked or "useful" in asked or "waste" in asked:
        useful = inputs.number("mean_tokens") / inputs.number("longest_tokens")
        share = 1 - useful if "waste" in asked else useful
        return Prediction.exact(share * (100 if "%" in case.unit or "percent" in case.unit else 1))
    if re.search(r"request|concurren|batch|users|sequences|seqs", asked) and not re.search(r"byte|gb|gib|mb|kb", asked):
        return _fitting(inputs, per_token=False)
    if re.search(r"max\w*_(tokens|context)|token_capacity|tokens_fit|kv_tokens", asked):
        return _fitting(inputs, per_token=True)
    return _bytes(case, asked)


def _bytes(case: Case, asked: str) -> Prediction:
    inputs, unit = case.inputs, _unit(case.unit)
    own = {"cache_bytes_per_token", "params"} <= set(inputs) or _plain_heads(inputs)
    tokens = inputs.number("context_tokens", inputs.number("seq_tokens", inputs.number("prompt_tokens", 0)))
    tokens = (tokens + inputs.number("output_tokens", 0)) * inputs.number("batch", 1)
    if "per_tok" in asked or "per tok" in asked:
        bytes_ = _per_token(inputs)
    elif "weight" in asked or "param" in asked or "model_size" in asked:
        bytes_, own = _weights(inputs), "params" in inputs or "params_b" in inputs
    elif re.search(r"total|peak|footprint|whole", asked):
        bytes_ = _weights(inputs) + tokens * _per_token(inputs)
    elif re.search(r"kv|cache", asked):
        if not tokens:
            raise NotModelled("context_tokens is not given")
        bytes_ = tokens * _per_token(inputs)
    else:
        raise NotModelled(f"no model of {case.quantity!r}")
    chips = inputs.number("tensor_parallel", 1) if re.search(r"per[_ /](gpu|chip|rank|device)", asked) else 1
    value = bytes_ / chips / unit
    return Prediction.exact(value, ROUNDED) if own else Prediction.within(value, COUNTED)


def _per_token(inputs: Inputs) -> float:
    if "cache_bytes_per_token" in inputs:
        return inputs.number("cache_bytes_per_token")
    if _plain_heads(inputs):
        numbers = 2 * inputs.number("layers") * inputs.number("kv_heads") * inputs.number("head_dim")
        return numbers * bytes_per_number(inputs, None)
    model = model_of(inputs)
    return float(kv_bytes_per_token(model, bytes_per_number(inputs, model)))


def _plain_heads(inputs: Inputs) -> bool:
    """Return whether the row itself gives all that the cache of plain attention is counted from."""
    return {"layers", "kv_heads", "head_dim"} <= set(inputs) and "latent_dim" not in inputs


def _weights(inputs: Inputs) -> float:
    if "params" in inputs and "model" not in inputs:
        one_byte = inputs.number("bytes_per_weight", bytes_per_weight(inputs) if "precision" in inputs else 1)
        return inputs.number("params") * one_byte
    model = model_of(inputs)
    return float(weight_bytes(model, bytes_per_weight(inputs)))


def _fitting(inputs: Inputs, *, per_token: bool) -> Prediction:
    model = model_of(inputs)
    if "chip" in inputs or "system" in inputs:
        server = server_of(inputs, model)
    else:
        memory = inputs.number("memory_byte") if "memory_byte" in inputs else inputs.number("memory_gb") * GIGA
        number = bytes_per_number(inputs, model)
        server = Server(int(inputs.number("chips", 1)), 1, 1, 1, memory / MEMORY_UNIT_BYTES, 1,
                        bytes_per_weight=bytes_per_weight(inputs), bytes_per_number=number)  # fmt: skip
    prompt = inputs.number("prompt_tokens", 0)
    output = inputs.number("output_tokens", 1 if per_token else inputs.number("context_tokens", 0) or None)
    found = float(requests_estimate(model, server, 0 if per_token else prompt, 1 if per_token else output))
    if not found:
        raise NotModelled(f"{model.name} does not fit on {server.chips:g} chips of {server.memory_gb:g} GB")
    return Prediction.within(found, ROOM, (CACHE_SHARE, RESERVED_GB, EXPERT_RESERVED_GB))


def _unit(unit: str) -> float:
    """Return the bytes of a unit of size."""
    sizes = {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40, "kb": 1e3, "mb": 1e6, "gb": GIGA, "tb": 1e12}
    for name, size in sizes.items():
        if name in unit.lower():
            return size
    return 1.0


PREDICTORS = {"serving_memory": serving_memory, "kv_cache": serving_memory}
