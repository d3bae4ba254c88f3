"""What lesson 03, its explorer and its questions say, computed again from the rows."""

import random

import numpy as np
import pytest

from aistack.cluster import chips_needed, parallel_seconds
from aistack.reliability import mtbf_hours
from course import questions
from course.charts import number
from course.data import load
from course.explorers.cluster import HOPS_US, STRONG_CHIPS, many_for_one

CHIPS, MODELS = load("chips").set_index("chip"), load("models").set_index("model")


def job(chip: str, model: str, hop_us: float) -> tuple[float, float]:
    """Return work on one chip and wait for each doubling, in seconds, straight from the tables."""
    row = MODELS.loc[model]
    work = 2 * row["total_params_b"] / CHIPS.loc[chip, "memory_bandwidth_gb_s"]
    return work, 4 * int(row["n_layers"]) * hop_us * 1e-6


def test_the_explorer_says_what_the_formula_says() -> None:
    explorer = many_for_one()
    draw = random.Random(3)
    for _ in range(60):
        state = {name: draw.choice(lever.values()) for name, lever in explorer.levers.items()}
        explorer.set(**state)
        work, wait = job(state["chip"], state["model"], state["hop_us"])
        strong, _ = job("GB200", state["model"], state["hop_us"])
        rack = min(strong / n + wait * np.log2(n) for n in range(1, STRONG_CHIPS + 1))
        here = work / state["chips"] + wait * np.log2(state["chips"])
        table = dict(explorer.table())
        assert table["One token, at least"] == f"{number(1000 * here)} ms"
        assert float(table["One token on a rack of 72 GB200"].split()[0]) == pytest.approx(1000 * rack, rel=0.01)
        least = min(work / n + wait * np.log2(n) for n in np.geomspace(1, 1e6, 20_000))
        none = table["Chips to match the rack"] == "no number does"
        if state["chip"] != "GB200" and abs(least / rack - 1) > 0.01:
            assert none is bool(least > rack)
        hours = float(mtbf_hours(state["chips"], state["stops"] / 1000))
        unit = number(hours) + " h" if hours < 48 else number(hours / 24) + " days"
        assert table["Time between stops of a training run"] == unit


@pytest.mark.extreme
def test_the_shorter_the_wait_the_sooner_the_wall_comes_down() -> None:
    explorer = many_for_one()
    able = []
    for hop in HOPS_US:
        explorer.set(hop_us=hop)
        able.append(np.isfinite(explorer.result.needed))
    assert able == sorted(able, reverse=True)
    assert questions.get("03-q4").reference == HOPS_US[able.index(False) - 1]


def test_the_letters_of_the_last_question_rest_on_numbers() -> None:
    weak, wait = job("Ascend 910C", "Llama 3.1 405B", 1)
    strong, _ = job("GB200", "Llama 3.1 405B", 1)
    rack = parallel_seconds(72, strong, 0, wait)
    assert np.isinf(chips_needed(rack, weak, 0, wait))  # B
    assert 72 * CHIPS.loc["GB200", "fp16_tflops"] / CHIPS.loc["Ascend 910C", "fp16_tflops"] > 180  # C
    many, half = (parallel_seconds(n, weak, 0, wait) / rack - 1 for n in (384, 180))
    assert many < 0.11  # what D says of 384 ...
    assert half > 0.14  # ... and not of 180
    facts = load("case_facts").set_index("fact_id")["value"]
    assert questions.get("03-q7").reference[0] > 2  # E
    assert round(questions.get("03-q7").reference[0], 1) == facts["cm384-text"] != facts["cm384-headline"]
