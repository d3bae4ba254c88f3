"""Published results on waiting, staffing and shared capacity, predicted with `aistack.queueing`."""

from __future__ import annotations

import numpy as np

from aistack import queueing
from course.validation.case import Case, NotModelled, Prediction

EXTRA = {
    "arrivals_per_s": ("lam", "lambda", "arrival_rate", "arrival_rate_per_s", "requests_per_s", "requests_per_second"),
    "arrivals_per_min": ("calls_per_minute", "requests_per_minute", "rpm"),
    "arrivals_per_h": ("calls_per_hour", "requests_per_hour"),
    "services_per_s": ("mu", "service_rate", "service_rate_per_s"),
    "service_s": (
        "service_time",
        "service_time_s",
        "service_seconds",
        "mean_service_s",
        "mean_service_time_s",
        "aht_s",
    ),
    "load_erlangs": ("load", "offered_load", "offered_load_erlangs", "erlangs", "a", "traffic_erlangs"),
    "utilisation": ("rho", "utilization", "load_per_server"),
    "servers": ("c", "n_servers", "num_servers", "agents", "lines", "trunks", "channels", "replicas", "units"),
    "arrival_scv": ("ca2", "scv_arrivals", "scv_arrival"),
    "service_scv": ("cs2", "scv_service", "scv"),
    "percentile": ("quantile_pct", "p"),
    "wait_s": ("target_wait_s", "target_s", "t", "wait_seconds", "threshold_s"),
    "safety": ("beta", "safety_factor"),
    "spares": ("k", "redundant"),
    "needed": ("required",),
    "unit_availability": ("availability_unit", "server_availability", "component_availability"),
    "mean_demand": ("avg", "average", "mean", "avg_nodes", "mean_nodes", "average_nodes"),
    "prefill_s": ("prefill_seconds", "prefill_time_s"),
    "decode_step_s": ("decode_seconds_per_step", "step_s"),
    "models": ("n_models", "model_count", "num_models"),
    "models_per_chip": ("models_per_gpu", "models_per_accelerator"),
}

_PEAK_CHANCE = 0.001  # a fleet sized for its peak turns work away in about a minute of a day
# factors by which the approximation is off at most: tests/course/simulation holds it against simulations
_IRREGULAR_LENGTHS, _IRREGULAR_ARRIVALS = 1.3, 2.5
_DAY_SWING = 2.0  # peak over mean of traffic that follows people's day: Barroso and others 2018 (see aistack.cloud)


def queue(case: Case) -> Prediction:
    """Erlang's formulas and their kin, from rates, lengths and servers; arithmetic on the row's own figures."""
    quantity, given = case.quantity.lower(), case.inputs
    if _names(quantity, "availab", "uptime"):
        return _availability(case)
    if _names(quantity, "active", "pooled", "gpus_needed"):
        return _market(case)
    load, service = _load(case), _service(case)
    if _names(quantity, "servers", "agents", "staff", "replicas_needed"):
        return Prediction.exact(_staff(case, load, service))
    servers = _servers(case)
    if _names(quantity, "block", "erlang_b", "loss"):
        return Prediction.exact(_share(case, float(queueing.erlang_b(load, servers))))
    if _names(quantity, "utili", "rho", "occupancy"):
        return Prediction.exact(_share(case, load / servers))
    if _names(quantity, "percentile", "p50", "p90", "p95", "p99", "quantile"):
        percentile = _percentile(case, quantity)
        return _timed(case, float(queueing.wait_percentile_seconds(load, servers, service, percentile)))
    if _names(quantity, "prob", "erlang_c", "delay_share", "waiting_share", "fraction_wait", "share_wait"):
        return Prediction.exact(_share(case, float(queueing.erlang_c(load, servers))))
    irregular = case.inputs.number("arrival_scv", 1), case.inputs.number("service_scv", 1)
    wait = float(queueing.mean_wait_seconds(load, servers, service, *irregular))
    if _names(quantity, "service_level", "within"):
        within = -np.expm1(
            np.log(queueing.erlang_c(load, servers)) - (servers - load) * given.number("wait_s") / service
        )
        return Prediction.exact(_share(case, float(within)))
    if _names(quantity, "queue_length", "lq", "jobs_waiting", "number_waiting"):
        return Prediction.exact(wait * load / service)
    if quantity in ("l", "ls") or ("in_system" in quantity and "time" not in quantity):
        return Prediction.exact(wait * load / service + load)
    if quantity in ("w", "ws") or _names(quantity, "response", "sojourn", "time_in_system", "latency"):
        return _timed(case, wait + service)
    if _names(quantity, "wait", "delay", "wq", "queue"):
        return _timed(case, wait)
    raise NotModelled(f"no formula of queues gives {case.quantity}")


