"""The data themselves: valid, every key resolves, every source is used, and physics is obeyed.

Figures that break a rule stand in `EXCUSED`, each with its reason; an excuse that is not needed fails.
"""

import json
from collections.abc import Callable

import frictionless
import pandas as pd
import pytest

from course.data import load
from course.paths import DATASETS

TODAY = "2026-11-23"
CHIPS, MODELS, RESULTS, SOURCES = (load(name) for name in ("chips", "models", "published_results", "sources"))
PACKAGE = json.loads((DATASETS / "datapackage.json").read_text(encoding="utf-8"))
PEAK = CHIPS["fp16_tflops"].fillna(CHIPS["fp8_tflops"]).fillna(CHIPS["int8_tops"])

# Lowest and highest bandwidth in GB/s for each GB of capacity that a kind of memory gives in products.
GB_S_PER_GB = {
    "HBM2": (20, 80),
    "HBM2e": (15, 60),
    "HBM3": (20, 60),
    "HBM3e": (20, 60),
    "HBM4": (30, 100),
    "GDDR6": (8, 32),
    "GDDR7": (15, 80),
    "HiBL 1.0": (5, 60),
    "SRAM": (1_000, 1_000_000),
}

EXCUSED = {
    ("int8 far below fp16", "B300"): "int8 units were cut in favour of fp4",
    ("int8 far below fp16", "GB300"): "int8 units were cut in favour of fp4",
    ("int8 far below fp16", "Rubin (VR200)"): "int8 units were cut in favour of fp4",
    ("int8 above 4.1 times fp16", "P4"): "made for int8; fp16 runs at 1/64 of the fp32 rate",
    ("ridge outside 1 to 1,500 FLOP/byte", "P4"): "made for int8; fp16 runs at 1/64 of the fp32 rate",
    ("ridge outside 1 to 1,500 FLOP/byte", "P40"): "made for int8; fp16 runs at 1/64 of the fp32 rate",
    ("more than 30 TB/s", "GroqChip"): "memory on the chip",
    ("more than 30 TB/s", "WSE-3"): "memory on the chip, a whole wafer of it",
    ("more than 30 TB/s", "GC200"): "memory on the chip",
    ("more than 30 TB/s", "Corsair"): "memory on the chip",
}


def broken_by(rule: str, wrong: pd.Series) -> set[str]:
    """Names of the chips that break a rule without an excuse."""
    names = set(CHIPS.loc[wrong.fillna(False).astype(bool), "chip"])
    excused = {name for (excused_rule, name) in EXCUSED if excused_rule == rule}
    assert excused <= names, f"needless excuses: {excused - names}"
    return names - excused


def test_the_package_is_valid() -> None:
    report = frictionless.validate(str(DATASETS / "datapackage.json"))
    assert report.valid, report.flatten(["type", "fieldName", "rowNumber", "note"])


def test_every_table_file_is_described() -> None:
    assert {file.name for file in DATASETS.glob("*.csv")} == {r["path"] for r in PACKAGE["resources"]}


def test_the_readme_counts_the_rows_that_there_are() -> None:
    text = (DATASETS / "README.md").read_text(encoding="utf-8")
    for resource in PACKAGE["resources"]:
        line = next(line for line in text.splitlines() if line.startswith(f"| `{resource['path']}` |"))
        assert line.split("|")[3].strip() == str(len(load(resource["name"]))), line


def test_every_field_says_what_it_is_and_numbers_their_unit() -> None:
    for resource in PACKAGE["resources"]:
        for field in resource["schema"]["fields"]:
            assert field["title"], field
            assert field["description"], field
            if field["type"] == "number" and field["name"] != "value":  # the unit of `value` is in its own column
                assert field["unit"], field


@pytest.mark.parametrize("table", ["chips", "models", "published_results"])
def test_every_row_has_a_source_that_is_listed(table: str) -> None:
    assert set(load(table)["source_id"]) <= set(SOURCES["source_id"])


def test_every_source_is_used() -> None:
    used: set[str] = set()
    for table in (CHIPS, MODELS, RESULTS, load("case_facts"), load("claims")):
        used |= set(table["source_id"])
        if "cell_sources" in table:
            for cells in table["cell_sources"].dropna():
                used |= {pair.split("=")[1] for pair in cells.split("; ")}
    assert used == set(SOURCES["source_id"])


