"""Seconds of a training step: published steps, limits, where the time goes, and refusals in words."""

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack.step_time import (
    CONSTANTS,
    FSDP_AMPERE,
    TUNED,
    TUNED_AMD,
    Layout,
    Machine,
    constant_draws,
    step_seconds_bound,
    step_seconds_estimate,
)
from aistack.training import FFN_RATIO, TRAINING_WORK, Shape

A100 = Machine(312, 312, 2039, 300, 25)
H100 = Machine(989.4, 989.4, 3350, 450, 50)
LLAMA = Shape(70e9, 70.6e9, 80, 8192, 28672, 8192, 1024, 128256, gates=2)
JOB = Layout(1024, 1024, tensor_parallel=8, pipeline_parallel=4, expert_tensor_parallel=8)


def gpt(layers: int, width: int) -> Shape:
    size = FFN_RATIO * 3 * layers * width**2 + 51200 * width
    return Shape(size, size, layers, width, FFN_RATIO * width, width, width, 51200)


def megatron(layers: int, width: int, chips: int, batch: int, tensor: int, pipeline: int, **more: object) -> float:
    layout = Layout(
        chips,
        batch,
        tensor_parallel=tensor,
        pipeline_parallel=pipeline,
        expert_tensor_parallel=tensor,
        stores_scores=True,
        **more,  # type: ignore[arg-type]
    )
    return float(step_seconds_estimate(gpt(layers, width), 2048, layout, A100, FSDP_AMPERE).total)


# Narayanan et al. 2021, table 1: layers, width, chips, batch, tensor and pipeline parallel, TFLOP/s of a chip
NARAYANAN = [
    (24, 2304, 32, 512, 1, 1, 137),
    (30, 3072, 64, 512, 2, 1, 138),
    (36, 4096, 128, 512, 4, 1, 142),
    (40, 6144, 256, 1024, 8, 1, 135),
    (48, 8192, 512, 1536, 8, 2, 138),
    (60, 10240, 1024, 1792, 8, 4, 140),
    (80, 12288, 1536, 2304, 8, 8, 148),
    (96, 16384, 1920, 2160, 8, 16, 155),
    (105, 20480, 2520, 2520, 8, 35, 163),
    (128, 25600, 3072, 3072, 8, 64, 163),
]
# Korthikanti et al. 2022, table 5: layers, width, chips, batch, pipeline, recomputation, micro-batch, chunks, seconds
KORTHIKANTI = [
    (48, 6144, 8, 4, 1, "selective", 4, 1, 1.10),
    (96, 12288, 64, 64, 8, "full", 1, 3, 18.13),
    (96, 12288, 64, 64, 8, "selective", 1, 3, 13.75),
    (105, 20480, 280, 280, 35, "selective", 1, 3, 37.83),
    (128, 25600, 512, 512, 64, "full", 1, 1, 94.42),
    (128, 25600, 512, 512, 64, "selective", 1, 1, 71.49),
]


def narayanan_errors() -> np.ndarray:
    errors = []
    for layers, width, chips, batch, tensor, pipeline, tflops in NARAYANAN:
        # the paper's own formula (3), with the work that is done twice
        work = 96 * batch * 2048 * layers * width**2 * (1 + 2048 / 6 / width + 51200 / 16 / layers / width)
        seconds = megatron(layers, width, chips, batch, tensor, pipeline, recompute="full")
        errors.append(work / chips / seconds / 1e12 / tflops - 1)
    return np.array(errors)


@pytest.mark.behaviour
def test_megatron_of_2021_is_met_though_no_constant_was_fitted_on_it() -> None:
    errors = narayanan_errors()
    assert np.median(abs(errors)) < 0.035
    assert abs(errors).max() < 0.10


@pytest.mark.behaviour
def test_the_error_does_not_trend_with_the_size_of_the_model() -> None:
    size = np.log([width for _, width, *_ in NARAYANAN])
    slope = np.polyfit(size, np.log1p(narayanan_errors()), 1)[0]
    assert abs(slope) < 0.03


@pytest.mark.behaviour
def test_recomputation_in_megatron_of_2022_is_met_too() -> None:
    errors = [
        megatron(layers, width, chips, batch, 8, pipeline, recompute=way, micro_batch=micro, virtual_stages=chunks)
        / seconds
        - 1
        for layers, width, chips, batch, pipeline, way, micro, chunks, seconds in KORTHIKANTI
    ]
    assert np.median(np.abs(errors)) < 0.05
    assert np.abs(errors).max() < 0.10