def capacity(case: Case) -> Prediction:
    """How large a fleet must be: the balance of two stages, or the peak above a mean."""
    quantity, given = case.quantity.lower(), case.inputs
    if "prefill_s" in given and "decode_step_s" in given:
        decode_s = given.number("decode_step_s") * given.number("output_tokens") / given.number("batch", 1)
        ratio = float(queueing.stage_server_ratio(given.number("prefill_s"), decode_s))
        return Prediction.exact(1 / ratio if quantity.startswith("decode") else ratio)
    if "mean_demand" in given and _names(quantity, "peak", "max"):
        from scipy.special import ndtri  # imported here: only this answer needs it

        mean = given.number("mean_demand")
        peak = float(queueing.square_root_staffing(mean, float(-ndtri(_PEAK_CHANCE))))
        # the least is chance alone at half the margin, the most is a day with people's rhythm
        low = float(queueing.square_root_staffing(mean, float(-ndtri(_PEAK_CHANCE)) / 2))
        return Prediction(peak, low, max(peak, mean * _DAY_SWING))
    if {"arrivals_per_s", "load_erlangs", "models", "needed"} & set(given):
        return queue(case)
    raise NotModelled("neither the demand nor the two stages' times are given")


def _load(case: Case) -> float:
    given = case.inputs
    if "load_erlangs" in given:
        return given.number("load_erlangs")
    for name, seconds in (("arrivals_per_s", 1), ("arrivals_per_min", 60), ("arrivals_per_h", 3600)):
        if name in given:
            return given.number(name) / seconds * _service(case)
    if "utilisation" in given:
        rho = given.number("utilisation")
        return (rho / 100 if rho > 1 else rho) * given.number("servers", 1)
    raise NotModelled("neither a load nor an arrival rate is given")


def _service(case: Case) -> float:
    given = case.inputs
    if "services_per_s" in given:
        rate = given.number("services_per_s")
        if rate <= 0:
            raise NotModelled(f"services_per_s = {rate:g} is not above 0")
        return 1 / rate
    # with a load alone, times come out in units of the mean service
    return given.number("service_s", 1.0)


def _servers(case: Case) -> float:
    return case.inputs.number("servers", case.inputs.number("chips", 1.0))


def _staff(case: Case, load: float, service: float) -> float:
    given = case.inputs
    if "wait_s" in given:
        return float(queueing.servers_for_wait(load, service, given.number("wait_s"), given.number("percentile", 95)))
    return float(queueing.square_root_staffing(load, given.number("safety")))


def _percentile(case: Case, quantity: str) -> float:
    for printed in ("99.9", "99", "95", "90", "50"):
        if printed in quantity:
            return float(printed)
    percentile = case.inputs.number("percentile")
    return percentile * 100 if percentile < 1 else percentile


def _availability(case: Case) -> Prediction:
    given = case.inputs
    spares = given.number("spares", 0)
    needed = given.number("needed", given.number("servers", 0) - spares)
    works = given.number("unit_availability")
    works = works / 100 if works > 1 else works
    return Prediction.exact(_share(case, float(queueing.availability(needed, spares, works))), rounding=1e-4)


def _market(case: Case) -> Prediction:
    given = case.inputs
    demand = given.number("models"), given.number("arrivals_per_s"), _service(case)
    if "active" in case.quantity.lower():
        return Prediction.exact(float(queueing.active_models(*demand)), rounding=0.05)
    per_chip = given.number("models_per_chip", 1)
    bound = float(queueing.pooled_accelerators_bound(*demand, per_chip))
    estimate = float(queueing.pooled_accelerators_estimate(*demand, per_chip))
    return Prediction(estimate, bound, max(estimate, estimate * estimate / max(bound, np.finfo(float).tiny)))


def _share(case: Case, share: float) -> float:
    return share * 100 if case.unit.strip().lower() in ("%", "percent", "pct") else share


def _timed(case: Case, seconds: float) -> Prediction:
    """Return a time in the unit of the row; exact where both streams are exponential."""
    unit = {"ms": 1000.0, "min": 1 / 60, "minutes": 1 / 60, "h": 1 / 3600, "hours": 1 / 3600}
    value = seconds * unit.get(case.unit.strip().lower(), 1.0)
    if case.inputs.number("arrival_scv", 1) != 1:
        return Prediction.within(value, _IRREGULAR_ARRIVALS)
    if case.inputs.number("service_scv", 1) != 1 and _servers(case) > 1:
        return Prediction.within(value, _IRREGULAR_LENGTHS)
    return Prediction.exact(value)


def _names(quantity: str, *words: str) -> bool:
    return any(word in quantity for word in words)


PREDICTORS = {"queueing": queue, "capacity": capacity}
