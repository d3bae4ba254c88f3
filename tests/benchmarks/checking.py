"""What it costs to mark a class: this course, nbval alone, nbgrader and otter, on the same twenty submissions.

`python tests/benchmarks/checking.py` prints seconds and processor seconds a submission and peak memory, with the floor
(the cells alone in a warm process), and how many of the 120 verdicts are true. nbgrader and otter are installed into a
temporary environment of their own; `--only ours,floor` measures a part. Linux only.

Every tool is measured from its start to its end, all its processes together. Orphans are adopted and counted: a kernel
that is killed leaves no trace in its parent's accounts otherwise. Ours is run on one and on sixty submissions, too,
which tells what starting it costs once and what each submission costs. The floor is without a start: its process is
warm. Where marking calls `plt.show()` nothing is drawn, because no picture is compared; so there are two floors.

Everything finds its byte code compiled, as on any day but the first.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import realistic_sheet as sheet
from rich.console import Console
from rich.table import Table

from course.paths import ROOT

NBGRADER, OTTER = "nbgrader==0.9.6", "otter-grader==7.0.0"
NUMBERS = range(1, len(sheet.QUESTIONS) + 1)
MANY = 3 * sheet.SUBMISSIONS
LEARNERS = range(sheet.SUBMISSIONS)
LESSON = "04"  # questions bring the models of their lesson with them; those of the sheet here have none
BYTE_CODE = os.environ.get("PYTHONPYCACHEPREFIX") or str(Path(tempfile.gettempdir(), "course-benchmark-byte-code"))
MINE = "course, sandbox on, 1 worker"
MINE_ONE, MINE_MANY = f"{MINE}, 1 submission", f"{MINE}, {MANY} submissions"
GOALS = {
    "floor, figures drawn": (1.3, "at most"),
    "floor, figures not drawn": (1.3, "at most"),
    "otter run": (8.0, "at least"),
    "nbgrader autograde": (4.0, "at least"),
}
_SUBREAPER = 36
_SAMPLE_S = 0.2
Verdicts = dict[tuple[int, int], bool]


@dataclass(frozen=True)
class Cost:
    """What one tool took for the whole class, and how many of its verdicts are true."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    true: int | None
    submissions: int = sheet.SUBMISSIONS

    @property
    def verdicts(self) -> int:
        """How many verdicts there are."""
        return self.submissions * len(NUMBERS)


def measure(
    commands: list[list[str]], folder: Path, environment: dict[str, str] | None = None
) -> tuple[float, float, float]:
    """Run commands one after the other; return wall and processor seconds of all their processes, and peak memory."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    peak, over = [0.0], threading.Event()
    sampling = threading.Thread(target=_sample, args=(peak, over))
    sampling.start()
    for command in commands:
        with (folder / "log").open("ab") as log:
            run = subprocess.run(command, cwd=folder, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            log.write(f"\n{command[:4]} ended with {run.returncode}\n".encode())
    wall = time.monotonic() - began
    over.set()
    sampling.join()
    try:
        while True:  # adopted orphans, which end when their parents have
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak[0]


def _sample(peak: list[float], over: threading.Event) -> None:
    """Keep the largest sum of memory over all descendants; shared pages count once (PSS)."""
    while not over.wait(_SAMPLE_S):
        waiting, total = [os.getpid()], 0.0
        while waiting:
            pid = waiting.pop()
            try:
                for task in Path(f"/proc/{pid}/task").iterdir():
                    waiting += map(int, (task / "children").read_text().split())
                if pid != os.getpid():
                    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
                    total += int(found[1]) / 1000 if found else 0
            except (OSError, ValueError):  # gone while we looked
                continue
        peak[0] = max(peak[0], total)


def floor(folder: Path, draws: bool) -> Cost:
    """Run the cells in forks of a process that has all the packages, with nothing around them."""
    script = folder / "floor.py"
    script.write_text(_FLOOR, "utf-8")
    sources = [[sheet.SETUP, *(sheet.source(learner, number) for number in NUMBERS)] for learner in LEARNERS]
    (folder / "sources.json").write_text(json.dumps(sources), "utf-8")
    environment = _environment() | {"MPLBACKEND": "module://matplotlib_inline.backend_inline" if draws else "Agg"}
    _, _, peak = measure([[sys.executable, str(script)]], folder, environment)
    wall, cpu = map(float, (folder / "floor.txt").read_text().split())
    return Cost(wall, cpu, peak, None)


_FLOOR = """
import contextlib, io, json, os, resource, sys, time
sys.modules.setdefault("rfc3987_syntax", None)
import ipykernel.ipkernel, ipywidgets, matplotlib.pyplot, pandas
import course.data
from IPython.core.interactiveshell import InteractiveShell
sources = json.load(open("sources.json"))
before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
for cells in sources:
    pid = os.fork()
    if not pid:
        shell = InteractiveShell.instance()
        from IPython.display import display
        shell.user_ns["display"] = display
        matplotlib.pyplot.install_repl_displayhook()
        with contextlib.redirect_stdout(io.StringIO()):
            done = [shell.run_cell(cell).success for cell in cells]
        os._exit(0 if all(done) else 1)
    assert os.waitpid(pid, 0)[1] == 0, "a cell failed"
after = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
open("floor.txt", "w").write(f"{time.monotonic() - began} {cpu}")
"""


def ours(folder: Path, workers: int, walls: bool, count: int = sheet.SUBMISSIONS) -> Cost:
    """Mark the class with this course."""
    sheet.write(folder / "solutions", "98_chips.ipynb", sheet.solution())
    for learner in range(count):
        sheet.write(folder / "in" / str(learner), "98_chips.ipynb", sheet.handed_in(learner))
    command = [
        sys.executable,
        __file__,
        "--mark",
        str(folder),
        "--workers",
        str(workers),
        *([] if walls else ["--open"]),
    ]
    cost = measure([command], folder, _environment())
    rows = json.loads((folder / "rows.json").read_text("utf-8"))
    found = {(int(name.split("/")[0]), int(question[-1])): status == "right" for name, question, status in rows}
    return Cost(*cost, _true(found), count)


def mark(folder: Path, workers: int, walls: bool) -> None:
    """Be the process that marks, with the sheet's questions installed."""
    from course import questions
    from course.checking import marking
    from course.runner.workshop import Workshop

    questions.of_sheet(LESSON)
    sheet.install()
    marking.Workshop = lambda: Workshop(ask_for_walls=walls)  # type: ignore[assignment,misc]
    rows = marking.mark([folder / "in"], solutions=folder / "solutions", workers=workers)
    shown = [[row.submission, row.question, row.status] for row in rows]
    (folder / "rows.json").write_text(json.dumps(shown), "utf-8")


