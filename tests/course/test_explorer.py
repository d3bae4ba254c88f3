"""The machinery of explorers, held with a small one: y = slope * x ** power, drawn as a line."""

import io
import json
import re
from html import unescape

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

from course import charts
from course.charts import Chart, Stage, figure, log_ticks
from course.explorer import Choice, Explorer, Range, Steps

X = np.linspace(0, 1, 11)
POWERS = {"line": 1, "square": 2}
ROUNDING = 4
"""Levels of 255 by which two ways of blending the same texts over the same lines may differ."""


def model(slope, power, scale):
    if slope == 3 and scale == 4:
        raise ZeroDivisionError("three <and> four do not go together")
    return slope * scale * X ** POWERS[power]


class LineChart(Chart):
    def __init__(self):
        super().__init__()
        self.figure, (axes,) = figure(subtitle="y")
        axes.set(xlim=(0, 1), ylim=(0, 16))
        log_ticks(axes)
        self.add_line("ghost", axes, color="grey")
        self.add_line("line", axes, color="black")
        self.add_label("end", axes)
        self.add_title("title", axes)

    def update(self, result, ghost):
        self.move("line", X, result)
        self.move("ghost", X, ghost)
        self.place("end", f"{result[-1]:.1f}", 1, result[-1], (-5, -5))
        self.write("title", f"It ends at {result[-1]:.1f}")

    def sentence(self, result, ghost):
        return f"y rises to {result[-1]:.2f}, <{result[-1] / ghost[-1]:.2f}> times the baseline."

    def numbers(self, result, ghost):
        return [("End <1>", f"{result[-1]:.2f} m"), ("Baseline", f"{ghost[-1]:.2f} m")]


def levers():
    return [
        Range("slope", "Slope", 0.5, 4, 0.5, "m", 1),
        Choice("power", "Power", tuple(POWERS), "line"),
        Steps("scale", "Scale", (1, 2, 4), "times", 1),
    ]


def build(**more):
    presets = {"steep": {"slope": 3.5}, "large & round": {"scale": 4, "power": "square"}}
    return Explorer(**{"name": "How <steep>?", "model": model, "levers": levers(), "chart": LineChart(),
                       "presets": presets, "baseline": {"slope": 1.0}, **more})  # fmt: skip


@pytest.fixture
def explorer():
    return build()


class Panel:
    """The widgets of an explorer, found as a reader finds them: by kind and by name."""

    def __init__(self, explorer):
        self.all = list(self.walk(explorer.widget))
        self.pictures = [w for w in self.all if isinstance(w, widgets.HTML) and "<figure" in w.value]
        assert len(self.pictures) == 1
        self.picture = self.pictures[0]

    def walk(self, widget):
        yield widget
        for child in getattr(widget, "children", ()):
            yield from self.walk(child)

    def named(self, description):
        (found,) = [w for w in self.all if getattr(w, "description", None) == description]
        return found

    def sliders(self):
        return [w for w in self.all if isinstance(w, widgets.FloatSlider | widgets.SelectionSlider)]

    def red(self):
        """What is said in red; markup in it would have been dropped as a browser does, so it must be escaped."""
        said = " ".join(w.value for w in self.all if isinstance(w, widgets.HTML) and 'role="alert"' in w.value)
        return unescape(re.sub("<[^>]*>", "", said))


@pytest.fixture
def panel(explorer):
    return Panel(explorer)


# ---- states and levers


def test_a_state_gives_result_sentence_and_table(explorer):
    explorer.set(slope=2, scale=4)
    assert explorer.state == {"slope": 2.0, "power": "line", "scale": 4}
    assert np.array_equal(explorer.result, 8 * X)
    assert explorer.sentence == "y rises to 8.00, <2.00> times the baseline."
    assert explorer.table() == [("End <1>", "8.00 m"), ("Baseline", "4.00 m")]
    assert explorer.errors == []


def test_the_baseline_follows_the_levers_that_it_does_not_hold(explorer):
    explorer.set(slope=4, scale=2)
    assert explorer.chart.artists["ghost"].get_ydata()[-1] == 2
    assert explorer.chart.artists["line"].get_ydata()[-1] == 8


