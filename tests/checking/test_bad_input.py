"""Files that are not what they should be: each gets a clear row, or is marked as far as it goes."""

import copy
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import small_course
from hypothesis import given
from hypothesis import strategies as st
from small_course import SOURCES, answered, cell_of, submission, write

from course.checking import graft
from course.checking.finding import find
from course.checking.marking import mark
from course.checking.rows import Row

MISSING, UNREADABLE = "not_attempted", "unreadable"
FOUND = "found"


def without_ids(notebook: dict[str, Any]) -> dict[str, Any]:
    for cell in notebook["cells"]:
        del cell["id"]
    return notebook | {"nbformat_minor": 4}


def with_cell(notebook: dict[str, Any], cell_id: str, **changes: Any) -> dict[str, Any]:
    cell_of(notebook, cell_id).update(changes)
    return notebook


def with_more(notebook: dict[str, Any], *cells: Any, first: bool = False) -> dict[str, Any]:
    more = list(cells)
    return notebook | {"cells": more + notebook["cells"] if first else notebook["cells"] + more}


def without(notebook: dict[str, Any], *ids: str) -> dict[str, Any]:
    return notebook | {"cells": [cell for cell in notebook["cells"] if cell["id"] not in ids]}


def twin(source: str, cell_id: str = "99-q1-answer", question: str = "99-q1") -> dict[str, Any]:
    return small_course.code(cell_id, source, "answer", question)


