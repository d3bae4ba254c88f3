"""Prefill and decode: what they cost, where the intensity stops growing, and what fits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack.serving import (
    Model,
    attended_tokens,
    decode_work,
    experts_touched,
    kv_bytes_per_token,
    max_batch,
    parameters_read,
    prefill_work,
    weight_bytes,
)
from course.data import load

MODELS = load("models").set_index("model", drop=False)
LLAMA = Model.from_row(MODELS.loc["Llama 3.1 8B"])


def test_bytes_of_cache_follow_from_the_configuration() -> None:
    assert kv_bytes_per_token(LLAMA) == 2 * 32 * 8 * 128 * 2


def test_batch_one_without_context_does_one_operation_per_byte() -> None:
    assert decode_work(LLAMA, 1, 0).intensity_flop_per_byte == pytest.approx(1)


def test_intensity_of_a_pass_over_a_prompt_is_near_its_length() -> None:
    """All tokens of a prompt share one reading of the weights."""
    assert prefill_work(LLAMA, 1000).intensity_flop_per_byte == pytest.approx(1000, rel=0.05)


@given(st.integers(512, 131072))
def test_a_long_context_caps_the_intensity_whatever_the_batch(context: int) -> None:
    """Each request brings its own cache, so a larger batch cannot dilute it."""
    per_request = decode_work(LLAMA, 1, context).flop / (context * kv_bytes_per_token(LLAMA))
    huge = decode_work(LLAMA, 1e9, context).intensity_flop_per_byte
    assert huge == pytest.approx(per_request, rel=1e-3)


@given(st.integers(1, 256), st.integers(0, 131072))
def test_intensity_grows_with_the_batch(batch: int, context: int) -> None:
    here = decode_work(LLAMA, batch, context).intensity_flop_per_byte
    assert decode_work(LLAMA, batch + 1, context).intensity_flop_per_byte > here


@given(st.integers(1, 512), st.integers(1, 131072), st.sampled_from([0.5, 1, 2]))
def test_the_largest_batch_fits_and_one_more_does_not(memory_gb: int, context: int, width: float) -> None:
    batch = max_batch(LLAMA, memory_gb, context, width)
    room = memory_gb * 1e9 - weight_bytes(LLAMA, width)
    cache = context * kv_bytes_per_token(LLAMA)
    if batch > 0:
        assert batch * cache <= room
    assert (batch + 1) * cache > room


def test_work_broadcasts() -> None:
    work = decode_work(LLAMA, np.array([[1], [2]]), [100, 200, 300])
    assert work.flop.shape == work.bytes_moved.shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: decode_work(LLAMA, 0, 1), "batch = 0 is out of range"),
        (lambda: decode_work(LLAMA, 1, -1), "context_tokens = -1 is out of range; allowed: 0 or more"),
        (lambda: prefill_work(LLAMA, float("nan")), "prompt_tokens = nan is out of range"),
        (lambda: max_batch(LLAMA, -80, 1), "memory_gb = -80 is out of range"),
        (lambda: weight_bytes(LLAMA, 0), "bytes_per_weight = 0 is out of range"),
        (lambda: Model("m", 1, 0, 1, 1, 1), "layers of m = 0 is out of range"),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]


DEEPSEEK = Model("DeepSeek-V3", 671.025e9, 61, 7168, 128, 128, 36.625e9, 256, 8, 128, 512, 64, vocab_size=129280)
GPT_OSS = Model("gpt-oss-20b", 20.908e9, 24, 2880, 8, 64, 3.607e9, 32, 4, 64, 0, 0, 12, 128, 201088)


def test_latent_attention_caches_70_kb_a_token() -> None:
    """DeepSeek-V3's report and scaling paper (arXiv:2505.09343, table 1) print 70.272 KB."""
    assert kv_bytes_per_token(DEEPSEEK) == 70_272


def test_an_expert_of_deepseek_v3_has_the_size_that_its_shape_says() -> None:
    """Three matrices of 7168 x 2048 in each of 58 layers."""
    assert DEEPSEEK.expert_parameters == pytest.approx(3 * 7168 * 2048 * 58, rel=0.01)


@given(st.integers(1, 512), st.integers(1, 512), st.integers(0, 10_000))
def test_experts_touched_lie_between_one_tokens_and_all(pool: int, chosen: int, tokens: int) -> None:
    chosen = min(chosen, pool)
    touched = experts_touched(pool, chosen, tokens)
    assert min(chosen, chosen * tokens) * (1 - 1e-9) <= touched <= min(pool, chosen * tokens) * (1 + 1e-9)


def test_experts_touched_agree_with_drawing_lots() -> None:
    generator = np.random.default_rng(3)
    drawn = [len({int(e) for _ in range(40) for e in generator.choice(64, 6, replace=False)}) for _ in range(300)]
    assert experts_touched(64, 6, 40) == pytest.approx(np.mean(drawn), rel=0.01)


@given(st.integers(1, 100_000))
def test_a_pass_reads_at_least_what_a_token_uses_and_at_most_everything(tokens: int) -> None:
    assert DEEPSEEK.active * (1 - 1e-12) <= parameters_read(DEEPSEEK, tokens) <= DEEPSEEK.parameters
    assert parameters_read(LLAMA, tokens) == LLAMA.parameters


@given(st.integers(0, 1_000_000))
def test_windows_cut_the_look_back_of_their_layers_only(context: int) -> None:
    assert attended_tokens(GPT_OSS, context) == pytest.approx(0.5 * context + 0.5 * min(context, 128))
    assert attended_tokens(LLAMA, context) == context


def test_a_narrower_cache_holds_more_requests() -> None:
    assert max_batch(LLAMA, 80, 4096, 2, 1) >= 2 * max_batch(LLAMA, 80, 4096, 2, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: experts_touched(4, 8, 1), "experts_per_token = 8 is out of range; allowed: at most experts"),
        (lambda: Model("m", 1e9, 1, 1, 1, 1, 2e9), "active_parameters of m = 2e\\+09 is out of range"),
        (lambda: Model("m", 1e9, 1, 1, 1, 1, 0, 8, 2), "m has 8 experts, so it needs active_parameters"),
        (lambda: Model("m", 1e9, 1, 1, 1, 1, full_layers=2), "full_layers of m = 2 is out of range"),
    ],
)
def test_bad_shapes_are_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]
