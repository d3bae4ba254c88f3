"""A salt gives a class probes of its own; a class key gives each learner numbers of their own."""

from pathlib import Path

import small_course

from course.checking.graft import MARKING, load_sheets
from course.checking.marking import mark


def test_a_salt_changes_the_inputs_of_every_function_and_what_is_expected(solutions: Path) -> None:
    def disc(salt: str) -> tuple[str, object]:
        task = load_sheets(solutions, salt)["99"].tasks[1]
        return task.probe["source"], task.probe["outputs"]

    sources, outputs = zip(*map(disc, (MARKING, "2026a", "2026b")), strict=True)
    assert len(set(sources)) == 3
    assert len(set(map(str, outputs))) == 3
    assert disc("2026a") == disc("2026a")


def test_what_is_right_stays_right_under_any_salt_and_what_was_learnt_by_heart_does_not(
    solutions: Path, tmp_path: Path
) -> None:
    stored = load_sheets(solutions)["99"].tasks[1].expected
    by_heart = f"def disc(diameter, shown=iter({stored})):\n    return next(shown)"
    honest, copied = tmp_path / "in" / "honest.ipynb", tmp_path / "in" / "copied.ipynb"
    small_course.write(honest, small_course.answered())
    small_course.write(copied, small_course.submission({"99-q2": by_heart}))
    found = {}
    for salt in (MARKING, "2026a"):
        rows = mark([tmp_path / "in"], solutions=solutions, salt=salt)
        found[salt] = {(row.submission, row.question): row.status for row in rows}
    for salt in found:
        assert [found[salt]["honest.ipynb", f"99-q{n}"] for n in (1, 2, 3)] == ["right"] * 3
    assert found[MARKING]["copied.ipynb", "99-q2"] == "right"
    assert found["2026a"]["copied.ipynb", "99-q2"] == "wrong"
