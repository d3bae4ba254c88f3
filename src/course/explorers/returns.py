"""Explorers of the lesson on what an effect is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aistack.returns import cost_per_case, net_present_value_usd, payback_years, review_threshold, reviewed_share
from course.charts import GREY, PALETTE, Chart, Row, figure, log_ticks, number
from course.explorer import Choice, Explorer, Steps

ACCURACIES = (57, 60, 67, 83, 90, 95, 98)
"""Cases in a hundred that the machine gets right."""
CONCENTRATION = {"well": 1.0, "somewhat": 5.0, "hardly": 50.0}
"""Spread of the confidence (`reviewed_share`): a small number tells right from wrong."""
ERROR_COSTS = (2, 5, 10, 20, 50, 100, 200)
REVIEWER_ERRORS = (0, 2, 5, 10, 15)
THRESHOLDS = tuple(range(0, 101, 5))
MONTHS = (1, 3, 6, 9, 12, 18, 24, 36)
BASELINE = {"accuracy": 95, "threshold": 0}

INTEGRATION_BILLS = 0.5
"""Cost of integration, in yearly costs of a person in every case: an assumption of the course."""
HORIZON_YEARS = 5.0
COSTS = (0.02, 200)
WORTH = (-2.5, 5.0)
_FINE = np.linspace(0, 1, 201)
_YEARS = np.linspace(0.02, HORIZON_YEARS, 101)

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Policy:
    """What a case costs when the machine settles some and people see the rest; the unit is one look of a person."""

    accuracy: int
    knows: str
    error_cost: int
    reviewer_error: int
    threshold: int
    months: int
    cost: float
    """Of a case under this policy."""
    reviewed: float
    """Share of cases that a person sees."""
    by_hand: float
    """Cost of a case if a person sees every one and there is no machine."""
    chow: float
    """Best threshold by Chow's rule, a share."""
    curve: Curve
    """Cost at each threshold from 0 to 1."""
    worth: Curve
    """Net value over the years, in yearly costs of doing all by hand."""
    payback: float
    """Years until the integration is paid; infinite if never."""

    @property
    def best(self) -> int:
        """Cheapest threshold on the lever, in per cent."""
        steps = np.asarray(THRESHOLDS)
        return int(steps[np.argmin(self.curve[2 * steps])])

    @property
    def best_cost(self) -> float:
        """Cost of a case at the cheapest threshold on the lever."""
        return float(self.curve[2 * self.best])

    @property
    def saving(self) -> float:
        """Share of the cost of doing all by hand that the policy saves; below 0 it costs more."""
        return 1 - self.cost / self.by_hand


def decide(accuracy: int, knows: str, error_cost: int, reviewer_error: int, threshold: int, months: int) -> Policy:
    """Price a policy: the machine settles what it is surer of than the threshold, a person sees the rest."""
    right, concentration, slip = accuracy / 100, CONCENTRATION[knows], reviewer_error / 100
    curve = np.asarray(cost_per_case(_FINE, right, concentration, error_cost, 1, slip))
    cost = float(curve[2 * threshold])
    by_hand = 1 + slip * error_cost
    gain = 1 - cost / by_hand
    return Policy(
        accuracy=accuracy,
        knows=knows,
        error_cost=error_cost,
        reviewer_error=reviewer_error,
        threshold=threshold,
        months=months,
        cost=cost,
        reviewed=float(reviewed_share(threshold / 100, right, concentration)),
        by_hand=by_hand,
        chow=float(review_threshold(error_cost, 1, slip)),
        curve=curve,
        worth=np.asarray(net_present_value_usd(gain, INTEGRATION_BILLS, months, _YEARS, 0)),
        payback=float(payback_years(gain, INTEGRATION_BILLS, months)),
    )


