"""A warm process that forks: nbval sessions and kernels start in milliseconds because everything is imported already.

Run as a script by `marking`, which sends requests over a socket. For each submission the server forks a *session*
(nbval on one grafted sheet); the session asks it for a *kernel*. The kernel is forked from here and not from the
session, whose memory holds the expected outputs. So nothing of any sheet is ever loaded in this process, and neither
the questions nor the marking of the course are imported in it.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from course.runner.words import END, LAST, NEW, NEXT, SESSION_FD

if TYPE_CHECKING:
    from course.runner.nbval_rows import Job

_NEEDLESS = ("debugpy", "isoduration", "rfc3986_validator", "rfc3987_syntax", "uri_template", "webcolors")
"""What ipykernel and jsonschema use if it is there and nothing here needs: a debugger, and checks of rare formats."""

_POLL_S = 0.2
_MOST_SHEETS = 100
_LARGEST_REQUEST = 1 << 20
_MOST_DESCRIPTORS = 4


def serve(control: socket.socket) -> None:
    """Answer requests until the marking process closes its end.

    Each request is one JSON object with descriptors beside it. The marking process asks for sessions, a session for
    kernels; when a session closes its channel, its kernels are ended.
    """
    warm_up()
    from course.runner.kernel import be_kernel

    kernels: dict[int, set[int]] = {}
    asking = {control.fileno(): control}
    control.sendall(b"warm\n")
    while True:
        ready, _, _ = select.select(list(asking), [], [], _POLL_S)
        _reap(kernels)
        for number in ready:
            channel = asking[number]
            data, descriptors, _, _ = socket.recv_fds(channel, _LARGEST_REQUEST, _MOST_DESCRIPTORS)
            if not data and channel is control:
                return
            if not data:
                asking.pop(number).close()
                _end(kernels.pop(number))
            elif channel is control and data != NEW:
                _fork(partial(be_kernel, json.loads(data), descriptors[0]), keep=descriptors)
            elif channel is control:
                mine, theirs = socket.socketpair()
                jobs = socket.socket(fileno=os.dup(descriptors[0]))
                pid = _fork(partial(_be_session, jobs, theirs), keep=[jobs.fileno(), theirs.fileno()])
                theirs.close()
                jobs.close()
                asking[mine.fileno()], kernels[mine.fileno()] = mine, set()
                control.sendall(f"{pid}\n".encode())
            elif data == END:
                _end(kernels[number])
                channel.sendall(END)
            else:
                kernel = partial(be_kernel, json.loads(data), descriptors[0])
                kernels[number].add(_fork(kernel, keep=descriptors))
            for descriptor in descriptors:
                os.close(descriptor)


def warm_up() -> None:
    """Import what sessions and kernels need, leave no thread and no socket behind."""
    gc.disable()
    _hide_answers()
    with _without(_NEEDLESS):
        import ipykernel.debugger
        import IPython.core.completerlib
        import IPython.core.debugger
        import IPython.core.oinspect
        import IPython.extensions.storemagic
        import ipywidgets
        import jupyter_client.localinterfaces
        import jupyter_client.manager
        import nbformat
        import nbval.plugin
        import pytest
        import tornado.platform.asyncio

        import course.charts
        import course.data
        import course.observe
        import course.runner.kernel
        import course.runner.nbval_rows
        import course.runner.provisioner

        course.runner.kernel.prepare()
        jupyter_client.localinterfaces.is_local_ip("127.0.0.1")  # looks up the machine's addresses once
        nbformat.validate(nbformat.v4.new_notebook())  # compiles the schema
        _do_once()
    used = (IPython, ipykernel, ipywidgets, nbval, pytest, tornado, course)
    assert all(used)
    # what is here stays: no child need look through it for garbage, and so copy it
    gc.freeze()
    gc.enable()


def _do_once() -> None:
    """Do what is slow the first time: read a table, find the fonts, draw, show where an error comes from."""
    import matplotlib.pyplot as plt
    from IPython.core.ultratb import AutoFormattedTB

    from course.data import load

    load("chips").groupby("vendor").size().plot.barh()
    _, axes = plt.subplots()
    axes.plot([1.0], [1.0], label="one")
    axes.scatter([1.0], [1.0])
    axes.set(title="Title", xlabel="x", ylabel="y")
    axes.legend()
    plt.close("all")
    try:
        raise ValueError
    except ValueError:
        shown: Any = AutoFormattedTB
        shown(mode="Context").structured_traceback(*sys.exc_info())


@contextmanager
def _without(names: Sequence[str]) -> Iterator[None]:
    """Have these packages look absent for a while."""
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)


def _hide_answers() -> None:
    """Put a stand-in where the learner's checks are: while marking they say nothing, and lead to no question."""
    stand_in = ModuleType("course.checking", "Checks are silent while a sheet is marked.")
    stand_in.check = stand_in.hint = lambda _question: None  # type: ignore[attr-defined]
    sys.modules["course.checking"] = stand_in


def _fork(child: Callable[[], object], keep: list[int]) -> int:
    """Run `child` in a forked process that has no other descriptors of ours than `keep`; return its id."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        _close_all_but({0, 1, 2, *keep})
        child()
    except BaseException:
        import traceback

        traceback.print_exc()
        _leave(1)
    _leave(0)


def _be_session(work: socket.socket, channel: socket.socket) -> None:
    """Be nbval on one notebook after the other. No learner's code runs in this process."""
    from course.runner import nbval_rows
    from course.runner.sandbox import die_with_parent

    die_with_parent()
    nbval_rows.limit_memory()
    sys.stdout = sys.stderr
    os.chdir("/")
    with closing(_jobs(work, channel)) as jobs:
        nbval_rows.run(jobs)


def _jobs(work: socket.socket, channel: socket.socket) -> Generator[Job]:
    """Yield the jobs that come: each is one JSON object with two descriptors beside it, for rows and for messages.

    When one is over its kernel is ended, and only then it is told that it is, and whether there may be a `NEXT`. After
    so many sheets there is none: whatever piles up here unseen does not do so for ever.
    """
    from course.runner.nbval_rows import Job

    messages = sys.stderr.fileno()
    for left in reversed(range(_MOST_SHEETS)):
        data, descriptors, _, _ = socket.recv_fds(work, _LARGEST_REQUEST, _MOST_DESCRIPTORS)
        if not data:
            return
        job, (rows, log) = json.loads(data), descriptors
        os.dup2(log, messages)
        os.close(log)
        os.environ.clear()
        os.environ.update(job["environment"] | {SESSION_FD: str(channel.fileno())})
        os.chdir(job["folder"])
        answer = LAST
        try:
            with os.fdopen(rows, "w", encoding="utf-8") as out:
                yield Job(job["notebook"], job["timeout_s"], out)
            answer = NEXT if left else LAST
        finally:
            sys.stderr.flush()
            os.chdir("/")
            channel.sendall(END)
            channel.recv(len(END))
            work.sendall(answer)
        gc.collect()  # what belonged to the last kernel hangs on cycles


def _reap(kernels: dict[int, set[int]]) -> None:
    """Collect what has ended; a kernel's id may be given to another process from then on."""
    with suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            for own in kernels.values():
                own.discard(pid)


def _end(kernels: set[int]) -> None:
    for pid in kernels:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _close_all_but(kept: set[int]) -> None:
    for name in os.listdir("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"):
        if int(name) not in kept:
            with suppress(OSError):
                os.close(int(name))


def _leave(code: int) -> NoReturn:
    """End a forked process without the clean-up that belongs to the process it was forked from."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
