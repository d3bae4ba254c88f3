"""Lesson 01: what does a chip buy you?"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from aistack.chips import Chip, ridge_flop_per_byte, step_seconds_bound
from aistack.serving import Model, decode_work, max_batch
from course.data import load
from course.questions.families import Between, Choosing, First, LeavingOut, OtherThan
from course.questions.question import Inputs, Misconception, Numbers, Question, Scenario

_BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256]


def _row(table: str, key: str, value: str) -> dict[str, Any]:
    rows = load(table)
    return {str(name): cell for name, cell in rows[rows[key] == value].iloc[0].to_dict().items()}


def _chip(name: str) -> Chip:
    return Chip.from_row(_row("chips", "chip", name))


def _measured_tflops(chip: str) -> float:
    rows = load("published_results")
    found = rows[(rows["quantity"] == "max_achievable_matmul_bf16") & (rows["chip"] == chip)]
    return float(found["value"].iloc[0])


def _tokens_per_s(chip: Chip, batch: float, context: int) -> float:
    work = decode_work(_LLAMA, batch, context)
    return batch / float(step_seconds_bound(*work, chip.peak_tflops, chip.bandwidth_gb_s))


_LLAMA = Model.from_row(_row("models", "model", "Llama 3.1 8B"))
_H100, _H20, _MI300X = _chip("H100 SXM"), _chip("H20"), _chip("MI300X")
_MI300X_ROW = _row("chips", "chip", "MI300X")


def _imagined_chip(draw: random.Random) -> Numbers:
    """A chip that nobody sells. GB/s over TFLOP/s stay between 1.1 and 27: outside, two slips would look alike."""
    peak = round(draw.uniform(300, 1000), 1)
    return {
        "fp16_tflops": peak,
        "fp8_tflops": 2 * peak,
        "memory_bandwidth_gb_s": round(draw.uniform(1200, 8000)),
        "memory_gb": round(draw.uniform(16, 300)),
    }


def _ridge(numbers: Numbers) -> Question:
    peak, bandwidth = numbers["fp16_tflops"], numbers["memory_bandwidth_gb_s"]
    return Question(
        id="01-q1",
        asks="Compute the ridge point of a chip that the lesson did not compute",
        objective=1,
        answer_name="ridge",
        reference=float(ridge_flop_per_byte(peak, bandwidth)),
        alternatives=(np.float64(peak * 1e12 / (bandwidth * 1e9)),),
        misconceptions=(
            Misconception(
                "tera over giga",
                peak / bandwidth,
                "You divided TFLOP/s by GB/s. A tera is a thousand gigas, and the thousand got lost.",
            ),
            Misconception(
                "upside down",
                bandwidth / peak / 1000,
                "That is bytes per operation. The ridge point counts operations per byte.",
            ),
            Misconception(
                "upside down, in data-sheet units",
                bandwidth / peak,
                "That is bytes per operation, and a thousand is lost. The ridge point counts operations per byte.",
            ),
            Misconception(
                "capacity for bandwidth",
                peak * 1000 / numbers["memory_gb"],
                "You used how much the memory holds. The ridge needs how fast it can be read.",
            ),
            Misconception(
                "another precision",
                float(ridge_flop_per_byte(numbers["fp8_tflops"], bandwidth)),
                "That is the ridge for 8-bit arithmetic. The question asks for 16-bit.",
            ),
        ),
        hints=(
            "At the ridge, computing and fetching take equally long: P / B.",
            "Turn both into single units first: 1 TFLOP/s is 1e12 operations, 1 GB/s is 1e9 bytes a second.",
        ),
        praise="Below that many operations for each byte, this chip waits for its memory.",
        section="One equation",
        scenario=Scenario(numbers, _imagined_chip, _ridge),
    )


_RIDGE_COLUMNS = ("fp16_tflops", "fp8_tflops", "memory_bandwidth_gb_s", "memory_gb")
RIDGE = _ridge({column: float(_MI300X_ROW[column]) for column in _RIDGE_COLUMNS})

READ_CHART = Question(
    id="01-q2",
    asks="Read from a roofline chart which chip is fastest for a given job",
    objective=2,
    answer_name="fastest",
    reference="C",
    alternatives=("c",),
    misconceptions=(
        Misconception(
            "highest roof",
            "B",
            "B has the highest flat roof, but a job at 20 operations per byte never gets up there. "
            "Follow the vertical line only as far as it meets a roof.",
        ),
        Misconception(
            "furthest ridge",
            "A",
            "A's roof bends furthest to the right, which means that it needs the most operations per byte "
            "to be busy. That is no advantage here.",
        ),
        Misconception(
            "all alike on the slope",
            "all equal",
            "All three are on their slopes, true, but the slopes are at different heights: a slope is a bandwidth.",
        ),
        Misconception(
            "not one of the letters",
            OtherThan(("A", "B", "C", "all equal")),
            'Answer with one of the letters, or with "all equal".',
        ),
    ),
    hints=(
        "Put a finger on the vertical line and go up. Each roof is a ceiling for that chip.",
        "Of the three ceilings above 20, which is the highest?",
    ),
    praise="Where the line crosses the slopes, the chip with the most bandwidth is the fastest.",
    section="Two jobs, one chip",
)


Limit = Callable[[float, float, float], float]


def _by(limit: Limit) -> Callable[[float, list[Any]], str]:
    """Return a choice: the chip for which `limit(intensity, peak, bandwidth)` is largest."""
    return lambda intensity, chips: str(max(chips, key=lambda chip: limit(intensity, chip[1], chip[2]))[0])


def _choose_by_loop(intensity: float, chips: list[Any]) -> str:
    best, most = "", 0.0
    for name, peak, bandwidth in chips:
        ridge = peak * 1000 / bandwidth
        speed = peak if intensity >= ridge else peak * intensity / ridge
        if speed > most:
            best, most = name, speed
    return best


def _choose_inputs(draw: random.Random) -> Inputs:
    """Three chips, each of which is the best for some job; the first job so poor that a lost thousand shows."""
    cases: Inputs = []
    for low, high in ((0.02, 0.02), (2, 8), (160, 180), (160, 180), (2500, 4000)):
        first, second, third = draw.sample("ABCDEFGHI", 3)
        chips = [
            [first, draw.uniform(1500, 2000), draw.uniform(1300, 1500)],
            [second, draw.uniform(100, 200), draw.uniform(6000, 8000)],
            [third, draw.uniform(600, 900), draw.uniform(3000, 4000)],
        ]
        draw.shuffle(chips)
        cases.append([draw.uniform(low, high), chips])
    return cases


CHOOSE = Question(
    id="01-q3",
    asks="Choose the fastest of several chips for a job by the roofline",
    objective=1,
    answer_name="choose",
    reference=_by(lambda i, p, b: min(p, i * b / 1000)),
    alternatives=(_choose_by_loop,),
    make_inputs=_choose_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "highest peak",
            _by(lambda i, p, b: p),
            "You choose the highest peak whatever the job. Below its ridge a chip waits for memory.",
        ),
        Misconception(
            "most bandwidth",
            _by(lambda i, p, b: b),
            "You choose the most bandwidth whatever the job. Above its ridge a chip cannot compute any faster.",
        ),
        Misconception(
            "max for min",
            _by(lambda i, p, b: max(p, i * b / 1000)),
            "You took the larger of the two limits. Both bind at once: a chip is as fast as its slower half.",
        ),
        Misconception(
            "tera and giga mixed",
            _by(lambda i, p, b: min(p, i * b)),
            "Intensity times GB/s gives GFLOP/s, and the peak is in TFLOP/s. Compare like with like.",
        ),
        Misconception(
            "the slowest",
            _by(lambda i, p, b: -min(p, i * b / 1000)),
            "Your speeds are right, but you return the slowest chip.",
        ),
    ),
    hints=(
        "For each chip two limits: its peak, and what its memory can feed, which is intensity times bandwidth.",
        "The smaller one, in TFLOP/s, is its speed. `max(chips, key=...)` finds the chip with the largest.",
    ),
    praise="Another job, another chip: that is why a list of peaks chooses nothing.",
    section="One equation",
)


def _overtaking_batch() -> float:
    """First batch of the explorer's steps at which the H100 writes more tokens a second than the H20."""
    return float(next(b for b in _BATCHES if _tokens_per_s(_H100, b, 512) > _tokens_per_s(_H20, b, 512)))


