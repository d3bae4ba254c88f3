"""The words in which the processes of marking talk to each other."""

SESSION_FD = "COURSE_WARM_FD"
"""Environment variable that tells a session on which descriptor it may ask for a kernel."""

PROVISIONER = "course-warm"
"""Name of `WarmProvisioner` in the project's entry points."""

REQUEST = "COURSE_KERNEL_REQUEST"
"""Environment variable with what the kernel is to be given, as JSON: limits, walls, readable paths, environment."""

DESK, HOME = KERNEL_FOLDERS = ("desk", "home")
"""What a kernel finds in the only folder that it may write to: where it works, and where its packages keep things."""

NEW = b"new"
"""What the warm process hears when it shall fork a session; all else is a request to try the walls."""

END = b"end"
"""What a session says to have its kernels ended, and hears when they are."""

NEXT, LAST = b"next", b"last"
"""What a session says when a job is over: that it can do another, or that it ends because that one did not go well."""