def test_nobody_can_change_a_state_from_outside(explorer):
    explorer.state["scale"] = 99
    explorer.table().clear()
    assert explorer.state["scale"] == 1
    assert explorer.table()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"slope": 4.5}, r"slope = 4\.5 is out of range; allowed: 0\.5 to 4 m"),
        ({"slope": 0}, r"slope = 0 is out of range"),
        ({"slope": float("nan")}, r"slope = nan is out of range"),
        ({"slope": True}, r"slope = True is out of range"),
        ({"slope": "2"}, r"slope = '2' is out of range"),
        ({"scale": 3}, r"scale = 3 is not a step; allowed: 1, 2, 4 times"),
        ({"scale": True}, r"scale = True is not a step"),
        ({"scale": [1]}, r"scale = \[1\] is not a step"),
        ({"power": "cube"}, r"power = 'cube' is not an option; allowed: line, square"),
        ({"power": None}, r"power = None is not an option"),
        ({"colour": "red", "scale": 2}, r"'colour' is no lever; allowed: slope, power, scale"),
        ({"scale": 2, "power": "cube"}, r"power = 'cube'"),
    ],
)
def test_a_bad_value_is_refused_with_its_range_and_nothing_moves(explorer, bad, message):
    before = explorer.state
    for refused in (lambda: explorer.set(**bad), lambda: explorer.load(json.dumps(bad))):
        with pytest.raises(ValueError, match=message):
            refused()
    assert explorer.state == before
    explorer.undo()
    assert explorer.state == before


def test_a_step_is_stored_as_listed(explorer):
    explorer.set(scale=np.float64(2.0))
    assert explorer.scenario == '{"slope": 1.0, "power": "line", "scale": 2}'


@pytest.mark.parametrize("lever", levers(), ids=lambda lever: lever.name)
def test_a_lever_accepts_its_own_values(lever):
    assert lever.default in lever.values() or isinstance(lever, Range)
    assert [lever.check(value) for value in lever.values()] == list(lever.values())
    assert getattr(lever, "unit", "") in lever.text(lever.default)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"presets": {"x": {"slope": 9}}}, "slope = 9 is out of range"),
        ({"presets": {"x": {"slip": 1}}}, "'slip' is no lever"),
        ({"baseline": {"power": "cube"}}, "power = 'cube' is not an option"),
        ({"levers": [Steps("scale", "Scale", (1, 2), "times", 3)], "presets": {}, "baseline": {}}, "scale = 3 is not"),
    ],
)
def test_an_explorer_that_contradicts_itself_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        build(**wrong)


# ---- undo, reset, presets, scenarios


def test_undo_takes_back_step_by_step(explorer):
    explorer.set(scale=2)
    explorer.set(scale=4)
    explorer.set(scale=4)  # no move, no step
    explorer.reset()
    seen = []
    for _ in range(4):
        seen.append((explorer.state["scale"], explorer.result[-1]))
        explorer.undo()
    assert seen == [(1, 1), (4, 4), (2, 2), (1, 1)]


def test_reset_brings_every_lever_back(explorer):
    start = explorer.state
    explorer.set(slope=3, power="square")
    explorer.reset()
    assert explorer.state == start


def test_a_preset_sets_every_lever(explorer):
    explorer.set(slope=4)
    explorer.preset("large & round")
    assert explorer.state == {"slope": 1.0, "power": "square", "scale": 4}
    with pytest.raises(ValueError, match="preset = 'flat' does not exist; allowed: steep, large & round"):
        explorer.preset("flat")


def test_a_scenario_goes_out_and_comes_back(explorer):
    explorer.set(slope=2.5, power="square", scale=2)
    other = build()
    other.load(explorer.scenario)
    assert other.state == explorer.state
    assert other.png() == explorer.png()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this is not JSON"),
        ("slope=2", "this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ('["slope"]', r'a scenario is a JSON object such as \{"slope"'),
        ('{"slope": NaN}', "slope = nan is out of range"),
        ('{"slope": 1e999}', "slope = inf is out of range"),
        ('{"slope": 1' + "0" * 400 + "}", "slope = 10+ is out of range"),
        ('{"scale": "4"}', "scale = '4' is not a step"),
        ('{"<b>": 1}', "'<b>' is no lever"),
    ],
)
def test_a_scenario_that_cannot_be_used_is_refused_in_red_and_kept_for_mending(explorer, panel, text, message):
    before = explorer.state, panel.picture.value
    panel.named("Scenario (JSON)").value = text
    panel.named("Load scenario").click()
    assert (explorer.state, panel.picture.value) == before
    assert re.search(f"Nothing was moved: .*{message}", panel.red())
    assert panel.named("Scenario (JSON)").value == text
    panel.named("Scenario (JSON)").value = '{"scale": 2}'
    panel.named("Load scenario").click()
    assert explorer.state["scale"] == 2
    assert panel.red() == ""
    assert explorer.errors == []


# ---- the panel


