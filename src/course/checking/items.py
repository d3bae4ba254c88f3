"""Item analysis: how hard each question was, whether it tells good sheets from weak ones, and what went wrong most."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from course.checking.rows import Row


@dataclass(frozen=True)
class Item:
    """What a class made of one question.

    `difficulty` is the share of sheets on which it is right. `discrimination` is its point-biserial correlation with
    the points of the rest of the sheet; None where one of the two is the same for everybody. `misconception` is the
    most frequent one, with the number of sheets that have it.
    """

    question: str
    sheets: int
    difficulty: float
    discrimination: float | None
    misconception: tuple[str, int] | None
    statuses: Counter[str]


def analyse(rows: Sequence[Row]) -> list[Item]:
    """Return an item for each question, in order. Submissions that could not be read are left out."""
    points: Counter[str] = Counter()
    for row in rows:
        points[row.submission] += row.points
    asked: dict[str, list[Row]] = {}
    for row in rows:
        if row.question:
            asked.setdefault(row.question, []).append(row)
    return [_item(question, own, points) for question, own in sorted(asked.items())]


def _item(question: str, rows: list[Row], points: Counter[str]) -> Item:
    right = [float(row.status == "right") for row in rows]
    rest = [float(points[row.submission] - row.points) for row in rows]
    wrong = Counter(row.misconception for row in rows if row.misconception)
    return Item(
        question=question,
        sheets=len(rows),
        difficulty=sum(right) / len(right),
        discrimination=correlation(right, rest),
        misconception=wrong.most_common(1)[0] if wrong else None,
        statuses=Counter(row.status for row in rows),
    )


def correlation(x: Sequence[float], y: Sequence[float]) -> float | None:
    """Return Pearson's correlation, which for a yes or no in `x` is the point-biserial one; None if either is constant.

    >>> correlation([0, 0, 1, 1], [1, 3, 3, 5])
    0.7071067811865475
    """
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    spread = math.sqrt(sum((a - mean_x) ** 2 for a in x) * sum((b - mean_y) ** 2 for b in y))
    if spread == 0:
        return None
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread
