"""All-reduce and the limit that waiting sets to a training run."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from aistack.chips import GIGA
from aistack.cluster import (
    CALL_MICROSECONDS,
    IN_NETWORK_GAIN,
    LINK_EFFICIENCY,
    MICRO,
    NETWORK_EFFICIENCY,
    NETWORK_HOP_MICROSECONDS,
    RAMP,
    allreduce_seconds_estimate,
    bus_factor,
    latency_wall_flop,
)
from aistack.fitted import Fitted
from course.data import load
from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.lookup import chip_row

DRAWS, SEED = 4000, 3
RESIDUAL = 0.12  # standard deviation of the log of what is left between model and measurement on the sources fitted on
RESIDUAL_BETWEEN = (
    0.3  # the same between servers, where settings decide: one cluster of the sources gave 90 to 160 GB/s
)
SERVER = 8  # chips of a server where nothing else is said
LARGE = 8 * GIGA  # bytes: "peak" bandwidths are measured on messages of some GB
IN_NETWORK_SINCE, IN_NETWORK_OVER = 2022, 4  # NVLink 4; the switch adds up for more than four chips (ml-engineering)
PORT = Fitted(
    25, 10, 60, "GB/s", "network port of an accelerator whose kind is not said", ("ml-engineering-network",), 2026
)
PORT_FACTOR = 2  # a chip's usual port, nine times in ten within this factor: servers have half as many ports or twice
# A run of three months as large as today's open record: Llama 3 405B (16 million tokens a batch, 126 layers).
BATCH_TOKENS, LAYERS, RATIO, DAYS = 16e6, 126, 20, 90
COLLECTIVES_PER_LAYER = 2
NOTICEABLE = 0.05  # share of waiting that counts as falling utilisation
WALL_FACTOR = 30  # batch and depth both grow with the run, by how much is open: an order of magnitude each way

EXTRA = {
    "payload": ("message", "message_size", "size", "bytes", "size_bytes", "payload_bytes", "data_size", "buffer"),
    "payload_mb": ("size_mb", "message_mb"),
    "payload_gb": ("size_gb", "message_gb"),
    "chips": (
        "ranks",
        "n",
        "nranks",
        "world_size",
        "n_ranks",
        "gpus",
        "num_gpus",
        "np",
        "n_gpus",
        "gpu_count",
        "n_chips",
        "accelerators",
        "num_accelerators",
        "devices",
    ),
    "algorithm": ("algo", "nccl_algo", "collective_algorithm"),
    "link_gb_s": ("nvlink_gb_s", "link_gbps_per_direction"),
    "network_gb_s": ("node_network_gb_s", "inter_node_gb_s"),
    "nic_gbps": ("nic_gbit_s", "nic_speed_gbps", "ib_gbps", "port_gbps", "nic"),
    "nics": ("nics_per_node", "n_nics", "hcas", "ports"),
    "duration_months": ("months", "training_months"),
    "published_bus_gb_s": ("busbw_gbps", "busbw"),
    "published_algorithm_gb_s": ("algbw_gbps", "algbw"),
    "batch_tokens": ("tokens_per_batch", "batch_size_tokens"),
}


def allreduce(case: Case) -> Prediction:
    """Bus or algorithm bandwidth, time, or the factor between the two bandwidths."""
    inputs = case.inputs
    nodes, local = _shape(inputs)
    factor = float(bus_factor(nodes * local))
    words = f"{case.quantity} {case.unit}".lower()
    if "factor" in words or "ratio" in words:
        return Prediction.exact(factor)
    if "bw" not in words and "bandwidth" not in words and not re.search(r"\b(time|latency|us|ms|s)\b", words):
        raise NotModelled(f"{case.quantity} of an all-reduce is not modelled")
    rng = np.random.default_rng(SEED)
    payload = _payload(inputs)
    chip = chip_row(inputs.text("chip")) if "chip" in inputs else None
    link = _link(inputs, chip)
    port, ports = _network(inputs, chip, nodes, local, rng)
    constants = (
        LINK_EFFICIENCY, NETWORK_EFFICIENCY, IN_NETWORK_GAIN, CALL_MICROSECONDS, NETWORK_HOP_MICROSECONDS, RAMP,
    )  # fmt: skip
    adding = _in_network(inputs, chip, local)
    drawn = [np.minimum(each.draws(DRAWS, rng), 1) if each.unit == "1" and each.low < 1 else each.draws(DRAWS, rng)
             for each in constants]  # fmt: skip
    seconds = allreduce_seconds_estimate(payload, nodes, local, link, port, adding)
    spread = allreduce_seconds_estimate(payload, nodes, local, link, ports, adding, *drawn)
    spread = spread * np.exp(rng.normal(0, RESIDUAL_BETWEEN if nodes > 1 else RESIDUAL, DRAWS))
    scale = payload / GIGA
    if "bw" in words or "bandwidth" in words:
        gain = 1.0 if "alg" in words else factor
        unit = 8.0 if re.match(r"G(b|bit)(ps|/s)", case.unit.strip()) else 1.0  # a small b is a bit
        return Prediction.of_draws(gain * unit * scale / float(seconds), gain * unit * scale / spread, constants)
    per = {"us": MICRO, "µs": MICRO, "ms": 1e-3}.get(case.unit.strip(), 1.0)
    return Prediction.of_draws(float(seconds) / per, spread / per, constants)


def scaling_limit(case: Case) -> Prediction:
    """Training compute at which waiting fills all of the time, or begins to be felt."""
    words = f"{case.quantity} {case.unit}".lower()
    if "flop" not in words:
        raise NotModelled(f"{case.quantity} is not a limit in FLOP")
    inputs = case.inputs
    days = inputs.number("days", inputs.number("duration_months", 12 * DAYS / 365) * 365 / 12)
    share = 1.0 if re.search(r"wall|infeasible|maximum|limit\b", words) else NOTICEABLE
    layer_us = inputs.number("layer_us", COLLECTIVES_PER_LAYER * CALL_MICROSECONDS.value)
    batch, layers = inputs.number("batch_tokens", BATCH_TOKENS), inputs.number("layers", LAYERS)
    wall = float(latency_wall_flop(days, batch, layers, layer_us, RATIO, share))
    return Prediction.within(wall, WALL_FACTOR, (CALL_MICROSECONDS,))


def _shape(inputs: Inputs) -> tuple[float, float]:
    """Number of servers (or of whole scale-up domains) and of chips in each."""
    if "nodes" in inputs:
        nodes = inputs.number("nodes")
        local = inputs.number("chips_per_node", inputs.number("chips", nodes * SERVER) / nodes)
        return nodes, max(local, 1.0)
    ranks = inputs.number("chips")
    local = min(inputs.number("chips_per_node", _domain(inputs)), ranks)
    return max(np.ceil(ranks / local), 1.0), local


def _domain(inputs: Inputs) -> float:
    if "chip" not in inputs:
        return SERVER
    links = load("links")
    name = chip_row(inputs.text("chip"))["chip"]
    sizes = links[(links["chip"] == name) & (links["role"] == "scale-up")]["domain_size"].dropna()
    return float(sizes.iloc[0]) if len(sizes) else SERVER


def _payload(inputs: Inputs) -> float:
    for name, scale in (("payload_gb", GIGA), ("payload_mb", 1e6)):
        if name in inputs:
            return inputs.number(name) * scale
    text = str(inputs.get("payload", LARGE))
    found = re.fullmatch(r"\s*([\d.,]+(?:e[+-]?\d+)?)\s*([kmgt]?)(i?)b?(?:ytes?)?\s*", text, re.IGNORECASE)
    if not found:
        raise NotModelled(f"payload {text!r} is not a number of bytes")
    step = 1024 if found[3] else 1000
    power: int = " kmgt".index(found[2].lower() or " ")
    return float(found[1].replace(",", "")) * float(step**power)


def _link(inputs: Inputs, chip: dict[str, Any] | None) -> float:
    if "link_gb_s" in inputs:
        return inputs.number("link_gb_s")
    if chip is None:  # two servers and more: the ports bind, so a common link will do
        chip = chip_row("A100")
    both_ways = chip["interconnect_gb_s"]
    if both_ways == both_ways:
        return float(both_ways) / 2
    links = load("links")
    rows = links[(links["chip"] == chip["chip"]) & (links["role"] == "scale-up")]
    if rows.empty:
        raise NotModelled(f"the link rate of {chip['chip']} is not known")
    return float(rows["bandwidth_per_direction_gb_s"].iloc[0])


def _network(
    inputs: Inputs, chip: dict[str, Any] | None, nodes: float, local: float, rng: np.random.Generator
) -> tuple[float, Any]:
    """Rate of a server's ports together, and draws of it."""
    if "network_gb_s" in inputs:
        rate = inputs.number("network_gb_s")
        return rate, rate
    if "nic_gbps" in inputs:
        rate = inputs.number("nic_gbps") / 8 * inputs.number("nics", local)
        return rate, rate
    links = load("links")
    outward = (links["role"] == "scale-out") & (links["per"] != "server")
    own = links[outward & (links["chip"] == (chip["chip"] if chip else ""))]
    if own.empty:
        return PORT.value * local, PORT.draws(DRAWS, rng) * local
    port = float(own["bandwidth_per_direction_gb_s"].iloc[0]) * local
    return port, port * np.exp(rng.normal(0, np.log(PORT_FACTOR) / 1.645, DRAWS))


def _in_network(inputs: Inputs, chip: dict[str, Any] | None, local: float) -> bool:
    named = inputs.text("algorithm", "").lower()
    if named:
        return any(word in named for word in ("nvls", "sharp", "collnet", "in-network", "switch"))
    new = chip is not None and chip["vendor"] == "NVIDIA" and chip["release_year"] >= IN_NETWORK_SINCE
    return bool(new) and local > IN_NETWORK_OVER


PREDICTORS = {"allreduce": allreduce, "scaling_limit": scaling_limit}
