"""Wrong answers that come in families: a misconception may be one of these instead of a single answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from course.questions.compare import agree, is_number


class Family(ABC):
    """Many wrong answers with one idea behind them. `seen` is what `course.observe` makes of an answer."""

    @abstractmethod
    def fits(self, seen: Any) -> bool:
        """Tell whether an answer belongs to the family."""

    @abstractmethod
    def example(self, reference: Any) -> Any:
        """Return a member, made from the right answer: with it a test proves that the family is recognised."""


@dataclass(frozen=True)
class Choosing(Family):
    """Any choice of several that has `item` in it."""

    item: str

    def fits(self, seen: Any) -> bool:
        """See `Family`."""
        return isinstance(seen, list) and self.item.casefold() in (str(each).casefold() for each in seen)

    def example(self, reference: Any) -> Any:
        """See `Family`."""
        return {*reference, self.item}


@dataclass(frozen=True)
class LeavingOut(Family):
    """Any choice of several single letters that lacks `item`."""

    item: str

    def fits(self, seen: Any) -> bool:
        """See `Family`."""
        letters = isinstance(seen, list) and all(isinstance(each, str) and len(each) == 1 for each in seen)
        return letters and self.item.casefold() not in (each.casefold() for each in seen)

    def example(self, reference: Any) -> Any:
        """See `Family`."""
        return set(reference) - {self.item}


@dataclass(frozen=True)
class OtherThan(Family):
    """Any text that is none of the options."""

    options: tuple[str, ...]

    def fits(self, seen: Any) -> bool:
        """See `Family`."""
        return isinstance(seen, str) and seen.casefold() not in map(str.casefold, self.options)

    def example(self, reference: Any) -> Any:
        """See `Family`."""
        return " or ".join(self.options)


@dataclass(frozen=True)
class Between(Family):
    """Any number between two others, both left out."""

    low: float
    high: float

    def fits(self, seen: Any) -> bool:
        """See `Family`."""
        return is_number(seen) and self.low < seen < self.high

    def example(self, reference: Any) -> Any:
        """See `Family`."""
        return self.low + (self.high - self.low) * 0.1


@dataclass(frozen=True)
class First(Family):
    """Any answer of several parts whose first agrees with `value`, within 1 %."""

    value: float

    def fits(self, seen: Any) -> bool:
        """See `Family`."""
        return isinstance(seen, list) and bool(seen) and agree(seen[0], self.value, 0.01)

    def example(self, reference: Any) -> Any:
        """See `Family`."""
        return (self.value, not reference[1])
