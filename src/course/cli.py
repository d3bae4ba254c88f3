"""The command `course`: everything that is done with the course outside a notebook."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from course import cli_check
from course.paths import FRONT_PAGE, ROOT

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = cli_check.console


app.command()(cli_check.check)
app.command()(cli_check.hand_out)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open JupyterLab at the front page; further words, such as --no-browser, go to JupyterLab."""
    own = {
        "--ServerApp.root_dir": str(ROOT),
        "--LabApp.default_url": f"/lab/tree/{FRONT_PAGE.relative_to(ROOT).as_posix()}",
    }
    given = {word.partition("=")[0] for word in context.args}  # JupyterLab refuses to be told twice
    command = [sys.executable, "-m", "jupyterlab", *(f"{name}={own[name]}" for name in own if name not in given)]
    _become([*command, *context.args])


@app.command()
def build(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if a file has drifted.")] = False,
) -> None:
    """Write what is generated: sheets, front page, glossary, data dictionary, and the guide's misconceptions."""
    from course import dictionary, front_page, instructor, notebooks

    try:
        files = [
            *notebooks.build(check=check),
            *front_page.build(check=check),
            dictionary.write(check=check),
            *instructor.write(check=check),
        ]
    except notebooks.DriftError as error:
        console.print(f"[bold]Drift:[/] {escape(str(error))}")
        raise typer.Exit(1) from None
    console.print(
        f"{'Checked' if check else 'Written'}: {', '.join(file.relative_to(ROOT).as_posix() for file in files)}"
    )


@app.command()
def execute(
    notebooks: Annotated[list[Path] | None, typer.Argument(help="Default: front page, lessons, solutions.")] = None,
) -> None:
    """Run front page, lessons and solutions top to bottom and store their outputs, tidied."""
    from course import notebooks as shelf

    paths = notebooks or [FRONT_PAGE, *shelf.lessons(), *shelf.solutions()]
    with _progress() as progress:
        task = progress.add_task("executing", total=len(paths))
        for path in paths:
            shelf.execute(path)
            progress.advance(task)


@app.command()
def tidy(notebooks: Annotated[list[Path], typer.Argument()]) -> None:
    """Strip from notebooks what changes from run to run, keeping outputs, counts and ids."""
    from course import notebooks as shelf

    for path in notebooks:
        path.write_text(shelf.text_of(shelf.tidy(shelf.read(path))), "utf-8")


@app.command()
def facts(
    changed: Annotated[
        list[Path] | None, typer.Option(help="A table or its file: list the notebooks that read it.")
    ] = None,
    audit: Annotated[int | None, typer.Option(help="Draw this many rows at random, to be looked up.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same rows.")] = 0,
) -> None:
    """Count the data by table and kind, and say what is overdue; or draw an audit; or tell who reads a table."""
    from course import facts as ask
    from course import facts_report as report

    try:
        if changed:
            lines = [report.readers(table, ask.readers(table)) for table in map(ask.table_of, changed)]
        elif audit:
            lines = list(report.audit(ask.audit(audit, seed)))
        else:
            inventory = ask.inventory(date.today().isoformat())
            console.print(report.counts(inventory))
            lines = list(report.remarks(inventory))
    except (LookupError, ValueError) as error:  # no such name, a number out of range, a broken file
        console.print(f"[bold]No answer:[/] {escape(str(error))}")
        raise typer.Exit(2) from None
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command()
def validate(
    data: Annotated[
        Path | None, typer.Option(help="A CSV file of published results; default: the course's own.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print rows and topics as JSON.")] = False,
    topic: Annotated[list[str] | None, typer.Option(help="Only these topics, with every row.")] = None,
    constants: Annotated[
        bool, typer.Option("--constants", help="Show the fitted constants and what they were fitted on.")
    ] = False,
) -> None:
    """Hold every model against published results: predicted, published, error; what is not modelled, and why."""
    from course.validation import report, score, table

    if constants:
        console.print(report.constants())
        return
    try:
        cases = table.read(data) if data else table.ours()
    except ValueError as error:
        Console(stderr=True).print(f"[bold]Nothing was validated:[/] {escape(str(error))}")
        raise typer.Exit(2) from None
    outcomes = score.run(case for case in cases if not topic or case.topic in topic)
    if as_json:
        print(json.dumps(score.as_json(outcomes), indent=1))
        return
    if topic:
        console.print(report.rows(outcomes))
    console.print(report.topics(outcomes))
    for line in [*report.left_out(outcomes), *report.unknown_keys(outcomes)]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command()
def site(
    to: Annotated[Path | None, typer.Option(help="Folder to write. Default: build/site.")] = None,
) -> None:
    """Write the whole course as static pages, from the stored outputs; a warning or a dead link is an error."""
    from course import site as pages

    try:
        first = pages.build(to or pages.DEFAULT)
    except ImportError as error:
        console.print(f"[bold]Not built:[/] {escape(str(error))}. Install the packages of requirements.txt.")
        raise typer.Exit(2) from None
    except pages.SiteError as error:
        console.print(f"[bold]Not built:[/] {escape(str(error))}")
        raise typer.Exit(1) from None
    console.print(f"Written: {first}")