@pytest.mark.behaviour
def test_deepseek_v3_trains_as_fast_as_its_report_says_where_traffic_between_nodes_is_hidden() -> None:
    # DeepSeek-V3 report, tables 1 and section 3: 14.8e12 tokens in 2.664e6 hours of H800, PP16, EP64, batch 15360;
    # section 3.2: all traffic between nodes is hidden
    width, layers, attention = 7168, 61, 128 * 160
    shape = Shape(36.7e9, 671e9, layers, width, 2048, attention, attention, 129280, 256, 9, 2, 1)
    h800 = Machine(989, 1979, 3350, 200, 50)
    layout = Layout(2048, 15360, pipeline_parallel=16, expert_parallel=64, virtual_stages=2)
    usual = float(step_seconds_estimate(shape, 4096, layout, h800, TUNED).total)
    hidden = float(step_seconds_estimate(shape, 4096, replace(layout, hidden_exchange=True), h800, TUNED).total)
    published = 15360 * 4096 / 2048 * 2.664e6 * 3600 / 14.8e12
    assert hidden == pytest.approx(published, rel=0.1)
    assert usual > 1.1 * hidden


@given(st.sampled_from([1, 2, 4, 8]), st.sampled_from([1, 2, 4, 8]), st.floats(512, 65536))
def test_no_step_beats_its_bound(tensor: int, pipeline: int, text: float) -> None:
    layout = replace(JOB, tensor_parallel=tensor, pipeline_parallel=pipeline, expert_tensor_parallel=tensor)
    parts = step_seconds_estimate(LLAMA, text, layout, H100)
    assert all(part >= 0 for part in parts)
    assert parts.total == pytest.approx(sum(parts))
    assert parts.total > step_seconds_bound(LLAMA, text, layout, H100)


@pytest.mark.extreme
def test_with_free_memory_and_links_only_the_arithmetic_is_left() -> None:
    free = replace(H100, bandwidth_gb_s=1e12, link_gb_s=1e12, network_gb_s=1e12, domain=1024)
    parts = step_seconds_estimate(LLAMA, 4096, replace(JOB, pipeline_parallel=1), free)
    assert parts.total == pytest.approx(parts.matmul + parts.attention, rel=1e-6)
    share = float(TUNED.matmul_share)
    work = TRAINING_WORK * LLAMA.matmul_parameters * 1024 * 4096 / 1024 / (989.4e12 * share)
    assert parts.matmul == pytest.approx(work)


@pytest.mark.extreme
def test_with_a_dead_network_the_step_is_the_traffic() -> None:
    layout = Layout(1024, 1024, sharded=True)
    parts = step_seconds_estimate(LLAMA, 4096, layout, replace(H100, network_gb_s=1e-3))
    # hidden traffic is traffic that fits beside the computing; this does not
    assert parts.total / parts.replicas < 1.1


def test_a_step_gets_slower_with_every_thing_that_is_taken_away() -> None:
    base = step_seconds_estimate(LLAMA, 4096, JOB, H100).total
    for field in ("peak_tflops", "bandwidth_gb_s", "link_gb_s", "network_gb_s"):
        worse = replace(H100, **{field: getattr(H100, field) / 2})
        worse = replace(worse, matmul_tflops=worse.peak_tflops)
        assert step_seconds_estimate(LLAMA, 4096, JOB, worse).total > base
    assert step_seconds_estimate(LLAMA, 4096, replace(JOB, recompute="full"), H100).total > base
    assert step_seconds_estimate(LLAMA, 4096, JOB, H100, TUNED_AMD).total > base


def test_narrow_formats_speed_up_matrix_products_only() -> None:
    wide = step_seconds_estimate(LLAMA, 8192, JOB, H100)
    narrow = step_seconds_estimate(LLAMA, 8192, JOB, replace(H100, matmul_tflops=1979))
    assert narrow.matmul < 0.65 * wide.matmul
    assert narrow.attention == wide.attention
    assert narrow.memory > wide.memory


MIXTURE = Shape(30e9, 300e9, 60, 6144, 2048, 8192, 1024, 150000, 128, 9, 2, 1)


def test_frozen_weights_need_no_gradients() -> None:
    plain = step_seconds_estimate(LLAMA, 4096, JOB, H100)
    frozen = step_seconds_estimate(LLAMA, 4096, replace(JOB, frozen=True), H100)
    assert frozen.matmul == pytest.approx(plain.matmul * 2 / 3)  # of three equal products, one is left out
    assert frozen.replicas == 0
    assert frozen.optimizer == 0
    assert frozen.exchange == plain.exchange


def test_experts_that_all_live_on_one_chip_are_sent_no_tokens() -> None:
    alone = step_seconds_estimate(MIXTURE, 4096, Layout(64, 1024, expert_parallel=1), H100)
    spread = [step_seconds_estimate(MIXTURE, 4096, Layout(64, 1024, expert_parallel=n), H100) for n in (2, 8, 64)]
    assert alone.exchange == 0
    assert 0 < spread[0].exchange < spread[1].exchange < spread[2].exchange


def test_a_token_goes_once_to_a_place_with_several_of_its_experts() -> None:
    # on 2 chips, 8 chosen experts are met on the other chip with certainty but for 1 in 256: one copy, not eight
    layout, free = Layout(8, 64, expert_parallel=2), {"link_share": 1.0}
    seconds = float(step_seconds_estimate(MIXTURE, 4096, layout, H100, draws=free).exchange)
    copy = 60 * 8 * 4096 * 6144 * 2 * 4 / 450e9  # layers, micro-batches, tokens, width, bytes, ways
    assert seconds == pytest.approx(copy * (1 - 1 / 256))


