"""The house style of every chart, and the stage on which a chart moves.

A lesson's chart is made by `figure()` and handed to the notebook by `show()`, which asks for the words that go
with it. An explorer's chart is a `Chart`: a kept figure whose named artists move while its axes stay. `Stage`
draws what stands still once and then only what moves, which makes a picture about ten times faster.

No pyplot: a figure that pyplot knows of is drawn by the notebook as well, a second time and without alt text.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from cycler import cycler
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.cbook import normalize_kwargs
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FuncFormatter, NullFormatter

# At least 3:1 against white and apart from each other under all three kinds of colour blindness.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
GREY = "#767676"
TEXT_PT = 10
TITLE_PT = 12

RIM = withStroke(linewidth=3, foreground="white")
"""Keeps a text readable over a line, as one of its `path_effects`."""

_DPI = 100
_PANEL_INCHES = {1: 7.2, 2: 4.8}
_GRID = "#e3e3e3"
_GHOST = {"color": GREY, "linewidth": 6, "linestyle": "-", "alpha": 0.45, "zorder": 2.5}
_FAST, _SMALL = 1, 9  # zlib levels: for a picture that is replaced at once, and for one that is stored

_RGB_OF_RGBA = np.dtype({"names": ["rgb"], "formats": ["V3"], "offsets": [0], "itemsize": 4})
_STAMPS = 200  # texts kept by a stage, about 40 kB each
_LOOKS = (
    *(Text.get_text, Text.get_position, Text.get_color, Text.get_horizontalalignment, Text.get_verticalalignment),
    *(Text.get_fontsize, Text.get_fontweight, Text.get_rotation, Text.get_alpha, Text.get_visible),
)
"""All that a chart may change of a text."""

Pixels = npt.NDArray[np.uint8]
"""A picture: height x width x RGB."""

Row = tuple[str, str]
"""A row of a small table: what it is, and its value with its unit."""

R = TypeVar("R")


def figure(
    panels: int = 1, *, title: str | Sequence[str] = "", subtitle: str | Sequence[str] = "", height: float = 4.2
) -> tuple[Figure, tuple[Axes, ...]]:
    """Return a figure in house style and its axes, one for each of one or two panels of the same width.

    `title` says the finding and `subtitle` the unit of the vertical axis: one text for all panels or one for
    each. `height` is in inches. `ValueError` for more panels than can be read on a narrow page.
    """
    if panels not in _PANEL_INCHES:
        raise ValueError(f"panels = {panels!r} is out of range; allowed: {', '.join(map(str, _PANEL_INCHES))}")
    fig = Figure(figsize=(panels * _PANEL_INCHES[panels], height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(fig)
    # a subfigure each keeps the panels exactly equal, so that a picture can be cut between them
    parts = fig.subfigures(1, panels, squeeze=False)[0]
    axes = tuple(part.add_subplot() for part in parts)
    for axis, head, unit in zip(axes, _each(title, panels), _each(subtitle, panels), strict=True):
        _dress(axis)
        set_title(axis, head)
        axis.annotate(unit, (0, 1), xytext=(0, 7), xycoords="axes fraction", textcoords="offset points", color=GREY)
    return fig, axes


def set_title(axes: Axes, text: str) -> Text:
    """Set the title of a panel, bold and at the left, above the subtitle; return it, for it may move."""
    return axes.set_title(text, loc="left", pad=24, fontsize=TITLE_PT, fontweight="bold")


def label_line(axes: Axes, x: float, y: float, text: str, color: str) -> Annotation:
    """Write a line's name at its end `(x, y)`, in its colour."""
    return axes.annotate(
        text,
        (x, y),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=color,
        fontweight="bold",
        annotation_clip=False,
    )


