"""Move a capsule's traffic to new replicas. Web capsules move at the edge, apps at the app host."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from capsule.apps.contract import AppState, HostedApp
from capsule.edge.contract import Probe, Route, RouteState, Upstream
from capsule.engines.contract import ReplicaStatus
from capsule.errors import PlatformError
from capsule.models import Capsule
from capsule.reconcile.platform import Platform
from capsule.reconcile.routes import (
    app_host_upstream,
    capsule_route,
    hosted_app,
    no_requests_route,
    upstream_of,
)
from capsule.reconcile.rules import Canary

_JUDGE_SECONDS = 1.0

Told = Callable[[str], Awaitable[None]]
"""Hears which phase of the deployment begins."""


class CanaryFailed(PlatformError):
    """The share of requests that tried the new release says that it is worse than the old one."""

    code, title = "canary_failed", "Canary failed"


class Traffic(Protocol):
    async def move(self) -> None:
        """Wait until the replicas answer, swap, drain. Cancelling before the swap undoes all.

        Raises ProbeFailed, RuntimeUnready or CanaryFailed; `give_back` takes away what has changed by then.
        """

    async def has_moved(self) -> bool:
        """Tell whether all new requests go to the replicas already."""

    async def give_back(self) -> None:
        """See that no request goes to the replicas any more, if a canary has sent them some."""


class EdgeTraffic:
    """A web capsule: the edge probes the replicas and sends requests to them."""

    def __init__(
        self,
        platform: Platform,
        capsule: Capsule,
        statuses: Sequence[ReplicaStatus],
        probe: Probe,
        *,
        canary: Canary | None = None,
        judge: Callable[[Sequence[str]], Awaitable[str]] | None = None,
        tell: Told | None = None,
    ) -> None:
        """`judge` says what is wrong with the answers of these replicas, or nothing."""
        self._platform = platform
        self._ids = [status.id for status in statuses]
        upstreams = tuple(
            upstream_of(platform, capsule, status.id, status.address or "") for status in statuses
        )
        self._route: Route = capsule_route(platform, capsule, RouteState.live, upstreams=upstreams)
        self._probe = probe
        self._canary = canary
        self._judge = judge
        self._tell = tell

    async def move(self) -> None:
        if self._canary is not None and (others := await self._others()):
            await self._try_share(self._canary, others)
        await self._put(self._route)

    async def has_moved(self) -> bool:
        route = await self._present()
        return (
            route is not None
            and route.state is RouteState.live
            and bool(route.upstreams)
            and all(upstream.id in self._ids for upstream in route.upstreams)
        )

    async def give_back(self) -> None:
        route = await self._present()
        others = await self._others()
        if route is not None and others and len(others) < len(route.upstreams):
            await self._put(replace(route, upstreams=tuple(replace(one, weight=1.0) for one in others)))

    async def _try_share(self, canary: Canary, others: Sequence[Upstream]) -> None:
        """Send a share of the requests to the new replicas for a while, and look how they do."""
        mine = self._route.upstreams
        shared = (
            *(replace(one, weight=(1 - canary.share) / len(others)) for one in others),
            *(replace(one, weight=canary.share / len(mine)) for one in mine),
        )
        await self._put(replace(self._route, upstreams=shared))
        if self._tell is not None:
            await self._tell("canary")
        until = asyncio.get_running_loop().time() + canary.seconds
        while (left := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(left, _JUDGE_SECONDS))
            if self._judge is not None and (wrong := await self._judge(self._ids)):
                raise CanaryFailed(f"The new release got {canary.share:.0%} of the requests, and {wrong}")
        if self._tell is not None:
            await self._tell("switch")

    async def _present(self) -> Route | None:
        routes = await self._platform.patiently(self._platform.edge.routes)
        return next((route for route in routes if route.id == self._route.id), None)

    async def _others(self) -> tuple[Upstream, ...]:
        """Return who else gets requests at the moment."""
        route = await self._present()
        if route is None or route.state is not RouteState.live:
            return ()
        return tuple(one for one in route.upstreams if one.id not in self._ids)

    async def _put(self, route: Route) -> None:
        edge, drain = self._platform.edge, self._platform.pace.drain
        await self._platform.patiently(lambda: edge.put_route(route, probe=self._probe, drain_seconds=drain))


class NoTraffic:
    """A capsule without a `web` process: nothing to move; its page says that it takes no requests."""

    def __init__(self, platform: Platform, capsule: Capsule) -> None:
        self._platform = platform
        self._route = no_requests_route(platform, capsule)
        self._has_moved = False

    async def move(self) -> None:
        edge, drain = self._platform.edge, self._platform.pace.drain
        self._has_moved = True
        await self._platform.patiently(lambda: edge.put_route(self._route, drain_seconds=drain))

    async def has_moved(self) -> bool:
        return self._has_moved

    async def give_back(self) -> None:
        return None


class AppTraffic:
    """An app: the app host tries a runtime, then wakes one per user; the edge only knows the app host."""

    def __init__(
        self,
        platform: Platform,
        capsule: Capsule,
        *,
        environment: str,
        version: str,
        replica_id: str,
        manifest: dict[str, object] | None,
        config: Mapping[str, Any],
    ):
        self._platform = platform
        self._app: HostedApp = hosted_app(
            platform,
            capsule,
            environment=environment,
            version=version,
            state=AppState.live,
            replica_id=replica_id,
            manifest=manifest,
            config=config,
        )
        self._route = capsule_route(
            platform,
            capsule,
            RouteState.live,
            upstreams=(app_host_upstream(platform),),
            environment=environment,
        )

    async def move(self) -> None:
        platform = self._platform
        await platform.patiently(
            lambda: platform.apps.put_app(
                self._app, ready_seconds=platform.pace.answer, drain_seconds=platform.pace.drain
            )
        )
        await self._open_route()

    async def has_moved(self) -> bool:
        apps = await self._platform.patiently(self._platform.apps.apps)
        if not any(self._is_ours(app) for app in apps):
            return False
        await self._open_route()
        return True

    async def give_back(self) -> None:
        return None

    def _is_ours(self, app: HostedApp) -> bool:
        mine = self._app
        return (app.capsule_id, app.environment, app.replica_id, app.state) == (
            mine.capsule_id,
            mine.environment,
            mine.replica_id,
            AppState.live,
        )

    async def _open_route(self) -> None:
        edge = self._platform.edge
        await self._platform.patiently(lambda: edge.put_route(self._route))
