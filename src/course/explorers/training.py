"""Explorers of the lesson on training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from aistack.chips import Chip
from aistack.scaling import ALGORITHMIC_DOUBLING_MONTHS, lag_months
from aistack.training import chip_hours, training_flop
from course.charts import GREY, PALETTE, Chart, Row, figure, number
from course.data import load
from course.explorer import Choice, Explorer, Steps
from course.frontier import record_pairs

BASELINE = "H100 SXM"
CHIPS = (
    "H100 SXM", "H800 SXM", "H20", "A100 SXM 80GB", "V100 SXM 32GB", "B200", "MI300X", "TPU v4", "TPU v5p",
    "Ascend 910B", "Ascend 910C",
)  # fmt: skip
SIZES_B = (1, 3, 8, 20, 37, 70, 135, 175, 405, 1000)
TOKENS_PER_PARAMETER = (2, 5, 10, 20, 40, 100, 200, 400, 1000, 2000, 5000)
MFU_PERCENT = (10, 15, 20, 25, 30, 35, 40, 45, 50, 60)
GAPS = (1.5, 2, 3, 5, 7, 10, 20, 50)
DOUBLINGS = (2, 4, 6, 8, 12, 16, 22)
USD_PER_HOUR = 2.0
"""What DeepSeek counted for an hour of an H800 (its report of December 2024, table 1); the same for every chip."""

_SIZES = np.geomspace(SIZES_B[0], SIZES_B[-1], 60)
_GAPS = np.geomspace(1, GAPS[-1], 60)
HOURS = (1e4, 1e9)
"""What is drawn; fewer or more hours lie at the edge."""
MONTHS = (0, 130)
_STUDY = ALGORITHMIC_DOUBLING_MONTHS
_LARGEST = "Llama 3.1 405B"
"""The published run that is named in the chart."""

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """A training run on one chip, and what a gap in compute means in months."""

    chip: Chip
    size_b: float
    tokens_per_parameter: float
    mfu_percent: float
    gap: float
    doubling_months: float
    flop: float
    hours: float
    """Accelerator-hours."""
    curve: Curve
    """Accelerator-hours for the sizes of the chart, at the same tokens for each parameter."""
    lag: float
    """Months."""
    lags: Curve
    """Months for the gaps of the chart."""

    @property
    def usd(self) -> float:
        """Cost of the hours at the price of the lesson."""
        return self.hours * USD_PER_HOUR


def train(
    chip: str, size_b: float, tokens_per_parameter: float, mfu_percent: float, gap: float, doubling_months: float
) -> Run:
    """Compute a run: `6 N D` operations over the share of the chip's 16-bit peak that is reached."""
    hardware = _chips()[chip]

    def hours(sizes: Curve) -> Curve:
        flop = training_flop(sizes * 1e9, sizes * 1e9 * tokens_per_parameter)
        return np.asarray(chip_hours(flop, hardware.peak_tflops, mfu_percent / 100))

    one = np.asarray(float(size_b))
    return Run(
        chip=hardware,
        size_b=size_b,
        tokens_per_parameter=tokens_per_parameter,
        mfu_percent=mfu_percent,
        gap=gap,
        doubling_months=doubling_months,
        flop=float(training_flop(one * 1e9, one * 1e9 * tokens_per_parameter)),
        hours=float(hours(one)),
        curve=hours(_SIZES),
        lag=float(lag_months(gap, doubling_months)),
        lags=np.asarray(lag_months(_GAPS, doubling_months)),
    )