CROSSOVER = Question(
    id="01-q4",
    asks="Find with the explorer the batch from which the H100 overtakes the H20",
    objective=3,
    answer_name="overtaken_at",
    reference=_overtaking_batch(),
    alternatives=(int(_overtaking_batch()),),
    misconceptions=(
        Misconception(
            "a ridge for a batch",
            _H20.peak_tflops * 1000 / _H20.bandwidth_gb_s,
            "That is the H20's ridge, in operations per byte. The lever counts requests, and each brings its context.",
        ),
        Misconception(
            "between the steps",
            Between(_overtaking_batch() / 2, _overtaking_batch()),
            "Well read from a chart. The question asks for a step of the lever: 1, 2, 4, ... 256.",
        ),
        Misconception(
            "H20 still ahead",
            Between(0, _overtaking_batch()),
            "There the H20 is still ahead: the ratio under the picture is above 1.",
        ),
        Misconception(
            "not the first",
            Between(_overtaking_batch(), 300),
            "The H100 leads there, but not for the first time. It need not reach its own ridge to win: "
            "it is enough that the H20 has hit its flat roof.",
        ),
    ),
    hints=(
        "Start with the preset named in the question, then move only the batch, one step at a time.",
        "The sentence under the picture gives the ratio to the H100. Where does it first fall below 1?",
    ),
    praise="The H20 leads until it hits its flat roof. After that, arithmetic is what counts.",
    section="What if?",
    tolerance=1e-6,
)


