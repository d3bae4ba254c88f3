"""One question, one object: what is asked, what is right, and which wrong answers teach something.

`judge` never runs the learner's code: it compares what `course.observe` saw with the reference.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from course.observe import MISSING, TODO, observe
from course.questions.compare import agree, is_number, same
from course.questions.families import Family
from course.questions.remarks import general_remark

Status = Literal["right", "wrong", "not_attempted", "error", "timeout", "unreadable"]
Inputs = list[list[Any]]
Numbers = Mapping[str, float]
Draw = Callable[[random.Random], Numbers]

PRACTICE = "practice"
"""Salt of the inputs that `check()` uses; marking uses others."""


@dataclass(frozen=True)
class Misconception:
    """A wrong answer, or a family of them, with a reason behind it and the message that it earns.

    The first that fits speaks.
    """

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
class Scenario:
    """Numbers of a question that may be different for each learner, and the question that is asked about them.

    `numbers` are those of this question, `draw` makes other ones, and `ask` returns the question about given ones.
    """

    numbers: Numbers
    draw: Draw
    ask: Callable[[Numbers], Question]


def told_apart(draw: Draw, ask: Callable[[Numbers], Question]) -> Draw:
    """Return `draw` repeated until the right answer and every wrong one that is a number are apart from each other."""

    def drawn(source: random.Random) -> Numbers:
        while True:
            numbers = draw(source)
            question = ask(numbers)
            answers = [question.reference, *(wrong.answer for wrong in question.misconceptions)]
            values = [value for value in answers if is_number(value)]
            if not any(agree(a, b, 2 * question.tolerance) for a, b in combinations(values, 2)):
                return numbers

    return drawn


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
    scenario: Scenario | None = None

    @property
    def numbers_name(self) -> str:
        """Name of the variable that holds the scenario's numbers in the sheet, such as `numbers_q1`."""
        return f"numbers_{self.id.split('-')[1]}"

    def personal(self, class_key: str, learner: str) -> Question:
        """Return the question about a learner's own numbers: always the same for the same key and learner."""
        if self.scenario is None:
            return self
        return self.scenario.ask(self.scenario.draw(random.Random(f"{self.id}/{class_key}/{learner}")))

    def about(self, numbers: object) -> Question:
        """Return the question about the numbers in a learner's notebook; about its own ones where those do not fit."""
        if self.scenario is None or not isinstance(numbers, Mapping) or numbers == self.scenario.numbers:
            return self
        fits = numbers.keys() == self.scenario.numbers.keys() and all(map(is_number, numbers.values()))
        try:
            return self.scenario.ask(numbers) if fits else self
        except (ValueError, ArithmeticError, TypeError):  # nothing can be asked about numbers that are made up
            return self

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
        if any(value == TODO or (isinstance(value, list) and TODO in value) for value in seen):
            return Verdict("not_attempted", "Not attempted yet: replace the dots with your answer.")
        expected = self.expected(salt) if expected is None else expected
        if same(seen, expected, self.tolerance):
            return Verdict("right", self.praise)
        for wrong in self.misconceptions:
            if self._fits(seen, wrong.answer, salt):
                return Verdict("wrong", wrong.message, wrong.name)
        return Verdict("wrong", general_remark(seen, expected, is_function=self.make_inputs is not None))

    def _fits(self, seen: list[Any], wrong: Any, salt: str) -> bool:
        if isinstance(wrong, Family):
            return len(seen) == 1 and wrong.fits(seen[0])
        return same(seen, observe(wrong, self.inputs(salt)), self.tolerance)
