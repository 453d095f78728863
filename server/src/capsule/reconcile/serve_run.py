"""Bring one serve to its newest revision: files, new runtime beside the old one, swap, old one retired."""

import asyncio
import functools
import logging
from typing import Any

from capsule.control.delivery.releases.service import configuration, current_env
from capsule.control.delivery.replicas.repository import ReplicaRepository
from capsule.control.delivery.serves.files import apply_staged, make_tree, remove_files
from capsule.edge.contract import RouteState
from capsule.engines.contract import ReplicaSpec, ReplicaStatus
from capsule.errors import PlatformError
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Build, Capsule, Replica, Serve
from capsule.reconcile.platform import Platform
from capsule.reconcile.rollout import stopped
from capsule.reconcile.routes import capsule_route, serve_route_id
from capsule.reconcile.specs import serve_spec
from capsule.reconcile.traffic import AppTraffic, Traffic
from capsule.reconcile.trial import ReplicaFailed, Trial
from capsule.reconcile.work import Tasks

log = logging.getLogger(__name__)


class ServeRun:
    """One serve, worked on by one task at a time."""

    def __init__(
        self, platform: Platform, serve: Serve, capsule: Capsule, build: Build, *, retiring: Tasks
    ) -> None:
        self._platform = platform
        self._retiring = retiring
        self._serve = serve
        self._capsule = capsule
        self._build = build

    async def reload(self) -> int:
        """Start the newest revision and return its number. When it fails, what ran before goes on."""
        async with self._platform.locks.of(serve_route_id(self._capsule.id)):
            await self._hold_first_requests()
            await asyncio.to_thread(self._bring_files)
            spec, revision, config = await self._add_replica()
            try:
                status, draining = await Trial(
                    self._platform, spec, functools.partial(self._traffic, revision, config)
                ).run()
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

    async def end(self) -> None:
        """Take everything of the serve away but the sessions of its users."""
        capsule_id = self._capsule.id
        async with self._platform.locks.of(serve_route_id(capsule_id)):
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

    async def _add_replica(self) -> tuple[ReplicaSpec, int, dict[str, Any]]:
        platform = self._platform
        async with platform.database.unit_of_work() as db_session:
            serve = await db_session.get_one(Serve, self._serve.id)
            replica = Replica(
                id=new_id("rpl"),
                team_id=self._capsule.team_id,
                capsule_id=self._capsule.id,
                release_id=None,
                started_by=serve.id,
                environment="serve",
                state="starting",
                started_at=now(),
            )
            db_session.add(replica)
            config = await configuration(db_session, self._capsule, self._build)
            spec = await serve_spec(
                platform,
                db_session,
                self._capsule,
                replica_id=replica.id,
                serve_id=serve.id,
                revision=serve.revision,
                config=config,
                env=await current_env(db_session, platform.box, self._capsule),
            )
            return spec, serve.revision, config

    def _traffic(self, revision: int, config: dict[str, Any], status: ReplicaStatus) -> Traffic:
        return AppTraffic(
            self._platform,
            self._capsule,
            environment="serve",
            version=f"serve-{revision}",
            replica_id=status.id,
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

    async def _retire_others(self, replica_id: str, draining: asyncio.Task[None]) -> None:
        try:
            await draining
        except PlatformError as exc:
            log.warning("draining before %s: %s", replica_id, exc.detail)
        async with self._platform.database.reading() as db_session:
            kept = await db_session.get(Replica, replica_id)
            replicas = await ReplicaRepository(db_session).started_by(self._serve.id)
        for old in replicas:
            if kept is not None and old.id != kept.id and old.created_at <= kept.created_at:
                await self._platform.patiently(functools.partial(self._platform.engine.destroy, old.id))
                async with self._platform.database.unit_of_work() as db_session:
                    if row := await db_session.get(Replica, old.id):
                        stopped(row)
