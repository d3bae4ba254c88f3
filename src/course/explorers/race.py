"""Explorers of the lessons on the race."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from aistack.assumptions import BASES, Assumptions, drawn
from aistack.race import MEASURES, simulate
from course import scenarios
from course.charts import GREY, PALETTE, Chart, Row, figure, log_ticks, number
from course.explorer import Choice, Explorer, Steps

STRATEGIES = ("chips", "cloud", "open models", "applications", "full stack", "open full stack", "protected full stack")
RIVAL = ("full stack", "open full stack", "chips")
DRAWS, SEED = 200, 13
INDEX_POINTS = (90, 330)
FOR_100 = (1, 1000)
_LEVELS = (5, 50, 95)

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Outlook:
    """How a race went for the Chinese cloud firms, beside the US ones, over draws of all assumptions but sigma."""

    strategy: str
    rival: str
    access: float
    sigma: float
    severity: float
    winning: str
    years: Curve
    china: Curve
    """Index points of their best model: 5th, 50th and 95th percentile by year."""
    us: Curve
    for_100: dict[str, Curve]
    """By measure: what they have for 100 of the US firms, 5th, 50th and 95th percentile."""
    ahead: dict[str, float]
    """By measure: share of draws in which they are ahead, in per cent."""


@cache
def play(
    strategy: str, rival: str, access: float, sigma: float, severity: float, winning: str, draws: int = DRAWS
) -> Outlook:
    """Run the race of 2025 to 2035; `access` to chips and `severity` of a new rule in per cent."""
    scenario = deepcopy(_scenario(draws))
    scenario["seed"], scenario["assumptions"] = SEED, {"sigma": sigma}
    us, china = scenario["actors"]
    us["strategy"], china["strategy"], china["chip_access"] = rival, strategy, access / 100
    scenario["shocks"][0]["severity"] = severity / 100
    race = simulate(scenario, _assumptions(draws))
    ratios = {name: 100 * values[1] / values[0] for name in MEASURES for values in [race.measure(name)]}
    return Outlook(
        strategy=strategy,
        rival=rival,
        access=access,
        sigma=sigma,
        severity=severity,
        winning=winning,
        years=np.array(race.years, dtype=np.float64),
        china=np.percentile(race.capability[:, 1], _LEVELS, axis=1),
        us=np.percentile(race.capability[:, 0], _LEVELS, axis=1),
        for_100={name: np.percentile(values, _LEVELS) for name, values in ratios.items()},
        ahead={name: float(100 * (values > 100).mean()) for name, values in ratios.items()},
    )


class RaceChart(Chart[Outlook]):
    """Left, the best models over the years with 90 % bands; right, four measures of winning in 2035."""

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(
            self.panels, subtitle=("best model, index points", "Chinese firms for 100 of the US firms (log)")
        )
        left.set(xlim=(2025, 2035), ylim=INDEX_POINTS, xlabel="year")
        right.set(xscale="log", xlim=FOR_100, ylim=(-0.6, len(MEASURES) - 0.4))
        log_ticks(right)
        right.minorticks_off()
        right.axvline(100, color=GREY, lw=1)
        right.set_yticks(range(len(MEASURES)), list(MEASURES[::-1]))
        right.grid(visible=False, axis="y")
        for who, color in (("us", PALETTE[1]), ("china", PALETTE[0])):
            for level, style in zip(_LEVELS, (":", "-", ":"), strict=True):
                width = 2.5 if level == 50 else 1.5
                self.add_line(f"{who} {level}", left, color=color, lw=width, ls=style, zorder=4)
        self.add_line("ghost china", left)
        for measure in MEASURES:
            self.add_line(f"{measure} range", right, color=PALETTE[0], lw=2, ls="-", zorder=4)
            self.add_line(f"{measure} middle", right, color=PALETTE[0], marker="o", ms=8, zorder=5)
            self.add_line(f"{measure} ghost", right, color=GREY, marker="|", ms=16, mew=2, zorder=3)
        self.add_line("chosen", right, color=PALETTE[2], marker="D", ms=10, zorder=6)
        for name, color in (("us name", PALETTE[1]), ("china name", PALETTE[0]), ("ghost name", GREY)):
            self.add_label(name, left, color=color, fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Outlook, ghost: Outlook) -> None:
        """Move everything to where `result` and `ghost` say."""
        for who, bands in (("us", result.us), ("china", result.china)):
            for level, band in zip(_LEVELS, bands, strict=True):
                self.move(f"{who} {level}", result.years, np.clip(band, *INDEX_POINTS))
        self.move("ghost china", ghost.years, np.clip(ghost.china[1], *INDEX_POINTS))
        for place, measure in enumerate(MEASURES[::-1]):
            low, middle, high = np.clip(result.for_100[measure], *FOR_100)
            self.move(f"{measure} range", [low, high], [place, place])
            self.move(f"{measure} middle", middle, place)
            self.move(f"{measure} ghost", np.clip(ghost.for_100[measure][1], *FOR_100), place)
            if measure == result.winning:
                self.move("chosen", middle, place)
        for name, text, up in (("us name", "US firms", 2), ("china name", "Chinese firms", -4)):
            self.place(name, text, 2025.2, 305, (0.1, up))
        same = result.strategy == ghost.strategy
        self.place("ghost name", "" if same else f"Chinese firms, {ghost.strategy} (grey)", 2025.2, 283, (0.1, -4))
        behind = result.us[1][-1] - result.china[1][-1]
        self.write("left title", f"{number(abs(behind))} points {'behind' if behind >= 0 else 'ahead'} in 2035")
        self.write("right title", f"By {result.winning}: {number(result.for_100[result.winning][1])} for 100")

    def sentence(self, result: Outlook, ghost: Outlook) -> str:
        """Say what the strategy leads to, how sure that is, and what the plain full stack would have done."""
        low, middle, high = (number(value) for value in result.for_100[result.winning])
        parts = [
            f"The Chinese firms play {result.strategy}, the US firms {result.rival}; σ = {result.sigma:g}, access to "
            f"chips {result.access:g} %, a new rule takes {result.severity:g} % of a year's chips.",
            f"By {result.winning} they have {middle} for 100 of the US firms in 2035, 90 % of draws between {low} and "
            f"{high}; they are ahead in {result.ahead[result.winning]:.0f} % of draws.",
        ]
        if result.strategy != ghost.strategy:
            other = number(ghost.for_100[ghost.winning][1])
            parts.append(f"With {ghost.strategy} it would be {other}.")
        behind = result.us[1] - result.china[1]
        parts.append(f"Their best model is {number(behind[0])} points behind today and {number(behind[-1])} in 2035.")
        return " ".join(parts)

    def numbers(self, result: Outlook, ghost: Outlook) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        rows = [
            (f"Chinese firms for 100 of the US firms, {name}", number(result.for_100[name][1])) for name in MEASURES
        ]
        behind = result.us[1][-1] - result.china[1][-1]
        return [*rows, ("Points behind in 2035, middle draw", number(behind))]


def outlook(draws: int = DRAWS) -> Explorer[Outlook]:
    """Return the explorer of lesson 13: play the race for the Chinese cloud firms."""
    return Explorer(
        "Play the race",
        partial(play, draws=draws),
        [
            Choice("strategy", "Chinese firms play", STRATEGIES, "open full stack"),
            Choice("rival", "US firms play", RIVAL, "full stack"),
            Steps("access", "Access to chips", (20, 35, 50, 75, 100), "per cent", 50),
            Steps("sigma", "σ", (0.2, 0.4, 0.6, 1, 1.5), "(0.2: rigid, 1.5: loose)", 0.6),
            Steps("severity", "A new rule takes", (0, 20, 50, 80), "per cent of a year's chips", 20),
            Choice("winning", "Winning means", MEASURES, "revenue"),
        ],
        RaceChart(),
        presets={
            "Rules as in 2025, all layers, open": {},
            "The same, chips first": {"strategy": "chips"},
            "Free trade in chips": {"access": 100, "severity": 0},
            "A full stop": {"access": 20, "severity": 80, "strategy": "protected full stack"},
            "Nothing replaces chips": {"sigma": 0.2, "strategy": "chips"},
            "The US opens its models, too": {"rival": "open full stack", "winning": "services"},
        },
        baseline={"strategy": "full stack"},
    )


@cache
def _scenario(draws: int) -> dict[str, Any]:
    return scenarios.race(draws=draws)


@cache
def _assumptions(draws: int) -> Assumptions:
    return drawn(draws, SEED, tuple(name for name in BASES if name != "sigma"))
