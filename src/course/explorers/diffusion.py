"""Explorers of the lessons on diffusion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from aistack.diffusion import CurveFit, Kind, fit_curve
from course.charts import GREY, PALETTE, Chart, Row, figure, log_ticks, number
from course.explorer import Choice, Explorer, Steps
from course.series import series_of

PROJECTS = {
    "llama.cpp": "stars-llama.cpp",
    "Ollama": "stars-ollama",
    "vLLM": "stars-vllm",
    "Dify": "stars-dify",
    "LangChain": "stars-langchain",
    "Transformers": "stars-transformers",
    "PyTorch": "stars-pytorch",
    "Claude Code": "stars-claude-code",
    "Codex CLI": "stars-codex",
    "Gemini CLI": "stars-gemini-cli",
}
CURVES: dict[str, Kind] = {
    "logistic": "logistic",
    "Bass": "bass",
    "exponential": "exponential",
    "no change": "no change",
}
BASELINE = "no change"
SEEN_PERCENT = tuple(range(40, 91))
CEILINGS = (2, 3, 5, 10, 20, 50)
STARS = (4_000, 500_000)
RATIOS = (0.2, 8.0)
_FINE = np.linspace(0, 1, 121)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Foresight:
    """A curve fitted to the first part of a project's stars, and what came after."""

    project: str
    curve: str
    seen_percent: int
    cap: float
    """Highest ceiling that the fit may choose."""
    years: Array
    stars: Array
    points: int
    """How many of them the fit has seen."""
    fit: CurveFit

    @property
    def place(self) -> Array:
        """Where each point stands in the history, in per cent."""
        return np.asarray(100 * (self.years - self.years[0]) / (self.years[-1] - self.years[0]))

    @property
    def drawn(self) -> Array:
        """The curve over the whole history, kept inside the frame."""
        span = self.years[0] + _FINE * (self.years[-1] - self.years[0])
        return np.clip(self.fit.at(span), *STARS)

    @property
    def ratios(self) -> Array:
        """Forecast over what came, for the points not seen."""
        return np.asarray(self.fit.at(self.years[self.points :]) / self.stars[self.points :])

    @property
    def last(self) -> float:
        """Forecast for the last point."""
        return float(self.fit.at(self.years[-1]))

    @property
    def typical_error(self) -> float:
        """Median absolute percentage error on the points not seen, a share."""
        return float(np.median(np.abs(self.ratios - 1)))


def foresee(project: str, curve: str, seen_percent: int, ceiling: int) -> Foresight:
    """Fit `curve` to the first `seen_percent` of a project's history; its ceiling is at most so many times the last."""
    years, stars = _stars(project)
    cut = years[0] + seen_percent / 100 * (years[-1] - years[0])
    points = int((years <= cut).sum())
    cap = float(stars[:points].max()) * ceiling
    return Foresight(project, curve, seen_percent, cap, years, stars, points, _fitted(project, curve, points, ceiling))


