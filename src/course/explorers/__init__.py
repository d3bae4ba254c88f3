"""The explorers, one module a layer. A notebook shows one with one line; a test visits them all through `ALL`."""

from collections.abc import Callable
from typing import Any

from course.explorer import Explorer
from course.explorers import chips, cloud, diffusion, queueing

ALL: dict[str, Callable[[], Explorer[Any]]] = {
    "roofline": chips.roofline,
    "owning": cloud.owning,
    "foresight": diffusion.foresight,
    "staffing": queueing.staffing,
}
