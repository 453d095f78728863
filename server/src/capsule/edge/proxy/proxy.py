"""One worker's data path: accepts clients on given sockets and sends their requests along a route table."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterable

from capsule.edge.answers import Answers
from capsule.edge.contract import Route, RouteStats
from capsule.edge.proxy.client import ClientConnection
from capsule.edge.proxy.limits import Limits
from capsule.edge.proxy.routing import LiveRoute, LiveUpstream
from capsule.edge.table import RouteTable

AccessEntry = tuple[str, float, bytes, bytes, str, int, float, int, int, str, str, bytes, float, bool]
"""What `capsule.edge.access` turns into a record; raw here because the data path has no time to spare."""

_SWEEP_SECONDS = 1.0
_BACKLOG = 1024


class Proxy:
    """The route table and the connections of one worker."""

    def __init__(self, *, own_hosts: Iterable[str], answers: Answers, limits: Limits | None = None) -> None:
        self.answers = answers
        self.limits = limits or Limits()
        self.clients: set[ClientConnection] = set()
        self.access: list[AccessEntry] = []
        self.now = time.monotonic()
        """The time of the last sweep: exact enough for timeouts."""
        self.is_stopping = False
        self._table: RouteTable[LiveRoute] = RouteTable(own_hosts)
        self.find = self._table.find
        self._servers: list[asyncio.Server] = []
        self._empty = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self, sockets: Iterable[socket.socket]) -> None:
        """Accept on `sockets`, which are bound and stay the caller's to close."""
        loop = asyncio.get_running_loop()
        self._sweeper = loop.create_task(self._sweep())
        for one in sockets:
            server = await loop.create_server(lambda: ClientConnection(self), sock=one, backlog=_BACKLOG)
            self._servers.append(server)

    def forget(self, client: ClientConnection) -> None:
        self.clients.discard(client)
        if self.is_stopping and not self.clients:
            self._empty.set()

    async def stop(self, drain_seconds: float, *, patiently: bool = False) -> None:
        """Accept no more, let answers end for `drain_seconds`, then cut.

        `patiently`: others accept in our place, so connections kept open may ask once more meanwhile.
        """
        self.is_stopping = True
        for server in self._servers:
            server.close()
        for client in list(self.clients):
            client.stop(patiently=patiently)
        if self.clients:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), drain_seconds)
        for client in list(self.clients):
            client.abort()
        for route in self._table.entries():
            route.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
        await asyncio.sleep(0)

    def apply(self, route: Route) -> list[LiveUpstream]:
        """Swap to `route` at once; return the upstreams that left it and still have to be drained."""
        live = self._table.get(route.id)
        if live is None:
            self._table.put(LiveRoute(route, self.limits))
            return []
        leaving = live.apply(route)
        self._table.put(live)
        return leaving

    def remove(self, route_id: str) -> None:
        live = self._table.discard(route_id)
        if live is not None:
            live.close()

    def stats(self) -> list[RouteStats]:
        return [RouteStats(live.route.id, live.requests, live.in_flight) for live in self._table.entries()]

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = self.now = time.monotonic()
            for client in list(self.clients):
                client.check(now)
            for route in self._table.entries():
                route.close_unused(now - self.limits.pool_seconds)
