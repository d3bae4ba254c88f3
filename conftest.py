"""For nbval: a check that does not say *right* fails, and nobody's own predictions leak into compared outputs."""

import os
import tempfile

os.environ.setdefault("COURSE_STRICT", "1")
os.environ["COURSE_HOME"] = tempfile.mkdtemp(prefix="course-home-")
