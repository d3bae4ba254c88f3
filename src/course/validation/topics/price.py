"""What serving costs and earns."""

from __future__ import annotations

import re

import numpy as np

from aistack.price import (
    break_even_tokens_per_day,
    fleet_cost_usd,
    profit_over_cost,
    profit_over_revenue,
    token_revenue_usd,
    usd_per_million_tokens,
)
from aistack.server import ENGINE_SPREAD, FITTED, Efficiency
from aistack.throughput import output_tokens_per_s_estimate
from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.deployment import NAMES, model_of, server_of

HOURS_PER_DAY, MILLION, PERCENT = 24, 1e6, 100
DRAWS, SEED = 1000, 7
TYPICAL_TOKENS = 1000
ROUNDED = 0.005

EXTRA = NAMES | {
    "average_nodes": ("avg_nodes", "mean_nodes", "nodes"),
    "usd_per_chip_hour": ("usd_per_gpu_h", "usd_per_gpu_hour", "gpu_hour_usd", "usd_per_hour_per_gpu",
                          "price_per_gpu_hour",
                          "gpu_cost_per_hour", "usd_per_accelerator_hour", "usd_per_h", "hourly_usd", "usd_per_hour"),
    "hours": ("duration_hours",),
    "input_tokens_total": ("in_tokens", "total_input_tokens", "input_tokens_per_day", "tokens_in"),
    "cached_tokens_total": ("hit", "hit_tokens", "cache_hit_tokens", "cached_tokens", "tokens_hit"),
    "output_tokens_total": ("out", "out_tokens", "total_output_tokens", "output_tokens_per_day", "tokens_out"),
    "usd_per_million_input": ("usd_in_miss", "usd_in", "input_price", "usd_per_mtok_in", "usd_per_mtok_input",
                              "price_input_usd", "usd_per_m_input", "usd_miss"),
    "usd_per_million_cached": ("usd_per_mtok_cached_input", "usd_per_mtok_cached", "usd_in_hit", "usd_hit",
                               "cached_price", "price_cached_usd"),
    "usd_per_million_output": ("usd_out", "output_price", "usd_per_mtok_out", "usd_per_mtok_output",
                               "price_output_usd", "usd_per_m_output"),
    "usd_per_million": ("api_usd_per_million", "api_price", "price_per_million", "usd_per_mtok"),
    "price_unit": ("per",),
    "revenue_usd": ("revenue", "theoretical_revenue", "income"),
    "cost_usd": ("cost", "costs", "daily_cost"),
    "tokens_total": ("total", "all_tokens"),
    "tokens_per_s": ("throughput", "tok_s", "tokens_per_second", "output_tokens_per_s", "tps"),
    "tokens_per_s_chip": ("tokens_per_s_per_gpu", "tok_s_gpu", "tps_per_gpu", "throughput_per_gpu"),
    "load": ("utilisation", "utilization", "duty"),
}  # fmt: skip


def serving_economics(case: Case) -> Prediction:
    """Predict cost, revenue, margin, price per token, share of cache hits, break-even volume."""
    inputs, asked = case.inputs, f"{case.quantity} {case.unit}".lower()
    percent = PERCENT if re.search(r"percent|%", asked) else 1
    if re.search(r"hit", asked) and "usd" not in asked:
        total = inputs.number("tokens_total") if "tokens_total" in inputs else _read(inputs)
        return Prediction.exact(percent * _cached(inputs, total) / total, ROUNDED)
    if re.search(r"margin|profit|markup", asked):
        revenue, cost = _revenue(inputs), _cost(inputs)
        if "usd" in case.unit.lower():
            return Prediction.exact(revenue - cost, ROUNDED)
        share = profit_over_revenue if re.search(r"gross|revenue|sales", asked) else profit_over_cost
        return Prediction.exact(percent * float(share(revenue, cost)), ROUNDED)
    if "revenue" in asked or "income" in asked:
        return Prediction.exact(_revenue(inputs), ROUNDED)
    if "break" in asked:
        price = inputs.number("usd_per_million" if "usd_per_million" in inputs else "usd_per_million_output")
        chips = inputs.number("chips", 1)
        return Prediction.exact(break_even_tokens_per_day(price, chips, inputs.number("usd_per_chip_hour")).item())
    if re.search(r"million|mtok|/m\b|per_m\b|1m|per_token|/token", asked):
        return _per_million(inputs, MILLION if re.search(r"per_token|/token", asked) else 1)
    if "cost" in asked:
        return Prediction.exact(_cost(inputs), ROUNDED)
    raise NotModelled(f"no model of {case.quantity!r}")


def _cost(inputs: Inputs) -> float:
    if "cost_usd" in inputs:
        return inputs.number("cost_usd")
    chips = inputs.number("average_nodes", 1) * inputs.number("chips_per_node", 1) if "average_nodes" in inputs else (
        inputs.number("chips"))  # fmt: skip
    return float(fleet_cost_usd(chips, inputs.number("hours", HOURS_PER_DAY), inputs.number("usd_per_chip_hour")))


def _revenue(inputs: Inputs) -> float:
    if "revenue_usd" in inputs:
        return inputs.number("revenue_usd")
    read, written = _read(inputs), "output_tokens_total" if "output_tokens_total" in inputs else "output_tokens"
    miss = inputs.number("usd_per_million_input")
    prices = miss, inputs.number("usd_per_million_cached", miss), inputs.number("usd_per_million_output")
    return float(token_revenue_usd(read, _cached(inputs, read), inputs.number(written), *prices))


def _read(inputs: Inputs) -> float:
    return inputs.number("input_tokens_total" if "input_tokens_total" in inputs else "prompt_tokens")


def _cached(inputs: Inputs, read: float) -> float:
    """Return tokens found in the cache, given as a count or as a share of those read."""
    given = inputs.number("cached_tokens_total", inputs.number("cache_hit", 0))
    return read * given if given <= 1 else given


def _per_million(inputs: Inputs, divisor: float) -> Prediction:
    price, load = inputs.number("usd_per_chip_hour"), inputs.number("load", 1)
    load = load / PERCENT if load > 1 else load
    if "tokens_per_s_chip" in inputs or "tokens_per_s" in inputs:
        chips = inputs.number("chips", inputs.number("chips_per_node", 1))
        each = (
            inputs.number("tokens_per_s_chip")
            if "tokens_per_s_chip" in inputs
            else inputs.number("tokens_per_s") / chips
        )
        return Prediction.exact(float(usd_per_million_tokens(price, each, load)) / divisor, ROUNDED)
    model = model_of(inputs)
    server = server_of(inputs, model)
    rng = np.random.default_rng(SEED)
    prompt, output = inputs.number("prompt_tokens", TYPICAL_TOKENS), inputs.number("output_tokens", TYPICAL_TOKENS)
    batch, hit = inputs.number("batch") if "batch" in inputs else None, inputs.number("cache_hit", 0)
    costs = []
    for efficiency in (Efficiency(), Efficiency.draws(DRAWS, rng)):
        speed = output_tokens_per_s_estimate(model, server, prompt, output, batch, hit, efficiency)
        if not np.all(speed > 0):
            raise NotModelled(f"{model.name} does not fit on {server.chips:g} chips of {server.memory_gb:g} GB")
        costs.append(usd_per_million_tokens(price, speed / server.chips, load) / divisor)
    spread = ENGINE_SPREAD.draws(DRAWS, rng)
    return Prediction.of_draws(float(costs[0]), costs[1] * spread, (*FITTED.values(), ENGINE_SPREAD))


PREDICTORS = {"serving_economics": serving_economics}
