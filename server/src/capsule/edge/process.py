"""The edge's parent process: binds the port, forks workers, answers the control socket, writes the logs."""

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
import sys
from typing import Any, NoReturn

from capsule.edge.access import AccessLog, open_in
from capsule.edge.answers import Answers
from capsule.edge.channel import Access
from capsule.edge.client import EdgeHealth, PutRoute
from capsule.edge.control import EdgeControl, table_of
from capsule.edge.listen import Listeners, inherited, listen
from capsule.edge.store import RouteStore
from capsule.edge.worker import run_worker
from capsule.edge.workers import Workers
from capsule.kit.rpc import RpcServer
from capsule.paths import DataPaths

log = logging.getLogger(__name__)

_MOST_WORKERS = 4
_DRAIN_SECONDS = 10.0
_HANDED_OVER = "CAPSULE_EDGE_LISTENERS"
"""Environment variable by which listening sockets pass to the next program of this process."""


def default_workers() -> int:
    """One worker per core, at most four: one alone outruns what a machine of this size serves."""
    return max(1, min(len(os.sched_getaffinity(0)), _MOST_WORKERS))


def run(*, data: DataPaths, host: str, port: int, domain: str, workers: int) -> None:
    """Serve until SIGTERM or SIGINT, then drain for 10 seconds.

    Serves the stored table at once, without the server. Raises PortInUse or CannotListen before anything is
    started, and Conflict when an edge already runs on this data folder.
    """
    _raise_file_limit()
    handed_over = os.environ.pop(_HANDED_OVER, None)
    listeners = inherited(handed_over) if handed_over else listen(host, port, workers)
    try:
        _Parent(data, listeners, domain).run()
    finally:
        listeners.close()


class _Parent:
    def __init__(self, data: DataPaths, listeners: Listeners, domain: str) -> None:
        # Not uvloop: this loop is stopped and left behind in each fork, which only a plain one takes well.
        self._loop = asyncio.SelectorEventLoop()
        self._listeners = listeners
        self._answers = Answers()
        self._own_hosts = (domain, socket.gethostname())
        self._access = AccessLog(open_in(data.telemetry))
        store = RouteStore(data.state("edge"))
        self._table = table_of(store)
        self._workers = Workers(self._loop, len(listeners.sockets), self._be_worker, self._write_access)
        self._control = EdgeControl(store, self._workers, self._table)
        self._rpc = RpcServer(
            data.edge_socket,
            {
                "put_route": self._put_route,
                "remove_route": self._remove_route,
                "routes": self._routes,
                "stats": self._stats,
                "health": self._health,
                "listen_address": self._listen_address,
                "renew": self._renew,
            },
        )
        self._stopped: asyncio.Task[None] | None = None
        self._is_renewing = False

    def run(self) -> None:
        loop = self._loop
        loop.run_until_complete(self._rpc.start())
        loop.add_signal_handler(signal.SIGCHLD, self._workers.reap)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._begin_stop)
        gc.collect()
        gc.freeze()
        while self._stopped is None or not self._stopped.done():
            self._workers.fork_missing()
            # Stopped by `reap` for the next fork, by `_renew`, and when all is done.
            loop.run_forever()
            if self._is_renewing:
                self._become_anew()
        self._stopped.result()
        self._access.close()
        loop.close()

    def _become_anew(self) -> NoReturn:
        """Replace the program of this process by a fresh start of the same command.

        The listening sockets stay open all along, so what connects meanwhile waits a moment. The workers
        lose their parent, finish what they have in hand, and end.
        """
        self._access.close()
        os.environ[_HANDED_OVER] = self._listeners.hand_over()
        os.execv(sys.executable, sys.orig_argv)

    def _be_worker(self, index: int, control: socket.socket) -> None:
        run_worker(
            listeners=self._listeners.sockets[index],
            control=control,
            routes=[entry.route for entry in self._table.entries()],
            own_hosts=self._own_hosts,
            answers=self._answers,
        )

    def _write_access(self, report: Access) -> None:
        try:
            self._access.write(report.entries, report.epoch)
        except OSError:
            log.exception("access log could not be written")

    def _begin_stop(self) -> None:
        if self._stopped is None:
            self._stopped = self._loop.create_task(self._stop())
            self._stopped.add_done_callback(lambda _: self._loop.stop())

    async def _stop(self) -> None:
        self._listeners.close()
        await self._rpc.close()
        await self._workers.stop(_DRAIN_SECONDS)

    # -- calls

    async def _put_route(self, params: dict[str, Any]) -> None:
        asked = PutRoute.read(params)
        await self._control.put_route(asked.route, probe=asked.probe, drain_seconds=asked.drain_seconds)

    async def _remove_route(self, params: dict[str, Any]) -> None:
        await self._control.remove_route(params["route_id"])

    async def _routes(self, _: dict[str, Any]) -> object:
        return await self._control.routes()

    async def _stats(self, _: dict[str, Any]) -> object:
        return await self._control.stats()

    async def _health(self, _: dict[str, Any]) -> object:
        return EdgeHealth(os.getpid(), self._workers.pids, len(await self._control.routes()))

    async def _renew(self, _: dict[str, Any]) -> None:
        """Run the code that lies on disk now, without losing a connection."""
        self._is_renewing = True
        # After the answer to this call has been written.
        self._loop.call_later(0.05, self._loop.stop)

    async def _listen_address(self, _: dict[str, Any]) -> object:
        return self._listeners.address


def _raise_file_limit() -> None:
    """Two descriptors per request in flight: take as many as this process may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
