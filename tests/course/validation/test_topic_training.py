"""Predictors of training: rows of many spellings are answered, unknown chips refused, printed answers not read."""

from statistics import median
from typing import Any

import numpy as np
import pytest

from course.validation import score, table
from course.validation.benchmarks import benchmark
from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.jobs import job_of
from course.validation.names import standard
from course.validation.topics.training import EXTRA, PREDICTORS


def predicted(topic: str, inputs: dict[str, Any], quantity: str, unit: str, published: float = 1.0) -> Prediction:
    known, unknown = standard(inputs, EXTRA)
    assert not unknown
    return PREDICTORS[topic](Case("row", topic, Inputs(known), quantity, unit, published, "somebody"))


# llm-foundry, scripts/train/benchmarking: parameters, length, micro-batch, accumulation, checkpointing, tokens/s
FOUNDRY_A100 = [
    (125311488, 2048, 32, 2, False, 141737),
    (130030080, 8192, 8, 2, False, 90392),
    (148904448, 32768, 2, 2, False, 36407),
    (355985408, 2048, 32, 2, False, 58782),
    (387442688, 32768, 2, 2, False, 13652),
    (1312804864, 512, 56, 4, False, 23148),
    (1328533504, 8192, 3, 4, False, 13814),
    (1445974016, 65536, 1, 2, True, 3044),
    (2651837440, 2048, 10, 2, False, 10811),
    (2814366720, 65536, 1, 2, True, 1767),
    (6658859008, 2048, 6, 2, False, 4641),
    (6717579264, 16384, 4, 2, True, 2453),
    (6918905856, 65536, 1, 2, True, 1013),
    (12853954560, 2048, 2, 3, False, 2262),
    (13011240960, 32768, 1, 3, True, 1016),
    (29975214080, 2048, 3, 21, True, 916),
]


def foundry_errors() -> list[float]:
    return [
        predicted(
            "training_step_throughput",
            {
                "nparams": size,
                "seq": text,
                "gpus": 8,
                "gpu": "a100_80gb",
                "microbatch": micro,
                "grad_accum": steps,
                "precision": "amp_bf16",
                "sharding": "FULL_SHARD",
                "act_ckpt": again,
            },
            "tokens_per_s_per_gpu",
            "tok/s/GPU",
        ).value
        / speed
        - 1
        for size, text, micro, steps, again, speed in FOUNDRY_A100
    ]


def test_seen_steps_are_met_without_a_trend_in_length_or_size() -> None:
    errors = np.array(foundry_errors())
    assert np.median(abs(errors)) < 0.04
    size, text = np.log(np.array(FOUNDRY_A100, float)[:, :2]).T
    slopes = np.linalg.lstsq(np.c_[text, size, np.ones_like(size)], np.log1p(errors), rcond=None)[0]
    assert (abs(slopes[:2]) < 0.02).all()


@pytest.mark.behaviour
def test_newer_chips_and_models_are_met_within_an_eighth_on_the_median() -> None:
    outcomes = score.run(case for case in table.ours() if case.source == "megatron-bridge-performance")
    assert len(outcomes) > 100
    assert not any(each.seen for each in outcomes)
    found = score.summary(outcomes)
    assert (found.mdape or 1) < 0.125
    assert 0.8 < (found.coverage or 0) < 0.97


# Hours that makers published; nothing but the first two was fitted on (LLaMA paper)
RUNS = [
    ({"params_active_B": 6.7, "tokens_T": 1.0, "chip": "A100-80", "seq": 2048}, 82432),
    ({"params_active_B": 65.2, "tokens_T": 1.4, "chip": "A100-80", "seq": 2048}, 1022362),
    ({"params_active_B": 6.74, "tokens_T": 2.0, "chip": "A100-80", "seq": 4096}, 184320),
    ({"params_active_B": 69.0, "tokens_T": 2.0, "chip": "A100-80", "seq": 4096}, 1720320),
    ({"params_active_B": 176.2, "tokens_T": 0.366, "chip": "A100-80", "gpus": 384}, 1082990),
    ({"params_active_B": 175, "tokens_T": 0.3, "chip": "A100-80", "gpus": 1024}, 811008),
    ({"params_active_B": 540.35, "tokens_T": 0.78, "chip": "TPUv4"}, 8404992),
    ({"params_active_B": 280, "tokens_T": 0.3, "chip": "TPUv3"}, 3768320),
    ({"params_active_B": 405.9, "tokens_T": 15.6, "chip": "H100-80", "seq": 8192}, 30.84e6),
    ({"params_active_B": 37, "tokens_T": 14.8, "chip": "H800", "total_params_B": 671, "precision": "fp8"}, 2.664e6),
    ({"params_active_B": 17, "tokens_T": 22, "chip": "H100-80", "total_params_B": 400}, 2.38e6),
]


