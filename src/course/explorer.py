"""What if? An explorer is a model with levers, one chart that moves, and a sentence that says what is seen.

A *state* is a plain dict of lever values, and everything follows from it: `model(**state)` is pure, the chart moves
to what it returns, the sentence is put together from the same numbers. So an explorer can be driven and tested
without a notebook (`set`, `state`, `sentence`, `png`); its panel of widgets is built when a notebook asks for it.

Neither `interact` nor `Output` is used: they swallow exceptions, and leave nothing behind that a test can read. What
goes wrong here is shown in the panel, kept in `errors`, and gone with the next move.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from numbers import Real
from typing import Any, Generic, TypeGuard, TypeVar

import ipywidgets as widgets
import numpy as np

from course.charts import Chart, Row, Stage, html_figure, to_png

Value = str | int | float
State = dict[str, Value]
R = TypeVar("R")

_OWN = "none of these"
_RED = "color:#a40000;border-left:4px solid #a40000;padding:0.3em 0.8em;margin:0.5em 0"


@dataclass(frozen=True)
class Choice:
    """A lever with a few named settings; the state holds the name."""

    name: str
    label: str
    options: tuple[str, ...]
    default: str

    def check(self, value: object) -> str:
        """Return the option; `ValueError` names the options if `value` is none of them."""
        if isinstance(value, str) and value in self.options:
            return value
        raise ValueError(f"{self.name} = {value!r} is not an option; allowed: {', '.join(self.options)}")

    def values(self) -> tuple[Value, ...]:
        """Return every setting."""
        return self.options

    def text(self, value: Value) -> str:
        """Write a setting with its unit."""
        return str(value)


@dataclass(frozen=True)
class Steps:
    """A lever over listed numbers in `unit`, such as powers of two."""

    name: str
    label: str
    steps: tuple[int | float, ...]
    unit: str
    default: int | float

    def check(self, value: object) -> int | float:
        """Return the step; `ValueError` names the steps if `value` is none of them."""
        if _is_number(value) and value in self.steps:
            return self.steps[self.steps.index(value)]
        steps = ", ".join(f"{step:,}" for step in self.steps)
        raise ValueError(f"{self.name} = {value!r} is not a step; allowed: {steps} {self.unit}")

    def values(self) -> tuple[Value, ...]:
        """Return every step."""
        return self.steps

    def text(self, value: Value) -> str:
        """Write a step with its unit."""
        return f"{value:,} {self.unit}"


@dataclass(frozen=True)
class Range:
    """A lever that moves freely from `low` to `high`, in `unit`; `step` is what one key press moves it."""

    name: str
    label: str
    low: float
    high: float
    step: float
    unit: str
    default: float

    def check(self, value: object) -> float:
        """Return the number; `ValueError` names the range if `value` is outside it or no number."""
        if _is_number(value) and self.low <= value <= self.high:
            return float(value)
        allowed = f"{self.low:,g} to {self.high:,g} {self.unit}"
        raise ValueError(f"{self.name} = {value!r} is out of range; allowed: {allowed}")

    def values(self) -> tuple[Value, ...]:
        """Return both ends and some values between them, for whoever wants to try them all."""
        return tuple(float(value) for value in np.linspace(self.low, self.high, 5))

    def text(self, value: Value) -> str:
        """Write a value with its unit."""
        return f"{value:,g} {self.unit}"


Lever = Choice | Steps | Range


class Explorer(Generic[R]):
    """Levers, a pure model, a chart and its sentence; displays itself in a notebook.

    `name` is the heading. `model` takes every lever's name as an argument and returns what `chart` understands.
    `baseline` holds some levers at fixed values: the model so held is the grey ghost that is always visible, while the
    other levers move it too. `presets` are real cases by name; a lever that a preset leaves out is at its default.
    `ValueError` if the presets or the baseline name levers or values that do not exist.
    """

    def __init__(
        self,
        name: str,
        model: Callable[..., R],
        levers: Sequence[Lever],
        chart: Chart[R],
        presets: Mapping[str, Mapping[str, Value]],
        baseline: Mapping[str, Value],
    ) -> None:
        self.name, self.model, self.chart = name, model, chart
        self.levers: dict[str, Lever] = {lever.name: lever for lever in levers}
        self.start: State = {lever.name: lever.default for lever in levers}
        self.presets = {case: self._checked({**self.start, **preset}) for case, preset in presets.items()}
        self.baseline = self._checked(baseline)
        self.errors: list[Exception] = []
        self._state = self._checked(self.start)
        self._history: list[State] = []
        self._gesture: str | None = None
        self._stage: Stage | None = None
        self._panel: _Panel | None = None
        self._render()

    @property
    def state(self) -> State:
        """The lever values as they are now."""
        return dict(self._state)

    @property
    def scenario(self) -> str:
        """The state as JSON, which `load` takes back."""
        return json.dumps(self._state)

    @property
    def result(self) -> R:
        """What the model says of the state; `RuntimeError` if it failed."""
        return self._seen.result

    @property
    def sentence(self) -> str:
        """What is seen, in plain words; if the state could not be computed, why."""
        return self._seen.sentence if isinstance(self._seen, _Seen) else self._seen.message

    def table(self) -> list[Row]:
        """Return the key numbers, each with its name and unit."""
        return list(self._seen.numbers)

    def set(self, **levers: Value) -> None:
        """Move levers, as one step for `undo`. `ValueError` names a lever or value that does not exist."""
        self._go({**self._state, **self._checked(levers)})

    def load(self, scenario: str) -> None:
        """Move to a state given as JSON; levers that it does not name stay. `ValueError` if it cannot be used."""
        try:
            levers = json.loads(scenario)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"this is not JSON: {error}") from None
        if not isinstance(levers, dict):
            raise ValueError(f"a scenario is a JSON object such as {self.scenario}")
        self.set(**levers)

    def preset(self, case: str) -> None:
        """Move to a preset. `ValueError` names the presets if there is none of that name."""
        if case not in self.presets:
            raise ValueError(f"preset = {case!r} does not exist; allowed: {', '.join(self.presets)}")
        self._go(dict(self.presets[case]))

    def reset(self) -> None:
        """Move every lever to where it was at first; `undo` brings the state back."""
        self._go(dict(self.start))

    def undo(self) -> None:
        """Take back the last step, if there is one. Moves of one slider in a row, as in a drag, are one step."""
        if self._history:
            self._state, self._gesture = self._history.pop(), None
            self._render()

    def png(self) -> bytes:
        """Return the picture of the state as PNG."""
        return to_png(self._on_stage().draw())

    def full_draw_png(self) -> bytes:
        """Return the same picture drawn from nothing: slow, to hold `png` against."""
        return to_png(self._on_stage().draw_fully())

    @property
    def widget(self) -> widgets.VBox:
        """The panel of widgets, made when first asked for."""
        if self._panel is None:
            self._panel = _Panel(self)
        return self._panel.root

    def __repr__(self) -> str:
        rows = [(self.levers[key].label, self.levers[key].text(value)) for key, value in self._state.items()]
        rows += self._seen.numbers
        width = max(len(label) for label, _ in rows)
        return "\n".join([self.name, self.sentence, *(f"{label:<{width}}  {text}" for label, text in rows)])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Return the live panel, and the forms that remain where no kernel runs: HTML with a picture, and text.

        nbval compares the HTML without its pixels (`tests/nbval_sanitize.cfg`) and the text as it is.
        """
        levers = [(self.levers[key].label, self.levers[key].text(value)) for key, value in self._state.items()]
        still = f"<strong>{escape(self.name)}</strong>{self._html()}{_html_table(levers)}"
        live = self.widget._repr_mimebundle_() or {}
        return {**live, "text/html": still, "text/plain": repr(self)}

    def _checked(self, levers: Mapping[str, object]) -> State:
        unknown = [name for name in levers if name not in self.levers]
        if unknown:
            raise ValueError(f"{', '.join(map(repr, unknown))} is no lever; allowed: {', '.join(self.levers)}")
        return {name: self.levers[name].check(value) for name, value in levers.items()}

    def _go(self, state: State, gesture: str | None = None) -> None:
        """Move to a state. Moves of the same `gesture` in a row are remembered as one."""
        if state == self._state:
            return
        if gesture is None or gesture != self._gesture:
            self._history.append(self._state)
        self._state, self._gesture = state, gesture
        self._render()

    def _render(self) -> None:
        try:
            result = self.model(**self._state)
            ghost = self.model(**{**self._state, **self.baseline})
            self.chart.update(result, ghost)
            self._seen: _Seen[R] | _Failed = _Seen(
                result, self.chart.sentence(result, ghost), tuple(self.chart.numbers(result, ghost))
            )
        except Exception as error:  # whatever a model may raise: the panel must outlive it, and says so
            self._fail(error)
        if self._panel is not None:
            self._panel.show()

    def _fail(self, error: Exception) -> None:
        self.errors.append(error)
        self._seen = _Failed(error)

    def _on_stage(self) -> Stage:
        if self._stage is None:
            self._stage = Stage(self.chart)
        return self._stage

    def _html(self) -> str:
        """Return picture, sentence and key numbers, or in red what went wrong."""
        if isinstance(self._seen, _Seen):
            try:
                stage = self._on_stage()
                pngs = [to_png(part) for part in stage.cut(stage.draw())]
                return html_figure(pngs, self.sentence, self.sentence) + _html_table(self.table())
            except Exception as error:  # as above
                self._fail(error)
        return f'<p role="alert" style="{_RED}">{escape(self.sentence)}</p>'


