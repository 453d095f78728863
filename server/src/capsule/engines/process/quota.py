"""Keep private files within their limit, and the machine's disk from filling up.

No quota of a file system is at hand everywhere, so this looks: soon after a runtime has written or worked,
the less often the longer a look takes. Who is over is ended, with the reason; what it wrote stays and can be
removed. Fast allocation without writing is closed by the runtime's system-call filter.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from capsule.engines.contract import RuntimeTerms
from capsule.engines.process.private_files import nameless_bytes
from capsule.engines.process.runtime import Runtime
from capsule.kit.diskuse import Size, measure

log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
WRITTEN_ENOUGH = 1024 * 1024
"""Bytes written since the last look that make a new look worth while."""
WORKED_ENOUGH_SECONDS = 0.05
"""So does processor time: what processes have written that came and went between two ticks, nobody counts."""
_LITTLE_SECONDS = 0.01
"""Processor time in which nobody writes more than some ten MiB."""
LOOK_SECONDS = 3.0
PAUSE_FACTOR = 10
"""Between two looks lies so many times the time that a look takes."""
_LOOKS_IN_FLIGHT = 4
_RESERVE_BYTES = 512 * 1024 * 1024
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Watched:
    runtime: Runtime
    terms: RuntimeTerms
    files: Path


@dataclass
class _Ledger:
    """What is known of one runtime."""

    written_by: dict[int, int] = field(default_factory=dict)
    """Bytes by pid, as of the last tick."""
    written: int = 0
    """Bytes in all. What ended processes wrote stays in; what short-lived ones wrote may be missing."""
    size: int = 0
    growth: int = 0
    looked_at: float = 0.0
    looked_for: float = 0.0
    """Seconds that the last look took."""
    worked_when_counted: float = 0.0
    counted_at: float = 0.0
    """When `written` was counted last, by the monotonic clock."""
    written_then: int = 0
    worked_then: float = 0.0
    looks_in_flight: int = 0

    def note_written(self, pids: Iterable[int]) -> None:
        now_by = {pid: written_bytes(pid) for pid in pids}
        self.written += sum(max(0, count - self.written_by.get(pid, 0)) for pid, count in now_by.items())
        self.written_by = now_by

    def may_have_written(self, worked: float) -> bool:
        """Tell whether it is time to count again: soon after much work, some time after a little."""
        new = worked - self.worked_when_counted
        return new >= _LITTLE_SECONDS or (new > 0 and time.monotonic() - self.counted_at > LOOK_SECONDS)

    def counted(self, worked: float) -> None:
        self.worked_when_counted, self.counted_at = worked, time.monotonic()

    def is_due(self, worked: float) -> bool:
        pause = time.monotonic() - self.looked_at
        if pause < self.looked_for * PAUSE_FACTOR:
            return False
        written = self.written - self.written_then
        if written > WRITTEN_ENOUGH or worked - self.worked_then > WORKED_ENOUGH_SECONDS:
            return True
        return written > 0 and pause > LOOK_SECONDS

    @property
    def recent(self) -> int:
        """Bytes by which its files have grown at last."""
        return max(self.growth, self.written - self.written_then)


class QuotaWatch:
    """Looks after the runtimes that `list_watched` names."""

    def __init__(self, root: Path, list_watched: Callable[[], Iterable[Watched]]) -> None:
        self._root = root
        self._list_watched = list_watched
        self._ledgers: dict[str, _Ledger] = {}

    async def run(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                await self._tick()
            except Exception:  # one odd file must not end the watch over all others
                log.exception("the quota watch stumbled and goes on")

    async def _tick(self) -> None:
        watched = list(self._list_watched())
        known = self._ledgers
        self._ledgers = {item.runtime.spec.id: known.get(item.runtime.spec.id, _Ledger()) for item in watched}
        for item in watched:
            ledger, runtime = self._ledgers[item.runtime.spec.id], item.runtime
            # Of hundreds of runtimes most do nothing at any time, and who does nothing writes nothing.
            worked = runtime.group.cpu_seconds() if runtime.group is not None else None
            if worked is None or ledger.may_have_written(worked):
                pids = runtime.pids()
                ledger.note_written(pids)
                worked = runtime.cpu_seconds(pids)
                ledger.counted(worked)
            if ledger.is_due(worked):
                ledger.worked_then = worked
                await self._look(item, ledger, runtime.pids())
        self._keep_reserve(watched)

    async def _look(self, item: Watched, ledger: _Ledger, pids: list[int]) -> None:
        terms = item.terms
        begun = time.monotonic()
        size = await asyncio.to_thread(_measure_all, item, ledger, pids)
        ledger.looked_at = time.monotonic()
        ledger.looked_for = ledger.looked_at - begun
        ledger.growth, ledger.size = size.bytes - ledger.size, size.bytes
        ledger.written_then = ledger.written
        if not size.is_over:
            return
        if size.bytes > size.most_bytes:
            reason = f"Its private files went over their limit of {terms.files_mb} MiB."
        elif size.files > size.most_files:
            reason = f"It made more than {terms.files_count} private files."
        else:
            reason = "It made private folders that cannot be counted: closed, or too deep in each other."
        item.runtime.has_full_files = True
        item.runtime.kill(reason)

    def _keep_reserve(self, watched: list[Watched]) -> None:
        """With the disk nearly full, end the runtime that has just written the most."""
        if not watched:
            return
        state = os.statvfs(self._root)
        if state.f_bavail * state.f_frsize > _RESERVE_BYTES and (
            state.f_files == 0 or state.f_favail > 10_000
        ):
            return
        item = max(watched, key=lambda item: self._ledgers[item.runtime.spec.id].recent)
        if self._ledgers[item.runtime.spec.id].recent > _MIB:
            item.runtime.kill("The platform's disk is nearly full, and this was writing the most.")


def _measure_all(item: Watched, ledger: _Ledger, pids: list[int]) -> Size:
    """Measure what has a name, and add what has none."""
    size = measure(item.files, item.terms.files_mb * _MIB, item.terms.files_count)
    if not size.is_over:
        nameless, is_in_flight = nameless_bytes(pids, os.stat(item.files).st_dev)
        size.bytes += nameless
        ledger.looks_in_flight = ledger.looks_in_flight + 1 if is_in_flight else 0
        if ledger.looks_in_flight >= _LOOKS_IN_FLIGHT:
            # A file in an unread socket can be seen by nobody; all that was written may be in there.
            size.bytes = max(size.bytes, ledger.written)
    return size


def written_bytes(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/io", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("write_bytes:"))
    except (OSError, StopIteration):
        return 0
