"""What an attacker has at hand inside a runtime. Lies beside the hostile app; imports nothing of ours.

Attacks are functions of the tests whose source travels. They find here, by the same names, what they use.
"""
# ruff: noqa: F401

import asyncio
import contextlib
import ctypes
import errno
import fcntl
import gc
import mmap
import os
import pty
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WORD = "secret-of-[0-9a-f]{16}"
"""What a victim's secrets look like. Attackers look for it and do not hold one themselves."""
TOKEN = r"\.?[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{27}(?![A-Za-z0-9_-])"
"""What the proof of a runtime's identity looks like."""
OWNER = "run/capsule-users/[0-9a-f]{32}"
"""What the path of private files looks like."""

kept: list[Any] = []
"""What shall outlive a message."""
session: Any = None
"""Of the message; here only for those who read the attacks."""

_NUMBERS = {
    # on x86_64 and on aarch64
    "add_key": (248, 217),
    "chroot": (161, 51),
    "clone": (56, 220),
    "clone3": (435, 435),
    "fallocate": (285, 47),
    "fsopen": (430, 430),
    "init_module": (175, 105),
    "inotify_init1": (294, 26),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "move_mount": (429, 429),
    "mq_open": (240, 180),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "setgid": (106, 144),
    "setgroups": (116, 159),
    "setns": (308, 268),
    "setuid": (105, 146),
    "syslog": (103, 116),
    "timer_create": (222, 107),
    "umount2": (166, 39),
    "unshare": (272, 97),
}
_COLUMN = ("x86_64", "aarch64").index(os.uname().machine)

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def syscall(name: str, *arguments: Any) -> int | str:
    """Return what the call returns, or the name of its error."""
    wide = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    result: int = libc.syscall(ctypes.c_long(_NUMBERS[name][_COLUMN]), *wide)
    return result if result >= 0 else errno.errorcode[ctypes.get_errno()]


def attempt(work: Callable[..., object], *arguments: Any) -> str:
    """Return "done: …", or the name of the error."""
    try:
        return f"done: {work(*arguments)!r}"[:2000]
    except OSError as exc:
        return errno.errorcode.get(exc.errno or 0, type(exc).__name__)
    except Exception as exc:
        return type(exc).__name__


def read(path: str, size: int = 4096) -> bytes:
    with open(path, "rb") as file:
        return file.read(size)


def search_memory(pattern: str) -> list[str]:
    """Return every text in this process's memory that matches."""
    wanted = re.compile(pattern.encode())
    found: set[str] = set()
    with (
        open("/proc/self/maps", encoding="utf-8", errors="replace") as maps,
        open("/proc/self/mem", "rb", 0) as memory,
    ):
        for line in maps:
            fields = line.split(None, 5)
            begin, end = (int(item, 16) for item in fields[0].split("-"))
            if not fields[1].startswith("r") or "[v" in line:
                continue
            try:
                memory.seek(begin)
                found.update(match.decode() for match in wanted.findall(memory.read(end - begin)))
            except (OSError, OverflowError):
                continue
    return sorted(found)


def search_files(pattern: str, *roots: str, most: int = 20_000) -> list[str]:
    """Return the paths below `roots` whose content matches, among `most` files at the most."""
    wanted, seen = re.compile(pattern.encode()), 0
    found: list[str] = []
    for root in roots:
        for folder, _, names in os.walk(root):
            for name in names:
                seen += 1
                if seen > most:
                    return found
                path = os.path.join(folder, name)
                try:
                    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
                except OSError:
                    continue
                try:
                    if wanted.search(os.read(descriptor, 1 << 16)):
                        found.append(path)
                except OSError:
                    pass
                finally:
                    os.close(descriptor)
    return found