class TrainingChart(Chart[Run]):
    """Left, chip-hours against size beside published runs; right, months of lag against the gap in compute.

    The right one also has the study's 90 % range and the measured pairs.
    """

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(
            self.panels, subtitle=("accelerator-hours (log)", "months behind at the same result")
        )
        left.set(xscale="log", yscale="log", xlim=(SIZES_B[0], SIZES_B[-1]), ylim=HOURS)
        left.set_xlabel("parameters that a token meets, 10⁹ (log)")
        right.set(xscale="log", xlim=(1, GAPS[-1]), ylim=MONTHS)
        right.set_xlabel("times less compute (log)")
        right.set_xticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
        right.minorticks_off()
        left.set_yticks(
            [1e4, 1e5, 1e6, 1e7, 1e8, 1e9], ["10,000", "100,000", "1 million", "10 million", "100 m.", "1 billion"]
        )
        left.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
        left.minorticks_off()
        own, mark = PALETTE[:2]
        right.fill_between(_GAPS, lag_months(_GAPS, _STUDY.low), lag_months(_GAPS, _STUDY.high), color=GREY, alpha=0.15)
        right.annotate("90 % range of the study", (49, 118), ha="right", va="bottom", color=GREY)
        runs = _published()
        left.plot(runs["size_b"], runs["accelerator_hours"], "x", color=PALETTE[4], ms=5)
        at = (float(runs["size_b"][_LARGEST]), float(runs["accelerator_hours"][_LARGEST]))
        left.annotate(_LARGEST, at, xytext=(30, -7), textcoords="offset points", ha="right", va="top")
        left.annotate(
            "crosses: published", (SIZES_B[0], HOURS[1]), xytext=(6, -24), textcoords="offset points", va="top"
        )
        pairs = record_pairs()
        right.plot(pairs["times less compute"], pairs["months behind"], "x", color=PALETTE[4], ms=7, mew=2)
        right.annotate("crosses: measured", (1, MONTHS[1]), xytext=(6, -6), textcoords="offset points", va="top")
        for who, color, rank in (("ghost ", GREY, 3), ("", own, 4)):
            self.add_line(f"{who}hours", left, color=color, lw=2.5, ls="-", zorder=rank)
            self.add_line(f"{who}lags", right, color=color, lw=2.5, ls="-", zorder=rank)
            dot = {
                "color": color if who else mark,
                "marker": "o",
                "ms": 8,
                "ls": "",
                "zorder": rank + 2,
                "clip_on": False,
            }
            self.add_line(f"{who}run", left, **dot)
        self.add_line("lag", right, color=mark, marker="o", ms=8, ls="", zorder=7, clip_on=False)
        self.add_label("hours name", left, color=own, fontweight="bold")
        self.add_label("ghost hours name", left, color=GREY, fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Run, ghost: Run) -> None:
        """Move everything to where `result` and `ghost` say."""
        for who, it in (("", result), ("ghost ", ghost)):
            self.move(f"{who}hours", _SIZES, np.clip(it.curve, *HOURS))
            self.move(f"{who}run", it.size_b, np.clip(it.hours, *HOURS))
            self.move(f"{who}lags", _GAPS, it.lags)
        self.move("lag", result.gap, result.lag)
        name, other = result.chip.name, "" if _same(result, ghost) else ghost.chip.name
        # the names stand in two free corners, one above and one below the parallel lines
        self.place("hours name", f"{name} (line and dot)", SIZES_B[0], HOURS[1], (6, -6))
        self.place("ghost hours name", f"{other} (grey)" if other else "", SIZES_B[-1], HOURS[0], (-6, 6))
        self.write("left title", f"{_count(result.hours)} chip-hours")
        self.write("right title", f"{number(result.gap)} times less: {number(result.lag)} months")

    def sentence(self, result: Run, ghost: Run) -> str:
        """Say what the run needs, how it compares with the baseline, and what the gap means in time."""
        tokens = result.size_b * result.tokens_per_parameter / 1000
        parts = [
            f"A model that uses {number(result.size_b)} billion parameters for a token, trained on "
            f"{number(result.tokens_per_parameter)} tokens for each ({number(tokens)} trillion), takes "
            f"{_scientific(result.flop)} operations. On the {result.chip.name} at {number(result.mfu_percent)} % of "
            f"its 16-bit peak that is {_count(result.hours)} hours, or {_count(result.usd)} dollars at "
            f"{number(USD_PER_HOUR)} dollars an hour."
        ]
        if not _same(result, ghost):
            ratio = result.hours / ghost.hours
            times = "about" if number(ratio) == "1" else f"{number(ratio)} times"
            parts.append(f"That is {times} the hours of the {ghost.chip.name}: the ratio of their peaks.")
        low, high = (lag_months(result.gap, edge) for edge in (_STUDY.low, _STUDY.high))
        parts.append(
            f"Whoever has {number(result.gap)} times less compute is {number(result.lag)} months behind if algorithms "
            f"halve the need every {number(result.doubling_months)} months; the study's 90 % range allows "
            f"{number(float(low))} to {number(float(high))}."
        )
        return " ".join(parts)

    def numbers(self, result: Run, ghost: Run) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        return [
            ("Operations", _scientific(result.flop)),
            ("Tokens", f"{number(result.size_b * result.tokens_per_parameter)} billion"),
            ("Accelerator-hours", _count(result.hours)),
            (f"Hours, {ghost.chip.name} = 1", number(result.hours / ghost.hours)),
            (f"Cost at {number(USD_PER_HOUR)} dollars an hour", f"{_count(result.usd)} dollars"),
            ("Days on 2,048 chips", number(result.hours / 2048 / 24)),
            ("Months behind", number(result.lag)),
        ]


