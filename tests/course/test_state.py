"""The learner's files: versioned, never half written, never lost to a second notebook."""

import json
import threading
from pathlib import Path

import pytest

from course import state


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(state.HOME, str(tmp_path))
    return tmp_path


def test_what_was_saved_comes_back_with_its_schema(home: Path) -> None:
    state.update("notes", lambda entries: entries | {"a": 1})
    assert state.load("notes") == {"a": 1}
    assert json.loads((home / "notes.json").read_text("utf-8")) == {"schema": 1, "entries": {"a": 1}}


def test_a_file_of_the_first_edition_is_still_read(home: Path) -> None:
    (home / "notes.json").write_text('{"a": 1}', "utf-8")
    state.update("notes", lambda entries: entries | {"b": 2})
    assert state.load("notes") == {"a": 1, "b": 2}


def test_notebooks_that_save_at_once_lose_nothing() -> None:
    def save_many(writer: int) -> None:
        for number in range(20):
            key = f"{writer}-{number}"
            state.update("notes", lambda entries, key=key: entries | {key: True})

    writers = [threading.Thread(target=save_many, args=(writer,)) for writer in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(state.load("notes")) == 80


def test_a_file_of_a_later_edition_is_set_aside_and_kept(home: Path) -> None:
    (home / "notes.json").write_text('{"schema": 99, "entries": {}}', "utf-8")
    assert state.load("notes") == {}
    assert (home / "notes.damaged.json").exists()


def test_a_second_damaged_file_does_not_overwrite_the_first(home: Path) -> None:
    for text in ("first", "second"):
        (home / "notes.json").write_text(text, "utf-8")
        assert state.load("notes") == {}
    assert {path.read_text("utf-8") for path in home.glob("notes.damaged*")} == {"first", "second"}