class PolicyChart(Chart[Policy]):
    """Left, cost of a case against the threshold; right, net value over the years. Grey: the better model alone."""

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(
            self.panels, subtitle=("cost of a case, in looks of a person (log)", "net value, in yearly bills by hand")
        )
        left.set(yscale="log", xlim=(0, 100), ylim=COSTS, xlabel="review threshold, % confidence")
        right.set(xlim=(0, HORIZON_YEARS), ylim=WORTH, xlabel="years from the start")
        log_ticks(left)
        left.minorticks_off()
        right.axhline(0, color="#4d4d4d", lw=1)
        color, best = PALETTE[:2]
        for who, shade, width, rank in (("ghost ", GREY, 1.5, 3), ("", color, 2.5, 4)):
            self.add_line(f"{who}curve", left, color=shade, lw=width, ls="-", zorder=rank)
            self.add_line(f"{who}here", left, color=shade, marker="o", ms=8, zorder=rank + 2, clip_on=False)
            self.add_line(f"{who}worth", right, color=shade, lw=width, ls="-", zorder=rank)
            self.add_label(f"{who}name", left, color=shade, fontweight="bold")
        self.add_line("best", left, color=best, marker="D", ms=7, zorder=5, clip_on=False)
        self.add_label("best name", left, color=best, fontweight="bold")
        self.add_label("worth name", right, color=color, fontweight="bold")
        self.add_label("ghost worth name", right, color=GREY, fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Policy, ghost: Policy) -> None:
        """Move everything to where `result` and `ghost` say."""
        for who, it in (("", result), ("ghost ", ghost)):
            self.move(f"{who}curve", 100 * _FINE, it.curve)
            self.move(f"{who}here", it.threshold, it.cost)
            self.move(f"{who}worth", _YEARS, np.clip(it.worth, *WORTH))
        self.move("best", result.best, result.best_cost)
        low, high = COSTS
        self.place("name", f"right in {result.accuracy} of 100", 1, low, (2, 5))
        self.place("ghost name", f"grey: right in {ghost.accuracy}, nobody looks", 1, low, (2, 21))
        self.place("best name", f"◆ cheapest: {result.best} %", 99, high, (-2, -6))
        self.place("worth name", f"5 years: {_signed(result.worth[-1])} bills", 0, WORTH[1], (4, -6))
        self.place("ghost worth name", f"grey: {_signed(ghost.worth[-1])}", 0, WORTH[1], (4, -22))
        self.write("left title", f"A case costs {number(result.cost)} looks")
        self.write("right title", _headline(result))

    def sentence(self, result: Policy, ghost: Policy) -> str:
        """Say what a case costs and why, what the cheapest threshold would do, and whether the project pays."""
        machine = result.cost - result.reviewed * result.by_hand
        parts = [
            f"The machine is right in {result.accuracy} of 100 cases and knows {result.knows} when it is wrong; a "
            f"mistake costs {result.error_cost} looks, people err in {result.reviewer_error} %. At a threshold of "
            f"{result.threshold} % people see {result.reviewed:.0%} of the cases, and a case costs "
            f"{number(result.cost)} looks, {number(max(machine, 0.0))} of them for mistakes of the machine.",
            f"The cheapest threshold on the lever is {result.best} % ({number(result.best_cost)} looks); Chow's rule "
            f"says {result.chow:.1%}.",
            f"A model right in {ghost.accuracy} of 100, with nobody looking, costs {number(ghost.cost)}: "
            f"{_beside(result.cost, ghost.cost)}.",
            f"Without a machine a case costs {number(result.by_hand)}, so this policy {_saves(result.saving)}; "
            f"deployed after {result.months} months it {_pays(result.payback)}.",
        ]
        return " ".join(parts)

    def numbers(self, result: Policy, ghost: Policy) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        return [
            ("Cost of a case, this policy", f"{number(result.cost)} looks"),
            ("Seen by people", f"{result.reviewed:.0%}"),
            ("Cheapest threshold on the lever", f"{result.best} %, {number(result.best_cost)} looks"),
            ("Threshold by Chow's rule", f"{result.chow:.1%}"),
            (f"Model right in {ghost.accuracy}, nobody looks", f"{number(ghost.cost)} looks"),
            ("Without a machine", f"{number(result.by_hand)} looks"),
            ("Paid back", "never" if np.isinf(result.payback) else f"after {number(result.payback)} years"),
            ("Net value in five years", f"{_signed(result.worth[-1])} yearly bills"),
        ]


def review_policy() -> Explorer[Policy]:
    """Return the explorer of lesson 10: which cases a person should see, and what that is worth."""
    return Explorer(
        "Which cases should a person see?",
        decide,
        [
            Steps("accuracy", "Machine is right in", ACCURACIES, "of 100 cases", 83),
            Choice("knows", "Knows when it is wrong", tuple(CONCENTRATION), "well"),
            Steps("error_cost", "A mistake costs", ERROR_COSTS, "looks", 20),
            Steps("reviewer_error", "People err in", REVIEWER_ERRORS, "% of what they see", 0),
            Steps("threshold", "Threshold", THRESHOLDS, "% confidence", 95),
            Steps("months", "Deployed after", MONTHS, "months", 6),
        ],
        PolicyChart(),
        presets={
            "Law tool right in 83 of 100 (Lexis), nobody checks": {"threshold": 0},
            "The same law tool, checked below 95 %": {},
            "General chat model on the same law, right in 57": {"accuracy": 57, "threshold": 50},
            "Earnings foreseen right in 60 (GPT-4, disputed)": {"accuracy": 60, "error_cost": 5, "threshold": 60},
            "A task built to mislead consultants: 60 against 85": {
                "accuracy": 60, "knows": "hardly", "reviewer_error": 15, "error_cost": 10, "threshold": 0,
            },
            "Screening with two readers: a miss is dear": {"accuracy": 95, "error_cost": 200, "reviewer_error": 2},
        },
        baseline=BASELINE,
    )  # fmt: skip


def _headline(result: Policy) -> str:
    if np.isinf(result.payback):
        return "Never pays"
    if result.payback > HORIZON_YEARS:
        return f"Not paid in {HORIZON_YEARS:.0f} years"
    return f"Paid back after {number(result.payback)} years"


def _signed(value: float) -> str:
    return f"{float(value):+,.1f}"


def _beside(cost: float, other: float) -> str:
    if number(cost) == number(other):
        return "the same as this policy"
    return f"{number(max(cost, other) / min(cost, other))} times {'less' if other < cost else 'more'} than this policy"


def _saves(saving: float) -> str:
    if abs(saving) < 0.005:
        return "saves nothing"
    return f"saves {saving:.0%}" if saving > 0 else f"costs {number(1 - saving)} times as much"


def _pays(payback: float) -> str:
    return "never pays" if np.isinf(payback) else f"pays back after {number(payback)} years"
