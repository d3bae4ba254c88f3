"""Who may buy a chip: the limits of the US export rules as tests on a chip's figures.

The rules use two figures. Total processing performance (TPP) is speed times the bits of its numbers, the highest over
all formats; performance density is TPP by the area of the die. A rule is a few limits on such figures, joined by "and"
or "or"; the versions stand in `datasets/export_rules.csv`, with the dates at which each was in force.

Source: 15 CFR 774, supplement 1, ECCN 3A090 with its technical notes (88 FR 73458, 2023; 87 FR 62186, 2022).
Known bias: a class here follows from public figures of the chip. The rule counts only die area made with non-planar
transistors and asks how a chip is marketed; a licence is decided case by case by people. This is no legal advice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np

from aistack.checks import FloatArray, Numbers, Row, positive, together

NOT_CAUGHT = "not caught"
UNKNOWN = "unknown"
TREATMENTS = ("presumption", "exception", "notification", "case by case", "licence", "denial")
"""How a caught chip is treated, from mild to strict: the words of the table."""

BITS = {"fp32_tflops": 32, "fp16_tflops": 16, "fp8_tflops": 8, "int8_tops": 8, "fp4_tflops": 4}
"""Peaks in `datasets/chips.csv` and the bit length of their numbers."""

_COLUMNS = {
    "tpp": "tpp",
    "performance_density": "performance_density",
    "memory_bandwidth": "memory_bandwidth_gb_s",
    "interconnect": "interconnect_gb_s",
    "memory_plus_interconnect": "memory_plus_interconnect_gb_s",
}


def total_processing_performance(dense_tops: Numbers, bits: Numbers) -> FloatArray:
    """Total processing performance (TPP) of one format: dense 1e12 operations a second times bits of each number.

    The law writes `2 * MacTOPS * bits`, where a multiply-accumulate counts as one; vendors count it as two. Take the
    highest over all formats a chip has (`Figures.from_row` does). Sparse peaks do not count.
    Decides: whether a chip is over the limit of the rules of 2022 and 2023.

    >>> float(total_processing_performance(312, 16))  # A100: over 4,800
    4992.0
    """
    speed, width = positive("dense_tops", dense_tops), positive("bits", bits)
    together(dense_tops=speed, bits=width)
    return speed * width


def performance_density(tpp: Numbers, die_area_mm2: Numbers) -> FloatArray:
    """TPP for each mm2 of die. Decides: whether a slow but small chip is caught by the rule of 2023.

    >>> round(float(performance_density(2368, 814)), 2)  # H20: under 3.2
    2.91
    """
    performance, area = positive("tpp", tpp), positive("die_area_mm2", die_area_mm2)
    together(tpp=performance, die_area_mm2=area)
    return performance / area


@dataclass(frozen=True)
class Figures:
    """What the rules ask of a chip. A figure that is not known is NaN, and what hangs on it stays unknown."""

    name: str
    tpp: float = math.nan
    performance_density: float = math.nan
    memory_bandwidth_gb_s: float = math.nan
    interconnect_gb_s: float = math.nan

    def __post_init__(self) -> None:
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if not math.isnan(value):
                positive(f"{field.name} of {self.name}", value)

    @property
    def memory_plus_interconnect_gb_s(self) -> float:
        """Both bandwidths added, as the letters of April 2025 do."""
        return self.memory_bandwidth_gb_s + self.interconnect_gb_s

    @classmethod
    def from_row(cls, row: Row) -> Figures:
        """Take the figures from a row of `datasets/chips.csv`: TPP is the highest over the peaks that are given."""
        peaks = [_number(row[column]) * bits for column, bits in BITS.items() if not math.isnan(_number(row[column]))]
        tpp = max(peaks, default=math.nan)
        return cls(
            name=str(row["chip"]),
            tpp=tpp,
            performance_density=tpp / _number(row["die_area_mm2"]),
            memory_bandwidth_gb_s=_number(row["memory_bandwidth_gb_s"]),
            interconnect_gb_s=_number(row["interconnect_gb_s"]),
        )


@dataclass(frozen=True)
class Limit:
    """A test of one figure (a field of `Figures`): `min` is inclusive, `above` and `below` are not."""

    figure: str
    end: Literal["min", "above", "below"]
    bound: float

    def holds(self, chip: Figures) -> bool | None:
        """Say whether the chip's figure is inside; None if the figure is unknown."""
        value = float(getattr(chip, self.figure))
        if math.isnan(value):
            return None
        return {"min": value >= self.bound, "above": value > self.bound, "below": value < self.bound}[self.end]


