"""The data themselves: valid, every key resolves, every source is used, nothing is dated in the future."""

import ast
import json
from pathlib import Path

import frictionless
import pandas as pd
import pytest
from plausible import EXCUSED

from course.data import SOURCES, load
from course.paths import DATASETS
from course.validation.constants import sources_fitted_on

TODAY = "2026-11-23"
PACKAGE = json.loads((DATASETS / "datapackage.json").read_text(encoding="utf-8"))
TABLES = {resource["name"]: load(resource["name"]) for resource in PACKAGE["resources"]}
SOURCED = {name: table for name, table in TABLES.items() if name != SOURCES}
CONFIDENCE = {"datasheet", "filing", "regulator", "paper", "vendor", "press", "estimate"}
LEAST_ROWS = {
    "chips": 90,
    "links": 40,
    "clusters": 100,
    "failures": 60,
    "cloud_prices": 300,
    "regions": 100,
    "models": 300,
    "training_runs": 80,
    "app_cases": 60,
    "feedback_scale": 80,
    "claims": 20,
}
DATES = ["date", "release_date", "published"]  # columns that say when something was seen to happen


def test_the_package_is_valid() -> None:
    report = frictionless.validate(str(DATASETS / "datapackage.json"))
    assert report.valid, report.flatten(["type", "fieldName", "rowNumber", "note"])


def test_every_table_file_is_described() -> None:
    assert {file.name for file in DATASETS.glob("*.csv")} == {r["path"] for r in PACKAGE["resources"]}


def test_every_field_says_what_it_is_and_numbers_their_unit() -> None:
    for resource in PACKAGE["resources"]:
        for field in resource["schema"]["fields"]:
            assert field["title"], field
            assert field["description"], field
            # the unit of `value`, `low` and `high` is in a column of its own
            if field["type"] == "number" and field["name"] not in ("value", "low", "high"):
                assert field["unit"], (resource["name"], field)


@pytest.mark.parametrize(("name", "rows"), LEAST_ROWS.items())
def test_tables_are_large_enough_to_argue_with(name: str, rows: int) -> None:
    assert len(TABLES[name]) >= rows


def test_chips_and_regions_come_from_many_places() -> None:
    assert TABLES["chips"]["vendor"].nunique() >= 15
    assert TABLES["country_energy"]["country"].nunique() >= 25


@pytest.mark.parametrize("name", SOURCED)
def test_every_row_says_where_it_was_read_and_how_far_to_trust_it(name: str) -> None:
    table = SOURCED[name]
    assert set(table["confidence"]) <= CONFIDENCE
    assert table["source_id"].notna().all()
    assert table["confidence"].notna().all()
    assert "note" in table


def test_every_source_is_used() -> None:
    used = {source for table in SOURCED.values() for source in table["source_id"]}
    for table in SOURCED.values():
        if "cell_sources" in table:
            used |= {pair.split("=")[1] for cells in table["cell_sources"].dropna() for pair in cells.split("; ")}
        for column in [column for column in table if column.endswith("_source")]:
            used |= {source for cells in table[column].dropna() for source in cells.split("; ")}
    assert used | sources_fitted_on() == set(TABLES[SOURCES]["source_id"])


@pytest.mark.parametrize("name", [name for name, table in SOURCED.items() if "cell_sources" in table])
def test_a_cell_with_its_own_source_is_filled_and_not_from_the_source_of_the_row(name: str) -> None:
    for _, row in SOURCED[name].iterrows():
        for pair in [] if pd.isna(row["cell_sources"]) else str(row["cell_sources"]).split("; "):
            column, source = pair.split("=")
            assert pd.notna(row[column]), (row.iloc[0], column)
            assert source != row["source_id"], (row.iloc[0], column)


@pytest.mark.parametrize("name", TABLES)
def test_nothing_that_has_happened_is_dated_in_the_future(name: str) -> None:
    table = TABLES[name]
    if "status" in table:
        table = table[~table["status"].isin(["planned", "announced"])]
    for column in [column for column in DATES if column in table]:
        dates = table[column].dropna()
        assert dates[dates > TODAY].tolist() == [], column


def test_every_excuse_belongs_to_a_rule_that_is_tested() -> None:
    texts = {
        node.value
        for file in Path(__file__).parent.glob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert {rule for rule, _ in EXCUSED} <= texts


@pytest.mark.parametrize("name", TABLES)
def test_text_carries_no_traces_of_how_it_was_made(name: str) -> None:
    """No local paths, no stray spaces."""
    for column in TABLES[name].select_dtypes("str"):
        cells = TABLES[name][column].dropna()
        assert (cells == cells.str.strip()).all(), column
        assert not cells.str.contains("  ").any(), column
        assert not cells.str.contains(r"/tmp|/work|/home/").any(), column
