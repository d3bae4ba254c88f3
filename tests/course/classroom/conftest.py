"""A runner of commands for the tests beside it."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from course.cli import app


@pytest.fixture
def run() -> Callable[..., tuple[int, str]]:
    def call(*words: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, [str(word) for word in words])
        return result.exit_code, result.output

    return call
