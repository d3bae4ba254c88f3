"""Charts of the lessons on chips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from aistack.chips import Chip, attainable_tflops_bound, ridge_flop_per_byte
from aistack.serving import Model, Work, decode_work, max_batch
from course.charts import PALETTE, RIM, Picture, figure, label_line, show

MARKERS = "osD^v"
DASHES = ("-", "--", "-.", ":")
_INTENSITY = np.geomspace(0.5, 2000, 200)
_BATCHES = 2.0 ** np.arange(11)
_BANDWIDTHS, _PEAKS = (250, 30_000), (20, 6000)
# Names to write beside their dots, with the offset in points that keeps them apart.
_NAMED = {
    "H100 SXM": (-9, 4),
    "H20": (9, -4),
    "A100 SXM 80GB": (8, -12),
    "MI300X": (8, -8),
    "B200": (-8, 4),
    "TPU v5e": (-8, 2),
    "Ascend 910C": (9, -12),
    "L40S": (-8, 4),
}
_UNNAMED = {"A": "L40S", "B": "H100 SXM", "C": "H20"}


def peak_and_bandwidth(chips: pd.DataFrame) -> Picture:
    """Every accelerator by its two speeds; the well-known ones by name. Rows of the table `chips`."""
    fig, (axes,) = figure(
        title="An H20 is an H100 with its arithmetic cut and its bandwidth kept",
        subtitle="peak 16-bit arithmetic, TFLOP/s (log)",
    )
    inside = chips[chips["memory_bandwidth_gb_s"].between(*_BANDWIDTHS) & chips["fp16_tflops"].between(*_PEAKS)]
    axes.scatter(inside["memory_bandwidth_gb_s"], inside["fp16_tflops"], s=18, color="#9a9a9a", linewidths=0)
    for name, (right, up) in _NAMED.items():
        row = inside[inside["chip"] == name].iloc[0]
        strong = name in ("H100 SXM", "H20")
        place = (row["memory_bandwidth_gb_s"], row["fp16_tflops"])
        axes.plot(*place, "D" if strong else "o", markersize=8 if strong else 5, color=PALETTE[1 if strong else 0])
        axes.annotate(
            name,
            place,
            xytext=(right, up),
            textcoords="offset points",
            ha="left" if right > 0 else "right",
            weight="bold" if strong else "normal",
            path_effects=[RIM],
        )
    axes.set(xscale="log", yscale="log", xlim=_BANDWIDTHS, ylim=_PEAKS, xlabel="memory bandwidth, GB/s (log)")
    caption = (
        f"{len(inside)} accelerators, one dot each; {len(chips) - len(inside)} more lie outside the frame. Chips with "
        "more arithmetic mostly have more bandwidth too. The H20 (diamond) left that band: it lies far below the H100 "
        "and a little to its right."
    )
    return show(fig, alt=f"Scatter of peak arithmetic against memory bandwidth. {caption}", caption=caption)


def two_roofs(chips: Sequence[Chip], jobs: Mapping[str, Work]) -> Picture:
    """Rooflines of a few chips, with jobs as points where each chip can run them."""
    fig, (axes,) = figure(
        title="Decode lives on the slope, prefill under the flat roof",
        subtitle="attainable speed, TFLOP/s (log)",
    )
    sentences = []
    for chip, color, dash, marker in zip(chips, PALETTE, DASHES, MARKERS, strict=False):
        _roof(axes, chip, chip.name, color, dash)
        for name, job in jobs.items():
            x = float(job.intensity_flop_per_byte)
            y = float(attainable_tflops_bound(x, chip.peak_tflops, chip.bandwidth_gb_s))
            axes.plot([x], [y], marker, color=color, markersize=8)
            sentences.append(f"{name} on the {chip.name} at most {y:.3g} TFLOP/s")
    for name, job in jobs.items():
        axes.annotate(name, (float(job.intensity_flop_per_byte), 0.42), ha="center", weight="bold")
    axes.set(xscale="log", yscale="log", ylim=(0.35, 3000), xlabel="operations per byte (log)")
    caption = "; ".join(sentences)
    caption = caption[0].upper() + caption[1:] + "."
    return show(fig, alt=f"Roofline chart of {' and '.join(chip.name for chip in chips)}. {caption}", caption=caption)


def intensity_by_batch(model: Model, chips: Sequence[Chip], contexts: Sequence[int]) -> Picture:
    """Arithmetic intensity of decode against batch, a line for each context, with the chips' ridges."""
    fig, (axes,) = figure(
        title="With long contexts no batch gets a service off the slope",
        subtitle="operations per byte in decode (log)",
    )
    ends = []
    first = chips[0]
    for context, color, marker in zip(contexts, PALETTE, MARKERS, strict=False):
        full = float(max_batch(model, first.memory_gb, context))
        steps = _BATCHES
        fitting = np.append(steps[steps < full], full)
        intensity = np.asarray(decode_work(model, fitting, context).intensity_flop_per_byte)
        beyond = np.append(full, steps[steps > full])
        further = np.asarray(decode_work(model, beyond, context).intensity_flop_per_byte)
        axes.plot(fitting, intensity, color=color, linestyle="-", linewidth=2)
        axes.plot(beyond, further, color=color, linestyle=":", linewidth=1.5)
        axes.plot(full, intensity[-1], marker, color=color, markersize=7)
        label_line(axes, _BATCHES[-1], further[-1], f"{context:,} tokens", color)
        ends.append(f"{intensity[-1]:.0f} with {full:,.0f} requests of {context:,} tokens")
    ridges = []
    for chip in chips:
        ridge = float(ridge_flop_per_byte(chip.peak_tflops, chip.bandwidth_gb_s))
        axes.axhline(ridge, color="#4d4d4d", linewidth=1)
        axes.annotate(f"ridge of the {chip.name}", (1, ridge), xytext=(4, 4), textcoords="offset points")
        ridges.append(f"{chip.name} {ridge:.0f}")
    axes.set(xscale="log", yscale="log", xlim=(1, _BATCHES[-1]), ylim=(0.8, 700), xlabel="requests in the batch (log)")
    caption = (
        f"{model.name} in 16 bits. A mark shows where the {first.name}'s memory is full: {', '.join(ends)} "
        f"of context. Ridge points: {', '.join(ridges)}."
    )
    return show(fig, alt=f"Lines of arithmetic intensity rising with the batch. {caption}", caption=caption)


