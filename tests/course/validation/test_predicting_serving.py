"""Predictors of serving: rows as others print them, in their words and units."""

from typing import Any

import pytest

from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.names import standard
from course.validation.score import run
from course.validation.topics import extra_names, predictors

SHAPE = {
    "model": "a 70B", "params_b": 70.554, "layers": 80, "hidden": 8192, "heads": 64, "kv_heads": 8, "head_dim": 128,
    "vocab": 128256,
}  # fmt: skip
DEEPSEEK = {
    "model": "a mixture", "params_b": 671, "active_b": 37, "layers": 61, "hidden": 7168, "heads": 128, "kv_heads": 128,
    "head_dim": 128, "n_experts": 256, "top_k": 8, "kv_lora_rank": 512, "qk_rope_head_dim": 64, "vocab": 129280,
    "precision": "fp8",
}  # fmt: skip


def predict(topic: str, quantity: str, unit: str, **given: Any) -> Prediction:
    known, unknown = standard(given, extra_names(topic))
    assert not unknown
    return predictors()[topic](Case("x", topic, Inputs(known), quantity, unit, 1.0, "a source"))


def test_throughput_by_server_chip_user_and_request_tell_one_story() -> None:
    row = SHAPE | {"gpu": "H100-SXM", "tp": 2, "dtype": "fp8", "isl": 1000, "osl": 500}
    whole = predict("serving_throughput", "output_tokens_per_s", "tok/s", **row).value
    assert predict("serving_throughput", "throughput", "tok/s/gpu", **row).value == pytest.approx(whole / 2)
    assert predict("serving_throughput", "request_throughput", "req/s", **row).value == pytest.approx(whole / 500)
    total = predict("serving_throughput", "total_token_throughput", "tok/s", **row).value
    assert total == pytest.approx(whole * 3)
    user = predict("serving_throughput", "tokens_per_s_per_user", "tok/s", **row, concurrency=64)
    step = predict("serving_latency", "TPOT", "ms", **row, concurrency=64)
    assert user.value == pytest.approx(1000 / step.value)


@pytest.mark.parametrize(
    ("chip", "published"), [("H200", 2872), ("H100-SXM", None), ("MI300X", None), ("TPU v5p", None), ("L40S", None)]
)
def test_any_chip_of_the_table_gives_a_band_around_a_value(chip: str, published: float | None) -> None:
    row = SHAPE | {"accelerator": chip, "precision": "fp8", "isl": 128, "osl": 4096}
    found = predict("serving_throughput", "total_output_tokens_per_s", "tok/s", **row)
    assert 0 < found.low < found.value < found.high
    if published:  # NVIDIA, TensorRT-LLM 1.0, H200 TP1
        assert found.value == pytest.approx(published, rel=0.25)


def test_wide_expert_parallel_servers_are_met() -> None:
    """DeepSeek's own day, and SGLang on 96 H100 (LMSYS, 5 May 2025: 52.3 and 22.3 thousand a node at 2,000 tokens)."""
    prefill = {"chip": "H800", "EP": 32, "gpus_per_node": 8, "phase": "prefill", "cache_hit": 0.563}
    decode = {"chip": "H800", "EP": 144, "gpus_per_node": 8, "phase": "decode", "mean_kv": 4989, "user_tps": "20-22"}
    topic = "serving_throughput"
    for row, quantity, published in (
        (prefill, "input_tokens_per_s_per_node", 73_700),
        (decode, "output_tokens_per_s_per_node", 14_800),
        ({"chip": "H100", "EP": 32, "gpus_per_node": 8, "isl": 2000}, "input_tokens_per_s_per_node", 52_300),
        ({"chip": "H100", "EP": 72, "gpus_per_node": 8, "isl": 2000, "osl": 100, "batch_per_gpu": 256,
          "phase": "decode"}, "output_tokens_per_s_per_node", 22_282),
    ):  # fmt: skip
        assert predict(topic, quantity, "tok/s", **DEEPSEEK, **row).value == pytest.approx(published, rel=0.30)


