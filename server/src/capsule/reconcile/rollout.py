"""Make one release live: new replica beside the old one, traffic moved, old one retired."""

import asyncio
import logging
from datetime import datetime

from capsule.control.delivery.leases import Lease, LeaseLost, end
from capsule.control.delivery.replicas.repository import ReplicaRepository
from capsule.edge.contract import RouteState
from capsule.engines.contract import ReplicaNotFound, ReplicaSpec, ReplicaStatus
from capsule.errors import PlatformError
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Capsule, Deployment, Release, Replica
from capsule.reconcile.platform import Platform
from capsule.reconcile.routes import capsule_route, deploy_route_id, probe_of
from capsule.reconcile.specs import release_spec
from capsule.reconcile.traffic import AppTraffic, EdgeTraffic, Traffic
from capsule.reconcile.trial import ReplicaFailed, Trial

log = logging.getLogger(__name__)


class CapsuleOff(Exception):
    """The capsule was switched off or removed while its deployment was under way."""


class Rollout:
    """One deployment, from queued to its end. `run` may be called again after a crash and goes on."""

    def __init__(
        self, platform: Platform, lease: Lease[Deployment], capsule: Capsule, release: Release
    ) -> None:
        self._platform = platform
        self._lease = lease
        self._capsule = capsule
        self._release = release

    async def run(self) -> None:
        """Deploy, and write how it ended. Only LeaseLost and cancellation come out of it."""
        async with self._platform.locks.of(self._capsule.id):
            try:
                async with self._lease.kept():
                    status, draining = await self._moved_before() or await self._bring_up()
                await self._mark_live(status)
            except LeaseLost:
                raise
            except ReplicaFailed as failure:
                await self._mark_failed(failure)
                return
            except PlatformError as exc:
                await self._mark_failed(ReplicaFailed(exc.detail, exc.hint))
                return
            except CapsuleOff:
                return  # the switch takes everything down
        # Not under the lock: the next deployment need not wait until long requests have ended.
        await self._drained(draining)
        await self._retire_others(status.id)

    async def _moved_before(self) -> "tuple[ReplicaStatus, asyncio.Task[None] | None] | None":
        """Find out how far an earlier worker came: keep a replica that has the traffic, destroy others."""
        found = None
        async with self._platform.database.reading() as db_session:
            halves = await ReplicaRepository(db_session).started_by(self._lease.row_id)
        for half in halves:
            if status := await self._with_traffic(half):
                found = status
            else:
                await self._discard(half.id)
        return (found, None) if found else None

    async def _with_traffic(self, replica: Replica) -> ReplicaStatus | None:
        try:
            status = await self._platform.patiently(lambda: self._platform.engine.inspect(replica.id))
        except ReplicaNotFound:
            return None
        is_ours = status.address is not None and await self._traffic(status).has_moved()
        return status if is_ours else None

    async def _bring_up(self) -> "tuple[ReplicaStatus, asyncio.Task[None] | None]":
        await self._hold_first_requests()
        spec = await self._add_replica()
        try:
            return await Trial(self._platform, spec, self._traffic).run()
        except ReplicaFailed as failure:
            await self._mark_stopped(spec.id, failure.reason)
            raise

    def _traffic(self, status: ReplicaStatus) -> Traffic:
        assert status.address is not None
        if self._capsule.type == "app":
            return AppTraffic(
                self._platform,
                self._capsule,
                environment="deploy",
                version=str(self._release.number),
                replica_id=status.id,
                manifest=self._release.manifest,
                config=self._release.config,
            )
        return EdgeTraffic(
            self._platform,
            self._capsule,
            replica_id=status.id,
            address=status.address,
            probe=probe_of(self._platform, self._release.config.get("probe_path", "/")),
        )

    async def _hold_first_requests(self) -> None:
        """Let requests wait, unless an older release answers them meanwhile."""
        edge = self._platform.edge
        routes = await self._platform.patiently(edge.routes)
        if not any(
            route.id == deploy_route_id(self._capsule.id) and route.state is RouteState.live
            for route in routes
        ):
            route = capsule_route(self._platform, self._capsule, RouteState.starting)
            await self._platform.patiently(lambda: edge.put_route(route))

    async def _add_replica(self) -> ReplicaSpec:
        """Write the row before the replica starts, so that a crash leaves none that nobody knows."""
        async with self._lease.unit_of_work() as (db_session, deployment):
            replica = Replica(
                id=new_id("rpl"),
                team_id=self._capsule.team_id,
                capsule_id=self._capsule.id,
                release_id=self._release.id,
                started_by=deployment.id,
                environment="deploy",
                state="starting",
                started_at=now(),
            )
            db_session.add(replica)
            return await release_spec(
                self._platform, db_session, self._capsule, self._release, replica_id=replica.id
            )

    async def _mark_live(self, status: ReplicaStatus) -> None:
        async with self._lease.unit_of_work() as (db_session, deployment):
            capsule = await db_session.get(Capsule, self._capsule.id)
            if capsule is None or not capsule.is_on or capsule.removed_at is not None:
                end(deployment, "cancelled", "The capsule was switched off.")
                off = True
            else:
                off = False
                capsule.release_id = self._release.id
                if replica := await db_session.get(Replica, status.id):
                    replica.state, replica.address = "healthy", status.address
                end(deployment, "succeeded")
        if off:
            raise CapsuleOff

    async def _mark_failed(self, failure: ReplicaFailed) -> None:
        async with self._lease.unit_of_work() as (_, deployment):
            end(deployment, "failed", failure.reason, failure.hint)
            deployment.log_tail = failure.log_tail

    async def _mark_stopped(self, replica_id: str, reason: str | None = None) -> None:
        async with self._platform.database.unit_of_work() as db_session:
            if replica := await db_session.get(Replica, replica_id):
                stopped(replica, reason)

    async def _drained(self, draining: "asyncio.Task[None] | None") -> None:
        if draining is None:
            return
        try:
            await draining
        except PlatformError as exc:
            log.warning("draining before %s: %s", self._lease.row_id, exc.detail)

    async def _retire_others(self, replica_id: str) -> None:
        """Stop what the new replica replaced. Replicas of a deployment newer than this one are not ours."""
        async with self._platform.database.reading() as db_session:
            kept = await db_session.get(Replica, replica_id)
            present = await ReplicaRepository(db_session).of_capsule(self._capsule.id, environment="deploy")
        before: datetime = kept.created_at if kept is not None else now()
        for old in present:
            if old.id != replica_id and old.created_at <= before:
                await self._discard(old.id)

    async def _discard(self, replica_id: str) -> None:
        await self._platform.patiently(lambda: self._platform.engine.destroy(replica_id))
        await self._mark_stopped(replica_id)


def stopped(replica: Replica, reason: str | None = None) -> None:
    """Write that the replica is gone for good."""
    replica.state = "stopped"
    replica.stopped_at = now()
    replica.exit_reason = reason or replica.exit_reason
