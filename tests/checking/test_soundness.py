"""Whatever a submission looks like, only a right answer is marked right."""

from pathlib import Path

import matrix
import pytest
import small_course

from course.checking import finding
from course.checking.marking import mark
from course.checking.rows import Row
from course.paths import EXERCISES, SOLUTIONS


def sheet(folder: Path) -> Path:
    return small_course.write(folder / "99_area.ipynb", small_course.submission())


def test_only_a_right_answer_is_ever_right(solutions: Path, tmp_path: Path) -> None:
    failures = matrix.failures(solutions / "99_area.ipynb", sheet(tmp_path), tmp_path / "handed in", rounds=3)
    assert failures == []


@pytest.mark.parametrize("solution", sorted(SOLUTIONS.glob("*.ipynb")), ids=lambda path: path.name)
def test_the_same_holds_for_the_sheets_of_the_course(solution: Path, tmp_path: Path) -> None:
    assert matrix.failures(solution, EXERCISES / solution.name, tmp_path) == []


def test_the_matrix_notices_a_marker_that_believes_what_it_reads(
    solutions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A matrix that finds nothing in a credulous marker would prove nothing."""

    def credulous(paths: list[Path], **_: object) -> list[Row]:
        names = [found.name for found in finding.find(paths)]
        asked = small_course.QUESTIONS
        return [Row(name, one.id, "right", one.points, one.points, "", 0.0) for name in names for one in asked]

    monkeypatch.setattr(matrix, "mark", credulous)
    found = matrix.failures(solutions / "99_area.ipynb", sheet(tmp_path), tmp_path / "handed in")
    assert len(found) == 12
    assert all("marked right" in line and ": right," not in line for line in found)


FORGERIES = {
    # wrong answers to the second question that try to be taken for right, or to be passed over
    "prints when probed": "def disc(d):\n    print('observed: [1.0]')\n    return d",
    "patches show": "import course.observe\ncourse.observe.show = lambda *a: print('observed: [78.5, 78.5, 78.5]')",
    "silences show": "import course.observe\ncourse.observe.show = lambda *a: None",
    "asks to be skipped": "# NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT\ndef disc(d):\n    return d",
    "equals everything": "class Same(float):\n    __eq__ = lambda *a: True\ndisc = lambda d: Same(1)",
}


def test_forgeries_are_wrong_and_nothing_else(solutions: Path, tmp_path: Path) -> None:
    for name, source in FORGERIES.items():
        small_course.write(tmp_path / "in" / f"{name}.ipynb", small_course.submission({"99-q2": source}))
    rows = mark([tmp_path / "in"], solutions=solutions, workers=2)
    found = {row.submission.removesuffix(".ipynb"): row.status for row in rows if row.question == "99-q2"}
    assert found == dict.fromkeys(FORGERIES, "wrong")


def test_asking_nbval_to_expect_an_exception_hides_none_and_nothing_to_find_lies_about(
    solutions: Path, tmp_path: Path
) -> None:
    """The second answer looks for expected values in its folder, the one above and its environment."""
    sources = {
        "99-q1": "# NBVAL_RAISES_EXCEPTION\narea = 814\nraise ValueError('no')",
        "99-q2": "import os, pathlib\n"
        "assert not os.listdir('.'), os.listdir('.')\n"
        "pathlib.Path('mine').write_text('mine')\n"
        "found = [p for top in ('.', '..') for p in pathlib.Path(top).rglob('*') if p.is_file()]\n"
        "texts = [p.read_text(errors='replace') for p in found]\n"
        "assert 'mine' in texts\n"  # the search does find what there is
        "assert not any('observed' in text for text in [*texts, *os.environ.values()])\n"
        "disc = lambda d: 1\n",
    }
    path = small_course.write(tmp_path / "99.ipynb", small_course.submission(sources))
    raising, looking, _ = mark([path], solutions=solutions)
    assert (raising.status, raising.message) == ("error", "ValueError: no")
    assert looking.status == "wrong", looking.message
