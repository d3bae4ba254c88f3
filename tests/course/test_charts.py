"""The house style, the words that go with every chart, and what nbval sees of both."""

import io
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image

from course import charts

ROOT = Path(__file__).resolve().parents[2]


def luminance(color):
    """Relative luminance as WCAG 2 defines it."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(color)]
    return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("color", [*charts.PALETTE, charts.GREY])
def test_colours_stand_out_from_white(color):
    assert 1.05 / (luminance(color) + 0.05) >= 3


def test_lines_differ_by_more_than_colour():
    _, (axes,) = charts.figure()
    lines = [axes.plot([1, 2], [n, n])[0] for n in range(5)]
    for one, other in itertools.combinations(lines, 2):
        assert one.get_color() != other.get_color()
        assert one.get_linestyle() != other.get_linestyle() or one._dash_pattern != other._dash_pattern


@pytest.mark.parametrize("panels", [1, 2])
def test_a_figure_is_in_house_style(panels):
    fig, axes = charts.figure(panels, title="The finding", subtitle="unit")
    assert len(axes) == panels
    assert fig.canvas.manager is None, "pyplot must not know the figure, or the notebook shows it twice"
    fig.canvas.draw()
    for axis in axes:
        assert [name for name, spine in axis.spines.items() if spine.get_visible()] == ["bottom"]
        assert axis.get_title(loc="left") == "The finding"
        (title,) = axis.findobj(lambda artist: isinstance(artist, Text) and artist.get_text() == "The finding")
        assert title.get_fontweight() == "bold"
        assert title.get_window_extent().y1 <= fig.bbox.y1, "cut off"
    texts = [text for text in fig.findobj(Text) if text.get_text()]
    assert len(texts) > 10 * panels
    assert min(text.get_fontsize() for text in texts) >= 10


def test_panels_are_equally_wide_so_that_a_picture_can_be_cut_between_them():
    fig, (left, right) = charts.figure(2)
    left.set_ylabel("a label that takes room")
    fig.canvas.draw()
    middle = fig.bbox.width / 2
    assert left.get_tightbbox().x1 <= middle
    assert right.get_tightbbox().x0 >= middle


def test_three_panels_are_refused():
    with pytest.raises(ValueError, match="panels = 3 is out of range; allowed: 1, 2"):
        charts.figure(3)


def test_each_panel_may_have_its_own_title():
    _, axes = charts.figure(2, title=("one", "two"))
    assert [axis.get_title(loc="left") for axis in axes] == ["one", "two"]


def test_log_ticks_are_plain_numbers():
    fig, (axes,) = charts.figure()
    axes.set(xscale="log", yscale="log", xlim=(0.1, 10_000), ylim=(1, 100))
    charts.log_ticks(axes)
    fig.canvas.draw()
    shown = [label.get_text() for label in axes.get_xticklabels()]
    assert {"0.1", "1", "10", "100", "1,000", "10,000"} <= set(shown)
    assert not any("$" in label for label in shown)


@given(st.floats(min_value=1e-3, max_value=1e12))
def test_a_number_is_written_with_three_digits(value):
    text = charts.number(value)
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.005)
    assert "e" not in text or value < 1e-4
    assert len(text.replace(",", "").replace(".", "").strip("0")) <= 3


@given(st.integers(1, 9), st.integers(1, 7), st.sampled_from([1, 9]), st.randoms(use_true_random=False))
def test_png_holds_exactly_the_pixels(height, width, level, random):
    pixels = np.array([random.randrange(256) for _ in range(height * width * 3)], np.uint8).reshape(height, width, 3)
    with Image.open(io.BytesIO(charts.to_png(pixels, level))) as image:
        image.load()
        assert image.mode == "RGB"
        assert np.array_equal(np.asarray(image), pixels)


def rising(caption="It rises.", alt="A <rising> line.", slope=1):
    fig, (axes,) = charts.figure(title="Twice two is four")
    axes.plot([0, 1], [0, slope])
    axes.set(ylim=(0, 3))
    return charts.show(fig, alt=alt, caption=caption)


def test_a_shown_chart_carries_its_words():
    bundle = rising()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert 'alt="A &lt;rising&gt; line." src="data:image/png;base64,' in bundle["text/html"]
    assert "It rises.</figcaption>" in bundle["text/html"]
    assert bundle["text/plain"] == repr(rising()) == "It rises."


@pytest.mark.parametrize("words", [{"alt": " "}, {"caption": ""}])
def test_a_chart_without_words_is_refused(words):
    with pytest.raises(ValueError, match=f"{next(iter(words))} is empty"):
        rising(**words)


def test_nbval_compares_the_words_and_not_the_pixels(tmp_path):
    """Cell by cell: untouched, other pixels, another alt text, another caption; an explorer likewise."""
    chart = (
        "from course import charts\nfig, _ = charts.figure()\n"
        "charts.show(fig, alt='An empty frame.', caption='Nothing.')"
    )
    explorer = "from course.explorers.chips import roofline\nroofline()"
    changes = [
        (chart, {}, True),
        (chart, {"base64,iVBOR": "base64,iVBORw"}, True),
        (chart, {"An empty frame": "A full frame"}, False),
        (chart, {"Nothing.</figcaption>": "Something.</figcaption>"}, False),
        (explorer, {}, True),
        (explorer, {"base64,iVBOR": "base64,iVBORw"}, True),
        (explorer, {"bandwidth binds": "arithmetic binds"}, False),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    made = subprocess.run(
        [sys.executable, "-c", _BUNDLES, json.dumps([chart, explorer])],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    stored = dict(zip((chart, explorer), json.loads(made.stdout), strict=True))
    cells = []
    for count, (source, change, _) in enumerate(changes):
        html = stored[source]["text/html"]
        for old, new in change.items():
            assert old in html
            html = html.replace(old, new)
        cells.append(_cell(count, source, {**stored[source], "text/html": html}))
    notebook = {"cells": cells, "metadata": {"kernelspec": _KERNEL}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "charts.ipynb").write_text(json.dumps(notebook), "utf-8")
    sanitizer = ROOT / "tests" / "nbval_sanitize.cfg"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", f"--nbval-sanitize-with={sanitizer}", "-rA", "-q", "-c", os.devnull,
         "--rootdir", tmp_path, "-p", "no:cacheprovider", "charts.ipynb"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    passed = [
        f"PASSED charts.ipynb::Cell {count}" in run.stdout.replace("::ipynb::", "::") for count in range(len(cells))
    ]
    assert passed == [right for _, _, right in changes], run.stdout + run.stderr


_BUNDLES = """
import json, sys
def bundle(source):
    *lines, last = source.splitlines()
    names = {}
    exec("\\n".join(lines), names)
    return {mime: text for mime, text in eval(last, names)._repr_mimebundle_().items() if mime.startswith("text")}
print(json.dumps([bundle(source) for source in json.loads(sys.argv[1])]))
"""
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def _cell(count, source, data):
    output = {"output_type": "execute_result", "execution_count": count + 1, "metadata": {}, "data": data}
    return {
        "cell_type": "code", "id": f"cell-{count}", "metadata": {}, "source": source,
        "execution_count": count + 1, "outputs": [output],
    }  # fmt: skip
