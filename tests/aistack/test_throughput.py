"""Bounds and estimates of a server: what must hold for all, and what others measured."""

import dataclasses
import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aistack.server import FITTED, Efficiency, Server, cache_copies, fixed_seconds, token_seconds
from aistack.serving import Model
from aistack.throughput import (
    batch_at_speed,
    output_tokens_per_s_bound,
    output_tokens_per_s_estimate,
    prefill_seconds_bound,
    prefill_seconds_estimate,
    prompt_tokens_per_s_estimate,
    requests_bound,
    requests_estimate,
    step_seconds_bound,
    step_seconds_estimate,
)

LLAMA_70B = Model("Llama 3.3 70B", 70.554e9, 80, 8192, 8, 128, heads=64, vocab_size=128256)
LLAMA_8B = Model("Llama 3.1 8B", 8.03e9, 32, 4096, 8, 128, heads=32, vocab_size=128256)
DEEPSEEK = Model("DeepSeek-V3", 671.025e9, 61, 7168, 128, 128, 36.625e9, 256, 8, 128, 512, 64, vocab_size=129280)
GPT_OSS = Model("gpt-oss-20b", 20.908e9, 24, 2880, 8, 64, 3.607e9, 32, 4, 64, 0, 0, 12, 128, 201088)
QWEN = Model("Qwen3-30B-A3B", 30.532e9, 48, 2048, 4, 128, 3.042e9, 128, 8, 32, vocab_size=151936)
MODELS = (LLAMA_70B, LLAMA_8B, DEEPSEEK, GPT_OSS, QWEN)
H100 = Server(8, 1979, 989.4, 3350, 80, 450, bits=8, bytes_per_weight=1, bytes_per_number=1)
B200 = Server(8, 9000, 2250, 7700, 180, 900, bits=4, bytes_per_weight=0.5625, bytes_per_number=1)
L40S = Server(4, 362, 362, 864, 48, 16, stages=2)
H800 = Server(8, 1979, 989, 3360, 80, 200, bits=8, bytes_per_weight=1)
SERVERS = (H100, B200, L40S, H800)

models, servers = st.sampled_from(MODELS), st.sampled_from(SERVERS)
lengths = st.integers(1, 32768)


@settings(max_examples=300)
@given(
    models, servers, lengths, lengths, st.one_of(st.none(), st.integers(1, 4096)), st.floats(0, 1), st.integers(0, 99)
)
def test_no_estimate_beats_its_bound(
    model: Model, server: Server, prompt: int, output: int, batch: int | None, cached: float, seed: int
) -> None:
    """Neither with typical constants nor with any drawn from their intervals."""
    context = prompt + output / 2
    for efficiency in (Efficiency(), Efficiency.draws(8, np.random.default_rng(seed))):
        estimate = output_tokens_per_s_estimate(model, server, prompt, output, batch, cached, efficiency)
        assert np.all(estimate <= output_tokens_per_s_bound(model, server, prompt, output, batch, cached))
        assert np.all(requests_estimate(model, server, prompt, output, efficiency)
                      <= requests_bound(model, server, prompt, output))  # fmt: skip
        step = step_seconds_estimate(model, server, batch or 1, context, efficiency)
        assert np.all(step >= step_seconds_bound(model, server, batch or 1, context))
        first = prefill_seconds_estimate(model, server, prompt, cached, efficiency=efficiency)
        assert np.all(first >= prefill_seconds_bound(model, server, prompt, cached))


@given(models, servers, lengths, lengths)
def test_a_model_that_does_not_fit_writes_nothing(model: Model, server: Server, prompt: int, output: int) -> None:
    tiny = dataclasses.replace(
        server, memory_gb=model.parameters * server.bytes_per_weight / 2**30 / server.chips * 0.99
    )
    assert requests_bound(model, tiny, prompt, output) == 0
    assert output_tokens_per_s_estimate(model, tiny, prompt, output) == 0
    assert output_tokens_per_s_bound(model, tiny, prompt, output) == 0
    assert output_tokens_per_s_estimate(model, tiny, prompt, output, batch=1) == 0


@given(models, servers, lengths, st.integers(1, 1000))
def test_a_larger_batch_slows_each_user_and_serves_more(model: Model, server: Server, context: int, batch: int) -> None:
    here, more = (step_seconds_estimate(model, server, b, context) for b in (batch, batch + 1))
    assert more > here
    assert (batch + 1) / more > batch / here


