from pathlib import Path

import pytest
import small_course


@pytest.fixture
def solutions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the instructor's sheet of the small course, whose questions are known for one test."""
    small_course.install(monkeypatch)
    return small_course.write(tmp_path / "solutions" / "99_area.ipynb", small_course.solution()).parent
