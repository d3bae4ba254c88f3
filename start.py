#!/usr/bin/env python3
"""Make the course ready and open it. Needs Python 3.11 or newer and, the first time, the network.

    python3 start.py                      open JupyterLab at the front page
    python3 start.py lab --no-browser     only serve it; further words go to JupyterLab
    python3 start.py test                 run every test, on all cores; further words go to pytest instead
    python3 start.py check my_sheet.ipynb every other command goes to `course`

The packages of requirements.txt go into .venv beside this file and nowhere else. To undo it, delete .venv.
"""

# An older Python has to read this file before it can say that it is too old: nothing newer than 3.6 in here.
import ast
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
OLD = HERE / ".venv.old"  # the environment that is being replaced, until the new one is whole
STAMP = "course-stamp.txt"  # written last: an environment without it is half-made

# What pip has been told about the way to the packages; uv reads none of it by itself.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}


class SetupError(Exception):
    """Something that the user can mend, told in words."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def python_in(venv, system=os.name):
    return venv / "Scripts" / "python.exe" if system == "nt" else venv / "bin" / "python"


def command(words, system=os.name):
    """The command line that the words on ours stand for."""
    python = [str(python_in(VENV, system)), "-m"]
    if words[:1] == ["test"]:
        return [*python, "pytest", *(words[1:] or ["-n", "auto"])]
    return [*python, "course", *(words or ["lab"])]


def wanted_stamp():
    """One line for where the environment stands and for which Python, one for what is in it."""
    content = hashlib.sha256()
    for name in ("requirements.txt", "pyproject.toml"):
        content.update((HERE / name).read_bytes())
    return "{} for Python {}.{}\n{}\n".format(HERE, *sys.version_info[:2], content.hexdigest())


def stamp_of(venv):
    try:
        # A link to a Python that is no longer there makes the environment as good as half-made.
        return (venv / STAMP).read_text(encoding="utf-8") if python_in(venv).exists() else ""
    except OSError:
        return ""


def remove(folder):
    shutil.rmtree(str(folder), ignore_errors=True)


def prepare():
    """Bring .venv to what requirements.txt says. Whatever happens, what is left is whole or absent."""
    if not stamp_of(VENV):
        remove(VENV)  # left by a run that was killed
        if stamp_of(OLD):
            OLD.rename(VENV)
    remove(OLD)
    wanted, found = wanted_stamp(), stamp_of(VENV)
    if found == wanted:
        return
    say("Getting the course ready. This happens once{}.".format(" after every update" if found else ""))
    if found:
        VENV.rename(OLD)  # never changed in place: an interrupted change would be a mixture
    try:
        install()
        (VENV / STAMP).write_text(wanted, encoding="utf-8")
    except BaseException as problem:
        remove(VENV)
        if found:
            OLD.rename(VENV)
        # Offline after an update, the packages of yesterday are better than none.
        if isinstance(problem, SetupError) and found.splitlines()[:1] == wanted.splitlines()[:1]:
            say(f"\n{problem}\nGoing on with the packages of before the update.\n")
            return
        raise
    remove(OLD)


def install():
    """Make .venv and fill it: with uv, which is many times faster, or with pip where uv cannot be had."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        package = "python{}.{}-venv".format(*sys.version_info[:2])
        raise SetupError("This Python comes without venv. On Debian and Ubuntu: sudo apt install " + package)
    import venv

    say("Making .venv ...")
    venv.create(str(VENV), with_pip=True, symlinks=os.name != "nt")
    python = str(python_in(VENV))
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install"]
    packages = ["--require-hashes", "-r", str(HERE / "requirements.txt")]
    # Everything that building needs is among the packages, so that nothing is fetched without a pinned hash.
    project = ["--no-deps", "--no-build-isolation", "-e", str(HERE)]

    say("Fetching the installer ...")
    if fetch_uv(pip):
        say("Installing the packages ...")
        uv, environment = [python, "-m", "uv", "pip", "install", "--python", python], uv_environment(python)
        if all(subprocess.call(uv + what, env=environment) == 0 for what in (packages, project)):
            return
        say("The fast installer did not manage it.")
    say("Installing the packages with pip, which takes some minutes ...")
    if any(subprocess.call(pip + what) for what in (packages, project)):
        raise SetupError("The packages could not be installed; the lines above say why. Is this computer online?")


def fetch_uv(pip):
    """Whether uv is there now. Its version and hashes are those in requirements.txt."""
    pinned = re.search(r"^uv==(?:.*\\\n)*.*", (HERE / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    if not pinned:
        return False
    listed = VENV / "uv.txt"
    listed.write_text(pinned.group(), encoding="utf-8")
    fetched = subprocess.run([*pip, "--require-hashes", "-r", str(listed)], stderr=subprocess.PIPE, text=True)
    if fetched.returncode and "connection broken" in fetched.stderr:
        raise SetupError(
            "The place that packages come from cannot be reached. Is this computer online? "
            "Behind a proxy, set HTTPS_PROXY."
        )
    return fetched.returncode == 0


def uv_environment(python):
    """Our environment variables, and what pip has been told where uv has not been told otherwise."""
    answer = subprocess.run([python, "-m", "pip", "config", "list"], stdout=subprocess.PIPE, text=True)
    settings = dict(line.split("=", 1) for line in answer.stdout.splitlines() if "=" in line)
    # uv stops at the first index that has a package, pip looks at all. With pinned hashes both are safe.
    environment = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for name, variable in PIP_TO_UV.items():
        for scope in ("global", "install", ":env:"):  # the later one wins
            if scope + "." + name in settings:
                values = ast.literal_eval(settings[scope + "." + name]).split()
                environment[variable] = ("," if name == "find-links" else " ").join(values)
    return {**environment, **os.environ}


def hand_over(line):
    """Become the command, so that its exit code and every signal are its own."""
    if os.name != "nt":
        os.execv(line[0], line)
    # Windows cannot replace a process: wait, and leave Ctrl-C to the command.
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.call(line)


def main(words, version=sys.version_info):
    if version[:2] < OLDEST:
        needed, found = (".".join(map(str, numbers[:2])) for numbers in (OLDEST, version))
        say(f"The course needs Python {needed} or newer; this is Python {found}. Try: python{needed} start.py")
        return 1
    if words[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    try:
        prepare()
    except KeyboardInterrupt:
        say("\nStopped. Nothing half-made is left; the same command starts again.")
        return 130
    except (SetupError, OSError, subprocess.SubprocessError) as problem:
        say(f"\n{problem}\nNothing half-made is left; once that is mended, the same command starts again.")
        return 1
    if words[:1] == ["test"]:
        os.chdir(str(HERE))  # where pytest looks for its settings; all other words may name files anywhere
    return hand_over(command(words))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
