"""How a container ended, from what the daemon knows of it."""

import signal
from collections.abc import Mapping
from typing import Any

from capsule.engines.contract import Exit
from capsule.kit.clock import now

KILLED = 137
_BY_SIGNAL = 128


def exit_of(container: Mapping[str, Any] | None, *, out_of_memory: bool) -> Exit:
    """`container` is what the daemon says, None when it is gone; `out_of_memory`: it was told so before.

    The daemon gives 128 + n for an end by signal n, as a shell does; a program that returns such a number
    itself cannot be told from that.
    """
    if container is None:
        return Exit(at=now())
    state = container.get("State") or {}
    code = int(state.get("ExitCode") or 0)
    # What the daemon keeps about memory is of any process there ever was, and of the last one only with this.
    killed = (bool(state.get("OOMKilled")) and code == KILLED) or (out_of_memory and code != 0)
    if code > _BY_SIGNAL and (name := _signal_name(code - _BY_SIGNAL)):
        return Exit(signal=name, out_of_memory=killed, at=now())
    return Exit(code=code, out_of_memory=killed, at=now())


def _signal_name(number: int) -> str | None:
    try:
        return signal.Signals(number).name
    except ValueError:
        return None
