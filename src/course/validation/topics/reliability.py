"""Failures, the time left for work, and checkpoints."""

from __future__ import annotations

import re

import numpy as np

from aistack.chips import GIGA, TERA
from aistack.fitted import Fitted
from aistack.reliability import (
    HOURS_PER_DAY,
    INTERRUPTIONS_PER_CHIP_DAY,
    RESTART_MINUTES,
    SAVE_SECONDS,
    WRITE_GB_S_PER_NODE,
    checkpoint_bytes,
    expected_interruptions,
    goodput_estimate,
    mtbf_hours,
    write_seconds,
    young_interval_seconds,
)
from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.lookup import model_row

DRAWS, SEED = 4000, 4
SERVER = 8  # chips of a server where nothing else is said
SECONDS_PER_HOUR = 3600
SIZE_FACTOR = 1.2  # file formats, optimisers and TB against TiB
DAYS_PER_YEAR = 365.25
PRINTED = 0.05  # percentages are printed to one place
# Saving in the background and spares that stand by lose less than the formula says. ByteRobust lost 3 % on 9,600 chips,
# a quarter of what is computed: the middle lies between that and the formula, the band holds both.
OVERLAPPED_LOSS = Fitted(0.5, 0.2, 1.25, "ratio", "time lost over time computed to be lost", ("byterobust",), 2025)
UNITS = {"tb": TERA, "gb": GIGA, "tib": 1024**4, "gib": 1024**3, "b": 1.0, "byte": 1.0, "bytes": 1.0}

EXTRA = {
    "part": ("count", "faulty_gpu", "numerator", "of_this_kind", "kind_count"),
    "total": ("all", "denominator", "total_failures", "total_interruptions"),
    "failures": ("interruptions", "n_failures", "unexpected_interruptions", "restarts", "failure_count"),
    "nodes": ("machines", "hosts", "n_machines", "n_nodes", "num_nodes", "servers_training"),
    "chips": (
        "gpus",
        "processes",
        "accelerators",
        "devices",
        "ranks",
        "n_gpus",
        "num_gpus",
        "gpu_count",
        "n_chips",
        "tpus",
        "num_accelerators",
        "world_size",
        "cluster_size",
        "job_size",
    ),
    "mtbf_h": ("mtbf_hours", "mttf_h", "mttf_hours", "mtbf"),
    "failures_per_chip_day": ("failure_rate_per_gpu_day", "rate_per_gpu_day"),
    "failures_per_1000_node_days": ("rate_per_1000_node_days", "failures_per_1k_node_days"),
    "checkpoint_tb": ("size_tb", "ckpt_tb"),
    "checkpoint_gb": ("size_gb", "ckpt_gb"),
    "write_s": ("save_s", "checkpoint_s", "checkpoint_seconds", "write_seconds", "ckpt_s"),
    "interval_h": ("checkpoint_interval_h", "every_h"),
    "interval_min": ("checkpoint_interval_min", "every_min"),
    "restart_min": ("recovery_min", "recovery_minutes", "restart_minutes"),
    "write_gb_s": ("bandwidth_gb_s", "write_bandwidth_gb_s", "storage_gb_s"),
    "bytes_per_parameter": ("bytes_per_param", "bytes_per_weight"),
    "storage_servers": ("servers",),
    "storage_pb": ("pb",),
    "hours": ("duration_h",),
}


def reliability(case: Case) -> Prediction:
    """How often jobs stop, and what share of the time is left."""
    inputs, words = case.inputs, f"{case.quantity} {case.unit}".lower()
    if re.search(r"goodput|effective|ettr|uptime|availab|useful", words):
        return _goodput(inputs, case.unit)
    if "share" in words or ("percent" in case.unit.lower() and "total" in inputs):
        percent = 100 * inputs.number("part") / inputs.number("total")
        return Prediction.exact(percent, rounding=max(PRINTED / percent, PRINTED / 100) if percent else 0.0)
    if re.search(r"mtbf|mttf|mtti|mean.time|time.between|time.to.(failure|interrupt)", words):
        return _mtbf(inputs, case.unit.lower())
    if re.search(r"interrupt|fail|restart|lost|crash|stop|evict|afr", words):
        return _count(inputs, words)
    raise NotModelled(f"{case.quantity} is not modelled")