def _rate(batch: float, flop: float, bytes_moved: float, peak_tflops: float, bandwidth_gb_s: float) -> float:
    return batch / max(flop / (peak_tflops * 1e12), bytes_moved / (bandwidth_gb_s * 1e9))


def _rate_by_steps(batch: float, flop: float, bytes_moved: float, peak_tflops: float, bandwidth_gb_s: float) -> float:
    computing = flop / peak_tflops / 1e12
    fetching = bytes_moved / bandwidth_gb_s / 1e9
    seconds = computing if computing > fetching else fetching
    return 1 / seconds * batch


def _rate_inputs(draw: random.Random) -> Inputs:
    """Decode steps of a mid-sized model: some wait for memory, some for arithmetic."""
    cases: Inputs = []
    for side in (0.1, 0.6, 2.0, 8.0):
        peak, bandwidth = draw.uniform(100, 1000), draw.uniform(500, 5000)
        moved = draw.uniform(10e9, 80e9)
        cases.append([draw.randint(2, 128), side * moved * peak * 1000 / bandwidth, moved, peak, bandwidth])
    return cases


RATE = Question(
    id="01-q5",
    asks="Write the tokens per second of a decode step as a function",
    objective=3,
    answer_name="tokens_per_s",
    reference=_rate,
    alternatives=(_rate_by_steps,),
    make_inputs=_rate_inputs,
    points=2,
    misconceptions=(
        Misconception(
            "steps, not tokens",
            lambda n, f, m, p, b: _rate(1, f, m, p, b),
            "You count steps per second. Each step writes one token for every request in the batch.",
        ),
        Misconception(
            "units left out",
            lambda n, f, m, p, b: n / max(f / p, m / b),
            "A tera is a thousand gigas: bring peak and bandwidth to single units, or their times do not compare.",
        ),
        Misconception(
            "adds the two times",
            lambda n, f, m, p, b: n / (f / (p * 1e12) + m / (b * 1e9)),
            "You add computing and fetching. The roofline lets them overlap: the longer one is the time.",
        ),
        Misconception(
            "shorter half",
            lambda n, f, m, p, b: n / min(f / (p * 1e12), m / (b * 1e9)),
            "You let the faster half set the pace. A step is over when the slower half is done.",
        ),
        Misconception(
            "memory only",
            lambda n, f, m, p, b: n / (m / (b * 1e9)),
            "Right while memory binds. In a large batch the arithmetic takes longer, and you leave it out.",
        ),
    ),
    hints=(
        "First the seconds of one step: computing takes flop / P, fetching takes bytes / B, and they overlap.",
        "Which of the two times does a step take? And how many tokens come out of one step?",
    ),
    praise="The same roofline, told in time: this is what a service sells.",
    section="Batch and context",
)

MEASURED = Question(
    id="01-q6",
    asks="Recompute a comparison of two chips from measurements instead of data sheets",
    objective=4,
    answer_name="measured_ratio",
    reference=_measured_tflops("MI300X") / _measured_tflops("H100 SXM"),
    alternatives=(round(_measured_tflops("MI300X") / _measured_tflops("H100 SXM"), 2),),
    misconceptions=(
        Misconception(
            "data sheet again",
            _MI300X.peak_tflops / _H100.peak_tflops,
            "That is the ratio of the printed peaks. The question asks for the ratio of the measured figures.",
        ),
        Misconception(
            "the other way round",
            _measured_tflops("H100 SXM") / _measured_tflops("MI300X"),
            "That is the H100 over the MI300X. The question asks for the MI300X over the H100.",
        ),
        Misconception(
            "compares shares of peak",
            (_measured_tflops("MI300X") / _MI300X.peak_tflops) / (_measured_tflops("H100 SXM") / _H100.peak_tflops),
            "You compared how much of its own peak each one reached. A buyer wants the speeds themselves.",
        ),
    ),
    hints=(
        "Take from the table the rows whose quantity is `max_achievable_matmul_bf16`.",
        "A buyer compares speeds; the peaks are not needed.",
    ),
    praise="The order of the two chips turned round. A peak is a promise about hardware, not about software.",
    section="How wrong is it?",
)

