"""Bring one serve to its newest revision: files, new runtime beside the old one, swap, old one retired."""

import asyncio
import functools
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.apps.contract import AppState
from capsule.control.delivery.releases.service import configuration, current_env
from capsule.control.delivery.replicas.repository import SPARE, ReplicaRepository
from capsule.control.delivery.replicas.service import stopped
from capsule.control.delivery.serves.files import apply_staged, make_tree, remove_files
from capsule.control.delivery.serves.repository import ACTIVE
from capsule.control.delivery.serves.service import HEARTBEAT_OVER
from capsule.control.delivery.serves.shell import shell_of
from capsule.edge.contract import RouteState
from capsule.engines.contract import ReplicaSpec, ReplicaStatus
from capsule.errors import PlatformError
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Build, Capsule, Replica, Serve
from capsule.reconcile.diagnosis import ReplicaFailed
from capsule.reconcile.platform import Platform
from capsule.reconcile.routes import app_host_upstream, capsule_route, hosted_app, serve_route_id
from capsule.reconcile.spares import Spares
from capsule.reconcile.specs import serve_spec
from capsule.reconcile.traffic import AppTraffic, Traffic
from capsule.reconcile.trial import Trial
from capsule.reconcile.work import Tasks

log = logging.getLogger(__name__)


