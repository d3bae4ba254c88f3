"""Published results are possible on the chips and models that they name."""

import json

from course.data import load

CHIPS, MODELS, RESULTS = (load(name) for name in ("chips", "models", "published_results"))


def test_nothing_measured_reads_memory_faster_than_the_chip_can() -> None:
    """Batch-one decoding reads all weights for each token: the chip cannot be faster than its bandwidth."""
    bytes_each = {"bf16": 2.0, "fp16": 2.0, "int8 weights": 1.0, "int4 weights": 0.5}
    rows = RESULTS[
        RESULTS["quantity"].isin(["decode_tokens_per_s", "generated_tokens_per_s"]) & (RESULTS["batch"] == 1)
    ]
    rows = rows.merge(CHIPS[["chip", "memory_bandwidth_gb_s"]], on="chip").merge(MODELS, on="model")
    assert len(rows) >= 9
    read = rows["total_params_b"] * rows["precision"].map(bytes_each) * rows["value"]
    share = read / (rows["memory_bandwidth_gb_s"] * rows["chips_used"])
    assert share.between(0.3, 1).all(), share


def test_other_inputs_are_json_objects_of_plain_values() -> None:
    for text in RESULTS["inputs_json"].dropna():
        inputs = json.loads(text)
        assert isinstance(inputs, dict)
        assert all(isinstance(value, (int, float, str)) for value in inputs.values())


def test_worked_examples_are_not_called_measured() -> None:
    computed = RESULTS[RESULTS["source_id"] == "scaling-book"]
    assert set(computed["kind"]) == {"worked example"}
    assert (RESULTS["kind"] == "measured").sum() >= 20