@app.command()
def progress() -> None:
    """Show how far you have come, and where to go on."""
    from course.progress import progress as come

    mine = come()
    console.print(mine.table())
    for line in mine.remarks:
        console.print(line, highlight=False)


@app.command()
def slides(
    number: Annotated[str, typer.Argument(metavar="NN", help="The lesson, such as 01.")],
    out: Annotated[Path | None, typer.Option(help="Default: slides_NN.html here.")] = None,
) -> None:
    """Make slides from a lesson, one file that needs no network; press S there for the speaker's notes."""
    from course import pages

    with _or_say("No slides"):
        _written(out or Path(f"slides_{number}.html"), pages.slides(number).encode("utf-8"))


@app.command()
def handout(
    number: Annotated[str, typer.Argument(metavar="NN", help="The lesson, such as 01.")],
    out: Annotated[Path | None, typer.Option(help="Default: handout_NN.html or .pdf here.")] = None,
    as_pdf: Annotated[bool, typer.Option("--pdf", help="Print it with the Chromium found here.")] = False,
) -> None:
    """Make a lesson into pages for printing, one file that needs no network."""
    from course import pages

    with _or_say("No handout"):
        page = pages.handout(number)
        target = out or Path(f"handout_{number}.{'pdf' if as_pdf else 'html'}")
        _written(target, pages.pdf(page) if as_pdf else page.encode("utf-8"))


@app.command()
def release(to: Annotated[Path, typer.Option(help="A folder that is empty or not there yet.")]) -> None:
    """Write what learners get: everything but solutions, instructor's guide and tests."""
    from course.classroom import release as shelf

    with _or_say("Nothing was released"):
        files = shelf.release(to)
    console.print(f"Written: {len(files)} files in {to}. Without solutions, instructor's guide and tests.")


@app.command()
def collect(
    downloads: Annotated[Path, typer.Argument(help="The unpacked download from Canvas or Moodle.")],
    to: Annotated[Path, typer.Option(help="Gets a folder for each learner id; nothing in it is overwritten.")],
) -> None:
    """Sort downloaded submissions by learner; exit 1 if one could not be placed."""
    from course.classroom import collect as desk

    with _or_say("Nothing was collected"):
        found = desk.collect(downloads, to)
    for line in found.lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1 if found.left else 0)


@app.command()
def predictions(
    export: Annotated[Path, typer.Option(help="The file to write; one that exists is not overwritten.")],
) -> None:
    """Write your predictions into a file for your instructor: ranges and units, no name."""
    from course.classroom import poll as ballot

    with _or_say("Nothing was exported"):
        count = ballot.export(export)
    console.print(f"Written: {count} predictions, without your name, in {export}")


@app.command()
def poll(
    folder: Annotated[Path, typer.Argument(help="Learners' files, as `course predictions --export` writes them.")],
    prediction: Annotated[str, typer.Option("--id", help="The prediction, such as 01-h20.")],
    out: Annotated[Path | None, typer.Option(help="Also draw it: .html is a page, all else PNG.")] = None,
    hide_truth: Annotated[bool, typer.Option("--hide-truth", help="Leave out the answer of the lesson.")] = False,
) -> None:
    """Draw what a class predicted as one histogram without names, beside the answer."""
    from course.classroom import poll as ballot

    with _or_say("No poll"):
        result = ballot.poll(folder, prediction, with_truth=not hide_truth)
        for line in result.lines:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        if out:
            page = out.suffix.lower() in (".html", ".htm")
            _written(out, result.page().encode("utf-8") if page else result.picture().png)


@app.command()
def doctor() -> None:
    """Examine Python, packages, kernel, widgets, disk and ports; exit 1 if something needs a remedy."""
    from course.doctor import examine

    ill = False
    for finding in examine():
        ill |= bool(finding.remedy)
        console.print(f"{'[bold]✘[/]' if finding.remedy else '✔'} {finding.what}: {escape(finding.found)}")
        if finding.remedy:
            console.print(f"  {escape(finding.remedy)}")
    raise typer.Exit(1 if ill else 0)


@contextmanager
def _or_say(what: str) -> Iterator[None]:
    """Turn a refusal into a sentence and exit code 2."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        console.print(f"[bold]{what}:[/] {escape(str(error))}")
        raise typer.Exit(2) from None


def _written(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    console.print(f"Written: {path}")


def _become(command: list[str]) -> None:
    """Replace this process, so that every signal reaches JupyterLab itself; Windows can only wait for it."""
    if os.name != "nt":
        os.execv(command[0], command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise typer.Exit(subprocess.call(command))


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


if __name__ == "__main__":
    app()