@given(models, servers, st.integers(1, 16384), st.floats(0, 1))
def test_a_prefix_cache_never_slows(model: Model, server: Server, prompt: int, cached: float) -> None:
    assert prefill_seconds_estimate(model, server, prompt, cached) <= prefill_seconds_estimate(model, server, prompt)
    assert prompt_tokens_per_s_estimate(model, server, prompt, cached) >= (
        prompt_tokens_per_s_estimate(model, server, prompt) * (1 - 1e-12)
    )


@given(models, servers, st.integers(1, 16384), st.floats(1, 200))
def test_a_promised_speed_is_kept_and_no_more_users_would_fit(
    model: Model, server: Server, context: int, speed: float
) -> None:
    batch = batch_at_speed(model, server, context, speed)
    assume(batch > 1)
    assert step_seconds_estimate(model, server, batch, context) <= 1 / speed
    assert step_seconds_estimate(model, server, batch * 1.01, context) > 1 / speed


def test_a_speed_beyond_one_user_alone_allows_nobody() -> None:
    assert batch_at_speed(LLAMA_70B, L40S, 1000, 1000) == 0


@pytest.mark.parametrize(
    ("server", "prompt", "output", "published"),
    [
        (Server(1, 1979, 989.5, 4800, 141, bits=8, bytes_per_weight=1, bytes_per_number=1), 1000, 1000, 2587),
        (Server(1, 9000, 2250, 7700, 180, bits=4, bytes_per_weight=0.5625, bytes_per_number=1), 8192, 1024, 1362),
        (Server(4, 312, 312, 2039, 80, 300), 128, 2048, 2484.2),
        (Server(4, 733, 362, 864, 48, 16, bits=8, bytes_per_weight=1, bytes_per_number=1), 2048, 2048, 876.6),
    ],
)
def test_tables_that_no_constant_has_seen_are_met(server: Server, prompt: int, output: int, published: float) -> None:
    """Llama 3.3 70B, TensorRT-LLM 1.2 (H200, a half of TP2; B200) and 0.14 (4 A100 in 16 bits, 4 L40S in 8)."""
    assert output_tokens_per_s_estimate(LLAMA_70B, server, prompt, output) == pytest.approx(published, rel=0.25)


def test_deepseeks_day_of_serving_is_met() -> None:
    """DeepSeek, open-infra-index day 6: 73,700 prompt tokens/s a node, 56.3 % of them cached, and 14,800 written.

    Each user got 20 to 22 a second. No constant was fitted on it, but that exchange is hidden (DeepSeek says so) was
    put in after a first prediction without it came out 40 % too low. The length of prompts is not published; 4,096 is
    assumed, as the mean cache is 4,989.
    """
    prefill = dataclasses.replace(H800, chips=32, hidden_exchange=True)
    assert prompt_tokens_per_s_estimate(DEEPSEEK, prefill, 4096, 0.563) / 4 == pytest.approx(73_700, rel=0.30)
    decode = dataclasses.replace(H800, chips=144, hidden_exchange=True)
    batch = batch_at_speed(DEEPSEEK, decode, 4989, 21)
    assert batch <= requests_estimate(DEEPSEEK, decode, 4989, 1)
    assert batch * 21 / 18 == pytest.approx(14_800, rel=0.30)


@pytest.mark.extreme
@given(models, servers, lengths, lengths)
def test_a_chip_without_limits_leaves_only_launches(model: Model, server: Server, prompt: int, output: int) -> None:
    endless = dataclasses.replace(server, peak_tflops=1e15, peak_16bit_tflops=1e15, bandwidth_gb_s=1e15, link_gb_s=1e15)
    step = step_seconds_estimate(model, endless, 64, prompt)
    launches = Efficiency()
    least = model.layers * launches.layer_s + server.stages * launches.step_s
    assert least <= step <= 4 * least + 2 * model.layers * launches.expert_collective_s * 2 + 64 * launches.request_s
    assert step_seconds_bound(model, endless, 64, prompt) < 1e-6 * step


@pytest.mark.extreme
def test_no_efficiency_is_lost_where_nothing_costs() -> None:
    """With all shares at one and all overheads at zero the parts add up to the bound's two halves."""
    ideal = Efficiency(**{name: 1.0 if name.endswith(("share", "_16", "_8", "_4")) else 0.0 for name in FITTED})
    one = Server(1, 1000, 1000, 3000, 80)
    step = step_seconds_estimate(LLAMA_8B, one, 64, 1000, ideal)
    bound = step_seconds_bound(LLAMA_8B, one, 64, 1000)
    assert bound <= step <= 2 * bound