def training() -> Explorer[Run]:
    """Return the explorer of lesson 06: what a training run costs, and what a gap in compute means in time."""
    return Explorer(
        "What does a model cost to train, and how far behind is behind?",
        train,
        [
            Choice("chip", "Chip", CHIPS, "H800 SXM"),
            Steps("size_b", "Parameters for a token", SIZES_B, "billion", 37),
            Steps("tokens_per_parameter", "Tokens for each parameter", TOKENS_PER_PARAMETER, "tokens", 400),
            Steps("mfu_percent", "Utilisation (MFU)", MFU_PERCENT, "%", 35),
            Steps("gap", "Less compute", GAPS, "times", 10),
            Steps("doubling_months", "Algorithms halve the need in", DOUBLINGS, "months", 8),
        ],
        TrainingChart(),
        presets={
            "DeepSeek-V3 on H800 (2024)": {},
            "The same on the H20": {"chip": "H20", "gap": 7},
            "Llama 3.1 405B on H100 (2024)": {
                "chip": "H100 SXM", "size_b": 405, "tokens_per_parameter": 40, "mfu_percent": 40,
            },
            "Llama 2 70B on A100 (2023)": {
                "chip": "A100 SXM 80GB", "size_b": 70, "tokens_per_parameter": 40, "mfu_percent": 45,
            },
            "GPT-3 on V100 (2020)": {
                "chip": "V100 SXM 32GB", "size_b": 175, "tokens_per_parameter": 2, "mfu_percent": 20, "gap": 1.5,
            },
            "Pangu Ultra on Ascend 910B (2025)": {
                "chip": "Ascend 910B", "size_b": 135, "tokens_per_parameter": 100, "mfu_percent": 50, "gap": 3,
            },
        },
        baseline={"chip": BASELINE, "doubling_months": 8},
    )  # fmt: skip


def _same(result: Run, ghost: Run) -> bool:
    return result.chip == ghost.chip


@cache
def _published() -> pd.DataFrame:
    """Training runs whose makers state the hours, with the parameters that a token meets; by model."""
    runs, models = load("training_runs"), load("models").set_index("model")
    stated = (runs["hours_basis"] == "stated") & (runs["stage"] == "training")
    sizes = models["active_params_b"].fillna(models["total_params_b"])
    found = runs[stated].assign(size_b=runs["model"].map(sizes)).dropna(subset=["size_b"])
    return found.drop_duplicates("model").set_index("model")


@cache
def _chips() -> dict[str, Chip]:
    rows = load("chips").set_index("chip", drop=False)
    return {name: Chip.from_row(rows.loc[name]) for name in CHIPS}


def _count(value: float) -> str:
    """Write a large number in words."""
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{number(value / size)} {word}"
    return number(value)


def _scientific(flop: float) -> str:
    """Write operations as Python does: 3.3e24 is 3.3 times ten to the 24."""
    mantissa, exponent = f"{flop:.1e}".split("e+")
    return f"{mantissa}e{int(exponent)}"