@dataclass(frozen=True)
class _Seen(Generic[R]):
    result: R
    sentence: str
    numbers: tuple[Row, ...]


@dataclass(frozen=True)
class _Failed:
    error: Exception
    numbers: tuple[Row, ...] = ()

    @property
    def message(self) -> str:
        return (
            f"This state could not be computed: {type(self.error).__name__}: {self.error}. "
            "Move a lever or press Undo; everything else still works."
        )

    @property
    def result(self) -> Any:
        raise RuntimeError(self.message) from self.error


class _Panel:
    """The widgets of an explorer. Every slider has a box with a name beside it, for some do not use sliders."""

    def __init__(self, explorer: Explorer[Any]) -> None:
        self._explorer = explorer
        self._view, self._alert, self._status = widgets.HTML(), widgets.HTML(), widgets.HTML(layout=_UNSEEN)
        self._controls: dict[str, list[widgets.ValueWidget]] = {}
        rows = [self._control(lever) for lever in explorer.levers.values()]
        self._case = widgets.Dropdown(
            options=[*explorer.presets, _OWN], description="Real case", layout=_WIDE, style=_STYLE
        )
        self._case.observe(self._preset_chosen, "value")
        self._undo = widgets.Button(description="Undo", tooltip="Take back the last step", layout=_BUTTON)
        self._undo.on_click(lambda _: self._do(explorer.undo))
        reset = widgets.Button(description="Reset", tooltip="Every lever back to where it was at first", layout=_BUTTON)
        reset.on_click(lambda _: self._do(explorer.reset))
        self._scenario = widgets.Text(description="Scenario (JSON)", layout=_FILL, style=_STYLE)
        load = widgets.Button(
            description="Load scenario", tooltip="Move the levers to what the text field says", layout=_FIT
        )
        load.on_click(lambda _: self._do(lambda: explorer.load(self._scenario.value)))
        self.root = widgets.VBox(
            [
                widgets.HTML(f"<strong>{escape(explorer.name)}</strong>"),
                widgets.HBox([self._case, self._undo, reset], layout=_WRAP),
                widgets.HBox(rows, layout=_WRAP),
                self._view,
                widgets.HBox([self._scenario, load], layout=_WRAP),
                self._alert,
                self._status,
            ]
        )
        self.root.add_class(_PANEL)
        self.show()

    def show(self) -> None:
        """Bring every widget in line with the explorer; those that answer ask for what is there already."""
        explorer, state = self._explorer, self._explorer.state
        self._view.value = explorer._html()  # first, because it is what the eye waits for
        self._status.value = _status("" if isinstance(explorer._seen, _Failed) else explorer.sentence)
        for name, controls in self._controls.items():
            for control in controls:
                control.value = state[name]
        self._name_case()
        self._undo.disabled = not explorer._history
        self._scenario.value = explorer.scenario

    def _name_case(self) -> None:
        cases, state = self._explorer.presets, self._explorer.state
        self._case.value = next((case for case, preset in cases.items() if preset == state), _OWN)

    def _control(self, lever: Lever) -> widgets.HBox:
        """Return a lever's widgets in a row: a box that has its name and, where it helps, a slider."""
        if isinstance(lever, Range):
            title = f"{lever.label}, {lever.unit}"
            limits = {"min": lever.low, "max": lever.high, "step": lever.step, "value": lever.default}
            box = widgets.BoundedFloatText(description=title, layout=_BOX, style=_STYLE, **limits)
            slider = widgets.FloatSlider(readout=False, layout=_SLIDER, **limits)
        else:
            title = lever.label if isinstance(lever, Choice) else f"{lever.label}, {lever.unit}"
            options = [(str(value) if isinstance(value, str) else f"{value:,}", value) for value in lever.values()]
            box = widgets.Dropdown(description=title, options=options, value=lever.default, layout=_BOX, style=_STYLE)
            slider = widgets.SelectionSlider(options=options, value=lever.default, readout=False, layout=_SLIDER)
        controls = [box] if isinstance(lever, Choice) else [box, slider]
        self._controls[lever.name] = controls
        for control in controls:
            gesture = lever.name if control is slider else None
            control.observe(lambda change, gesture=gesture: self._moved(lever, change["new"], gesture), "value")
        row = widgets.HBox(controls, layout=_ROW)
        row.add_class(_LEVER)
        return row

    def _moved(self, lever: Lever, value: Value, gesture: str | None) -> None:
        explorer = self._explorer
        self._do(lambda: explorer._go({**explorer.state, lever.name: lever.check(value)}, gesture))

    def _preset_chosen(self, change: Mapping[str, Any]) -> None:
        if change["new"] == _OWN:
            self._name_case()  # that is no case to move to, and the list must not say so of a case
        else:
            self._do(lambda: self._explorer.preset(change["new"]))

    def _do(self, action: Callable[[], None]) -> None:
        """Do what a widget asks for; a refusal is shown in red, and what was typed stays to be mended."""
        self._alert.value = ""
        try:
            action()
        except ValueError as refusal:
            self._alert.value = f'<p role="alert" style="{_RED}">Nothing was moved: {escape(str(refusal))}</p>'


