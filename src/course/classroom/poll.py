"""A class's predictions as one histogram: how many ranges hold each value, without names, beside the answer."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from course import predictions, state
from course.charts import PALETTE, Picture, figure, number, show
from course.notebooks import read
from course.syllabus import lessons

FEWEST = 3
"""With fewer ranges a histogram would tell whose is which."""

BINS = 12
_LOG_FROM = 50  # ranges whose ends are this far apart are drawn on a logarithmic axis
_BAR = 30  # characters of the longest bar
_ENDS = (5, 95)  # percentiles of lower and upper ends that the picture spans: one absurd range must not flatten all

_PREDICTION = re.compile(r'\s*Prediction\(\s*"([^"]+)"')
_ANSWER = re.compile(r"The answer is (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)")


@dataclass(frozen=True)
class Poll:
    """The ranges of a class. `edges` has one entry more than `counts`; `truth` is None where it is not to be shown."""

    asks: str
    ranges: tuple[tuple[float, float], ...]
    unread: int
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    truth: float | None

    @property
    def sentence(self) -> str:
        """What is seen, in words."""
        low, high = (float(np.median(ends)) for ends in zip(*self.ranges, strict=True))
        text = f"{len(self.ranges)} ranges, the middle one from {number(low)} to {number(high)}."
        if self.truth is not None:
            inside = sum(low <= self.truth <= high for low, high in self.ranges)
            text += (
                f" The answer is {number(self.truth)}: {inside} of {len(self.ranges)} hold it "
                "(honest 90 % ranges: 9 in 10)."
            )
        return text

    @property
    def lines(self) -> list[str]:
        """The histogram for the terminal."""
        width = max(len(_span(*ends)) for ends in self._bins)
        most = max(*self.counts, 1)
        rows = [
            f"{_span(*ends):>{width}} {'█' * round(_BAR * count / most):{_BAR}} {count}{self._mark(*ends)}"
            for ends, count in zip(self._bins, self.counts, strict=True)
        ]
        skipped = [f"{self.unread} files held no such prediction, or could not be read."] if self.unread else []
        return [self.asks, *rows, self.sentence, *skipped]

    def picture(self) -> Picture:
        """Return the histogram as a chart."""
        fig, (axes,) = figure(title="What the class believes", subtitle="ranges that hold the value")
        axes.stairs(self.counts, self.edges, fill=True, color=PALETTE[0], alpha=0.7)
        if self._log:
            axes.set_xscale("log")
        if self.truth is not None:
            axes.axvline(self.truth, color=PALETTE[1], linestyle="--")
            axes.annotate(
                f"answer {number(self.truth)}",
                (self.truth, max(self.counts)),
                xytext=(4, 2),
                textcoords="offset points",
                color=PALETTE[1],
            )
        axes.set_ylim(0, 1.1 * max(*self.counts, 1))
        return show(fig, alt=self.sentence, caption=self.sentence)

    def page(self) -> str:
        """Return the histogram as a page of HTML, with its numbers in a table."""
        from course.checking import pages

        lines = [
            [
                f'<th scope="row">{_span(*ends)}</th>',
                f'<td class="number">{count}</td>',
                f"<td>{'the answer lies here' if self._mark(*ends) else ''}</td>",
            ]
            for ends, count in zip(self._bins, self.counts, strict=True)
        ]
        table = pages.table("How many ranges hold each value", ["Value", "!Ranges", "Answer"], lines)
        title = "What the class predicted"
        return pages.page(
            title, f"<h1>{title}</h1>\n<p class='lead'>{escape(self.asks)}</p>\n{self.picture().html}\n{table}"
        )

    @property
    def _bins(self) -> list[tuple[float, float]]:
        return list(pairwise(self.edges))

    @property
    def _log(self) -> bool:
        return self.edges[0] > 0 and not math.isclose(self.edges[1] - self.edges[0], self.edges[-1] - self.edges[-2])

    def _mark(self, low: float, high: float) -> str:
        return "  <- answer" if self.truth is not None and low <= self.truth < high else ""


def poll(folder: Path, prediction: str, *, with_truth: bool = True) -> Poll:
    """Read every JSON file in `folder` and count, for each value, the ranges that hold it.

    `ValueError` for an id that no lesson asks, for no folder, and for fewer than three ranges.
    """
    asks, truth = asked(prediction)
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder")
    files = sorted(folder.rglob("*.json"))
    ranges = [found for found in (_range(path, prediction) for path in files) if found]
    if len(ranges) < FEWEST:
        raise ValueError(
            f"{len(ranges)} of {len(files)} files in {folder} predict {prediction}; with fewer than {FEWEST} it would "
            "show whose is which"
        )
    edges = _edges(np.array(ranges), truth if with_truth else None)
    counts = tuple(sum(low < right and high > left for low, high in ranges) for left, right in pairwise(edges))
    return Poll(asks, tuple(ranges), len(files) - len(ranges), tuple(edges), counts, truth if with_truth else None)


def asked(prediction: str) -> tuple[str, float | None]:
    """Return the question of a prediction and its answer, None where the lesson shows none, as the lesson stores them.

    `ValueError` names the predictions that there are.
    """
    known = []
    for lesson in lessons():
        cells = [cell for cell in read(lesson.path)["cells"] if cell["cell_type"] == "code"]
        for cell in cells:
            if not (found := _PREDICTION.match(cell["source"])):
                continue
            if found[1] == prediction:
                compared = [_shown(each) for each in cells if f'compare("{prediction}"' in each["source"]]
                answers = [float(answer) for text in compared for answer in _ANSWER.findall(text)]
                return _shown(cell), answers[0] if answers else None
            known.append(found[1])
    raise ValueError(f"no lesson asks for {prediction!r}; there are {', '.join(known)}")


def export(path: Path) -> int:
    """Write the learner's predictions, ranges and units only, and return how many.

    `ValueError` if there are none, or if the file exists.
    """
    saved = state.load(predictions.FILE)
    if not saved:
        raise ValueError("you have saved no prediction yet")
    if path.exists():
        raise ValueError(f"{path} exists already")
    kept = {name: {key: each[key] for key in ("low", "high", "unit")} for name, each in saved.items()}
    path.write_text(json.dumps({"schema": state.SCHEMA, "entries": kept}, indent=1, sort_keys=True), "utf-8")
    return len(kept)


def _range(path: Path, prediction: str) -> tuple[float, float] | None:
    """Return the range in a learner's file; None for a file that is broken or holds none."""
    try:
        entry = state.read(path).get(prediction)
        low, high = float(entry["low"]), float(entry["high"])  # type: ignore[index]  # None ends below
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None


def _edges(ranges: np.ndarray[Any, np.dtype[np.float64]], truth: float | None) -> list[float]:
    low = float(np.percentile(ranges[:, 0], _ENDS[0]))
    high = float(np.percentile(ranges[:, 1], _ENDS[1]))
    if truth is not None:
        low, high = min(low, truth), max(high, truth)
    if ranges.min() > 0 and low > 0 and high / low > _LOG_FROM:
        return [float(edge) for edge in np.geomspace(low, high, BINS + 1)]
    room = (high - low) / BINS  # so that an answer at the very end still has a bar beside it
    return [float(edge) for edge in np.linspace(low - room / 2, high + room / 2, BINS + 1)]


def _span(low: float, high: float) -> str:
    return f"{number(low)} to {number(high)}"


def _shown(cell: dict[str, Any]) -> str:
    texts = [out.get("text") or out.get("data", {}).get("text/plain", "") for out in cell["outputs"]]
    return " ".join("".join(text) for text in texts)
