"""Explorers of the lesson on many chips."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from aistack.chips import GIGA, Chip
from aistack.cluster import MICRO, chips_needed, fastest_chips, parallel_seconds
from aistack.reliability import SAVE_SECONDS, goodput_estimate, mtbf_hours, young_interval_seconds
from aistack.serving import Model, weight_bytes
from course.charts import GREY, PALETTE, Chart, Row, figure, log_ticks, number
from course.data import load
from course.explorer import Choice, Explorer, Steps

STRONG, STRONG_CHIPS = "GB200", 72
"""What is to be matched: a rack of 72 chips that are wired as one."""
CHIPS = (
    "Ascend 910C", "GB200", "Ascend 910B3", "H20", "H100 SXM", "H800 SXM", "A100 SXM 80GB", "MI300X", "Trainium2",
    "TPU v5p",
)  # fmt: skip
MODELS = ("Llama 3.1 405B", "Llama 3.1 70B", "Llama 3.1 8B")
COUNTS = (8, 16, 32, 72, 144, 384, 1024, 2048, 6000, 16384, 65536)
HOPS_US = (0.2, 0.5, 1, 2, 5, 10, 20)
STOPS = (0.1, 0.2, 0.5, 1, 2, 4)
RESTARTS = (1, 3, 5, 12, 30)
COLLECTIVES_PER_LAYER = 2
"""One after attention, one after the rest of the layer, if every layer is cut over all chips (tensor parallelism)."""

TIMES = (0.4, 3)
"""Of one answer, in those that the strong rack takes; longer ones are drawn at the upper edge."""
SECONDS_PER_HOUR = 3600
_CURVE = np.geomspace(COUNTS[0], COUNTS[-1], 97)

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Swap:
    """Chips on one answer, and the same chips on one training run."""

    chip: str
    model: str
    chips: int
    hop_us: float
    stops: float
    restart_min: int
    token_ms: float
    """Of one user with an empty context; weights and waits only, so a lower bound."""
    best_chips: float
    """Beyond it more chips make the answer slower."""
    best_ms: float
    target_ms: float
    """What the strong rack needs under the same wait, with as many of its chips as help."""
    needed: float
    """Chips that match the strong rack; infinite if no number does."""
    holding: int
    """Chips that it takes to hold the weights at all."""
    chips_kw: float | None
    """The chips alone, without servers and network; None if their power is not known."""
    mtbf_h: float
    goodput: float
    times: tuple[Curve, Curve]
    shares: tuple[Curve, Curve]


def swap(chip: str, model: str, chips: int, hop_us: float, stops: float, restart_min: int) -> Swap:
    """Put `chips` chips on one answer and on one training run; `stops` is for 1,000 chips and a day."""
    llm, (hardware, watts) = _models()[model], _chips()[chip]
    strong, _ = _chips()[STRONG]
    size = float(weight_bytes(llm))
    doubling = 2 * COLLECTIVES_PER_LAYER * llm.layers * hop_us * MICRO
    work, strong_work = size / (hardware.bandwidth_gb_s * GIGA), size / (strong.bandwidth_gb_s * GIGA)
    at_once = float(np.minimum(STRONG_CHIPS, fastest_chips(strong_work, doubling)))  # the rest would only wait
    target = float(parallel_seconds(at_once, strong_work, 0, doubling))
    best = float(fastest_chips(work, doubling))
    between = np.asarray(mtbf_hours(np.append(_CURVE, chips), stops / 1000)) * SECONDS_PER_HOUR
    save, restart = SAVE_SECONDS.value, restart_min * 60
    shares = np.asarray(goodput_estimate(young_interval_seconds(save, between), save, restart, between))
    times = np.asarray(parallel_seconds(np.append(_CURVE, chips), work, 0, doubling)) * 1000
    return Swap(
        chip=chip,
        model=model,
        chips=chips,
        hop_us=hop_us,
        stops=stops,
        restart_min=restart_min,
        token_ms=float(times[-1]),
        best_chips=best,
        best_ms=float(parallel_seconds(best, work, 0, doubling)) * 1000,
        target_ms=target * 1000,
        needed=at_once if chip == STRONG else float(chips_needed(target, work, 0, doubling)),
        holding=int(np.ceil(size / (hardware.memory_gb * GIGA))),
        chips_kw=None if watts is None else chips * watts / 1000,
        mtbf_h=float(between[-1]) / SECONDS_PER_HOUR,
        goodput=float(shares[-1]),
        times=(_CURVE, times[:-1]),
        shares=(_CURVE, shares[:-1]),
    )


class SwapChart(Chart[Swap]):
    """Left, time for a token against chips, with the rack to be matched as a line; right, the time left for work."""

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(
            self.panels, subtitle=(f"time of one answer, {STRONG_CHIPS} {STRONG} = 1", "training, share of the time")
        )
        left.set(xscale="log", xlim=(COUNTS[0], COUNTS[-1]), ylim=TIMES)
        right.set(xscale="log", xlim=(COUNTS[0], COUNTS[-1]), ylim=(0, 1.02))
        for axes in (left, right):
            axes.set_xlabel("chips on the job (log)")
            log_ticks(axes)
            axes.set_xticks((10, 100, 1000, 10_000), ("10", "100", "1,000", "10,000"))
            axes.minorticks_off()
        left.set_yticks((0.5, 1, 1.5, 2, 2.5, TIMES[1]), ("0.5", "1", "1.5", "2", "2.5", f"{TIMES[1]}+"))
        own, mark, line = PALETTE[0], PALETTE[1], PALETTE[4]
        left.axhline(1, color=line, lw=1.2, ls=":")
        under = (COUNTS[0], 1)
        left.annotate("faster than the rack", under, xytext=(4, -5), textcoords="offset points", va="top", color=line)
        for who, color, width, rank in (("ghost ", GREY, 1.5, 3), ("", own, 2.5, 4)):
            for name, axes in (("time", left), ("share", right)):
                self.add_line(f"{who}{name}", axes, color=color, lw=width, ls="-", zorder=rank)
        for name, axes in (("time", left), ("share", right)):
            self.add_line(f"{name} here", axes, color=mark, marker="o", ms=9, zorder=6, clip_on=False)
        self.add_line("best", left, color=own, marker="v", ms=9, zorder=5)
        self.add_label("name", left, color=own, fontweight="bold")
        self.add_label("ghost name", left, color=GREY, fontweight="bold")
        self.add_label("share name", right, color=own, fontweight="bold")
        self.add_label("ghost share name", right, color=GREY, fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Swap, ghost: Swap) -> None:
        """Move everything to where `result` and `ghost` say."""
        first, last = COUNTS[0], COUNTS[-1]
        for who, it in (("", result), ("ghost ", ghost)):
            numbers, times = it.times
            self.move(f"{who}time", numbers, np.clip(times / it.target_ms, *TIMES))
            self.move(f"{who}share", *it.shares)
        self.move("time here", result.chips, np.clip(result.token_ms / result.target_ms, *TIMES))
        self.move("share here", result.chips, result.goodput)
        inside = first <= result.best_chips <= last
        self.move("best", result.best_chips if inside else [], result.best_ms / result.target_ms if inside else [])
        # a key in fixed corners: curves that meet at both ends leave no room for names beside them
        top = TIMES[1]
        other = "" if result.chip == ghost.chip else ghost.chip
        self.place("name", result.chip, last, top, (-4, -6))
        self.place("ghost name", other, last, top, (-4, -24))
        self.place("share name", f"{result.stops:g} stops, {result.restart_min} min", first, 0, (6, 24))
        same = (result.stops, result.restart_min) == (ghost.stops, ghost.restart_min)
        usual = "" if same else f"{ghost.stops:g} stops, {ghost.restart_min} min"
        self.place("ghost share name", usual, first, 0, (6, 6))
        self.write("left title", _headline(result))
        self.write("right title", f"{result.goodput:.0%} of the time is work")

    def sentence(self, result: Swap, ghost: Swap) -> str:
        """Say how fast the answer is, what it would take to match the rack, and what failing leaves."""
        parts = [
            f"{result.chips:,} {result.chip} with {result.hop_us:g} µs a hop write a token of {result.model} in at "
            f"least {_ms(result.token_ms)}; a rack of {STRONG_CHIPS} {STRONG} does it in {_ms(result.target_ms)}."
        ]
        if result.chip == STRONG:
            parts.append("That is the yardstick itself.")
        elif np.isinf(result.needed):
            parts.append(
                f"No number of {result.chip} does: from {result.best_chips:,.0f} on, more of them only wait more, "
                f"and the best they reach is {_ms(result.best_ms)}."
            )
        else:
            parts.append(f"It takes {number(result.needed)} {result.chip} to match that.")
        if result.chips < result.holding:
            parts.append(f"But the weights need {result.holding} chips to fit at all.")
        parts.append(
            f"A training run on as many chips is stopped every {_hours(result.mtbf_h)} ({result.stops:g} stops for "
            f"1,000 chips and a day), and with {result.restart_min} minutes for a restart {result.goodput:.1%} of its "
            "time is work."
        )
        if result.goodput != ghost.goodput:
            parts.append(f"With {ghost.stops:g} stops and {ghost.restart_min} minutes it would be {ghost.goodput:.1%}.")
        return " ".join(parts)

    def numbers(self, result: Swap, ghost: Swap) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        return [
            ("One token, at least", _ms(result.token_ms)),
            (f"One token on a rack of {STRONG_CHIPS} {STRONG}", _ms(result.target_ms)),
            ("Fastest number of chips", number(result.best_chips)),
            ("Chips to match the rack", _chips_or_none(result.needed)),
            ("Power of the chips alone", "not known" if result.chips_kw is None else f"{number(result.chips_kw)} kW"),
            ("Time between stops of a training run", _hours(result.mtbf_h)),
            ("Share of its time that is work", f"{result.goodput:.1%}"),
        ]


def many_for_one() -> Explorer[Swap]:
    """Return the explorer of lesson 03: many weak chips for one strong rack."""
    return Explorer(
        "Can many weak chips replace one strong one?",
        swap,
        [
            Choice("chip", "Chip", CHIPS, "Ascend 910C"),
            Choice("model", "Model", MODELS, MODELS[0]),
            Steps("chips", "Chips", COUNTS, "chips", 384),
            Steps("hop_us", "Wait for each hop", HOPS_US, "µs", 1),
            Steps("stops", "Stops for 1,000 chips", STOPS, "a day", 0.5),
            Steps("restart_min", "Restart", RESTARTS, "minutes", 12),
        ],
        SwapChart(),
        presets={
            "CloudMatrix 384: 384 Ascend 910C": {},
            "NVL72: 72 GB200": {"chip": "GB200", "chips": 72},
            "Pangu's training: 6,000 Ascends": {"chips": 6000, "stops": 1},
            "Llama 3's training: 16,384 H100": {"chip": "H100 SXM", "chips": 16384, "hop_us": 5},
            "A server of eight H20": {"chip": "H20", "chips": 8, "model": "Llama 3.1 70B"},
            "Meta's jobs of 1,024 A100, failing often": {"chip": "A100 SXM 80GB", "chips": 1024, "stops": 4},
        },
        baseline={"chip": STRONG, "stops": 0.5, "restart_min": 12},
    )


def _headline(result: Swap) -> str:
    if result.chip == STRONG:
        return f"{STRONG} is the yardstick"
    if np.isinf(result.needed):
        return f"No number matches the rack of {STRONG}"
    return f"{number(result.needed)} chips match the rack of {STRONG}"


def _chips_or_none(needed: float) -> str:
    return "no number does" if np.isinf(needed) else number(needed)


def _ms(value: float) -> str:
    return f"{number(value)} ms"


def _hours(value: float) -> str:
    return f"{number(value)} h" if value < 48 else f"{number(value / 24)} days"


@cache
def _chips() -> dict[str, tuple[Chip, float | None]]:
    rows = load("chips").set_index("chip", drop=False)
    watts = rows["tdp_w"].dropna().to_dict()
    return {name: (Chip.from_row(rows.loc[name].to_dict()), watts.get(name)) for name in CHIPS}


@cache
def _models() -> dict[str, Model]:
    rows = load("models").set_index("model", drop=False)
    return {name: Model.from_row(rows.loc[name].to_dict()) for name in MODELS}
