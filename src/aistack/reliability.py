"""Failures of large jobs: how often, how often to save, and what share of the time is left for work.

One part of many stops the whole job, so the time between failures shrinks with the number of parts. Saving the state
often costs time; saving it seldom costs the work since the last save.

Sources: J. Young, 1974, doi:10.1145/361147.361115; J. Daly, "A higher order estimate of the optimum checkpoint
interval for restart dumps", 2006, doi:10.1016/j.future.2004.11.016.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aistack.checks import FloatArray, Numbers, not_negative, positive, together
from aistack.chips import GIGA
from aistack.fitted import Fitted

HOURS_PER_DAY = 24
ADAM_CHECKPOINT_BYTES = 2 + 4 + 4 + 4  # a parameter in 16 bits, its 32-bit copy, two moments: arXiv:1910.02054
_DALY_TERMS = (1 / 3, 1 / 9)  # Daly 2006, equation 37
_UNDERFLOW = 700.0  # exp of minus this is still a normal float

INTERRUPTIONS_PER_CHIP_DAY = Fitted(
    7.3e-4, 1.7e-4, 3.0e-3, "1/day", "unplanned stops of a job, per accelerator and day, all causes",
    ("meta-rsc-reliability", "bloom-paper", "infinitehbd-trace"), 2025,
)  # fmt: skip
RESTART_MINUTES = Fitted(
    12, 5, 30, "min", "from a failure to the next useful step", ("byterobust", "b200-504-reliability"), 2026
)
WRITE_GB_S_PER_NODE = Fitted(
    0.95,
    0.35,
    2.6,
    "GB/s",
    "rate at which a server of eight chips saves",
    ("b200-504-reliability",),
    2026,
)
SAVE_SECONDS = Fitted(40, 10, 160, "s", "pause for a checkpoint of a large model", ("ml-engineering",), 2022)


def mtbf_hours(parts: Numbers, failures_per_part_day: Numbers = INTERRUPTIONS_PER_CHIP_DAY.value) -> FloatArray:
    """Mean time between failures of a job on `parts` parts, any of which stops it: `24 / (n r)` hours.

    Takes failures as independent and equally likely at all times; real ones cluster in bad servers and young fleets.
    Decides: whether a job of this size needs automatic recovery.

    >>> round(float(mtbf_hours(16384, 4.74e-4)), 1)  # Llama 3 405B: one stop every three hours
    3.1
    """
    n, rate = positive("parts", parts), positive("failures_per_part_day", failures_per_part_day)
    together(parts=n, failures_per_part_day=rate)
    return HOURS_PER_DAY / (n * rate)


def expected_interruptions(
    parts: Numbers, days: Numbers, failures_per_part_day: Numbers = INTERRUPTIONS_PER_CHIP_DAY.value
) -> FloatArray:
    """Stops to be expected of a job: `n days r`. The count scatters around it by its square root at least.

    Decides: how many people and spare servers a run is given.

    >>> round(float(expected_interruptions(1024, 30, 1e-3)), 1)
    30.7
    """
    n, time = positive("parts", parts), not_negative("days", days)
    rate = not_negative("failures_per_part_day", failures_per_part_day)
    together(parts=n, days=time, failures_per_part_day=rate)
    return n * time * rate


def young_interval_seconds(checkpoint_seconds: Numbers, mtbf_seconds: Numbers) -> FloatArray:
    """Work between two saves that loses least, first order: `sqrt(2 C M)`. Good while C is far below M.

    Decides: how often to save.

    >>> float(young_interval_seconds(50, 10_000))
    1000.0
    """
    save, between = _positive_times(checkpoint_seconds=checkpoint_seconds, mtbf_seconds=mtbf_seconds)
    return np.sqrt(2 * save * between)


def daly_interval_seconds(checkpoint_seconds: Numbers, mtbf_seconds: Numbers) -> FloatArray:
    """Work between two saves that loses least, higher order: `sqrt(2CM) (1 + sqrt(C/2M)/3 + (C/2M)/9) - C`.

    From `C = 2M` on it is M: saving then takes longer than the machine lives. Decides: how often to save where
    failures are frequent.

    >>> round(float(daly_interval_seconds(50, 10_000)))
    967
    """
    save, between = _positive_times(checkpoint_seconds=checkpoint_seconds, mtbf_seconds=mtbf_seconds)
    ratio = np.minimum(save / (2 * between), 1)
    first, second = _DALY_TERMS
    series = np.sqrt(2 * save * between) * (1 + first * np.sqrt(ratio) + second * ratio) - save
    return np.where(save < 2 * between, series, between)[()]


def goodput_estimate(
    interval_seconds: Numbers, checkpoint_seconds: Numbers, restart_seconds: Numbers, mtbf_seconds: Numbers
) -> FloatArray:
    """Share of the time that ends up in the result: `(T/M) / (e^(R/M) (e^((T + C)/M) - 1))`, Daly 2006.

    Exact if failures come at random at a constant rate M, hit saving and restarting too, and saving stops the work.
    Known bias: asynchronous saving and hot spares do better. Decides: what share of a cluster's price buys progress.

    >>> round(float(goodput_estimate(1000, 50, 600, 10_000)), 2)
    0.85
    """
    work, between = _positive_times(interval_seconds=interval_seconds, mtbf_seconds=mtbf_seconds)
    save = not_negative("checkpoint_seconds", checkpoint_seconds)
    restart = not_negative("restart_seconds", restart_seconds)
    together(interval=work, checkpoint=save, restart=restart, mtbf=between)
    segment = (work + save) / between
    lost = np.exp(-np.minimum(restart / between + segment, _UNDERFLOW))
    return work / between * lost / -np.expm1(-np.minimum(segment, _UNDERFLOW))


def goodput_bound(
    interval_seconds: Numbers, checkpoint_seconds: Numbers, restart_seconds: Numbers, mtbf_seconds: Numbers
) -> FloatArray:
    """Upper bound on goodput: `T/(T + C) * M/(M + R)`, saving and restarting paid for and no work ever lost.

    Decides: what better recovery software could gain at most.

    >>> round(float(goodput_bound(1000, 50, 600, 10_000)), 2)
    0.9
    """
    work, between = _positive_times(interval_seconds=interval_seconds, mtbf_seconds=mtbf_seconds)
    save = not_negative("checkpoint_seconds", checkpoint_seconds)
    restart = not_negative("restart_seconds", restart_seconds)
    together(interval=work, checkpoint=save, restart=restart, mtbf=between)
    return work / (work + save) * between / (between + restart)


def checkpoint_bytes(parameters: Numbers, bytes_per_parameter: Numbers = ADAM_CHECKPOINT_BYTES) -> FloatArray:
    """Bytes of a saved training state; 14 a parameter for Adam in mixed precision.

    Decides: how much storage, and how fast, a cluster needs.

    >>> round(float(checkpoint_bytes(176.2e9)) / 1e12, 2)  # BLOOM: 2.3 TB on disk
    2.47
    """
    count, width = positive("parameters", parameters), positive("bytes_per_parameter", bytes_per_parameter)
    together(parameters=count, bytes_per_parameter=width)
    return count * width


def write_seconds(
    bytes_written: Numbers, nodes: Numbers, gb_s_per_node: Numbers = WRITE_GB_S_PER_NODE.value
) -> FloatArray:
    """Time to write a state that `nodes` servers write together: `bytes / (nodes * rate)`.

    Known bias: holds until the storage system itself is full, which is not in it. Decides: whether to buy faster
    storage or to save less often.

    >>> round(float(write_seconds(2.3e12, 48)))
    50
    """
    size, servers = positive("bytes_written", bytes_written), positive("nodes", nodes)
    rate = positive("gb_s_per_node", gb_s_per_node)
    together(bytes_written=size, nodes=servers, gb_s_per_node=rate)
    return size / (servers * rate * GIGA)


def _positive_times(**times: Numbers) -> list[npt.NDArray[np.float64]]:
    checked = {name: positive(name, value) for name, value in times.items()}
    together(**checked)
    return list(checked.values())
