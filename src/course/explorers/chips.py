"""Explorers of the lessons on chips."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from aistack.chips import GIGA, Chip, attainable_tflops_bound, ridge_flop_per_byte, step_seconds_bound
from aistack.serving import Model, decode_work, max_batch, prefill_work, weight_bytes
from course.charts import GREY, PALETTE, Chart, Row, figure, log_ticks, number
from course.data import load
from course.explorer import Choice, Explorer, Steps

BASELINE = "H100 SXM"
CHIPS = (
    "H20", "H100 SXM", "H200 SXM", "B200", "A100 SXM 80GB", "L40S", "MI300X", "MI355X", "Gaudi 3", "TPU v5e",
    "TPU v5p", "Trainium2", "Ascend 910B3", "Ascend 910C",
)  # fmt: skip
MODELS = ("Llama 3.1 8B", "Qwen3 8B", "OPT-13B", "Llama 3.1 70B")
BATCHES = tuple(2**power for power in range(9))
CONTEXTS = tuple(2**power for power in range(9, 18))
BYTES_PER_WEIGHT = {"16-bit": 2.0, "8-bit": 1.0, "4-bit": 0.5}

INTENSITIES = np.geomspace(0.25, 2000, 200)
SPEEDS_TFLOPS = (0.2, 6000)
TOKENS_PER_S = (1, 400_000)
_CURVE = np.geomspace(1, BATCHES[-1], 97)

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Serving:
    """What the roofline allows a chip that serves a model: speeds are upper bounds, times are lower bounds."""

    model: str
    chip: Chip
    batch: int
    context_tokens: int
    weights: str
    window_tokens: int
    """Longest context that the model was made for."""
    weights_gb: float
    ridge: float
    """Operations per byte from which on arithmetic binds."""
    decode_intensity: float
    prefill_intensity: float
    tokens_per_s: float
    """Of all requests of the batch together."""
    prefill_s: float
    """To read one prompt as long as the context."""
    largest_batch: int
    """Requests whose key-value caches fit beside the weights."""
    curve: tuple[Curve, Curve]
    """Batches and tokens per second, whether they fit in memory or not."""
    fitting: tuple[Curve, Curve]
    """The part of the curve that fits; empty if nothing does."""

    @property
    def fits(self) -> bool:
        """Whether this batch fits in memory."""
        return self.batch <= self.largest_batch

    def tflops(self, intensity: npt.ArrayLike) -> Curve:
        """Return the attainable speed at an intensity, in TFLOP/s."""
        return np.asarray(attainable_tflops_bound(intensity, self.chip.peak_tflops, self.chip.bandwidth_gb_s))

    def limit(self, intensity: float) -> str:
        """Say what binds at an intensity."""
        return "arithmetic" if intensity >= self.ridge else "bandwidth"


def serve(model: str, chip: str, batch: int, context_tokens: int, weights: str) -> Serving:
    """Put a job on a chip. Only the weights are stored shorter; the arithmetic stays in 16 bits, and so its peak."""
    llm, window = _models()[model]
    hardware = _chips()[chip]
    width = BYTES_PER_WEIGHT[weights]
    peak, bandwidth = hardware.peak_tflops, hardware.bandwidth_gb_s

    def tokens_per_s(batches: Curve) -> Curve:
        work = decode_work(llm, batches, context_tokens, width)
        return np.asarray(batches / step_seconds_bound(*work, peak, bandwidth))

    prompt = prefill_work(llm, context_tokens, 1, width)
    largest = int(max_batch(llm, hardware.memory_gb, context_tokens, width))
    within = np.unique(np.minimum(_CURVE, largest)) if largest else _CURVE[:0]
    return Serving(
        model=model,
        chip=hardware,
        batch=batch,
        context_tokens=context_tokens,
        weights=weights,
        window_tokens=window,
        weights_gb=float(weight_bytes(llm, width)) / GIGA,
        ridge=float(ridge_flop_per_byte(peak, bandwidth)),
        decode_intensity=float(decode_work(llm, batch, context_tokens, width).intensity_flop_per_byte),
        prefill_intensity=float(prompt.intensity_flop_per_byte),
        tokens_per_s=float(tokens_per_s(np.asarray(float(batch)))),
        prefill_s=float(step_seconds_bound(*prompt, peak, bandwidth)),
        largest_batch=largest,
        curve=(_CURVE, tokens_per_s(_CURVE)),
        fitting=(within, tokens_per_s(within)),
    )


class RooflineChart(Chart[Serving]):
    """Left, the roofs of the chip and of the baseline with decode and prefill; right, decode against batch.

    The batches that do not fit in memory are dashed, their marker is hollow. A prompt whose intensity is off the
    scale stands at the right edge with an arrow; the roof is flat there, so its height is right.
    """

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(
            self.panels, subtitle=("attainable speed, TFLOP/s (log)", "decode, tokens per second at most (log)")
        )
        left.set(xscale="log", yscale="log", xlim=INTENSITIES[[0, -1]], ylim=SPEEDS_TFLOPS)
        left.set_xlabel("operations per byte (log)")
        right.set(xscale="log", yscale="log", xlim=(BATCHES[0], BATCHES[-1]), ylim=TOKENS_PER_S)
        right.set_xlabel("batch, requests at once (log)")
        for axes in (left, right):
            log_ticks(axes)
            axes.minorticks_off()
        right.set_xticks(BATCHES[::2], [str(batch) for batch in BATCHES[::2]])
        right.minorticks_off()
        chip, decode, prefill = PALETTE[:3]
        for who, color, width, rank in (("ghost ", GREY, 1.5, 3), ("", chip, 2.5, 4)):
            own = not who
            self.add_line(f"{who}roof", left, color=color, lw=width, ls="-", zorder=rank)
            self.add_line(f"{who}curve", right, color=color, lw=width, ls=(0, (2, 2)), zorder=rank)
            self.add_line(f"{who}fitting", right, color=color, lw=width, ls="-", zorder=rank)
            self.add_line(f"{who}decode", left, color=decode if own else color, marker="o", ms=8, zorder=rank + 1)
            self.add_line(
                f"{who}prefill", left, color=prefill if own else color, marker="s", ms=8, zorder=rank + 1, clip_on=False
            )
            self.add_line(
                f"{who}batch",
                right,
                color=decode if own else color,
                marker="o",
                ms=8,
                mew=2,
                zorder=rank + 1,
                clip_on=False,
            )
            self.add_label(f"{who}roof name", left, color=color, fontweight="bold")
            self.add_label(f"{who}curve name", right, color=color, fontweight="bold")
        self.add_line("wall", right, color=chip, lw=1.5, ls=":")
        self.add_label("wall name", right, color=chip)
        self.add_label("decode name", left, color=decode, fontweight="bold")
        self.add_label("prefill name", left, color=prefill, fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Serving, ghost: Serving) -> None:
        """Move everything to where `result` and `ghost` say."""
        edge, last = INTENSITIES[-1], BATCHES[-1]
        decode, prefill = result.decode_intensity, min(result.prefill_intensity, edge)
        for who, it in (("", result), ("ghost ", ghost)):
            self.move(f"{who}roof", INTENSITIES, it.tflops(INTENSITIES))
            self.move(f"{who}decode", decode, it.tflops(decode))
            self.move(f"{who}prefill", prefill, it.tflops(prefill))
            self.move(f"{who}curve", *it.curve)
            self.move(f"{who}fitting", *it.fitting)
            self.move(f"{who}batch", it.batch, it.tokens_per_s)
            marker = self.artists[f"{who}batch"]
            marker.set(markerfacecolor=marker.get_color() if it.fits else "white")  # type: ignore[attr-defined]
        # labels stand on the outer side of the two lines, so that they never cover the other one
        name, other = result.chip.name, "" if _same(result, ghost) else ghost.chip.name
        side = 1 if result.chip.peak_tflops >= ghost.chip.peak_tflops else -1
        self.place("roof name", name, edge, result.chip.peak_tflops, (-6, 20 * side))
        self.place("ghost roof name", other, edge, ghost.chip.peak_tflops, (-6, -6 * side))
        off_scale, left_of_it = result.prefill_intensity > edge, prefill > edge / 3
        self.place(
            "prefill name",
            "prefill →" if off_scale else "prefill",
            prefill,
            float(result.tflops(prefill)),
            (-7 if left_of_it else 7, 6 * side),
        )
        here, there = float(result.tflops(decode)), float(ghost.tflops(decode))
        if here >= there:
            away = (-7, 4)
        elif decode >= result.ridge:
            away = (-7, -4)
        else:
            away = (7, -4) if decode < edge / 50 else (7, -36)  # further right stand the names of prefill and chip
        self.place("decode name", "decode", decode, here, away)
        end, other_end = float(result.curve[1][-1]), float(ghost.curve[1][-1])
        above, below = (-4, 7), (-4, -20)
        self.place("curve name", name, last, end, above if end >= other_end else below)
        self.place("ghost curve name", other, last, other_end, below if end >= other_end else above)
        self._show_wall(result)
        self.write("left title", f"Decode is limited by {result.limit(decode)}")
        self.write("right title", _headline(result, ghost))

    def _show_wall(self, result: Serving) -> None:
        """Mark the batch at which memory is full."""
        low, batch = TOKENS_PER_S[0], result.largest_batch
        inside = 1 <= batch < BATCHES[-1]
        top = result.fitting[1][-1] if inside else low
        self.move("wall", [batch, batch] if inside else [], [low, top] if inside else [])
        text = f"memory full at {batch}" if inside else "" if batch else "no request fits in memory"
        middle = (BATCHES[0] * BATCHES[-1]) ** 0.5
        self.place("wall name", text, batch if inside else 1, low, (6 if batch < middle else -6, 5))

    def sentence(self, result: Serving, ghost: Serving) -> str:
        """Say what binds, what that allows beside the baseline and why, and whether it fits."""
        chip, other = result.chip.name, ghost.chip.name
        decode = result.decode_intensity
        binds, bound_there = result.limit(decode), ghost.limit(decode)
        where = "above" if binds == "arithmetic" else "below"
        if _same(result, ghost):
            compared = slower = ""
        else:
            same = {"bandwidth": "the ratio of their bandwidths", "arithmetic": "the ratio of their peaks"}
            why = same[binds] if binds == bound_there else f"where {bound_there} still binds"
            compared = f", {_times(result.tokens_per_s / ghost.tokens_per_s)} the {other}, {why}"
            slower = f", {_times(result.prefill_s / ghost.prefill_s)} the {other}'s"
        parts = [
            f"{chip}, {result.model} with {result.weights} weights, batch {result.batch}, {result.context_tokens:,} "
            f"tokens of context: decode does {number(decode)} operations for each byte, {where} the ridge at "
            f"{number(result.ridge)}, so {binds} binds: at most {number(result.tokens_per_s)} tokens/s{compared}.",
            _room(result),
        ]
        if not ghost.fits and not _same(result, ghost):
            parts.append(f"The {other} could not hold it{' either' if not result.fits else ''}.")
        parts.append(
            f"Reading one prompt of that length is limited by {result.limit(result.prefill_intensity)}: at least "
            f"{_seconds(result.prefill_s)}{slower}."
        )
        if result.weights != "16-bit":
            parts.append(f"The weights are {result.weights} in memory only; arithmetic stays 16-bit.")
        if result.context_tokens > result.window_tokens:
            parts.append(f"But {result.model} was made for at most {result.window_tokens:,} tokens.")
        return " ".join(parts)

    def numbers(self, result: Serving, ghost: Serving) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        other = ghost.chip.name
        return [
            ("Decode, operations per byte", number(result.decode_intensity)),
            ("Prefill, operations per byte", number(result.prefill_intensity)),
            ("Ridge, operations per byte", number(result.ridge)),
            ("What binds decode", result.limit(result.decode_intensity)),
            ("Decode, at most", f"{number(result.tokens_per_s)} tokens/s"),
            (f"Decode speed, {other} = 1", number(result.tokens_per_s / ghost.tokens_per_s)),
            ("Largest batch that fits in memory", f"{result.largest_batch:,} requests"),
            ("Reading the prompt, at least", _seconds(result.prefill_s)),
            (f"Time to read it, {other} = 1", number(result.prefill_s / ghost.prefill_s)),
        ]


def roofline() -> Explorer[Serving]:
    """Return the explorer of lesson 01: what a chip buys when it serves a language model."""
    return Explorer(
        "What does a chip buy you?",
        serve,
        [
            Choice("chip", "Chip", CHIPS, "H20"),
            Choice("model", "Model", MODELS, "Llama 3.1 8B"),
            Steps("batch", "Batch", BATCHES, "requests", 16),
            Steps("context_tokens", "Context", CONTEXTS, "tokens", 8192),
            Choice("weights", "Weights", tuple(BYTES_PER_WEIGHT), "16-bit"),
        ],
        RooflineChart(),
        presets={
            "The rule's surprise: H20, one user": {"batch": 1, "context_tokens": 512},
            "H20, busy chat service": {"batch": 64, "context_tokens": 4096},
            "Long documents (32k) on an H20": {"batch": 8, "context_tokens": 32768},
            "Batch reading job on an H100": {"chip": "H100 SXM", "batch": 256, "context_tokens": 512},
            "Llama 70B on one MI300X": {"chip": "MI300X", "model": "Llama 3.1 70B", "batch": 8},
            "TPU v5e with 8-bit weights": {"chip": "TPU v5e", "batch": 4, "weights": "8-bit"},
            "Ascend 910B, chat": {"chip": "Ascend 910B3", "model": "Qwen3 8B", "context_tokens": 4096},
        },
        baseline={"chip": BASELINE},
    )


def _same(result: Serving, ghost: Serving) -> bool:
    return result.chip == ghost.chip


def _headline(result: Serving, ghost: Serving) -> str:
    if not result.fits:
        return f"Does not fit in {number(result.chip.memory_gb)} GB of memory"
    speed = f"{number(result.tokens_per_s)} tokens/s"
    if _same(result, ghost):
        return speed
    ratio = number(result.tokens_per_s / ghost.tokens_per_s)
    return f"{speed}, like {ghost.chip.name}" if ratio == "1" else f"{speed}, {ratio} times {ghost.chip.name}"


def _room(result: Serving) -> str:
    """Say what memory allows."""
    memory = f"{number(result.chip.memory_gb)} GB"
    if result.weights_gb > result.chip.memory_gb:
        return f"It would not run: the weights alone need {result.weights_gb:,.1f} GB, the chip has {memory}."
    if not result.largest_batch:
        return f"It would not run: beside the weights, its {memory} have no room for even one such request."
    if not result.fits:
        return f"It would not run: its {memory} hold at most {result.largest_batch} such requests."
    beyond = [batch for batch in BATCHES if batch > result.largest_batch]
    return f"Batch {beyond[0]} would no longer fit in memory." if beyond else "Every batch shown fits in memory."


def _times(ratio: float) -> str:
    return "about the same as" if number(ratio) == "1" else f"{number(ratio)} times"


def _seconds(value: float) -> str:
    return f"{number(value)} s" if value >= 1 else f"{number(1000 * value)} ms"


@cache
def _chips() -> dict[str, Chip]:
    rows = load("chips").set_index("chip", drop=False)
    return {name: Chip.from_row(rows.loc[name].to_dict()) for name in CHIPS}


@cache
def _models() -> dict[str, tuple[Model, int]]:
    rows = load("models").set_index("model", drop=False)
    windows = rows["context_tokens"].to_dict()
    return {name: (Model.from_row(rows.loc[name].to_dict()), int(windows[name])) for name in MODELS}
