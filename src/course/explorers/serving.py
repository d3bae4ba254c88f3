"""Explorers of the lessons on serving."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from aistack.price import usd_per_million_tokens
from aistack.server import Server, attention_seconds, fixed_seconds, token_seconds
from aistack.serving import Model
from aistack.throughput import batch_at_speed, requests_estimate, step_seconds_estimate
from course.charts import GREY, PALETTE, Chart, Row, figure, log_ticks, number
from course.data import load
from course.explorer import Choice, Explorer, Steps
from course.validation.case import Inputs
from course.validation.deployment import server_of

BASELINE, BASELINE_USD = "H100 SXM", 2.0
CHIPS = ("H100 SXM", "H200 SXM", "H20", "H800 SXM", "A100 SXM 80GB", "B200", "MI300X", "Ascend 910C")
MODELS = ("Llama 3.1 8B", "gpt-oss-120b", "Llama 3.3 70B", "Qwen3-235B-A22B", "Llama 3.1 405B", "DeepSeek-V3")
WEIGHTS = {"16-bit": "fp16", "8-bit": "fp8", "4-bit": "w4a16"}
CONTEXTS = (1024, 2048, 4096, 8192, 16384, 32768)
PROMISES = (5, 10, 20, 30, 50, 75, 100, 150)
PRICES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)

SPEEDS, COSTS = (2, 600), (0.004, 5_000)
SEATS = 8
"""A server is given as many chips as let this many requests in."""

_POINTS = 60
_ALIKE = 0.02
_PARTS = ("weights and launches: once for all users", "arithmetic: for each user", "caches: for each user")

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Offer:
    """What it costs to write with a model at a promised speed, on the fewest chips that do the job."""

    model: Model
    chip: str
    server: Server
    weights: str
    context_tokens: int
    promise: int
    usd_per_hour: float
    room: float
    """Requests that memory holds."""
    users: float
    """Requests at once: what memory holds or what the promise allows, whichever is less; 1 if it cannot be kept."""
    kept: bool
    """Whether even one user gets the promised speed."""
    usd_per_million: float
    shares: tuple[float, float, float]
    """Parts of a step, in per cent: what all share, arithmetic for each, caches for each."""
    curve: tuple[Curve, Curve]
    """Tokens per second for each user, and dollars per million tokens, as the batch grows."""

    @property
    def limit(self) -> str:
        """Say what keeps further users out."""
        return "memory" if self.users >= 0.999 * self.room else "the promise"


def offer(model: str, chip: str, weights: str, context_tokens: int, promise: int, usd_per_hour: float) -> Offer:
    """Put a model on a server and fill it with users as far as memory and the promise allow."""
    llm, server = _models()[model], _server(model, chip, weights, context_tokens)
    room = float(requests_estimate(llm, server, context_tokens, 1))
    allowed = float(batch_at_speed(llm, server, context_tokens, promise))
    users = max(min(allowed, room), 1.0)
    slowest = float(batch_at_speed(llm, server, context_tokens, SPEEDS[0]))
    batches = np.geomspace(1, max(min(room, slowest), 1.0), _POINTS)
    speeds = 1 / np.asarray(step_seconds_estimate(llm, server, batches, context_tokens))
    step = float(step_seconds_estimate(llm, server, users, context_tokens))
    parts = (
        float(fixed_seconds(llm, server, users)),
        users * float(token_seconds(llm, server)),
        users * float(attention_seconds(llm, server, context_tokens)),
    )
    first, second, third = (100 * part / step for part in parts)
    return Offer(
        model=llm,
        chip=chip,
        server=server,
        weights=weights,
        context_tokens=context_tokens,
        promise=promise,
        usd_per_hour=usd_per_hour,
        room=room,
        users=users,
        kept=allowed >= 1,
        usd_per_million=float(usd_per_million_tokens(usd_per_hour, users / step / server.chips)),
        shares=(first, second, third),
        curve=(speeds, np.asarray(usd_per_million_tokens(usd_per_hour, batches * speeds / server.chips))),
    )


class OfferChart(Chart[Offer]):
    """Left, cost against speed as users share a server; right, where the time of a step goes."""

    panels = 2

    def __init__(self) -> None:
        super().__init__()
        self.figure, (left, right) = figure(
            self.panels,
            subtitle=("dollars per million tokens written (log)", "share of the time of a step, %"),
        )
        left.set(xscale="log", yscale="log", xlim=SPEEDS, ylim=COSTS)
        left.set_xlabel("tokens per second for each user (log); dotted: promised")
        log_ticks(left)
        left.minorticks_off()
        right.set(xlim=(0, 125), ylim=(-0.6, 2.6), xticks=[0, 25, 50, 75, 100])
        right.set_yticks([])
        for row, part in enumerate(_PARTS):
            right.annotate(part, (0, 2 - row), xytext=(2, 15), textcoords="offset points")
        own = PALETTE[0]
        for who, color, width, rank in (("ghost ", GREY, 1.5, 3), ("", own, 2.5, 4)):
            mark = color if who else PALETTE[1]
            self.add_line(f"{who}curve", left, color=color, lw=width, ls="-", zorder=rank)
            self.add_line(f"{who}point", left, color=mark, marker="o", ms=8, mew=2, zorder=rank + 1, clip_on=False)
            for row in range(len(_PARTS)):
                bar = 16 if not who else 6
                self.add_line(f"{who}bar {row}", right, color=color, lw=bar, ls="-", solid_capstyle="butt", zorder=rank)
        self.add_line("promise", left, color=PALETTE[1], lw=1.5, ls=":", zorder=2)
        for row in range(len(_PARTS)):
            self.add_label(f"share {row}", right, color=own, fontweight="bold")
        self.add_label("name", left, color=own, fontweight="bold")
        self.add_label("ghost name", left, color=GREY, fontweight="bold")
        self.add_title("left title", left)
        self.add_title("right title", right)

    def update(self, result: Offer, ghost: Offer) -> None:
        """Move everything to where `result` and `ghost` say."""
        for who, it in (("", result), ("ghost ", ghost)):
            self.move(f"{who}curve", *it.curve)
            self.move(f"{who}point", it.promise if it.kept and it.limit != "memory" else _speed(it), it.usd_per_million)
            marker = self.artists[f"{who}point"]
            marker.set(markerfacecolor=marker.get_color() if it.kept else "white")  # type: ignore[attr-defined]
            for row, share in enumerate(it.shares):
                height = 2 - row - (0.0 if not who else 0.27)
                self.move(f"{who}bar {row}", [0, share], [height, height])
        for row, share in enumerate(result.shares):
            self.place(f"share {row}", f"{share:.0f} %", share, 2 - row - 0.07, (6, 0))
        self.move("promise", [result.promise] * 2, COSTS)
        corner = (SPEEDS[1], COSTS[1])
        self.place("name", _server_name(result), *corner, (-4, -4))
        self.place("ghost name", "" if _same(result, ghost) else _server_name(ghost), *corner, (-4, -20))
        self.write("left title", _headline(result))
        self.write("right title", f"{result.shares[0]:.0f} % of a step is shared by all")

    def sentence(self, result: Offer, ghost: Offer) -> str:
        """Say what it costs, what limits the users and where a step's time goes."""
        parts = [
            f"{result.model.name} with {result.weights} weights on {_server_name(result)}, {result.context_tokens:,} "
            f"tokens of context for each user, {result.promise} tokens/s promised, "
            f"{number(result.usd_per_hour)} dollars a chip-hour:"
        ]
        if result.kept:
            parts.append(
                f"{number(np.floor(result.users))} users at once, then {result.limit} is full; "
                f"{number(result.usd_per_million)} dollars per million tokens written."
                if result.limit == "memory"
                else f"{number(np.floor(result.users))} users at once, more would break the promise; "
                f"{number(result.usd_per_million)} dollars per million tokens written."
            )
        else:
            parts.append(
                f"not even a single user would get that; alone, one gets {number(_speed(result))} tokens/s, at "
                f"{number(result.usd_per_million)} dollars per million."
            )
        if not _same(result, ghost):
            ratio = result.usd_per_million / ghost.usd_per_million
            parts.append(
                f"{_server_name(ghost)} at {number(ghost.usd_per_hour)} dollars (grey) would do it for "
                f"{number(ghost.usd_per_million)}: "
                + ("about as much." if abs(ratio - 1) < _ALIKE else f"yours costs {number(ratio)} times as much.")
            )
        shared = result.shares[0]
        parts.append(f"All users together share {shared:.0f} % of a step; the rest is paid for each of them.")
        return " ".join(parts)

    def numbers(self, result: Offer, ghost: Offer) -> list[Row]:
        """Return what the questions of the lesson ask for."""
        return [
            ("Chips in the server", str(result.server.chips)),
            ("Requests that fit in memory", number(result.room)),
            ("Users at once", number(result.users)),
            ("What keeps further users out", result.limit if result.kept else "the promise cannot be kept"),
            ("Each user gets", f"{number(_speed(result))} tokens/s"),
            ("Cost, per million tokens written", f"{number(result.usd_per_million)} dollars"),
            ("Cost, the grey server = 1", number(result.usd_per_million / ghost.usd_per_million)),
            ("Part of a step that all share", f"{result.shares[0]:.0f} %"),
        ]


