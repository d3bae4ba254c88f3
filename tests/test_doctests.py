"""Every worked number in a docstring is right."""

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

import aistack
import course

MODULES = sorted(
    info.name for package in (aistack, course) for info in walk_packages(package.__path__, f"{package.__name__}.")
)
FINDER = doctest.DocTestFinder(exclude_empty=True)


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_worked_examples_run(name: str) -> None:
    module = import_module(name)
    runner = doctest.DocTestRunner()
    for each in FINDER.find(module, name):
        runner.run(each)
    assert runner.summarize(verbose=False).failed == 0