def checkpoint(case: Case) -> Prediction:
    """Size of a checkpoint, time to write it, rate of writing, share of the time that goes into it."""
    inputs, words, unit = case.inputs, case.quantity.lower(), case.unit.lower().strip()
    if re.search(r"overhead|share|fraction", words):
        save, between = inputs.number("write_s"), _interval(inputs)
        return Prediction.exact(save / between * (100 if "percent" in unit or "%" in unit else 1))
    if "/s" in unit or "bandwidth" in words or "throughput" in words:
        per = UNITS.get(unit.split("/")[0].strip(), 1.0)
        if "write_s" in inputs:
            return Prediction.exact(_size(inputs) / inputs.number("write_s") / per)
        rate = WRITE_GB_S_PER_NODE.draws(DRAWS, np.random.default_rng(SEED)) * GIGA * _nodes(inputs) / per
        value = WRITE_GB_S_PER_NODE.value * GIGA * _nodes(inputs) / per
        return Prediction.of_draws(value, rate, (WRITE_GB_S_PER_NODE,))
    if unit in UNITS:
        return Prediction.within(_size(inputs) / UNITS[unit], SIZE_FACTOR)
    if "interval" in words:
        value = float(young_interval_seconds(inputs.number("write_s"), inputs.number("mtbf_h") * SECONDS_PER_HOUR))
        return Prediction.exact(value / _seconds_in(unit))
    if "time" in words or unit in ("s", "min", "h", "seconds", "minutes"):
        if "write_gb_s" in inputs:
            return Prediction.exact(_size(inputs) / (inputs.number("write_gb_s") * GIGA) / _seconds_in(unit))
        nodes, size = _nodes(inputs), _size(inputs)
        drawn = write_seconds(size, nodes, WRITE_GB_S_PER_NODE.draws(DRAWS, np.random.default_rng(SEED)))
        value = float(write_seconds(size, nodes)) / _seconds_in(unit)
        return Prediction.of_draws(value, drawn / _seconds_in(unit), (WRITE_GB_S_PER_NODE,))
    raise NotModelled(f"{case.quantity} of a checkpoint is not modelled")


def _mtbf(inputs: Inputs, unit: str) -> Prediction:
    hours_in = _seconds_in(unit) / SECONDS_PER_HOUR
    if "failures" in inputs and ("days" in inputs or "hours" in inputs):
        return Prediction.exact(_days(inputs) * HOURS_PER_DAY / inputs.number("failures") / hours_in)
    chips = _chips(inputs)
    value = float(mtbf_hours(chips, _rate(inputs)[0]))
    return Prediction.of_draws(value / hours_in, mtbf_hours(chips, _rate(inputs)[1]) / hours_in, _used(inputs))


def _count(inputs: Inputs, words: str) -> Prediction:
    rate, rates = _rate(inputs)
    if "node-day" in words or "node_day" in words or "server-day" in words:
        per = SERVER * (1000 if "1000" in words or "1,000" in words else 1)
        return Prediction.of_draws(rate * per, rates * per, _used(inputs))
    if "mtbf_h" in inputs:
        return Prediction.exact(_days(inputs) * HOURS_PER_DAY / inputs.number("mtbf_h"))
    if re.search(r"annual|afr|per.year|/year|/yr", words):  # of one chip
        yearly = DAYS_PER_YEAR * (100 if "percent" in words or "%" in words else 1)
        return Prediction.of_draws(rate * yearly, rates * yearly, _used(inputs))
    days = 1.0 if re.search(r"per_day|/day|per day|daily", words) else _days(inputs)
    if re.search(r"per_week|/week|per week", words):
        days = 7.0
    mean = float(expected_interruptions(_chips(inputs), days, rate))
    # what is seen scatters around what is expected
    seen = np.random.default_rng(SEED).poisson(expected_interruptions(_chips(inputs), days, rates))
    return Prediction.of_draws(mean, seen, _used(inputs))


