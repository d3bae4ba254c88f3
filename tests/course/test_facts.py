"""Inventory, audit and readers of the data: on the course's own tables and on small ones that are out of order."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course import facts
from course.cli import app
from course.data import UnknownName, load, tables
from course.paths import DATASETS, LESSONS, SOLUTIONS

KEYED = {"name": "", "type": "string", "title": "t", "description": "d"}


def small(folder: Path) -> Path:
    """Write a table of two rows and three sources, one overdue and one unused."""
    columns = {
        "coins": ["coin", "grams", "source_id", "locator", "cell_sources", "confidence"],
        "sources": ["source_id", "title", "publisher", "address", "published", "licence", "kind"],
    }
    columns["sources"].append("review_by")
    rows = {
        "coins": ["penny,3.5,mint,page 2,,datasheet", "florin,,mint,page 3,coin=museum,estimate"],
        "sources": [
            f"{name},T,P,https://example.org,2020,free,paper,{review}"
            for name, review in (("mint", "2030-01-01"), ("museum", "2019-01-01"), ("rumour", "2030-01-01"))
        ],
    }
    resources = []
    for name, header in columns.items():
        (folder / f"{name}.csv").write_text("\n".join([",".join(header), *rows[name]]) + "\n", "utf-8")
        fields = [{**KEYED, "name": each} for each in header]
        resources.append({"name": name, "path": f"{name}.csv", "schema": {"fields": fields, "primaryKey": header[0]}})
    (folder / "datapackage.json").write_text(json.dumps({"resources": resources}), "utf-8")
    return folder


def test_the_inventory_counts_kinds_and_names_what_is_out_of_order(tmp_path: Path) -> None:
    found = facts.inventory("2025-01-01", small(tmp_path))
    assert found.counts.loc["coins"].loc[["rows", "datasheet", "estimate", "press"]].tolist() == [2, 1, 1, 0]
    assert (found.overdue, found.unused, found.unread) == (["museum"], ["rumour"], ["coins"])


def test_an_audit_is_the_same_for_the_same_seed_and_shows_what_the_table_says() -> None:
    drawn = facts.audit(20, seed=7)
    assert drawn == facts.audit(20, seed=7) != facts.audit(20, seed=8)
    assert len({(one.table, one.key) for one in drawn}) == 20
    for one in drawn:
        table = load(one.table)
        row = table[table[tables()[one.table]["schema"]["primaryKey"]] == one.key].iloc[0]
        assert (str(row[one.column]), row["confidence"]) == (one.value, one.confidence)
        assert one.source


def test_an_audit_names_the_source_of_the_cell_and_not_that_of_the_row(tmp_path: Path) -> None:
    florin = next(one for one in facts.audit(2, seed=0, folder=small(tmp_path)) if one.key == "florin")
    assert (florin.column, florin.locator) == ("coin", "")


@pytest.mark.parametrize("rows", [0, 10**6])
def test_an_audit_of_no_row_or_too_many_says_how_many_there_are(rows: int) -> None:
    with pytest.raises(ValueError, match=rf"rows = {rows} is out of range; allowed: 1 to \d+"):
        facts.audit(rows, seed=0)


def test_readers_are_found_in_cells_in_what_they_import_and_in_questions() -> None:
    lesson = LESSONS / "01_what_does_a_chip_buy.ipynb"
    sheet = SOLUTIONS / "01_what_does_a_chip_buy.ipynb"
    assert lesson in facts.readers("case_facts")  # a cell of the lesson
    assert sheet not in facts.readers("case_facts")
    assert {lesson, sheet} <= set(facts.readers("published_results"))  # the sheet: only through its questions


def test_a_table_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(UnknownName, match="did you mean 'chips'"):
        facts.table_of(DATASETS / "chip.csv")
    with pytest.raises(UnknownName, match="there is no table 'nothing'"):
        facts.readers("nothing")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 0, "Sources that no row uses: none"),
        (["--changed", "datasets/chips.csv"], 0, "chips: lessons/01_what_does_a_chip_buy.ipynb"),
        (["--changed", "datasets/clips.csv"], 2, "did you mean 'chips'"),
        (["--audit", "3", "--seed", "1"], 0, "https://"),
        (["--audit", "1000000"], 2, "allowed: 1 to"),
    ],
)
def test_the_command_answers_or_says_why_not(words: list[str], code: int, said: str) -> None:
    result = CliRunner().invoke(app, ["facts", *words])
    assert (result.exit_code, said in " ".join(result.output.split())) == (code, True), result.output
