"""Tokens per second and latency of servers."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from aistack.checks import FloatArray
from aistack.chips import GIGA
from aistack.server import ENGINE_SPREAD, FITTED, Efficiency, Server
from aistack.serving import Model
from aistack.throughput import (
    batch_at_speed,
    output_tokens_per_s_estimate,
    prefill_seconds_estimate,
    prompt_tokens_per_s_estimate,
    requests_estimate,
    step_seconds_estimate,
)
from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.deployment import NAMES, efficiency_on, model_of, server_of

DRAWS, SEED = 1000, 7
ALL_CONSTANTS = (*FITTED.values(), ENGINE_SPREAD)
MILLISECONDS = 1000
PERCENT = 100
TYPICAL_PROMPT, TYPICAL_OUTPUT, TYPICAL_CONTEXT = 1000, 1000, 2000
COPIES_OF = (1, 2, 4, 8, 16)  # chips that hold one copy of a model
TYPICAL_PREFILL = 4096  # prompts that figures for prefill alone are given for, where no length is said

EXTRA = NAMES | {
    "step_ms": ("step_time_ms", "decode_step_ms"),
    "bytes_read": ("bytes", "read_bytes", "hbm", "bytes_per_step"),
    "requests_per_s": ("qps", "rps", "request_rate"),
}


def serving_throughput(case: Case) -> Prediction:
    """Predict tokens or requests per second: of a server, a node, a chip or a user."""
    inputs, asked = case.inputs, f"{case.quantity} {case.unit}".lower()
    if "step_ms" in inputs and "batch" in inputs:  # tokens of a step over its time
        speed = inputs.number("batch") / inputs.number("step_ms") * MILLISECONDS
        return Prediction.exact(speed / (inputs.number("chips", 1) if _per(asked) == "chip" else 1))
    if re.search(r"ms|second|latency|ttft|tpot|itl", asked) and not re.search(r"per_s|/s|throughput|tps", asked):
        return serving_latency(case)
    model = model_of(inputs)
    server = server_of(inputs, model)
    typical = _rate(inputs, asked, model, server, efficiency_on(inputs, Efficiency()))
    if not typical > 0:
        raise NotModelled(f"{model.name} does not fit on {server.chips:g} chips of {server.memory_gb:g} GB")
    rng = np.random.default_rng(SEED)
    drawn = efficiency_on(inputs, Efficiency.draws(DRAWS, rng))
    draws = _rate(inputs, asked, model, server, drawn) * ENGINE_SPREAD.draws(DRAWS, rng)
    return Prediction.of_draws(float(typical), draws, ALL_CONSTANTS)


def serving_latency(case: Case) -> Prediction:
    """Predict the time to the first token, between tokens, or of a whole answer; also speeds of one request."""
    inputs, asked = case.inputs, f"{case.quantity} {case.unit}".lower()
    unit = MILLISECONDS if re.search(r"\bms\b|millisecond", case.unit.lower()) else 1
    if "bytes_read" in inputs and "bandwidth_byte_s" in inputs:
        chips = inputs.number("chips", 1)
        return Prediction.exact(unit * inputs.number("bytes_read") / (chips * inputs.number("bandwidth_byte_s")), 0.05)
    if {"peak_flop_s", "mfu", "prompt_tokens"} <= set(inputs):
        parameters = inputs.number("params") if "params" in inputs else inputs.number("params_b") * GIGA
        flop = 2 * parameters * inputs.number("prompt_tokens")
        speed = inputs.number("chips", 1) * inputs.number("peak_flop_s") * inputs.number("mfu")
        return Prediction.exact(unit * flop / speed)
    if re.search(r"/s\b|per_s\b|per second|tps|throughput", asked):
        return serving_throughput(case)
    model = model_of(inputs)
    server = server_of(inputs, model)
    rng = np.random.default_rng(SEED)
    typical = unit * _seconds(inputs, asked, model, server, efficiency_on(inputs, Efficiency()))
    draws = unit * _seconds(inputs, asked, model, server, efficiency_on(inputs, Efficiency.draws(DRAWS, rng)))
    return Prediction.of_draws(float(typical), draws * ENGINE_SPREAD.draws(DRAWS, rng), ALL_CONSTANTS)


def _rate(inputs: Inputs, asked: str, model: Model, server: Server, efficiency: Efficiency) -> FloatArray:
    """Return the rate that is asked for under the given efficiency."""
    speed: FloatArray
    hit = _share(inputs)
    prompt, output = _lengths(inputs)
    accepted = inputs.number("accepted_tokens_per_step", 1)
    reading = inputs.text("phase", "") == "prefill" or re.search(r"prefill|prompt_tok|input_tok|input tok", asked)
    if reading:
        prompt = inputs.number("prompt_tokens", inputs.number("context_tokens", TYPICAL_PREFILL))
        speed = prompt_tokens_per_s_estimate(model, server, prompt, hit, efficiency)
    elif _per(asked) == "user":
        batch = _batch(inputs, model, server, efficiency)
        return accepted / step_seconds_estimate(model, server, batch, _context(inputs), efficiency)
    elif "decode" in asked or inputs.text("phase", "") == "decode" or "prompt_tokens" not in inputs or _alone(inputs):
        batch = _batch(inputs, model, server, efficiency)
        speed = accepted * batch / step_seconds_estimate(model, server, batch, _context(inputs), efficiency)
    else:
        given = _at_once(inputs, model, server, efficiency)
        speed = accepted * _full_load(inputs, model, server, prompt, output, given, hit, efficiency)
        if re.search(r"req\w*(_per_s|/s|_throughput)|qps|rps", asked):
            speed = speed / output
        elif re.search(r"total_tok|total tok|input_output|in\+out|total_throughput", asked) and "output" not in asked:
            speed = speed * (prompt + output) / output
    if _per(asked) == "chip":
        return speed / server.chips
    if _per(asked) == "node":
        return speed / server.chips * inputs.number("chips_per_node", min(server.chips, 8))
    if "expert_parallel" in inputs and "chips" in inputs:  # the whole set-up, made of several copies
        return speed * max(inputs.number("chips") / server.chips, 1)
    return speed


def _seconds(inputs: Inputs, asked: str, model: Model, server: Server, efficiency: Efficiency) -> FloatArray:
    prompt = inputs.number("prompt_tokens", inputs.number("context_tokens", TYPICAL_PROMPT))
    batch = inputs.number("batch", 1)
    first = prefill_seconds_estimate(model, server, prompt, _share(inputs), batch, efficiency)
    if re.search(r"ttft|first|prefill|prompt", asked):
        return first
    step = step_seconds_estimate(model, server, batch, max(_context(inputs, TYPICAL_PROMPT / 2), 1), efficiency)
    step = step / inputs.number("accepted_tokens_per_step", 1)
    if re.search(r"per_token|per token|tpot|itl|inter|step|decode", asked):
        return step
    if re.search(r"e2e|end_to_end|total|request|latency", asked):
        return first + (inputs.number("output_tokens") - 1) * step
    raise NotModelled(f"no model of {asked!r}")


def _batch(inputs: Inputs, model: Model, server: Server, efficiency: Efficiency) -> FloatArray:
    """Return the requests in flight: as given, as a promised speed allows, or as memory allows."""
    if "batch" in inputs:
        return np.asarray(inputs.number("batch"))
    if "batch_per_chip" in inputs:
        return np.asarray(inputs.number("batch_per_chip") * server.chips)
    prompt, output = _lengths(inputs)
    if "prompt_tokens" not in inputs and "context_tokens" in inputs:  # a mean over requests half-way
        prompt, output = inputs.number("context_tokens"), 1.0
    room = requests_estimate(model, server, prompt, output, efficiency)
    if "tokens_per_s_user" in inputs or "tpot_ms" in inputs:
        speed = _middle(inputs, "tokens_per_s_user") if "tokens_per_s_user" in inputs else (
            MILLISECONDS / _middle(inputs, "tpot_ms"))  # fmt: skip
        speed = speed / inputs.number("accepted_tokens_per_step", 1)
        return np.minimum(batch_at_speed(model, server, _context(inputs), speed, efficiency), np.maximum(room, 1))
    return np.maximum(room, 1)


def _full_load(
    inputs: Inputs,
    model: Model,
    server: Server,
    prompt: float,
    output: float,
    given: FloatArray | None,
    hit: float,
    efficiency: Efficiency,
) -> FloatArray:
    """Tokens per second of all chips. Where nobody says how they share the model, of the best number of copies."""
    told = given is not None or {"tensor_parallel", "pipeline_parallel", "expert_parallel"} & set(inputs)
    sizes = [server.chips] if told else [size for size in COPIES_OF if server.chips % size == 0] or [server.chips]
    speeds = [
        server.chips / size * output_tokens_per_s_estimate(
            model, replace(server, chips=size), prompt, output, given, hit, efficiency
        )
        for size in sizes
    ]  # fmt: skip
    return np.asarray(np.maximum.reduce(speeds))[()]


def _at_once(inputs: Inputs, model: Model, server: Server, efficiency: Efficiency) -> FloatArray | None:
    """Return the requests in flight where the row limits them: no more than are sent; None if only memory does."""
    if "batch" in inputs:
        return np.asarray(inputs.number("batch"))
    if "requests" not in inputs:
        return None
    room = requests_estimate(model, server, *_lengths(inputs), efficiency)
    return np.minimum(np.maximum(room, 1), inputs.number("requests"))


def _context(inputs: Inputs, default: float = TYPICAL_CONTEXT) -> float:
    if "context_tokens" in inputs:
        return inputs.number("context_tokens")
    if "prompt_tokens" in inputs or "output_tokens" in inputs:
        return inputs.number("prompt_tokens", 0) + inputs.number("output_tokens", 0) / 2
    return default


def _lengths(inputs: Inputs) -> tuple[float, float]:
    prompt = inputs.number("prompt_tokens", TYPICAL_PROMPT)
    return prompt, inputs.number("output_tokens", TYPICAL_OUTPUT if "prompt_tokens" not in inputs else prompt)


def _alone(inputs: Inputs) -> bool:
    """Return whether one request runs by itself, so that speeds leave the prompt out."""
    return inputs.number("batch", 0) == 1


def _share(inputs: Inputs) -> float:
    share = inputs.number("cache_hit", 0)
    return share / PERCENT if share > 1 else share


def _middle(inputs: Inputs, name: str) -> float:
    """Return a number, or the middle of a range such as `20-22`."""
    ends = [float(end) for end in re.findall(r"\d+(?:\.\d+)?", str(inputs[name]))]
    if not ends:
        raise NotModelled(f"{name} = {inputs[name]!r} is not a number")
    return sum(ends) / len(ends)


def _per(asked: str) -> str:
    if re.search(r"user|per_request|/req", asked):
        return "user"
    if re.search(r"(per[_ ]|/)(node|server)", asked):
        return "node"
    return "chip" if re.search(r"(per[_ ]|/)(gpu|chip|npu|tpu|accelerator|device|card|die)", asked) else "server"


PREDICTORS = {"serving_throughput": serving_throughput, "serving_latency": serving_latency}
