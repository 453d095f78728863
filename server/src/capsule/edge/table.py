"""Which route a host name belongs to. Pure: no sockets, no clock."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from capsule.edge.contract import Route
from capsule.errors import Conflict

DEFAULT_ROUTE = "console"
"""The route of hosts that name this machine and no capsule."""

_IP_LITERAL = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\]")


class HasRoute(Protocol):
    @property
    def route(self) -> Route: ...


T = TypeVar("T", bound=HasRoute)


class RouteTable(Generic[T]):
    """Entries by route id and by host. `own_hosts` name the machine itself (domain, host name)."""

    def __init__(self, own_hosts: Iterable[str] = ()) -> None:
        self._own_hosts = frozenset({"", "localhost", *(host.lower() for host in own_hosts)})
        self._by_id: dict[str, T] = {}
        self._by_host: dict[str, T] = {}

    def put(self, entry: T) -> None:
        """Insert `entry`, or index it anew after its route changed."""
        self.discard(entry.route.id)
        self._by_id[entry.route.id] = entry
        for host in entry.route.hosts:
            self._by_host[host] = entry

    def discard(self, route_id: str) -> T | None:
        entry = self._by_id.pop(route_id, None)
        if entry is not None:
            self._by_host = {host: other for host, other in self._by_host.items() if other is not entry}
        return entry

    def get(self, route_id: str) -> T | None:
        return self._by_id.get(route_id)

    def find(self, host: str) -> T | None:
        """Return the entry for a host in lower case without port and trailing dot."""
        entry = self._by_host.get(host)
        if entry is None and (host in self._own_hosts or _IP_LITERAL.fullmatch(host)):
            return self._by_id.get(DEFAULT_ROUTE)
        return entry

    def check_hosts(self, route: Route) -> None:
        """Raises Conflict when one of its hosts belongs to another route."""
        for host in route.hosts:
            other = self._by_host.get(host)
            if other is not None and other.route.id != route.id:
                raise Conflict(f"Host {host!r} already belongs to route {other.route.id!r}.", host=host)

    def entries(self) -> list[T]:
        return list(self._by_id.values())


def with_plain_hosts(route: Route) -> Route:
    """Return `route` with its hosts spelled as `find` looks them up."""
    return replace(route, hosts=tuple(host.lower().removesuffix(".") for host in route.hosts))
