"""Failures and checkpoints: rows as papers write them, refusals in words, and answers that are not read."""

import pytest
from predicting import predict

from course.validation.case import NotModelled


@pytest.mark.parametrize(
    ("published", "quantity", "unit", "inputs"),
    [
        (419, "unexpected_interruptions", "count", {"gpus": 16384, "days": 54}),  # llama3-herd
        (105, "restarts", "count", {"gpus": 992, "days": 60}),  # opt-175b
        (100, "restarts", "count", {"gpus": 12288, "days": 21}),  # megascale
        (7.5, "job_mtti", "h", {"n_gpus": 1024}),  # OPT-175B's logbook, by way of G. Lockwood
        (0.97, "goodput", "fraction", {"gpus": 9600, "restart_min": 10}),  # byterobust: the best there is
        (90, "effective_training_time", "percent", {"gpus": 16384}),  # llama3-herd
        (6.5, "failure_rate", "1/(1000 node-day)", {"gpus": 16000}),  # meta-rsc-reliability
    ],
)
def test_published_figures_lie_near_the_band(published: float, quantity: str, unit: str, inputs: dict) -> None:
    answer = predict("reliability", inputs, quantity, unit)
    assert answer.low * 0.95 <= published <= answer.high * 1.05


def test_arithmetic_on_a_rows_own_figures_is_called_that() -> None:
    assert predict("reliability", {"days": 54, "failures": 419}, "job_mtbf", "h").identity
    share = predict("reliability", {"count": 72, "total": 419}, "share", "percent")
    assert share.identity
    assert share.low <= 17.2 <= share.high
    assert predict("checkpoint", {"write_s": 40, "interval_h": 3}, "overhead", "percent").value == pytest.approx(
        0.37, abs=0.005
    )


def test_mttf_in_days_is_mttf_in_hours_over_24() -> None:
    hours = predict("reliability", {"gpus": 1024}, "mttf", "h").value
    assert predict("reliability", {"gpus": 1024}, "mttf", "days").value == pytest.approx(hours / 24)


def test_units_and_spellings_of_others_are_understood() -> None:
    once = predict("reliability", {"n_gpus": 1024}, "mean time to failure", "hours").value
    assert once == predict("reliability", {"accelerators": 1024}, "MTTI", "h").value
    yearly = predict("reliability", {"gpus": 16384}, "annualized_failure_rate", "percent").value
    assert yearly == pytest.approx(100 * 365.25 * 24 / (once * 1024))


def test_a_given_rate_is_used() -> None:
    from_rate = predict("reliability", {"gpus": 1024, "rate_per_1000_node_days": 6.5}, "mttf", "h").value
    assert from_rate == pytest.approx(24 / (1024 * 6.5 / 8000))


def test_bloom_checkpoint() -> None:
    size = predict("checkpoint", {"params_B": 176.2, "bytes_per_param": 14}, "checkpoint_size", "TB")
    assert size.low <= 2.3 <= size.high
    time = predict("checkpoint", {"checkpoint_TB": 2.3, "processes": 384}, "checkpoint_write_time", "s")
    assert time.low <= 40 <= time.high
    assert predict("checkpoint", {"params_b": 176.2}, "size", "GB").value == pytest.approx(2466.8)


@pytest.mark.parametrize(
    ("topic", "quantity", "inputs", "reason"),
    [
        ("checkpoint", "sustained_write_bandwidth", {"servers": 7500, "PB": 240}, "disks and ports"),
        ("reliability", "colour", {"gpus": 8}, "colour is not modelled"),
        ("reliability", "job_mtbf", {}, "nodes is not given"),
        ("reliability", "share", {"total": 419}, "part is not given"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_words(topic: str, quantity: str, inputs: dict, reason: str) -> None:
    with pytest.raises(NotModelled, match=reason):
        predict(topic, inputs, quantity, "TB/s" if topic == "checkpoint" else "h")
