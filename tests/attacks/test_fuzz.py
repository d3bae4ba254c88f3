"""Five hundred notebooks with something broken in each: every one gets its rows, whatever it is."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import corpus
import pytest

from course.checking.jobs import FAILED
from course.checking.marking import mark

COUNT = 500
ODD: list[Any] = [None, True, -1, 1e308, "", "x", "\ud800", [], {}, [[]], {"a": {}}, ["x"], [None], "‮", "\x00"]
Change = Callable[[random.Random, str], bytes]


def cut(draw: random.Random, text: str) -> bytes:
    return text[: draw.randrange(len(text))].encode()


def bytes_changed(draw: random.Random, text: str) -> bytes:
    data = bytearray(text.encode())
    for _ in range(draw.randint(1, 40)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data)


def signs_dropped(draw: random.Random, text: str) -> bytes:
    sign = draw.choice('{}[]":,')
    return text.replace(sign, "", draw.randint(1, 3)).encode()


def part_replaced(draw: random.Random, text: str) -> bytes:
    """Replace something that the reading of a notebook looks at by something odd."""
    notebook = json.loads(text)
    answer = next(cell for cell in notebook["cells"] if cell["id"] == "01-q1-answer")
    target, key = draw.choice(
        [
            *((notebook, key) for key in ("cells", "metadata", "nbformat")),
            *((answer, key) for key in ("id", "metadata", "source", "cell_type")),
            (answer["metadata"], "course"),
            (answer["metadata"]["course"], draw.choice(["role", "question"])),
            (notebook["cells"], draw.randrange(len(notebook["cells"]))),
        ]
    )
    target[key] = draw.choice(ODD)
    if draw.random() < 0.5 and isinstance(notebook["cells"], list):
        draw.shuffle(notebook["cells"])
    return json.dumps(notebook).encode()


# Rarely the last: what can be read is run, and takes its time.
CHANGES: list[Change] = [*[cut] * 4, *[bytes_changed] * 4, *[signs_dropped] * 4, part_replaced]


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    draw = random.Random(20261125)
    text = json.dumps(corpus.answering("ridge = 1"))
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"01_{number:03}.ipynb").write_bytes(draw.choice(CHANGES)(draw, text))
    return folder


def test_five_hundred_broken_notebooks_get_their_rows(handed_in: Path) -> None:
    rows = mark([handed_in], solutions=corpus.SOLUTION.parent, timeout_s=5, workers=2)
    assert {row.submission for row in rows} == {f"01_{number:03}.ipynb" for number in range(COUNT)}
    assert not [row for row in rows if row.status == "right"]
    assert not [row for row in rows if row.message.startswith(FAILED)]
    assert sum(row.status == "unreadable" for row in rows) > COUNT / 2
