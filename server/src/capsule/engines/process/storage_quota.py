"""Keep filesystems that replicas share within their sizes.

As with private files this looks, soon after somebody has written or worked. While a filesystem is over its
size, whoever makes it grow further is ended, with the reason, and runtimes that are made can only remove what
is in it. What was written stays.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from capsule.engines.contract import Mount
from capsule.engines.process.quota import (
    LOOK_SECONDS,
    PAUSE_FACTOR,
    TICK_SECONDS,
    WORKED_ENOUGH_SECONDS,
    WRITTEN_ENOUGH,
    written_bytes,
)
from capsule.kit.diskuse import measure

log = logging.getLogger(__name__)

_MIB = 1024 * 1024
_NO_LIMIT = 1 << 62


@dataclass(frozen=True)
class Writer:
    """A replica or runtime that may write into filesystems."""

    id: str
    pids: Callable[[], list[int]]
    worked: Callable[[list[int]], float]
    """Processor seconds so far of these processes."""
    end: Callable[[str], None]
    """Ends it, for a reason that is a sentence for people."""
    mounts: tuple[Mount, ...]


@dataclass
class _Count:
    """What one writer has done so far."""

    written: int = 0
    worked: float = 0.0
    by_pid: dict[int, int] = field(default_factory=dict)

    def note(self, pids: list[int], worked: float) -> None:
        now = {pid: written_bytes(pid) for pid in pids}
        self.written += sum(max(0, count - self.by_pid.get(pid, 0)) for pid, count in now.items())
        self.by_pid = now
        self.worked = max(self.worked, worked)


@dataclass
class _Filesystem:
    size: int | None = None
    """Bytes, at the last look."""
    is_full: bool = False
    looked_at: float = 0.0
    looked_for: float = 0.0
    """Seconds that the last look took."""
    then: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Bytes and processor seconds of each writer, at the last look."""

    def since(self, writer_id: str, count: _Count) -> tuple[int, float]:
        written, worked = self.then.get(writer_id, (0, 0.0))
        return count.written - written, count.worked - worked

    def is_due(self, deeds: list[tuple[int, float]], limit: int) -> bool:
        if self.size is None:
            return True
        pause = time.monotonic() - self.looked_at
        written = sum(written for written, _ in deeds)
        if self.size + written > limit and written > 0 and pause > self.looked_for:
            return True
        if pause < self.looked_for * PAUSE_FACTOR:
            return False
        if written > WRITTEN_ENOUGH or sum(worked for _, worked in deeds) > WORKED_ENOUGH_SECONDS:
            return True
        return (written > 0 or self.is_full) and pause > LOOK_SECONDS


class StorageWatch:
    """Knows the filesystems that the writers it is given have mounted."""

    def __init__(self) -> None:
        self._counts: dict[str, _Count] = {}
        self._filesystems: dict[str, _Filesystem] = {}

    async def run(self, list_writers: Callable[[], Iterable[Writer]]) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                await self.tick(list(list_writers()))
            except Exception:  # one odd file must not end the watch over all others
                log.exception("the watch over filesystems stumbled and goes on")

    async def tick(self, writers: list[Writer]) -> None:
        """Look once, wherever that is due."""
        counts, known = self._counts, self._filesystems
        self._counts = {writer.id: counts.get(writer.id, _Count()) for writer in writers}
        shared: dict[str, tuple[Mount, list[Writer]]] = {}
        for writer in writers:
            pids = writer.pids()
            self._counts[writer.id].note(pids, writer.worked(pids))
            for mount in writer.mounts:
                shared.setdefault(mount.source, (mount, []))[1].append(writer)
        self._filesystems = {source: known.get(source, _Filesystem()) for source in shared}
        for source, (mount, users) in shared.items():
            found = self._filesystems[source]
            limit = size_limit(mount)
            if limit is None:
                found.is_full = False
            elif found.is_due([found.since(user.id, self._counts[user.id]) for user in users], limit):
                await self._look(found, mount, limit, users)

    async def is_full(self, mount: Mount) -> bool:
        """Tell whether a filesystem is over its size; looks again when it was."""
        found = self._filesystems.get(mount.source)
        limit = size_limit(mount)
        if found is None or not found.is_full or limit is None:
            return False
        size = await asyncio.to_thread(measure, Path(mount.source), limit, _NO_LIMIT)
        return size.is_over

    async def _look(self, found: _Filesystem, mount: Mount, limit: int, users: list[Writer]) -> None:
        deeds = {user.id: found.since(user.id, self._counts[user.id]) for user in users}
        then = {user.id: (self._counts[user.id].written, self._counts[user.id].worked) for user in users}
        begun = time.monotonic()
        size = await asyncio.to_thread(measure, Path(mount.source), _NO_LIMIT, _NO_LIMIT)
        before, found.size = found.size, size.bytes
        found.looked_at = time.monotonic()
        found.looked_for = found.looked_at - begun
        found.then = then
        was_full, found.is_full = found.is_full, size.bytes > limit or size.is_hidden
        if found.is_full and not was_full:
            log.warning("filesystem %s (%s) is over its size", mount.name, mount.source)
        if not found.is_full or before is None or (size.bytes <= before and not size.is_hidden):
            return
        culprit = max(users, key=lambda user: deeds[user.id])
        if any(deeds[culprit.id]):
            culprit.end(_reason(mount, limit))


def size_limit(mount: Mount) -> int | None:
    """Return the bytes that the source of a mount may hold; None without a limit."""
    if not mount.size_file or mount.read_only:
        return None
    try:
        return int(Path(mount.size_file).read_text()) * _MIB
    except (OSError, ValueError):
        return None


def _reason(mount: Mount, limit: int) -> str:
    return f"The filesystem '{mount.name}' is over its size of {limit // _MIB} MiB, and this wrote to it."
