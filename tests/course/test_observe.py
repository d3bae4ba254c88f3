"""What an answer looks like as JSON: everything has a form, and nothing of the learner's survives as an object."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from course.observe import MARK, MISSING, TODO, observe, plain, show


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (3, 3.0),
        (np.int64(3), 3.0),
        (np.float32(0.5), 0.5),
        (True, True),
        (np.bool_(True), True),
        (None, None),
        (..., TODO),
        (" C ", "C"),
        ({"b", "a"}, ["a", "b"]),
        ((1, 2), [1.0, 2.0]),
        (np.array([[1, 2]]), [[1.0, 2.0]]),
        (pd.Series([1.5, 2.5]), [1.5, 2.5]),
        ({"k": 1}, {"k": 1.0}),
        (object(), {"type": "object"}),
        (np.array(...), TODO),
    ],
)
def test_plain(value: object, seen: object) -> None:
    assert plain(value) == seen
    json.dumps(plain(value))


def test_a_number_that_is_none_stays_none() -> None:
    assert math.isnan(plain(float("nan")))


def test_a_function_is_seen_through_what_it_returns() -> None:
    assert observe(lambda a, b: a + b, [[1, 2], [3, 4]]) == [3.0, 7.0]
    assert observe(3, [[1]]) == [{"not_a_function": "int"}]
    assert observe(..., [[1]]) == [TODO]


def test_one_call_cannot_change_the_inputs_of_the_next() -> None:
    shared = [1.0]

    def greedy(numbers: list[float]) -> float:
        numbers.append(99.0)
        return sum(numbers)

    assert observe(greedy, [[shared], [shared]]) == [100.0, 100.0]
    assert shared == [1.0]


def test_show_prints_one_line_that_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    show({"x": 2}, "x")
    show({}, "x")
    first, second = capsys.readouterr().out.splitlines()
    assert json.loads(first.removeprefix(MARK)) == [2.0]
    assert json.loads(second.removeprefix(MARK)) == [MISSING]
