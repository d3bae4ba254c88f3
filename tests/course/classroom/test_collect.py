"""Downloads find their learner by the names that Canvas and Moodle give them, and nothing is overwritten."""

from pathlib import Path

import pytest

from course.classroom.collect import collect


def put(folder: Path, name: str, text: str = "{}") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "who", "target"),
    [
        ("lovelaceada_12345_67890_01_chip.ipynb", "lovelaceada", "12345/01_chip.ipynb"),
        ("lovelaceada_LATE_12345_67890_01_chip-1.ipynb", "lovelaceada", "12345/01_chip-1.ipynb"),
        ("Ada Lovelace_12345_assignsubmission_file_/01_chip.ipynb", "Ada Lovelace", "12345/01_chip.ipynb"),
        ("Ada Lovelace_12345_assignsubmission_file/01_chip.ipynb", "Ada Lovelace", "12345/01_chip.ipynb"),
        ("Ada Lovelace_12345_assignsubmission_file_01_chip.ipynb", "Ada Lovelace", "12345/01_chip.ipynb"),
        ("O'Neil_Ján_77_assignsubmission_file_/x.IPYNB", "O'Neil_Ján", "77/x.IPYNB"),
    ],
)
def test_names_of_canvas_and_moodle_tell_the_learner(name: str, who: str, target: str, tmp_path: Path) -> None:
    put(tmp_path / "in", name, "mine")
    found = collect(tmp_path / "in", tmp_path / "out")
    assert [(each.who, each.id) for each in found.placed] == [(who, target.split("/")[0])]
    assert (tmp_path / "out" / target).read_text("utf-8") == "mine"
    assert not found.left


def test_a_file_that_is_there_and_differs_stays(tmp_path: Path, run) -> None:
    put(tmp_path / "in", "a_1_2_s.ipynb", "new")
    old = put(tmp_path / "out" / "1", "s.ipynb", "old")
    code, said = run("collect", tmp_path / "in", "--to", tmp_path / "out")
    assert code == 1
    assert "is there already and differs" in said
    assert old.read_text("utf-8") == "old"


def test_collecting_twice_changes_nothing_and_is_no_error(tmp_path: Path, run) -> None:
    put(tmp_path / "in", "a_1_2_s.ipynb")
    for _ in range(2):
        code, said = run("collect", tmp_path / "in", "--to", tmp_path / "out")
        assert code == 0
        assert "a is 1: a_1_2_s.ipynb ->" in said


def test_two_downloads_for_one_place_are_both_left(tmp_path: Path) -> None:
    put(tmp_path / "in", "a_1_2_s.ipynb", "one")
    put(tmp_path / "in", "a_1_3_s.ipynb", "two")
    found = collect(tmp_path / "in", tmp_path / "out")
    assert not found.placed
    assert len(found.left) == 2
    assert not list((tmp_path / "out").rglob("*.ipynb")) if (tmp_path / "out").exists() else True


def test_a_name_without_a_learner_and_a_link_are_left_and_named(tmp_path: Path, run) -> None:
    put(tmp_path / "in", "sheet.ipynb")
    secret = put(tmp_path, "secret.ipynb", "secret")
    (tmp_path / "in" / "a_1_2_s.ipynb").symlink_to(secret)
    code, said = run("collect", tmp_path / "in", "--to", tmp_path / "out")
    assert code == 1
    assert "tells no learner" in said
    assert "no plain file" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("case", ["nowhere", "empty", "inside"])
def test_bad_folders_are_refused_in_words(case: str, tmp_path: Path, run) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    if case != "nowhere":
        source.mkdir()
    if case == "inside":
        put(source, "a_1_2_s.ipynb")
        target = source / "out"
    code, said = run("collect", source, "--to", target)
    assert code == 2
    assert "Nothing was collected" in said
