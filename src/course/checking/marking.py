"""Marks a folder of submissions: those that are not in the store yet, side by side, here or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, nullcontext
from pathlib import Path
from threading import Event

from course.checking import graft
from course.checking.finding import find
from course.checking.jobs import Job, prepare, work
from course.checking.rows import Row
from course.checking.store import Store
from course.runner.workshop import Workshop

Done = Generator[tuple[Job, list[Row]], None, None]
Walls = Callable[[tuple[str, ...]], object]
Crew = Callable[[Sequence[Job], float, Walls], Done]
"""Works through jobs within a limit for each cell, tells which walls are missing before it begins, yields rows."""


def mark(
    paths: Sequence[Path],
    *,
    solutions: Path,
    timeout_s: float = 60,
    workers: int = 1,
    require_sandbox: bool = False,
    salt: str = graft.MARKING,
    class_key: str = "",
    store: Store | None = None,
    crew: Crew | None = None,
    on_walls: Walls | None = None,
    on_submission: Callable[[list[Row]], object] | None = None,
) -> list[Row]:
    """Mark notebooks, or all notebooks in folders, and return a row for each question of each.

    `timeout_s` is the limit of one cell. `salt` chooses the inputs on which functions are tried; with a `class_key`
    every learner has numbers of their own. What the `store` holds is not run again. `crew` does the running, by default
    `workers` threads here. `on_walls` is told which walls around learners' code are missing, and `on_submission` the
    rows of each submission when it is done. `ValueError` for a path without notebooks, (as `SheetError`) for an
    instructor's sheet that is not ready, and for a missing wall if `require_sandbox`.
    No submission raises: what is wrong with it stands in its rows.
    """
    found = find(paths)
    sheets = graft.load_sheets(solutions, salt, class_key)
    rows: dict[str, list[Row]] = {}
    waiting: list[Job] = []

    def done(name: str, own: list[Row]) -> None:
        rows[name] = own
        if on_submission is not None:
            on_submission(own)

    for each in found:
        job = prepare(each, sheets)
        if isinstance(job, Row):
            done(each.name, [job])
        elif store is not None and (kept := store.find(job, timeout_s)) is not None:
            done(each.name, kept)
        else:
            waiting.append(job)

    def look(missing: tuple[str, ...]) -> None:
        if require_sandbox and missing:
            raise ValueError(f"this system cannot build the walls {', '.join(missing)}, and they are required")
        if on_walls is not None:
            on_walls(missing)

    if waiting:
        with closing((crew or here(workers))(waiting, timeout_s, look)) as finished:
            for job, own in finished:
                if store is not None:
                    store.keep(job, timeout_s, own)
                done(job.name, own)
    return [row for each in found for row in rows[each.name]]


def here(workers: int, workshop: Workshop | None = None) -> Crew:
    """Return a crew of threads in this process, with one workshop for all of them: the given one, or one of its own."""

    def crew(jobs: Sequence[Job], timeout_s: float, on_walls: Walls) -> Done:
        stop = Event()
        with nullcontext(workshop) if workshop else Workshop() as shop, ThreadPoolExecutor(workers) as pool:
            on_walls(shop.missing)
            try:
                running = {pool.submit(work, job, shop, timeout_s, stop): job for job in jobs}
                for future in as_completed(running):
                    yield running[future], future.result()
            except BaseException:  # Ctrl-C too: learners' code must not run on
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    return crew
