"""The explorer of lesson 02: a regulator sets limits, a designer spreads arithmetic over silicon, a fab bills it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from aistack.export_rules import Figures, Limit, Rule, performance_density, total_processing_performance
from aistack.fab import cost_per_good_die_usd, gross_dies_estimate, murphy_yield, wafer_price_usd_estimate
from course.charts import GREY, PALETTE, Chart, Row, figure, log_ticks, number
from course.data import load
from course.explorer import Explorer, Steps

TPP_LIMITS = (1600, 2000, 2400, 3000, 3600, 4800, 6000, 7200, 9600, 12000, 16000, 21000)
DENSITY_LIMITS = (1.6, 2.0, 2.4, 2.8, 3.2, 4.0, 5.0, 5.92, 8, 12, 18, 30)
PEAKS = (119.5, 131, 148, 175, 200, 225, 250, 275, 299, 312, 376, 500, 700, 989)
AREAS = (294, 350, 400, 450, 500, 550, 609, 666, 700, 750, 814, 858)
DEFECTS = (0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
FLOOR = 1600
"""TPP from which on density counts, as in the rule of October 2023."""
TIER_B = ((2400, 1.6), (FLOOR, 3.2))
"""Tier b of that rule: from this TPP on, this density."""
NOTICE = "not caught, 25 days' notice"
NODE_NM, BITS = 5, 16
RULE_2023 = {"tpp_limit": 4800, "density_limit": 5.92}
TPP, DENSITY, AREA, USD = (300, 60_000), (0.5, 400), (250, 900), (50, 6000)

Curve = npt.NDArray[np.float64]
_SILICON = np.linspace(AREAS[0], AREAS[-1], 60)


@dataclass(frozen=True)
class Contest:
    """What a rule catches and what a design costs under it."""

    tpp_limit: float
    density_limit: float
    peak_tflops: float
    area_mm2: float
    defects: float
    tpp: float
    density: float
    caught: frozenset[str]
    """Real chips of known figures that the rule catches."""
    free_area_mm2: float
    """Smallest die on which this arithmetic is not caught; 0 if it never is, infinite if it always is."""
    die_usd: float
    curve: Curve
    """Cost of a good die at each of `_SILICON`."""

    @property
    def is_caught(self) -> bool:
        """Whether the rule catches the design."""
        return self.tpp >= self.tpp_limit or (self.tpp >= FLOOR and self.density >= self.density_limit)

    @property
    def needs_notice(self) -> bool:
        """Whether a design that is not caught lies in tier b of the rule of 2023."""
        dense = any(self.tpp >= tpp and self.density >= density for tpp, density in TIER_B)
        return dense and not self.is_caught

    @property
    def fate(self) -> str:
        """What becomes of the design."""
        return "caught" if self.is_caught else NOTICE if self.needs_notice else "free"

    @property
    def rule(self) -> tuple[float, float]:
        """Both limits."""
        return self.tpp_limit, self.density_limit


def contest(tpp_limit: float, density_limit: float, peak_tflops: float, area_mm2: float, defects: float) -> Contest:
    """Hold a design against a rule of two limits, and price its die. 8-bit numbers run twice as fast as 16-bit ones."""
    rules = (
        Rule("speed", (Limit("tpp", "min", tpp_limit),)),
        Rule("density", (Limit("tpp", "min", FLOOR), Limit("performance_density", "min", density_limit))),
    )
    tpp = float(total_processing_performance(peak_tflops, BITS))
    by_density = tpp / density_limit if tpp >= FLOOR else 0.0
    return Contest(
        tpp_limit=tpp_limit,
        density_limit=density_limit,
        peak_tflops=peak_tflops,
        area_mm2=area_mm2,
        defects=defects,
        tpp=tpp,
        density=float(performance_density(tpp, area_mm2)),
        caught=frozenset(name for name, chip in _chips().items() if any(rule.catches(chip) for rule in rules)),
        free_area_mm2=math.inf if tpp >= tpp_limit else by_density,
        die_usd=float(_die_usd(np.asarray(float(area_mm2)), defects)),
        curve=np.asarray(_die_usd(_SILICON, defects)),
    )


def _die_usd(area: Curve, defects: float) -> Curve:
    good = murphy_yield(area, defects)
    return np.asarray(cost_per_good_die_usd(wafer_price_usd_estimate(NODE_NM), gross_dies_estimate(area), good))


class ContestChart(Chart[Contest]):
    """Left, real chips and the design against the two limits; right, what a good die costs by its area.

    A caught chip is a filled square, another one a hollow circle;
    green dashes are the edge of tier b. Grey:
    the limits of October 2023, and a fab with 0.1 defects for each cm2.
    """

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(
            self.panels, subtitle=("performance density, TPP per mm2 (log)", "cost of a good die, USD (log)")
        )
        left.set(xscale="log", yscale="log", xlim=TPP, ylim=DENSITY, xlabel="total processing performance, TPP (log)")
        right.set(yscale="log", xlim=AREA, ylim=USD, xlabel="area of the die, mm2")
        log_ticks(left)
        left.minorticks_off()
        right.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        right.minorticks_off()
        caught, free, own = PALETTE[1], PALETTE[0], PALETTE[4]
        (fast, thin), (slow, dense) = TIER_B
        left.plot(
            [TPP[1], fast, fast, slow, slow], [thin, thin, dense, dense, DENSITY[1]], "--", color=PALETTE[2], lw=1.5
        )
        left.annotate(
            "tier b", (TPP[1], thin), xytext=(-4, 3), textcoords="offset points", ha="right", color=PALETTE[2]
        )
        self.add_line("ghost tpp limit", left)
        self.add_line("ghost density limit", left)
        self.add_line("tpp limit", left, color=caught, lw=2.5, ls="-", zorder=4)
        self.add_line("density limit", left, color=caught, lw=2.5, ls="-", zorder=4)
        self.add_line("caught", left, color=caught, marker="s", ms=5, ls="none")
        self.add_line("free", left, color=free, marker="o", ms=5, ls="none", mfc="white")
        self.add_line("design", left, color=own, marker="D", ms=10, mew=2, ls="none", zorder=5)
        self.add_label("tpp name", left, color=caught, fontweight="bold")
        self.add_label("density name", left, color=caught, fontweight="bold")
        self.add_label("design name", left, color=own, fontweight="bold")
        self.add_line("ghost curve", right)
        self.add_line("curve", right, color=free, lw=2.5, ls="-", zorder=4)
        self.add_line("free from", right, color=caught, lw=1.5, ls=":")
        self.add_line("ghost die", right, color=GREY, marker="D", ms=8, ls="none")
        self.add_line("die", right, color=own, marker="D", ms=10, ls="none", zorder=5)
        self.add_label("curve name", right, color=free, fontweight="bold")
        self.add_label("free name", right, color=caught, fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Contest, ghost: Contest) -> None:
        """Move everything to where `result` and `ghost` say."""
        for who, it in (("", result), ("ghost ", ghost)):
            self.move(f"{who}tpp limit", [it.tpp_limit] * 2, DENSITY)
            corner = min(FLOOR, it.tpp_limit)
            self.move(
                f"{who}density limit", [corner, corner, it.tpp_limit], [DENSITY[1], it.density_limit, it.density_limit]
            )
            self.move(f"{who}curve", _SILICON, it.curve)
            self.move(f"{who}die", it.area_mm2, it.die_usd)
        chips = {name: chip for name, chip in _chips().items() if _inside(chip)}
        for kind, members in (
            ("caught", [chip for name, chip in chips.items() if name in result.caught]),
            ("free", [chip for name, chip in chips.items() if name not in result.caught]),
        ):
            self.move(kind, [chip.tpp for chip in members], [chip.performance_density for chip in members])
        self.move("design", result.tpp, result.density)
        self.artists["design"].set(markerfacecolor=PALETTE[4] if result.is_caught else "white")
        left_side = result.tpp_limit > TPP[1] / 6
        self.place(
            "tpp name", f"TPP {result.tpp_limit:,.0f}", result.tpp_limit, DENSITY[1], (-5 if left_side else 5, -4)
        )
        corner = min(FLOOR, result.tpp_limit)
        self.place("density name", f"density {result.density_limit:g}", corner, result.density_limit, (-4, -3))
        at_right = result.tpp < TPP[1] / 10
        self.place("design name", "your design", result.tpp, result.density, (10 if at_right else -10, 2))
        self.place("curve name", f"{result.defects:g} defects per cm2", AREA[0], USD[1], (6, -6))
        inside = AREA[0] <= result.free_area_mm2 <= AREA[1]
        self.move("free from", [result.free_area_mm2] * 2 if inside else [], USD if inside else [])
        self.place("free name", _free_label(result), AREA[0], USD[0], (6, 5))
        self.write("left title", f"Your design {'needs notice' if result.needs_notice else f'is {result.fate}'}")
        self.write("right title", f"Its good die costs {number(result.die_usd)} USD")

    def sentence(self, result: Contest, ghost: Contest) -> str:
        """Say what the rule catches beside that of 2023, what the design is and why, and what it costs."""
        known = len(_chips())
        more, fewer = result.caught - ghost.caught, ghost.caught - result.caught
        parts = [
            f"A rule with limits of {result.tpp_limit:,.0f} on TPP and {result.density_limit:g} on density (from a TPP "
            f"of {FLOOR:,} on) catches {len(result.caught)} of {known} real chips{_compared(result, more, fewer)}.",
            f"A chip of {result.peak_tflops:g} TFLOP/s in 16 bits on {result.area_mm2:,.0f} mm2 has a TPP of "
            f"{result.tpp:,.0f} and a density of {number(result.density)}: {_why(result)}.",
            _free_sentence(result),
            f"At {result.defects:g} defects per cm2 its good die costs {number(result.die_usd)} USD"
            + (
                "."
                if result.defects == ghost.defects
                else f", {number(result.die_usd / ghost.die_usd)} times that of a fab with {ghost.defects:g}."
            ),
        ]
        return " ".join(parts)

    def numbers(self, result: Contest, ghost: Contest) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        smallest = result.free_area_mm2
        free = "none" if math.isinf(smallest) else "any" if not smallest else f"above {number(smallest)} mm2"
        return [
            ("Your design", result.fate),
            ("Total processing performance", f"{result.tpp:,.0f}"),
            ("Performance density", f"{number(result.density)} per mm2"),
            ("Dies on which this arithmetic is not caught", free),
            ("Good die", f"{number(result.die_usd)} USD"),
            ("Good die by TPP", f"{number(1000 * result.die_usd / result.tpp)} USD for 1,000"),
            ("Real chips caught", f"{len(result.caught)} of {len(_chips())}"),
            ("Real chips caught by the limits of 2023", str(len(ghost.caught))),
        ]


def regulator_and_designer() -> Explorer[Contest]:
    """Return the explorer of lesson 02: who may buy which chip, and what slipping under a limit costs."""
    return Explorer(
        "Regulator against designer",
        contest,
        [
            Steps("tpp_limit", "Rule: limit on TPP", TPP_LIMITS, "TPP", 4800),
            Steps("density_limit", "Rule: limit on density", DENSITY_LIMITS, "TPP per mm2", 5.92),
            Steps("peak_tflops", "Design: 16-bit peak", PEAKS, "TFLOP/s", 148),
            Steps("area_mm2", "Design: die area", AREAS, "mm2", 814),
            Steps("defects", "Fab: defects", DEFECTS, "per cm2", 0.1),
        ],
        ContestChart(),
        presets={
            "October 2023 and the H20": {},
            "October 2023 and a small card of the L4's area": {"peak_tflops": 119.5, "area_mm2": 294},
            "The stricter tier of notices (3.2) and the L20": {
                "tpp_limit": 2400,
                "density_limit": 3.2,
                "peak_tflops": 119.5,
                "area_mm2": 609,
            },
            "October 2022 without its link test: the A100's speed": {
                "density_limit": 30,
                "peak_tflops": 312,
                "area_mm2": 814,
            },
            "The limit of January 2026 and the H100": {"tpp_limit": 21000, "density_limit": 30, "peak_tflops": 989},
            "Ascend 910B in a fab with many defects": {"peak_tflops": 376, "area_mm2": 666, "defects": 0.3},
        },
        baseline={**RULE_2023, "defects": 0.1},
    )


def _compared(result: Contest, more: frozenset[str], fewer: frozenset[str]) -> str:
    if result.rule == tuple(RULE_2023.values()):
        return ", the limits of October 2023"
    if not more and not fewer:
        return ", the same as the limits of October 2023"
    said = []
    for word, names in (("more", more), ("fewer", fewer)):
        if names:
            shown = ", ".join(sorted(names)[:3])
            said.append(
                f"{len(names)} {word} than the limits of October 2023 ({shown}{' ...' if len(names) > 3 else ''})"
            )
    return ": " + " and ".join(said)


def _why(result: Contest) -> str:
    if result.tpp >= result.tpp_limit:
        return "caught by its TPP, whatever its size"
    if result.is_caught:
        return "caught by its density"
    if result.needs_notice:
        return "not caught, but tier b of 2023 wants 25 days' notice"
    return "free" if result.tpp >= FLOOR else "free, too slow for either limit"


def _free_label(result: Contest) -> str:
    if math.isinf(result.free_area_mm2):
        return "caught on any die"
    if result.free_area_mm2 < AREA[0]:
        return "no die here is caught"
    beyond = ", more than one die" if result.free_area_mm2 > AREA[1] else ""
    return f"not caught above {number(result.free_area_mm2)} mm2{beyond}"


def _free_sentence(result: Contest) -> str:
    smallest = result.free_area_mm2
    if math.isinf(smallest):
        return "No larger die would take it out of reach: only less arithmetic would."
    if smallest > AREAS[-1]:
        return (
            f"It would not be caught on more than {number(smallest)} mm2, beyond the largest die that can be printed: "
            "it takes two."
        )
    return f"This arithmetic is not caught on any die above {number(smallest)} mm2."


def _inside(chip: Figures) -> bool:
    return TPP[0] <= chip.tpp <= TPP[1] and DENSITY[0] <= chip.performance_density <= DENSITY[1]


@cache
def _chips() -> dict[str, Figures]:
    """Return the chips whose TPP and density are known."""
    made = [Figures.from_row(row) for row in load("chips").to_dict("records")]
    return {chip.name: chip for chip in made if not math.isnan(chip.performance_density)}
