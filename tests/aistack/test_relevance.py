"""Every model says which decision it serves, and each kind of confidence test is there for each layer."""

import ast
from pathlib import Path

import pytest

import aistack

MODULES = sorted(Path(aistack.__file__).parent.glob("*.py"))
TOOLS = {"__init__", "checks", "fitted", "assumptions"}
TESTS = Path(__file__).parent


def functions(module: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(module.read_text("utf-8"))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


@pytest.mark.relevance
@pytest.mark.parametrize("module", [path for path in MODULES if path.stem not in TOOLS], ids=lambda path: path.stem)
def test_every_public_model_names_the_decision_that_it_serves(module: Path) -> None:
    assert functions(module)
    silent = [node.name for node in functions(module) if "Decides: " not in (ast.get_docstring(node) or "")]
    assert silent == []


@pytest.mark.relevance
@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_bound_is_never_also_an_estimate(module: Path) -> None:
    for node in functions(module):
        words = (ast.get_docstring(node) or "").lower()
        if node.name.endswith("_bound"):
            assert "bound" in words or "least" in words or "most" in words or "upper" in words, node.name
        assert not ("bound" in node.name and "estimate" in node.name), node.name


@pytest.mark.parametrize("kind", ["extreme", "sensitivity", "behaviour", "relevance"])
def test_there_are_confidence_tests_of_every_kind(kind: str) -> None:
    marked = [path.name for path in TESTS.glob("test_*.py") if f"pytest.mark.{kind}" in path.read_text("utf-8")]
    assert marked, kind
