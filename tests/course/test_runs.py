"""What the lessons hold against measurements is computed from rows, each row once."""

import pytest

from course.data import load
from course.runs import allreduce_rows, published_runs, three_steps


def test_a_published_run_stands_once_with_its_operations() -> None:
    runs = published_runs().set_index("run")
    assert runs.index.is_unique
    assert runs.loc["DeepSeek-V3", "flop"] == pytest.approx(6 * 36.625e9 * 14.8e12, rel=0.02)
    stated = load("training_runs").set_index("run_id")["accelerator_hours"]
    assert runs.loc["Llama 3.1 405B", "hours"] == stated["card-llama-3-1-405b"]


def test_more_chips_on_the_same_texts_leave_less_of_a_step_to_the_matrices() -> None:
    shares = {name: step.matmul / sum(step) for name, step in three_steps().items()}
    few, many, experts = shares.values()
    assert few > many > experts > 0


def test_an_error_is_model_over_measured_and_small_messages_are_told_too_fast() -> None:
    rows = allreduce_rows()
    assert (rows["error"] - (rows["model"] / rows["measured"] - 1)).abs().max() < 1e-9
    small = rows["message"].str.startswith("1 ")
    assert rows.loc[small, "error"].min() > rows.loc[~small, "error"].max()
