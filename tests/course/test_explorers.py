"""Every explorer of the course: visited in all corners and all pairs of lever values, and held to the models."""

import io
import itertools
import math
import random

import numpy as np
import pytest
from matplotlib.lines import Line2D
from matplotlib.text import Text
from PIL import Image

from aistack import chips, serving, shocks, stack
from aistack.assumptions import BASES, drawn
from aistack.race import simulate
from course import scenarios
from course.charts import number
from course.data import load
from course.explorer import Choice
from course.explorers import every
from course.explorers.shocks import losses as supply_losses
from course.explorers.shocks import price
from course.explorers.training import HOURS

SAMPLE = 12
FEW, ENOUGH = 1000, 150


def corners(explorer):
    """Return every combination of the ends of the levers; of a choice, every option is an end."""
    ends = [
        lever.values() if isinstance(lever, Choice) else (lever.values()[0], lever.values()[-1])
        for lever in explorer.levers.values()
    ]
    return [dict(zip(explorer.levers, values, strict=True)) for values in itertools.product(*ends)]


def pairs(explorer):
    """Return every pair of values of every two levers, the others at their defaults."""
    return [
        {**explorer.start, one.name: first, other.name: second}
        for one, other in itertools.combinations(explorer.levers.values(), 2)
        for first, second in itertools.product(one.values(), other.values())
    ]


def states(explorer):
    """Return every state if they are few, otherwise corners and pairs; and the presets."""
    values = [lever.values() for lever in explorer.levers.values()]
    if math.prod(map(len, values)) <= FEW:
        every = [dict(zip(explorer.levers, state, strict=True)) for state in itertools.product(*values)]
        return [*every, *explorer.presets.values()]
    return [*corners(explorer), *pairs(explorer), *explorer.presets.values()]


def sample(explorer, count=SAMPLE):
    return random.Random(0).sample(states(explorer), count)


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.fixture(scope="module", params=every())
def explorer(request):
    """One explorer for all tests, because making it draws a whole figure; each test sets the state it needs."""
    made = every()[request.param]()
    made.png()
    return made


@pytest.fixture(scope="module")
def roofline():
    return every()["roofline"]()


@pytest.fixture(scope="module")
def supply():
    return every()["supply"]()


def test_it_has_few_levers_many_cases_and_a_baseline(explorer):
    assert 3 <= len(explorer.levers) <= 6
    assert len(explorer.presets) >= 4
    assert explorer.baseline
    assert explorer.chart.panels <= 2


def test_no_state_fails_and_nothing_leaves_the_fixed_axes(explorer):
    lines = {name: line for name, line in explorer.chart.artists.items() if isinstance(line, Line2D)}
    limits = {name: (line.axes.get_xlim(), line.axes.get_ylim()) for name, line in lines.items()}
    visited = states(explorer)
    assert len(visited) > ENOUGH
    for state in visited:
        explorer.set(**state)
        assert explorer.errors == [], state
        assert explorer.sentence.endswith("."), state
        assert len(explorer.table()) >= 3, state
        for text in [explorer.sentence, *(value for _, value in explorer.table())]:
            assert not {"nan", "inf", "infinite"} & set(text.replace(",", " ").split()), (state, text)
        for name, line in lines.items():
            for values, (low, high) in zip(line.get_data(), limits[name], strict=True):
                slack = 1e-9 * high
                inside = (np.asarray(values) >= low - slack) & (np.asarray(values) <= high + slack)
                assert inside.all(), f"{name} leaves its axes at {state}"
    for name, line in lines.items():
        assert (line.axes.get_xlim(), line.axes.get_ylim()) == limits[name], "the axes must stay"


def test_no_text_is_cut_off_or_covered_by_another(explorer):
    figure = explorer.chart.figure
    renderer, middle = figure.canvas.get_renderer(), figure.bbox.width / explorer.chart.panels
    texts = {name: text for name, text in explorer.chart.artists.items() if isinstance(text, Text)}
    for state in states(explorer):
        explorer.set(**state)
        boxes = {name: text.get_window_extent(renderer) for name, text in texts.items() if text.get_text()}
        assert boxes
        for name, box in boxes.items():
            panel = box.x0 // middle
            assert panel * middle <= box.x0, (name, state)
            assert box.x1 <= (panel + 1) * middle, (name, state)
            assert 0 <= box.y0 < box.y1 <= figure.bbox.height, (name, state)
        for (name, box), (other, its_box) in itertools.combinations(boxes.items(), 2):
            touching = box.padded(-2), its_box.padded(-2)
            assert not touching[0].overlaps(touching[1]), (name, other, state)