CRITICISE = Question(
    id="01-q7",
    asks="Say which objections to a claim the evidence supports",
    objective=5,
    answer_name="objections",
    reference={"B", "D", "E"},
    alternatives=(["D", "B", "E"], {"b", "d", "e"}),
    misconceptions=(
        Misconception(
            "swings to the other extreme",
            Choosing("A"),
            "A says that the H20 wins everywhere. Look at prefill in the explorer: there it does not.",
        ),
        Misconception(
            "memory size for everything",
            Choosing("C"),
            "C reasons from the size of the memory. Training is far above both ridges: there arithmetic binds, "
            "and a larger memory does not change that.",
        ),
        Misconception(
            "misses where the claim is right",
            LeavingOut("D"),
            "Not all yet. A fair critic also looks for the jobs in which a claim is right.",
        ),
        Misconception(
            "takes the bound for the truth",
            LeavingOut("E"),
            "Not all yet. You have used the model; what did the measurements say about it?",
        ),
        Misconception(
            "misses the main objection",
            LeavingOut("B"),
            "Not all yet. What was the surprise in the lesson's second job?",
        ),
    ),
    hints=(
        "Go through the five one by one: is there a number in the lesson that bears it out?",
        "Three hold. One of them says where the claim is right.",
    ),
    praise="The claim is true of one kind of job and false of another, and peaks settle neither.",
    section="Verdict so far",
    points=2,
)


def _largest_batch_rate(chip: Chip, context: int = 32768) -> float:
    """Most tokens a second with as many requests as fit in memory."""
    return _tokens_per_s(chip, float(max_batch(_LLAMA, chip.memory_gb, context)), context)


def _break_even_w() -> float:
    return _largest_batch_rate(_H20) / _largest_batch_rate(_MI300X) * float(_MI300X_ROW["tdp_w"])


BREAK_EVEN = Question(
    id="01-q8",
    asks="Find out whether a disagreement between two sources changes a decision",
    objective=4,
    answer_name="decision",
    reference=(_break_even_w(), False),
    alternatives=([round(_break_even_w()), False],),
    points=2,
    misconceptions=(
        Misconception(
            "right watts, wrong conclusion",
            First(_break_even_w()),
            "The watts are right. Now hold both sources against them once more: on which side does each lie?",
        ),
        Misconception(
            "averages the sources",
            First((400 + 550) / 2),
            "That is the middle of the two sources. Averaging is no argument: at which power would it matter?",
        ),
        Misconception(
            "tokens per joule",
            First(_largest_batch_rate(_H20) / 400),
            "That is tokens per joule at 400 W. The question asks for a power in watts.",
        ),
        Misconception(
            "ratio turned round",
            First(float(_MI300X_ROW["tdp_w"]) ** 2 / _break_even_w()),
            "You scaled the power up. The H20 writes fewer tokens, so it must draw less to break even.",
        ),
        Misconception(
            "equal power",
            First(float(_MI300X_ROW["tdp_w"])),
            "With equal power the chip that writes more tokens wins. Equal tokens per joule is asked for.",
        ),
        Misconception(
            "by bandwidth alone",
            First(_H20.bandwidth_gb_s / _MI300X.bandwidth_gb_s * float(_MI300X_ROW["tdp_w"])),
            "You scaled by bandwidth. With a full memory the batch differs too: use the tokens per second.",
        ),
    ),
    hints=(
        "A watt is a joule a second, so tokens per joule are tokens per second divided by watts.",
        "Set the H20's rate over its unknown power equal to the MI300X's rate over its known power, and solve.",
    ),
    praise="The decision hangs on which source is right. That is what an audit is for.",
    section="The data",
)

QUESTIONS: tuple[Question, ...] = (RIDGE, READ_CHART, CHOOSE, CROSSOVER, RATE, MEASURED, CRITICISE, BREAK_EVEN)
