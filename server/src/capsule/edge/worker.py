"""A worker process: a proxy on its own sockets that does what the parent says. Ends when the parent does."""

import asyncio
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Iterable
from contextlib import suppress

import msgspec
import uvloop

from capsule.edge.answers import Answers
from capsule.edge.channel import Access, AskStats, Channel, Command, Done, Put, Remove
from capsule.edge.contract import Route
from capsule.edge.proxy.proxy import Proxy
from capsule.edge.proxy.routing import LiveUpstream, drain

log = logging.getLogger(__name__)

_FLUSH_SECONDS = 0.1
_MAX_UNSENT = 16 * 1024 * 1024
_ORPHAN_DRAIN_SECONDS = 10.0


class Worker:
    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._channel: Channel[Command] = Channel(
            msgspec.msgpack.Decoder(Command), self._obey, self._lose_parent
        )
        self._is_orphan = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop_after: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._dropped = 0

    async def serve(self, listeners: Iterable[socket.socket], control: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self._channel, sock=control)
        loop.add_signal_handler(signal.SIGTERM, self._stop, _ORPHAN_DRAIN_SECONDS)
        await self._proxy.start(listeners)
        flusher = loop.create_task(self._flush_access())
        drain_seconds = await self._stop_after
        await self._proxy.stop(drain_seconds, patiently=self._is_orphan)
        flusher.cancel()
        self._send_access()
        self._channel.close()
        await asyncio.sleep(0)

    def _lose_parent(self) -> None:
        self._is_orphan = True
        self._stop(_ORPHAN_DRAIN_SECONDS)

    def _stop(self, drain_seconds: float) -> None:
        if not self._stop_after.done():
            self._stop_after.set_result(drain_seconds)

    def _obey(self, command: Command) -> None:
        if isinstance(command, Put):
            # Swapped here and not in the task, so that commands take effect in the order in which they came.
            leaving = self._proxy.apply(command.route)
            task = asyncio.create_task(self._drain(command, leaving))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif isinstance(command, Remove):
            self._proxy.remove(command.route_id)
            self._channel.send(Done(command.id))
        elif isinstance(command, AskStats):
            self._channel.send(Done(command.id, self._proxy.stats()))
        else:
            self._stop(command.drain_seconds)

    async def _drain(self, command: Put, leaving: list[LiveUpstream]) -> None:
        await drain(leaving, command.drain_seconds)
        self._channel.send(Done(command.id))

    async def _flush_access(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            self._send_access()

    def _send_access(self) -> None:
        entries, self._proxy.access = self._proxy.access, []
        if not entries:
            return
        if self._channel.unsent_bytes > _MAX_UNSENT:
            # The parent does not keep up; serving goes before logging.
            self._dropped += len(entries)
            log.warning("%d access log records dropped so far", self._dropped)
            return
        self._channel.send(Access(time.time() - time.perf_counter(), entries))


def run_worker(
    *,
    listeners: Iterable[socket.socket],
    control: socket.socket,
    routes: Iterable[Route],
    own_hosts: Iterable[str],
    answers: Answers,
) -> None:
    """Serve until told to stop. Called in a freshly forked process, whose event loop is the parent's."""
    gc.freeze()
    # The data path leaves no cycles behind; what it allocates would only set off fruitless searches.
    gc.set_threshold(50_000, 20, 20)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep = {control.fileno(), *(one.fileno() for one in listeners)}
    _close_others(keep)

    async def serve() -> None:
        proxy = Proxy(own_hosts=own_hosts, answers=answers)
        for route in routes:
            proxy.apply(route)
        await Worker(proxy).serve(listeners, control)

    loop = uvloop.new_event_loop()
    loop.run_until_complete(serve())


def _close_others(keep: set[int]) -> None:
    """Let go of what belongs to the parent: its control socket, its callers, the other workers' channels."""
    for name in os.listdir("/proc/self/fd"):
        if (number := int(name)) > 2 and number not in keep:
            with suppress(OSError):
                os.close(number)
