"""The explorer of lesson 05: how many servers a promise needs, in one fleet or in several."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from aistack.queueing import servers_for_wait, wait_percentile_seconds
from course.charts import PALETTE, Chart, Row, figure, number
from course.explorer import Explorer, Steps

LOADS = (10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 125, 150, 175, 200, 227, 250, 300, 350, 400, 500)
FLEETS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20)
WAITS = (0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2)
PERCENTILES = (80, 85, 90, 95, 98, 99, 99.9)
TOGETHER = (1, 2, 3, 4, 5, 6, 7, 8)
WAIT_SCALE = (0.01, 100)

_CURVE = np.unique(np.round(np.geomspace(LOADS[0], LOADS[-1], 24)))
_BUSY = np.linspace(0.3, 0.99, 40)

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Staffing:
    """Servers for a load under a promise, pooled and split. Times are in mean lengths of a request."""

    load: float
    fleets: int
    wait: float
    percentile: float
    together: int
    pooled: int
    split: int
    curve_pooled: Curve
    """Busy share of the servers in per cent, over the loads of the chart."""
    curve_split: Curve
    waits_pooled: Curve
    """Wait that the percentile does not exceed, over the utilisations of the chart."""
    waits_split: Curve

    @property
    def saved(self) -> float:
        """Share of the servers that pooling saves."""
        return 1 - self.pooled / self.split

    def busy(self, servers: int) -> float:
        """Share of the servers that work on average."""
        return self.load / servers


@lru_cache(maxsize=2000)  # the baseline is asked for at every move
def staff(load: float, fleets: int, wait: float, percentile: float, together: int) -> Staffing:
    """Find the servers; requests that come `together` in groups are staffed as if each group were one job."""

    def needed(loads: Curve) -> Curve:
        return together * np.asarray(servers_for_wait(loads / together, 1, wait, percentile))

    def waits(servers: int) -> Curve:
        groups = servers / together
        found = wait_percentile_seconds(_BUSY * groups, groups, 1, percentile)
        return np.clip(np.asarray(found), *WAIT_SCALE)

    loads = np.append(_CURVE, load)
    pooled, split = needed(loads), fleets * needed(loads / fleets)
    return Staffing(
        load=load,
        fleets=fleets,
        wait=wait,
        percentile=percentile,
        together=together,
        pooled=int(pooled[-1]),
        split=int(split[-1]),
        curve_pooled=100 * _CURVE / pooled[:-1],
        curve_split=100 * _CURVE / split[:-1],
        waits_pooled=waits(int(pooled[-1])),
        waits_split=waits(int(split[-1]) // fleets),
    )


class StaffingChart(Chart[Staffing]):
    """Left, how busy the servers can be against the load; right, the wait against how busy the servers are."""

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(
            self.panels, subtitle=("busy share of the servers, %", "wait, in lengths of a request (log)")
        )
        left.set(xscale="log", xlim=(LOADS[0], LOADS[-1]), ylim=(0, 100))
        left.set_xlabel("busy servers on average (log)")
        left.set_xticks([10, 20, 50, 100, 200, 500], ["10", "20", "50", "100", "200", "500"])
        right.set(yscale="log", xlim=(30, 100), ylim=WAIT_SCALE, xlabel="busy share of the servers, %")
        right.set_yticks([0.01, 0.1, 1, 10, 100], ["≤ 0.01", "0.1", "1", "10", "≥ 100"])
        for axes in (left, right):
            axes.minorticks_off()
        one, split = PALETTE[:2]
        for axes, side in ((left, "curve"), (right, "waits")):
            self.add_line(f"ghost {side}", axes, label="baseline")
            self.add_line(f"{side} split", axes, color=split, lw=2.5, ls=(0, (4, 2)), label="split in fleets")
            self.add_line(f"{side} pooled", axes, color=one, lw=2.5, ls="-", zorder=4, label="one fleet")
        left.legend(frameon=False, loc="lower right")
        self.add_line("promise", right, color=PALETTE[2], lw=1.5, ls=":")
        for where, axes in (("load", left), ("busy", right)):
            self.add_line(f"{where} split", axes, color=split, marker="s", ms=9, zorder=5, clip_on=False)
            self.add_line(f"{where} pooled", axes, color=one, marker="o", ms=9, zorder=6, clip_on=False)
        self.add_label("promise name", right, color=PALETTE[2], fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Staffing, ghost: Staffing) -> None:
        """Move everything to where `result` and `ghost` say."""
        self.move("ghost curve", _CURVE, ghost.curve_pooled)
        self.move("ghost waits", 100 * _BUSY, ghost.waits_pooled)
        promise = float(np.clip(result.wait, *WAIT_SCALE))
        self.move("promise", [30, 100], [promise, promise])
        said = f"{result.percentile:g} % wait at most {result.wait:g}"
        self.place("promise name", said, 30, promise, (5, 4))
        for who, servers, curve, waits in (
            ("pooled", result.pooled, result.curve_pooled, result.waits_pooled),
            ("split", result.split, result.curve_split, result.waits_split),
        ):
            self.move(f"curve {who}", _CURVE, curve)
            self.move(f"waits {who}", 100 * _BUSY, waits)
            self.move(f"load {who}", result.load, 100 * result.busy(servers))
            busy = 100 * result.busy(servers)
            inside = 30 <= busy <= 99
            self.move(f"busy {who}", [busy] if inside else [], [np.interp(busy, 100 * _BUSY, waits)] if inside else [])
        saved = "One fleet already" if result.fleets == 1 else f"Pooling saves {_percent(result.saved)} of the servers"
        self.write("left title", saved)
        self.write("right title", f"Busy: {_busy(result.busy(result.pooled))} in one fleet")

    def sentence(self, result: Staffing, ghost: Staffing) -> str:
        """Say what the promise needs, what splitting adds and why, and what the baseline would need."""
        it = result
        bunch = "" if it.together == 1 else f", {it.together} requests always at once"
        parts = [
            f"Work for {it.load:g} servers on average{bunch}; {it.percentile:g} % may wait at most {it.wait:g} lengths "
            f"of a request. One fleet needs {it.pooled:,} servers, busy {_busy(it.busy(it.pooled))} of the time."
        ]
        if it.fleets > 1:
            parts.append(
                f"Split into {it.fleets} fleets they are {it.split:,}, busy {_busy(it.busy(it.split))}: each keeps "
                f"its own spare servers, {_spare(it.split - it.load)} in all instead of {_spare(it.pooled - it.load)}."
            )
        if it.pooled == ghost.pooled:
            parts.append("The baseline needs as many as one fleet.")
        else:
            parts.append(
                f"The baseline (95 % wait at most 0.5, nobody together, one fleet) needs {ghost.pooled:,} servers: "
                f"{_why(it)}."
            )
        return " ".join(parts)

    def numbers(self, result: Staffing, ghost: Staffing) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        return [
            ("Servers, one fleet", f"{result.pooled:,}"),
            (f"Servers, {result.fleets} fleets", f"{result.split:,}"),
            ("Saved by pooling", _percent(result.saved)),
            ("Spare servers, one fleet", _spare(result.pooled - result.load)),
            (
                "Spare servers over the square root of the load",
                number((result.pooled - result.load) / result.load**0.5),
            ),
            ("Busy share, one fleet", _busy(result.busy(result.pooled))),
            ("Servers of the baseline", f"{ghost.pooled:,}"),
        ]


def staffing() -> Explorer[Staffing]:
    """Return the explorer of lesson 05: what a promise on waiting costs, and what sharing a fleet saves."""
    return Explorer(
        "How many servers does a promise need?",
        staff,
        [
            Steps("load", "Work", LOADS, "busy servers", 50),
            Steps("fleets", "Fleets", FLEETS, "fleets", 4),
            Steps("wait", "Wait allowed", WAITS, "request lengths", 0.5),
            Steps("percentile", "Promise holds for", PERCENTILES, "% of requests", 95),
            Steps("together", "Arrive together", TOGETHER, "requests", 1),
        ],
        StaffingChart(),
        presets={
            "DeepSeek, February 2025: a mean of 227 servers": {"load": 227, "fleets": 1},
            "The same demand at 16 regional providers": {"load": 227, "fleets": 16},
            "A market of many models, a fleet for each group": {"load": 150, "fleets": 16, "wait": 1},
            "A hospital's own assistant": {"load": 10, "fleets": 1, "percentile": 99},
            "A voice assistant: hardly anybody may wait": {"load": 100, "fleets": 1, "wait": 0, "percentile": 99.9},
            "A sale at a shop: customers come together": {"load": 100, "fleets": 4, "together": 8},
            "Work for the night: waiting is fine": {"load": 100, "fleets": 4, "wait": 2, "percentile": 90},
        },
        baseline={"fleets": 1, "wait": 0.5, "percentile": 95, "together": 1},
    )


def _why(it: Staffing) -> str:
    if it.together > 1:
        return "requests that come together are like fewer and longer ones, and a smaller crowd is less even"
    return "the promise differs"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"  # a decimal, so that 9.7 % is not told as the tenth that a question asks for


def _busy(share: float) -> str:
    return f"{100 * share:.0f} %"


def _spare(servers: float) -> str:
    return f"{servers:,.0f}"
