"""Runtimes of app users: wake times, memory and leaks, beside a process and a container for each user.

python -m benchmarks.runtimes                 everything
python -m benchmarks.runtimes wake storm      some of it
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Coroutine

from benchmarks.runtimes import crowd, peers, waking

SECTIONS: dict[str, Callable[[], Coroutine[None, None, None]]] = {
    "wake": waking.wake,
    "start": waking.start,
    "memory": crowd.memory,
    "storm": crowd.storm,
    "turnover": crowd.turnover,
    "process": peers.process,
    "docker": peers.docker,
}

_QUIET = 0.1
_LOOK_SECONDS = 2.0


def run(chosen: list[str] | None = None) -> None:
    if os.geteuid() != 0:
        print("runtimes: not run, since without root there is neither a memory account nor Docker")
        return
    for name in chosen or SECTIONS:
        if (busy := busy_share()) > _QUIET:
            print(f"\nnote: others use {busy:.0%} of this machine; the figures below are too high")
        began = time.perf_counter()
        asyncio.run(SECTIONS[name]())
        print(f"runtimes {name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)


def busy_share() -> float:
    """Return how much of the processors is in use while nothing is measured."""
    idle, total = _processor_time()
    time.sleep(_LOOK_SECONDS)
    idle_now, total_now = _processor_time()
    return 1 - (idle_now - idle) / (total_now - total)


def _processor_time() -> tuple[int, int]:
    with open("/proc/stat", encoding="ascii") as file:
        times = [int(field) for field in file.readline().split()[1:]]
    return times[3] + times[4], sum(times)
