"""How right and how fast the models are, beside mlsysim where it is installed: `python tests/benchmarks/models.py`.

Prints the error by group of published results with the share of rows inside the 90 % band, the time of 10,000 draws
of each lesson's model, of one evaluation, of the ten-year race, and of the import. mlsysim is the optional extra
`benchmarks`; it is asked with its own defaults (half of the peak).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from aistack import (
    chips,
    cloud,
    cluster,
    fab,
    flywheel,
    openness,
    price,
    queueing,
    race,
    returns,
    scaling,
    server,
    serving,
    stack,
    step_time,
    throughput,
    training,
)  # fmt: skip
from aistack.assumptions import drawn
from course.data import load
from course.explorers.race import outlook
from course.validation import score, table
from course.validation.score import Outcome

DRAWS, REPEATS = 10_000, 20
GROUPS: dict[str, Callable[[Outcome], bool]] = {
    "training step, MosaicML tables": lambda each: each.case.id.startswith("mosaic_"),
    "training step, Megatron to Llama 3": lambda each: (
        each.case.topic in ("training_step_time", "training_step_throughput", "mfu")
        and not each.case.id.startswith(("mosaic_", "nemo_"))
    ),
    "training step, H100 to GB300 tables": lambda each: each.case.id.startswith("nemo_"),
    "training runs, accelerator-hours": lambda each: each.case.topic == "training_run_gpu_hours",
    "serving, TensorRT-LLM": lambda each: each.case.id.startswith("trt_"),
    "all estimates, sources not fitted on": lambda each: not each.seen,
}
MLSYSIM_EFFICIENCY = 0.5
H100 = step_time.Machine(989.4, 989.4, 3350, 450, 50)
TRAINED = training.Shape(70e9, 70.6e9, 80, 8192, 28672, 8192, 1024, 128256, gates=2)
SERVED = serving.Model("Llama 3.3 70B", 70.55e9, 80, 8192, 8, 128, heads=64, vocab_size=128256)
PAIR = server.Server(2, 1979, 989.4, 3350, 80, link_gb_s=450, bits=8, bytes_per_weight=1, bytes_per_number=1)


def main() -> None:
    console = Console(width=110)
    outcomes = [each for each in score.run(table.ours()) if each.prediction and not each.prediction.identity]
    console.print(errors(outcomes, mlsysim_errors()))
    console.print(times())


def errors(outcomes: list[Outcome], peers: dict[str, float]) -> Table:
    """Return the error of each group of rows, split by whether a constant has seen the source."""
    result = Table("Published results", "Fitted on", "Rows", "MdAPE", "Worst", "In band", "mlsysim", box=box.SIMPLE)
    for name, belongs in GROUPS.items():
        for seen in (False, True):
            rows = [each for each in outcomes if belongs(each) and each.seen == seen]
            one = score.summary(rows)
            if one.mdape is None or one.worst is None or one.coverage is None:
                continue
            peer = f"{peers[name]:.1%}" if name in peers else "-"
            shares = (f"{one.mdape:.1%}", f"{one.worst:+.0%}", f"{one.coverage:.0%}")
            result.add_row(name, "yes" if seen else "no", str(one.n), *shares, peer)
    return result


def mlsysim_errors() -> dict[str, float]:
    """Return the median error of mlsysim on the rows that its formulas can be asked about; nothing without it."""
    try:
        import mlsysim
    except ImportError:
        return {}
    peaks = load("chips").set_index("chip")["fp16_tflops"]
    missed: dict[str, list[float]] = {"training step, MosaicML tables": [], "training runs, accelerator-hours": []}
    for case in table.ours():
        inputs = case.inputs
        if case.id.startswith("mosaic_"):
            again = str(inputs.get("activation_checkpointing", "")).lower() == "true"
            work = mlsysim.calc_transformer_training_flops(inputs.number("params"), 1, activation_checkpointing=again)
            predicted = peaks[inputs.text("chip")] * 1e12 * MLSYSIM_EFFICIENCY / float(getattr(work, "magnitude", work))
            missed["training step, MosaicML tables"].append(abs(predicted / case.published - 1))
        elif case.topic == "training_run_gpu_hours" and "active_params_b" in inputs and "chip" in inputs:
            try:
                size, tokens = inputs.number("active_params_b"), inputs.number("tokens_t")
            except Exception:  # a run whose tokens nobody knows
                continue
            work = mlsysim.calc_transformer_training_flops(size * 1e9, tokens * 1e12)
            speed = peaks[inputs.text("chip")] * 1e12 * MLSYSIM_EFFICIENCY * 3600
            missed["training runs, accelerator-hours"].append(
                abs(float(getattr(work, "magnitude", work)) / speed / case.published - 1)
            )
    return {name: median(each) for name, each in missed.items() if each}


def times() -> Table:
    """Return how long draws, single evaluations, the race and the import take."""
    generator = np.random.default_rng(1)
    some = generator.lognormal(0, 0.2, DRAWS)
    share = generator.uniform(0.3, 0.9, DRAWS)
    layout = step_time.Layout(1024, 1024, tensor_parallel=8, pipeline_parallel=4)
    some_constants = step_time.constant_draws(step_time.TUNED, DRAWS, generator)
    some_efficiency = server.Efficiency.draws(DRAWS, generator)
    models: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "00 production function": (
            lambda: stack.ces_output(np.stack([some, some]), [0.3, 0.7], 0.5, axis=0),
            lambda: stack.ces_output([1.0, 0.5], [0.3, 0.7], 0.5),
        ),
        "01 roofline": (
            lambda: chips.attainable_tflops_bound(some * 100, 989, 3350),
            lambda: chips.attainable_tflops_bound(100, 989, 3350),
        ),
        "02 accelerator cost": (
            lambda: fab.accelerator_cost(814, 16000 * some, 0.1 * some, 80),
            lambda: fab.accelerator_cost(814, 16000, 0.1, 80),
        ),
        "03 many for one": (
            lambda: cluster.parallel_seconds(384, some, 0.01, 0.001),
            lambda: cluster.parallel_seconds(384, 1.0, 0.01, 0.001),
        ),
        "04 useful hour": (
            lambda: cloud.useful_hour_estimate_usd(some, 0.1, share),
            lambda: cloud.useful_hour_estimate_usd(1.0, 0.1, 0.6),
        ),
        "04 posted price": (
            lambda: cloud.posted_price_usd_estimate(700, 2, 4 * some),
            lambda: cloud.posted_price_usd_estimate(700, 2, 4),
        ),
        "05 waiting": (lambda: queueing.erlang_c(80 * share, 100), lambda: queueing.erlang_c(80.0, 100)),
        "06 lag": (lambda: scaling.lag_months(4 * some, 8), lambda: scaling.lag_months(4.0, 8)),
        "06 training step": (
            lambda: step_time.step_seconds_estimate(TRAINED, 8192, layout, H100, draws=some_constants).total,
            lambda: step_time.step_seconds_estimate(TRAINED, 8192, layout, H100).total,
        ),
        "07 tokens per second": (
            lambda: throughput.output_tokens_per_s_estimate(SERVED, PAIR, 1000, 1000, efficiency=some_efficiency),
            lambda: throughput.output_tokens_per_s_estimate(SERVED, PAIR, 1000, 1000),
        ),
        "07 price of a token": (
            lambda: price.usd_per_million_tokens(2 * some, 1800, share),
            lambda: price.usd_per_million_tokens(2.0, 1800, 0.6),
        ),
        "08 opening": (
            lambda: openness.open_profit(1, 5 * some, 0.3 * share),
            lambda: openness.open_profit(1, 5.0, 0.3),
        ),
        "10 return": (
            lambda: returns.net_present_value_usd(1e6 * some, 1e6, 9, 5, 0.1),
            lambda: returns.net_present_value_usd(1e6, 1e6, 9, 5, 0.1),
        ),
        "11 flywheel's quality": (
            lambda: flywheel.quality(some, 1, 0.5, 100),
            lambda: flywheel.quality(1.0, 1, 0.5, 100),
        ),
    }
    result = Table("What", f"{DRAWS:,} draws, ms", "One evaluation, µs", box=box.SIMPLE)
    for name, (many, once) in models.items():
        result.add_row(name, f"{1e3 * fastest(many):.2f}", f"{1e6 * fastest(once, 200):.0f}")
    actor = {"strategy": "full stack", "budget_usd_bn": 50, "market_share": 0.1, "capital_usd_bn": 50}
    ten_years = {
        "start_year": 2025, "years": 10, "draws": DRAWS, "seed": 1, "adoption": 0.2, "market_usd_bn": 476,
        "index_points": 154.7, "shocks": [], "actors": [{**actor, "name": name} for name in "ABCD"],
    }  # fmt: skip
    uncertain = drawn(DRAWS, 1)
    result.add_row(
        "13 ten-year race, four actors", f"{1e3 * fastest(lambda: race.simulate(ten_years, uncertain), 3):.0f}", "-"
    )
    result.add_row("13 the same in its explorer, a lever moved and redrawn", f"{1e3 * redrawn(DRAWS):.0f}", "-")
    result.add_row("import of all of aistack beyond NumPy", f"{1e3 * import_seconds():.0f}", "-")
    return result


def fastest(call: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the least of several times, in seconds: what the machine can do when nothing disturbs it."""
    call()
    spans = []
    for _ in range(repeats):
        start = perf_counter()
        call()
        spans.append(perf_counter() - start)
    return min(spans)


def redrawn(draws: int) -> float:
    """Return the median of what a move of a lever of the race takes, from the model to the picture, in seconds."""
    explorer = outlook(draws)
    explorer.png()
    spans = []
    for sigma in (0.2, 0.4, 1, 1.5):
        start = perf_counter()
        explorer.set(sigma=sigma)
        explorer.png()
        spans.append(perf_counter() - start)
    return median(spans)


def import_seconds() -> float:
    """Return what importing every module of aistack costs a process that has NumPy already."""
    code = (
        "import numpy, time; start = time.perf_counter()\n"
        "import pkgutil, importlib, aistack\n"
        "for each in pkgutil.iter_modules(aistack.__path__, 'aistack.'): importlib.import_module(each.name)\n"
        "print(time.perf_counter() - start)"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    return min(float(run.stdout) for run in runs)


if __name__ == "__main__":
    main()
