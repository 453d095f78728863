"""The worker processes as the parent sees them: fork, tell, hear, fork again."""

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from capsule.edge.channel import Access, AskStats, Channel, Command, Put, Remove, Report, Stop
from capsule.edge.contract import Route, RouteStats

log = logging.getLogger(__name__)

_STUCK_SECONDS = 10.0
_SHORT_LIFE_SECONDS = 2.0
_LONGEST_PAUSE = 5.0

Told: TypeAlias = "asyncio.Task[list[RouteStats]]"
"""A command on its way; cancelling it does not take it back."""

Child = Callable[[int, socket.socket], None]
"""What a forked worker does: its index and its end of the channel. Never returns to the parent's code."""


class _Worker:
    def __init__(self, pid: int, on_access: Callable[[Access], None]) -> None:
        self.pid = pid
        self.started = time.monotonic()
        self.pending: dict[int, asyncio.Future[list[RouteStats]]] = {}
        self._on_access = on_access
        self.channel: Channel[Report] = Channel(msgspec.msgpack.Decoder(Report), self._hear, self.end)

    def end(self) -> None:
        """It answers no more: what it had in hand has gone with it."""
        for future in self.pending.values():
            if not future.done():
                future.set_result([])

    def _hear(self, report: Report) -> None:
        if isinstance(report, Access):
            self._on_access(report)
        elif (future := self.pending.get(report.id)) is not None and not future.done():
            future.set_result(report.stats)


class Workers:
    """Keeps `count` workers alive. Forks only while the event loop stands still (`fork_missing`)."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        count: int,
        child: Child,
        on_access: Callable[[Access], None],
    ) -> None:
        self._loop = loop
        self._child = child
        self._on_access = on_access
        self._slots: list[_Worker | None] = [None] * count
        self._pause = 0.0
        self._is_stopping = False
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[object]] = set()

    @property
    def pids(self) -> list[int]:
        return [worker.pid for worker in self._slots if worker is not None]

    def fork_missing(self) -> None:
        """Fork a worker for each empty place. The loop must not be running."""
        if self._is_stopping:
            return
        for index, worker in enumerate(self._slots):
            if worker is None:
                self._slots[index] = self._fork(index)

    def reap(self) -> None:
        """Take note of workers that ended and stop the loop so that others can be forked."""
        for index, worker in enumerate(self._slots):
            if worker is None:
                continue
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if pid == 0:
                continue
            self._slots[index] = None
            worker.end()
            worker.channel.close()
            if self._is_stopping:
                continue
            code = os.waitstatus_to_exitcode(status)
            log.warning("worker %d ended with %d; forking another", worker.pid, code)
            short = time.monotonic() - worker.started < _SHORT_LIFE_SECONDS
            self._pause = min(max(0.1, self._pause * 2), _LONGEST_PAUSE) if short else 0.0
            self._loop.call_later(self._pause, self._loop.stop)

    def put(self, route: Route, drain_seconds: float) -> Told:
        """Done when every worker has swapped and drained; one that does not even answer is killed."""
        return self._tell(lambda key: Put(key, route, drain_seconds), drain_seconds + _STUCK_SECONDS)

    def remove(self, route_id: str) -> Told:
        return self._tell(lambda key: Remove(key, route_id), _STUCK_SECONDS)

    def stats(self) -> Told:
        """What each worker counts, unsummed."""
        return self._tell(AskStats, _STUCK_SECONDS)

    async def stop(self, drain_seconds: float) -> None:
        """Let every worker finish what it has in hand, for `drain_seconds`; then kill."""
        self._is_stopping = True
        for worker in self._slots:
            if worker is not None:
                worker.channel.send(Stop(0, drain_seconds))
        deadline = time.monotonic() + drain_seconds + 1.0
        while self.pids and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
            self.reap()
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)

    def _tell(self, command: Callable[[int], Command], seconds: float) -> Told:
        """Send at once (so that commands keep their order); the task ends with the last answer."""
        key = next(self._ids)
        asked: list[tuple[_Worker, asyncio.Future[list[RouteStats]]]] = []
        for worker in self._slots:
            if worker is not None:
                future: asyncio.Future[list[RouteStats]] = self._loop.create_future()
                worker.pending[key] = future
                worker.channel.send(command(key))
                asked.append((worker, future))
        return self._loop.create_task(self._gather(key, asked, seconds))

    async def _gather(
        self, key: int, asked: list[tuple[_Worker, asyncio.Future[list[RouteStats]]]], seconds: float
    ) -> list[RouteStats]:
        found: list[RouteStats] = []
        deadline = time.monotonic() + seconds
        for worker, future in asked:
            try:
                found += await asyncio.wait_for(future, max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                log.error("worker %d does not answer; killing it", worker.pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGKILL)
            finally:
                worker.pending.pop(key, None)
        return found

    def _fork(self, index: int) -> _Worker:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                self._child(index, theirs)
                code = 0
            except BaseException:
                log.exception("worker failed")
            finally:
                os._exit(code)
        theirs.close()
        ours.setblocking(False)
        worker = _Worker(pid, self._on_access)
        task: asyncio.Task[object] = self._loop.create_task(
            self._loop.create_unix_connection(lambda: worker.channel, sock=ours)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return worker
