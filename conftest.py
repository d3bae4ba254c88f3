"""For nbval: a check that does not say *right* fails, and nobody's progress leaks into compared outputs."""

import atexit
import os
import shutil
import tempfile

import pytest

os.environ.setdefault("COURSE_STRICT", "1")
home = tempfile.mkdtemp(prefix="course-home-")
atexit.register(shutil.rmtree, home, ignore_errors=True)
os.environ["COURSE_HOME"] = home


@pytest.hookimpl(tryfirst=True)  # before nbval starts the kernel, which keeps the environment of that moment
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give each file a learner of its own: what one notebook answers must not show on the front page of another."""
    os.environ["COURSE_HOME"] = os.path.join(home, item.path.parent.name, item.path.stem)
