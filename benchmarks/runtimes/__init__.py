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


def run(chosen: list[str] | None = None) -> None:
    if os.geteuid() != 0:
        print("runtimes: not run, since without root there is neither a memory account nor Docker")
        return
    for name in chosen or SECTIONS:
        load = os.getloadavg()[0]
        if load > 1.0:
            print(f"note: the machine is busy (load {load:.1f}); the figures below are too high")
        began = time.perf_counter()
        asyncio.run(SECTIONS[name]())
        print(f"runtimes {name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
