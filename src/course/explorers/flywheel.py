"""Explorers of the lesson on the data flywheel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aistack.flywheel import Flywheel, loop_gain, quality, spin, steady_states, user_share
from course.charts import GREY, PALETTE, Chart, Row, figure, log_ticks, number
from course.explorer import Explorer, Steps

STARTS = (5, 10, 15, 20, 30, 35, 40, 50, 60, 80, 100, 150, 200, 300, 400, 600)
RIVALS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
EXPONENTS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SENSITIVITIES = (2, 3, 4, 5, 6, 8)
HARMFUL = (0, 5, 10, 15, 20, 25, 30, 35, 40)
DELAYS = (0, 0.25, 0.5, 1, 1.5, 2)
BASELINE = {"harmful": 0, "delay": 0}

MARKET, HALF_DATA, RECORDS, DECAY = 1000.0, 500.0, 1.0, 0.5
"""A market of 1,000 million users; data in million user-years, of which half are stale after a year or so."""
YEARS, STEPS_PER_YEAR = 12.0, 8
USERS = (1.0, 1200.0)
_TODAY = np.geomspace(USERS[0], MARKET, 160)

Curve = npt.NDArray[np.float64]


def wheel_of(rival: float, exponent: float, sensitivity: float, harmful: float) -> Flywheel:
    """Return the flywheel of the lesson, with some of its numbers chosen; `harmful` in per cent."""
    return Flywheel(MARKET, HALF_DATA, exponent, rival, sensitivity, RECORDS, DECAY, harmful / 100)


@dataclass(frozen=True)
class Course:
    """What becomes of a product that starts with some users and the data that they leave in the long run."""

    start: int
    rival: float
    exponent: float
    sensitivity: float
    harmful: int
    delay: float
    years: Curve
    users: Curve
    """Millions, one a step."""
    drawn_to: Curve
    """Users that the data of so many users would draw, at the points of `_TODAY`."""
    gain: float
    """Of the loop at the start."""
    tipping: float
    """Users at the tipping point; 0 if there is none above a million."""
    ceiling: float
    """Users at the largest stable size; 0 if there is none but 0."""

    @property
    def end(self) -> float:
        """Users at the end, in millions."""
        return float(self.users[-1])

    @property
    def grows(self) -> bool:
        """Whether it ends larger than it began."""
        return self.end > self.start


def run(start: int, rival: float, exponent: float, sensitivity: float, harmful: int, delay: float) -> Course:
    """Run the flywheel for twelve years."""
    wheel = wheel_of(rival, exponent, sensitivity, harmful)
    per_user = wheel.useful_records_per_user / wheel.decay
    path = spin(wheel, start, per_user * start, YEARS, delay, steps_per_year=STEPS_PER_YEAR)
    own = quality(per_user * _TODAY, wheel.half_data, wheel.exponent)
    states = steady_states(wheel)
    tipping = [state.users for state in states if not state.stable and state.users >= USERS[0]]
    return Course(
        start=start,
        rival=rival,
        exponent=exponent,
        sensitivity=sensitivity,
        harmful=harmful,
        delay=delay,
        years=np.asarray(path.years),
        users=np.asarray(path.users),
        drawn_to=np.asarray(MARKET * user_share(own, rival, sensitivity)),
        gain=float(loop_gain(wheel, per_user * start)),
        tipping=max(tipping, default=0.0),
        ceiling=max(state.users for state in states if state.stable),
    )


class CourseChart(Chart[Course]):
    """Left, users over the years; right, the users that today's users draw. Grey: feedback at once and without harm."""

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(
            self.panels, subtitle=("users, millions (log)", "users that their data will draw, millions (log)")
        )
        left.set(yscale="log", xlim=(0, YEARS), ylim=USERS, xlabel="years")
        right.set(xscale="log", yscale="log", xlim=USERS, ylim=USERS, xlabel="users today, millions (log)")
        for axes in (left, right):
            log_ticks(axes)
            axes.minorticks_off()
        right.plot(USERS, USERS, color="#4d4d4d", lw=1, ls=":")
        color, mark = PALETTE[:2]
        for who, shade, width, rank in (("ghost ", GREY, 1.5, 3), ("", color, 2.5, 4)):
            self.add_line(f"{who}path", left, color=shade, lw=width, ls="-", zorder=rank)
            self.add_line(f"{who}loop", right, color=shade, lw=width, ls="-", zorder=rank)
        self.add_line("start", right, color=color, marker="o", ms=8, zorder=6)
        self.add_line("tipping", right, color=mark, marker="X", ms=10, ls="", zorder=5)
        self.add_line("ceiling", right, color=mark, marker="D", ms=8, ls="", zorder=5)
        self.add_line("tipping line", left, color=mark, lw=1.2, ls=":")
        self.add_label("end name", left, color=color, fontweight="bold")
        self.add_label("ghost name", left, color=GREY, fontweight="bold")
        self.add_label("tipping name", right, color=mark, fontweight="bold")
        self.add_label("ceiling name", right, color=mark, fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Course, ghost: Course) -> None:
        """Move everything to where `result` and `ghost` say."""
        for who, it in (("", result), ("ghost ", ghost)):
            self.move(f"{who}path", it.years, np.clip(it.users, *USERS))
            self.move(f"{who}loop", _TODAY, np.clip(it.drawn_to, *USERS))
        drawn = float(np.interp(np.log(result.start), np.log(_TODAY), result.drawn_to))
        self.move("start", result.start, np.clip(drawn, *USERS))
        tipping, ceiling = result.tipping, result.ceiling
        self.move("tipping", [tipping] if tipping else [], [tipping] if tipping else [])
        self.move("ceiling", [ceiling] if ceiling else [], [ceiling] if ceiling else [])
        self.move("tipping line", [0, YEARS] if tipping else [], [tipping] * 2 if tipping else [])
        low = USERS[0]
        self.place("end name", f"after 12 years: {_millions(result.end)}", YEARS, low, (-4, 5))
        self.place("ghost name", f"grey: {_millions(ghost.end)}", YEARS, low, (-4, 21))
        self.place("tipping name", f"✖ tipping point {_state(tipping)}", USERS[1], low, (-4, 21))
        self.place("ceiling name", f"◆ ceiling {_state(ceiling)}", USERS[1], low, (-4, 5))
        self.write("left title", "It grows" if result.grows else "It shrinks")
        self.write("right title", f"1 % more data bring {number(result.gain)} %")

    def sentence(self, result: Course, ghost: Course) -> str:
        """Say what becomes of the product, where it tips and stops, and what harm and delay cost."""
        parts = [
            f"It starts with {result.start} million users beside a rival of quality {result.rival:g}; quality goes "
            f"with data to the power of {result.exponent:g}, users compare with a sensitivity of "
            f"{result.sensitivity:g}, {result.harmful} % of the feedback misleads, and it takes "
            f"{result.delay:g} years to reach the product.",
            f"At the start, 1 % more data bring {number(result.gain)} % more: "
            f"{'differences grow, upwards and downwards' if result.gain > 1 else 'differences melt away'}.",
            (
                f"The tipping point is at {number(result.tipping)} million users"
                if result.tipping
                else "There is no tipping point above a million users"
            )
            + (
                f", the ceiling at {number(result.ceiling)} million."
                if result.ceiling
                else ", and nothing lasts but 0."
            ),
            f"After {YEARS:.0f} years it has {_millions(result.end)}; with feedback at once and without harm it would "
            f"have {_millions(ghost.end)}.",
        ]
        return " ".join(parts)

    def numbers(self, result: Course, ghost: Course) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        return [
            ("Users after 12 years", _millions(result.end)),
            ("The same, feedback at once and harmless", _millions(ghost.end)),
            ("Tipping point", _state(result.tipping)),
            ("Ceiling", _state(result.ceiling)),
            ("Gain of the loop at the start", number(result.gain)),
        ]


