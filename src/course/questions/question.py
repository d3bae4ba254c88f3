"""One question, one object: what is asked, what is right, and which wrong answers teach something.

`judge` never runs the learner's code: it compares what `course.observe` saw with the reference.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from course.observe import MISSING, TODO, observe

Status = Literal["right", "wrong", "not_attempted", "error", "timeout", "unreadable"]
Inputs = list[list[Any]]

PRACTICE = "practice"
"""Salt of the inputs that `check()` uses; marking uses others."""


@dataclass(frozen=True)
class Choosing:
    """Any choice of several that has `item` in it: stands for a whole family of wrong answers."""

    item: str


@dataclass(frozen=True)
class LeavingOut:
    """Any choice of several that lacks `item`."""

    item: str


@dataclass(frozen=True)
class Misconception:
    """A wrong answer with a reason behind it, and the message that it earns. The first that fits speaks."""

    name: str
    answer: Any
    message: str


@dataclass(frozen=True)
class Verdict:
    """What is said of one answer. `misconception` names the wrong idea where one was recognised."""

    status: Status
    message: str
    misconception: str = ""


@dataclass(frozen=True)
class Question:
    """A question with its reference, its misconceptions and the proof that telling them apart works.

    `answer_name` is the variable or function that the learner defines. A function is judged by what it returns for
    `make_inputs(random)`, seeded by a salt. Numbers are compared within `tolerance` (relative), text without
    regard to case, collections of text without regard to order. `alternatives` are answers in another style which
    must pass; `hints` go from a nudge to the method; `section` is where the lesson answers it.
    """

    id: str
    asks: str
    objective: int
    answer_name: str
    reference: Any
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, ...]
    praise: str
    section: str
    alternatives: tuple[Any, ...] = ()
    tolerance: float = 0.01
    points: int = 1
    make_inputs: Callable[[random.Random], Inputs] | None = None

    @property
    def sheet(self) -> str:
        """Number of the lesson that it belongs to, such as `01`."""
        return self.id.split("-")[0]

    def inputs(self, salt: str) -> Inputs | None:
        """Return the arguments to try a function on: the same for the same salt. None for a plain value."""
        return None if self.make_inputs is None else self.make_inputs(random.Random(f"{self.id}/{salt}"))

    def expected(self, salt: str = PRACTICE) -> list[Any]:
        """Return what `observe` sees in the reference."""
        return observe(self.reference, self.inputs(salt))

    def judge(self, seen: list[Any], salt: str = PRACTICE, expected: list[Any] | None = None) -> Verdict:
        """Say what `seen` is worth: right, a known misconception, not attempted, or wrong.

        `expected` is what the reference printed, where that is stored; otherwise the reference is run.
        """
        if seen == [MISSING]:
            return Verdict("not_attempted", f"`{self.answer_name}` is not there yet: run the cell that defines it.")
        if any(value == TODO for value in seen):
            return Verdict("not_attempted", "Not attempted yet: replace the dots with your answer.")
        expected = self.expected(salt) if expected is None else expected
        if self._same(seen, expected):
            return Verdict("right", self.praise)
        for wrong in self.misconceptions:
            if self._fits(seen, wrong.answer, salt):
                return Verdict("wrong", wrong.message, wrong.name)
        return Verdict("wrong", _general_remark(seen, expected))

    def _fits(self, seen: list[Any], wrong: Any, salt: str) -> bool:
        if isinstance(wrong, Choosing | LeavingOut):
            chosen = [str(item).casefold() for item in seen[0]] if isinstance(seen[0], list) else None
            return chosen is not None and (wrong.item.casefold() in chosen) == isinstance(wrong, Choosing)
        return self._same(seen, observe(wrong, self.inputs(salt)))

    def _same(self, seen: Sequence[Any], expected: Sequence[Any]) -> bool:
        return len(seen) == len(expected) and all(
            _agree(a, b, self.tolerance) for a, b in zip(seen, expected, strict=True)
        )


def _agree(seen: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, list):
        if not isinstance(seen, list) or len(seen) != len(expected):
            return False
        if all(isinstance(item, str) for item in [*seen, *expected]):
            return sorted(map(str.casefold, seen)) == sorted(map(str.casefold, expected))
        return all(_agree(a, b, tolerance) for a, b in zip(seen, expected, strict=True))
    if _is_number(expected) and _is_number(seen):
        return math.isclose(seen, expected, rel_tol=tolerance)
    if isinstance(expected, str) and isinstance(seen, str):
        return seen.casefold() == expected.casefold()
    return type(seen) is type(expected) and bool(seen == expected)


def _general_remark(seen: list[Any], expected: list[Any]) -> str:
    """Say what can be said of any wrong answer without giving the right one away."""
    kinds = {_kind(value) for value in seen}
    wanted = _kind(expected[0])
    if kinds == {"nothing"}:
        return "It gives back nothing (None). Is the `return` missing?"
    if seen and isinstance(seen[0], dict) and "not_a_function" in seen[0]:
        return "A function is asked for, and this is not one. Keep the `def` line as it stands."
    if kinds != {wanted}:
        found = ", ".join(sorted(kinds))
        return f"The answer should be {wanted}, and this is {found}."
    if wanted == "a number":
        ratios = {_power_of_ten(a, b) for a, b in zip(seen, expected, strict=False)}
        if len(ratios) == 1 and ratios.pop() not in (None, 0):
            return "The digits are right and the size is not: check the units (giga is 1e9, tera is 1e12)."
    if len(seen) > 1 and any(_agree(a, b, 0.01) for a, b in zip(seen, expected, strict=False)):
        return "Right for some inputs and wrong for others: which case does it not cover?"
    return "Not right yet, and not one of the usual slips. Read the question once more; a hint may help."


def _kind(value: Any) -> str:
    if _is_number(value):
        return "a number"
    if value is None:
        return "nothing"
    kinds = {bool: "True or False", str: "text", list: "a collection"}
    return kinds.get(type(value), "something else")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _power_of_ten(seen: float, expected: float) -> int | None:
    """Return n where `seen` is `expected` times 10 to the n within 1 %, else None."""
    if not (seen * expected > 0 and math.isfinite(seen)):
        return None
    exponent = math.log10(seen / expected)
    nearest = round(exponent)
    return nearest if abs(exponent - nearest) < math.log10(1.01) else None
