"""For nbval: a check that does not say *right* fails, and nobody's own predictions leak into compared outputs."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("COURSE_STRICT", "1")
home = tempfile.mkdtemp(prefix="course-home-")
atexit.register(shutil.rmtree, home, ignore_errors=True)
os.environ["COURSE_HOME"] = home
