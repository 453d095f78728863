"""Run as a program: mount folders with their owner mapped, then become another program.

    python -I -S idmap.py UID SOURCE TARGET … -- PROGRAM ARGUMENT…

Each SOURCE appears at TARGET with files of root shown as UID's, and what UID writes is root's on the disk,
so that replicas of different users share a folder with each other and with the platform. Must run as root
in a mount namespace of its own. Imports nothing of ours: it runs without the platform's packages.
"""

import ctypes
import os
import sys
from typing import NoReturn

_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_AT_FDCWD, _AT_EMPTY_PATH = -100, 0x1000
_OPEN_TREE_CLONE, _OPEN_TREE_CLOEXEC = 1, os.O_CLOEXEC
_MOVE_MOUNT_F_EMPTY_PATH = 4
_MOUNT_ATTR_IDMAP = 0x00100000
# The same numbers on every architecture (calls newer than 2019).
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442

_libc = ctypes.CDLL(None, use_errno=True)


class _MountAttr(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def map_owner(source: str, target: str, userns: int) -> None:
    """Mount `source` at `target` through the mapping of a user namespace."""
    tree = _call(
        _OPEN_TREE, _AT_FDCWD, os.fsencode(source), _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC, what=source
    )
    attributes = _MountAttr(_MOUNT_ATTR_IDMAP, 0, 0, userns)
    size = ctypes.sizeof(attributes)
    _call(_MOUNT_SETATTR, tree, b"", _AT_EMPTY_PATH, ctypes.byref(attributes), size, what=source)
    _call(_MOVE_MOUNT, tree, b"", _AT_FDCWD, os.fsencode(target), _MOVE_MOUNT_F_EMPTY_PATH, what=target)
    os.close(tree)


def user_namespace(uid: int) -> int:
    """Return a descriptor of a user namespace in which root is `uid` outside."""
    ready_out, ready_in = os.pipe()
    done_out, done_in = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(done_in)
        failed = _libc.unshare(_CLONE_NEWUSER)
        if failed:
            # Refused in a chroot; joining our own mount namespace anew leads this child out of it.
            mounts = os.open("/proc/self/ns/mnt", os.O_RDONLY)
            failed = _libc.setns(mounts, _CLONE_NEWNS) or _libc.unshare(_CLONE_NEWUSER)
        os.write(ready_in, b"n" if failed else b"y")
        os.read(done_out, 1)
        os._exit(0)
    try:
        if os.read(ready_out, 1) != b"y":
            raise OSError("no user namespace can be made")
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/{child}/{name}", "w") as file:
                file.write(f"0 {uid} 1")
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        for fd in (ready_out, ready_in, done_out, done_in):
            os.close(fd)
        os.waitpid(child, 0)


def _call(number: int, *arguments: object, what: str) -> int:
    result: int = _libc.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)
    return result


def main(arguments: list[str]) -> NoReturn:
    split = arguments.index("--")
    uid = int(arguments[0])
    userns = user_namespace(uid)
    for source, target in zip(arguments[1:split:2], arguments[2:split:2], strict=True):
        map_owner(source, target, userns)
    os.close(userns)
    program = arguments[split + 1 :]
    os.execv(program[0], program)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as exc:
        sys.stderr.write(f"capsule-box: cannot mount {exc.filename or ''}: {exc.strerror or exc}\n")
        sys.exit(125)
