"""Walls around a learner's code, built by the process that runs it, before the first line of that code.

Nothing here needs root or a package. Where the system refuses a wall, the rest still stand, and the missing ones are
named, so that whoever marks can decide. After `lock`, a process cannot take its walls down again.

* **limits**: memory, processor time, size of a file, open files, processes (`resource`; every Unix has some of it).
* **processes**: a process namespace. The learner's code sees no others, and all that it started dies with it.
* **network**: a network namespace without a single interface.
* **files**: Landlock. Reads what a kernel needs, and neither the instructor's sheets, the questions nor anybody else's
  work; writes only into its own folder, which is a small file system in memory.

Sources: Linux manual pages user_namespaces(7), pid_namespaces(7), landlock(7).
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WALLS = ("limits", "processes", "network", "files")
"""Every wall there is, by name."""

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_MS_NOSUID, _MS_NODEV, _MS_REC, _MS_PRIVATE = 2, 4, 0x4000, 0x40000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_SIGKILL = 9
# The same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_VERSION, _RULE_PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
# What each version of Landlock can control of the file system, by how many bits.
_BITS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15}
_NEWEST_BITS = 16
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_ON_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_CAPABILITY_VERSION = 0x20080522


@dataclass(frozen=True)
class Limits:
    """What one submission may use; `seconds` is processor time, sizes are in bytes."""

    seconds: int
    memory: int = 4 * 2**30
    file_size: int = 64 * 2**20
    disk: int = 128 * 2**20
    open_files: int = 256
    processes: int = 64


def die_with_parent() -> None:
    """Have the system kill this process when the one that started it is gone; only Linux knows how."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def separate(space: Path, limits: Limits) -> list[str]:
    """Cut this process off from network, mounts and (for its children) other processes; return the walls that stand.

    `space` becomes a file system in memory. The process must fork once more to be inside its process namespace.
    """
    if sys.platform != "linux":
        return []
    user, group = os.getuid(), os.getgid()
    try:
        _check(_libc().unshare(_NEWUSER | _NEWPID | _NEWNET | _NEWIPC | _NEWNS))
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", "ascii")
    except OSError:
        return []
    try:
        _check(_libc().mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None))
        size = f"size={limits.disk},mode=700".encode()
        _check(_libc().mount(b"tmpfs", os.fsencode(space), b"tmpfs", _MS_NOSUID | _MS_NODEV, size))
    except OSError:  # the folder is then an ordinary one, which only the size of each file bounds
        pass
    return ["processes", "network"]


def limit(limits: Limits) -> list[str]:
    """Bound what this process and its children may use; return `limits` if the system took them."""
    try:
        import resource
    except ImportError:  # Windows
        return []
    wanted = {
        resource.RLIMIT_CPU: limits.seconds,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_AS: limits.memory,
    }
    taken = 0
    for kind, most in wanted.items():
        _, hard = resource.getrlimit(kind)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (value, value))
            taken += 1
        except (ValueError, OSError):  # macOS takes no limit on memory
            continue
    return ["limits"] if taken == len(wanted) else []


def lock(readable: Sequence[Path], writable: Sequence[Path]) -> list[str]:
    """Shut this process off from all files but those, for good, and give up every privilege; return `files` if so."""
    if sys.platform != "linux":
        return []
    libc = _libc()
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _drop_capabilities(libc)
    version = libc.syscall(_CREATE_RULESET, None, 0, _CREATE_VERSION)
    if version < 1:
        return []
    everything = (1 << _BITS_BY_VERSION.get(version, _NEWEST_BITS)) - 1
    handled = ctypes.c_uint64(everything)
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(handled), ctypes.sizeof(handled), 0)
    if ruleset < 0:
        return []
    try:
        for path in readable:
            _allow(libc, ruleset, path, _READING & everything)
        for path in writable:
            _allow(libc, ruleset, path, everything)
        return ["files"] if libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0 else []
    finally:
        os.close(ruleset)


def descendants(pid: int) -> int:
    """Return how many processes and threads descend from `pid`, itself included: what a fork bomb makes many of."""
    count, waiting = 0, [pid]
    while waiting:
        tasks = f"/proc/{waiting.pop()}/task"
        try:
            for task in os.listdir(tasks):
                count += 1
                with open(f"{tasks}/{task}/children", "rb", buffering=0) as children:
                    waiting += map(int, children.read().split())
        except (OSError, ValueError):  # gone while we looked
            continue
    return count


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, access: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not everything that a kernel may read exists on every system
        return
    try:
        allowed = access if path.is_dir() else access & _ON_A_FILE
        rule = _PathBeneath(allowed, handle)
        libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(handle)


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    header = _CapabilityHeader(_CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    libc.capset(ctypes.byref(header), ctypes.byref(nothing))


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
