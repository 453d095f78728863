"""What every shell is whose process can be seen on this machine, whoever has started it."""

import asyncio
import contextlib
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import replace

from capsule.engines.contract import Exit
from capsule.engines.output import Output
from capsule.engines.process import tree
from capsule.engines.shells import ShellSpec, ShellStatus
from capsule.kit.clock import now

USUAL = ("/bin/sh", "-c", "command -v bash >/dev/null && exec bash; exec sh")
"""What is started where no command is given."""
TERMINAL = "xterm-256color"
_HANG_UP_SECONDS = 2.0
_NOTICE_SECONDS = 0.5
"""Within this the end of a replica is known that has taken its shells with it."""
_LOOK_SECONDS = 0.05


class RunningShell(ABC):
    """A process inside a replica. Whoever starts it sets `_pid` and a task `_minding` that notes its end."""

    def __init__(self, spec: ShellSpec, is_replica_running: Callable[[], bool]) -> None:
        self.spec = spec
        self.status = ShellStatus(spec.id, spec.replica_id, spec.owner, is_running=True, opened_at=now())
        self.output = Output(self._resume)
        self._loop = asyncio.get_running_loop()
        self.active_at = self._loop.time()
        """When a byte went in or out last, by the loop's clock."""
        self.read_at = self._loop.time()
        self.readers = 0
        """Who waits for its output now."""
        self.ended_at: float | None = None
        self._is_replica_running = is_replica_running
        self._pid = 0
        """As this machine counts; 0: not known yet."""
        self._has_given_up = False
        self._minding: asyncio.Task[None] | None = None
        self._reason = ""

    @abstractmethod
    async def write(self, data: bytes, *, is_last: bool) -> None: ...

    @abstractmethod
    async def resize(self, columns: int, rows: int) -> None: ...

    @abstractmethod
    async def let_go(self) -> None:
        """Kill it at once: its terminal goes with this process."""

    @abstractmethod
    def _resume(self) -> None:
        """There is room for output again."""

    def pids(self) -> list[int]:
        return [self._pid, *tree.descendants(self._pid)] if self._pid else []

    async def end(self, reason: str = "") -> None:
        """Hang up, then kill what is left of its processes; return when it has ended."""
        if not self.status.is_running:
            return
        self._reason = self._reason or reason
        self._has_given_up = True
        pids = self.pids()
        send(pids, signal.SIGHUP)
        send(pids, signal.SIGCONT)
        assert self._minding is not None
        await asyncio.wait({self._minding}, timeout=_HANG_UP_SECONDS)
        send({*pids, *self.pids()}, signal.SIGKILL)
        await asyncio.wait({self._minding}, timeout=_HANG_UP_SECONDS)

    async def _note_end(self, ended: Exit) -> None:
        """Tell readers how it ended. All of its output has been added."""
        reason = self._reason
        if not reason and ended.signal == "SIGKILL" and await self._replica_ended():
            reason = "The replica has ended."
        self.status = replace(self.status, is_running=False, end=ended, end_reason=reason)
        self.ended_at = self._loop.time()
        self.output.close()

    async def _replica_ended(self) -> bool:
        for _ in range(int(_NOTICE_SECONDS / _LOOK_SECONDS)):
            if not self._is_replica_running():
                return True
            await asyncio.sleep(_LOOK_SECONDS)
        return False


def exit_of(code: int) -> Exit:
    """Return the end of a command. Codes above 128 and negative ones are signals."""
    if code < 0 or code > 128:
        with contextlib.suppress(ValueError):
            return Exit(signal=signal.Signals(-code if code < 0 else code - 128).name, at=now())
    return Exit(code=code, at=now())


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to processes, some of which may have ended."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


async def process_ended(pid: int) -> None:
    """Return when there is no running process of this id any more; it need not be a child of ours."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(pidfd, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)
