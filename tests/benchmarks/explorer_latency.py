"""How long a move of a slider takes until the new picture is ready, beside plain `interact`.

    python tests/benchmarks/explorer_latency.py [moves]

Both draw the roofline of lesson 01 at the same size with the same lines and texts, in this process and by turns, so
that whatever else the machine does falls on both. Timed is the way from setting the slider's value to the finished
PNG: for the explorer until its HTML widget holds it, for `interactive` until a new figure has been saved as notebooks
do it (`bbox_inches="tight"`). Not timed: the way to the browser and painting, for which see `explorer_browser.py`.
"""

from __future__ import annotations

import contextlib
import io
import statistics
import sys
import time
from collections.abc import Callable

import ipywidgets as widgets
import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text

from course.explorer import Explorer
from course.explorers.chips import BASELINE, BATCHES, RooflineChart, Serving, roofline, serve

MOVES, WARM_UP = 60, 5


def explorer_slider(explorer: Explorer[Serving]) -> Callable[[int], str]:
    """Return what moves the explorer's slider and returns its new picture."""
    stack, found = [explorer.widget], []
    while stack:
        widget = stack.pop()
        found.append(widget)
        stack += getattr(widget, "children", ())
    (slider,) = (w for w in found if isinstance(w, widgets.SelectionSlider) and BATCHES[-1] in dict(w.options).values())
    (picture,) = (w for w in found if isinstance(w, widgets.HTML) and "<figure" in w.value)

    def move(batch: int) -> str:
        slider.value = batch
        return str(picture.value)

    return move


def drawer(state: dict[str, object]) -> Callable[[int], tuple[Figure, str]]:
    """Return what draws the explorer's chart of a batch as a new pyplot figure, and says its sentence."""
    pattern = RooflineChart()

    def draw(batch: int) -> tuple[Figure, str]:
        result = serve(**{**state, "batch": batch})
        ghost = serve(**{**state, "batch": batch, "chip": BASELINE})
        pattern.update(result, ghost)
        fig, axes = plt.subplots(1, 2, figsize=pattern.figure.get_size_inches())
        for panel, kept in zip(axes, pattern.figure.axes, strict=True):
            panel.set(xscale="log", yscale="log", xlim=kept.get_xlim(), ylim=kept.get_ylim(), xlabel=kept.get_xlabel())
            panel.grid()
            for artist in pattern.artists.values():
                if artist.axes is not kept:
                    continue
                if isinstance(artist, Line2D):
                    panel.plot(*artist.get_data(), color=artist.get_color(), ls=artist.get_linestyle(),
                               marker=artist.get_marker(), lw=artist.get_linewidth())  # fmt: skip
                elif isinstance(artist, Annotation):
                    panel.annotate(artist.get_text(), artist.xy, artist.get_position(), textcoords="offset points")
                elif isinstance(artist, Text):
                    panel.set_title(artist.get_text(), loc="left")
        return fig, pattern.sentence(result, ghost)

    return draw


def interactive_slider(state: dict[str, object]) -> Callable[[int], str]:
    """Return what moves a slider of `interactive`, which draws the same chart as a new figure every time."""
    draw = drawer(state)
    pictures: list[str] = []

    def show(batch: int) -> None:
        fig, _ = draw(batch)
        stream = io.BytesIO()
        fig.savefig(stream, format="png", bbox_inches="tight")
        plt.close(fig)
        pictures[:] = [str(stream.getbuffer().nbytes)]

    slider = widgets.SelectionSlider(options=BATCHES)
    silent = contextlib.redirect_stdout(io.StringIO())  # outside a notebook, clearing the output prints
    with silent:
        widgets.interactive(show, batch=slider)

    def move(batch: int) -> str:
        with silent:
            slider.value = batch
        return pictures[0]

    return move


def main(moves: int) -> None:
    """Measure and print."""
    mpl.use("agg")
    explorer = roofline()
    ways = {"explorer": explorer_slider(explorer), "interactive": interactive_slider(explorer.state)}
    milliseconds: dict[str, list[float]] = {name: [] for name in ways}
    batches = [*BATCHES, *reversed(BATCHES[1:-1])]
    for count in range(1, moves + WARM_UP + 1):
        for name, move in ways.items():
            start = time.perf_counter()
            move(batches[count % len(batches)])
            if count > WARM_UP:
                milliseconds[name].append(1000 * (time.perf_counter() - start))
    if explorer.errors:
        raise explorer.errors[0]
    print(f"{'from slider to picture':24}{'median':>10}{'95th percentile':>18}   ({moves} moves each, by turns)")
    for name, times in milliseconds.items():
        print(f"{name:24}{statistics.median(times):>7.1f} ms{np.percentile(times, 95):>15.1f} ms")
    ratio = statistics.median(milliseconds["interactive"]) / statistics.median(milliseconds["explorer"])
    print(f"The explorer is {ratio:.1f} times faster.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MOVES)
