"""The words of a notebook, for tests of what they claim."""

from pathlib import Path

from course import notebooks


def plain(path: Path) -> str:
    """Return all Markdown of a notebook in one line."""
    cells = notebooks.read(path)["cells"]
    return " ".join(" ".join(cell["source"].split()) for cell in cells if cell["cell_type"] == "markdown")
