"""Keep private files within their limit, and the machine's disk from filling up.

No quota of a file system is at hand everywhere, so this looks: at once when a runtime has written much, and
now and then anyway. Who is over is ended, with the reason; what it wrote stays and can be removed. Fast
allocation without writing is closed by the runtime's system-call filter.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from capsule.engines.contract import RuntimeTerms
from capsule.engines.process.runtime import Runtime

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.25
_WRITTEN_ENOUGH = 4 * 1024 * 1024
"""Bytes written since the last look that make a new look worth while."""
_LOOK_SECONDS = 3.0
_RESERVE_BYTES = 512 * 1024 * 1024
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Watched:
    runtime: Runtime
    terms: RuntimeTerms
    files: Path


class QuotaWatch:
    """Looks after the runtimes that `list_watched` names."""

    def __init__(self, root: Path, list_watched: Callable[[], Iterable[Watched]]) -> None:
        self._root = root
        self._list_watched = list_watched
        self._looked: dict[str, float] = {}

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            try:
                await self._tick()
            except Exception:  # one odd file must not end the watch over all others
                log.exception("the quota watch stumbled and goes on")

    async def _tick(self) -> None:
        watched = list(self._list_watched())
        written: list[tuple[int, Watched]] = []
        for item in watched:
            fresh = _written_bytes(item.runtime.pids()) - item.runtime.written_bytes
            written.append((fresh, item))
            is_due = time.monotonic() - self._looked.get(item.runtime.spec.id, 0.0) > _LOOK_SECONDS
            if fresh > _WRITTEN_ENOUGH or (is_due and fresh > 0):
                await self._look(item, fresh)
        self._looked = {
            item.runtime.spec.id: self._looked[item.runtime.spec.id]
            for item in watched
            if item.runtime.spec.id in self._looked
        }
        self._keep_reserve(written)

    async def _look(self, item: Watched, fresh: int) -> None:
        item.runtime.written_bytes += max(fresh, 0)
        self._looked[item.runtime.spec.id] = time.monotonic()
        terms = item.terms
        size, count = await asyncio.to_thread(measure, item.files, terms.files_mb * _MIB, terms.files_count)
        if size > terms.files_mb * _MIB:
            item.runtime.kill(f"Its private files went over their limit of {terms.files_mb} MiB.")
        elif count > terms.files_count:
            item.runtime.kill(f"It made more than {terms.files_count} private files.")

    def _keep_reserve(self, written: list[tuple[int, Watched]]) -> None:
        """With the disk nearly full, end the runtime that has just written the most."""
        if not written:
            return
        state = os.statvfs(self._root)
        if state.f_bavail * state.f_frsize > _RESERVE_BYTES and (
            state.f_files == 0 or state.f_favail > 10_000
        ):
            return
        fresh, item = max(written, key=lambda pair: pair[0])
        if fresh > _MIB:
            item.runtime.kill("The platform's disk is nearly full, and this was writing the most.")


def measure(folder: Path, most_bytes: int, most_files: int) -> tuple[int, int]:
    """Return the allocated bytes and the number of files below, counting no further than over a limit."""
    size, count = 0, 0
    folders = [os.fspath(folder)]
    while folders and size <= most_bytes and count <= most_files:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    state = entry.stat(follow_symlinks=False)
                    size += state.st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                count += 1
                if count > most_files:
                    break
    return size, count


def _written_bytes(pids: Iterable[int]) -> int:
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/io", encoding="ascii") as file:
            for line in file:
                if line.startswith("write_bytes:"):
                    total += int(line.split()[1])
    return total
