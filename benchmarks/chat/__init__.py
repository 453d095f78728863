"""Conversations: echoes beside Chainlit, many answers at once, the session log beside SQLite.

python -m benchmarks.chat                  everything
python -m benchmarks.chat echo appends     some of it
"""

import os
import sys
import time
from collections.abc import Callable

from benchmarks.chat.appends import appends
from benchmarks.chat.echo import echo
from benchmarks.chat.streams import streams
from benchmarks.chat.thread import thread
from benchmarks.runtimes import busy_share

SECTIONS: dict[str, Callable[[], None]] = {
    "appends": appends,
    "echo": echo,
    "streams": streams,
    "thread": thread,
}

_QUIET = 0.1


def run(chosen: list[str] | None = None) -> None:
    if os.geteuid() != 0:
        print("chat: not run, since without root there are no runtimes of users")
        return
    for name in chosen or SECTIONS:
        if (busy := busy_share()) > _QUIET:
            print(f"\nnote: others use {busy:.0%} of this machine; the figures below are too low")
        began = time.perf_counter()
        SECTIONS[name]()
        print(f"chat {name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