class ServeRun:
    """One serve, worked on by one task at a time."""

    def __init__(
        self,
        platform: Platform,
        serve: Serve,
        capsule: Capsule,
        build: Build,
        *,
        retiring: Tasks,
        spares: Spares,
    ) -> None:
        self._platform = platform
        self._retiring = retiring
        self._spares = spares
        self._serve = serve
        self._capsule = capsule
        self._build = build

    async def reload(self) -> int:
        """Start the newest revision and return its number. When it fails, what ran before goes on."""
        async with self._platform.locks.of(serve_route_id(self._capsule.id)):
            await self._hold_first_requests()
            await asyncio.to_thread(self._bring_files)
            spec, started, revision, config = await self._add_replica()
            traffic = functools.partial(self._traffic, revision, config)
            try:
                trial = Trial(self._platform, [spec], traffic, started=[started] if started else None)
                (status,), draining = await trial.run()
            except ReplicaFailed as failure:
                await self._failed(spec.id, failure)
                return revision
            except PlatformError as exc:
                await self._failed(spec.id, ReplicaFailed(exc.detail, exc.hint))
                return revision
            await self._running(status)
        # Aside, so that the next change need not wait until running turns have ended.
        self._retiring.start(status.id, self._retire_others(status.id, draining))
        return revision

    async def start_ahead(self) -> None:
        """Have a replica ready for the change that comes next, unless the serve is over."""
        async with self._platform.locks.of(serve_route_id(self._capsule.id)):
            if self._serve.id in self._spares:
                return
            spec = await self._add_spare()
            if spec is None:
                return
            try:
                await self._spares.start(self._serve.id, spec)
            except PlatformError as exc:
                log.warning("no spare for serve %s: %s", self._serve.id, exc.detail)
                async with self._platform.database.unit_of_work() as db_session:
                    if row := await db_session.get(Replica, spec.id):
                        stopped(row)

    async def end(self) -> None:
        """Take everything of the serve away but the sessions of its users."""
        capsule_id = self._capsule.id
        async with self._platform.locks.of(serve_route_id(capsule_id)):
            self._spares.forget(self._serve.id)
            await self._platform.edge.remove_route(serve_route_id(capsule_id))
            await self._platform.apps.remove_app(capsule_id, "serve")
            async with self._platform.database.reading() as db_session:
                replicas = await ReplicaRepository(db_session).started_by(self._serve.id)
            for replica in replicas:
                await self._platform.engine.destroy(replica.id)
            await asyncio.to_thread(remove_files, self._platform.paths, self._serve.id)
            async with self._platform.database.unit_of_work() as db_session:
                for replica in replicas:
                    if row := await db_session.get(Replica, replica.id):
                        stopped(row)
                if serve := await db_session.get(Serve, self._serve.id):
                    serve.status = "stopped"
                    serve.shell = None
                    serve.replica_id = None

    async def _hold_first_requests(self) -> None:
        routes = await self._platform.patiently(self._platform.edge.routes)
        if not any(route.id == serve_route_id(self._capsule.id) for route in routes):
            route = capsule_route(self._platform, self._capsule, RouteState.starting, environment="serve")
            await self._platform.patiently(lambda: self._platform.edge.put_route(route))

    def _bring_files(self) -> None:
        assert self._build.artifact_id is not None
        make_tree(self._platform.paths, self._serve.id, self._build.artifact_id)
        apply_staged(self._platform.paths, self._serve.id)

    async def _add_replica(self) -> tuple[ReplicaSpec, ReplicaStatus | None, int, dict[str, Any]]:
        """Return what to start, or the spare that runs already, if it is just what would be started now."""
        spare = await self._spares.take(self._serve.id)
        async with self._platform.database.unit_of_work() as db_session:
            serve = await db_session.get_one(Serve, self._serve.id)
            config, spec = await self._spec(db_session, serve, serve.revision)
            # Not so when a secret or a variable was changed meanwhile.
            if spare is not None and spare[0] == replace(spec, id=spare[0].id, loads_when_asked=True):
                row = await db_session.get(Replica, spare[0].id)
                if row is not None and row.state != "stopped":
                    row.environment, row.state, row.started_at = "serve", "starting", now()
                    return *spare, serve.revision, config
            db_session.add(self._row(spec.id, "serve"))
            return spec, None, serve.revision, config

    async def _add_spare(self) -> ReplicaSpec | None:
        async with self._platform.database.unit_of_work() as db_session:
            serve = await db_session.get(Serve, self._serve.id)
            if serve is None or serve.status not in ACTIVE or serve.heartbeat_at <= HEARTBEAT_OVER:
                return None
            _, spec = await self._spec(db_session, serve, serve.revision + 1)
            db_session.add(self._row(spec.id, SPARE))
            return replace(spec, loads_when_asked=True)

    async def _spec(
        self, db_session: AsyncSession, serve: Serve, revision: int
    ) -> tuple[dict[str, Any], ReplicaSpec]:
        shell = shell_of(serve, self._platform.box)
        config = await configuration(db_session, self._capsule, self._build, given=shell)
        spec = await serve_spec(
            self._platform,
            db_session,
            self._capsule,
            replica_id=new_id("rpl"),
            serve_id=self._serve.id,
            revision=revision,
            config=config,
            env=await current_env(db_session, self._platform.box, self._capsule),
            shell=shell,
        )
        return config, spec

    def _row(self, replica_id: str, environment: str) -> Replica:
        return Replica(
            id=replica_id,
            team_id=self._capsule.team_id,
            capsule_id=self._capsule.id,
            release_id=None,
            started_by=self._serve.id,
            environment=environment,
            state="starting",
            started_at=now(),
        )

    def _traffic(self, revision: int, config: dict[str, Any], statuses: Sequence[ReplicaStatus]) -> Traffic:
        return AppTraffic(
            self._platform,
            self._capsule,
            environment="serve",
            version=f"serve-{revision}",
            replica_id=statuses[0].id,
            manifest=self._build.manifest,
            config=config,
        )

    async def _running(self, status: ReplicaStatus) -> None:
        async with self._platform.database.unit_of_work() as db_session:
            if replica := await db_session.get(Replica, status.id):
                replica.state, replica.address = "healthy", status.address
            if serve := await db_session.get(Serve, self._serve.id):
                serve.status, serve.replica_id, serve.reason = "running", status.id, None

    async def _failed(self, replica_id: str, failure: ReplicaFailed) -> None:
        reason = " ".join(part for part in (failure.reason, failure.hint) if part)
        lines = [line["text"] for line in failure.log_tail if line.get("stream") == "stderr"]
        if lines:
            reason = f"{reason} Last line: {lines[-1]}"
        async with self._platform.database.unit_of_work() as db_session:
            if replica := await db_session.get(Replica, replica_id):
                stopped(replica, failure.reason)
            if serve := await db_session.get(Serve, self._serve.id):
                serve.status = "running" if serve.replica_id else "failed"
                serve.reason = reason
        try:
            await self._show(reason)
        except PlatformError as exc:
            log.warning("the chat of %s does not tell why it failed: %s", self._capsule.slug, exc.detail)

    async def _show(self, reason: str) -> None:
        """Tell whoever has the chat open, whether a version before goes on or there was none yet."""
        platform, capsule = self._platform, self._capsule
        apps = await platform.patiently(platform.apps.apps)
        key = (capsule.id, "serve", AppState.live)
        live = next((app for app in apps if (app.capsule_id, app.environment, app.state) == key), None)
        if live is not None:
            await platform.patiently(lambda: platform.apps.put_app(replace(live, reason=reason)))
            return
        failed = hosted_app(
            platform,
            capsule,
            environment="serve",
            version=f"serve-{self._serve.revision}",
            state=AppState.failed,
            manifest=self._build.manifest,
            reason=reason,
        )
        await platform.patiently(lambda: platform.apps.put_app(failed))
        upstreams = (app_host_upstream(platform),)
        route = capsule_route(platform, capsule, RouteState.live, upstreams=upstreams, environment="serve")
        await platform.patiently(lambda: platform.edge.put_route(route))

    async def _retire_others(self, replica_id: str, draining: asyncio.Task[None]) -> None:
        async with self._platform.database.reading() as db_session:
            kept = await db_session.get(Replica, replica_id)
            replicas = await ReplicaRepository(db_session).started_by(self._serve.id)
        if kept is None:
            return
        older = {row.id for row in replicas if row.id != kept.id and row.created_at <= kept.created_at}
        # An earlier reload may still wait for the turns of a replica; it takes that one down.
        replaced = older - self._platform.draining
        self._platform.draining.update(replaced)
        try:
            await self._drained(replica_id, draining)
            for old in sorted(replaced):
                await self._platform.patiently(functools.partial(self._platform.engine.destroy, old))
                async with self._platform.database.unit_of_work() as db_session:
                    if row := await db_session.get(Replica, old):
                        stopped(row)
        finally:
            self._platform.draining.difference_update(replaced)

    async def _drained(self, replica_id: str, draining: asyncio.Task[None]) -> None:
        try:
            await draining
        except PlatformError as exc:
            log.warning("draining before %s: %s", replica_id, exc.detail)