def extra(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": "mine", "metadata": {}, "source": source, "outputs": []}


# what is in the file; whether its three answers are found, else why not; a part of the first one's note
STRANGE: dict[str, tuple[Any, list[str], str]] = {
    "no ids": (without_ids(answered()), [FOUND] * 3, "Found by the mark in its metadata"),
    "ids renumbered": (
        answered() | {"cells": [cell | {"id": str(i)} for i, cell in enumerate(answered()["cells"])]},
        [FOUND] * 3,
        "Found by the mark in its metadata",
    ),
    "marks lost": (answered() | {"cells": [c | {"metadata": {}} for c in answered()["cells"]]}, [FOUND] * 3, ""),
    "same twice": (with_more(answered(), twin(SOURCES["99-q1"])), [FOUND] * 3, ""),
    "two claim": (with_more(answered(), twin("area = 1")), [FOUND] * 3, "Joined from 2 cells"),
    "a copy": (with_more(answered(), twin("area = 1", "copy")), [FOUND] * 3, "Joined from 2 cells"),
    # JupyterLab leaves the id with the last part and copies the marks
    "split": (
        with_more(with_cell(answered(), "99-q1-answer", source="area *= 2"), twin("area = 407", "new"), first=True),
        [FOUND] * 3,
        "Joined from 2 cells",
    ),
    "one cell missing": (without(answered(), "99-q1-answer"), [MISSING, FOUND, FOUND], "missing from the notebook"),
    "all cells missing": (answered() | {"cells": []}, [MISSING] * 3, "missing from the notebook"),
    "needs an extra cell": (
        with_more(with_cell(answered(), "99-q1-answer", source="area = a * b"), extra("a, b = 22, 37"), first=True),
        [FOUND] * 3,
        "",
    ),
    "extra cells": (with_more(answered(), extra("area = 1"), 17, None, ["x"], {}), [FOUND] * 3, ""),
    "prompts gone": (without(answered(), "99-setup", "99-q1-prompt"), [FOUND] * 3, ""),
    "source a list": (with_cell(answered(), "99-q1-answer", source=["area = 22 *", " 37"]), [FOUND] * 3, ""),
    "source a number": (with_cell(answered(), "99-q1-answer", source=814), [UNREADABLE, FOUND, FOUND], "not text"),
    "source of numbers": (with_cell(answered(), "99-q1-answer", source=[8, 1]), [UNREADABLE, FOUND, FOUND], "not text"),
    "half a character": (
        with_cell(answered(), "99-q1-answer", source="area = '\ud800'"),
        [UNREADABLE, FOUND, FOUND],
        "not text",
    ),
    "made markdown": (
        with_cell(answered(), "99-q1-answer", cell_type="markdown"),
        [UNREADABLE, FOUND, FOUND],
        "not a code cell",
    ),
    "strange metadata": (
        answered() | {"metadata": {"kernelspec": {"name": "julia"}, "course": 5}, "nbformat_minor": "x"},
        [FOUND] * 3,
        "",
    ),
}

WHOLE = json.dumps(answered())
# the bytes of a file that cannot be read at all, and a part of its one row's message
REFUSED: dict[str, tuple[bytes, str]] = {
    "99_not_json.ipynb": (b"area = 814", "no valid JSON"),
    "99_cut.ipynb": (WHOLE[:500].encode(), "no valid JSON"),
    "99_empty.ipynb": (b"", "empty"),
    "99_list.ipynb": (b"[]", "not a notebook"),
    "99_text.ipynb": (b'"nbformat"', "not a notebook"),
    "99_old.ipynb": (b'{"nbformat": 3, "worksheets": []}', "format 3 instead of 4"),
    "99_strange.ipynb": (b'{"nbformat": [3], "cells": []}', "strange format"),
    "99_latin.ipynb": (WHOLE.replace("area", "Fläche").encode("latin-1"), "UTF-8"),
    "99_utf16.ipynb": (WHOLE.encode("utf-16"), "UTF-8"),
    "99_deep.ipynb": (b"[" * 200_000, "nested too deeply"),
    "99_number.ipynb": (b'{"nbformat": ' + b"4" * 9000 + b"}", "no valid JSON"),
    "99_no_cells.ipynb": (b'{"nbformat": 4, "metadata": {}}', "no list of cells"),
    "99_cells.ipynb": (b'{"nbformat": 4, "cells": {"a": 1}}', "no list of cells"),
    "other.ipynb": (b'{"nbformat": 4, "metadata": {"course": {"sheet": "77"}}, "cells": []}', "which sheet"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_notebook_is_read_as_far_as_it_goes(name: str, solutions: Path, tmp_path: Path) -> None:
    content, found, part = STRANGE[name]
    sheets = graft.load_sheets(solutions)
    notebook = graft.read(write(tmp_path / "99.ipynb", content))
    sheet = graft.sheet_of(notebook, "99.ipynb", sheets)
    picks = [graft.pick(notebook, cell_id, question) for cell_id, question in sheet.answers.items()]
    assert [pick.status if pick.source is None else FOUND for pick in picks] == found
    assert part in picks[0].note
    assert bool(part) == bool(picks[0].note)
    sources = {question: pick.source for question, pick in zip(SOURCES, picks, strict=True) if pick.source}
    if name not in ("needs an extra cell", "two claim", "a copy", "split"):
        assert sources.items() <= SOURCES.items()


# those of the above that are also marked in earnest: the statuses of their rows, a part of the first row's message
EARNEST = {
    "no ids": (["right"] * 3, "Found by the mark in its metadata"),
    "two claim": (["wrong", "right", "right"], "Joined from 2 cells"),
    "one cell missing": ([MISSING, "right", "right"], "missing from the notebook"),
    "needs an extra cell": (["error", "right", "right"], "Only the answer cells are run"),
    "all cells missing": ([UNREADABLE], "No answer cell"),
    "split": (["right"] * 3, "Joined from 2 cells"),
}


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    """Mark one folder that holds all kinds of files, and right answers among them."""
    folder = tmp_path_factory.mktemp("class")
    solutions = write(folder / "solutions" / "99_area.ipynb", small_course.solution()).parent
    for name in EARNEST:
        write(folder / "in" / "strange" / f"99 {name}.ipynb", STRANGE[name][0])
    for name, (content, _) in REFUSED.items():
        (folder / "in" / name).write_bytes(content)
    (folder / "in" / "99_bom.ipynb").write_bytes(WHOLE.encode("utf-8-sig"))
    with (folder / "in" / "99_large.ipynb").open("wb") as file:
        file.truncate(100_000_000)
    (folder / "in" / "99_link.ipynb").symlink_to(folder / "in" / "99_bom.ipynb")
    os.mkfifo(folder / "in" / "99_pipe.ipynb")
    write(folder / "in" / "99_folder.ipynb" / "inner.ipynb", answered())
    write(folder / "in" / ".ipynb_checkpoints" / "99_bom-checkpoint.ipynb", answered())
    write(folder / "in" / "._99_bom.ipynb", answered())
    with pytest.MonkeyPatch.context() as patch:
        small_course.install(patch)
        rows = mark([folder / "in"], solutions=solutions, workers=2)
    marked: dict[str, list[Row]] = {}
    for row in rows:
        marked.setdefault(row.submission, []).append(row)
    return marked


@pytest.mark.parametrize("name", EARNEST)
def test_a_strange_notebook_is_marked_as_far_as_it_goes(name: str, marked: dict[str, list[Row]]) -> None:
    statuses, part = EARNEST[name]
    rows = marked[f"strange/99 {name}.ipynb"]
    assert [row.question for row in rows] == (["99-q1", "99-q2", "99-q3"] if len(statuses) > 1 else [""])
    assert [row.status for row in rows] == statuses, rows
    assert part in rows[0].message


SPECIAL = {
    "99_large.ipynb": "larger than 10 MB",
    "99_link.ipynb": "symbolic link",
    "99_pipe.ipynb": "not a regular file",
    "99_folder.ipynb": "a folder",
}


@pytest.mark.parametrize(("name", "part"), [*((n, part) for n, (_, part) in REFUSED.items()), *SPECIAL.items()])
def test_a_file_that_cannot_be_read_is_one_row_that_says_why(
    name: str, part: str, marked: dict[str, list[Row]]
) -> None:
    (row,) = marked[name]
    most = small_course.ALL_POINTS if name.startswith("99") else 0
    assert row == Row(name, "", "unreadable", 0, most, row.message, 0.0)
    assert part in row.message


def test_a_byte_order_mark_is_no_obstacle_and_nothing_else_was_marked(marked: dict[str, list[Row]]) -> None:
    assert [row.status for row in marked["99_bom.ipynb"]] == ["right"] * 3
    named = {"99_bom.ipynb", *REFUSED, *SPECIAL, *(f"strange/99 {name}.ipynb" for name in EARNEST)}
    assert marked.keys() == named


def test_the_sheet_is_told_by_cells_then_metadata_then_name(solutions: Path) -> None:
    other = small_course.solution() | {"metadata": {"course": {"sheet": "98"}}, "cells": []}
    write(solutions / "98_empty.ipynb", other)
    sheets = graft.load_sheets(solutions)
    cells, bare = submission()["cells"], {"nbformat": 4, "metadata": {}, "cells": []}
    stated = {"course": {"sheet": "98"}}
    assert graft.sheet_of(bare | {"cells": cells, "metadata": stated}, "98.ipynb", sheets).number == "99"
    assert graft.sheet_of(bare | {"metadata": stated}, "99_area.ipynb", sheets).number == "98"
    assert graft.sheet_of(bare, "group/99_area.ipynb", sheets).number == "99"
    with pytest.raises(graft.UnreadableError, match=r"98, 99"):
        graft.sheet_of(bare, "area_99.ipynb", sheets)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["99-q1", "99-q1-answer"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
course_mark = st.fixed_dictionaries({"role": st.just("answer") | plain, "question": st.just("99-q1") | plain})
cell = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown"]) | plain,
        "id": st.sampled_from(["99-q1-answer", "99-q2-answer"]) | plain,
        "metadata": st.fixed_dictionaries({}, optional={"course": course_mark | plain}) | plain,
        "source": st.text(max_size=9) | plain,
    },
)
notebook = st.fixed_dictionaries(
    {"nbformat": st.just(4) | plain, "cells": st.lists(cell | plain, max_size=4) | plain},
    optional={"metadata": st.fixed_dictionaries({"course": plain}) | plain},
)


@given(content=notebook | plain)
def test_no_json_whatever_makes_reading_fail_otherwise_than_with_a_reason(content: Any) -> None:
    with tempfile.TemporaryDirectory() as temporary, pytest.MonkeyPatch.context() as patch:
        small_course.install(patch)
        write(Path(temporary, "solutions", "99_area.ipynb"), small_course.solution())
        sheets = graft.load_sheets(Path(temporary, "solutions"))
        path = write(Path(temporary, "99.ipynb"), content)
        try:
            read = graft.read(path)
            sheet = graft.sheet_of(read, path.name, sheets)
        except graft.UnreadableError:
            return
        for cell_id, question in sheet.answers.items():
            pick = graft.pick(read, cell_id, question)
            assert pick.note or pick.source is not None


@pytest.mark.parametrize(
    ("place", "message"),
    [("nowhere", "there is no .*nowhere"), ("empty", "no notebooks .* in .*empty")],
)
def test_a_path_without_notebooks_is_an_error_that_names_it(place: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "empty" / ".ipynb_checkpoints").mkdir(parents=True)
    write(tmp_path / "empty" / ".ipynb_checkpoints" / "hidden.ipynb", answered())
    write(tmp_path / "present" / "99.ipynb", answered())
    with pytest.raises(ValueError, match=message):
        find([tmp_path / "present", tmp_path / place])


def test_no_path_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="no notebook"):
        find([])


def test_names_are_relative_to_what_the_paths_have_in_common(tmp_path: Path) -> None:
    for name in ("a/one.ipynb", "a/b/two.ipynb", "c/three.IPYNB"):
        write(tmp_path / name, {})
    assert [each.name for each in find([tmp_path])] == ["a/b/two.ipynb", "a/one.ipynb", "c/three.IPYNB"]
    assert [each.name for each in find([tmp_path / "a"])] == ["b/two.ipynb", "one.ipynb"]
    assert [each.name for each in find([tmp_path / "a" / "one.ipynb"] * 2)] == ["one.ipynb"]
    assert [each.name for each in find([tmp_path / "a" / "b", tmp_path / "c"])] == ["a/b/two.ipynb", "c/three.IPYNB"]


Spoil = Callable[[dict[str, Any]], object]
UNFIT: dict[str, tuple[Spoil, str]] = {
    "never run": (lambda s: cell_of(s, "99-q2-probe").update(execution_count=None, outputs=[]), "99-q2 was never run"),
    "no output": (lambda s: cell_of(s, "99-q2-probe").update(outputs=[]), "99-q2 was never run"),
    "other inputs": (lambda s: cell_of(s, "99-q2-probe").update(source="show()"), "99-q2 is not what its question"),
    "stale output": (
        lambda s: cell_of(s, "99-q1-probe").update(outputs=small_course.printed("observed: [700.0]\n")),
        "another reference",
    ),
    "two lines": (
        lambda s: cell_of(s, "99-q1-probe").update(outputs=small_course.printed("hello\nobserved: [814.0]\n")),
        "more than one line",
    ),
    "no probe": (lambda s: s["cells"].remove(cell_of(s, "99-q3-probe")), "99-q3 has 1 answer and 0 probe cells"),
    "two answers": (
        lambda s: s["cells"].append(cell_of(s, "99-q3-answer")),
        "99-q3 has 2 answer and 1 probe cells",
    ),
    "no number": (lambda s: s["metadata"].clear(), "should name a sheet"),
    "unknown question": (
        lambda s: cell_of(s, "99-q1-answer")["metadata"]["course"].update(question="99-q9"),
        "no question '99-q9'",
    ),
}


@pytest.mark.parametrize("name", UNFIT)
def test_marking_does_not_begin_with_an_unfit_sheet(name: str, solutions: Path, tmp_path: Path) -> None:
    spoil, message = UNFIT[name]
    sheet = copy.deepcopy(small_course.solution())
    spoil(sheet)
    write(solutions / "99_area.ipynb", sheet)
    with pytest.raises(graft.SheetError, match=message):
        mark([write(tmp_path / "99.ipynb", answered())], solutions=solutions)


def test_a_folder_without_sheets_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(graft.SheetError, match="no instructor's sheets"):
        mark([write(tmp_path / "99.ipynb", answered())], solutions=tmp_path / "nowhere")