class ForesightChart(Chart[Foresight]):
    """Left, the stars seen and those that came, with the curve; right, forecast over what came. Grey: no change."""

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(self.panels, subtitle=("stars (log)", "forecast over what came (log)"))
        left.set(yscale="log", xlim=(0, 100), ylim=STARS, xlabel="share of the project's history, %")
        right.set(yscale="log", xlim=(SEEN_PERCENT[0], 100), ylim=RATIOS, xlabel="share of the project's history, %")
        for axes in (left, right):
            log_ticks(axes)
            axes.minorticks_off()
        right.set_yticks([0.25, 0.5, 1, 2, 4, 8], ["0.25", "0.5", "1", "2", "4", "8"])
        right.minorticks_off()
        right.axhline(1, color="#4d4d4d", linewidth=1)
        curve, points = PALETTE[:2]
        self.add_line("ghost curve", left)
        self.add_line("curve", left, color=curve, lw=2.5, ls="-", zorder=4)
        self.add_line("seen", left, color=points, marker="o", ms=6, ls="", zorder=5)
        self.add_line("came", left, color=points, marker="o", ms=6, mfc="white", ls="", zorder=5)
        self.add_line("cut", left, color="#4d4d4d", lw=1.2, ls=":")
        self.add_line("cap", left, color=curve, lw=1.2, ls=":")
        self.add_line("ghost ratio", right, color=GREY, lw=1.5, ls="-", marker="s", ms=4)
        self.add_line("ratio", right, color=curve, lw=2.5, ls="-", marker="o", ms=6, zorder=4)
        self.add_line("right cut", right, color="#4d4d4d", lw=1.2, ls=":")
        self.add_label("cap name", left, color=curve)
        self.add_label("curve name", left, color=curve, fontweight="bold")
        self.add_label("ghost name", left, color=GREY, fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Foresight, ghost: Foresight) -> None:
        """Move everything to where `result` and `ghost` say."""
        place, cut = result.place, result.seen_percent
        self.move("seen", place[: result.points], result.stars[: result.points])
        self.move("came", place[result.points :], result.stars[result.points :])
        self.move("cut", [cut, cut], STARS)
        self.move("right cut", [cut, cut], RATIOS)
        self.move("curve", 100 * _FINE, result.drawn)
        self.move("ghost curve", 100 * _FINE, ghost.drawn)
        inside = result.cap <= STARS[1]
        self.move("cap", [0, 100] if inside else [], [result.cap] * 2 if inside else [])
        text = f"ceiling at most {number(result.cap)}"
        self.place("cap name", text if inside else f"{text} ↑", 1, result.cap if inside else STARS[1], (3, -3))
        for who, it in (("", result), ("ghost ", ghost)):
            self.move(f"{who}ratio", place[it.points :], np.clip(it.ratios, *RATIOS))
        self.place("curve name", result.curve, 99, STARS[0], (-4, 5))
        self.place("ghost name", "" if _same(result, ghost) else ghost.curve, 99, STARS[0], (-4, 22))
        self.write("left title", f"{result.project}, fitted to the first {cut} %")
        self.write("right title", f"Typical error {result.typical_error:.0%}")

    def sentence(self, result: Foresight, ghost: Foresight) -> str:
        """Say what was foreseen for the last point, what came and why, and what doing nothing would have given."""
        came, ratio = float(result.stars[-1]), result.last / float(result.stars[-1])
        seen_to, end = _month(result.years[result.points - 1]), _month(result.years[-1])
        parts = [
            f"{result.project}, first {result.seen_percent} % of its history seen ({result.points} points, to "
            f"{seen_to}): the {_named(result.curve)} foresaw {number(result.last)} stars for {end}, {ratio:.0%} of the "
            f"{number(came)} that came."
        ]
        if result.curve in ("logistic", "Bass"):
            top, seen_last = result.fit.parameters[0], float(result.stars[result.points - 1])
            parts.append(
                f"It put the ceiling at {number(top)}, {top / seen_last:.2f} times the last "
                f"value seen; at most {number(result.cap)} were allowed."
            )
        else:
            parts.append(f"It has no ceiling, so the bound of {number(result.cap)} is idle.")
        parts.append(_why(result, ratio))
        if not _same(result, ghost):
            parts.append(
                f"Its typical error on the points not seen is {result.typical_error:.1%}; assuming no change would "
                f"have given {ghost.typical_error:.1%}."
            )
        return " ".join(parts)

    def numbers(self, result: Foresight, ghost: Foresight) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        return [
            ("Last value seen", f"{number(float(result.stars[result.points - 1]))} stars"),
            (f"Forecast for {_month(result.years[-1])}", f"{number(result.last)} stars"),
            ("What came", f"{number(float(result.stars[-1]))} stars"),
            ("Forecast over what came", f"{result.last / float(result.stars[-1]):.1%}"),
            ("Typical error on points not seen", f"{result.typical_error:.1%}"),
            ("Typical error of no change", f"{ghost.typical_error:.1%}"),
        ]


def foresight() -> Explorer[Foresight]:
    """Return the explorer of lesson 09: what a curve would have foreseen, had it been fitted then."""
    return Explorer(
        "What would a curve have foreseen?",
        foresee,
        [
            Choice("project", "Project", tuple(PROJECTS), "llama.cpp"),
            Choice("curve", "Curve", tuple(CURVES), "logistic"),
            Steps("seen_percent", "History seen", SEEN_PERCENT, "%", 50),
            Steps("ceiling", "Ceiling at most", CEILINGS, "times the last value seen", 10),
        ],
        ForesightChart(),
        presets={
            "llama.cpp, half seen: a lull taken for the end": {},
            "PyTorch: growth that did not bend": {"project": "PyTorch"},
            "Dify: a bend called in time": {"project": "Dify", "seen_percent": 65},
            "Claude Code, fitted in its first winter": {"project": "Claude Code", "seen_percent": 50},
            "Ollama, if growth never braked": {"project": "Ollama", "curve": "exponential"},
            "Transformers, Bass": {"project": "Transformers", "curve": "Bass"},
        },
        baseline={"curve": BASELINE},
    )


def _why(result: Foresight, ratio: float) -> str:
    if abs(ratio - 1) <= 0.1:
        return "Within a tenth of what came."
    if result.curve == "no change":
        return "Growth went on, and this forecast knows none."
    if ratio > 1:
        return "It grew on where the project slowed down."
    return "It took a slower stretch for the end of growth."


def _named(curve: str) -> str:
    return "assumption of no change" if curve == "no change" else f"{curve} curve"


def _same(result: Foresight, ghost: Foresight) -> bool:
    return result.curve == ghost.curve


def _month(year: float) -> str:
    return f"{MONTHS[round((year % 1) * 12) % 12]} {int(year)}"


@cache
def _stars(project: str) -> tuple[Array, Array]:
    return series_of("open_ecosystem", PROJECTS[project])


@cache
def _fitted(project: str, curve: str, points: int, ceiling: int) -> CurveFit:
    years, stars = (each[:points] for each in _stars(project))
    return fit_curve(CURVES[curve], years, stars, ceiling_at_most=float(stars.max()) * ceiling)
