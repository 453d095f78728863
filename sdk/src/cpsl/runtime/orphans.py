"""Reap processes whose own parent has gone: a runtime is the first process of its pid namespace.

Every program that starts others and ends before them leaves its children to the runtime. Once they have
ended they count against its limit of processes until somebody asks how. Children of the app itself are asked
by the app; so only who has waited for long is taken to be an orphan.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time

_LOOK_SECONDS = 15.0
_PATIENCE_SECONDS = 60.0


class Orphans:
    """Looks after the children of this process, if it is the first of its namespace."""

    def __init__(self, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._ended_since: dict[int, float] = {}

    async def mind(self) -> None:
        """Look now and then, until cancelled. Returns at once where others are the first process."""
        while os.getpid() == 1:
            await asyncio.sleep(_LOOK_SECONDS)
            self.reap()

    def reap(self) -> None:
        """Look once: reap who ended so long ago that nobody will ask any more."""
        now = time.monotonic()
        known = self._ended_since
        self._ended_since = {pid: known.get(pid, now) for pid in _ended_children()}
        for pid, since in list(self._ended_since.items()):
            if now - since >= self._patience_seconds:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)


def _ended_children() -> list[int]:
    found = []
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/children", encoding="ascii") as file:
            found += [pid for pid in map(int, file.read().split()) if _has_ended(pid)]
    return found


def _has_ended(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False