@pytest.mark.behaviour
def test_hours_of_published_runs_are_met() -> None:
    answers = [predicted("training_run_gpu_hours", inputs, "accelerator_hours", "hours") for inputs, _ in RUNS]
    errors = [abs(answer.value / hours - 1) for answer, (_, hours) in zip(answers, RUNS, strict=True)]
    assert median(errors) < 0.12
    assert all(answer.low <= hours <= answer.high for answer, (_, hours) in zip(answers, RUNS, strict=True))


@pytest.mark.behaviour
def test_a_chip_that_no_constant_was_fitted_on_sets_the_benchmark_time_that_google_measured() -> None:
    for chips, minutes in ((512, 114.98), (1536, 39.1), (6144, 12.29)):
        inputs = {"benchmark": "gpt3", "accelerators": chips, "chip": "TPUv5p", "submission": "Google"}
        answer = predicted("mlperf_training_time", inputs, "time_to_train", "min")
        assert answer.value == pytest.approx(minutes, rel=0.2)


def test_one_step_in_many_units() -> None:
    inputs = {"model": "Llama 3.1 8B", "chip": "H100", "gpus": 64, "seq": 8192, "gbs": 128, "tp": 2}
    step = predicted("training_step_time", inputs, "step_time", "ms").value / 1000
    each = predicted("training_step_throughput", inputs, "throughput", "tokens/s/GPU").value
    assert predicted("training_step_time", inputs, "iteration_time", "s").value == pytest.approx(step)
    assert each == pytest.approx(128 * 8192 / 64 / step)
    assert predicted("training_step_throughput", inputs, "throughput", "tokens/s").value == pytest.approx(each * 64)
    assert predicted("training_step_throughput", inputs, "x", "samples/s").value == pytest.approx(128 / step)
    share = predicted("mfu", inputs, "mfu", "percent").value
    assert predicted("mfu", inputs, "model_flops_utilization", "fraction").value == pytest.approx(share / 100)
    tflops = predicted("training_step_throughput", inputs, "model_tflops", "TFLOP/s/GPU").value
    assert tflops == pytest.approx(share / 100 * 989.4)


def test_memory_of_a_model_that_is_only_named() -> None:
    for kind, gib in (("params+optimizer", 45.5625), ("activations", 66.84375)):
        inputs = {"model": "gpt3-175B", "kind": kind, "recompute": "none"}
        assert predicted("training_memory", inputs, "per_gpu_memory", "GiB").value == pytest.approx(gib, rel=0.01)


def test_arithmetic_on_a_rows_own_figures_is_no_model() -> None:
    inputs = {"flops": 6.3e24, "chips": 8960, "peak": 459e12, "mfu": 0.4}
    answer = predicted("training_days", inputs, "days", "days")
    assert answer.identity
    assert answer.value == pytest.approx(44, rel=0.01)
    assert predicted("training_flops", {"params_B": 70, "tokens_T": 15, "rule": "6ND"}, "c", "FLOP").identity


def test_printed_answers_are_not_read() -> None:
    inputs = {"model": "LLAMA3_70B", "System": "DGX-H100", "#-GPUs": 64, "GBS": 256, "TP": 4, "PP": 8}
    bare = predicted("training_step_throughput", inputs, "tokens_per_s_per_gpu", "tok/s/GPU")
    for printed in ({"model_tflops_gpu": "1", "mfu_pct": 3}, {"model_tflops_gpu": "9999", "mfu_pct": 99}):
        assert predicted("training_step_throughput", inputs | printed, "tokens_per_s_per_gpu", "tok/s/GPU") == bare


