"""A kernel provisioner that asks a warm process for a kernel, so that nbval and jupyter_client stay as they are.

Chosen by `JUPYTER_DEFAULT_PROVISIONER_NAME=course-warm`; the descriptor to ask on comes from the warm process.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from course.runner.words import REQUEST, SESSION_FD

_STARTING_S = 30.0


class WarmProvisioner(KernelProvisionerBase):
    """Starts and watches one kernel that is no child of this process."""

    parent: Any
    pid: int | None = None
    walls: tuple[str, ...] = ()
    _inner: int | None = None
    _pidfd: int | None = None

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel."""
        return self._pidfd is not None

    async def poll(self) -> int | None:
        """Return None while the kernel lives, else 1: how it ended is known only to the process it was forked from."""
        if self._pidfd is None:
            return 0
        ready, _, _ = select.select([self._pidfd], [], [], 0)
        return 1 if ready else None

    async def wait(self) -> int | None:
        """Wait for the kernel's end."""
        if self._pidfd is not None:
            await asyncio.get_running_loop().run_in_executor(None, select.select, [self._pidfd], [], [], None)
            os.close(self._pidfd)
            self._pidfd = None
        return 0

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel itself, such as an interrupt."""
        if self._inner is not None and await self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self._inner, signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and whatever it has started."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """End the kernel: it has nothing to save."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Nothing is left: the kernel's folder belongs to whoever asked for it."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose sockets in the file system, which a kernel without a network can have, and write them down."""
        manager = self.parent
        manager.transport = "ipc"
        manager.ip = str(Path(os.environ["JUPYTER_RUNTIME_DIR"], "k"))
        manager.write_connection_file()
        self.connection_info = manager.get_connection_info()
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Ask for a kernel and wait until it listens. `RuntimeError` if it does not come."""
        request = json.loads(os.environ[REQUEST]) | {"connection_file": self.parent.connection_file}
        reading, writing = os.pipe()
        # a duplicate, because closing the socket here must not close the channel
        channel = socket.socket(fileno=os.dup(int(os.environ[SESSION_FD])))
        socket.send_fds(channel, [json.dumps(request).encode()], [writing])
        os.close(writing)
        told: dict[str, Any] = {}
        with os.fdopen(reading) as lines:
            for line in lines:
                told |= json.loads(line)
        if "walls" not in told:
            raise RuntimeError("the kernel did not start")
        self.pid, self._inner, self.walls = told["outer"], told["kernel"], tuple(told["walls"])
        self._pidfd = os.pidfd_open(self.pid)
        return self.connection_info