@pytest.mark.parametrize("table", ["chips", "models"])
def test_a_cell_with_its_own_source_is_filled_and_not_from_the_source_of_the_row(table: str) -> None:
    for _, row in load(table).iterrows():
        for pair in [] if pd.isna(row["cell_sources"]) else str(row["cell_sources"]).split("; "):
            column, source = pair.split("=")
            assert pd.notna(row[column]), (row.iloc[0], column)
            assert source != row["source_id"], (row.iloc[0], column)


@pytest.mark.parametrize(("column", "table", "key"), [("chip", CHIPS, "chip"), ("model", MODELS, "model")])
def test_results_are_about_chips_and_models_that_are_listed(column: str, table: pd.DataFrame, key: str) -> None:
    assert set(RESULTS[column].dropna()) <= set(table[key])


def test_there_are_enough_accelerators_to_draw_a_roofline() -> None:
    drawn = CHIPS[CHIPS["memory_bandwidth_gb_s"].notna() & PEAK.notna()]
    assert len(drawn) >= 60
    assert drawn["vendor"].nunique() >= 12


NAMED = """
    H20; H100 SXM; H200 SXM; H800 SXM; A100 SXM 40GB; A100 SXM 80GB; A800 SXM 80GB; L40S; L20; RTX 4090; B200;
    GB200; MI300X; MI308X; TPU v4; TPU v5e; TPU v5p; TPU v6e; TPU v7; Trainium1; Trainium2; Trainium3;
    Gaudi 2; Gaudi 3; Ascend 910B3; Ascend 910C
"""


@pytest.mark.parametrize("chip", [name.strip() for name in NAMED.split(";")])
def test_the_chips_that_the_lessons_name_are_there(chip: str) -> None:
    assert (CHIPS["chip"] == chip).sum() == 1


def test_the_h20_kept_its_bandwidth_and_lost_its_arithmetic() -> None:
    """The finding of lesson 1 rests on these two ratios."""
    rows = CHIPS.set_index("chip")
    assert rows.loc["H20", "fp16_tflops"] / rows.loc["H100 SXM", "fp16_tflops"] == pytest.approx(0.15, abs=0.005)
    assert rows.loc["H20", "memory_bandwidth_gb_s"] > rows.loc["H100 SXM", "memory_bandwidth_gb_s"]


RULES: list[tuple[str, Callable[[], pd.Series]]] = [
    ("fp8 below fp16", lambda: CHIPS["fp8_tflops"] < CHIPS["fp16_tflops"]),
    ("fp8 above 4.5 times fp16", lambda: CHIPS["fp8_tflops"] > 4.5 * CHIPS["fp16_tflops"]),
    ("fp4 below fp8", lambda: CHIPS["fp4_tflops"] < CHIPS["fp8_tflops"]),
    ("fp4 above 3.2 times fp8", lambda: CHIPS["fp4_tflops"] > 3.2 * CHIPS["fp8_tflops"]),
    ("int8 far below fp16", lambda: CHIPS["int8_tops"] < 0.99 * CHIPS["fp16_tflops"]),
    ("int8 above 4.1 times fp16", lambda: CHIPS["int8_tops"] > 4.1 * CHIPS["fp16_tflops"]),
    (
        "fp16 below fp32 in a chip made after 2017",
        lambda: (CHIPS["fp16_tflops"] < CHIPS["fp32_tflops"]) & (CHIPS["release_year"] > 2017),
    ),
    ("power outside 5 to 2,500 W", lambda: ~CHIPS["tdp_w"].dropna().between(5, 2500)),
    ("die outside 50 to 1,700 mm2", lambda: ~CHIPS["die_area_mm2"].dropna().between(50, 1700)),
    ("node outside 2 to 28 nm", lambda: ~CHIPS["process_nm"].dropna().between(2, 28)),
    (
        "fp8 outside 0.01 to 15 TFLOP/s a watt",
        lambda: ~(CHIPS["fp8_tflops"] / CHIPS["tdp_w"]).dropna().between(0.01, 15),
    ),
    (
        "ridge outside 1 to 1,500 FLOP/byte",
        lambda: ~(CHIPS["fp16_tflops"] * 1000 / CHIPS["memory_bandwidth_gb_s"]).dropna().between(1, 1500),
    ),
    ("more than 30 TB/s", lambda: CHIPS["memory_bandwidth_gb_s"] > 30_000),
]


