"""The edge as its callers see it (`contract.Edge`): probe, keep the table, make workers swap and drain."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass

from capsule.edge.address import parse_address
from capsule.edge.contract import Probe, Route, RouteState, RouteStats
from capsule.edge.probe import probe_upstreams
from capsule.edge.store import RouteStore
from capsule.edge.table import RouteTable, with_plain_hosts
from capsule.edge.workers import Workers


@dataclass(frozen=True)
class _Entry:
    route: Route


class EdgeControl:
    """Implements `Edge` in the parent process. The table outlives workers, the store outlives the edge."""

    def __init__(self, store: RouteStore, workers: Workers, table: RouteTable[_Entry]) -> None:
        self._store = store
        self._workers = workers
        self._table = table
        self._swaps: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def put_route(
        self, route: Route, *, probe: Probe | None = None, drain_seconds: float = 30.0
    ) -> None:
        route = with_plain_hosts(route)
        for upstream in route.upstreams:
            parse_address(upstream.address)
        async with self._swaps[route.id]:
            self._table.check_hosts(route)
            before = self._table.get(route.id)
            known = before.route.upstreams if before is not None else ()
            fresh = [upstream for upstream in route.upstreams if upstream not in known]
            if probe is not None and fresh and route.state is RouteState.live:
                await probe_upstreams(route, fresh, probe)
                self._table.check_hosts(route)
            # No await from here to the message to the workers: one forked meanwhile would miss the swap.
            self._table.put(_Entry(route))
            self._save()
            swapped = self._workers.put(route, drain_seconds)
        await asyncio.shield(swapped)

    async def remove_route(self, route_id: str) -> None:
        async with self._swaps[route_id]:
            if self._table.discard(route_id) is None:
                return
            self._save()
            removed = self._workers.remove(route_id)
        self._swaps.pop(route_id, None)
        await asyncio.shield(removed)

    async def routes(self) -> list[Route]:
        return [entry.route for entry in self._table.entries()]

    async def stats(self) -> list[RouteStats]:
        """Return the sums over all workers since each was started."""
        requests: dict[str, int] = {}
        in_flight: dict[str, int] = {}
        for one in await self._workers.stats():
            requests[one.id] = requests.get(one.id, 0) + one.requests
            in_flight[one.id] = in_flight.get(one.id, 0) + one.in_flight
        return [RouteStats(key, requests[key], in_flight[key]) for key in requests]

    def _save(self) -> None:
        self._store.save(entry.route for entry in self._table.entries())


def table_of(store: RouteStore) -> RouteTable[_Entry]:
    """Return the table as it was stored."""
    table: RouteTable[_Entry] = RouteTable()
    for route in store.load():
        table.put(_Entry(route))
    return table
