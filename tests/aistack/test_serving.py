"""Prefill and decode: what they cost, where the intensity stops growing, and what fits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack.serving import Model, decode_work, kv_bytes_per_token, max_batch, prefill_work, weight_bytes
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
