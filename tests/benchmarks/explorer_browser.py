"""How long it takes from a key press to painted pixels in JupyterLab, beside plain `interact`.

    python tests/benchmarks/explorer_browser.py [presses]

One notebook in a real JupyterLab and a headless Chromium holds the explorer of lesson 01 and an `interact` that draws
the same chart as a new figure and prints the same sentence. A slider is focused and an arrow key pressed, in turns of
a few presses each. Before each turn of the explorer its context is moved on, so that each press leads to a state
that it has not yet drawn. The clock starts with the browser's own time of the key press; it stops when picture and
sentence have both changed, every picture is decoded, and the next animation frame has been painted.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "browser"))

from lab import ERRORS, chromium, open_notebook, run_all, serve, write_notebook  # noqa: E402  # stands in another folder

TURN = 8  # presses from one end of the batches to the other
PRESSES = 8 * TURN  # as many turns as there are contexts to move on to
GOAL_MS, GOAL_TIMES = 45, 8
PAUSE_MS = 150
"""Between presses, so that none waits for what the one before has left to do."""
QUIET_MS = 1000

WAYS = ("explorer", "interact")
BATCH, CONTEXT = 0, 1  # sliders, in the order of the page
CELLS = (
    "from course.explorers.chips import roofline\nexplorer = roofline()\nexplorer",
    f"""import sys
sys.path.append({str(HERE)!r})
import ipywidgets as widgets
from matplotlib import pyplot as plt
from explorer_latency import BATCHES, drawer

draw = drawer(explorer.state)

def show(batch):
    fig, sentence = draw(batch)
    plt.show()
    print(sentence)

widgets.interact(show, batch=widgets.SelectionSlider(options=BATCHES, value=explorer.state["batch"]));""",
)
FOCUS = """async ([place, slider]) => {
    const { content } = window.jupyterapp.shell.currentWidget;
    await content.scrollToCell(content.widgets[place], 'start');
    window.root = content.widgets[place].node.querySelector('.jp-Cell-outputArea');
    root.querySelectorAll('.noUi-handle')[slider].focus();
}"""
START_CLOCK = """() => {
    const look = () => ({
        images: [...root.querySelectorAll('img')],
        pixels: [...root.querySelectorAll('img')].map(each => each.src).join(),
        words: [...root.querySelectorAll('figcaption, pre')].map(each => each.textContent).join(),
    });
    const before = look();
    const gone = start => performance.now() - start;
    window.clock = new Promise(done => addEventListener('keydown', press => {
        const start = press.timeStamp;
        const watch = new MutationObserver(async () => {
            const now = look();
            if (!now.images.length || !now.words || now.pixels === before.pixels || now.words === before.words) return;
            watch.disconnect();
            const changed = gone(start);
            await Promise.all(now.images.map(each => each.decode()));
            // a message posted while a frame is made arrives when that frame is painted
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => done({ changed, painted: gone(start) });
            requestAnimationFrame(() => port2.postMessage(null));
        });
        watch.observe(root, { childList: true, subtree: true, attributes: true, characterData: true });
    }, { once: true, capture: true }));
}"""


def measure(page: Page, presses: int) -> dict[str, list[dict[str, float]]]:
    """Press keys by turns; return what the clock said, in milliseconds."""
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for place in range(len(WAYS)):
        press(page, place, BATCH, "Home")
    press(page, 0, CONTEXT, "Home")
    toward = "ArrowRight"
    while len(found[WAYS[-1]]) < presses:
        for place, way in enumerate(WAYS):
            if place == 0:
                press(page, place, CONTEXT, "ArrowRight")
            press(page, place, BATCH)
            for _ in range(TURN):
                page.evaluate(START_CLOCK)
                page.keyboard.press(toward)
                found[way].append(page.evaluate("() => clock"))
                page.wait_for_timeout(PAUSE_MS)
        toward = {"ArrowRight": "ArrowLeft", "ArrowLeft": "ArrowRight"}[toward]
    return found


def press(page: Page, place: int, slider: int, key: str = "") -> None:
    """Focus a slider of a cell, perhaps press a key, and wait until all is quiet again."""
    page.evaluate(FOCUS, [place, slider])
    if key:
        page.keyboard.press(key)
    page.wait_for_timeout(QUIET_MS)


def main(presses: int) -> None:
    """Measure and print."""
    found = chromium()
    if found is None:
        sys.exit("no Chromium or Chrome is on the path")
    with tempfile.TemporaryDirectory(prefix="course-latency-") as folder, sync_playwright() as playwright:
        home = Path(folder)
        (home / "root").mkdir()
        write_notebook(home / "root" / "latency.ipynb", dict(zip(WAYS, CELLS, strict=True)))
        with serve(home) as address:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            open_notebook(page, address, "latency.ipynb")
            run_all(page)
            if errors := page.evaluate(ERRORS):
                sys.exit(f"the notebook fails: {errors}")
            page.wait_for_selector(".jp-OutputArea img")
            times = measure(page, presses)
            browser.close()
    print(f"{'from key to pixels':20}{'presses':>9}{'median':>11}{'90th percentile':>18}{'changed in page':>18}")
    medians = {}
    for way, clocks in times.items():
        painted = [clock["painted"] for clock in clocks]
        medians[way] = float(np.median(painted))
        changed = float(np.median([clock["changed"] for clock in clocks]))
        print(
            f"{way:20}{len(painted):>9}{medians[way]:>8.1f} ms{np.percentile(painted, 90):>15.1f} ms{changed:>15.1f} ms"
        )
    ratio = medians["interact"] / medians["explorer"]
    for what, reached, goal in (
        ("median", medians["explorer"] <= GOAL_MS, f"{medians['explorer']:.1f} ms, goal {GOAL_MS} ms"),
        ("times faster than interact", ratio >= GOAL_TIMES, f"{ratio:.1f}, goal {GOAL_TIMES}"),
    ):
        print(f"{what}: {goal}: {'reached' if reached else 'missed'}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PRESSES)