def test_every_lever_changes_the_picture_and_the_words(explorer):
    for lever in explorer.levers.values():
        seen = set()
        for value in lever.values():
            explorer.set(**{**explorer.start, lever.name: value})
            seen.add((explorer.png(), explorer.sentence))
        assert len({png for png, _ in seen}) == len({sentence for _, sentence in seen}) == len(lever.values()), lever


def test_what_is_blitted_is_what_a_full_drawing_shows(explorer):
    for state in sample(explorer):
        explorer.set(**state)
        quick, full = pixels(explorer.png()), pixels(explorer.full_draw_png())
        assert (quick != full).any(axis=2).mean() < 0.005, state


def test_undo_reset_and_scenario_bring_states_back(explorer):
    explorer.reset()
    start = explorer.state, explorer.png()
    for state in (each for each in sample(explorer) if each != explorer.start):  # which is no step to take back
        explorer.reset()
        explorer.set(**state)
        there = explorer.state, explorer.sentence, explorer.png()
        scenario = explorer.scenario
        explorer.undo()
        assert (explorer.state, explorer.png()) == start
        explorer.load(scenario)
        assert (explorer.state, explorer.sentence, explorer.png()) == there
        explorer.reset()
        assert (explorer.state, explorer.png()) == start


# ---- roofline: what is said and drawn, computed again from the rows and the models

BYTES = {"16-bit": 2, "8-bit": 1, "4-bit": 0.5}


class Job:
    """The figures of a state on one chip, straight from the data and `aistack`."""

    def __init__(self, model, chip, batch, context_tokens, weights):
        rows = {name: load(name) for name in ("chips", "models")}
        row = rows["chips"][rows["chips"]["chip"] == chip].iloc[0]
        of_model = rows["models"][rows["models"]["model"] == model].iloc[0]
        llm = serving.Model.from_row(of_model)
        speeds = row["fp16_tflops"], row["memory_bandwidth_gb_s"]
        decode = serving.decode_work(llm, batch, context_tokens, BYTES[weights])
        prompt = serving.prefill_work(llm, context_tokens, 1, BYTES[weights])
        self.intensity = float(decode.flop / decode.bytes_moved)
        self.prompt_intensity = float(prompt.flop / prompt.bytes_moved)
        self.ridge = float(chips.ridge_flop_per_byte(*speeds))
        self.speed = float(chips.attainable_tflops_bound(self.intensity, *speeds))
        self.prompt_speed = float(chips.attainable_tflops_bound(self.prompt_intensity, *speeds))
        self.tokens_per_s = float(batch / chips.step_seconds_bound(decode.flop, decode.bytes_moved, *speeds))
        self.prompt_s = float(chips.step_seconds_bound(prompt.flop, prompt.bytes_moved, *speeds))
        self.fits = int(serving.max_batch(llm, row["memory_gb"], context_tokens, BYTES[weights]))
        self.too_heavy = bool(serving.weight_bytes(llm, BYTES[weights]) > row["memory_gb"] * 1e9)
        self.window = int(of_model["context_tokens"])


def check_words(state, explorer):
    job, base = Job(**state), Job(**{**state, "chip": "H100 SXM"})
    said, same = explorer.sentence, state["chip"] == "H100 SXM"

    def times(ratio):
        return "about the same as" if number(ratio) == "1" else f"{number(ratio)} times"

    assert said.startswith(
        f"{state['chip']}, {state['model']} with {state['weights']} weights, batch {state['batch']}, "
    )
    assert f" {state['context_tokens']:,} tokens of context: decode does {number(job.intensity)} operations" in said
    memory_binds = job.intensity < job.ridge
    where, what = ("below", "bandwidth") if memory_binds else ("above", "arithmetic")
    assert (
        f"{where} the ridge at {number(job.ridge)}, so {what} binds: at most {number(job.tokens_per_s)} tokens/s"
        in said
    )
    assert (f"{times(job.tokens_per_s / base.tokens_per_s)} the H100 SXM," in said) is not same
    assert ("the ratio of their bandwidths" in said) is (not same and memory_binds and base.intensity < base.ridge)
    assert ("the ratio of their peaks" in said) is (not same and not memory_binds and base.intensity >= base.ridge)
    assert ("It would not run" in said) is (job.fits < state["batch"])
    assert ("the weights alone need" in said) is job.too_heavy
    assert ("no room for even one" in said) is (job.fits == 0 and not job.too_heavy)
    assert (f"hold at most {job.fits:.0f} such" in said) is (1 <= job.fits < state["batch"])
    assert ("Every batch shown fits" in said) is (job.fits >= 256)
    if state["batch"] <= job.fits < 256:
        assert f"Batch {2 ** int(np.log2(job.fits) + 1)} would no longer fit" in said
    assert ("The H100 SXM could not hold it" in said) is (not same and base.fits < state["batch"])
    limit = "bandwidth" if job.prompt_intensity < job.ridge else "arithmetic"
    time = f"{number(job.prompt_s)} s" if job.prompt_s >= 1 else f"{number(1000 * job.prompt_s)} ms"
    assert f"limited by {limit}: at least {time}" in said
    assert (f"{time}, {times(job.prompt_s / base.prompt_s)} the H100 SXM's." in said) is not same
    assert ("was made for at most" in said) is (state["context_tokens"] > job.window)
    assert ("arithmetic stays 16-bit" in said) is (state["weights"] != "16-bit")
    table = dict(explorer.table())
    assert table["Decode, at most"] == f"{number(job.tokens_per_s)} tokens/s"
    assert table["Decode speed, H100 SXM = 1"] == number(job.tokens_per_s / base.tokens_per_s)
    assert table["Largest batch that fits in memory"] == f"{job.fits:,.0f} requests"
    assert table["What binds decode"] == what
    assert table["Reading the prompt, at least"] == time


