"""start.py on every path but the good one through the network: whoever runs the tests with it takes that."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = ("start.py", "requirements.txt", "pyproject.toml")


@pytest.fixture
def start(tmp_path, monkeypatch):
    """start.py in a folder of its own, where installing only makes the interpreter's file."""
    monkeypatch.chdir(Path.cwd())  # the word `test` changes folder; this takes every test back
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    spec = importlib.util.spec_from_file_location("start_under_test", tmp_path / "start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.installs = 0

    def install():
        module.installs += 1
        python = module.python_in(module.VENV)
        python.parent.mkdir(parents=True)
        python.touch()
        (module.VENV / f"install-{module.installs}").touch()

    module.real_install, module.install = module.install, install
    module.hand_over = lambda line: line
    return module


def failing(start, problem):
    """An installation that ends in `problem` when it is half done."""

    def install():
        start.VENV.mkdir()
        (start.VENV / "half").touch()
        raise problem

    return install


def new_pin(start):
    with (start.HERE / "requirements.txt").open("a") as file:
        file.write("# another package\n")


def folders(start):
    return sorted(path.name for path in start.HERE.glob(".venv*"))


# --- which Python ---


def test_an_old_python_can_read_the_file():
    tree = ast.parse((ROOT / "start.py").read_text("utf-8"), feature_version=(3, 6))
    futures = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    assert futures == []  # Python 3.6 refuses a future that it does not know, which ast does not tell


def test_an_old_python_is_told_which_one_is_needed(start, capsys):
    assert start.main([], version=(3, 10, 13)) == 1
    assert "needs Python 3.11 or newer; this is Python 3.10" in capsys.readouterr().err
    assert start.installs == 0


def test_a_python_without_venv_names_the_package(start, monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name))
    start.install = start.real_install
    assert start.main([]) == 1
    package = "python{}.{}-venv".format(*sys.version_info)
    assert f"apt install {package}" in capsys.readouterr().err
    assert folders(start) == []


# --- what the words mean ---


@pytest.mark.parametrize(
    ("words", "module", "rest"),
    [
        ([], "course", ["lab"]),
        (["lab", "--no-browser", "--port=9"], "course", ["lab", "--no-browser", "--port=9"]),
        (["check", "my sheet.ipynb"], "course", ["check", "my sheet.ipynb"]),
    ],
)
def test_words_go_to_the_course(start, words, module, rest):
    python, *line = start.main(words)
    assert Path(python) == start.python_in(start.VENV)
    assert line == ["-m", module, *rest]


def test_words_after_test_go_to_pytest_in_the_folder_of_the_course(start, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    _, *line = start.main(["test", "-k", "chips"])
    assert line == ["-m", "pytest", "-k", "chips"]
    assert Path.cwd() == start.HERE


def test_test_alone_runs_everything_on_all_cores(start):
    _, *line = start.main(["test"])
    assert line == ["-m", "pytest", "-n", "auto"]


def test_files_named_to_the_course_are_looked_for_where_the_user_is(start, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    start.main(["check", "my_sheet.ipynb"])
    assert Path.cwd() == elsewhere


def test_help_installs_nothing(start, capsys):
    assert start.main(["--help"]) == 0
    assert "start.py test" in capsys.readouterr().out
    assert start.installs == 0


@pytest.mark.parametrize(
    ("system", "parts"), [("nt", ("v", "Scripts", "python.exe")), ("posix", ("v", "bin", "python"))]
)
def test_the_interpreter_is_where_the_system_puts_it(start, system, parts):
    assert start.python_in(Path("v"), system).parts == parts


# --- when something is installed ---


def test_the_second_run_installs_nothing(start):
    start.main([])
    start.main(["test"])
    assert start.installs == 1


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_a_changed_pin_replaces_the_environment(start, name):
    start.main([])
    with (start.HERE / name).open("a") as file:
        file.write("# changed\n")
    start.main([])
    assert [path.name for path in start.VENV.glob("install-*")] == ["install-2"]
    assert folders(start) == [".venv"]


def test_another_version_of_python_replaces_the_environment(start, monkeypatch):
    start.main([])
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    start.main([])
    assert start.installs == 2


def test_an_environment_whose_python_is_gone_is_replaced(start):
    start.main([])
    start.python_in(start.VENV).unlink()
    start.main([])
    assert start.installs == 2


def test_what_a_killed_run_left_is_replaced(start):
    start.VENV.mkdir()
    (start.VENV / "half").touch()
    start.main([])
    assert not (start.VENV / "half").exists()
    assert start.installs == 1


def test_an_update_that_was_killed_gives_the_old_environment_back(start):
    start.main([])
    start.VENV.rename(start.OLD)
    start.VENV.mkdir()
    start.main([])
    assert start.installs == 1
    assert folders(start) == [".venv"]


def test_an_update_that_was_killed_at_its_very_end_does_not_hinder_the_next(start):
    start.main([])
    shutil.copytree(start.VENV, start.OLD)
    new_pin(start)
    start.main([])
    assert start.installs == 2
    assert folders(start) == [".venv"]


# --- when installing fails ---


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "Stopped."),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (subprocess.CalledProcessError(1, "ensurepip"), 1, "ensurepip"),
    ],
)
def test_a_first_installation_that_fails_leaves_nothing(start, capsys, problem, code, words):
    start.install = failing(start, problem)
    assert start.main([]) == code
    told = capsys.readouterr().err
    assert words in told
    assert "Nothing half-made is left" in told
    assert folders(start) == []


