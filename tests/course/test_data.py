"""Loading: types, copies, citations, and what a broken file or a wrong name is answered with."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.data import Citation, DataError, UnknownName, cite, load, source_of
from course.paths import DATASETS, ROOT

Edit = Callable[..., Path]
TABLES = ["chips", "models", "published_results", "sources"]
WIDTH = len(load("models").columns)


@pytest.fixture
def broken(tmp_path: Path) -> Edit:
    """A copy of the datasets in which `models.csv` can be spoiled: replaces the first `old` by `new`."""
    for file in DATASETS.iterdir():
        if file.suffix in (".csv", ".json"):
            shutil.copy(file, tmp_path / file.name)

    def edit(old: str, new: str, name: str = "models.csv") -> Path:
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert old in text, f"the test must spoil something: {old!r} is not in {name}"
        (tmp_path / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path

    return edit


def test_the_paths_lead_to_the_repository() -> None:
    assert (ROOT / "pyproject.toml").is_file()
    assert (DATASETS / "datapackage.json").is_file()


@pytest.mark.parametrize("name", TABLES)
def test_columns_have_the_types_that_the_package_states(name: str) -> None:
    dtypes = {"number": "float64", "integer": "Int64", "boolean": "boolean", "string": "str"}
    package = json.loads((DATASETS / "datapackage.json").read_text(encoding="utf-8"))
    fields = next(r for r in package["resources"] if r["name"] == name)["schema"]["fields"]
    table = load(name)
    assert [(column, str(dtype)) for column, dtype in table.dtypes.items()] == [
        (field["name"], dtypes[field["type"]]) for field in fields
    ]
    assert list(table.index) == list(range(len(table)))


def test_an_empty_cell_is_missing_and_not_a_guess() -> None:
    chips = load("chips").set_index("chip")
    assert pd.isna(chips.loc["Zhenwu 810E", "fp16_tflops"])
    assert pd.isna(chips.loc["H100 PCIe", "memory_type"])


def test_text_that_looks_missing_stays_text(broken: Edit) -> None:
    """Other readers turn `NA` and `None` into missing values; only an empty cell is missing here."""
    assert load("models", broken("Llama 3.1 8B", "NA"))["model"].iloc[0] == "NA"


def test_spoiling_a_table_spoils_only_the_copy() -> None:
    first = load("chips")
    first.loc[:, "tdp_w"] = -1.0
    first["chip"] = "spoiled"
    again = load("chips")
    assert again["tdp_w"].min() > 0
    assert "H100 SXM" in set(again["chip"])


def test_a_citation_is_one_short_line_that_unfolds_in_html() -> None:
    citation = cite("chips")
    assert isinstance(citation, Citation)
    assert repr(citation).startswith("Sources of chips: Epoch AI, Machine Learning Hardware (2026-07-18, ")
    assert "CC BY 4.0" in repr(citation)
    assert repr(citation).endswith(f", and {len(citation.lines) - 1} more")
    assert "\n" not in repr(citation)
    assert repr(cite("chips")) == repr(citation)
    assert citation._repr_html_().count("<a href=") == 10
    assert f"and {len(citation.lines) - 10} more, in datasets/sources.csv" in citation._repr_html_()
    assert '<a href="https://epoch.ai/data/machine-learning-hardware">' in citation._repr_html_()
    assert "](https://epoch.ai/data/machine-learning-hardware)" in citation._repr_markdown_()


def test_a_citation_counts_the_sources_of_single_cells() -> None:
    """A source that only ever filled single cells must be credited too."""
    rows = set(load("chips")["source_id"])
    assert "tweakers-a800" not in rows
    assert any(line.startswith("Tweakers") for line in cite("chips").lines)


def test_a_citation_may_be_of_some_rows_only() -> None:
    rows = load("case_facts")
    h20 = cite("case_facts", case="H20")
    assert len(h20.lines) == rows.loc[rows["case"] == "H20", "source_id"].nunique() < len(cite("case_facts").lines)


def test_html_in_a_citation_is_escaped(broken: Edit) -> None:
    folder = broken("NVIDIA", "<b>N</b>", "sources.csv")
    shown = cite("models", folder)._repr_html_()
    assert "<b>" not in shown
    assert "&lt;b&gt;N" in shown


def test_a_cell_knows_its_own_source() -> None:
    row, cell = source_of("chips", "H20"), source_of("chips", "H20", "die_area_mm2")
    assert (row.source_id, row.locator) == ("epoch-ml-hardware", "row 'NVIDIA HGX H20'")
    assert (cell.source_id, cell.kind, cell.locator) == ("tweaktown-h20", "press", "")
    assert source_of("chips", "H20", "fp16_tflops") == row
    assert row.confidence == "press"
    assert str(row).startswith("Epoch AI, Machine Learning Hardware (2026-07-18")


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: load("chip"), "there is no table 'chip'; did you mean 'chips' or 'chip_prices'; known are 'chips', "),
        (
            lambda: load("zzz"),
            "there is no table 'zzz'; known are 'chips', 'models', 'published_results', 'case_facts', 'claims', ",
        ),
        (lambda: cite("zzz"), "there is no table 'zzz'"),
        (lambda: cite("case_facts", firm="H20"), "there is no column of case_facts 'firm'; "),
        (lambda: cite("case_facts", case="H21"), "there is no case of case_facts 'H21'; did you mean 'H20'"),
        (lambda: cite("sources"), "there is no table with sources 'sources'; "),
        (lambda: source_of("chips", "h100"), "there is no chip of chips 'h100'; did you mean 'H100 "),
        (
            lambda: source_of("chips", "H20", "tdp"),
            "there is no column of chips 'tdp'; did you mean 'tdp_w'",
        ),
        (
            lambda: source_of("chips", "zzz"),
            f"there is no chip of chips 'zzz'; there are {len(load('chips'))}, such as 'P100 SXM'",
        ),
        (lambda: source_of("sources", "litgpt"), "there is no table with sources 'sources'"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(ask: Callable[[], object], said: str) -> None:
    with pytest.raises(UnknownName) as caught:
        ask()
    assert str(caught.value).startswith(said)
    assert isinstance(caught.value, LookupError)
    assert caught.value.known


@given(st.text(max_size=30))
def test_no_wrong_name_gets_anything_but_that_answer(name: str) -> None:
    if name not in TABLES:
        with pytest.raises(UnknownName):
            load(name)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Llama 3.1 8B,Meta,", "Llama 3.1 8B,", f"models.csv, line 2: {WIDTH - 1} cells where the header has {WIDTH}"),
        (
            "Llama 3.1 8B,Meta,",
            "Llama 3.1 8B,Meta,,",
            f"models.csv, line 2: {WIDTH + 1} cells where the header has {WIDTH}",
        ),
        (
            ",8.03,",
            ',"8,030",',
            "models.csv, line 2, column total_params_b: '8,030' is not a plain number (leave the thousands",
        ),
        (",8.03,", ",8.03 B,", "models.csv, line 2, column total_params_b: '8.03 B' is not a plain number"),
        (",8.03,", ",nan,", "models.csv, line 2, column total_params_b: 'nan' is not a plain number"),
        (",8.03,32,", ",8.03,32.5,", "models.csv, line 2, column n_layers: '32.5' is not a plain integer"),
        (",true,", ",yes,", "models.csv, line 2, column weights_open: 'yes' is not true or false"),
        (",Meta,", ",,", "models.csv, line 2, column developer: empty, but required"),
        (
            "Llama 3.1 70B",
            "Llama 3.1 8B",
            "models.csv, line 3, column model: 'Llama 3.1 8B' is already the key",
        ),
        (
            "aiconfigurator-core,",
            "somewhere,",
            "models.csv, line 2, column source_id: 'somewhere' is not in sources.csv",
        ),
        (
            "release_date=llm-stats",
            "release_date=somewhere",
            "models.csv, line 2, column cell_sources: 'somewhere' is not in sources.csv",
        ),
        (
            "release_date=llm-stats",
            "born=llm-stats",
            "models.csv, line 2, column cell_sources: 'born' is not a column",
        ),
        (
            "hidden_size",
            "width",
            "models.csv, line 1: header and datapackage.json differ in hidden_size, width",
        ),
        (
            "n_layers,hidden_size",
            "hidden_size,n_layers",
            "models.csv, line 1: header and datapackage.json differ in the order of the columns",
        ),
        ("Llama 3.1 8B", '"Llama 3.1 8B"x', "models.csv, line 2: not CSV: "),
        ("\nLlama 3.1 70B", "\n\nLlama 3.1 70B", f"models.csv, line 3: 0 cells where the header has {WIDTH}"),
    ],
)
def test_a_broken_file_is_named_with_line_column_and_reason(broken: Edit, old: str, new: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        load("models", broken(old, new))
    assert str(caught.value).startswith(said)
    assert isinstance(caught.value, ValueError)
    assert caught.value.file.name == "models.csv"


def test_lines_are_counted_as_an_editor_counts_them(broken: Edit) -> None:
    """A line end inside a quoted cell must not shift the line numbers of what follows."""
    folder = broken("Parameters counted from the configuration.", '"two\nlines"')
    text = (folder / "models.csv").read_text(encoding="utf-8").replace(",70.554,", ",many,", 1)
    (folder / "models.csv").write_text(text, encoding="utf-8")
    line = 1 + text[: text.index(",many,")].count("\n")
    with pytest.raises(DataError, match=f"line {line}, column total_params_b: 'many'"):
        load("models", folder)


def test_files_that_are_missing_or_not_text_are_named(tmp_path: Path, broken: Edit) -> None:
    with pytest.raises(DataError, match=r"^datapackage\.json: there is no such file in "):
        load("chips", tmp_path / "nowhere")
    folder = broken("model", "model")
    (folder / "models.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"^models\.csv: not UTF-8: "):
        load("models", folder)
    (folder / "chips.csv").unlink()
    with pytest.raises(DataError, match=r"^chips\.csv: there is no such file in "):
        load("chips", folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"resources": [}', "datapackage.json, line 1: not JSON: "),
        ("{}", "datapackage.json: not a data package: 'resources' is missing or wrong"),
        ("[]", "datapackage.json: not a data package: "),
    ],
)
def test_a_broken_description_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "datapackage.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load("chips", tmp_path)
    assert str(caught.value).startswith(said)


def test_a_type_that_the_loader_does_not_know_is_refused(broken: Edit) -> None:
    folder = broken('"type": "boolean"', '"type": "date"', "datapackage.json")
    with pytest.raises(DataError, match="column weights_open: type 'date' is none of number, integer"):
        load("models", folder)


def test_a_citation_of_several_rows_names_only_their_sources() -> None:
    facts = load("case_facts")["fact_id"]
    assert len(cite("case_facts", fact_id=facts.iloc[:1]).lines) == 1 < len(cite("case_facts", fact_id=facts).lines)
    with pytest.raises(UnknownName, match="no fact_id of case_facts 'nothing'"):
        cite("case_facts", fact_id=["nothing"])
