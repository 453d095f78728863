"""What an attacker has at hand inside a runtime. Lies beside the hostile app; imports nothing of ours."""

import ctypes
import errno
import os
import re
import threading
from collections.abc import Callable
from typing import Any

# On x86_64; the calls that are newer than 2019 have the same numbers everywhere.
NUMBERS = {
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "mount": 165, "umount2": 166,
    "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308, "clone": 56, "clone3": 435,
    "open_by_handle_at": 304, "name_to_handle_at": 303, "io_uring_setup": 425, "pidfd_open": 434,
    "pidfd_getfd": 438, "bpf": 321, "keyctl": 250, "add_key": 248, "userfaultfd": 323, "perf_event_open": 298,
    "fallocate": 285, "mq_open": 240, "shmget": 29, "shmat": 30, "shmctl": 31, "open_tree": 428, "fsopen": 430,
    "move_mount": 429, "seccomp": 317, "syslog": 103, "init_module": 175, "reboot": 169, "swapon": 167,
    "quotactl": 179, "setuid": 105, "setgid": 106, "setgroups": 116, "sethostname": 170, "personality": 135,
    "inotify_init1": 294, "memfd_create": 319, "kill": 62, "sched_setscheduler": 144, "timer_create": 222,
}  # fmt: skip

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def syscall(name: str, *arguments: Any) -> int | str:
    """Return what the call returns, or the name of its error."""
    wide = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    result: int = libc.syscall(ctypes.c_long(NUMBERS[name]), *wide)
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
    wanted, found = re.compile(pattern.encode()), set()
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps, open("/proc/self/mem", "rb", 0) as memory:
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
    """Return the paths below `roots` whose content matches. Follows what there is to follow, up to `most` files."""
    wanted, found, seen = re.compile(pattern.encode()), [], 0
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


def in_thread(work: Callable[[], object]) -> None:
    threading.Thread(target=work, daemon=True).start()
