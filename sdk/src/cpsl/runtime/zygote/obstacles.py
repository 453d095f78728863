"""Find out why a loaded app cannot be forked: what a copy of its process would lose, break or share."""

from __future__ import annotations

import os
import stat
import threading

_HARMLESS_DEVICES = frozenset(("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"))


def find_obstacles(own: frozenset[int]) -> list[str]:
    """Return one clause for each thing the app did at import that forbids forking it.

    `own` are the descriptors of the zygote itself. Each clause goes on with "at import it …".
    """
    return [*_threads(), *_processes(), *_descriptors(own), *_shared_memory()]


def open_files(own: frozenset[int]) -> list[tuple[int, str]]:
    """Return files that the app keeps open for reading: their positions must not be shared."""
    found = []
    for descriptor in _listed(own):
        path = _target(descriptor)
        if path.startswith("/") and not path.startswith("/dev/"):
            found.append((descriptor, path))
    return found


def _threads() -> list[str]:
    count = len(os.listdir("/proc/self/task"))
    if count == 1:
        return []
    names = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    shown = f" ({', '.join(names[:3])})" if names else ""
    return [f"starts {count - 1} thread{'s' if count > 2 else ''}{shown}"]


def _processes() -> list[str]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            children = file.read().split()
    except OSError:
        return []
    return [f"starts {len(children)} process{'es' if len(children) > 1 else ''}"] if children else []


def _descriptors(own: frozenset[int]) -> list[str]:
    found = []
    for descriptor in _listed(own):
        target = _target(descriptor)
        if target.startswith("socket:"):
            found.append("opens a network connection or another socket")
        elif target.startswith("pipe:"):
            found.append("opens a pipe")
        elif target.startswith("anon_inode:"):
            found.append(f"keeps a kernel object open ({target[11:].strip('[]')})")
        elif target.startswith("/dev/") and target not in _HARMLESS_DEVICES:
            found.append(f"opens the device {target}")
        elif target.startswith("/") and _is_writable(descriptor):
            found.append(f"keeps {target} open for writing")
    return list(dict.fromkeys(found))


def _shared_memory() -> list[str]:
    """Find shared memory that can be written, now or after a call of `mprotect`."""
    name = ""
    with open("/proc/self/smaps", encoding="utf-8", errors="replace") as file:
        for line in file:
            fields = line.split(None, 5)
            if not fields[0].endswith(":"):
                name = fields[5].strip() if len(fields) > 5 else "without a name"
            elif fields[0] == "VmFlags:" and {"sh", "mw"} <= set(line.split()):
                return [f"shares memory with other processes ({name})"]
    return []


def _listed(own: frozenset[int]) -> list[int]:
    found = []
    for name in os.listdir("/proc/self/fd"):
        descriptor = int(name)
        if descriptor > 2 and descriptor not in own:
            try:
                os.fstat(descriptor)
            except OSError:
                continue  # the listing's own
            found.append(descriptor)
    return found


def _target(descriptor: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""


def _is_writable(descriptor: int) -> bool:
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        return False
    with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as file:
        for line in file:
            if line.startswith("flags:"):
                return bool(int(line.split()[1], 8) & (os.O_WRONLY | os.O_RDWR))
    return False
