"""The routes of one worker as they are used: upstreams with their connections, and who waits for what."""

import asyncio
import contextlib
import random
from collections.abc import Iterable

from capsule.edge.address import UnixAddress, open_connection, parse_address
from capsule.edge.contract import Route, RouteState, Upstream
from capsule.edge.proxy.limits import Limits
from capsule.edge.proxy.upstream import UpstreamConnection

_FIRST_RETRY = 0.02
_WAITED_RETRY = 0.1
_IDLE_RETRY = 1.0


class LiveUpstream:
    """One upstream of one route, its unused connections and its requests in flight."""

    def __init__(self, upstream: Upstream, route: "LiveRoute", limits: Limits) -> None:
        self.upstream = upstream
        self.id = upstream.id
        self.route = route
        self.is_down = False
        self.is_leaving = False
        self.in_flight = 0
        self.idle: list[UpstreamConnection] = []
        self.connections: set[UpstreamConnection] = set()
        self._address = parse_address(upstream.address)
        self.is_unix = isinstance(self._address, UnixAddress)
        self._limits = limits
        self._drained: asyncio.Event | None = None
        self._reviver: asyncio.Task[None] | None = None
        self._nudge: asyncio.Event | None = None

    async def connect(self) -> UpstreamConnection:
        """Open a new connection. Raises OSError (TimeoutError among them)."""
        connection = UpstreamConnection(self)
        async with asyncio.timeout(self._limits.connect_seconds):
            return await open_connection(self._address, connection)

    def park(self, connection: UpstreamConnection) -> None:
        """Keep a connection that has nothing to do for the next request."""
        if self.is_leaving or len(self.idle) >= self._limits.pool_size:
            connection.close()
        else:
            self.idle.append(connection)

    def reserve(self) -> None:
        self.in_flight += 1

    def release(self) -> None:
        self.in_flight -= 1
        if self.in_flight == 0 and self._drained is not None:
            self._drained.set()

    def mark_down(self) -> None:
        """Take no requests until a connection succeeds again; the tries begin at once."""
        if self.is_down or self.is_leaving:
            return
        self.is_down = True
        self.route.recount()
        self._nudge = asyncio.Event()
        self._reviver = asyncio.create_task(self._revive(self._nudge))

    def nudge(self) -> None:
        """Somebody waits: try now."""
        if self._nudge is not None:
            self._nudge.set()

    async def _revive(self, nudge: asyncio.Event) -> None:
        delay = _FIRST_RETRY
        while True:
            nudge.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(nudge.wait(), delay * random.uniform(0.8, 1.2))
            try:
                connection = await self.connect()
            except OSError:
                delay = min(delay * 1.5, _WAITED_RETRY if self.route.has_waiters else _IDLE_RETRY)
                await asyncio.sleep(_FIRST_RETRY)
                continue
            # Not kept: a server that serves one connection at a time would wait for a request on it.
            connection.close()
            self.is_down = False
            self._reviver = self._nudge = None
            self.route.recount()
            self.route.notify()
            return

    def leave(self) -> None:
        """Take no more requests and drop the connections that have nothing to do."""
        self.is_leaving = True
        if self._reviver is not None:
            self._reviver.cancel()
        for connection in self.idle:
            connection.close()
        self.idle.clear()

    async def drain(self, seconds: float) -> None:
        """Return when no request is in flight; what is left after `seconds` is cut."""
        if self.in_flight:
            self._drained = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._drained.wait(), seconds)
        self.cut()

    def cut(self) -> None:
        for connection in list(self.connections):
            connection.abort()


class LiveRoute:
    """A route, its upstreams and the requests that wait for a change of it."""

    def __init__(self, route: Route, limits: Limits) -> None:
        self.route = route
        self.tag = f"X-Capsule-Route: {route.id}\r\n".encode()
        self.requests = 0
        self.in_flight = 0
        self.is_live = False
        self._limits = limits
        self._upstreams: list[LiveUpstream] = []
        self._up: list[LiveUpstream] = []
        self._weights: list[float] | None = None
        self._waiters: set[asyncio.Future[None]] = set()
        self.apply(route)

    def apply(self, route: Route) -> list[LiveUpstream]:
        """Take over a new state and set of upstreams; return the upstreams that left.

        Those of a route that is not public begin anew: what is in flight on them is drained, then cut.
        """
        kept = {live.upstream: live for live in self._upstreams}
        leaving = [] if route.is_public else [kept.pop(upstream) for upstream in list(kept)]
        self.route = route
        self.is_live = route.is_public and route.state is RouteState.live
        self._upstreams = [
            kept.pop(upstream) if upstream in kept else LiveUpstream(upstream, self, self._limits)
            for upstream in route.upstreams
        ]
        for live, upstream in zip(self._upstreams, route.upstreams, strict=True):
            live.upstream = upstream  # its weight may be another
        leaving += kept.values()
        for live in leaving:
            live.leave()
        self.recount()
        self.notify()
        return leaving

    def close(self) -> None:
        """The route is gone: cut its connections, wake who waits."""
        for live in self._upstreams:
            live.leave()
            live.cut()
        self._upstreams = []
        self.recount()
        self.notify()

    def close_unused(self, since: float) -> None:
        """Close connections that have had nothing to do since `since`."""
        for live in self._upstreams:
            # Taken and parked at the end, so the longest unused are in front.
            while live.idle and live.idle[0].idle_since < since:
                live.idle.pop(0).close()

    def recount(self) -> None:
        self._up = [live for live in self._upstreams if not live.is_down]
        weights = [live.upstream.weight for live in self._up]
        self._weights = weights if len(set(weights)) > 1 else None

    def pick(self) -> LiveUpstream | None:
        """Return the upstream for the next request, or None when none takes connections.

        It is the one with the fewest requests in flight, or, where weights differ, one drawn by them.
        """
        up = self._up
        if len(up) < 2:
            return up[0] if up else None
        if self._weights is not None:
            return random.choices(up, self._weights)[0]
        return min(up, key=_load)

    @property
    def has_waiters(self) -> bool:
        return bool(self._waiters)

    def notify(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait_for_change(self, seconds: float) -> None:
        """Return when the route changed or an upstream came back, at the latest after `seconds`."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        for live in self._upstreams:
            live.nudge()
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(waiter, seconds)
        finally:
            self._waiters.discard(waiter)


async def drain(leaving: Iterable[LiveUpstream], seconds: float) -> None:
    await asyncio.gather(*(live.drain(seconds) for live in leaving))


def _load(live: LiveUpstream) -> int:
    return live.in_flight
