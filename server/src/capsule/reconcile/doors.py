"""Put back what edge and app host should have for every capsule, wherever they differ."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.apps.access import AccessPolicy
from capsule.apps.contract import AppState, HostedApp, RuntimeUnready
from capsule.control.delivery.builds.repository import BuildRepository
from capsule.control.delivery.deployments.repository import DeploymentRepository
from capsule.control.delivery.replicas.repository import ReplicaRepository
from capsule.control.shapes.delivery import UNFINISHED
from capsule.control.workload.capsules.access import access_policy
from capsule.edge.contract import Route, RouteState
from capsule.models import Build, Capsule, Deployment, Release, Replica
from capsule.reconcile.platform import Platform
from capsule.reconcile.routes import (
    capsule_route,
    hosted_app,
    no_requests_route,
    serve_route_id,
    upstream_of,
)
from capsule.reconcile.work import Tasks

log = logging.getLogger(__name__)

_NOTHING_YET = "Nothing has been deployed here yet."


@dataclass(frozen=True)
class Doors:
    """What a capsule should have; None: leave alone."""

    route: Route
    app: HostedApp | None = None


class DoorKeeper:
    def __init__(self, platform: Platform, tasks: Tasks) -> None:
        self._platform = platform
        self._tasks = tasks

    async def tend(self) -> None:
        """Compare once, and mend each difference in a task of its own."""
        routes = {route.id: route for route in await self._platform.edge.routes()}
        apps = {(app.capsule_id, app.environment): app for app in await self._platform.apps.apps()}
        async with self._platform.database.reading() as db_session:
            query = select(Capsule).where(Capsule.removed_at.is_(None), Capsule.type != "storage")
            for capsule in (await db_session.scalars(query)).all():
                self._tend_access(capsule, apps)
                if capsule.id in self._tasks or self._platform.locks.of(capsule.id).locked():
                    continue
                doors = await self._wanted(db_session, capsule)
                if doors is None or _is_undecided(doors, routes.get(doors.route.id)):
                    continue
                if self._differ(doors, routes, apps):
                    self._tasks.start(capsule.id, self._mend(capsule.id))

    async def stop(self) -> None:
        await self._tasks.stop()

    async def _mend(self, capsule_id: str) -> None:
        async with self._platform.locks.of(capsule_id):
            async with self._platform.database.reading() as db_session:
                capsule = await db_session.get(Capsule, capsule_id)
                if capsule is None or capsule.removed_at is not None:
                    return
                doors = await self._wanted(db_session, capsule)
            if doors is None:
                return
            if doors.app is not None:
                try:
                    await self._platform.apps.put_app(doors.app, ready_seconds=self._platform.pace.answer)
                except RuntimeUnready as exc:
                    log.warning("%s: %s", capsule_id, exc.detail)
            await self._platform.edge.put_route(doors.route, drain_seconds=self._platform.pace.drain)

    def _tend_access(self, capsule: Capsule, apps: dict[tuple[str, str], HostedApp]) -> None:
        """See that a changed access policy reaches what runs, whatever else is going on with the capsule."""
        for environment in ("deploy", "serve"):
            app, key = apps.get((capsule.id, environment)), f"{capsule.id}:{environment}:access"
            if app is not None and app.access != _access(capsule) and key not in self._tasks:
                self._tasks.start(key, self._mend_access(capsule.id, environment))

    async def _mend_access(self, capsule_id: str, environment: str) -> None:
        lock = serve_route_id(capsule_id) if environment == "serve" else capsule_id
        async with self._platform.locks.of(lock):
            async with self._platform.database.reading() as db_session:
                capsule = await db_session.get(Capsule, capsule_id)
            if capsule is None or capsule.removed_at is not None:
                return
            for app in await self._platform.apps.apps():
                if (app.capsule_id, app.environment) == (capsule_id, environment):
                    wanted = replace(app, access=_access(capsule))
                    await self._platform.apps.put_app(wanted, ready_seconds=self._platform.pace.answer)

    def _differ(self, doors: Doors, routes: dict[str, Route], apps: dict[tuple[str, str], HostedApp]) -> bool:
        if routes.get(doors.route.id) != doors.route:
            return True
        app = doors.app
        if app is None:
            return False
        found = apps.get((app.capsule_id, app.environment))
        if found is None:
            return app.state is AppState.live
        return not _is_alike(found, app)

    async def _wanted(self, db_session: AsyncSession, capsule: Capsule) -> Doors | None:
        if not capsule.is_on:
            return Doors(
                capsule_route(self._platform, capsule, RouteState.stopped),
                self._app(capsule, AppState.stopped),
            )
        deployments = await DeploymentRepository(db_session).of_capsule(capsule.id, limit=20)
        if any(row.status in UNFINISHED and row.started_at is not None for row in deployments):
            return None  # how far it came before its worker died is for the next one to find out
        replicas = _live_replicas(
            await ReplicaRepository(db_session).of_capsule(capsule.id, environment="deploy"), deployments
        )
        if not replicas:
            builds = await BuildRepository(db_session).of_capsule(capsule.id, limit=1)
            return Doors(self._waiting(capsule, deployments, builds))
        web = [replica for replica in replicas if replica.process == "web"]
        if not web:
            return Doors(no_requests_route(self._platform, capsule))
        if any(replica.address is None for replica in web):
            return None  # the mirror will know it in a moment
        release = await db_session.get(Release, web[0].release_id)
        if release is None:
            return None
        return Doors(self._open(capsule, web), self._app(capsule, AppState.live, web[0], release))

    def _open(self, capsule: Capsule, web: Sequence[Replica]) -> Route:
        """Send requests to the replicas that do not crash again and again."""
        good = [replica for replica in web if replica.state != "unhealthy"]
        # A chat stays open while its app keeps crashing: its pages come from the app host, which waits.
        if not good and capsule.type != "app":
            return capsule_route(
                self._platform, capsule, RouteState.failed, reason=web[0].exit_reason or "It keeps crashing."
            )
        upstreams = tuple(
            upstream_of(self._platform, capsule, replica.id, replica.address or "") for replica in good or web
        )
        return capsule_route(self._platform, capsule, RouteState.live, upstreams=upstreams)

    def _waiting(self, capsule: Capsule, deployments: Sequence[Deployment], builds: Sequence[Build]) -> Route:
        deployment = deployments[0] if deployments else None
        build = builds[0] if builds else None
        if any(row is not None and row.status in ("queued", "running") for row in (deployment, build)):
            return capsule_route(self._platform, capsule, RouteState.starting)
        for row in (deployment, build):
            if row is not None and row.status == "failed":
                return capsule_route(
                    self._platform, capsule, RouteState.failed, reason=row.reason or "It did not start."
                )
        return capsule_route(self._platform, capsule, RouteState.stopped, reason=_NOTHING_YET)

    def _app(
        self,
        capsule: Capsule,
        state: AppState,
        replica: Replica | None = None,
        release: Release | None = None,
    ) -> HostedApp | None:
        if capsule.type != "app":
            return None
        return hosted_app(
            self._platform,
            capsule,
            environment="deploy",
            version=str(release.number) if release else "",
            state=state,
            replica_id=replica.id if replica else None,
            manifest=release.manifest if release else None,
            config=release.config if release else None,
        )


def _access(capsule: Capsule) -> AccessPolicy:
    return access_policy(capsule.config.get("access"))


def _is_alike(found: HostedApp, wanted: HostedApp) -> bool:
    return all(
        getattr(found, name) == getattr(wanted, name)
        for name in ("state", "replica_id", "name", "keep_warm_seconds", "memory", "url", "mounts")
    )


def _is_undecided(doors: Doors, present: Route | None) -> bool:
    """Tell when a deployment is on its way and something answers meanwhile: that is left alone.

    It may be the very replica that the deployment of a killed server had already moved the traffic to.
    """
    return (
        doors.route.state is RouteState.starting and present is not None and present.state is RouteState.live
    )


def _live_replicas(replicas: Sequence[Replica], deployments: Sequence[Deployment]) -> list[Replica]:
    """Return the replicas of the newest deployment that succeeded."""
    for deployment in deployments:
        if deployment.status == "succeeded":
            return [row for row in replicas if row.started_by == deployment.id]
    return []