def flywheel() -> Explorer[Course]:
    """Return the explorer of lesson 11: whether a product with feedback takes off, and where it stops."""
    return Explorer(
        "Does the flywheel spin?",
        run,
        [
            Steps("start", "Users at the start", STARTS, "million", 100),
            Steps("rival", "Quality of the rival", RIVALS, "of 1", 0.5),
            Steps("exponent", "Exponent of data", EXPONENTS, "(beta)", 0.7),
            Steps("sensitivity", "Sensitivity of users", SENSITIVITIES, "(gamma)", 4),
            Steps("harmful", "Feedback that misleads", HARMFUL, "%", 10),
            Steps("delay", "Feedback takes", DELAYS, "years", 0.5),
        ],
        CourseChart(),
        presets={
            "First of its kind: 50 million a week (ChatGPT, March 2023)": {"start": 50, "rival": 0.3},
            "Newcomer: 10 million a day (DeepSeek, March 2025)": {"start": 10, "rival": 0.6},
            "Thrown in with a search engine: 35 million a day (Gemini)": {"start": 35, "sensitivity": 2},
            "Retrained every two hours (Cursor)": {"start": 20, "delay": 0, "exponent": 0.5},
            "Thumbs that flatter (GPT-4o, April 2025)": {"start": 400, "harmful": 40},
            "200 million in a month of gifts (Qwen app, February 2026)": {"start": 200, "delay": 1},
        },
        baseline=BASELINE,
    )


def _millions(users: float) -> str:
    return f"{number(users)} million" if users >= USERS[0] else "under 1 million"


def _state(users: float) -> str:
    return f"{number(users)} million" if users else "none"
