"""Mind one runtime: know it by its pid on this machine, tell how it ended, end it."""

import asyncio
import contextlib
import os
import signal
import time
from dataclasses import replace

from capsule.engines.contract import Exit, RuntimeSpec, RuntimeStatus
from capsule.engines.process import tree
from capsule.kit.clock import now
from capsule.sandbox.cgroups import Group

_LAST_WORD_SECONDS = 2.0


class Runtime:
    """A runtime that has been put apart. `pid` is the process with which all of it ends."""

    def __init__(
        self, spec: RuntimeSpec, pid: int, address: str, *, is_forked: bool, group: Group | None
    ) -> None:
        self.spec = spec
        self.pid = pid
        self.group = group
        self.ended: asyncio.Future[RuntimeStatus] = asyncio.get_running_loop().create_future()
        self.has_full_files = False
        """It was ended because its private files are over their limit."""
        self._oom_seen = 0
        self._oom_seen_at = 0.0
        self._address = address
        self._is_forked = is_forked
        self._reason = ""
        self._pidfd = -1
        self._exit: Exit | None = None
        self._told = asyncio.Event()
        self._gone = asyncio.Event()
        try:
            self._pidfd = os.pidfd_open(pid)
        except OSError:
            self._gone.set()
        else:
            asyncio.get_running_loop().add_reader(self._pidfd, self._on_gone)

    def status(self) -> RuntimeStatus:
        return RuntimeStatus(
            id=self.spec.id,
            replica_id=self.spec.replica_id,
            owner=self.spec.owner,
            is_running=not self.ended.done(),
            address=self._address,
            pid=self.pid,
            is_forked=self._is_forked,
        )

    def note_exit(self, code: int | None, number: int | None) -> None:
        """Take down what the zygote says of the end."""
        name = None
        if number is not None:
            with contextlib.suppress(ValueError):
                name = signal.Signals(number).name
        self._exit = Exit(code=code, signal=name or (str(number) if number is not None else None), at=now())
        self._told.set()
        self._gone.set()

    async def mind(self) -> RuntimeStatus:
        """Return once every process is gone and the reason is known; frees what the runtime had."""
        await self._gone.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORD_SECONDS):
                await self._told.wait()
        ended = self._exit or Exit(at=now())
        if self.group is not None:
            if self._has_new_oom_kills(self.group) and ended.code != 0:
                ended = replace(ended, out_of_memory=True)
            await asyncio.to_thread(self._free, self.group)
        self._close()
        status = replace(self.status(), is_running=False, end=ended, end_reason=self._reason)
        if not self.ended.done():
            self.ended.set_result(status)
        return status

    def has_lost_a_process(self) -> bool:
        """Tell whether, since the last call, the kernel has ended a process for want of memory."""
        if self.group is None or self._gone.is_set():
            return False
        kills = self.group.oom_kills()
        if kills <= self._oom_seen:
            return False
        self._oom_seen, self._oom_seen_at = kills, time.monotonic()
        return True

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self, reason: str = "") -> None:
        """SIGKILL everything of it; `reason` is kept as a sentence for people."""
        self._reason = self._reason or reason
        self._signal(signal.SIGKILL)
        if self.group is not None:
            for pid in self.group.pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    async def stop(self, grace_seconds: float) -> None:
        self.terminate()
        ended = asyncio.ensure_future(asyncio.shield(self.ended))
        await asyncio.wait({ended}, timeout=grace_seconds)
        if not self.ended.done():
            self.kill()
            await asyncio.wait({ended}, timeout=5.0)
        ended.cancel()

    def pids(self) -> list[int]:
        if self.group is not None:
            return self.group.pids()
        return [self.pid, *tree.descendants(self.pid)]

    def cpu_seconds(self, pids: list[int]) -> float:
        """Return the processor time it has used so far; `pids` are its processes."""
        return self.group.cpu_seconds() if self.group is not None else tree.usage(pids)[0]

    def own_memory(self) -> int:
        """Return the bytes that no other process shares. Takes a millisecond or more."""
        return tree.own_memory(self.pids())

    def let_go(self) -> None:
        """Stop minding; the runtime lives on."""
        self._close()

    def _has_new_oom_kills(self, group: Group) -> bool:
        # Noticed just before the end, it may have been the end.
        is_just_seen = time.monotonic() - self._oom_seen_at < _LAST_WORD_SECONDS
        return group.oom_kills() > self._oom_seen or (self._oom_seen > 0 and is_just_seen)

    def _free(self, group: Group) -> None:
        group.kill()
        with contextlib.suppress(OSError):
            group.remove()

    def _signal(self, number: signal.Signals) -> None:
        if self._pidfd >= 0:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._pidfd, number)

    def _on_gone(self) -> None:
        self._close()
        self._gone.set()

    def _close(self) -> None:
        if self._pidfd >= 0:
            asyncio.get_running_loop().remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1
