"""Predictors of waiting and staffing: the spellings and units of other books."""

from collections.abc import Mapping
from typing import Any

import pytest

from course.validation.case import Case, Inputs, NotModelled, Prediction
from course.validation.names import standard
from course.validation.topics import extra_names
from course.validation.topics.queueing import PREDICTORS


def predict(topic: str, inputs: Mapping[str, Any], quantity: str, unit: str = "") -> Prediction:
    known, unknown = standard(inputs, extra_names(topic))
    assert not unknown
    return PREDICTORS[topic](Case("row", topic, Inputs(known), quantity, unit, 1, "a book"))


@pytest.mark.parametrize(
    ("inputs", "quantity", "unit", "value"),
    [
        ({"lam": 8, "mu": 1, "servers": 10}, "prob_wait", "fraction", 0.4092),
        ({"lam": 8, "mu": 1, "c": 10}, "P(wait): probability", "%", 40.92),
        ({"arrival_rate": 480, "service_time_s": 1 / 60, "servers": 10}, "mean_wait", "ms", 1000 * 0.4092 / 120),
        ({"rho": 0.8, "servers": 1, "mu": 1}, "queue_length", "jobs", 3.2),
        ({"rho": 0.8, "servers": 1, "mu": 1}, "jobs_in_system", "jobs", 4.0),
        ({"lambda": 0.8, "mu": 1, "servers": 1}, "response_time", "s", 5.0),
        ({"erlangs": 2, "lines": 3}, "blocking_probability", "fraction", 4 / 19),
        ({"lam": 8, "mu": 1, "servers": 10}, "wait_p95", "s", 1.051),
        ({"lam": 8, "mu": 1, "servers": 10}, "utilisation", "percent", 80),
        ({"load": 8, "wait_s": 1, "percentile": 95}, "servers_needed", "servers", 11),
        ({"load": 100, "beta": 1}, "servers_needed", "servers", 110),
        ({"needed": 8, "spares": 1, "unit_availability": 0.99}, "availability", "%", 99.66),
        ({"lam": 0.8, "mu": 1, "servers": 1, "cs2": 0}, "mean_wait", "s", 2.0),
    ],
)
def test_formulas_are_found_by_what_is_asked(inputs: Mapping[str, Any], quantity: str, unit: str, value: float) -> None:
    answer = predict("queueing", inputs, quantity, unit)
    assert answer.identity
    assert answer.value == pytest.approx(value, rel=1e-3)


def test_irregular_streams_get_a_band() -> None:
    answer = predict("queueing", {"lam": 8, "mu": 1, "servers": 10, "ca2": 4}, "mean_wait", "s")
    assert not answer.identity
    assert answer.low < 0.5115 < answer.high


def test_two_stages_balance() -> None:
    stages = {"prefill_s": 0.91, "decode_step_s": 0.019, "batch": 32, "out": 512}
    assert predict("capacity", stages, "prefill_to_decode_servers", "ratio").value == pytest.approx(3, rel=0.01)
    assert predict("capacity", stages, "decode_to_prefill_servers", "ratio").value == pytest.approx(1 / 3, rel=0.01)


def test_a_peak_is_an_estimate_above_the_mean() -> None:
    answer = predict("capacity", {"avg": 226.75}, "peak_nodes", "nodes")
    assert not answer.identity
    assert 226.75 < answer.low < 278 < answer.high


def test_pooled_models_are_estimated_from_their_demand() -> None:
    market = {"models": 100, "lam": 0.01, "service_time_s": 10}
    assert predict("capacity", market, "active_models", "models").value == pytest.approx(9.52, abs=0.01)
    assert predict("capacity", market, "gpus_needed_pooled", "gpus").low == pytest.approx(9.52, abs=0.01)


@pytest.mark.parametrize(
    ("topic", "inputs", "quantity", "reason"),
    [
        ("queueing", {"servers": 3}, "prob_wait", "neither a load nor an arrival rate"),
        ("queueing", {"lam": 1, "mu": 0, "servers": 3}, "prob_wait", "services_per_s = 0"),
        ("queueing", {"lam": 1, "mu": 1, "servers": 3}, "colour", "no formula of queues gives colour"),
        ("capacity", {}, "peak_nodes", "neither the demand"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_words(
    topic: str, inputs: Mapping[str, Any], quantity: str, reason: str
) -> None:
    with pytest.raises(NotModelled, match=reason):
        predict(topic, inputs, quantity)
