"""The data dictionary is what the tables say, and a README that lost its place is refused."""

from pathlib import Path

import pytest

from course import dictionary
from course.data import load, tables
from course.dictionary import BEGIN, END
from course.notebooks import DriftError


def test_the_readme_of_the_datasets_has_not_drifted() -> None:
    assert dictionary.write(check=True).name == "README.md"


def test_a_count_changed_by_hand_is_drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = dictionary.write(check=True).read_text("utf-8")
    rows = f"| {len(load('chips'))} | `chip` |"
    assert rows in text
    (tmp_path / "README.md").write_text(text.replace(rows, "| 7 | `chip` |"), "utf-8")
    monkeypatch.setattr(dictionary, "DATASETS", tmp_path)
    with pytest.raises(DriftError, match="course build"):
        dictionary.write(check=True)


def test_every_table_and_column_is_in_it_once_with_its_unit() -> None:
    lines = dictionary.dictionary().splitlines()
    for resource in tables().values():
        assert sum(line.startswith(f"| `{resource['path']}` |") for line in lines) == 1
    columns = [field["name"] for resource in tables().values() for field in resource["schema"]["fields"]]
    shown = [line.split("`")[1] for line in lines if line.startswith("| `") and ".csv`" not in line]
    assert shown == columns
    assert any(line.startswith("| `memory_bandwidth_gb_s` | number | GB/s |") for line in lines)


@pytest.mark.parametrize("text", ["", BEGIN, f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"])
def test_a_text_without_its_two_marks_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        dictionary.renewed(text)