def _goodput(inputs: Inputs, unit: str) -> Prediction:
    rng = np.random.default_rng(SEED)
    scale = 100.0 if "percent" in unit.lower() or "%" in unit else 1.0
    chips, (rate, rates) = _chips(inputs), _rate(inputs)
    restart = inputs.number("restart_min", RESTART_MINUTES.value) * 60
    restarts = restart if "restart_min" in inputs else RESTART_MINUTES.draws(DRAWS, rng) * 60
    save = inputs.number("write_s", SAVE_SECONDS.value)
    saves = save if "write_s" in inputs else SAVE_SECONDS.draws(DRAWS, rng)

    def share(one_save: object, one_restart: object, one_rate: object) -> object:
        between = mtbf_hours(chips, one_rate) * SECONDS_PER_HOUR  # type: ignore[arg-type]
        given = "interval_h" in inputs or "interval_min" in inputs
        work = _interval(inputs) if given else young_interval_seconds(one_save, between)  # type: ignore[arg-type]
        return goodput_estimate(work, one_save, one_restart, between)  # type: ignore[arg-type]

    value, drawn = float(share(save, restart, rate)), np.asarray(share(saves, restarts, rates))  # type: ignore[arg-type]
    constants = (*_used(inputs), RESTART_MINUTES, SAVE_SECONDS)
    if not {"restart_min", "write_s", "interval_h", "interval_min"} & set(inputs):  # nobody says how it was done
        constants = (*constants, OVERLAPPED_LOSS)
        value = 1 - (1 - value) * OVERLAPPED_LOSS.value
        drawn = 1 - np.minimum((1 - drawn) * OVERLAPPED_LOSS.draws(DRAWS, rng), 1)
    return Prediction.of_draws(value * scale, drawn * scale, constants)


def _rate(inputs: Inputs) -> tuple[float, np.ndarray]:
    """Interruptions for each chip and day, and draws of it."""
    given = None
    if "failures_per_chip_day" in inputs:
        given = inputs.number("failures_per_chip_day")
    elif "failures_per_1000_node_days" in inputs:
        given = inputs.number("failures_per_1000_node_days") / 1000 / inputs.number("chips_per_node", SERVER)
    if given is not None:
        return given, np.full(DRAWS, given)
    drawn = INTERRUPTIONS_PER_CHIP_DAY.draws(DRAWS, np.random.default_rng(SEED))
    return INTERRUPTIONS_PER_CHIP_DAY.value, np.asarray(drawn)


def _used(inputs: Inputs) -> tuple[Fitted, ...]:
    given = "failures_per_chip_day" in inputs or "failures_per_1000_node_days" in inputs
    return () if given else (INTERRUPTIONS_PER_CHIP_DAY,)


def _chips(inputs: Inputs) -> float:
    if "chips" in inputs:
        return inputs.number("chips")
    return inputs.number("nodes") * inputs.number("chips_per_node", SERVER)


def _nodes(inputs: Inputs) -> float:
    if "storage_servers" in inputs and "chips" not in inputs and "nodes" not in inputs:
        raise NotModelled("the rate of a storage system follows from its disks and ports, which are not given")
    return inputs.number("nodes") if "nodes" in inputs else inputs.number("chips") / SERVER


def _days(inputs: Inputs) -> float:
    return inputs.number("days") if "days" in inputs else inputs.number("hours") / HOURS_PER_DAY


def _interval(inputs: Inputs) -> float:
    if "interval_min" in inputs:
        return inputs.number("interval_min") * 60
    return inputs.number("interval_h") * SECONDS_PER_HOUR


def _size(inputs: Inputs) -> float:
    for name, scale in (("checkpoint_tb", TERA), ("checkpoint_gb", GIGA)):
        if name in inputs:
            return inputs.number(name) * scale
    known = {} if {"total_params_b", "params_b"} & set(inputs) else model_row(inputs.text("model"))
    billions = inputs.number("total_params_b", inputs.number("params_b", known.get("total_params_b")))
    if "bytes_per_parameter" in inputs:
        return float(checkpoint_bytes(billions * GIGA, inputs.number("bytes_per_parameter")))
    return float(checkpoint_bytes(billions * GIGA))


def _seconds_in(unit: str) -> float:
    first = unit.strip()[:1]
    if unit.strip().startswith("min"):
        return 60.0
    return {"h": float(SECONDS_PER_HOUR), "d": float(HOURS_PER_DAY * SECONDS_PER_HOUR)}.get(first, 1.0)


PREDICTORS = {"reliability": reliability, "checkpoint": checkpoint}