def test_traffic_of_experts_between_nodes_counts_as_far_as_it_is_not_hidden() -> None:
    layout = Layout(64, 1024, expert_parallel=64)
    hidden, open_ = (float(step_seconds_estimate(MIXTURE, 4096, layout, H100, draws={"between": share}).exchange)
                     for share in (1e-9, 1.0))  # fmt: skip
    assert open_ > 2 * hidden
    inside = replace(layout, expert_parallel=8)
    assert step_seconds_estimate(MIXTURE, 4096, inside, H100, draws={"between": 1.0}).exchange == pytest.approx(
        step_seconds_estimate(MIXTURE, 4096, inside, H100).exchange
    )


def test_tensor_ranks_share_out_the_tokens_of_experts_that_are_placed_whole() -> None:
    one = Layout(64, 1024, expert_parallel=8, expert_tensor_parallel=1)
    two = replace(one, tensor_parallel=2)
    work = [step_seconds_estimate(MIXTURE, 4096, layout, H100).matmul for layout in (one, two)]
    assert work[0] == pytest.approx(work[1])  # half the work a micro-batch, twice the micro-batches


def test_a_cut_text_is_gathered_over_the_network_where_it_leaves_the_node() -> None:
    whole = Layout(64, 64, tensor_parallel=4)
    near, far = (replace(whole, context_parallel=cut) for cut in (2, 4))
    exchange = [float(step_seconds_estimate(LLAMA, 65536, layout, H100).exchange) for layout in (whole, near, far)]
    assert exchange[0] < exchange[1] < exchange[2]


def test_interleaving_shrinks_the_bubble_as_narayanan_says() -> None:
    plain = step_seconds_estimate(LLAMA, 4096, JOB, H100)
    chunks = step_seconds_estimate(LLAMA, 4096, replace(JOB, virtual_stages=5), H100)
    assert chunks.bubble == pytest.approx(plain.bubble / 5)
    busy = plain.matmul + plain.attention + plain.memory + plain.exchange
    assert plain.bubble / busy == pytest.approx((4 - 1) / JOB.micro_batches)


@pytest.mark.sensitivity
@pytest.mark.parametrize("name", sorted(CONSTANTS))
def test_no_constant_within_a_fifth_turns_the_order_of_layouts_round(name: str) -> None:
    # a 70B model on 64 chips: sharding beats pipelining with few micro-batches whatever the constants
    layouts = [Layout(64, 64, sharded=True, micro_batch=1), Layout(64, 64, 1, 8, 8, expert_tensor_parallel=8)]
    for factor in (0.8, 1.0, 1.2):
        changed = {name: float(CONSTANTS[name]) * factor}
        fast, slow = (step_seconds_estimate(LLAMA, 4096, layout, H100, draws=changed).total for layout in layouts)
        assert fast < slow


def test_ten_thousand_draws_take_one_call_and_less_than_ten_milliseconds() -> None:
    draws = constant_draws(TUNED, 10_000, np.random.default_rng(1))
    seconds = step_seconds_estimate(LLAMA, 4096, JOB, H100, draws=draws).total
    assert np.shape(seconds) == (10_000,)
    times = []
    for _ in range(5):
        start = perf_counter()
        step_seconds_estimate(LLAMA, 4096, JOB, H100, draws=draws)
        times.append(perf_counter() - start)
    assert min(times) < 0.01
    one = float(step_seconds_estimate(LLAMA, 4096, JOB, H100).total)
    assert np.percentile(seconds, 5) < one < np.percentile(seconds, 95)


def test_impossible_jobs_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="chips = 4 are fewer"):
        Layout(4, 4, tensor_parallel=8)
    with pytest.raises(ValueError, match="recompute = 'some'"):
        Layout(8, 8, recompute="some")
    with pytest.raises(ValueError, match="link_gb_s = 0"):
        Machine(312, 312, 2039, 0, 25)
    with pytest.raises(ValueError, match="seq_tokens = -1"):
        step_seconds_estimate(LLAMA, -1, JOB, H100)


def test_hiding_what_experts_send_saves_that_and_nothing_else() -> None:
    shape = Shape(36e9, 671e9, 61, 7168, 2048, 20480, 20480, 129280, 256, 9, 2, 1)
    layout = Layout(1024, 8192, pipeline_parallel=4, expert_parallel=64, expert_tensor_parallel=1)
    shown = step_seconds_estimate(shape, 4096, layout, H100)
    hidden = step_seconds_estimate(shape, 4096, replace(layout, hidden_exchange=True), H100)
    assert 0 < hidden.exchange < shown.exchange
    assert (hidden.matmul, hidden.memory, hidden.replicas) == (shown.matmul, shown.memory, shown.replicas)
    near = replace(layout, expert_parallel=8)
    assert step_seconds_estimate(shape, 4096, near, H100).exchange == pytest.approx(
        step_seconds_estimate(shape, 4096, replace(near, hidden_exchange=True), H100).exchange
    )