def test_adapters_learn_faster_than_whole_models() -> None:
    inputs = {"model": "Llama 2 70B", "chip": "H100", "gpus": 8, "seq": 4096, "fsdp": 8}
    whole = predicted("training_step_throughput", inputs, "tokens_per_s", "tok/s").value
    adapter = predicted("training_step_throughput", inputs | {"method": "LoRA"}, "tokens_per_s", "tok/s").value
    assert 1.3 < adapter / whole < 3
    note = inputs | {"note": "exploration"}
    assert predicted("training_step_throughput", note, "tokens_per_s", "tok/s").value == whole


def test_whoever_counts_no_chips_gives_the_speed_of_one() -> None:
    inputs = {"model": "LLaMA2-7B", "chip": "Ascend 910B", "seq_length": 4096}
    bare = predicted("training_step_throughput", inputs, "throughput", "tokens/s")
    assert bare == predicted("training_step_throughput", inputs, "tokens/s/p", "tokens/s")
    assert 1000 < bare.value < 10_000


def test_units_of_runs_and_of_compute() -> None:
    inputs = {"model": "Llama 3.1 405B", "tokens_T": 15.6, "gpu": "H100", "gpus": 16384}
    hours = predicted("training_run_gpu_hours", inputs, "gpu_hours", "hours").value
    assert predicted("training_run_gpu_hours", inputs, "GPU-days", "GPU-days").value == pytest.approx(hours / 24)
    assert predicted("training_run_gpu_hours", inputs, "hours", "million GPU-hours").value == pytest.approx(hours / 1e6)
    compute = {"params_b": 175, "tokens_b": 300}
    flop = predicted("training_flops", compute, "compute", "FLOP").value
    assert predicted("training_flops", compute, "compute", "PF-days").value == pytest.approx(flop / 86.4e18)
    assert predicted("training_flops", compute, "compute", "ZFLOP").value == pytest.approx(flop / 1e21)


def test_old_chips_run_newer_software_later() -> None:
    given = standard({"params_B": 175, "gpus": 512, "gpu": "A100", "batch": 1024, "tp": 8, "pp": 8, "seq": 2048}, EXTRA)
    then, now = (job_of(Inputs(given[0]), year=year) for year in (2021, 2024))
    assert float(now.seconds()) < 0.8 * float(then.seconds())


def test_cards_for_consumers_add_up_in_32_bits_at_half_their_rate() -> None:
    given = standard({"params_B": 1, "gpus": 8, "gpu": "RTX 4090", "seq": 2048}, EXTRA)
    assert job_of(Inputs(given[0])).machine.peak_tflops == pytest.approx(165)


def test_a_pair_of_settings_means_the_first() -> None:
    inputs = {"model": "LLAMA3.1_405B", "System": "DGX-GB200", "#-GPUs": "128", "GBS": "64", "Precision": "FP8"}
    paired = Inputs(standard(inputs | {"TP": "2 (4)", "PP": "1 (8)", "FSDP": "64 (0)"}, EXTRA)[0])
    layout = job_of(paired).layout
    assert (layout.tensor_parallel, layout.pipeline_parallel, layout.sharded) == (2, 1, True)


@pytest.mark.parametrize(
    ("topic", "inputs", "said"),
    [
        ("training_step_time", {"chip": "Quantum 9000", "params_b": 7}, "Quantum 9000"),
        ("training_step_time", {"chip": "H100"}, "neither a known model nor its parameters"),
        ("mfu", {"gpus": 4096}, "neither the model nor its layout"),
        ("training_run_gpu_hours", {"params_b": 7, "tokens_T": "undisclosed", "chip": "H100"}, "undisclosed"),
        ("training_days", {"params_b": 7, "tokens_T": 1, "chip": "H100"}, "chips is not given"),
        ("mlperf_training_time", {"benchmark": "resnet", "chips": 8, "chip": "H100"}, "no language model"),
    ],
)
def test_what_cannot_be_predicted_is_said_in_words(topic: str, inputs: dict[str, Any], said: str) -> None:
    with pytest.raises(NotModelled, match=said):
        predicted(topic, inputs, "days" if "days" in topic else "time", "s")


def test_larger_batches_need_more_tokens_to_converge() -> None:
    for name in ("gpt3", "llama2_70b_lora", "llama31_405b", "llama31_8b"):
        test = benchmark(name)
        tokens = [test.tokens(batch) for batch in test.batches]
        assert tokens == sorted(tokens)
        assert test.batch(1e9) == test.batches[-1]