def test_the_sentence_is_told_to_those_who_listen_and_a_failure_only_as_an_alert(explorer, panel):
    (status,) = [w for w in panel.all if isinstance(w, widgets.HTML) and "aria-live" in w.value]
    explorer.set(slope=2)
    assert unescape(re.sub("<[^>]*>", "", status.value)) == explorer.sentence
    explorer.set(slope=3, scale=4)
    assert panel.red()
    assert re.sub("<[^>]*>", "", status.value) == ""


def test_every_slider_has_a_box_with_a_name_beside_it(panel):
    assert len(panel.sliders()) == 2
    for slider in panel.sliders():
        (row,) = [w for w in panel.all if isinstance(w, widgets.HBox) and slider in w.children]
        box = row.children[0]
        assert re.fullmatch(r"(Slope, m|Scale, times)", box.description)
        assert box.value == slider.value


def test_slider_box_and_state_move_together(explorer, panel):
    slope, scale = panel.sliders()
    slope.value = 2.0
    assert panel.named("Slope, m").value == explorer.state["slope"] == 2.0
    panel.named("Scale, times").value = 4
    assert scale.value == explorer.state["scale"] == 4
    explorer.set(slope=1.5, scale=2)
    assert (slope.value, panel.named("Slope, m").value, scale.value) == (1.5, 1.5, 2)


