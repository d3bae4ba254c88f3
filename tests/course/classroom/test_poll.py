"""A class's ranges become one histogram without names, beside the answer that the lesson stores."""

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from course import state
from course.classroom.poll import asked, poll
from course.predictions import Prediction
from course.syllabus import lessons

ID = "01-h20"


def ballots(folder: Path, *ranges: tuple[object, object]) -> Path:
    for place, (low, high) in enumerate(ranges):
        entries = {ID: {"low": low, "high": high, "unit": "tokens"}}
        (folder / f"learner{place}.json").write_text(json.dumps({"schema": 1, "entries": entries}), "utf-8")
    return folder


@pytest.mark.parametrize("number", [lesson.number for lesson in lessons()])
def test_every_lesson_asks_for_a_prediction_whose_answer_is_known(number: str) -> None:
    with pytest.raises(ValueError, match=rf"\b{number}-") as refused:
        asked("nothing")
    ids = [name.strip(",") for name in str(refused.value).split("there are ")[1].split()]
    asks, truth = asked(next(name for name in ids if name.startswith(number)))
    assert "90 % range" in asks
    assert truth is not None


def test_ranges_are_counted_where_they_lie_beside_the_answer(tmp_path: Path) -> None:
    truth = asked(ID)[1]
    assert truth is not None
    result = poll(ballots(tmp_path, (10, 20), (12, 20), (truth - 1, truth + 1)), ID)
    assert result.truth == truth
    assert result.counts[0] >= 1
    assert max(result.counts) == 2
    assert "1 of 3 hold it" in result.sentence
    assert sum("<- answer" in line for line in result.lines) == 1


def test_a_page_holds_picture_sentence_and_every_number_and_escapes_what_it_is_given(tmp_path: Path) -> None:
    result = poll(ballots(tmp_path, (10, 20), (12, 20), (11, 400)), ID)
    page = replace(result, asks="<b>How many?</b>").page()
    assert "&lt;b&gt;How many?" in page
    assert result.sentence in unescape(page)
    assert "data:image/png;base64," in page
    assert re.findall(r'class="number">(\d+)<', page) == [str(count) for count in result.counts]
    assert page.count("the answer lies here") == 1


def test_without_the_truth_nothing_of_it_is_shown(tmp_path: Path) -> None:
    folder = ballots(tmp_path, (10, 20), (11, 21), (12, 22))
    hidden = poll(folder, ID, with_truth=False)
    assert hidden.truth is None
    assert "answer" not in " ".join(hidden.lines[1:])
    assert hidden.edges[-1] < 30
    assert "lies here" not in hidden.page()


def test_no_name_of_a_file_is_shown(tmp_path: Path) -> None:
    shown = " ".join(poll(ballots(tmp_path, (10, 20), (11, 21), (12, 22)), ID).lines)
    assert "learner" not in shown


def test_broken_files_and_ranges_are_counted_and_left_out(tmp_path: Path) -> None:
    ballots(tmp_path, (10, 20), (11, 21), (12, 22), (5, 1), ("a", 2), (1, float("nan")), (1, float("inf")))
    (tmp_path / "broken.json").write_text("[", "utf-8")
    (tmp_path / "list.json").write_text("[]", "utf-8")
    (tmp_path / "other.json").write_text('{"schema": 1, "entries": {}}', "utf-8")
    result = poll(tmp_path, ID)
    assert len(result.ranges) == 3
    assert "7 files held no such prediction" in result.lines[-1]


def test_wide_positive_ranges_are_drawn_on_a_logarithmic_axis_and_one_absurd_range_flattens_nothing(
    tmp_path: Path,
) -> None:
    wide = poll(ballots(tmp_path, (1, 10), (100, 1000), (200, 2000)), ID)
    assert wide.edges[1] / wide.edges[0] == pytest.approx(wide.edges[-1] / wide.edges[-2])
    many = poll(ballots(tmp_path, *[(100, 110)] * 30, (90, 1e12)), ID)
    assert many.edges[-1] < 1000


def test_fewer_than_three_are_not_shown(tmp_path: Path, run) -> None:
    code, said = run("poll", ballots(tmp_path, (1, 2), (1, 3)), "--id", ID)
    assert code == 2
    assert "whose is which" in " ".join(said.split())


@pytest.mark.parametrize(("folder", "prediction"), [("nowhere", ID), (".", "99-x")])
def test_no_folder_and_no_such_prediction_are_refused_in_words(
    folder: str, prediction: str, tmp_path: Path, run
) -> None:
    code, said = run("poll", tmp_path / folder, "--id", prediction)
    assert code == 2
    assert "No poll" in said


def test_what_learners_export_is_what_the_poll_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run) -> None:
    box = tmp_path / "box"
    box.mkdir()
    for place in range(3):
        monkeypatch.setenv(state.HOME, str(tmp_path / f"home{place}"))
        Prediction(ID, "How many?", "tokens").save(50 + place, 150)
        state.update("predictions", lambda saved: {name: each | {"outcome": 119} for name, each in saved.items()})
        assert run("predictions", "--export", box / f"{place}.json")[0] == 0
    assert "outcome" not in (box / "0.json").read_text("utf-8")
    code, said = run("poll", box, "--id", ID, "--out", tmp_path / "poll.png")
    assert code == 0
    assert "3 of 3 hold it" in said
    assert (tmp_path / "poll.png").read_bytes().startswith(b"\x89PNG")
    assert run("poll", box, "--id", ID, "--out", tmp_path / "poll.html")[0] == 0
    assert (tmp_path / "poll.html").read_text("utf-8").startswith("<!doctype html>")
    code, said = run("predictions", "--export", box / "0.json")
    assert code == 2
    assert "exists already" in " ".join(said.split())


def test_nothing_to_export_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run) -> None:
    monkeypatch.setenv(state.HOME, str(tmp_path / "home"))
    code, said = run("predictions", "--export", tmp_path / "mine.json")
    assert code == 2
    assert "no prediction yet" in said