@dataclass(frozen=True)
class Rule:
    """One test of one version of the rules: limits joined by `joins`, or chips that are named.

    `effect` says whether it controls, eases or taxes; `market` whether it is for chips designed or marketed for data
    centres, for others, or for any; dates are ISO, and the rule is in force while `effective <= date < ended`.
    """

    rule_id: str
    limits: tuple[Limit, ...] = ()
    joins: Literal["and", "or"] = "and"
    named: tuple[str, ...] = ()
    effect: str = "controls"
    treatment: str = "licence"
    market: str = "any"
    effective: str = ""
    ended: str = ""

    @classmethod
    def from_row(cls, row: Row, chips: Mapping[str, Figures]) -> Rule:
        """Make a rule from a row of `datasets/export_rules.csv`; `chips` has the chip that sets limits, if one does."""
        limits = [
            Limit(figure, end, _number(row[column]))
            for name, figure in _COLUMNS.items()
            for end in ("min", "above", "below")
            for column in (f"{name}_{end}", f"{name}_{end}_gb_s")
            if _has(row, column)
        ]
        if _has(row, "reference_chip"):
            reference = chips[str(row["reference_chip"])]
            for figure in ("memory_bandwidth_gb_s", "interconnect_gb_s"):
                limits.append(Limit(figure, "min", float(getattr(reference, figure))))
        return cls(
            rule_id=str(row["rule_id"]),
            limits=tuple(limits),
            joins="or" if row["joins"] == "or" else "and",
            named=tuple(str(row["named_chips"]).split("; ")) if _has(row, "named_chips") else (),
            effect=str(row["effect"]),
            treatment=str(row["treatment"]),
            market=str(row["market"]),
            effective=str(row["effective"]),
            ended=str(row["ended"]) if _has(row, "ended") else "",
        )

    def in_force(self, date: str) -> bool:
        """Say whether the rule applied on an ISO date."""
        return self.effective <= date and (not self.ended or date < self.ended)

    def catches(self, chip: Figures) -> bool | None:
        """Say whether a chip passes the test; None if a figure that decides it is unknown.

        A rule about other things than a chip's figures (memory sold alone, transistors, weights) catches none.
        """
        if any(_is_named(chip.name, name) for name in self.named):
            return True
        if not self.limits:
            return False
        answers = [limit.holds(chip) for limit in self.limits]
        decisive = self.joins == "or"
        if decisive in answers:
            return decisive
        return None if None in answers else not decisive


@dataclass(frozen=True)
class Classification:
    """How an export of a chip is treated, by which rules, and why in words."""

    treatment: str
    rules: tuple[str, ...]
    reason: str


def classify(chip: Figures, rules: Iterable[Rule], date: str, market: str = "data centre") -> Classification:
    """Return the strictest treatment of an export of a chip to China on a date.

    `NOT_CAUGHT`, one of `TREATMENTS`, or `UNKNOWN` with the figures that are missing. A rule that eases turns a denial
    into its own treatment; what might ease or control a chip of unknown figures leaves it unknown, never free.
    Decides: which chips a maker may still sell, and which a buyer may still get.

    >>> rule = Rule("limit", (Limit("tpp", "min", 4800),), treatment="denial", effective="2023-11-17")
    >>> classify(Figures("A100", tpp=4992), [rule], "2024-01-01").treatment
    'denial'
    """
    here = [rule for rule in rules if rule.in_force(date) and rule.market in ("any", market)]
    controls = [rule for rule in here if rule.effect == "controls"]
    held = [rule for rule in controls if rule.catches(chip)]
    open_ = [rule for rule in controls if rule.catches(chip) is None]
    if held:
        found = _strictest(chip, held, [rule for rule in here if rule.effect == "eases"])
        stricter = [rule for rule in open_ if TREATMENTS.index(rule.treatment) > _rank(found)]
        if not stricter:
            return found
        return replace(found, reason=f"{found.reason}; at least, for {_missing(chip, stricter)} is not known")
    if open_:
        names = tuple(rule.rule_id for rule in open_)
        return Classification(UNKNOWN, names, f"{_missing(chip, open_)} of {chip.name} is not known")
    return Classification(NOT_CAUGHT, (), f"{chip.name} passes no test in force on {date}")


def classify_rows(
    chips: Iterable[Row], rules: Sequence[Row], date: str, market: str = "data centre"
) -> dict[str, Classification]:
    """Classify rows of `datasets/chips.csv` under rows of `datasets/export_rules.csv`; name of the chip: class.

    `market` is that of all chips given: the table of chips does not say which are marketed for data centres.
    Decides: what a rule version leaves on sale.
    """
    figures = {str(row["chip"]): Figures.from_row(row) for row in chips}
    made = [Rule.from_row(row, figures) for row in rules]
    return {name: classify(chip, made, date, market) for name, chip in figures.items()}


def _strictest(chip: Figures, held: Sequence[Rule], easing: Sequence[Rule]) -> Classification:
    treatment = max((rule.treatment for rule in held), key=TREATMENTS.index)
    by = tuple(rule.rule_id for rule in held if rule.treatment == treatment)
    if treatment == TREATMENTS[-1]:
        eased = [rule for rule in easing if rule.catches(chip)]
        if eased:
            names = (*by, *(rule.rule_id for rule in eased))
            return Classification(eased[0].treatment, names, f"{by[0]} holds {chip.name}; {eased[0].rule_id} eases it")
        doubtful = [rule for rule in easing if rule.catches(chip) is None]
        if doubtful:
            names = tuple(rule.rule_id for rule in doubtful)
            missing = _missing(chip, doubtful)
            return Classification(UNKNOWN, names, f"caught, but {missing} of {chip.name} is not known")
    return Classification(treatment, by, f"{chip.name} meets {by[0]}")


def _rank(found: Classification) -> int:
    return len(TREATMENTS) if found.treatment == UNKNOWN else TREATMENTS.index(found.treatment)


def _missing(chip: Figures, rules: Iterable[Rule]) -> str:
    names = {limit.figure for rule in rules for limit in rule.limits if limit.holds(chip) is None}
    return " and ".join(sorted(names))


def _is_named(chip: str, name: str) -> bool:
    """Say whether a name in a document means a chip: `H20` means the H20, not the H200."""
    return chip.startswith(name) and not chip[len(name) : len(name) + 1].isdigit()


def _has(row: Row, column: str) -> bool:
    """Say whether a row has a column with something in it."""
    try:
        cell = row[column]
    except KeyError:
        return False
    return (isinstance(cell, str) and cell != "") or not math.isnan(_number(cell))


def _number(cell: object) -> float:
    """Return a cell as a number; NaN if it is empty."""
    return float(cell) if isinstance(cell, (int, float, np.number)) else math.nan
