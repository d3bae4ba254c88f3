"""Marks on an existing Dask cluster: the same work, submission by submission, on as many machines as there are.

The machines need this course in the same version. A worker that dies gives its submission back to the others.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from threading import Event

from course.checking import fingerprint
from course.checking.jobs import Job, failed, work
from course.checking.marking import Crew, Done, Walls
from course.checking.rows import Row
from course.runner.workshop import Workshop

_CONNECTING = "20s"
_making = threading.Lock()
_workshops: list[Workshop] = []
_same: set[str] = set()


def there(address: str) -> Crew:
    """Return a crew that is the cluster at an address such as `tcp://10.0.0.1:8786`.

    `ImportError` where dask.distributed is not installed; its crew raises `OSError` if nobody answers there.
    """
    from distributed import Client, as_completed

    def crew(jobs: Sequence[Job], timeout_s: float, on_walls: Walls) -> Done:
        fingerprints = {job.sheet.number: fingerprint.of_sheet(job.sheet) for job in jobs}
        with Client(address, timeout=_CONNECTING) as client:
            lacking = client.run(_missing).values()
            if not lacking:
                raise OSError(f"the cluster at {address} has no workers")
            missing = tuple(sorted(set().union(*lacking)))
            on_walls(missing)
            running = {}
            for job in jobs:
                bare = dataclasses.replace(job, sheet=job.sheet.bare())
                expected = fingerprints[job.sheet.number]
                running[client.submit(_work, bare, timeout_s, expected, missing, pure=False)] = job
            for future in as_completed(running):
                job = running[future]
                try:
                    rows = future.result()
                except Exception as error:  # one submission must never stop the rest
                    rows = failed(job, error)
                yield job, rows

    return crew


def _work(job: Job, timeout_s: float, expected: str, allowed: tuple[str, ...]) -> list[Row]:
    """Mark one submission on a worker. Refused where the course or a wall is not what was promised."""
    if expected not in _same:
        if fingerprint.of_sheet(job.sheet) != expected:
            raise ValueError("a worker has another version of the course, its packages or its data")
        _same.add(expected)
    lacking = set(_missing()) - set(allowed)
    if lacking:
        raise ValueError(f"a worker that came later lacks walls: {', '.join(sorted(lacking))}")
    return work(job, _workshop(), timeout_s, Event())


def _missing() -> tuple[str, ...]:
    return _workshop().missing


def _workshop() -> Workshop:
    """Return this process's own workshop; it ends with the process, because its warm process then hears no more."""
    with _making:
        if not _workshops:
            _workshops.append(Workshop().__enter__())
        return _workshops[0]