def log_ticks(axes: Axes) -> None:
    """Write the ticks of logarithmic axes as plain numbers (1,000 and not a power of ten)."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        if axis.get_scale() == "log" and high / low > 10:
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())


def number(value: float) -> str:
    """Write a number with three significant digits and no power of ten.

    >>> number(1893.2), number(24.56), number(0.1496), number(float("inf"))
    ('1,890', '24.6', '0.15', 'infinite')
    """
    if math.isinf(value):
        return "infinite"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:g}"


@dataclass(frozen=True)
class Picture:
    """A chart as a notebook shows it: the pixels with their alt text, and the caption under them.

    As HTML, because JupyterLab ignores the alt text of plain image outputs. nbval compares that HTML without
    the pixels, which `tests/nbval_sanitize.cfg` leaves out.
    """

    png: bytes
    alt: str
    caption: str

    def __repr__(self) -> str:
        return self.caption

    @property
    def html(self) -> str:
        """The picture with its words as an HTML figure."""
        return html_figure([self.png], self.alt, self.caption)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.caption}


def show(fig: Figure, *, alt: str, caption: str) -> Picture:
    """Draw a figure and return it with its words, for a notebook to display.

    `alt` tells somebody who cannot see the chart what it shows, `caption` everybody what to take from it.
    `ValueError` if one of them is empty.
    """
    for name, text in (("alt", alt), ("caption", caption)):
        if not text.strip():
            raise ValueError(f"{name} is empty; say in words what the chart shows")
    for axes in fig.axes:
        log_ticks(axes)
    return Picture(to_png(_draw(fig), _SMALL), alt, caption)


def html_figure(pngs: Sequence[bytes], alt: str, caption: str) -> str:
    """Return pictures that make up one chart as an HTML figure; on a narrow page they stand below each other.

    The first picture carries the alt text of the whole; read out again with each one it would only disturb.
    """
    images = "".join(
        f'<img alt="{escape(words)}" src="data:image/png;base64,{base64.b64encode(png).decode("ascii")}" '
        f'style="flex:1 1 320px;width:100%;min-width:0;max-width:{_width(png)}px;height:auto">'
        for png, words in zip(pngs, [alt, *[""] * (len(pngs) - 1)], strict=True)
    )
    return (
        f'<figure style="margin:0"><div style="display:flex;flex-wrap:wrap;align-items:flex-start">{images}</div>'
        f'<figcaption style="max-width:60em;line-height:1.5">{escape(caption)}</figcaption></figure>'
    )


def to_png(pixels: Pixels, level: int = _FAST) -> bytes:
    """Return a picture as PNG; `level` from 1 (fast) to 9 (small).

    Written out here because Pillow tries several filters on every row and takes three times as long. Each row is
    stored less the row above (filter 2), which in a chart is nearly always nothing.
    """
    height, width, _ = pixels.shape
    samples = pixels.reshape(height, -1)
    rows = np.empty((height, 1 + samples.shape[1]), np.uint8)
    rows[:, 0] = 2
    rows[0, 1:] = samples[0]
    np.subtract(samples[1:], samples[:-1], out=rows[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits a sample, colour type 2: RGB
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), level)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big") for kind, data in chunks
    )


class Chart(ABC, Generic[R]):
    """A kept figure on fixed axes with named artists that move, and the words for what is seen.

    `R` is what the model returns. Everywhere, `result` is what the levers say and `ghost` the baseline.
    """

    figure: Figure
    artists: dict[str, Artist]
    """What moves, changing text included; everything else is drawn only once."""

    panels: int = 1

    def __init__(self) -> None:
        self.artists = {}

    def add_line(self, name: str, axes: Axes, **style: Any) -> None:
        """Add a line or marker, empty at first, that will move; `style` as for `Axes.plot`.

        A curve whose name begins with `ghost` is the baseline: a wide pale band, which is seen under a line that
        lies on it.
        """
        band = _GHOST if name.startswith("ghost") and "marker" not in style else {}
        self.artists[name] = axes.plot([], [], **{"zorder": 3, **normalize_kwargs(style, Line2D), **band})[0]

    def add_label(self, name: str, axes: Axes, **style: Any) -> None:
        """Add a text, empty at first, that will move; a white rim keeps it readable over a line."""
        self.artists[name] = axes.annotate(
            "", (1, 1), xytext=(0, 0), textcoords="offset points", path_effects=[RIM], **{"zorder": 6, **style}
        )

    def add_title(self, name: str, axes: Axes) -> None:
        """Add a title that will change."""
        self.artists[name] = set_title(axes, "")

    def move(self, name: str, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Move a line, or a marker to a single point; empty hides it."""
        line = self.artists[name]
        assert isinstance(line, Line2D), name
        line.set_data(np.atleast_1d(x), np.atleast_1d(y))

    def write(self, name: str, text: str) -> None:
        """Change a text."""
        label = self.artists[name]
        assert isinstance(label, Text), name
        label.set_text(text)

    def place(self, name: str, text: str, x: float, y: float, offset: tuple[float, float]) -> None:
        """Write a text at a point of its axes, moved by `offset` in points, which it grows away from."""
        label = self.artists[name]
        assert isinstance(label, Annotation), name
        right, up = offset
        label.set(text=text, position=offset, ha="left" if right >= 0 else "right", va="bottom" if up >= 0 else "top")
        label.xy = (x, y)

    @abstractmethod
    def update(self, result: R, ghost: R) -> None:
        """Move the artists; axes, ticks and everything else that is not in `artists` must stay."""

    @abstractmethod
    def sentence(self, result: R, ghost: R) -> str:
        """Say in plain words what is seen, how it differs from the baseline and why: caption and alt text."""

    @abstractmethod
    def numbers(self, result: R, ghost: R) -> list[Row]:
        """Return the key numbers with their names and units."""