def serving_cost() -> Explorer[Offer]:
    """Return the explorer of lesson 07: what a promise of speed costs."""
    return Explorer(
        "What does a promise cost?",
        offer,
        [
            Choice("model", "Model", MODELS, "DeepSeek-V3"),
            Choice("chip", "Chip", CHIPS, "H800 SXM"),
            Choice("weights", "Weights", tuple(WEIGHTS), "8-bit"),
            Steps("context_tokens", "Context", CONTEXTS, "tokens", 4096),
            Steps("promise", "Promised speed", PROMISES, "tokens/s", 20),
            Steps("usd_per_hour", "Price of a chip", PRICES, "dollars an hour", 2.0),
        ],
        OfferChart(),
        presets={
            "DeepSeek-V3 on its makers' chip: H800, 4k context": {},
            "Chat with Llama 70B on H100": {
                "model": "Llama 3.3 70B", "chip": "H100 SXM", "context_tokens": 2048,
            },
            "DeepSeek-V3 on the chip that may be sold: H20": {
                "model": "DeepSeek-V3", "chip": "H20", "context_tokens": 2048,
            },
            "DeepSeek-V3 on Ascend 910C": {
                "model": "DeepSeek-V3", "chip": "Ascend 910C", "context_tokens": 2048,
            },
            "A fast answer: gpt-oss-120b, 100 tokens/s": {
                "model": "gpt-oss-120b", "chip": "H100 SXM", "weights": "4-bit", "context_tokens": 2048,
                "promise": 100,
            },
            "Long documents: Llama 405B, 32k context": {
                "model": "Llama 3.1 405B", "chip": "H200 SXM", "context_tokens": 32768, "promise": 10,
            },
            "A small firm's card: Llama 8B on one A100": {
                "model": "Llama 3.1 8B", "chip": "A100 SXM 80GB", "weights": "16-bit", "context_tokens": 2048,
                "usd_per_hour": 1.5,
            },
        },
        baseline={"chip": BASELINE, "usd_per_hour": BASELINE_USD},
    )  # fmt: skip


def _speed(it: Offer) -> float:
    return 1 / float(step_seconds_estimate(it.model, it.server, it.users, it.context_tokens))


def _same(result: Offer, ghost: Offer) -> bool:
    return result.chip == ghost.chip and result.usd_per_hour == ghost.usd_per_hour


def _server_name(it: Offer) -> str:
    return f"{it.server.chips} x {it.chip}"


def _headline(result: Offer) -> str:
    if not result.kept:
        return f"{result.promise} tokens/s for each user cannot be kept"
    return f"{number(result.usd_per_million)} dollars per million tokens"


@cache
def _server(model: str, chip: str, weights: str, context_tokens: int) -> Server:
    """Return the fewest chips, doubling from one, that hold the model and let `SEATS` requests in."""
    inputs = {"model": model, "chip": chip, "precision": WEIGHTS[weights], "chips": 1}
    server = server_of(Inputs(inputs), _models()[model])
    while requests_estimate(_models()[model], server, context_tokens, 1) < SEATS:
        server = replace(server, chips=2 * server.chips)
    return server


@cache
def _models() -> dict[str, Model]:
    rows = load("models").set_index("model", drop=False)
    return {name: Model.from_row(rows.loc[name].to_dict()) for name in MODELS}
