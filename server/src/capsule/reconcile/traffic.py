"""Move a capsule's traffic to a replica. Web capsules move at the edge, apps at the app host."""

from collections.abc import Mapping
from typing import Any, Protocol

from capsule.apps.contract import AppState, HostedApp
from capsule.edge.contract import Probe, Route, RouteState
from capsule.models import Capsule
from capsule.reconcile.platform import Platform
from capsule.reconcile.routes import (
    app_host_upstream,
    capsule_route,
    hosted_app,
    upstream_of,
)


class Traffic(Protocol):
    async def move(self) -> None:
        """Wait until the replica answers, swap, drain. Cancelling before the swap undoes all.

        Raises ProbeFailed or RuntimeUnready when it does not answer; nothing has changed then.
        """

    async def has_moved(self) -> bool:
        """Tell whether new requests already go to the replica."""


class EdgeTraffic:
    """A web capsule: the edge probes the replica and sends requests to it."""

    def __init__(self, platform: Platform, capsule: Capsule, *, replica_id: str, address: str, probe: Probe):
        self._platform = platform
        upstream = upstream_of(platform, capsule, replica_id, address)
        self._route: Route = capsule_route(platform, capsule, RouteState.live, upstreams=(upstream,))
        self._probe = probe

    async def move(self) -> None:
        edge, drain = self._platform.edge, self._platform.pace.drain
        await self._platform.patiently(
            lambda: edge.put_route(self._route, probe=self._probe, drain_seconds=drain)
        )

    async def has_moved(self) -> bool:
        routes = await self._platform.patiently(self._platform.edge.routes)
        return any(
            route.id == self._route.id
            and route.state is RouteState.live
            and self._route.upstreams[0] in route.upstreams
            for route in routes
        )


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