class Stage:
    """Draws a chart at one go the first time, and from then on only what moves, over a kept background.

    Of that, texts take most of the time, so each is drawn once into a stamp and stamped from then on.
    """

    def __init__(self, chart: Chart[Any]) -> None:
        self._figure, self._panels = chart.figure, chart.panels
        self._moving = sorted(chart.artists.values(), key=lambda artist: artist.get_zorder())
        _draw(self._figure)
        self._figure.set_layout_engine("none")  # laid out once: from here on nothing but the artists moves
        for artist in self._moving:
            artist.set_animated(True)
        canvas = _canvas(self._figure)
        canvas.draw()
        self._background = canvas.copy_from_bbox(self._figure.bbox)
        ink: Any = RendererAgg  # `Any` as for the canvas
        self._ink = ink(*canvas.get_width_height(), self._figure.dpi)
        self._stamps: dict[tuple[object, ...], _Stamp] = {}

    def draw(self) -> Pixels:
        """Return the picture, drawing only the artists that move."""
        canvas = _canvas(self._figure)
        canvas.restore_region(self._background)
        renderer = canvas.get_renderer()
        for artist in self._moving:
            if not isinstance(artist, Text):
                self._figure.draw_artist(artist)
            elif (stamp := self._stamp(artist)).pixels.size:
                renderer.draw_image(renderer.new_gc(), stamp.left, stamp.bottom, stamp.pixels)
        return _pixels(canvas)

    def _stamp(self, text: Text) -> _Stamp:
        """Return a text as it stands, from a few that are kept."""
        key = (text, getattr(text, "xy", None), *(look(text) for look in _LOOKS))
        if key not in self._stamps:
            if len(self._stamps) >= _STAMPS:
                del self._stamps[next(iter(self._stamps))]  # the oldest
            self._ink.clear()
            text.draw(self._ink)
            self._stamps[key] = _Stamp.of(np.asarray(self._ink.buffer_rgba()))
        return self._stamps[key]

    def draw_fully(self) -> Pixels:
        """Return the picture as a complete drawing makes it: slow, to hold `draw` against."""
        for artist in self._moving:
            artist.set_animated(False)
        try:
            return _draw(self._figure)
        finally:
            for artist in self._moving:
                artist.set_animated(True)

    def cut(self, pixels: Pixels) -> list[Pixels]:
        """Cut a picture into its panels."""
        return [np.ascontiguousarray(part) for part in np.array_split(pixels, self._panels, axis=1)]


@dataclass(frozen=True)
class _Stamp:
    """A piece of a picture, as Agg takes it: from its lower left corner upwards, red, green, blue and alpha."""

    left: int
    bottom: int
    pixels: Pixels

    @classmethod
    def of(cls, pixels: Pixels) -> _Stamp:
        """Cut out what is not transparent."""
        inked = pixels[..., 3] > 0
        rows, columns = (np.flatnonzero(inked.any(axis)) for axis in (1, 0))
        if not rows.size:
            return cls(0, 0, pixels[:0, :0].copy())
        piece = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return cls(int(columns[0]), len(pixels) - 1 - int(rows[-1]), piece[::-1].copy())


def _dress(axes: Axes) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(color=_GRID, linewidth=1)
    axes.tick_params(which="both", length=0, labelsize=TEXT_PT)
    axes.set_prop_cycle(cycler(color=PALETTE, linestyle=DASHES))  # never colour alone


def _each(text: str | Sequence[str], panels: int) -> Iterable[str]:
    return [text] * panels if isinstance(text, str) else text


def _canvas(fig: Figure) -> Any:
    """Return the Agg canvas of `figure()`; `Any`, for most of its methods are not typed."""
    return fig.canvas


def _draw(fig: Figure) -> Pixels:
    canvas = _canvas(fig)
    canvas.draw()
    return _pixels(canvas)


def _pixels(canvas: Any) -> Pixels:
    # without the alpha channel, which is opaque throughout; the copy outlives the next drawing
    pixels = np.asarray(canvas.buffer_rgba())
    return np.ascontiguousarray(pixels.view(_RGB_OF_RGBA)["rgb"]).view(np.uint8).reshape(*pixels.shape[:2], 3)


def _width(png: bytes) -> int:
    return int.from_bytes(png[16:20], "big")  # where a PNG keeps its width
