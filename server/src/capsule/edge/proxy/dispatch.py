"""Find an upstream that takes a request, holding the request for as long as its route says."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from capsule.edge.answers import (
    BadGateway,
    CapsuleFailed,
    CapsuleNotPublic,
    CapsuleStarting,
    CapsuleStopped,
    HostNotFound,
    NoWeb,
)
from capsule.edge.contract import Route, RouteState
from capsule.edge.proxy.routing import LiveRoute, LiveUpstream
from capsule.edge.proxy.upstream import UpstreamConnection
from capsule.errors import PlatformError


@dataclass(frozen=True)
class Taken:
    """A connection for one request, which `upstream` has counted already."""

    upstream: LiveUpstream
    connection: UpstreamConnection
    held_seconds: float


async def take_connection(
    find: Callable[[str], LiveRoute | None],
    host: str,
    *,
    may_reuse: Callable[[LiveUpstream], bool],
    count_on: Callable[[LiveRoute], None],
) -> Taken:
    """Return a connection as soon as the route of `host` has an upstream that takes one.

    `may_reuse` allows one that has carried requests before. `count_on` hears which route it is, each time
    anew, as routes change meanwhile. Raises what to answer if there is none by the end of the route's hold.
    """
    entered = perf_counter()
    waited = False
    while True:
        route = find(host)
        if route is None:
            raise host_not_found(host)
        count_on(route)
        if route.is_live and (found := await _try_upstreams(route, may_reuse)) is not None:
            return Taken(*found, perf_counter() - entered if waited else 0.0)
        if find(host) is not route:
            continue
        left = entered + route.route.hold_seconds - perf_counter()
        if (answer := _answer(route.route, left)) is not None:
            raise answer
        waited = True
        await route.wait_for_change(left)


def host_not_found(host: str) -> HostNotFound:
    where = host or "this address"
    return HostNotFound(f"There is no capsule at {where}.", hint="Check the address for a typing mistake.")


async def _try_upstreams(
    route: LiveRoute, may_reuse: Callable[[LiveUpstream], bool]
) -> tuple[LiveUpstream, UpstreamConnection] | None:
    while (upstream := route.pick()) is not None:
        upstream.reserve()
        try:
            if upstream.idle and may_reuse(upstream):
                return upstream, upstream.idle.pop()
            connection = await upstream.connect()
            if connection.is_closing:
                raise ConnectionResetError
            return upstream, connection
        except OSError:
            upstream.release()
            upstream.mark_down()
            if upstream.is_leaving:
                # The route has changed meanwhile; `pick` looks at the new one.
                await asyncio.sleep(0)
        except BaseException:
            upstream.release()
            raise
    return None


def _answer(route: Route, seconds_left: float) -> PlatformError | None:
    """Return what to answer now, or None to go on waiting."""
    name = route.name
    if not route.is_public:
        return CapsuleNotPublic(
            f"{name} is not open to the public.", hint="Its team can open it in the console, under Details."
        )
    if route.state is RouteState.stopped and route.reason:
        return NoWeb(route.reason)
    if route.state is RouteState.stopped:
        return CapsuleStopped(f"{name} is switched off.", hint="Its team can start it in the console.")
    if route.state is RouteState.failed:
        detail = f"{name} is not running. {route.reason}".strip()
        return CapsuleFailed(detail, hint="Its logs in the console say more.")
    if seconds_left > 0:
        return None
    if route.state is RouteState.starting or not route.upstreams:
        return CapsuleStarting(f"{name} is starting.", hint="This page looks again by itself.")
    return BadGateway(f"{name} does not answer at the moment.", hint="Try again in a moment.")