@pytest.mark.sensitivity
@given(st.fixed_dictionaries({name: st.floats(0.8, 1.2) for name in FITTED}))
def test_which_server_writes_most_does_not_hang_on_a_constant(factors: dict[str, float]) -> None:
    """20 % more or less in every constant at once leaves the order B200, H200, H100 and L40S."""
    shaken = Efficiency(**{name: min(constant.value * factors[name], 1.0) if name.endswith(("share", "_16", "_8", "_4"))
                           else constant.value * factors[name] for name, constant in FITTED.items()})  # fmt: skip
    h200 = dataclasses.replace(H100, bandwidth_gb_s=4800, memory_gb=141)
    l40s = dataclasses.replace(L40S, chips=8, stages=1, peak_tflops=733, bits=8, bytes_per_weight=1, bytes_per_number=1)
    speeds = [
        output_tokens_per_s_estimate(LLAMA_70B, one, 1000, 1000, efficiency=shaken) for one in (B200, h200, H100, l40s)
    ]
    assert speeds == sorted(speeds, reverse=True)


@pytest.mark.behaviour
def test_more_chips_than_heads_hold_copies_of_the_cache() -> None:
    assert cache_copies(LLAMA_70B, dataclasses.replace(H100, chips=16)) == 2
    assert cache_copies(LLAMA_70B, H100) == 1
    assert cache_copies(QWEN, dataclasses.replace(H100, chips=16)) == 1


@pytest.mark.behaviour
def test_experts_read_like_a_small_model_alone_and_like_a_large_one_together() -> None:
    alone, together = (fixed_seconds(DEEPSEEK, H800, tokens) for tokens in (1, 10_000))
    assert together > 2 * alone


def test_hidden_exchange_saves_and_pipelines_do_not_shorten_a_step() -> None:
    hidden = dataclasses.replace(H800, hidden_exchange=True)
    assert token_seconds(DEEPSEEK, hidden) < token_seconds(DEEPSEEK, H800)
    staged = dataclasses.replace(H100, stages=8)
    assert step_seconds_estimate(LLAMA_70B, staged, 1, 100) > step_seconds_estimate(LLAMA_70B, H100, 1, 100)


def test_lengths_and_draws_broadcast() -> None:
    draws = Efficiency.draws(5, np.random.default_rng(1))
    grid = output_tokens_per_s_estimate(LLAMA_70B, H100, [[100], [200], [300]], 1000, efficiency=draws)
    assert grid.shape == (3, 5)
    assert step_seconds_bound(LLAMA_70B, H100, [1, 2], [[10], [20], [30]]).shape == (3, 2)


def test_ten_thousand_draws_take_milliseconds() -> None:
    draws = Efficiency.draws(10_000, np.random.default_rng(1))
    times = []
    for _ in range(5):
        start = time.perf_counter()
        output_tokens_per_s_estimate(LLAMA_70B, H100, 1000, 1000, efficiency=draws)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Server(2, 1, 1, 1, 1), "link_gb_s = 0 is out of range"),
        (lambda: Server(1, 1, 1, 1, 1, stages=2), "stages = 2 is out of range; allowed: above 0, at most 1"),
        (lambda: Server(1, 1, 2, 1, 1), "peak_16bit_tflops = 2 is out of range"),
        (lambda: step_seconds_estimate(LLAMA_8B, H100, 0, 1), "batch = 0 is out of range"),
        (lambda: output_tokens_per_s_estimate(LLAMA_8B, H100, 1, 0), "output_tokens = 0 is out of range"),
        (
            lambda: output_tokens_per_s_estimate(LLAMA_8B, H100, 1, 1, cached_share=2),
            "cached_share = 2 is out of range",
        ),
        (lambda: prefill_seconds_estimate(LLAMA_8B, H100, 1, batch=-1), "batch = -1 is out of range"),
        (lambda: batch_at_speed(LLAMA_8B, H100, 1, 0), "tokens_per_s_user = 0 is out of range"),
        (lambda: output_tokens_per_s_estimate(LLAMA_8B, H100, [1, 2], [1, 2, 3]), "shapes do not fit each other"),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]
