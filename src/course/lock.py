"""The pinned set: named in pyproject.toml, locked in requirements.txt, repeated for conda in environment.yml.

`python -m course.lock` writes the last two (it needs the network); with `--check` it says where they drifted.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from course.paths import ROOT

PYPROJECT, REQUIREMENTS, ENVIRONMENT = "pyproject.toml", "requirements.txt", "environment.yml"
# repo2docker sees a version only after `=`; from `python>=3.11` it would take a Python that is too old.
PYTHON = "3.11"


def pins(requirements: str) -> list[str]:
    """The requirements of a locked file, with their markers, without hashes and comments."""
    lines = (line.rstrip(" \\") for line in requirements.splitlines())
    return [line for line in lines if re.match(r"[A-Za-z0-9]", line)]


def direct(root: Path = ROOT) -> list[str]:
    """What pyproject.toml asks for: to run the course, and to test it."""
    project = tomllib.loads((root / PYPROJECT).read_text("utf-8"))
    return [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]


def environment(requirements: str) -> str:
    """The text of environment.yml that says the same as this requirements.txt."""
    entries = "".join(f'      - "{pin}"\n' for pin in [*pins(requirements), "-e ."])
    return (
        "# Written by `python -m course.lock` from requirements.txt.\n"
        "name: fullstack-ai-strategy\n"
        "channels:\n  - conda-forge\n  - nodefaults\n"
        f"dependencies:\n  - python={PYTHON}\n  - pip\n  - pip:\n{entries}"
    )


def drift(root: Path = ROOT) -> list[str]:
    """One sentence for every place where the three files disagree; none if they say the same."""
    requirements = (root / REQUIREMENTS).read_text("utf-8")
    locked = {_plain(pin) for pin in pins(requirements)}
    found = [f"{REQUIREMENTS} lacks {pin}" for pin in direct(root) if _plain(pin) not in locked]
    if (root / ENVIRONMENT).read_text("utf-8") != environment(requirements):
        found.append(f"{ENVIRONMENT} is not what {REQUIREMENTS} gives")
    return found


def write(root: Path = ROOT) -> None:
    """Lock what pyproject.toml asks for. Versions that are locked already stay, unless it asks for others."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", PYPROJECT, "--group", f"{PYPROJECT}:dev"),
        # One version for every Python and system wherever possible: stored outputs are compared.
        *("--universal", "--python-version", PYTHON, "--fork-strategy", "fewest"),
        # Hashes say what is installed; where it comes from is for the user's own configuration to say.
        *("--generate-hashes", "--no-emit-index-url", "--no-annotate", "--quiet"),
        *("--custom-compile-command", "python -m course.lock", "--output-file", REQUIREMENTS),
    ]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    (root / ENVIRONMENT).write_text(environment((root / REQUIREMENTS).read_text("utf-8")), "utf-8")


def _plain(pin: str) -> str:
    """A pin without its marker, its name spelt in the one normal way."""
    name, version = pin.partition(";")[0].strip().split("==")
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"


def main(words: list[str]) -> int:
    """The command line: write, or `--check`."""
    if words not in ([], ["--check"]):
        print(__doc__)
        return 2
    if not words:
        write()
    found = drift()
    print("\n".join(found) or f"{PYPROJECT}, {REQUIREMENTS} and {ENVIRONMENT} agree.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