def measured_share(matmul: pd.DataFrame) -> Picture:
    """Bars of the share of its peak that each chip reached; columns `chip` and `share`."""
    rows = matmul.sort_values("share")
    return _shares(
        list(rows["chip"]),
        rows["share"],
        title="No chip reaches its peak, and some stay far below",
        subtitle="fastest measured 16-bit matrix product, share of the data sheet's peak",
        what="of the peak",
    )


def measured_decode(decodes: pd.DataFrame) -> Picture:
    """Bars of measured decode speed over its bound; columns `model`, `precision`, `chip`, `value` and `bound`."""
    rows = decodes.assign(share=decodes["value"] / decodes["bound"]).sort_values("share")
    return _shares(
        [f"{row['model']}, {row['precision'].removesuffix(' weights')}, {row['chip']}" for _, row in rows.iterrows()],
        rows["share"],
        title="Real decode stays well below its bound",
        subtitle="measured over bound, tokens per second for one request",
        what="of the bound",
    )


def unnamed_roofs(chips: pd.DataFrame, intensity: float) -> Picture:
    """Rooflines under letters instead of names, with a vertical line at a job's intensity: for reading practice.

    `chips` is the table, indexed by name. The caption keeps quiet; the alt text says what an eye would read off.
    """
    fig, (axes,) = figure(title="Three chips and a job", subtitle="attainable speed, TFLOP/s (log)")
    words = []
    for (letter, name), color, dash in zip(_UNNAMED.items(), PALETTE, DASHES, strict=False):
        chip = Chip.from_row(chips.loc[name])
        _roof(axes, chip, letter, color, dash)
        words.append(
            f"{letter} rises by {chip.bandwidth_gb_s / 1000:.2g} TFLOP/s for each operation per byte, "
            f"up to a flat roof at {chip.peak_tflops:.0f}"
        )
    axes.axvline(intensity, color="#4d4d4d", linewidth=1.5)
    axes.annotate(
        f"the job: {intensity:g} operations per byte",
        (intensity, 0.5),
        xytext=(5, 0),
        textcoords="offset points",
    )
    axes.set(xscale="log", yscale="log", ylim=(0.35, 3000), xlabel="operations per byte (log)")
    return show(
        fig,
        alt=f"Three rooflines and a vertical line at {intensity:g} operations per byte. {'; '.join(words)}.",
        caption=f"Three rooflines, and a job at {intensity:g} operations per byte. Both axes are logarithmic.",
    )


def _roof(axes: Axes, chip: Chip, label: str, color: str, dash: str) -> None:
    roof = np.asarray(attainable_tflops_bound(_INTENSITY, chip.peak_tflops, chip.bandwidth_gb_s))
    axes.plot(_INTENSITY, roof, color=color, linestyle=dash, linewidth=2)
    label_line(axes, _INTENSITY[-1], roof[-1], label, color)


def _shares(names: Sequence[str], shares: pd.Series, *, title: str, subtitle: str, what: str) -> Picture:
    """Horizontal bars of shares, lowest first, against a dashed line at 1."""
    fig, (axes,) = figure(title=title, subtitle=subtitle)
    bars = axes.barh(range(len(names)), shares, color=PALETTE[0], height=0.6, tick_label=list(names))
    axes.axvline(1, color=PALETTE[1], linewidth=2, linestyle="--")
    axes.annotate(
        "100 %: the bound", (1, len(names) - 0.4), ha="right", va="bottom", xytext=(-4, 0), textcoords="offset points"
    )
    axes.bar_label(bars, labels=[f"{share:.0%}" for share in shares], padding=-32, color="white", weight="bold")
    axes.set(xlim=(0, 1.02), ylim=(-0.6, len(names) + 0.2), xticks=[])
    axes.grid(visible=False)
    each = "; ".join(f"{name} {share:.0%}" for name, share in zip(names, shares, strict=True))
    caption = f"Measured, as a share {what}: {each}. The median is {shares.median():.0%}."
    return show(fig, alt=f"{len(names)} bars, all below the line of 100 %. {caption}", caption=caption)