def nbval(folder: Path, together: bool) -> Cost:
    """Run nbval on submissions whose outputs are the reference's."""
    files = [str(sheet.write(folder, f"{learner}.ipynb", sheet.for_nbval(learner))) for learner in LEARNERS]
    base = [sys.executable, "-m", "pytest", "--nbval-lax", "-c", os.devnull, "--rootdir", str(folder), "-q", "--tb=no"]
    base += ["-p", "no:cacheprovider", "--nbval-current-env"]
    runs = [files] if together else [[file] for file in files]
    cost = measure([[*base, f"--junitxml=r{n}.xml", *run] for n, run in enumerate(runs)], folder, _environment())
    found: Verdicts = {}
    for result in folder.glob("r*.xml"):
        for case in xml.etree.ElementTree.parse(result).iter("testcase"):
            # cells are counted from 0: the setup, then answer and probe of each question
            cell = int(re.search(r"\d+$", case.get("name", ""))[0])  # type: ignore[index]
            learner = int(re.search(r"(\d+)(\.ipynb)?$", case.get("classname", ""))[1])  # type: ignore[index]
            if cell and cell % 2 == 0:
                found[learner, cell // 2] = case.find("failure") is None and case.find("error") is None
    return Cost(*cost, _true(found))


def nbgrader(folder: Path, python: Path) -> Cost:
    """Mark with `nbgrader autograde`: release the sheet first, then grade what was handed in."""

    def cells(learner: int | None) -> list[sheet.Cell]:
        made = [sheet.code("setup", sheet.SETUP, {})]
        for number in NUMBERS:
            shared = {"schema_version": 3, "task": False}
            answer = {"grade": False, "solution": True, "locked": False, "grade_id": f"q{number}"} | shared
            test = {"grade": True, "solution": False, "locked": True, "grade_id": f"t{number}", "points": 1} | shared
            text = sheet.RIGHT[number] if learner is None else sheet.source(learner, number)
            made.append(sheet.code(f"q{number}", text, {"nbgrader": answer}))
            made.append(sheet.code(f"t{number}", sheet.tests_of(number), {"nbgrader": test}))
        return made

    sheet.write(folder / "source" / "one", "sheet.ipynb", sheet.notebook(cells(None)))
    for learner in LEARNERS:
        sheet.write(folder / "submitted" / str(learner) / "one", "sheet.ipynb", sheet.notebook(cells(learner)))
    config = "c = get_config()\nc.CourseDirectory.course_id = 'bench'\nc.ClearSolutions.enforce_metadata = False\n"
    (folder / "nbgrader_config.py").write_text(config, "utf-8")
    environment = _environment(python)
    program = str(python.with_name("nbgrader"))
    subprocess.run(
        [program, "generate_assignment", "one"], cwd=folder, env=environment, check=True, capture_output=True
    )
    cost = measure([[program, "autograde", "one"]], folder, environment)
    asked = """import json
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    notebooks = [(sub.student.id, each) for sub in book.assignment_submissions("one") for each in sub.notebooks]
    print(json.dumps([[who, grade.name, grade.score] for who, each in notebooks for grade in each.grades]))
"""
    shown = subprocess.run([str(python), "-c", asked], cwd=folder, env=environment, check=True, capture_output=True)
    grades = json.loads(shown.stdout)
    return Cost(*cost, _true({(int(who), int(which[1:])): score == 1 for who, which, score in grades}))


def otter(folder: Path, python: Path) -> Cost:
    """Mark with `otter run`, one submission after the other."""
    for number in NUMBERS:
        lines = [f">>> {line}" for line in sheet.tests_of(number).splitlines()]
        case = {"code": "\n".join(lines), "hidden": False, "locked": False}
        suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        (folder / "tests").mkdir(exist_ok=True)
        text = f"OK_FORMAT = True\n\ntest = { ({'name': f'q{number}', 'points': 1, 'suites': [suite]})!r}\n"
        (folder / "tests" / f"q{number}.py").write_text(text, "utf-8")
    environment = _environment(python)
    program = str(python.with_name("otter"))
    made = [program, "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment", "--no-requirements"]
    subprocess.run(made, cwd=folder, env=environment, check=True, capture_output=True)
    commands = []
    for learner in LEARNERS:
        cells = [sheet.code("first", "import otter\ngrader = otter.Notebook()\n" + sheet.SETUP, {})]
        for number in NUMBERS:
            cells.append(sheet.code(f"q{number}", sheet.source(learner, number), {}))
            cells.append(sheet.code(f"t{number}", f'grader.check("q{number}")', {}))
        file = sheet.write(folder / str(learner), "sheet.ipynb", sheet.notebook(cells))
        commands.append(
            [program, "run", "-a", str(folder / "autograder.zip"), "-o", str(file.parent), "--no-logo", str(file)]
        )
    cost = measure(commands, folder, environment)
    found: Verdicts = {}
    for learner in LEARNERS:
        results = folder / str(learner) / "results.json"
        tests = json.loads(results.read_text("utf-8"))["tests"] if results.exists() else []
        for test in tests:
            if named := re.match(r"q(\d)", test["name"]):
                found[learner, int(named[1])] = test.get("score") == test.get("max_score") and test.get("score", 0) > 0
    return Cost(*cost, _true(found))


def others_python(folder: Path) -> Path:
    """Make an environment with nbgrader, otter and the packages of the sheet in the course's versions."""
    locked = (ROOT / "requirements.txt").read_text("utf-8")
    wanted = ("ipykernel", "ipywidgets", "jupyterlab", "matplotlib", "numpy", "pandas", "scipy")
    pins = re.findall(rf"^((?:{'|'.join(wanted)})==[\w.]+)", locked, re.MULTILINE)
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "-p", sys.executable, str(folder)], check=True)
    python = folder / "bin" / "python"
    install = [*uv, "pip", "install", "-q", "--compile-bytecode", "-p", str(python), NBGRADER, OTTER, *pins]
    subprocess.run(install, check=True)
    return python


