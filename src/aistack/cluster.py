"""Many chips on one job: what talking to each other costs, and when more chips stop helping.

Chips that share a job must add up their results: an all-reduce. Its time is a fixed wait for every hop (alpha) plus
the bytes over the wire (beta). The work shrinks with the number of chips, the wait grows with it: so there is a
fastest number of chips, and a speed that no number of weak chips reaches.

Sources: R. Thakur, R. Rabenseifner, W. Gropp, "Optimization of collective communication operations in MPICH", 2005,
doi:10.1177/1094342005051521 (ring, tree); D. Narayanan et al., 2021, arXiv:2104.04473 (pipeline); G. Amdahl, 1967.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, not_negative, positive, together
from aistack.chips import GIGA
from aistack.fitted import Fitted

Array = npt.NDArray[np.float64]

MICRO = 1e-6
KILO = 1e3
SECONDS_PER_DAY = 86_400
TRAINING_FLOP_PER_PARAMETER_TOKEN = 6  # 2 forward, 4 backward: Kaplan et al. 2020, arXiv:2001.08361

LINK_EFFICIENCY = Fitted(
    0.80, 0.72, 0.83, "1", "share of a link's rate that a ring all-reduce reaches",
    ("nccl-tests-issues", "nccl-issues", "oci-gpu-clusters"), 2024,
)  # fmt: skip
NETWORK_EFFICIENCY = Fitted(
    0.88, 0.67, 0.96, "1", "share of the bound that an all-reduce between servers reaches",
    ("nccl-tests-issues", "coreweave-nccl-tests", "dstack-clusters"), 2026,
)  # fmt: skip
IN_NETWORK_GAIN = Fitted(
    1.28, 1.15, 1.35, "1", "speed-up of an all-reduce when the switch does the adding",
    ("nccl-tests-issues", "gtc-s62129"), 2024,
)  # fmt: skip
CALL_MICROSECONDS = Fitted(
    22, 8, 60, "us", "wait of one collective call inside a server",
    ("mooncake-collectives", "nccl-issues", "azure-ai-benchmarking-guide"), 2025,
)  # fmt: skip
NETWORK_HOP_MICROSECONDS = Fitted(
    13, 5, 30, "us", "wait of one hop between servers",
    ("aws-efa-eks", "oci-gpu-clusters", "dstack-clusters", "nccl-issues"), 2025,
)  # fmt: skip
RAMP = Fitted(
    0.35, 0.05, 0.95, "1", "how far wait and transfer of a cut-up message fail to overlap, between 0 and 1",
    ("aws-efa-eks", "oci-gpu-clusters", "dstack-clusters"), 2025,
)  # fmt: skip


def bus_factor(ranks: Numbers) -> FloatArray:
    """Bytes that each of `ranks` chips sends for every byte of an all-reduce by ring: `2(n - 1) / n`.

    It turns "algorithm" into "bus" bandwidth (NVIDIA/nccl-tests, doc/PERFORMANCE.md).
    Decides: whether a bandwidth that a vendor prints is that of the payload or of the wire.

    >>> float(bus_factor(8))
    1.75
    """
    n = _at_least_one("ranks", ranks)
    return 2 * (n - 1) / n


def ring_allreduce_seconds(payload_bytes: Numbers, ranks: Numbers, link_gb_s: Numbers, hop_us: Numbers) -> FloatArray:
    """Time of a ring all-reduce: `2(n - 1) alpha + 2(n - 1)/n * S/B`. Most bytes at full rate, but n waits.

    Decides: which algorithm, and so which network, suits large messages on few chips.

    >>> round(float(ring_allreduce_seconds(1e9, 8, 450, 1)) * 1e3, 2)  # 1 GB on 8 H100: milliseconds
    3.9
    """
    payload, n, rate, hop = _collective(payload_bytes, ranks, link_gb_s, hop_us)
    return 2 * (n - 1) * hop + bus_factor(n) * payload / rate


def tree_allreduce_seconds(payload_bytes: Numbers, ranks: Numbers, link_gb_s: Numbers, hop_us: Numbers) -> FloatArray:
    """Time of a double-tree all-reduce: `2 log2(n) alpha + 2 S/B`. Few waits; on few chips a little slower per byte.

    Decides: the same choice for small messages and many chips, where the wait is what counts.

    >>> round(float(tree_allreduce_seconds(1e3, 1024, 450, 1)) * 1e6)  # microseconds; a ring would take 2,046
    20
    """
    payload, n, rate, hop = _collective(payload_bytes, ranks, link_gb_s, hop_us)
    return 2 * np.log2(n) * hop + np.where(n > 1, 2 * payload / rate, 0.0)


def allreduce_gb_s_bound(
    nodes: Numbers, chips_per_node: Numbers, link_gb_s: Numbers, network_gb_s: Numbers, in_network: bool = False
) -> FloatArray:
    """Upper bound on the bus bandwidth of an all-reduce over `nodes` servers, in GB/s.

    Inside a server the links bind; in between the servers' ports (`network_gb_s` a server) bind, and the adding up
    inside each server first saves traffic: `min(B, W * N/(N - 1) * (n - 1)/n)`. With `in_network` a byte crosses
    a link once and not `2(n - 1)/n` times. Decides: what a network could give at best, before one pays for it.

    >>> float(allreduce_gb_s_bound(1, 8, 450, 400)), float(allreduce_gb_s_bound(4, 8, 900, 400).round())
    (450.0, 517.0)
    """
    servers, local = _at_least_one("nodes", nodes), _at_least_one("chips_per_node", chips_per_node)
    link, network = positive("link_gb_s", link_gb_s), positive("network_gb_s", network_gb_s)
    together(nodes=servers, chips_per_node=local, link_gb_s=link, network_gb_s=network)
    inside = link * np.maximum(bus_factor(servers * local), 1) if in_network else link
    return _narrower(servers, local, inside, network)


def allreduce_seconds_estimate(
    payload_bytes: Numbers,
    nodes: Numbers,
    chips_per_node: Numbers,
    link_gb_s: Numbers,
    network_gb_s: Numbers,
    in_network: bool = False,
    link_efficiency: Numbers = LINK_EFFICIENCY.value,
    network_efficiency: Numbers = NETWORK_EFFICIENCY.value,
    in_network_gain: Numbers = IN_NETWORK_GAIN.value,
    call_us: Numbers = CALL_MICROSECONDS.value,
    network_hop_us: Numbers = NETWORK_HOP_MICROSECONDS.value,
    ramp: Numbers = RAMP.value,
) -> FloatArray:
    """Time in seconds that a real library takes for an all-reduce: `a + b + 2 r sqrt(a b)`.

    `a` is the wait (one call and `2 log2(nodes)` hops), `b` the transfer at the share of the wire that libraries
    reach. A long message is cut up to overlap both; the last term is what that leaves (`ramp` r: 0 perfect, 1 the
    pipelined tree of Sanders and Sibeyn). Known bias: knows nothing of a library's switches between protocols, so
    between 1 and 64 MB it can be off by a factor of 2. Decides: how much of a step a given network eats.

    >>> round(8e9 / float(allreduce_seconds_estimate(8e9, 1, 8, 450, 400, in_network=True)) / 1e9)  # GB/s of payload
    258
    """
    payload = positive("payload_bytes", payload_bytes)
    servers, local = _at_least_one("nodes", nodes), _at_least_one("chips_per_node", chips_per_node)
    gain = positive("in_network_gain", in_network_gain) if in_network else 1
    inside = positive("link_gb_s", link_gb_s) * positive("link_efficiency", link_efficiency, at_most=1) * gain
    between = positive("network_gb_s", network_gb_s) * positive("network_efficiency", network_efficiency, at_most=1)
    hop = not_negative("network_hop_us", network_hop_us)
    wait = (not_negative("call_us", call_us) + 2 * np.log2(servers) * hop) * MICRO
    transfer = payload * bus_factor(servers * local) / (_narrower(servers, local, inside, between) * GIGA)
    return wait + transfer + 2 * not_negative("ramp", ramp, at_most=1) * np.sqrt(wait * transfer)


def pipeline_bubble(stages: Numbers, microbatches: Numbers, virtual_stages: Numbers = 1) -> FloatArray:
    """Share of a step in which a pipeline's stages wait: `(p - 1) / (m v + p - 1)`.

    `virtual_stages` v: pieces of the model that each stage holds in turn (interleaving). Takes all pieces as equally
    slow. Decides: how far a model may be cut into stages for a given batch.

    >>> round(float(pipeline_bubble(8, 32)), 3), round(float(pipeline_bubble(8, 32, 2)), 3)
    (0.179, 0.099)
    """
    p, m = _at_least_one("stages", stages), _at_least_one("microbatches", microbatches)
    v = _at_least_one("virtual_stages", virtual_stages)
    together(stages=p, microbatches=m, virtual_stages=v)
    return (p - 1) / (m * v + p - 1)


def parallel_seconds(
    chips: Numbers, work_seconds: Numbers, serial_seconds: Numbers = 0, doubling_seconds: Numbers = 0
) -> FloatArray:
    """Time of a job on `chips` chips: `t(n) = serial + work/n + doubling * log2(n)`.

    `work_seconds` is the part that can be shared, on one chip; `serial_seconds` no chip takes off another's hands
    (Amdahl); `doubling_seconds` is the wait that each doubling of the number adds (tree all-reduce: twice the hop,
    times the collectives in the job). Known bias: all chips alike, no imbalance. Decides: how many chips a job gets.

    >>> float(parallel_seconds(16, work_seconds=16, serial_seconds=1, doubling_seconds=0.5))
    4.0
    """
    n = _at_least_one("chips", chips)
    work, serial, doubling = _job(work_seconds, serial_seconds, doubling_seconds)
    together(chips=n, work_seconds=work, serial_seconds=serial, doubling_seconds=doubling)
    return serial + work / n + doubling * np.log2(n)


def fastest_chips(work_seconds: Numbers, doubling_seconds: Numbers) -> FloatArray:
    """Number of chips beyond which more make the job slower: `work * ln 2 / doubling`, at least 1, inf without wait.

    Decides: where buying more chips for one job stops being worth anything at all.

    >>> round(float(fastest_chips(1, 0.001)))
    693
    """
    work, _, doubling = _job(work_seconds, 0, doubling_seconds)
    together(work_seconds=work, doubling_seconds=doubling)
    work, doubling = np.broadcast_arrays(work, doubling)
    most = np.where(doubling > 0, work * np.log(2) / np.where(doubling > 0, doubling, 1), np.inf)
    fastest: FloatArray = np.maximum(most, 1)[()]
    return fastest


def chips_needed(
    target_seconds: Numbers, work_seconds: Numbers, serial_seconds: Numbers = 0, doubling_seconds: Numbers = 0
) -> FloatArray:
    """Smallest whole number of chips that finishes within `target_seconds`; inf where no number does.

    Solves `parallel_seconds(n) <= target` by halving between 1 and `fastest_chips`. Decides: how many weak chips
    replace a strong one, and whether any number can.

    >>> float(chips_needed(2, 16, 1, 0.125)), float(chips_needed(2, 16, 1, 1))
    (64.0, inf)
    """
    target = positive("target_seconds", target_seconds)
    work, serial, doubling = _job(work_seconds, serial_seconds, doubling_seconds)
    together(target_seconds=target, work_seconds=work, serial_seconds=serial, doubling_seconds=doubling)
    target, work, serial, doubling = np.broadcast_arrays(target, work, serial, doubling)
    spare = target - serial
    low = np.where(spare > 0, np.maximum(work / np.where(spare > 0, spare, 1), 1), 1)  # without any wait
    high = fastest_chips(work, doubling)
    high = np.where(np.isfinite(high), high, low)
    possible = (spare > 0) & (serial + work / high + doubling * np.log2(high) <= target * (1 + _ROUNDING))
    low, high = np.where(possible, np.minimum(low, high), 1), np.where(possible, high, 1)
    for _ in range(_HALVINGS):
        middle = np.sqrt(low * high)
        enough = serial + work / middle + doubling * np.log2(middle) <= target * (1 + _ROUNDING)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(possible, np.ceil(high * (1 - _ROUNDING)), np.inf)[()]


class Replacement(NamedTuple):
    """What replaces a faster system: `chips` of them (inf if none can), their `power_kw` and `failures_per_day`."""

    chips: FloatArray
    power_kw: FloatArray
    failures_per_day: FloatArray


def replacement(
    target_seconds: Numbers,
    work_seconds: Numbers,
    serial_seconds: Numbers,
    doubling_seconds: Numbers,
    watts_per_chip: Numbers,
    failures_per_chip_day: Numbers,
) -> Replacement:
    """Weak chips, power and failures that it takes to be as fast as `target_seconds`; see `chips_needed`.

    `watts_per_chip` is the whole system's power over its chips. Decides: whether a shortage of good chips can be
    paid for in electricity and repairs, and at what rate.

    >>> replacement(2, 16, 1, 0.125, 1000, 0.001).power_kw
    np.float64(64.0)
    """
    chips = chips_needed(target_seconds, work_seconds, serial_seconds, doubling_seconds)
    watts = not_negative("watts_per_chip", watts_per_chip)
    failures = not_negative("failures_per_chip_day", failures_per_chip_day)
    together(chips=np.asarray(chips), watts_per_chip=watts, failures_per_chip_day=failures)
    return Replacement(chips, _times(chips, watts / KILO), _times(chips, failures))


def latency_wall_flop(
    days: Numbers,
    batch_tokens: Numbers,
    layers: Numbers,
    layer_us: Numbers,
    tokens_per_parameter: Numbers,
    latency_share: Numbers = 1,
) -> FloatArray:
    """Largest training run in FLOP if waiting alone may fill `latency_share` of the time: `6 D^2 / ratio`.

    A step passes every layer twice in turn, whatever the number of chips, so in `days` at most
    `D = share * batch * T / (2 layers layer_us)` tokens are seen. After E. Erdil and D. Schneider-Joseph, 2024,
    arXiv:2411.01137, who let batch and depth grow with the run. Known bias: here both are given and fixed.
    Decides: whether the next run is short of chips or of time.

    >>> f"{float(latency_wall_flop(90, 16e6, 126, 30, 20)):.0e}"
    '8e+31'
    """
    time = positive("days", days) * SECONDS_PER_DAY
    batch, depth = positive("batch_tokens", batch_tokens), positive("layers", layers)
    wait, ratio = positive("layer_us", layer_us), positive("tokens_per_parameter", tokens_per_parameter)
    share = positive("latency_share", latency_share, at_most=1)
    together(days=time, batch_tokens=batch, layers=depth, layer_us=wait, tokens_per_parameter=ratio, share=share)
    tokens = share * batch * time / (2 * depth * wait * MICRO)
    return TRAINING_FLOP_PER_PARAMETER_TOKEN * tokens * tokens / ratio


_HALVINGS = 64  # of an interval on a logarithmic scale: more than a float can tell apart
_ROUNDING = 1e-12


def _at_least_one(name: str, value: Numbers) -> Array:
    numbers = positive(name, value)
    if (numbers < 1).any():
        raise ValueError(f"{name} = {numbers.min():g} is out of range; allowed: 1 or more, finite")
    return numbers


def _collective(payload: Numbers, ranks: Numbers, link: Numbers, hop: Numbers) -> tuple[Array, ...]:
    size, n = positive("payload_bytes", payload), _at_least_one("ranks", ranks)
    rate, wait = positive("link_gb_s", link) * GIGA, not_negative("hop_us", hop) * MICRO
    together(payload_bytes=size, ranks=n, link_gb_s=rate, hop_us=wait)
    return size, n, rate, wait


def _narrower(servers: Array, local: Array, inside: Array, network: Array) -> FloatArray:
    """Bus bandwidth where the links inside a server and the ports between servers bind."""
    between = network * bus_factor(servers * local) / np.maximum(bus_factor(servers), 1)
    return np.where(servers > 1, np.where(local > 1, np.minimum(inside, between), between), inside)[()]


def _job(work: Numbers, serial: Numbers, doubling: Numbers) -> tuple[Array, ...]:
    return (
        positive("work_seconds", work),
        not_negative("serial_seconds", serial),
        not_negative("doubling_seconds", doubling),
    )


def _times(chips: FloatArray, rate: Array) -> FloatArray:
    """Multiply, where inf times nothing is nothing."""
    return np.where(rate > 0, np.where(rate > 0, rate, 1) * chips, 0.0)[()]
