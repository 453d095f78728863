"""What an edge must do: send each request to a replica by host name, without ever losing one.

Command-driven: nothing is discovered. `put_route` probes the new upstreams from the edge itself, swaps,
drains the old ones and only then returns.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from capsule.errors import NotFound, Unavailable


class RouteNotFound(NotFound):
    code = "route_not_found"


class ProbeFailed(Unavailable):
    """A new upstream did not answer in time; the route is as it was before."""

    code, title, exit_code, retryable = "probe_failed", "Replica did not answer", 1, False


class RouteState(StrEnum):
    live = "live"
    starting = "starting"
    """Requests are held until the route becomes live or `hold_seconds` have passed."""
    stopped = "stopped"
    failed = "failed"


@dataclass(frozen=True)
class Upstream:
    id: str
    """The replica's id, for the access log."""
    address: str
    """`tcp:127.0.0.1:20001` or `unix:/path/to.sock`."""
    weight: float = field(default=1.0, compare=False)
    """Share of the requests relative to the others of its route. While all are equal, the upstream with the
    fewest requests in flight is taken instead of drawing lots."""


@dataclass(frozen=True)
class Route:
    """All hosts of one capsule (in one environment) and where their requests go."""

    id: str
    """`<capsule id>` or `<capsule id>:serve`; sent to the upstream as `X-Capsule-Route`."""
    hosts: tuple[str, ...]
    """Lower-case host names without port, such as `shop.localhost`."""
    name: str
    """Shown on friendly pages."""
    capsule_id: str
    """Names the access log; empty: no access log (the console)."""
    state: RouteState = RouteState.live
    upstreams: tuple[Upstream, ...] = ()
    hold_seconds: float = 30.0
    """How long a request waits while the route is starting, or while no upstream takes a connection."""
    reason: str = ""
    """Why it failed, or takes no requests although nobody switched it off; one sentence for the page."""
    is_public: bool = True
    """Whether anybody may ask; if not, everything is refused, while upstreams come and go as ever."""


@dataclass(frozen=True)
class Probe:
    """How the edge finds out that a new upstream answers."""

    path: str | None = "/"
    """None: a connection is enough."""
    good_below: int = 500
    """HTTP statuses below this count as an answer."""
    timeout_seconds: float = 60.0
    interval_seconds: float = 0.1


@dataclass(frozen=True)
class RouteStats:
    id: str
    requests: int
    in_flight: int


class Edge(Protocol):
    async def put_route(
        self, route: Route, *, probe: Probe | None = None, drain_seconds: float = 30.0
    ) -> None:
        """Create or replace a route: probe each upstream not yet in it, swap, drain what left it.

        Returns when no request is in flight on an upstream that left, or `drain_seconds` have passed
        (what is left then is cut). Raises ProbeFailed and leaves the route alone when a new upstream does
        not answer; Conflict when a host belongs to another route. Cancelling before the swap undoes all.
        """

    async def remove_route(self, route_id: str) -> None:
        """Drop the route and its connections. Unknown ids are ignored."""

    async def routes(self) -> list[Route]: ...

    async def stats(self) -> list[RouteStats]: ...
