"""Published results are possible on the chips and models that they name."""

import json

import pandas as pd
import pytest
from plausible import broken_by

from course.data import load
from course.validation.names import STANDARD, spelled

CHIPS, MODELS, RESULTS = (load(name) for name in ("chips", "models", "published_results"))
INPUTS = RESULTS["inputs_json"].map(lambda text: {} if pd.isna(text) else json.loads(text))
KEYS = RESULTS["result_id"]


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


def given(name: str) -> pd.Series:
    """Return an input of every row as a number; missing where the row has none."""
    return pd.to_numeric(INPUTS.map(lambda inputs: inputs.get(name)), errors="coerce")


def used_parameters() -> pd.Series:
    """Parameters that a token uses, of the model that the row names or as it gives them."""
    models = MODELS.set_index("model")
    known = RESULTS["model"].map(models["active_params_b"]).fillna(RESULTS["model"].map(models["total_params_b"]))
    return (known.fillna(given("active_params_b")).fillna(given("params_b")) * 1e9).fillna(given("params"))


def peak_flop_s() -> pd.Series:
    """Peak of a chip at the precision of the row, 16 bits unless it says 8 or 4."""
    peaks = {"fp8": "fp8_tflops", "fp4": "fp4_tflops"}
    columns = RESULTS["precision"].fillna("").str.extract("(fp8|fp4)")[0].map(peaks).fillna("fp16_tflops")
    chips = CHIPS.set_index("chip")
    chips["fp8_tflops"] = chips["fp8_tflops"].fillna(chips["int8_tops"])  # the H800: one unit does both
    pairs = zip(RESULTS["chip"], columns, strict=True)
    return pd.Series([float("nan") if pd.isna(chip) else chips.at[chip, column] for chip, column in pairs]) * 1e12


def test_there_are_results_of_many_topics_and_sources() -> None:
    assert len(RESULTS) >= 600
    assert RESULTS["topic"].nunique() >= 25
    assert RESULTS["source_id"].nunique() >= 45


def test_inputs_have_standard_names_and_no_other_spelling_of_them() -> None:
    others = {spelling for spellings in STANDARD.values() for spelling in spellings} - set(STANDARD)
    for key, inputs in zip(KEYS, INPUTS, strict=True):
        assert all(name == spelled(name) and name not in others for name in inputs), (key, inputs)
        assert not {"chip", "chips", "precision", "batch", "context_tokens"} & set(inputs), key
        assert "model" not in inputs or pd.isna(RESULTS["model"][key == KEYS].item()), key


def test_no_training_step_is_faster_than_its_chips() -> None:
    steps = (RESULTS["topic"] == "training_step_throughput") & (RESULTS["unit"] == "tokens/s")
    share = 6 * used_parameters() * RESULTS["value"] / peak_flop_s()
    assert (steps & share.notna()).sum() >= 310
    assert share[steps].dropna().between(0.03, 0.75).all()


def test_speed_in_tokens_and_in_operations_of_one_row_agree() -> None:
    """A token costs 6 N operations and attention; a source that counts otherwise would differ by far more."""
    per_token = given("published_tflops") * 1e12 / RESULTS["value"] / (6 * used_parameters())
    steps = RESULTS["quantity"] == "tokens_per_s_per_gpu"
    assert (steps & per_token.notna()).sum() >= 100
    assert per_token[steps].dropna().between(0.85, 1.3).all()


def test_no_run_takes_fewer_hours_than_its_chips_need() -> None:
    flop = 6 * used_parameters() * given("tokens_t") * 1e12
    share = flop / (RESULTS["value"] * 3600 * peak_flop_s())
    runs = RESULTS["topic"] == "training_run_gpu_hours"
    assert (runs & share.notna()).sum() >= 20
    far = runs & share.notna() & ~share.between(0.15, 0.6)
    assert broken_by("hours of a run imply a utilisation outside 0.15 to 0.6", KEYS, far) == set()


def test_no_server_writes_more_than_its_chips_can_compute() -> None:
    chips = RESULTS["chips_used"].fillna(given("tensor_parallel"))
    share = 2 * used_parameters() * RESULTS["value"] / (chips * peak_flop_s())
    serving = RESULTS["quantity"] == "total_output_tokens_per_s"
    assert (serving & share.notna()).sum() >= 80
    assert share[serving].dropna().between(0.001, 0.6).all()


def test_rows_known_to_be_wrong_are_marked_and_kept() -> None:
    wrong = RESULTS[RESULTS["note"].fillna("").str.startswith("Known to be wrong")].set_index("result_id")["value"]
    right = RESULTS.set_index("result_id")["value"]
    assert wrong["energy_llama33_70b_co2_typo"] < right["energy_llama31_70b_co2"] / 100
    assert wrong["llama3_faulty_gpu_pct"] != pytest.approx(100 * 148 / 419, rel=0.05)


def test_what_we_computed_is_called_a_worked_example() -> None:
    ours = RESULTS["note"].fillna("").str.contains("Computed by us")
    assert ours.sum() >= 10
    assert (RESULTS["kind"][ours] == "worked example").all()