def _environment(python: Path | None = None) -> dict[str, str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OPENBLAS_NUM_THREADS": "1"}
    if python is not None:  # both call other programs of theirs by name
        environment["PATH"] = os.pathsep.join([str(python.parent), environment["PATH"]])
    else:
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = BYTE_CODE
    return environment


def _true(found: Verdicts) -> int:
    return sum(verdict == sheet.is_right(*which) for which, verdict in found.items())


def main() -> int:
    """Measure, print the table, and return 1 if a verdict of ours is not true."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default="floor,ours,nbval,nbgrader,otter")
    arguments.add_argument("--csv", type=Path, help="write the table there, too")
    arguments.add_argument("--mark", type=Path)
    arguments.add_argument("--workers", type=int, default=1)
    arguments.add_argument("--open", action="store_true")
    words = arguments.parse_args()
    if words.mark:
        mark(words.mark, words.workers, not words.open)
        return 0
    only = words.only.split(",")
    costs: dict[str, Cost] = {}
    with tempfile.TemporaryDirectory(prefix="course-benchmark-") as folder:
        rooms = iter(range(100))

        def run(name: str, kind: str, tool: Callable[[Path], Cost]) -> None:
            if kind in only:
                room = Path(folder, str(next(rooms)))
                room.mkdir()
                costs[name] = tool(room)
                print(f"{name}: {costs[name]}", file=sys.stderr, flush=True)

        first = Path(folder, "first")  # compiles the byte code
        first.mkdir()
        ours(first, 1, walls=True, count=1)
        run("floor, figures drawn", "floor", lambda room: floor(room, draws=True))
        run("floor, figures not drawn", "floor", lambda room: floor(room, draws=False))
        run(MINE, "ours", lambda room: ours(room, 1, walls=True))
        run("course, sandbox on, 3 workers", "ours", lambda room: ours(room, 3, walls=True))
        run("course, sandbox off, 3 workers", "ours", lambda room: ours(room, 3, walls=False))
        run(MINE_ONE, "ours", lambda room: ours(room, 1, walls=True, count=1))
        run(MINE_MANY, "ours", lambda room: ours(room, 1, walls=True, count=MANY))
        run("nbval, one process", "nbval", lambda room: nbval(room, together=True))
        run("nbval, one process a file", "nbval", lambda room: nbval(room, together=False))
        if {"nbgrader", "otter"} & set(only):
            python = others_python(Path(folder, "others"))
            run("nbgrader autograde", "nbgrader", lambda room: nbgrader(room, python))
            run("otter run", "otter", lambda room: otter(room, python))
    show(costs)
    if words.csv:
        with words.csv.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(["tool", "wall_s", "cpu_s", "peak_mb", "true_verdicts"])
            out.writerows([name, *vars(cost).values()] for name, cost in costs.items())
    mine = [cost for name, cost in costs.items() if name.startswith("course")]
    return 0 if all(cost.true == cost.verdicts for cost in mine) else 1


def show(costs: dict[str, Cost]) -> None:
    """Print the table, what ours costs once and each time, and how it stands to the goals."""
    table = Table("", "wall s", "CPU s", "peak MB", "true verdicts", title=f"A submission, of {sheet.SUBMISSIONS}")
    for name, cost in costs.items():
        seconds = (cost.wall_s / cost.submissions, cost.cpu_s / cost.submissions)
        true = "-" if cost.true is None else f"{cost.true} of {cost.verdicts}"
        table.add_row(name, *(f"{value:.2f}" for value in seconds), f"{cost.peak_mb:.0f}", true)
    console = Console(width=100)
    console.print(table)
    if MINE not in costs:
        return
    mine, one, many = costs[MINE], costs[MINE_ONE], costs[MINE_MANY]
    each = (many.cpu_s - one.cpu_s) / (many.submissions - one.submissions)
    once = one.cpu_s - each
    console.print(f"{MINE}: {once:.1f} CPU s once, for the start, and {each:.2f} CPU s for each submission")
    for name, (goal, way) in GOALS.items():
        if name not in costs:
            continue
        theirs = costs[name].cpu_s / sheet.SUBMISSIONS
        for what, own in (("", mine.cpu_s / mine.submissions), (" without its start", each)):
            ratio = own / theirs if way == "at most" else theirs / own
            met = ratio <= goal if way == "at most" else ratio >= goal
            over = f"ours{what} over {name}" if way == "at most" else f"{name} over ours{what}"
            console.print(f"CPU of {over}: {ratio:.2f}; goal {way} {goal:g}: {'met' if met else 'not met'}")


if __name__ == "__main__":
    sys.exit(main())