_PANEL, _LEVER = "course-explorer", "course-lever"  # classes by which the page finds them
_HELP = """
this.parentNode.setAttribute('aria-live', 'polite');
window.courseExplorers ??= [
    window.addEventListener('keydown', press => {
        const ours = !(press.ctrlKey || press.metaKey || press.altKey || (press.shiftKey && press.key === 'Enter'));
        if (press.target.closest?.('.PANEL')) press.target.toggleAttribute('data-lm-suppress-shortcuts', ours);
    }, true),
    window.addEventListener('focusin', ({ target }) => {
        const name = target.closest('.LEVER')?.querySelector('label')?.textContent;
        if (name && target.getAttribute('role') === 'slider') target.setAttribute('aria-label', name);
    }, true),
];
""".replace("PANEL", _PANEL).replace("LEVER", _LEVER)
"""What widgets cannot say of themselves, told to the page by a picture of nothing when it is there.

The sentence is read out when it changes; for that its place must be live before, and stay. Keys without Ctrl, Cmd or
Alt belong to the control that has the focus: JupyterLab would move to another cell with an arrow and delete one with
D. And a slider is called what the box beside it is called.
"""
_NOTHING = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_UNSEEN = widgets.Layout(height="1px", min_height="0", margin="0", overflow="hidden")

_STYLE = {"description_width": "initial"}
_WRAP = widgets.Layout(flex_flow="row wrap", width="100%")
_ROW = widgets.Layout(flex="1 1 340px", max_width="480px", min_width="0")
_BOX = widgets.Layout(flex="1 0 auto", width="auto")
_SLIDER = widgets.Layout(flex="1 1 120px", width="auto", min_width="0")
_WIDE = widgets.Layout(flex="1 1 300px", width="auto", max_width="480px")
_FILL = widgets.Layout(flex="1 1 300px", width="auto")
_BUTTON = widgets.Layout(width="80px")
_FIT = widgets.Layout(width="auto")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, Real) and not isinstance(value, bool)


def _status(sentence: str) -> str:
    return f'<img alt="" src="{_NOTHING}" onload="{escape(_HELP)}" style="display:none">{escape(sentence)}'


def _html_table(rows: Sequence[Row]) -> str:
    body = "".join(
        f'<tr><th scope="row" style="text-align:left;font-weight:normal">{escape(label)}</th>'
        f'<td style="text-align:right">{escape(text)}</td></tr>'
        for label, text in rows
    )
    return f'<table style="line-height:1.3">{body}</table>'