ACTIONS = {
    "slider": lambda panel: setattr(panel.sliders()[0], "value", 2.5),
    "box": lambda panel: setattr(panel.named("Slope, m"), "value", 2.5),
    "choice": lambda panel: setattr(panel.named("Power"), "value", "square"),
    "preset": lambda panel: setattr(panel.named("Real case"), "value", "large & round"),
    "scenario": lambda panel: (
        setattr(panel.named("Scenario (JSON)"), "value", '{"slope": 2, "scale": 4}'),
        panel.named("Load scenario").click(),
    ),
    "undo": lambda panel: panel.named("Undo").click(),
    "reset": lambda panel: panel.named("Reset").click(),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_renders_once_and_changes_the_picture(explorer, panel, action, monkeypatch):
    explorer.set(slope=4)
    draws, changes, draw = [], [], Stage.draw
    monkeypatch.setattr(Stage, "draw", lambda stage: draws.append(1) or draw(stage))
    panel.picture.observe(lambda change: changes.append(change["new"]), "value")
    before = panel.picture.value
    ACTIONS[action](panel)
    assert len(draws) == 1
    assert len(changes) == 1
    assert re.findall('src="[^"]*"', panel.picture.value) != re.findall('src="[^"]*"', before)
    assert explorer.sentence in unescape(panel.picture.value)
    assert panel.named("Scenario (JSON)").value == explorer.scenario


def test_a_drag_is_one_step_for_undo(explorer, panel):
    slope, scale = panel.sliders()
    for value in (1.5, 2.0, 2.5):
        slope.value = value
    for value in (2, 4):
        scale.value = value
    panel.named("Undo").click()
    assert (explorer.state["slope"], explorer.state["scale"]) == (2.5, 1)
    scale.value = 2  # a new gesture, although it is the same slider
    panel.named("Undo").click()
    assert (explorer.state["slope"], explorer.state["scale"]) == (2.5, 1)
    panel.named("Undo").click()
    assert explorer.state == explorer.start
    assert panel.named("Undo").disabled


def test_a_choice_in_a_box_is_a_step_of_its_own(explorer, panel):
    for value in (2, 4):
        panel.named("Scale, times").value = value
    panel.named("Undo").click()
    assert explorer.state["scale"] == 2


def test_the_list_of_cases_says_whether_one_is_shown(explorer, panel):
    cases = panel.named("Real case")
    assert cases.value == "none of these"
    cases.value = "steep"
    assert explorer.state["slope"] == 3.5
    panel.sliders()[0].value = 1.0
    assert cases.value == "none of these"
    explorer.set(slope=3.5)
    assert cases.value == "steep"


def test_choosing_no_case_moves_nothing(explorer, panel):
    explorer.preset("steep")
    panel.named("Real case").value = "none of these"
    assert explorer.state["slope"] == 3.5
    assert panel.named("Real case").value == "steep"
    assert panel.red() == ""


# ---- failures


@pytest.mark.parametrize("live", [True, False])
def test_a_failing_model_is_shown_in_red_and_the_next_move_works(explorer, live):
    panel = Panel(explorer) if live else None
    explorer.set(slope=3, scale=4)
    assert [type(error) for error in explorer.errors] == [ZeroDivisionError]
    assert "ZeroDivisionError: three <and> four do not go together" in explorer.sentence
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        _ = explorer.result
    assert explorer.table() == []
    if panel:
        assert "three <and> four" in panel.red()
        assert "<figure" not in panel.picture.value, "a picture of another state would lie"
        panel.sliders()[0].value = 2.0
        assert "<figure" in panel.picture.value
        assert panel.red() == ""
    else:
        assert "three <and> four" in repr(explorer)
        explorer.set(slope=2)
    assert explorer.result[-1] == 8
    assert len(explorer.errors) == 1


@pytest.mark.parametrize("method", ["update", "sentence", "numbers"])
def test_a_failing_chart_is_recorded(explorer, panel, monkeypatch, method):
    monkeypatch.setattr(LineChart, method, lambda *_: 1 / 0)
    explorer.set(slope=2)
    assert [type(error) for error in explorer.errors] == [ZeroDivisionError]
    assert "ZeroDivisionError" in panel.red()


def test_a_failing_drawing_is_recorded(explorer, panel, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(Stage, "draw", lambda _: 1 / 0)
        explorer.set(slope=2)
    assert [type(error) for error in explorer.errors] == [ZeroDivisionError]
    assert "ZeroDivisionError" in panel.red()
    explorer.set(slope=1)
    assert panel.red() == ""


# ---- pictures and stored forms


def test_what_is_blitted_is_what_a_full_drawing_shows(explorer):
    explorer.png()
    for state in ({"slope": 2.5}, {"power": "square", "scale": 4}, {"slope": 0.5}):
        explorer.set(**state)
        quick, full = (np.asarray(Image.open(io.BytesIO(png))) for png in (explorer.png(), explorer.full_draw_png()))
        assert (quick != full).any(axis=2).mean() < 0.005
        assert (quick < 128).any(), "nothing is drawn"


@pytest.mark.parametrize(
    "change",
    [{"color": "red"}, {"position": (9, -9)}, {"ha": "center"}, {"va": "center"}, {"rotation": 30}, {"fontsize": 16},
     {"fontweight": "bold"}, {"alpha": 0.4}, {"visible": False}, {"text": "other"}, {"text": ""}],
    ids=str,
)  # fmt: skip
def test_a_kept_text_is_drawn_anew_when_its_look_changes(explorer, change):
    explorer.set(slope=2)
    before = explorer.png()
    explorer.chart.artists["end"].set(**change)
    quick, full = (np.asarray(Image.open(io.BytesIO(png))) for png in (explorer.png(), explorer.full_draw_png()))
    assert explorer.png() != before
    assert np.abs(quick.astype(int) - full).max() <= ROUNDING


def test_only_a_few_texts_are_kept(explorer, monkeypatch):
    monkeypatch.setattr(charts, "_STAMPS", 3)
    for slope in (0.5, 1, 1.5, 2, 2.5):
        explorer.set(slope=slope)
        quick, full = (np.asarray(Image.open(io.BytesIO(png))) for png in (explorer.png(), explorer.full_draw_png()))
        assert np.abs(quick.astype(int) - full).max() <= ROUNDING
    assert len(explorer._stage._stamps) == 3


def test_a_text_that_grows_never_moves_the_axes(explorer):
    explorer.png()
    (axes,) = explorer.chart.figure.axes
    before = axes.get_position().bounds
    explorer.chart.place("end", "a text that runs far beyond the right end of the axes", 0.9, 1, (5, 5))
    explorer.full_draw_png()
    assert axes.get_position().bounds == before


def test_the_stored_forms_say_everything_without_pixels_or_a_kernel(explorer):
    explorer.set(slope=2)
    bundle = explorer._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    text, html = bundle["text/plain"], bundle["text/html"]
    assert text.splitlines() == [
        "How <steep>?",
        "y rises to 2.00, <2.00> times the baseline.",
        "Slope     2 m",
        "Power     line",
        "Scale     1 times",
        "End <1>   2.00 m",
        "Baseline  1.00 m",
    ]
    words = unescape(re.sub(r"<[^>]*>", "\n", re.sub(r'"data:[^"]*"', '""', html)))
    for line in ("How <steep>?", explorer.sentence, "Slope", "2 m", "End <1>", "2.00 m"):
        assert line in words.splitlines()
    assert 'alt="y rises to 2.00, &lt;2.00&gt; times the baseline."' in html
    assert html.count("<figure") == 1


def test_a_stored_form_is_the_same_in_every_run():
    one, other = (build()._repr_mimebundle_() for _ in range(2))
    assert (one["text/html"], one["text/plain"]) == (other["text/html"], other["text/plain"])