@pytest.mark.parametrize(("rule", "wrong"), RULES, ids=[rule for rule, _ in RULES])
def test_no_chip_breaks(rule: str, wrong: Callable[[], pd.Series]) -> None:
    assert broken_by(rule, wrong().reindex(CHIPS.index)) == set()


def test_every_excuse_belongs_to_a_rule() -> None:
    assert {rule for rule, _ in EXCUSED} <= {rule for rule, _ in RULES}


@pytest.mark.parametrize("kind", sorted(GB_S_PER_GB))
def test_bandwidth_is_what_the_memory_type_can_give(kind: str) -> None:
    rows = CHIPS[CHIPS["memory_type"] == kind].dropna(subset=["memory_gb", "memory_bandwidth_gb_s"])
    low, high = GB_S_PER_GB[kind]
    rate = rows["memory_bandwidth_gb_s"] / rows["memory_gb"]
    assert len(rows) > 0
    assert rows[~rate.between(low, high)]["chip"].tolist() == []


def test_every_memory_type_has_its_limits() -> None:
    known = CHIPS.dropna(subset=["memory_gb", "memory_bandwidth_gb_s"])["memory_type"].dropna()
    assert set(known) == set(GB_S_PER_GB)


def test_the_year_is_that_of_the_date() -> None:
    dated = CHIPS[CHIPS["release_date"].notna()]
    assert (dated["release_date"].str[:4].astype(int) == dated["release_year"].astype(int)).all()
    assert CHIPS[CHIPS["release_date"].isna()]["release_year"].isna().all()


def test_what_has_shipped_is_not_dated_in_the_future() -> None:
    shipped = CHIPS[(CHIPS["status"] == "shipping") & CHIPS["release_date"].notna()]
    assert shipped[shipped["release_date"] > TODAY]["chip"].tolist() == []
    assert MODELS[MODELS["release_date"] > TODAY]["model"].tolist() == []
    assert SOURCES[SOURCES["published"].fillna("") > TODAY]["source_id"].tolist() == []


def test_plans_are_dated_after_today() -> None:
    planned = CHIPS[CHIPS["status"] == "planned"]
    assert len(planned) > 0
    assert (planned["release_year"] > int(TODAY[:4])).all()


def test_models_add_up() -> None:
    """Attention and embeddings alone are a lower bound of the parameters, a generous block an upper one."""
    width = MODELS["n_heads"] * MODELS["head_dim"]
    attention = 2 * MODELS["hidden_size"] * (width + MODELS["n_kv_heads"] * MODELS["head_dim"])
    low = MODELS["n_layers"] * attention / 1e9
    high = MODELS["n_layers"] * (attention + 16 * MODELS["hidden_size"] ** 2) / 1e9 + 3
    assert (low < MODELS["total_params_b"]).all()
    assert (high > MODELS["total_params_b"]).all()
    assert (MODELS["n_heads"] % MODELS["n_kv_heads"] == 0).all()


def test_a_model_named_after_its_size_has_that_size() -> None:
    named = MODELS["model"].str.extract(r"(\d+)B$")[0].astype(float)
    assert ((MODELS["total_params_b"] / named).between(0.95, 1.03)).all()


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


def test_text_carries_no_traces_of_how_it_was_made() -> None:
    """No local paths, no stray spaces, no text that only its maker understands."""
    for file in DATASETS.iterdir():
        text = file.read_text(encoding="utf-8")
        assert "/tmp" not in text
        assert "/work" not in text
    for table in (CHIPS, MODELS, RESULTS, SOURCES):
        for column in table.select_dtypes("str"):
            cells = table[column].dropna()
            assert (cells == cells.str.strip()).all(), column
            assert not cells.str.contains("  ").any(), column
