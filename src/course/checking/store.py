"""Marks on disk, one transaction a submission: stopped at any moment, it keeps what was done."""

from __future__ import annotations

import json
import secrets
import sqlite3
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout

from course.checking import fingerprint
from course.checking.jobs import FAILED, Job
from course.checking.rows import Row
from course.paths import MARKS

_TABLES = """
create table if not exists marks (submission text primary key, fingerprint text not null, rows text not null);
create table if not exists secrets (name text primary key, value text not null);
"""


class Store:
    """The marks in a folder; use it as a context manager. `ValueError` if it is in use, or is no store.

    A submission is known by its name, and by a fingerprint of its answers, its sheet and the limit of a cell.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / MARKS
        self._sheets: dict[str, str] = {}
        self._lock = FileLock(folder / f".{MARKS}.lock")

    def __enter__(self) -> Store:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ValueError(f"another `course check` is writing to {self.path.parent}") from None
        try:
            self._base = sqlite3.connect(self.path)
            self._base.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            self._lock.release()
            raise ValueError(f"{self.path} cannot be used: {error}; move it away to begin anew") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()
        self._lock.release()

    def find(self, job: Job, timeout_s: float) -> list[Row] | None:
        """Return the rows of a submission if nothing that they hang on has changed since."""
        wanted = "select rows from marks where submission = ? and fingerprint = ?"
        row = self._base.execute(wanted, (job.name, self._fingerprint(job, timeout_s))).fetchone()
        return None if row is None else [Row(**each) for each in json.loads(row[0])]

    def keep(self, job: Job, timeout_s: float, rows: list[Row]) -> None:
        """Write the rows of a submission, all or none; rows that say that marking itself failed are not worth it."""
        if any(row.message.startswith(FAILED) for row in rows):
            return
        text = json.dumps([asdict(row) for row in rows])
        with self._base:
            values = (job.name, self._fingerprint(job, timeout_s), text)
            self._base.execute("insert or replace into marks values (?, ?, ?)", values)

    def everything(self) -> dict[str, list[Row]]:
        """Return the rows of each submission that was run, by name."""
        marks = self._base.execute("select submission, rows from marks order by submission")
        return {name: [Row(**each) for each in json.loads(rows)] for name, rows in marks}

    def secret(self, name: str) -> str:
        """Return a random text that is made once and then stays the same as long as the store exists."""
        with self._base:
            fresh = (name, secrets.token_hex(16))
            self._base.execute("insert or ignore into secrets values (?, ?)", fresh)
        return str(self._base.execute("select value from secrets where name = ?", (name,)).fetchone()[0])

    def _fingerprint(self, job: Job, timeout_s: float) -> str:
        sheet = job.sheet
        if sheet.number not in self._sheets:
            self._sheets[sheet.number] = fingerprint.of_sheet(sheet)
        picks = {question: asdict(pick) for question, pick in job.picks.items()}
        return fingerprint.digest([picks, job.learner, self._sheets[sheet.number], timeout_s])
