"""pyproject.toml, requirements.txt and environment.yml give one and the same environment."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec

from course import lock

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
REQUIREMENTS = (ROOT / "requirements.txt").read_text("utf-8")
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SYSTEMS = ("linux", "darwin", "win32")


def chosen(lines, python="3.11", system="linux"):
    """Name to version of those pins that count on this Python and system."""
    os_name = "nt" if system == "win32" else "posix"
    here = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": system,
        "os_name": os_name,
    }
    here |= {"implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": ""}
    pins = [Requirement(line) for line in lines]
    counting = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(here)]
    names = [canonicalize_name(pin.name) for pin in counting]
    assert len(names) == len(set(names)), f"two versions of one package on {python}, {system}"
    return {name: str(pin.specifier).removeprefix("==") for name, pin in zip(names, counting, strict=True)}


def conda_lines():
    return [line for line in ENVIRONMENT["dependencies"] if isinstance(line, str)]


def pip_lines():
    (section,) = (line["pip"] for line in ENVIRONMENT["dependencies"] if isinstance(line, dict))
    return section


def test_the_three_files_agree():
    assert lock.drift(ROOT) == []


def test_every_direct_dependency_is_an_exact_pin():
    assert [pin for pin in lock.direct(ROOT) if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []


def test_what_builds_the_project_is_among_the_packages():
    assert set(PYPROJECT["build-system"]["requires"]) <= set(lock.direct(ROOT))


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_direct_pins_are_the_same_in_all_three(python, system):
    asked = chosen(lock.direct(ROOT), python, system)
    locked = chosen(lock.pins(REQUIREMENTS), python, system)
    conda = chosen([line for line in pip_lines() if line != "-e ."], python, system)
    assert asked.items() <= locked.items()
    assert locked == conda


def test_this_python_is_one_that_the_project_takes():
    assert Requirement(f"python{PYPROJECT['project']['requires-python']}").specifier.contains("3.11.0")
    assert "{}.{}".format(*sys.version_info) in PYTHONS


def test_every_requirement_has_a_hash():
    blocks = re.split(r"\n(?=[A-Za-z0-9])", REQUIREMENTS.partition("\n\n")[0])
    pinned = [block for block in blocks if "==" in block]
    assert len(pinned) == len(lock.pins(REQUIREMENTS))
    assert [block for block in pinned if not re.search(r"--hash=sha256:[0-9a-f]{64}", block)] == []


@pytest.mark.parametrize("name", ["requirements.txt", "environment.yml", "pyproject.toml"])
def test_no_address_is_named(name):
    text = (ROOT / name).read_text("utf-8")
    assert re.findall(r"\S*(?://|index-url|find-links|pypi|anaconda)\S*", text, re.IGNORECASE) == []


def test_conda_reads_every_line_of_its_own():
    specs = {MatchSpec(line).name.normalized: MatchSpec(line) for line in conda_lines()}
    assert set(specs) == {"python", "pip"}
    assert str(specs["python"].version) in ("3.11.*", "3.11")
    assert ENVIRONMENT["channels"] == ["conda-forge", "nodefaults"]


def test_nothing_is_named_for_conda_and_for_pip():
    assert {MatchSpec(line).name.normalized for line in conda_lines()}.isdisjoint(chosen(pip_lines()[:-1]))


def test_the_project_itself_comes_last_for_conda():
    assert pip_lines()[-1] == "-e ."


def test_repo2docker_finds_a_python_that_will_do():
    # Its own expression (buildpacks/conda): a version that it cannot see becomes a default that is too old.
    found = [re.match(r"python\s*=+\s*([\d.]*)", line) for line in conda_lines()]
    assert [match[1] for match in found if match] == ["3.11"]


def test_drift_is_noticed(tmp_path):
    for name in ("pyproject.toml", "requirements.txt", "environment.yml"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    assert lock.drift(tmp_path) == []
    version = chosen(lock.direct(ROOT))["numpy"]
    (tmp_path / "pyproject.toml").write_text(
        (ROOT / "pyproject.toml").read_text("utf-8").replace(f"numpy=={version}", "numpy==0.1"), "utf-8"
    )
    (tmp_path / "environment.yml").write_text("name: x\n", "utf-8")
    assert lock.drift(tmp_path) == [
        "requirements.txt lacks numpy==0.1",
        "environment.yml is not what requirements.txt gives",
    ]
