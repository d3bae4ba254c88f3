"""All-reduce and scaling limit: rows as papers write them, refused chips, and answers that are not read."""

import pytest
from predicting import predict

from course.validation.case import NotModelled


@pytest.mark.parametrize(
    ("published", "inputs"),
    [
        (476, {"gpu": "H100", "ranks": 8, "algo": "NVLS"}),  # NVIDIA/nccl-tests, issue 290
        (370, {"gpu": "H100", "n_gpus": 8, "algo": "Ring"}),  # NVIDIA/nccl-tests, issue 212
        (222.9, {"gpu": "A100-SXM4-40GB", "nodes": 2, "gpus": 16, "payload": "10GiB", "nic_gbps": 1600, "nics": 1}),
        (846, {"chip": "GB200", "ranks": 72, "payload": "8 GiB"}),  # coreweave/nccl-tests, request 43
        (690, {"chip": "B200", "nodes": 2, "ranks": 16, "payload": 8589934592, "nic_gbps": 400, "nics": 8}),
        (215, {"chip": "H800", "ranks": 8, "algo": "nvls", "link_gb_s": 200}),  # NVIDIA/nccl, issue 1374
    ],
)
def test_bus_bandwidths_lie_in_the_band(published: float, inputs: dict[str, object]) -> None:
    answer = predict("allreduce", inputs, "busbw", "GB/s")
    assert answer.low <= published <= answer.high
    assert answer.value == pytest.approx(published, rel=0.3)


def test_bandwidth_of_payload_and_wire_differ_by_the_factor_of_the_ring() -> None:
    row = {"chip": "H100", "ranks": 8}
    factor = predict("allreduce", {"n": 8}, "bus_bandwidth_factor", "ratio").value
    bus, algorithm = (predict("allreduce", row, name, "GB/s").value for name in ("busbw", "algbw"))
    assert bus / algorithm == pytest.approx(factor) == pytest.approx(1.75)


def test_a_small_b_is_a_bit() -> None:
    row = {"chip": "H100", "ranks": 8}
    in_bytes, in_bits = (predict("allreduce", row, "busbw", unit).value for unit in ("GBps", "Gbps"))
    assert in_bits == pytest.approx(8 * in_bytes)


def test_time_and_bandwidth_are_one_prediction() -> None:
    row = {"chip": "H100", "ranks": 8, "payload": "1GiB"}
    time = predict("allreduce", row, "time", "us").value * 1e-6
    assert 2**30 / time / 1e9 == pytest.approx(predict("allreduce", row, "algbw", "GB/s").value)


def test_printed_answers_are_not_read() -> None:
    row = {"nodes": 4, "ranks": 32, "payload": "1MiB"}
    with_answer = predict("allreduce", row | {"algbw_GBps": 8.84}, "busbw", "GB/s")
    assert with_answer == predict("allreduce", row | {"algbw_GBps": 99}, "busbw", "GB/s")


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"chip": "Abacus 9000", "ranks": 8}, "is not in chips.csv"),
        ({"chip": "H100"}, "chips is not given"),
        ({"chip": "H100", "ranks": 8, "payload": "a lot"}, "is not a number of bytes"),
        ({"chip": "RTX 4090", "ranks": 8}, "link rate of .* is not known"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_words(inputs: dict[str, object], reason: str) -> None:
    with pytest.raises(NotModelled, match=reason):
        predict("allreduce", inputs, "busbw", "GB/s")


def test_a_wall_lies_above_the_point_where_waiting_is_felt() -> None:
    wall = predict("scaling_limit", {"duration_months": 3}, "latency_wall", "FLOP")
    felt = predict("scaling_limit", {"duration_months": 3}, "flop_where_utilization_falls", "FLOP")
    assert wall.value > 100 * felt.value
    assert wall.low <= 2e31 <= wall.high  # Erdil and Schneider-Joseph 2024
