"""Tell whether a process of the platform runs, and never run it twice.

The pid file is locked for as long as its process lives, so a stale one cannot mislead. It is a POSIX record
lock: children made by fork do not hold it.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from capsule.errors import Conflict


class AlreadyRunning(Conflict):
    code, title = "already_running", "Already running"


@dataclass(frozen=True)
class Running:
    """What a pid file says of its live process."""

    pid: int
    arguments: list[str]
    """What it was started with; a difference means that it has to be started again to follow."""
    code: str
    """Digest of the code it runs, to notice upgrades."""


@contextmanager
def held(path: Path, running: Running) -> Iterator[None]:
    """Hold the pid file while the block runs.

    Raises AlreadyRunning when a live process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(f"The {path.stem} of this installation is already running.") from None
        text = json.dumps(asdict(running)).encode()
        os.pwrite(descriptor, text, 0)
        os.ftruncate(descriptor, len(text))
        # A process that becomes a fresh start of itself (exec) stays the holder all along.
        os.set_inheritable(descriptor, True)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def read(path: Path) -> Running | None:
    """Return what runs, or None when nothing holds the file."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            text = os.pread(descriptor, 65536, 0)
            return Running(**json.JSONDecoder().raw_decode(text.decode())[0]) if text else None
        return None
    finally:
        os.close(descriptor)
