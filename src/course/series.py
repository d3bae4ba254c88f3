"""Series of the datasets as numbers: dates written in any way as decimal years, and the values that go with them."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from course.data import UnknownName, load

Array = npt.NDArray[np.float64]


def series_of(table: str, name: str) -> tuple[Array, Array]:
    """Return decimal years and values of one series of a table with the columns `series`, `date` and `value`.

    `UnknownName` if the table has no such series.

    >>> years, stars = series_of("open_ecosystem", "stars-vllm")
    >>> float(round(years[0], 1)), float(stars[0])
    (2025.1, 35841.0)
    """
    rows = load(table)
    found = rows[rows["series"] == name]
    if found.empty:
        raise UnknownName(f"series of {table}", name, dict.fromkeys(rows["series"]))
    dated = zip(map(str, found["date"]), found["value"], strict=True)
    years, values = np.array(sorted((decimal_year(date) or 0.0, value) for date, value in dated), dtype=np.float64).T
    return years, values


def first_half(years: Array, values: Array) -> tuple[Array, Array]:
    """Return the points up to the middle of the time that a series spans.

    >>> first_half(np.array([2020.0, 2021, 2022, 2023]), np.array([1.0, 2, 3, 4]))[1]
    array([1., 2.])
    """
    seen = years <= (years[0] + years[-1]) / 2
    return years[seen], values[seen]


def decimal_year(text: str) -> float | None:
    """Decimal year of a date, month, quarter, season, year or range (its middle); None if there is none.

    >>> decimal_year("2024-12..2025-01"), decimal_year("CY2024Q1"), decimal_year("none")
    (2025.0, 2024.125, None)
    """
    ends = [end for end in (_one_date(part) for part in re.split(r"\.\.| to |/|\u2013", text)) if end is not None]
    return None if not ends else sum(ends) / len(ends)


def _one_date(text: str) -> float | None:
    lowered = text.lower()
    if found := re.search(r"(?:q([1-4])\D{0,3}(20\d\d))|(?:(20\d\d|fy\d\d|cy\d\d)\s?-?_?q([1-4]))", lowered):
        year = found[2] or found[3]
        return float("20" + year[-2:]) + (int(found[1] or found[4]) - 0.5) / 4
    found = re.search(r"(20\d\d)(?:-(\d\d))?(?:-(\d\d))?", lowered)
    if not found:
        return None
    year, month, day = int(found[1]), found[2], found[3]
    if month is not None and 1 <= int(month) <= 12:
        return year + (int(month) - 1 + ((int(day) - 1) / 31 if day else 0.5)) / 12
    seasons = {"spring": 0.3, "summer": 0.55, "fall": 0.8, "autumn": 0.8, "winter": 0.05, "early": 0.1, "late": 0.9}
    return year + next((part for season, part in seasons.items() if season in lowered), 0.5)