def check_drawing(state, explorer):
    artists = explorer.chart.artists
    for who, job in (("", Job(**state)), ("ghost ", Job(**{**state, "chip": "H100 SXM"}))):
        (x,), (y,) = artists[f"{who}decode"].get_data()
        assert (x, y) == pytest.approx((job.intensity, job.speed))
        (x,), (y,) = artists[f"{who}prefill"].get_data()
        assert (x, y) == pytest.approx((min(job.prompt_intensity, 2000), job.prompt_speed))
        (x,), (y,) = artists[f"{who}batch"].get_data()
        assert (x, y) == pytest.approx((state["batch"], job.tokens_per_s))
        assert (artists[f"{who}batch"].get_markerfacecolor() == "white") is (job.fits < state["batch"])
        batches = artists[f"{who}fitting"].get_xdata()
        assert max(batches, default=0) == min(job.fits, 256)
        assert np.interp(job.intensity, *artists[f"{who}roof"].get_data()) == pytest.approx(job.speed, rel=0.05)
    assert artists["left title"].get_text().split()[-1] == dict(explorer.table())["What binds decode"]
    job, base = Job(**state), Job(**{**state, "chip": "H100 SXM"})
    title = artists["right title"].get_text()
    if job.fits < state["batch"]:
        assert title.startswith("Does not fit in ")
    else:
        ratio = number(job.tokens_per_s / base.tokens_per_s)
        compared = (
            "" if state["chip"] == "H100 SXM" else ", like H100 SXM" if ratio == "1" else f", {ratio} times H100 SXM"
        )
        assert title == f"{number(job.tokens_per_s)} tokens/s{compared}"


def test_roofline_says_and_draws_what_the_models_say(roofline):
    for state in [*roofline.presets.values(), *sample(roofline, 250)]:
        roofline.set(**state)
        check_words(state, roofline)
        check_drawing(state, roofline)


def test_roofline_shows_the_surprise_of_the_lesson(roofline):
    """A chip with 15 % of the peak and 119 % of the bandwidth: 1.19 times the decode, 6.7 times slower prefill."""
    roofline.preset("The rule's surprise: H20, one user")
    table = dict(roofline.table())
    assert table["Ridge, operations per byte"] == number(148e12 / 4000e9) == "37"
    assert table["Decode speed, H100 SXM = 1"] == number(4000 / 3350) == "1.19"
    assert table["Time to read it, H100 SXM = 1"] == number(989.4 / 148) == "6.69"


# ---- substitution: the same, for one layer that is cut


def test_substitution_says_and_draws_what_the_model_says():
    explorer = every()["substitution"]()
    for state in states(explorer):
        explorer.set(**state)
        left, weight, sigma = state["left"] / 100, state["weight"] / 100, state["sigma"]
        helping = (1 - weight) * (1 if state["helpers"] == "all other layers" else 1 / 3)
        output = float(stack.ces_output([left, 1], [weight, 1 - weight], sigma))
        needed = float(stack.required_multiplier(left, weight, sigma, helping))
        table, said = dict(explorer.table()), explorer.sentence
        assert table["Output if nobody helps"] == f"{number(100 * output)} %"
        assert f"At σ = {sigma:g} output falls to {number(100 * output)} %" in said
        assert ("No effort of" in said) == np.isinf(needed)
        (x,), (y,) = explorer.chart.artists["output here"].get_data()
        assert (x, y) == pytest.approx((100 * left, 100 * output))
        if needed <= 100:
            assert explorer.chart.artists["needed here"].get_ydata() == pytest.approx([needed])
            assert table[f"What {state['helpers']} must do"].startswith(f"{number(needed)} times")
        else:
            assert len(explorer.chart.artists["needed here"].get_xdata()) == 0


