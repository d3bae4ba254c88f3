"""Scaling laws, prices, lags and stocks: rows as papers write them and refusals in words."""

import pytest
from predicting import predict

from course.validation.case import NotModelled


@pytest.mark.parametrize(
    ("published", "topic", "quantity", "unit", "inputs"),
    [
        (63e9, "scaling_law", "optimal_params", "count", {"flops": 5.76e23}),  # Hoffmann 2022, approach 2
        (67, "scaling_law", "optimal_params", "B", {"flops": 5.76e23}),  # approach 1
        (20, "scaling_law", "tokens_per_param", "ratio", {"flops": 5.76e23}),
        (0.5, "scaling_law", "Approach1_a", "exponent", {}),
        (0.51, "scaling_law", "Approach2_b", "exponent", {}),
        (1.97, "scaling_law", "loss", "nats", {"params_b": 70, "tokens_t": 1.4}),
        (7, "price_diffusion", "price_decline_frontier_benchmarks", "x/yr", {}),  # Gundlach et al. 2025
        (3, "price_diffusion", "algorithmic_efficiency", "x/yr", {}),
        (4, "price_diffusion", "open_model_lag", "months", {"metric": "ECI"}),
        (7, "price_diffusion", "china_lag", "months", {"metric": "ECI"}),
        (2e6, "compute_stock", "H100e", "H100e", {"units": 2_000_000, "chip": "H100"}),
    ],
)
def test_published_figures_lie_in_the_band(
    published: float, topic: str, quantity: str, unit: str, inputs: dict
) -> None:
    answer = predict(topic, inputs, quantity, unit)
    assert answer.low <= published <= answer.high


def test_a_transcribed_constant_counts_as_an_identity() -> None:
    assert predict("scaling_law", {"fit": "Hoffmann Approach 3"}, "beta", "-").identity
    assert predict("scaling_law", {"fit": "Besiroglu 2024 replication"}, "beta", "-").value == pytest.approx(0.3658)


def test_a_halving_time_and_a_yearly_fall_are_one_prediction() -> None:
    fall = predict("price_diffusion", {}, "price_decline", "x/yr").value
    months = predict("price_diffusion", {}, "price_halving_time", "months").value
    assert 2 ** (12 / months) == pytest.approx(fall)


def test_a_budget_alone_gives_the_loss_at_its_optimum() -> None:
    given = predict("scaling_law", {"flops": 5.76e23}, "loss", "nats").value
    assert given < predict("scaling_law", {"params_b": 280, "tokens_t": 0.3}, "loss", "nats").value  # Gopher


def test_start_end_and_span_give_the_fall() -> None:
    row = {"start_usd": 60, "end_usd": 0.06, "years": 3, "mmlu": 42}
    assert predict("price_diffusion", row, "price_decline", "x/yr").value == pytest.approx(10)
    assert predict("price_diffusion", row, "price_decline", "x").value == pytest.approx(1000)


def test_one_model_gets_cheaper_more_slowly_than_one_capability() -> None:
    """Trends of 25 and more open models' posted prices; the middle one loses about a third a year."""
    model = predict("price_diffusion", {"model": "Llama 3.1 70B"}, "price_decline", "x/yr")
    assert 1.1 < model.value < 2.5
    assert model.value < predict("price_diffusion", {}, "price_decline", "x/yr").value
    half = predict("price_diffusion", {"model": "Llama 3.1 70B", "years": 0.5}, "price_decline", "x")
    assert half.value == pytest.approx(model.value**0.5)


def test_a_budget_gives_tokens_not_trillions() -> None:
    assert predict("scaling_law", {"flops": 5.76e23}, "optimal_tokens", "tokens").value > 1e11
    assert predict("scaling_law", {"flops": 5.76e23}, "optimal_tokens", "T").value < 10


def test_a_lag_knows_no_model_that_was_released_later() -> None:
    early = predict("price_diffusion", {"as_of": "2025-01-31"}, "open_model_lag", "months")
    assert early != predict("price_diffusion", {}, "open_model_lag", "months")


@pytest.mark.parametrize(
    ("topic", "quantity", "inputs", "reason"),
    [
        ("compute_stock", "power", {"period": "2022Q1-2025Q4"}, "number and kind of chips"),
        ("compute_stock", "h100e", {"units": 5, "chip": "Abacus"}, "not in chips.csv"),
        ("price_diffusion", "price_decline_since_GPT4", {"mmlu": 83}, "span of the fall is not given"),
        ("price_diffusion", "inference_price_decline_max", {}, "extreme of several benchmarks"),
        ("scaling_law", "optimal_params", {}, "is not given"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_words(topic: str, quantity: str, inputs: dict, reason: str) -> None:
    with pytest.raises(NotModelled, match=reason):
        predict(topic, inputs, quantity, "x")
