"""Operations, memory and hours of training: published figures, limits, and refusals in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistack import training
from aistack.training import (
    activation_bytes,
    chip_hours,
    flop_per_token,
    hardware_flop_per_token,
    model_flops_utilization,
    model_state_bytes,
    recomputed,
    stage_in_flight,
    training_flop,
    typical_layers_and_width,
)

GIB = 2**30
sizes = st.floats(1e8, 1e12)


@pytest.mark.behaviour
@pytest.mark.parametrize(
    ("parameters", "tokens", "published", "within"),
    [
        (174.6e9, 0.3e12, 3.14e23, 0.01),  # GPT-3: Brown et al. 2020, table D.1
        (405e9, 15.6e12, 3.8e25, 0.01),  # Llama 3.1: Llama team 2024, section 1
        (70e9, 1.4e12, 5.76e23, 0.03),  # Chinchilla: Hoffmann et al. 2022, table 3
        (340e9, 9e12, 1.8e25, 0.03),  # Nemotron-4: Epoch AI
    ],
)
def test_six_n_d_gives_the_published_operations(
    parameters: float, tokens: float, published: float, within: float
) -> None:
    assert training_flop(parameters, tokens) == pytest.approx(published, rel=within)


@pytest.mark.behaviour
@pytest.mark.parametrize(
    ("layers", "width", "heads", "batch", "stages", "chunks", "none", "selective"),
    [  # Korthikanti et al. 2022, table 3 and figure 1, in GiB on the first stage; 0 where we have no published figure
        (48, 6144, 64, 4, 1, 1, 59.25, 9.5625),
        (96, 12288, 96, 1, 8, 3, 66.84, 12.352),
        (105, 20480, 128, 1, 35, 3, 114.02, 23.076),
        (128, 25600, 160, 1, 64, 1, 131.25, 0),
    ],
)
def test_activations_are_those_of_the_paper(
    layers: int, width: int, heads: int, batch: int, stages: int, chunks: int, none: float, selective: float
) -> None:
    flying = stage_in_flight(stages, chunks)
    kept = activation_bytes(layers, width, heads, 2048, batch, 8) * flying / GIB
    split = activation_bytes(layers, width, heads, 2048, batch, 8, "selective", sequence_parallel=True) * flying / GIB
    assert kept == pytest.approx(none, rel=1e-3)
    assert not selective or split == pytest.approx(selective, rel=1e-3)


@pytest.mark.parametrize(("stage", "gigabytes"), [(0, 120), (1, 31.4), (2, 16.6), (3, 1.9)])
def test_zero_spreads_the_states_as_its_paper_says(stage: int, gigabytes: float) -> None:
    # Rajbhandari et al. 2020, figure 1: 7.5e9 parameters on 64 chips
    held = model_state_bytes(7.5e9, zero_stage=stage, replicas=64, gradient_bytes=training.FP16_GRADIENT_BYTES)
    assert held / 1e9 == pytest.approx(gigabytes, rel=0.02)


def test_full_recomputation_costs_a_third_more_and_leaves_only_the_inputs() -> None:
    assert hardware_flop_per_token(3e9, 0, "full") == pytest.approx(4e9)
    assert hardware_flop_per_token(3e9, 3e9, "selective") == pytest.approx(7e9)
    assert activation_bytes(1, 4096, 32, 2048, 1, recompute="full") == 2 * 2048 * 4096


def test_days_of_the_scaling_book() -> None:
    hours = chip_hours(training_flop(70e9, 15e12), 459, 0.4)
    assert hours / 8960 / 24 == pytest.approx(44, rel=0.01)
    years = chip_hours(training_flop(70e9, 15e12), 459, 1) / 24 / 365.25
    assert years == pytest.approx(435, rel=0.01)


@given(sizes, st.floats(128, 1e6))
def test_attention_only_adds_work_and_causal_attention_adds_half(size: float, text: float) -> None:
    whole, half = (flop_per_token(size, 32, 4096, text, share) for share in (1, training.CAUSAL_SHARE))
    bare = training.TRAINING_WORK * size
    assert half - bare == pytest.approx((whole - bare) / 2, rel=1e-3, abs=bare * 1e-9)
    assert bare < half < whole


@given(sizes)
def test_typical_shapes_hold_their_parameters(size: float) -> None:
    layers, width = typical_layers_and_width(size)
    assert 0.5 < training.FFN_RATIO * 3 * layers * width**2 / size < 1.25


def test_a_larger_model_is_wider_and_deeper_and_arrays_broadcast() -> None:
    layers, width = typical_layers_and_width(np.geomspace(1e8, 1e12, 40))
    assert (np.diff(layers) >= 0).all()
    assert (np.diff(width) >= 0).all()
    assert flop_per_token([1e9, 1e10], 32, 4096, 2048).shape == (2,)


@pytest.mark.extreme
def test_more_speed_or_more_share_never_costs_hours() -> None:
    assert chip_hours(1e24, [100, 1000], 0.4)[1] == pytest.approx(chip_hours(1e24, 100, 0.4) / 10)
    assert chip_hours(1e24, 1e12, 1) < 1e-3
    assert model_flops_utilization(chip_hours(1, 1, 1), 1, 1) < 1


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: training_flop(-1, 1), "parameters = -1"),
        (lambda: chip_hours(1, 1, 1.5), "mfu = 1.5"),
        (lambda: flop_per_token(1e9, 32, 4096, 0), "seq_tokens = 0"),
        (lambda: model_state_bytes(1e9, zero_stage=4), "zero_stage = 4"),
        (lambda: recomputed("half"), "recompute = 'half'"),
        (lambda: activation_bytes([1, 2], 4096, 32, [1, 2, 3], 1), "shapes do not fit"),
        (lambda: training.Shape(0, 1, 1, 1, 1, 1, 1, 1), "matmul_parameters = 0"),
    ],
)
def test_a_bad_argument_is_named(call: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()  # type: ignore[operator]


@given(st.floats(1, 1e7), st.floats(1, 1e6), st.floats(0.1, 10))
def test_no_interval_is_cheaper_than_the_best(cost: float, ageing: float, factor: float) -> None:
    best = training.best_retraining_interval_months(cost, ageing)
    least = training.retraining_cost_per_month(best, cost, ageing)
    assert least == pytest.approx(np.sqrt(2 * cost * ageing))
    assert training.retraining_cost_per_month(best * factor, cost, ageing) >= least * (1 - 1e-9)


@pytest.mark.extreme
def test_a_free_round_is_repeated_at_once_and_costs_nothing() -> None:
    assert training.best_retraining_interval_months(1e-9, 1e4) < 1e-5
    assert training.retraining_cost_per_month(1e-6, 0, 1e4) < 0.01
