"""How many servers a wanted wait costs: Erlang's formulas, the square root, pooling, autoscaling and spares.

Load is measured in erlangs: the number of servers that would be busy if none ever idled (arrivals per second times
seconds of service). Erlang's formulas assume that jobs come independently of one another (Poisson) and that their
lengths vary a lot (exponential).

Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges", 1917; S. Halfin, W. Whitt, "Heavy-traffic limits for queues with many exponential servers", Operations
Research 29(3), 1981, doi:10.1287/opre.29.3.567; A. O. Allen, "Probability, Statistics and Queueing Theory", 1990, for
the Allen-Cunneen approximation; Y. Xiang and others, "Aegaeon", SOSP 2025, doi:10.1145/3731569.3764815, for pooling.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, not_negative, positive, together

SERVERS_AT_MOST = 1e6
"""Largest number of servers that the recursions accept: they take one step for each server."""

_Checked = npt.NDArray[np.float64]


def erlang_b(load_erlangs: Numbers, servers: Numbers) -> FloatArray:
    """Share of jobs turned away by `servers` servers without a waiting room: the Erlang B formula.

    By the recursion `B(k) = a B(k-1) / (k + a B(k-1))`, `B(0) = 1`, which never forms a factorial and so is stable for
    any load. `load_erlangs` is 0 or more, `servers` whole numbers; arrays broadcast.

    Decides: how many servers to keep where a job that finds none free goes elsewhere.

    >>> round(float(erlang_b(load_erlangs=2, servers=3)), 4)  # 4/19
    0.2105
    """
    load, count = not_negative("load_erlangs", load_erlangs), _whole("servers", servers)
    together(load_erlangs=load, servers=count)
    shape = np.broadcast_shapes(load.shape, count.shape)
    if not shape:  # Python steps through single numbers ten times as quickly as NumPy
        one, offer = 1.0, float(load)
        for k in range(1, int(count) + 1):
            one = offer * one / (k + offer * one)
        return np.float64(one)
    blocked = np.ones(shape)
    for k in range(1, int(count.max(initial=0)) + 1):
        offered = load * blocked
        blocked = np.where(count >= k, offered / (k + offered), blocked)
    return blocked


def erlang_c(load_erlangs: Numbers, servers: Numbers) -> FloatArray:
    """Probability that a job must wait: the Erlang C formula, `C = B / (1 - rho (1 - B))` with `rho = a / c`.

    1 where the load is as large as the number of servers or larger: then the queue grows without end and everybody
    waits. Arrays broadcast. Known bias: jobs that come in bursts wait more often than this.

    Decides: whether a fleet is large enough that few requests queue.

    >>> round(float(erlang_c(load_erlangs=8, servers=10)), 4)
    0.4092
    """
    count = positive("servers", _whole("servers", servers))
    blocked = np.asarray(erlang_b(load_erlangs, count))
    used = np.minimum(not_negative("load_erlangs", load_erlangs) / count, 1.0)
    carried = used * (1 - blocked)
    waits = np.where(used < 1, blocked / np.where(used < 1, 1 - carried, 1), 1.0)
    return waits if waits.ndim else np.float64(waits)


def mean_wait_seconds(
    load_erlangs: Numbers,
    servers: Numbers,
    service_seconds: Numbers,
    arrival_scv: Numbers = 1,
    service_scv: Numbers = 1,
) -> FloatArray:
    """Mean time in the queue: `C S / (c - a)`, times `(ca2 + cs2) / 2` where arrivals or lengths are not exponential.

    `arrival_scv`, `service_scv` are squared coefficients of variation (variance over squared mean) of the times between
    jobs and of their lengths: 1 for exponential, 0 for clockwork, more for bursts. Exact for 1 and 1, and for one
    server with Poisson arrivals (Pollaczek and Khinchine); otherwise the Allen-Cunneen approximation, for 20 servers at
    85 % load a quarter too low for bursts and twice too high for clockwork. `ValueError` unless the load is below the
    number of servers.

    Decides: what a fleet of a given size makes its users wait.

    >>> float(mean_wait_seconds(load_erlangs=0.5, servers=1, service_seconds=2))  # half of the jobs wait 4 s
    2.0
    """
    load, count = _stable(load_erlangs, servers)
    service = positive("service_seconds", service_seconds)
    arrivals, lengths = not_negative("arrival_scv", arrival_scv), not_negative("service_scv", service_scv)
    together(load_erlangs=load, servers=count, service_seconds=service, arrival_scv=arrivals, service_scv=lengths)
    return erlang_c(load, count) * service / (count - load) * (arrivals + lengths) / 2


def wait_percentile_seconds(
    load_erlangs: Numbers, servers: Numbers, service_seconds: Numbers, percentile: Numbers
) -> FloatArray:
    """Wait that `percentile` per cent of jobs do not exceed (first come, first served): `S ln(C / (1 - p)) / (c - a)`.

    0 where fewer than the remaining jobs wait at all. `percentile` is below 100; the load must be below the number of
    servers. Exact for Poisson arrivals and exponential lengths; bursts make it longer.

    Decides: whether a promise such as "95 % start within a second" can be kept.

    >>> round(float(wait_percentile_seconds(load_erlangs=8, servers=10, service_seconds=1, percentile=95)), 2)
    1.05
    """
    load, count = _stable(load_erlangs, servers)
    service, share = positive("service_seconds", service_seconds), _percent(percentile)
    together(load_erlangs=load, servers=count, service_seconds=service, percentile=share)
    slower = np.asarray(erlang_c(load, count)) / (1 - share)
    return np.log(np.maximum(slower, 1.0)) * service / (count - load)


def servers_for_wait(
    load_erlangs: Numbers, service_seconds: Numbers, wait_seconds: Numbers, percentile: Numbers
) -> FloatArray:
    """Fewest servers with which `percentile` per cent of jobs wait at most `wait_seconds`.

    Erlang's recursion is carried on, one server at a time, until `C exp(-(c - a) t / S) <= 1 - p` holds. Arrays
    broadcast. Known bias: too few for bursts.

    Decides: how much capacity to build for a promised latency.

    >>> int(servers_for_wait(load_erlangs=8, service_seconds=1, wait_seconds=1, percentile=95))
    11
    """
    load, service = not_negative("load_erlangs", load_erlangs), positive("service_seconds", service_seconds)
    target, share = not_negative("wait_seconds", wait_seconds), _percent(percentile)
    not_negative("load_erlangs", load, at_most=SERVERS_AT_MOST)
    together(load_erlangs=load, service_seconds=service, wait_seconds=target, percentile=share)
    load, service, target, share = np.broadcast_arrays(load, service, target, share)
    needed, blocked, k = np.where(load > 0, -1.0, 0.0), np.ones(load.shape), 0
    while (needed < 0).any():
        k += 1
        blocked = load * blocked / (k + load * blocked)
        spare = np.maximum(k - load, 0.0)
        waits = np.where(spare > 0, k * blocked / np.where(spare > 0, spare + load * blocked, 1), 1.0)
        served = (spare > 0) & (waits * np.exp(-spare * target / service) <= 1 - share)
        needed = np.where((needed < 0) & served, k, needed)
    return needed if needed.ndim else np.float64(needed)


def square_root_staffing(load_erlangs: Numbers, safety: Numbers) -> FloatArray:
    """Servers by the square-root rule: `a + beta sqrt(a)`. Not rounded.

    `safety` (beta) says how many standard deviations of a Poisson load are kept free. The spare share falls as
    `beta / sqrt(a)`: that is why large fleets idle less.

    Decides: how spare capacity must grow when demand does.

    >>> float(square_root_staffing(load_erlangs=100, safety=2)), float(square_root_staffing(10_000, 2))
    (120.0, 10200.0)
    """
    load, beta = not_negative("load_erlangs", load_erlangs), not_negative("safety", safety)
    together(load_erlangs=load, safety=beta)
    return load + beta * np.sqrt(load)


def wait_probability_limit(safety: Numbers) -> FloatArray:
    """Probability of waiting in a very large fleet staffed by the square root: `1 / (1 + beta Phi(beta) / phi(beta))`.

    Halfin and Whitt's limit of Erlang C, for `load + beta sqrt(load)` servers. Known bias: too low by up to four
    percentage points at 10 erlangs and by one and a half at 100.

    Decides: which safety factor a wanted quality of service needs.

    >>> round(float(wait_probability_limit(1)), 3)
    0.223
    """
    from scipy.special import log_ndtr  # imported here: it costs more time than all else in this module

    beta = not_negative("safety", safety)
    log_phi = -(beta**2 + np.log(2 * np.pi)) / 2
    # beyond some 37 standard deviations the ratio overflows, and the probability is 0 to every digit
    exponent = np.minimum(log_ndtr(beta) - log_phi, np.log(np.finfo(float).max) / 2)
    return np.asarray(1 / (1 + beta * np.exp(exponent)), dtype=np.float64)[()]


class Pooling(NamedTuple):
    """Servers needed by separate fleets together, and by one fleet that serves all of their demand."""

    separate: FloatArray
    pooled: FloatArray

    @property
    def saved_share(self) -> FloatArray:
        """Share of the servers that pooling makes unnecessary."""
        return 1 - self.pooled / self.separate


def pooling(
    load_erlangs: Numbers, fleets: Numbers, service_seconds: Numbers, wait_seconds: Numbers, percentile: Numbers
) -> Pooling:
    """Servers for a total load split evenly over `fleets` fleets, against one fleet, at the same promise on waiting.

    Known bias: peaks of real users coincide (everybody's day has a noon), so real fleets save less than independent
    ones; and moving a job to another fleet is taken to cost nothing.

    Decides: whether to share a fleet or to give each product its own.

    >>> pooling(load_erlangs=40, fleets=10, service_seconds=1, wait_seconds=0.5, percentile=95).pooled < 50
    np.True_
    """
    load, count = positive("load_erlangs", load_erlangs), positive("fleets", _whole("fleets", fleets))
    together(load_erlangs=load, fleets=count)
    each = servers_for_wait(load / count, service_seconds, wait_seconds, percentile)
    return Pooling(count * each, servers_for_wait(load, service_seconds, wait_seconds, percentile))


def autoscaling_shortfall_servers(
    ramp_servers_per_second: Numbers, lag_seconds: Numbers, ramp_seconds: Numbers
) -> FloatArray:
    """Most servers missing while demand ramps up and capacity follows `lag_seconds` later: `r min(T, D)`.

    This many must stand idle beforehand if nobody may wait.

    Decides: how much headroom a slow start of servers makes necessary.

    >>> float(autoscaling_shortfall_servers(ramp_servers_per_second=0.5, lag_seconds=120, ramp_seconds=600))
    60.0
    """
    ramp, lag, duration = _ramp(ramp_servers_per_second, lag_seconds, ramp_seconds)
    return ramp * np.minimum(lag, duration)


def autoscaling_backlog_server_seconds(
    ramp_servers_per_second: Numbers, lag_seconds: Numbers, ramp_seconds: Numbers
) -> FloatArray:
    """Work left undone (or queued) by capacity that follows a ramp `lag_seconds` later: `(r D) T` server-seconds.

    The area between a ramp that rises by `r D` servers and its own copy, shifted by the lag.

    Decides: what it is worth to start servers faster.

    >>> float(autoscaling_backlog_server_seconds(ramp_servers_per_second=0.5, lag_seconds=120, ramp_seconds=600))
    36000.0
    """
    ramp, lag, duration = _ramp(ramp_servers_per_second, lag_seconds, ramp_seconds)
    return ramp * duration * lag


def availability(needed: Numbers, spares: Numbers, unit_availability: Numbers) -> FloatArray:
    """Probability that at least `needed` of `needed + spares` units work: the upper tail of a binomial.

    `unit_availability` is the share of time one unit works, at most 1. Known bias: units that share a switch, a power
    feed or a bug fail together, so real availability is lower.

    Decides: how many spares (N + k) a promise of availability needs.

    >>> round(float(availability(needed=8, spares=1, unit_availability=0.99)), 4)
    0.9966
    """
    from scipy.special import bdtrc  # imported here: see above

    need, extra = positive("needed", _whole("needed", needed)), _whole("spares", spares)
    works = not_negative("unit_availability", unit_availability, at_most=1)
    together(needed=need, spares=extra, unit_availability=works)
    units = (need + extra).astype(int)
    return np.asarray(bdtrc(need - 1, units, works), dtype=np.float64)[()]


def active_models(models: Numbers, requests_per_second: Numbers, seconds_per_request: Numbers) -> FloatArray:
    """Models that have a request in work at one moment, on average: `M (1 - exp(-lambda T))`.

    Each of `models` models gets `requests_per_second` of its own and keeps each `seconds_per_request`; a model with
    several requests at once counts once.

    Decides: whether a long list of rarely used models needs a chip for each.

    >>> round(float(active_models(models=100, requests_per_second=0.01, seconds_per_request=10)), 1)
    9.5
    """
    count, rate, seconds = _market(models, requests_per_second, seconds_per_request)
    return -count * np.expm1(-rate * seconds)


def pooled_accelerators_bound(
    models: Numbers, requests_per_second: Numbers, seconds_per_request: Numbers, models_per_accelerator: Numbers = 1
) -> FloatArray:
    """Fewest accelerators that the models' mean demand fills: active models over those that one accelerator serves.

    With switching between requests one accelerator serves one active model; switching after every token lets one serve
    several (`models_per_accelerator`). Nothing is kept for chance and nothing lost in switching.

    Decides: the most that pooling could ever save.
    """
    served = positive("models_per_accelerator", models_per_accelerator)
    together(models=not_negative("models", models), models_per_accelerator=served)
    return active_models(models, requests_per_second, seconds_per_request) / served


def pooled_accelerators_estimate(
    models: Numbers,
    requests_per_second: Numbers,
    seconds_per_request: Numbers,
    models_per_accelerator: Numbers = 1,
    safety: Numbers = 2,
    switching_share: Numbers = 0,
) -> FloatArray:
    """Accelerators for the models' demand with a margin for chance and with time lost in switching.

    `(m + beta sqrt(m (1 - m / M))) / (k (1 - s))`: the spread of a binomial number of active models, `safety` standard
    deviations of it, and `switching_share` of the time spent on loading models rather than on serving them. Never more
    than one accelerator for each model, which is what dedicated ones need.

    Decides: whether to pool chips between models, and what faster switching is worth.

    >>> round(float(pooled_accelerators_estimate(100, requests_per_second=0.01, seconds_per_request=10)), 1)
    15.4
    """
    count = _market(models, requests_per_second, seconds_per_request)[0]
    active = active_models(models, requests_per_second, seconds_per_request)
    served = positive("models_per_accelerator", models_per_accelerator)
    beta, lost = not_negative("safety", safety), not_negative("switching_share", switching_share)
    useful = positive("1 - switching_share", 1 - lost)
    together(models=count, active=np.asarray(active), models_per_accelerator=served, safety=beta, switching_share=lost)
    idle = np.maximum(1 - active / np.where(count > 0, count, 1), 0.0)
    return np.minimum((active + beta * np.sqrt(active * idle)) / (served * useful), count)


def stage_server_ratio(first_seconds: Numbers, second_seconds: Numbers) -> FloatArray:
    """Servers of the first stage for each of the second, so that neither waits for the other: `s1 / s2`.

    `first_seconds`, `second_seconds`: a server's time for one job in each stage (divide by the batch if it does several
    at once).

    Decides: how to split a fleet between reading prompts and writing answers.

    >>> round(float(stage_server_ratio(first_seconds=0.9, second_seconds=0.3)), 1)
    3.0
    """
    first, second = not_negative("first_seconds", first_seconds), positive("second_seconds", second_seconds)
    together(first_seconds=first, second_seconds=second)
    return first / second


def _whole(name: str, value: Numbers) -> _Checked:
    numbers = not_negative(name, value, at_most=SERVERS_AT_MOST)
    broken = numbers != np.floor(numbers)
    if broken.any():
        raise ValueError(f"{name} = {numbers[broken].flat[0] if numbers.ndim else numbers[()]:g} is not a whole number")
    return numbers


def _stable(load_erlangs: Numbers, servers: Numbers) -> tuple[_Checked, _Checked]:
    load, count = not_negative("load_erlangs", load_erlangs), positive("servers", _whole("servers", servers))
    together(load_erlangs=load, servers=count)
    loads, counts = np.broadcast_arrays(load, count)
    late = loads >= counts
    if late.any():
        raise ValueError(
            f"load_erlangs = {loads[late][0]:g} is out of range; allowed: below servers = {counts[late][0]:g}"
        )
    return load, count


def _percent(percentile: Numbers) -> _Checked:
    share = not_negative("percentile", percentile, at_most=100) / 100
    positive("100 - percentile", 1 - share)
    return share


def _ramp(ramp: Numbers, lag: Numbers, duration: Numbers) -> tuple[_Checked, _Checked, _Checked]:
    checked = (
        not_negative("ramp_servers_per_second", ramp),
        not_negative("lag_seconds", lag),
        not_negative("ramp_seconds", duration),
    )
    together(ramp_servers_per_second=checked[0], lag_seconds=checked[1], ramp_seconds=checked[2])
    return checked


def _market(models: Numbers, rate: Numbers, seconds: Numbers) -> tuple[_Checked, _Checked, _Checked]:
    checked = (
        not_negative("models", models),
        not_negative("requests_per_second", rate),
        not_negative("seconds_per_request", seconds),
    )
    together(models=checked[0], requests_per_second=checked[1], seconds_per_request=checked[2])
    return checked
