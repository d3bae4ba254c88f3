"""The real thing: JupyterLab as the course starts it, driven by keyboard through lesson 01 and its exercises."""

import os
from collections.abc import Iterator

import pytest
from lab import ERRORS, open_notebook, run_all
from playwright.sync_api import Browser, Locator, Page, expect

from course import questions
from course.notebooks import lessons

LESSON = lessons()[1].name
SLOW_MS = 120_000
PUT = """([id, source]) => {
    const { content } = window.jupyterapp.shell.currentWidget;
    content.widgets.find(cell => cell.model.id === id).model.sharedModel.setSource(source);
}"""
SHOW = """id => {
    const { content } = window.jupyterapp.shell.currentWidget;
    return content.scrollToCell(content.widgets.find(cell => cell.model.id === id), 'start');
}"""
SAYS = """([id, text]) => {
    const { content } = window.jupyterapp.shell.currentWidget;
    const output = content.widgets.find(cell => cell.model.id === id).node.querySelector('.jp-OutputArea');
    return output.innerText.replace(/\\s+/g, ' ').includes(text);
}"""

PORTRAIT = {"width": 1100, "height": 1300}
MARGIN_PX = 16


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(SLOW_MS)
    yield context.new_page()
    context.close()


def wait_for_output(page: Page, cell_id: str, text: str) -> None:
    """Scroll to a cell, for JupyterLab draws only what is near, and wait until it shows a text."""
    page.evaluate(SHOW, cell_id)
    page.wait_for_function(SAYS, arg=[cell_id, text], timeout=20_000)


def pictures(explorer: Locator) -> list[str]:
    return list(explorer.locator("img").evaluate_all("all => all.map(each => each.src)"))


def take_picture(page: Page, explorer: Locator, picture_to: str) -> None:
    """Write what the notebook shows from the heading above the explorer down to the end of its sentence."""
    page.set_viewport_size(PORTRAIT)
    page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    page.locator(".Toastify button", has_text="No").first.click()
    heading, caption = page.locator(".jp-RenderedHTMLCommon h2", has_text="What if?"), explorer.locator("figcaption")
    heading.scroll_into_view_if_needed()
    caption.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)  # until all is drawn at its new width
    panel, top, end = (each.bounding_box() for each in (page.locator(".jp-NotebookPanel"), heading, caption))
    assert panel
    assert top
    assert end
    clip = {**panel, "y": top["y"] - MARGIN_PX, "height": end["y"] + end["height"] - top["y"] + MARGIN_PX}
    page.screenshot(path=picture_to, clip=clip)


def test_a_lesson_runs_and_a_slider_moved_by_keyboard_changes_the_sentence(lab_address: str, page: Page) -> None:
    open_notebook(page, lab_address, f"lessons/{LESSON}")
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    run_all(page)
    assert page.evaluate(ERRORS) == []
    explorer = page.locator(".jp-OutputArea-output:has(.noUi-handle)").last
    explorer.scroll_into_view_if_needed()
    caption = explorer.locator("figcaption")
    expect(caption).to_contain_text("tokens")
    before, drawn = caption.text_content() or "", pictures(explorer)
    explorer.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    expect(caption).not_to_have_text(before)
    assert pictures(explorer) != drawn
    assert explorer.locator("img").first.get_attribute("alt") == caption.text_content()
    if picture_to := os.environ.get("COURSE_SCREENSHOT"):
        take_picture(page, explorer, picture_to)


def test_an_exercise_answered_wrongly_and_then_rightly(lab_address: str, page: Page) -> None:
    question = questions.get("01-q1")
    wrong = question.misconceptions[0]
    open_notebook(page, lab_address, f"exercises/{LESSON}")
    for value, says in ((wrong.answer, wrong.message), (question.reference, question.praise)):
        page.evaluate(PUT, [f"{question.id}-answer", f"{question.answer_name} = {float(value)!r}"])
        run_all(page)
        wait_for_output(page, f"{question.id}-check", says)


def test_the_front_page_counts_the_answer_and_links_on(lab_address: str, page: Page) -> None:
    open_notebook(page, lab_address, "lessons/index.ipynb")
    run_all(page)
    assert page.evaluate(ERRORS) == []
    wait_for_output(page, "index-progress", "Continue with lesson 01")
    page.evaluate(SHOW, "index-map")
    page.locator("figure a").get_by_text("What does a chip buy you?").first.click()
    page.wait_for_function(f"() => window.jupyterapp.shell.currentWidget?.context?.path === 'lessons/{LESSON}'")
