"""What marking leaves behind: a row for each question of each submission."""

from __future__ import annotations

from dataclasses import dataclass

from course.questions.question import Status


@dataclass(frozen=True)
class Row:
    """What one answer earns. A submission that cannot be read is one row with no question.

    `misconception` names the wrong idea where one was recognised; only the report on the class uses it.
    """

    submission: str
    question: str
    status: Status
    points: int
    max_points: int
    message: str
    seconds: float
    misconception: str = ""
