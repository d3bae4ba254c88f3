"""Every explorer, used in JupyterLab with nothing but a keyboard: reached, seen, moved, heard, and left again."""

from collections.abc import Callable, Iterator

import pytest
from lab import ERRORS, open_notebook, run_all
from playwright.sync_api import Browser, Page, TimeoutError

from course.explorers import every

CONTROLS = "select, input, button, [role=slider]"
STAND_AT = """async id => {
    const { content } = window.jupyterapp.shell.currentWidget;
    content.activeCellIndex = content.widgets.findIndex(cell => cell.model.id === id);
    await content.scrollToCell(content.activeCell, 'start');
    content.mode = 'command';
    content.activeCell.node.focus();
    await new Promise(done => setTimeout(done, 200));  // JupyterLab moves the focus once more
}"""
LOOK = """CONTROLS => {
    window.panel = document.activeElement.closest('.jp-Cell').querySelector('.course-explorer');
    window.look = element => {
        const { outline, boxShadow, borderColor, backgroundColor } = getComputedStyle(element);
        return [outline, boxShadow, borderColor, backgroundColor].join();
    };
    window.controls = [...panel.querySelectorAll(CONTROLS)];
    window.unfocused = new Map(controls.map(each => [each, look(each)]));
    window.scenario = panel.querySelector('input[type=text]');
    window.said = panel.querySelector('[aria-live=polite]');
    return controls.map(each => each.textContent || each.labels?.[0]?.textContent || each.getAttribute('role'));
}"""
FOCUSED = """() => {
    const one = document.activeElement;
    return {
        place: controls.indexOf(one),
        kind: one.getAttribute('role') || (one.type === 'number' ? 'number' : one.tagName.toLowerCase()),
        name: one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.textContent,
        visible: one.matches(':focus-visible') && look(one) !== unfocused.get(one),
        back: one.tagName === 'SELECT' ? one.selectedIndex > 0
            : one.type === 'number' ? Number(one.value) >= Number(one.max)
            : one.getAttribute('aria-valuenow') === one.getAttribute('aria-valuemax'),
        value: one.value,
    };
}"""
SETTLED = """([sentence, state]) => said.isConnected && said.textContent !== sentence
    && (scenario.value !== state || document.activeElement.textContent === 'Load scenario')
    && panel.querySelector('figcaption').textContent === said.textContent
    && controls.some(each => each.textContent === 'Undo' && !each.disabled)
    && [...panel.querySelectorAll('.course-lever:has([role=slider])')].every(lever => {
        const now = Number(lever.querySelector('[role=slider]').getAttribute('aria-valuenow'));
        const box = lever.querySelector('select, input');
        return box.tagName === 'SELECT' ? box.selectedIndex === now : Number(Number(box.value).toFixed(1)) === now;
    })"""
MOST_TABS = 40
MOVES = {"select": ("ArrowDown", "ArrowUp"), "number": ("ArrowUp", "ArrowDown"), "slider": ("ArrowRight", "ArrowLeft")}


@pytest.fixture(scope="module")
def page(browser: Browser, lab_address: str) -> Iterator[Page]:
    """All explorers in one notebook, run once."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(20_000)
    page = context.new_page()
    open_notebook(page, lab_address, "explorers.ipynb")
    run_all(page)
    assert page.evaluate(ERRORS) == []
    yield page
    context.close()


class Hands:
    """Somebody without a mouse, who hears the sentence."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press_and_hear(self, key: str) -> str:
        """Press a key and wait for another sentence, shown and heard; return it."""
        before = self._page.evaluate("() => [said.textContent, scenario.value]")
        self._page.keyboard.press(key)
        try:
            self._page.wait_for_function(SETTLED, arg=before)
        except TimeoutError as error:
            raise AssertionError(f"{key} changes nothing: {self._page.evaluate(FOCUSED)}, {before}") from error
        return self.heard()

    def heard(self) -> str:
        return str(self._page.evaluate("() => said.textContent"))

    def tab(self, key: str = "Tab") -> dict[str, object]:
        """Go to the next control; -1 is the place of what is outside."""
        self._page.keyboard.press(key)
        return dict(self._page.evaluate(FOCUSED))

    def tab_until(self, inside: Callable[[object], bool], key: str = "Tab") -> dict[str, object]:
        for _ in range(MOST_TABS):
            if inside((focus := self.tab(key))["place"]):
                return focus
        raise AssertionError(f"{key} leads nowhere")


@pytest.mark.parametrize("name", every())
def test_an_explorer_is_used_with_the_keyboard_alone(page: Page, name: str) -> None:
    page.evaluate(STAND_AT, name)
    page.wait_for_function("() => document.activeElement.closest('.jp-Cell')?.querySelector('[aria-live=polite]')")
    controls, hands = page.evaluate(LOOK, CONTROLS), Hands(page)
    undo, reset, load = (controls.index(word) for word in ("Undo", "Reset", "Load scenario"))
    start = said = hands.heard()
    case = said_of_case = ""
    focus = hands.tab_until(lambda place: place != -1)  # past the tools that JupyterLab puts before it
    for place in range(len(controls)):
        assert focus["place"] == place
        assert focus["name"], f"control {place} has no name"
        assert focus["visible"], f"nobody sees that {focus['name']} has the focus"
        if place == reset:
            assert hands.press_and_hear("Enter") == start
        elif place == load:
            assert hands.press_and_hear("Enter") == said_of_case
        elif focus["kind"] in MOVES:
            on, back = MOVES[str(focus["kind"])]
            said = hands.press_and_hear(back if focus["back"] else on)
            if place == 0:
                case, said_of_case = page.evaluate("() => scenario.value"), said
        elif place != undo:
            page.keyboard.press("Control+a")
            page.keyboard.insert_text(case)
        focus = hands.tab()
    assert focus["place"] == -1, "a trap: Tab does not lead out"
    hands.tab_until(lambda place: place == undo, "Shift+Tab")
    assert hands.press_and_hear("Space") == said, "the state before the scenario was loaded"