def test_an_update_that_fails_goes_on_with_the_old_packages(start, capsys):
    start.main([])
    new_pin(start)
    start.install = failing(start, start.SetupError("No way out."))
    assert start.main(["facts"])[-1] == "facts"
    told = capsys.readouterr().err
    assert "No way out." in told
    assert "packages of before" in told
    assert folders(start) == [".venv"]
    assert (start.VENV / "install-1").exists()


def test_an_update_that_is_interrupted_keeps_the_old_packages_and_stops(start):
    start.main([])
    new_pin(start)
    start.install = failing(start, KeyboardInterrupt())
    assert start.main([]) == 130
    assert folders(start) == [".venv"]
    assert (start.VENV / "install-1").exists()


def test_a_moved_folder_does_not_go_on_with_an_environment_of_elsewhere(start):
    start.main([])
    stamp = start.VENV / start.STAMP
    stamp.write_text(stamp.read_text().replace(str(start.HERE), "elsewhere"))
    start.install = failing(start, start.SetupError("No way out."))
    assert start.main([]) == 1


def test_without_a_network_one_message_and_no_environment(tmp_path):
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    no_network = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_RETRIES": "1",
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "start.py")],
        env=environment | no_network,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "Is this computer online?" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.glob(".venv*")) == []


# --- how it is installed ---


@pytest.fixture
def calls(start, monkeypatch):
    """The command lines of an installation that runs nothing; those with a word in `failing` fail."""
    log = SimpleNamespace(lines=[], failing=())

    def call(line, **_):
        log.lines.append(line)
        return int(any(word in line for word in log.failing))

    def run(line, **_):
        return SimpleNamespace(returncode=call(line), stdout="", stderr="")

    monkeypatch.setattr(start, "subprocess", SimpleNamespace(call=call, run=run, PIPE=subprocess.PIPE))
    monkeypatch.setattr(venv, "create", lambda folder, **_: Path(folder).mkdir())
    return log


def test_uv_installs_the_pinned_packages_then_the_project_without_resolving(start, calls):
    start.real_install()
    fetch, _, packages, project = calls.lines
    pinned = (start.VENV / "uv.txt").read_text("utf-8")
    assert "--require-hashes" in fetch
    assert pinned.startswith("uv==")
    assert pinned.count("==") == 1
    assert pinned.rstrip()[-64:].isalnum()
    assert "uv" in packages
    assert "--require-hashes" in packages
    assert "uv" in project
    assert {"--no-deps", "--no-build-isolation", "-e"} <= set(project)


def test_pip_takes_over_when_uv_fails(start, calls):
    calls.failing = ("uv",)
    start.real_install()
    packages, project = calls.lines[-2:]
    assert "uv" not in packages + project
    assert "--require-hashes" in packages
    assert "-e" in project


def test_pip_does_it_all_where_uv_is_not_pinned(start, calls):
    (start.HERE / "requirements.txt").write_text("numpy==1\n")
    start.real_install()
    assert [line for line in calls.lines if "uv" in line] == []
    assert len(calls.lines) == 2


def test_when_pip_fails_too_it_is_said(start, calls):
    calls.failing = ("uv", "--require-hashes")
    with pytest.raises(start.SetupError, match="could not be installed"):
        start.real_install()


def test_uv_is_told_what_pip_has_been_told(start, monkeypatch):
    listed = (
        ":env:.index-url='http://env/simple'\n"
        "global.index-url='http://global/simple'\n"
        "global.extra-index-url='http://a/simple\\nhttp://b/simple'\n"
        "install.find-links='wheels more'\n"
    )
    monkeypatch.setattr(start.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=listed))
    for name in start.PIP_TO_UV.values():
        monkeypatch.delenv(name, raising=False)
    told = start.uv_environment("python")
    assert told["UV_DEFAULT_INDEX"] == "http://env/simple"
    assert told["UV_INDEX"] == "http://a/simple http://b/simple"
    assert told["UV_FIND_LINKS"] == "wheels,more"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://own/simple")
    assert start.uv_environment("python")["UV_DEFAULT_INDEX"] == "http://own/simple"


# --- the hand-over, for real ---


@pytest.mark.parametrize(("words", "module"), [(["facts", "a b"], "course"), (["test", "-x"], "pytest")])
def test_the_exit_code_is_that_of_the_command(start, words, module):
    venv.create(start.VENV, symlinks=os.name != "nt")
    (start.VENV / start.STAMP).write_text(start.wanted_stamp())
    (start.HERE / f"{module}.py").write_text("import sys; print(sys.argv[-1], sys.prefix); sys.exit(7)")
    line = [sys.executable, "start.py", *words]
    done = subprocess.run(line, cwd=start.HERE, capture_output=True, text=True)
    assert done.returncode == 7, done.stderr
    assert done.stdout.split(maxsplit=1)[0] == words[-1].split()[0]
    assert str(start.VENV) in done.stdout