def test_one_request_alone_is_timed_from_prompt_to_last_token() -> None:
    row = SHAPE | {"chip": "A100-80", "tp": 8, "batch_size": 1, "isl": 2048, "osl": 101}
    first = predict("serving_latency", "TTFT", "ms", **row).value
    step = predict("serving_latency", "inter_token_latency", "ms", **row).value
    assert predict("serving_latency", "e2e_latency", "s", **row).value == pytest.approx((first + 100 * step) / 1000)


def test_memory_is_counted_in_the_unit_that_is_asked_for() -> None:
    row = SHAPE | {"precision": "fp16"}
    assert predict("kv_cache", "bytes_per_token", "byte", **row).value == 2 * 80 * 8 * 128 * 2
    assert predict("kv_cache", "kv_cache_per_token", "KB", **DEEPSEEK).value == pytest.approx(70.272, rel=1e-3)
    cache = predict("kv_cache", "kv_cache_size", "GiB", **row, context=8192, batch_size=16).value
    assert cache == pytest.approx(2 * 80 * 8 * 128 * 2 * 8192 * 16 / 2**30)
    assert predict("serving_memory", "weights", "GB", **row).value == pytest.approx(141.1, rel=1e-3)
    fits = predict("serving_memory", "max_batch_size", "requests", **row, chip="H100", tp=8, isl=2048, osl=2048)
    assert 200 < fits.value < 500


def test_money_is_arithmetic_until_speed_must_be_predicted() -> None:
    topic = "serving_economics"
    day = {"avg_nodes": 226.75, "gpus_per_node": 8, "usd_per_gpu_h": 2.0}
    assert predict(topic, "cost_per_day", "USD", **day).value == 87_072
    sold = {"in_tokens": 608e9, "hit": 342e9, "out": 168e9, "usd_in_hit": 0.14, "usd_in_miss": 0.55, "usd_out": 2.19}
    revenue = predict(topic, "revenue", "USD", **sold)
    assert revenue.value == pytest.approx(562_027, rel=1e-3)
    assert revenue.identity
    assert predict(topic, "cost_per_million_tokens", "USD", tokens_per_s_per_gpu=1850, usd_per_gpu_h=2).value == (
        pytest.approx(2 / 1850 / 3600 * 1e6)
    )
    row = SHAPE | {"chip": "H100", "tp": 2, "precision": "fp8", "isl": 1000, "osl": 1000, "usd_per_gpu_hour": 2.5}
    price = predict(topic, "cost_per_million_output_tokens", "USD/Mtok", **row)
    assert not price.identity
    assert price.low < price.value < price.high


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"model": "a 7B", "params_b": 7, "chip": "Abacus 3000", "isl": 1, "osl": 1}, "chip 'Abacus 3000' is not in"),
        ({"model": "secret", "chip": "H100", "isl": 1, "osl": 1}, "model 'secret' is not in models.csv and its size"),
        (SHAPE | {"chip": "H100", "tp": 1, "isl": 1, "osl": 1}, "does not fit on 1 chips of 80 GB"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_words(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotModelled, match=reason):
        predict("serving_throughput", "output_tokens_per_s", "tok/s", **given)


def test_answers_printed_beside_a_row_do_not_move_it() -> None:
    row = SHAPE | {"chip": "A100", "tp": 4, "batch_size": 1, "prompt_tokens": 5}
    one, other = (predict("serving_latency", "decode_tokens_per_s", "tokens/s", **row, reported_bandwidth_gb_s=printed)
                  for printed in (100, 1400))  # fmt: skip
    assert one == other


def test_a_row_of_the_source_fitted_on_counts_as_seen_and_others_do_not() -> None:
    known, _ = standard(SHAPE | {"chip": "H200", "precision": "fp8", "isl": 1000, "osl": 1000}, {})
    for source, seen in (("tensorrt-llm-perf-overview", True), ("another", False)):
        case = Case("x", "serving_throughput", Inputs(known), "output_tokens_per_s", "tok/s", 2909, source)
        assert run([case])[0].seen is seen