# ---- supply: the same, for a supply of chips that may stop


def test_supply_says_and_draws_what_the_simulation_says():
    explorer = every()["supply"]()
    for state in [*explorer.presets.values(), *sample(explorer, 20)]:
        explorer.set(**state)
        lost = supply_losses(**state)
        bad = float(shocks.expected_shortfall(lost, 0.05))
        table, said = dict(explorer.table()), explorer.sentence
        assert table["Lost on average"] == f"{number(lost.mean())} %"
        assert table["Lost in the worst 5 % of cases"] == f"{number(bad)} %"
        assert f"{number(bad)} % in the worst 5 % of cases" in said
        assert table[
            "Cost of the protection"
        ] == f"{number(price(state['second'], state['spare'], state['stock']))} %" + (" of the chip budget")
        (x,), (y,) = explorer.chart.artists["here"].get_data()
        assert (x, y) == pytest.approx((price(state["second"], state["spare"], state["stock"]), bad))
        more_than_20 = np.interp(20, *explorer.chart.artists["exceeded"].get_data())
        assert more_than_20 == pytest.approx(100 * (lost > 20).mean())


def test_supply_agrees_with_the_closed_form_of_one_maker(supply):
    """Monthly chance times the months that follow, with overlaps: the mean loss without any protection."""
    supply.set(probability=40, months_out=4, second=0, spare=0, stock=0)
    monthly = 1 - 0.6 ** (1 / 12)
    months = np.arange(1, 61)
    up = np.cumprod(1 - monthly * np.exp(-(months - 0.5) / 4))  # half a month into month t, roughly its mean
    assert supply.result.mean_loss == pytest.approx(100 * (1 - up).mean(), rel=0.05)


# ---- outlook: the same, for the race


def test_outlook_says_and_draws_what_the_race_says():
    explorer = every()["outlook"]()
    for state in [*explorer.presets.values(), *sample(explorer, 15)]:
        explorer.set(**state)
        scenario = scenarios.race(state["rival"], state["strategy"], draws=200)
        scenario["seed"], scenario["assumptions"] = 13, {"sigma": state["sigma"]}
        scenario["actors"][1]["chip_access"] = state["access"] / 100
        scenario["shocks"][0]["severity"] = state["severity"] / 100
        ran = simulate(scenario, drawn(200, 13, tuple(name for name in BASES if name != "sigma")))
        values = ran.measure(state["winning"])
        ratio = 100 * np.median(values[1] / values[0])
        assert f"By {state['winning']} they have {number(ratio)} for 100" in explorer.sentence
        (x,), _ = explorer.chart.artists["chosen"].get_data()
        assert x == pytest.approx(np.clip(ratio, 1, 1000))
        behind = np.median(ran.capability[-1, 0]) - np.median(ran.capability[-1, 1])
        assert dict(explorer.table())["Points behind in 2035, middle draw"] == number(behind)


def test_roofline_offers_chips_of_several_vendors_and_countries(roofline):
    rows = load("chips").set_index("chip").loc[list(roofline.levers["chip"].values())]
    assert len(rows) >= 10
    assert rows["vendor"].nunique() >= 5
    assert {"US", "CN"} <= set(rows["vendor_country"])


# ---- training: the same


def test_training_says_what_the_models_say():
    explorer = every()["training"]()
    peaks = load("chips").set_index("chip")["fp16_tflops"]
    for state in [*explorer.presets.values(), *sample(explorer, 60)]:
        explorer.set(**state)
        operations = 6 * state["size_b"] ** 2 * 1e18 * state["tokens_per_parameter"]
        hours = operations / (peaks[state["chip"]] * 1e12 * state["mfu_percent"] / 100) / 3600
        run = explorer.result
        assert (run.flop, run.hours, run.usd) == pytest.approx((operations, hours, 2 * hours))
        assert run.lag == pytest.approx(np.log2(state["gap"]) * state["doubling_months"])
        assert f"{number(run.lag)} months behind" in explorer.sentence
        (x,), (y,) = explorer.chart.artists["run"].get_data()
        assert (x, y) == pytest.approx((state["size_b"], np.clip(hours, *HOURS)))
        (x,), (y,) = explorer.chart.artists["lag"].get_data()
        assert (x, y) == pytest.approx((state["gap"], run.lag))
