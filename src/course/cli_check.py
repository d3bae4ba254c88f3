"""The commands `course check` and `course hand-out`: marking answers, and sheets with each learner's own numbers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from course.paths import EXERCISES, MARKS, SOLUTIONS

if TYPE_CHECKING:
    from course.checking.rows import Row

console = Console()
_WIDE = 120  # columns of a table that is piped into a file, where no screen sets a limit
_PATIENCE_S = 2.0  # what one sheet may take before it is said why
if not console.is_terminal:
    console.width = max(console.width, _WIDE)


def check(
    notebooks: Annotated[list[Path], typer.Argument(help="Notebooks, or folders of notebooks.")],
    out: Annotated[Path, typer.Option(help="Folder for results and reports.")] = Path("marks"),
    timeout: Annotated[int, typer.Option(help="Seconds that one cell may run.", min=1)] = 60,
    workers: Annotated[int, typer.Option(help="Notebooks checked side by side.", min=1)] = 1,
    scheduler: Annotated[str, typer.Option(help="Mark on a Dask cluster, such as tcp://10.0.0.1:8786.")] = "",
    salt: Annotated[str, typer.Option(help="Any text: a class's own inputs to try functions on.")] = "marking",
    personal: Annotated[str, typer.Option(help="The key of a class whose learners got numbers of their own.")] = "",
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Other names for learners, always the same.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 unless every answer is right.")] = False,
    require_sandbox: Annotated[
        bool, typer.Option("--require-sandbox", help="Refuse where a wall around learners' code is missing.")
    ] = False,
) -> None:
    """Check answers: one's own sheet, or a folder of submissions. Exit 0 when it ran, whatever the marks.

    Stopped half way and started again with the same words, it goes on where it was.
    """
    began = time.monotonic()
    from course.runner.workshop import Workshop

    # it starts in the background while the questions are loaded
    needless = bool(scheduler) or _unchanged(notebooks, out / MARKS)
    with nullcontext() if needless else Workshop() as workshop, _progress() as progress:
        from course.checking import cluster, finding, gradebook, marking, pages, report
        from course.checking.anonymous import anonymised
        from course.checking.store import Store

        task = progress.add_task("checking", counts="")
        counts: Counter[str] = Counter()
        missing: list[tuple[str, ...]] = []
        ready: list[float] = []

        def look(walls: tuple[str, ...]) -> None:
            missing.append(walls)
            ready.append(time.monotonic())
            _name_missing_walls(walls)

        def whose(name: str) -> str:
            return finding.learner_of(name, *(sheet.stem for sheet in SOLUTIONS.glob("*.ipynb")))

        def show(rows: list[Row]) -> None:
            counts.update(row.status for row in rows)
            progress.update(task, advance=1, counts=report.counted(counts), refresh=True)

        try:
            report.prepare(out)  # hours of marking must not end in a folder that cannot be written to
            crew = cluster.there(scheduler) if scheduler else marking.here(workers, workshop)
            found = finding.find(notebooks)
            progress.update(task, total=len(found))
            with Store(out) as store:
                rows = marking.mark(
                    notebooks,
                    solutions=SOLUTIONS,
                    timeout_s=timeout,
                    require_sandbox=require_sandbox,
                    salt=salt,
                    class_key=personal,
                    store=store,
                    crew=crew,
                    on_walls=look,
                    on_submission=show,
                )
                if anonymous:
                    rows = anonymised(rows, whose, personal or store.secret("pseudonyms"))
        except (ValueError, OSError) as error:  # no notebooks, a sheet of ours that is not ready, nowhere to write
            console.print(f"[bold]Nothing was checked:[/] {escape(str(error))}")
            raise typer.Exit(2) from None
        except ImportError as error:
            console.print(f"[bold]Nothing was checked:[/] --scheduler needs dask.distributed: {escape(str(error))}")
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            console.print("Stopped. What was done is kept: the same command goes on from there.")
            raise typer.Exit(130) from None
    marked = time.monotonic()
    report.write(rows, out)
    pages.write(rows, missing[0] if missing else None, out)
    gradebook.write(rows, whose, out)
    console.print(report.table(rows))
    console.print(report.summary(rows))
    if ignored := finding.others_in(notebooks):
        console.print(
            f"Ignored, for they are no notebooks: {escape(', '.join(report.clean(name) for name in ignored))}"
        )
    if personal and not anonymous:
        names = {row.submission: whose(row.submission) for row in rows}
        for name, learner in names.items():
            console.print(f"{report.clean(name)}: numbers of {report.clean(learner) or 'nobody'}", markup=False)
    written = ("results.csv", "results.json", "class.html", "gradebook_canvas.csv", "gradebook_moodle.csv")
    console.print(f"Written into {out}: {', '.join(written)}, and a page for each learner", markup=False)
    if len(found) == 1 and time.monotonic() - began > _PATIENCE_S:
        console.print(_why([began, *ready, marked, time.monotonic()]))
    if strict and any(row.status != "right" for row in rows):
        raise typer.Exit(1)


def hand_out(
    roster: Annotated[Path, typer.Argument(help="A text file with the id of one learner on each line.")],
    key: Annotated[str, typer.Option(help="The key of the class: long, secret, and the same when you mark.")],
    out: Annotated[Path, typer.Option(help="Folder for a folder of sheets for each learner.")] = Path("handed_out"),
) -> None:
    """Write sheets in which every learner finds numbers of their own; mark them with --personal KEY."""
    from course.checking.personal import hand_out as write

    try:
        learners = [line.strip() for line in roster.read_text("utf-8").splitlines() if line.strip()]
        files = write(learners, key, sorted(EXERCISES.glob("*.ipynb")), out)
    except (ValueError, OSError) as error:
        console.print(f"[bold]Nothing was written:[/] {escape(str(error))}")
        raise typer.Exit(2) from None
    console.print(f"Written: {len(files)} sheets for {len(learners)} learners into {escape(str(out))}")


def _unchanged(notebooks: list[Path], store: Path) -> bool:
    """Say at a glance whether all these notebooks are older than their marks; the store itself looks more closely."""
    try:
        marked = store.stat().st_mtime
        return all(path.is_file() and path.stat().st_mtime < marked for path in notebooks)
    except OSError:
        return False


def _why(moments: list[float]) -> str:
    """Say what took the time for a single sheet, from when it began, was ready to run if it was run, and so on."""
    spans = [after - before for before, after in pairwise(moments)]
    took = f"It took {sum(spans):.1f} s: {spans[0]:.1f} s"
    if len(spans) == 2:
        reports = f"{spans[1]:.1f} s for the reports"
        return f"{took} to load the questions, {reports}. The answers are those of last time, so none was run."
    ran = f"{spans[1]:.1f} s to run the answers, {spans[2]:.1f} s for the reports"
    return f"{took} to start Jupyter and load the questions, {ran}."


def _name_missing_walls(missing: tuple[str, ...]) -> None:
    if missing:
        console.print(
            f"[bold]Not protected here:[/] {', '.join(missing)}. Mark only code from people whom you would let use "
            "this computer."
        )


class _Bar(Progress):
    """A bar with the counts by status on a line of their own: beside the bar, a narrow screen would cut them off."""

    def get_renderables(self) -> Iterable[RenderableType]:
        """Return the bar and the line under it."""
        return [self.make_tasks_table(self.tasks), *(Text(task.fields["counts"]) for task in self.tasks)]


def _progress() -> Progress:
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return _Bar(*bar, console=console, transient=True)
