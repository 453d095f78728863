"""System calls that Python has no names for. Each raises OSError; none decides anything."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct
import sys

_NAMESPACES = {
    "mount": 0x00020000,
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18

_PR_SET_SECCOMP, _PR_CAPBSET_DROP = 22, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 36, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_MODE_FILTER = 2
_SECCOMP_SET_MODE_FILTER, _SECCOMP_NEW_LISTENER, _SECCOMP_WAIT_KILLABLE = 1, 1 << 3, 1 << 5
_LINUX_CAPABILITY_VERSION_3 = 0x20080522
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1

# Older than 2019, so the numbers differ by architecture: (x86_64, aarch64).
_SECCOMP = (317, 277)
_CAPSET = (126, 91)
# The same everywhere.
_LANDLOCK_CREATE, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT = 444, 445, 446

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def separate(namespaces: list[str]) -> None:
    """Leave the shared namespaces of these kinds. With `pid`, the next child is the first of its own."""
    flags = 0
    for name in namespaces:
        flags |= _NAMESPACES[name]
    _check(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    data = options.encode() if options else None
    result = _libc.mount(os.fsencode(source), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), data)
    _check(result, target)


def adopt_orphans() -> None:
    """Become the parent of every grandchild whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def drop_all_capabilities() -> None:
    number = 0
    while _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(number), 0, 0, 0) == 0:
        number += 1
    _libc.prctl(_PR_CAP_AMBIENT, ctypes.c_ulong(_PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
    header = struct.pack("=Ii", _LINUX_CAPABILITY_VERSION_3, 0)
    _check(_libc.syscall(_number(_CAPSET), header, bytes(24)), "capset")


def forbid_new_privileges() -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def filter_system_calls(program: bytes) -> None:
    """Install a seccomp program for good, for this process and all it will start."""
    prepared, _keep = _as_program(program)
    _check(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(prepared), 0, 0), "seccomp")


def filter_with_listener(program: bytes) -> int:
    """As `filter_system_calls`; return the descriptor on which its notifications are answered."""
    prepared, _keep = _as_program(program)
    # With the second flag (Linux 5.19) no signal tears a call apart that is being answered.
    for flags in (_SECCOMP_NEW_LISTENER | _SECCOMP_WAIT_KILLABLE, _SECCOMP_NEW_LISTENER):
        descriptor: int = _libc.syscall(
            _number(_SECCOMP), _SECCOMP_SET_MODE_FILTER, flags, ctypes.byref(prepared)
        )
        if descriptor >= 0 or ctypes.get_errno() != errno.EINVAL:
            break
    _check(descriptor, "seccomp")
    return descriptor


def raise_loopback() -> None:
    """Switch on `lo` of a new network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        flags = struct.unpack("16sH14s", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags | _IFF_UP, b""))


def landlock_version() -> int:
    """Return the version of Landlock that the kernel has, 0 for none."""
    version: int = _libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    return max(version, 0)


# Writing to, removing, making and renaming files, by the version of Landlock that knows the right.
_WRITE_FILE, _TRUNCATE, _REFER = 1 << 1, 1 << 14, 1 << 13
_REMOVE = 1 << 4 | 1 << 5
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
_SCOPES = 0b11  # abstract unix sockets, signals


def allow_changes_below(paths: list[str], removable: list[str]) -> None:
    """Let files be changed below these paths only; keep signals and abstract sockets among own processes.

    Below `removable` files and folders may be removed.
    """
    version = landlock_version()
    if version == 0:
        return
    rights = _WRITE_FILE | _REMOVE_AND_MAKE
    rights |= _REFER if version >= 2 else 0
    rights |= _TRUNCATE if version >= 3 else 0
    attributes = struct.pack("=QQQ", rights, 0, _SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset: int = _libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), 0)
    _check(ruleset, "landlock")
    try:
        for path in paths:
            _allow(ruleset, path, rights)
        for path in removable:
            _allow(ruleset, path, _REMOVE)
        _check(_libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0), "landlock")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            rights &= _WRITE_FILE | _TRUNCATE
        rule = struct.pack("=Qi", rights, folder)
        _check(_libc.syscall(_LANDLOCK_ADD_RULE, ruleset, 1, rule, 0), path)
    finally:
        os.close(folder)


def _as_program(program: bytes) -> tuple[_Program, object]:
    instructions = ctypes.create_string_buffer(program, len(program))
    return _Program(len(program) // 8, ctypes.addressof(instructions)), instructions


def _number(numbers: tuple[int, int]) -> int:
    machine = os.uname().machine
    if machine == "x86_64":
        return numbers[0]
    if machine == "aarch64":
        return numbers[1]
    raise OSError(f"Unknown architecture {machine} ({sys.platform}).")


def _prctl(option: int, value: int) -> None:
    _check(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), "prctl")


def _check(result: int, what: str) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)
