"""The edge from another process: `contract.Edge` over the control socket."""

from pathlib import Path
from typing import Any

import msgspec

from capsule.edge.contract import Probe, Route, RouteStats
from capsule.edge.listen import ListenAddress
from capsule.kit.rpc import RpcClient


class EdgeHealth(msgspec.Struct, frozen=True):
    pid: int
    workers: list[int]
    routes: int


class EdgeClient:
    """Implements `Edge`. Every method raises Unavailable when the edge cannot be reached."""

    def __init__(self, socket_path: Path) -> None:
        self._rpc = RpcClient(socket_path, name="edge")

    async def put_route(
        self, route: Route, *, probe: Probe | None = None, drain_seconds: float = 30.0
    ) -> None:
        """See `Edge.put_route`. Waits as long as probe and drain take; cancelling is passed on."""
        params = {"route": route, "probe": probe, "drain_seconds": drain_seconds}
        await self._rpc.call("put_route", params, timeout=None)

    async def remove_route(self, route_id: str) -> None:
        await self._rpc.call("remove_route", {"route_id": route_id})

    async def routes(self) -> list[Route]:
        return msgspec.convert(await self._rpc.call("routes"), list[Route])

    async def stats(self) -> list[RouteStats]:
        return msgspec.convert(await self._rpc.call("stats"), list[RouteStats])

    async def health(self) -> EdgeHealth:
        return msgspec.convert(await self._rpc.call("health", timeout=5.0), EdgeHealth)

    async def listen_address(self) -> ListenAddress:
        """Return the addresses and the port that the edge accepts clients on."""
        return msgspec.convert(await self._rpc.call("listen_address"), ListenAddress)

    async def renew(self) -> None:
        """Let the edge run the code that lies on disk now. Answers before it does; no connection is lost."""
        await self._rpc.call("renew")

    async def close(self) -> None:
        await self._rpc.close()


class PutRoute(msgspec.Struct, frozen=True):
    """Parameters of the call `put_route`."""

    route: Route
    probe: Probe | None
    drain_seconds: float

    @classmethod
    def read(cls, params: dict[str, Any]) -> "PutRoute":
        return msgspec.convert(params, cls)
