"""A fleet of servers, one job at a time: what Erlang's formula says on average, played out, bursts included.

It stands here and not in `aistack` because it is an experiment and no model: it needs SimPy and a random seed, takes
seconds instead of microseconds, and exists to test `aistack.queueing` (and to show where that is wrong).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aistack.checks import not_negative, positive

BATCHES = 20
"""Stretches of a run whose means are compared: jobs near each other wait alike, jobs of different stretches do not."""

WARM_UP_SHARE = 0.1
"""First jobs that are left out, because they found the fleet empty."""

CONFIDENCE = 0.95
_REPORTS = 100


@dataclass(frozen=True)
class QueueRun:
    """What a simulated queue did: `waits_seconds` of every job after the warm-up, in order of arrival."""

    waits_seconds: npt.NDArray[np.float64]

    @property
    def mean_wait_seconds(self) -> float:
        """Mean time in the queue."""
        return float(self.waits_seconds.mean())

    @property
    def waiting_share(self) -> float:
        """Share of jobs that had to wait."""
        return float((self.waits_seconds > 0).mean())

    def percentile_seconds(self, percentile: float) -> float:
        """Wait that `percentile` per cent of jobs did not exceed."""
        return float(np.percentile(self.waits_seconds, percentile))

    def mean_wait_interval(self) -> tuple[float, float]:
        """95 % confidence interval of the mean wait, by the method of batch means."""
        return _interval(self.waits_seconds)

    def waiting_share_interval(self) -> tuple[float, float]:
        """95 % confidence interval of the share of jobs that wait."""
        return _interval((self.waits_seconds > 0).astype(float))


def simulate_queue(
    load_erlangs: float,
    servers: int,
    service_seconds: float,
    jobs: int,
    seed: int,
    arrival_scv: float = 1,
    service_scv: float = 1,
    progress: Callable[[float], None] | None = None,
) -> QueueRun:
    """Send `jobs` jobs to `servers` servers, first come, first served, and note how long each waits.

    Times between jobs and lengths of jobs are exponential where their squared coefficient of variation (`arrival_scv`,
    `service_scv`) is 1, more irregular where it is above (a mix of short and long times: bursts and lulls), and
    constant where it is 0; values between are drawn from a gamma distribution. `progress` is called with the
    share done, about a hundred times. `ValueError` unless the load is below the number of servers. The same seed gives
    the same run.
    """
    import simpy  # imported here: only who simulates pays for it

    service = float(positive("service_seconds", service_seconds))
    load = float(positive("load_erlangs", load_erlangs))
    positive("servers - load_erlangs", servers - load)
    positive(
        f"jobs (of which at least {BATCHES / (1 - WARM_UP_SHARE):.0f} are needed)", jobs - BATCHES / (1 - WARM_UP_SHARE)
    )
    generator = np.random.default_rng(seed)
    gaps = _times(generator, service / load, float(not_negative("arrival_scv", arrival_scv)), jobs)
    lengths = _times(generator, service, float(not_negative("service_scv", service_scv)), jobs)
    waits = np.zeros(jobs)
    environment = simpy.Environment()
    fleet = simpy.Resource(environment, capacity=servers)

    def job(number: int) -> Generator[Any, Any, None]:
        arrived = environment.now
        with fleet.request() as turn:
            yield turn
            waits[number] = environment.now - arrived
            yield environment.timeout(lengths[number])

    def arrivals() -> Generator[Any, Any, None]:
        for number in range(jobs):
            yield environment.timeout(gaps[number])
            environment.process(job(number))
            if progress is not None and number % max(1, jobs // _REPORTS) == 0:
                progress(number / jobs)

    environment.process(arrivals())
    environment.run()
    if progress is not None:
        progress(1.0)
    return QueueRun(waits[int(jobs * WARM_UP_SHARE) :])


def _times(generator: np.random.Generator, mean: float, scv: float, count: int) -> npt.NDArray[np.float64]:
    """Draw times of a mean and a squared coefficient of variation."""
    if scv == 0:
        return np.full(count, mean)
    if scv <= 1:
        return generator.gamma(1 / scv, mean * scv, count)
    # two exponentials that add up to the same time each ("balanced means"): one short and frequent, one long and rare
    frequent = (1 + np.sqrt((scv - 1) / (scv + 1))) / 2
    short = generator.random(count) < frequent
    rates: npt.NDArray[np.float64] = 2 * np.where(short, frequent, 1 - frequent)
    return generator.exponential(1, count) * mean / rates


def _interval(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    from scipy.stats import t  # imported here: see above

    means = np.array([batch.mean() for batch in np.array_split(values, BATCHES)])
    half = float(t.ppf((1 + CONFIDENCE) / 2, BATCHES - 1)) * means.std(ddof=1) / np.sqrt(BATCHES)
    return float(means.mean() - half), float(means.mean() + half)
