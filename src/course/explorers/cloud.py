"""Explorers of the lessons on the cloud."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from aistack.cloud import (
    break_even_utilisation,
    capital_usd_per_hour,
    carbon_tonnes,
    energy_kwh,
    energy_usd_per_hour,
    useful_hour_estimate_usd,
)
from course.charts import GREY, PALETTE, Chart, Row, figure, number
from course.data import load
from course.explorer import Choice, Explorer, Steps

BASELINE = "H100 SXM"
CHIPS = ("A100 SXM 80GB", "H100 SXM", "H200 SXM", "B200", "MI300X", "TPU v5p")
PLACES = {"United States": "US", "China": "CN", "Ireland": "IE", "France": "FR", "Sweden": "SE", "Germany": "DE"}
UTILISATIONS = (5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100)
LIVES = (2, 3, 4, 5, 5.5, 6, 8)
RATES = (0, 5, 10, 15, 20)
RENTS = (1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6.88, 8.5, 10, 12.29, 16)
COSTS = (0.1, 100)
GRAMS_PER_TONNE = 1e6
_CURVE = np.linspace(0.05, 1, 96)
_PARTS = ("hardware in use", "hardware idle", "power")

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Owning:
    """What it costs to own an accelerator, for an hour that is used. Money in US dollars."""

    chip: str
    place: str
    price: float
    """Of the accelerator with its share of server and network."""
    life_years: float
    rate_percent: float
    utilisation: float
    capital: float
    energy: float
    rent: float
    power_price: float
    power_kind: str
    grams: float
    """CO2 of an hour in use."""
    curve: Curve

    @property
    def cost(self) -> float:
        """Cost of a useful hour."""
        return float(useful_hour_estimate_usd(self.capital, self.energy, self.utilisation))

    @property
    def break_even(self) -> float:
        """Utilisation from which owning is cheaper than the rent; above 1 it never is."""
        return float(break_even_utilisation(self.capital, self.energy, self.rent))

    @property
    def shares(self) -> tuple[float, float, float]:
        """Parts of the cost: hardware in use, hardware idle, power."""
        idle = self.capital * (1 / self.utilisation - 1)
        return self.capital / self.cost, idle / self.cost, self.energy / self.cost


def own(chip: str, place: str, utilisation: int, life_years: float, rate_percent: int, rent: float) -> Owning:
    """Own a chip somewhere and use it part of the time; power is drawn in the hours of use only."""
    price, watts = _hardware()[chip]
    power_price, kind, intensity = _places()[place]
    pue = _pue()
    capital = float(capital_usd_per_hour(price, rate_percent / 100, life_years))
    energy = float(energy_usd_per_hour(watts, pue, power_price))
    return Owning(
        chip=chip,
        place=place,
        price=price,
        life_years=life_years,
        rate_percent=rate_percent,
        utilisation=utilisation / 100,
        capital=capital,
        energy=energy,
        rent=rent,
        power_price=power_price,
        power_kind=kind,
        grams=float(carbon_tonnes(energy_kwh(1, watts, pue), intensity)) * GRAMS_PER_TONNE,
        curve=np.asarray(useful_hour_estimate_usd(capital, energy, _CURVE)),
    )


class OwningChart(Chart[Owning]):
    """Left, the cost of a useful hour against utilisation with the rent; right, what the cost is made of."""

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(
            self.panels, subtitle=("US dollars for an hour that is used (log)", "share of the cost, %")
        )
        left.set(yscale="log", xlim=(0, 100), ylim=COSTS, xlabel="hours in use, % (grey: the baseline)")
        left.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
        left.minorticks_off()
        right.set(xlim=(0, 100), ylim=(-0.6, len(_PARTS) - 0.3), xlabel="thin grey: the baseline")
        right.set_yticks(range(len(_PARTS)), [part.replace(" ", "\n", 1) for part in reversed(_PARTS)])
        right.grid(visible=False, axis="y")
        chip, rent = PALETTE[:2]
        self.add_line("ghost curve", left)
        self.add_line("ghost here", left, color=GREY, marker="o", ms=8, clip_on=False)
        self.add_line("curve", left, color=chip, lw=2.5, ls="-", zorder=4)
        self.add_line("rent", left, color=rent, lw=2, ls=(0, (5, 2)))
        self.add_line("break even", left, color=GREY, lw=1.2, ls=":")
        self.add_line("here", left, color=chip, marker="o", ms=9, zorder=5, clip_on=False)
        self.add_label("rent name", left, color=rent, fontweight="bold")
        self.add_label("break even name", left)
        for part, color in zip(_PARTS, PALETTE, strict=False):
            self.add_line(part, right, color=color, lw=18, ls="-", solid_capstyle="butt")
            self.add_line(f"ghost {part}", right, solid_capstyle="butt")
            self.add_label(f"{part} share", right, color=color, fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Owning, ghost: Owning) -> None:
        """Move everything to where `result` and `ghost` say."""
        percent = 100 * _CURVE
        for who, it in (("ghost ", ghost), ("", result)):
            self.move(f"{who}curve", percent, it.curve)
            self.move(f"{who}here", 100 * it.utilisation, it.cost)
        self.move("rent", [0, 100], [result.rent, result.rent])
        self.place("rent name", f"rent {_usd(result.rent)}", 100, result.rent, (-4, 4))
        even = 100 * result.break_even
        crosses = percent[0] <= even <= 100
        self.move("break even", [even, even] if crosses else [], [COSTS[0], result.rent] if crosses else [])
        text = f"owning pays from {even:.0f} %" if crosses else "" if even < percent[0] else "owning never pays"
        self.place("break even name", text, even if crosses else 100, COSTS[0], (5 if even < 50 else -5, 4))
        pairs = zip(_PARTS, result.shares, ghost.shares, strict=True)
        for height, (part, share, base) in zip(reversed(range(len(_PARTS))), pairs, strict=True):
            self.move(part, [0, 100 * share], [height, height])
            self.move(f"ghost {part}", [0, 100 * base], [height - 0.28, height - 0.28])
            self.place(f"{part} share", _percent(share), min(100 * share, 82), height, (6, 12))
        self.write("left title", f"A useful hour costs {_usd(result.cost)}: {_verdict(result)}")
        self.write("right title", f"Power in {_article(result.place)}: {_percent(result.shares[2])} of the cost")

    def sentence(self, result: Owning, ghost: Owning) -> str:
        """Say what an hour costs, of what it consists, how it compares with the rent and the baseline, and why."""
        it = result
        interest = f"at {it.rate_percent:g} % interest" if it.rate_percent else "without interest"
        parts = [
            f"{it.chip} for {it.price:,.0f} dollars with server and network, written off over {it.life_years:g} years "
            f"{interest}: {_usd(it.capital)} of hardware every hour, and {_usd(it.energy)} of power in "
            f"{_article(it.place)} ({it.power_kind}) when it works.",
            f"Used {100 * it.utilisation:.0f} % of the time, a useful hour costs {_usd(it.cost)}, "
            f"{_beside(it, ghost)}.",
            _renting(it),
            f"An hour of work emits {it.grams:,.0f} g of CO2, {_times(it.grams / ghost.grams)} the baseline's.",
        ]
        return " ".join(parts)

    def numbers(self, result: Owning, ghost: Owning) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        even = result.break_even
        return [
            ("Hardware, each hour", _usd(result.capital)),
            ("Power, each hour of work", _usd(result.energy)),
            ("Cost of a useful hour", _usd(result.cost)),
            ("Baseline's useful hour", _usd(ghost.cost)),
            ("Owning pays from", f"{100 * even:.1f} % of the hours" if even <= 1 else "never at this rent"),
            ("Cheaper at this utilisation", _verdict(result)),
            ("Share of power in the cost", _percent(result.shares[2])),
            ("CO2 of an hour of work", f"{result.grams:,.0f} g"),
        ]


def owning() -> Explorer[Owning]:
    """Return the explorer of lesson 04: what an hour of compute costs its owner, and when to rent instead."""
    return Explorer(
        "What does an hour of compute cost?",
        own,
        [
            Choice("chip", "Chip", CHIPS, BASELINE),
            Choice("place", "Where", tuple(PLACES), "United States"),
            Steps("utilisation", "In use", UTILISATIONS, "% of hours", 50),
            Steps("life_years", "Life", LIVES, "years", 5),
            Steps("rate_percent", "Interest", RATES, "% a year", 10),
            Steps("rent", "Rent", RENTS, "USD an hour", 3),
        ],
        OwningChart(),
        presets={
            "AWS's list price of 2023, a lab's own H100": {"utilisation": 20, "rent": 12.29},
            "AWS's list price of 2026, the same H100": {"utilisation": 20, "rent": 6.88},
            "Voltage Park in 2026, the same H100": {"utilisation": 20, "rent": 2},
            "Meta: servers for 5.5 years": {"utilisation": 80, "life_years": 5.5},
            "Alphabet: servers for 6 years": {"utilisation": 80, "life_years": 6},
            "Google's own chip, TPU v5p": {"chip": "TPU v5p", "utilisation": 60, "rent": 4},
            "A Chinese cloud with A100s": {"chip": "A100 SXM 80GB", "place": "China", "utilisation": 60, "rent": 2},
            "The same in Sweden": {"chip": "A100 SXM 80GB", "place": "Sweden", "utilisation": 60, "rent": 2},
        },
        baseline={"chip": BASELINE, "place": "United States", "life_years": 5, "rate_percent": 10},
    )


def _verdict(it: Owning) -> str:
    return "own" if it.cost < it.rent else "rent"


def _renting(it: Owning) -> str:
    even = it.break_even
    if even > 1:
        return f"Renting at {_usd(it.rent)} is cheaper even if every hour is used."
    start = f"Owning pays from {100 * even:.0f} % of the hours on: there"
    return (
        f"{start} {_usd(it.capital)} of hardware and the power of the hours in use come to the rent of {_usd(it.rent)}."
    )


def _beside(it: Owning, ghost: Owning) -> str:
    same = (it.chip, it.place, it.life_years, it.rate_percent) == (
        ghost.chip,
        ghost.place,
        ghost.life_years,
        ghost.rate_percent,
    )
    return "which is the baseline" if same else f"{_times(it.cost / ghost.cost)} the baseline's {_usd(ghost.cost)}"


def _times(ratio: float) -> str:
    return "about the same as" if number(ratio) == "1" else f"{number(ratio)} times"


def _usd(value: float) -> str:
    return f"${value:,.2f}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"


def _article(place: str) -> str:
    return "the US" if place == "United States" else place


@cache
def _hardware() -> dict[str, tuple[float, float]]:
    """Median cost of clusters per accelerator, and the chip's rated power."""
    rows, watts = load("clusters"), load("chips").set_index("chip")["tdp_w"]
    rows = rows[rows["cost_basis"].str.startswith("hardware", na=False)].dropna(subset=["total_chips"])
    usd = rows["cost_bn_usd"] * 1e9 / rows["total_chips"].astype(float)
    prices = usd.groupby(rows["chip"]).median()
    return {name: (float(prices[name]), float(watts[name])) for name in CHIPS}


@cache
def _places() -> dict[str, tuple[float, str, float]]:
    """Power price, what kind of price it is, and grams of CO2 a kilowatt-hour."""
    rows = load("country_energy")
    rows = rows[rows["area"].isna()]
    kinds = {"industrial_power_price": "price for industry", "business_power_price": "price for business"}
    found = {}
    for place, code in PLACES.items():
        here = rows[rows["country"] == code].set_index("metric")["value"]
        metric = next(metric for metric in kinds if metric in here)
        found[place] = (float(here[metric]), kinds[metric], float(here["carbon_intensity"]))
    return found


@cache
def _pue() -> float:
    return float(load("regions")["pue"].median())
