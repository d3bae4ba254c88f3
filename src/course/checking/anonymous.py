"""Names that tell nobody who it is and stay the same from one marking to the next."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Callable, Sequence

from course.checking.report import by_submission
from course.checking.rows import Row


def pseudonym(learner: str, key: str) -> str:
    """Return a learner's other name. Whoever does not know the key cannot go back from it, nor try names out."""
    return f"learner-{hmac.new(key.encode(), learner.encode(), hashlib.sha256).hexdigest()[:10]}"


def anonymised(rows: Sequence[Row], whose: Callable[[str], str], key: str) -> list[Row]:
    """Return the rows under other names: the learner's pseudonym, a slash, and a number for each of the submissions.

    Messages are kept, without the learner's name where it stands in them.
    """
    renamed: list[Row] = []
    counts: dict[str, int] = {}
    for name, own in by_submission(rows):
        learner = whose(name)
        other = pseudonym(learner, key)
        counts[other] = counts.get(other, 0) + 1
        for row in own:
            message = row.message.replace(name, other)
            message = message.replace(learner, other) if len(learner) > 1 else message
            renamed.append(dataclasses.replace(row, submission=f"{other}/{counts[other]}", message=message))
    return renamed
