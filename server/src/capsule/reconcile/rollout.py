"""Make one release live: new replicas beside the old ones, traffic moved, old ones retired."""

import asyncio
import functools
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.deployments.service import request_deployment
from capsule.control.delivery.leases import Lease, LeaseLost, end
from capsule.edge.contract import RouteState
from capsule.engines.contract import ReplicaNotFound, ReplicaStatus, Restart
from capsule.errors import PlatformError
from capsule.kit.clock import now
from capsule.models import Capsule, Deployment, Release, Replica
from capsule.reconcile.diagnosis import ReplicaFailed
from capsule.reconcile.fleet import Fleet
from capsule.reconcile.phases import Phases
from capsule.reconcile.platform import Platform
from capsule.reconcile.release_step import ReleaseStep
from capsule.reconcile.routes import capsule_route, deploy_route_id, probe_of
from capsule.reconcile.rules import ONE_AT_A_TIME, rules_of
from capsule.reconcile.traffic import AppTraffic, EdgeTraffic, NoTraffic, Traffic
from capsule.reconcile.trial import Trial
from capsule.reconcile.verdict import served, worse

log = logging.getLogger(__name__)

_ENOUGH_FOR_A_CANARY = 10
_LEAST_WATCH = timedelta(seconds=10)
"""So long the receipt gathers figures, also of a deployment that would never return."""

Up: TypeAlias = tuple[list[ReplicaStatus], asyncio.Task[None] | None]
"""Replicas with the traffic, and what still drains those before."""


class CapsuleOff(Exception):
    """The capsule was switched off or removed while its deployment was under way."""


class GivenUp(Exception):
    """An earlier worker had begun what nobody wants any more; it is undone."""


class Rollout:
    """One deployment, from queued to its end. `run` may be called again after a crash and goes on.

    One that was cancelled before it begins has had a worker: what that one did is undone, unless the release
    has the traffic already.
    """

    def __init__(
        self,
        platform: Platform,
        lease: Lease[Deployment],
        capsule: Capsule,
        deployment: Deployment,
        release: Release,
        previous: Release | None,
        *,
        goes_on_later: Callable[[], bool],
    ) -> None:
        """`previous`: what was live before, None when nothing was.

        `goes_on_later`: whether a cancellation only means that another process will go on.
        """
        self._platform = platform
        self._lease = lease
        self._capsule = capsule
        self._deployment = deployment
        self._release = release
        self._previous = previous
        self._rules = rules_of(capsule, release)
        self._phases = Phases(lease, deployment.receipt)
        self._fleet = Fleet(platform, lease, capsule, release)
        self._step = ReleaseStep(platform, lease, capsule, release, self._phases, goes_on_later=goes_on_later)
        began_drain = deployment.phase == "drain" or self._phases.has_had("drain")
        self._has_taken_down = self._rules.recreates and began_drain

    async def run(self) -> None:
        """Deploy, and write how it ended. Only LeaseLost and cancellation come out of it."""
        async with self._platform.locks.of(self._capsule.id):
            try:
                async with self._lease.kept():
                    moved = await self._moved_before()
                    if moved is None and self._deployment.cancel_requested:
                        raise GivenUp
                    statuses, draining = moved or await self._bring_up()
                    kept = [*(status.id for status in statuses), *await self._swap_single()]
                await self._mark_live(statuses)
            except LeaseLost:
                raise
            except ReplicaFailed as failure:
                await self._mark_failed(failure)
                return
            except PlatformError as exc:
                await self._mark_failed(ReplicaFailed(exc.detail, exc.hint))
                return
            except GivenUp:
                await self._mark_given_up()
                return
            except CapsuleOff:
                return  # the switch takes everything down
            before = await self._fleet.before(kept)
            # Who takes no requests need not wait until the long ones have ended.
            await self._fleet.retire(row for row in before if row.process != "web")
        # Not under the lock: the next deployment need not wait until long requests have ended.
        web = [row for row in before if row.process == "web"]
        await self._fleet.retire_drained(web, self._drained(draining))
        await self._phases.settle()

    async def _moved_before(self) -> Up | None:
        """Find out how far an earlier worker came: keep replicas that have the traffic, destroy others."""
        rows = await self._fleet.own()
        statuses = [status for row in rows if (status := await self._inspected(row.id))]
        if statuses:
            traffic = self._traffic(_of_web(rows, statuses))
            if await traffic.has_moved():
                # Who waited for the last requests of those before has died; how many are left is unknown.
                return statuses, asyncio.create_task(asyncio.sleep(self._platform.pace.drain))
            await traffic.give_back()
        for row in rows:
            await self._fleet.discard(row.id)
        return None

    async def _inspected(self, replica_id: str) -> ReplicaStatus | None:
        try:
            return await self._platform.patiently(lambda: self._platform.engine.inspect(replica_id))
        except ReplicaNotFound:
            return None

    async def _bring_up(self) -> Up:
        if self._needs_release_step():
            await self._step.run()
        if self._rules.recreates:
            await self._take_down_old()
        elif self._rules.listens:
            await self._hold_first_requests()
        at_once = {name: n for name, n in self._rules.replicas.items() if name not in ONE_AT_A_TIME}
        specs = await self._fleet.add(at_once)
        try:
            return await Trial(
                self._platform,
                specs,
                self._traffic,
                steady_seconds=self._rules.steady_seconds,
                answer_seconds=self._rules.answer_seconds,
                tell=self._phases.begin,
                complain=self._phases.complain,
            ).run()
        except ReplicaFailed as failure:
            await self._fleet.mark_stopped((spec.id for spec in specs), failure.reason)
            raise

    def _needs_release_step(self) -> bool:
        """Whether this code has never been live before: what goes back runs no migrations."""
        if not self._release.config.get("release") or self._phases.has_had("release"):
            return False
        if self._deployment.trigger in ("rollback", "return", "recovery"):
            return False
        return self._previous is None or self._previous.artifact_id != self._release.artifact_id

    def _traffic(self, statuses: Sequence[ReplicaStatus]) -> Traffic:
        if self._capsule.type == "app":
            return AppTraffic(
                self._platform,
                self._capsule,
                environment="deploy",
                version=str(self._release.number),
                replica_id=statuses[0].id,
                manifest=self._release.manifest,
                config=self._release.config,
            )
        if not self._rules.listens:
            return NoTraffic(self._platform, self._capsule)
        return EdgeTraffic(
            self._platform,
            self._capsule,
            statuses,
            probe_of(self._platform, self._rules),
            canary=self._rules.canary,
            judge=self._judge,
            tell=self._phases.begin,
        )

    async def _judge(self, replica_ids: Sequence[str]) -> str:
        """Say what speaks against the replicas of a canary, by what they have answered so far."""
        folder = self._platform.paths.telemetry(self._capsule.id)
        since = self._deployment.started_at or self._deployment.created_at
        new = await asyncio.to_thread(served, folder, since=since, replicas=replica_ids)
        minute = since - timedelta(seconds=60)
        old = await asyncio.to_thread(served, folder, since=minute, until=since)
        return worse(new, old, enough=_ENOUGH_FOR_A_CANARY)

    async def _hold_first_requests(self) -> None:
        """Let requests wait, unless an older release answers them meanwhile."""
        routes = await self._platform.patiently(self._platform.edge.routes)
        if not any(
            route.id == deploy_route_id(self._capsule.id) and route.state is RouteState.live
            for route in routes
        ):
            await self._hold_requests()

    async def _hold_requests(self) -> None:
        route = capsule_route(self._platform, self._capsule, RouteState.starting)
        edge, drain = self._platform.edge, self._platform.pace.drain
        await self._platform.patiently(lambda: edge.put_route(route, drain_seconds=drain))

    async def _take_down_old(self) -> None:
        """Stop every replica before, while requests wait at the edge."""
        await self._phases.begin("drain")
        if self._rules.listens:
            await self._hold_requests()
        self._has_taken_down = True
        await self._fleet.retire(await self._fleet.before())

    async def _swap_single(self) -> list[str]:
        """End what must never run twice and start the new one. It has no say in how the deployment ends."""
        single = {name: n for name, n in self._rules.replicas.items() if name in ONE_AT_A_TIME}
        before = [row.id for row in await self._fleet.own() if row.process in single]
        if before:
            return before
        old = await self._fleet.before()
        await self._fleet.retire(row for row in old if row.process in ONE_AT_A_TIME)
        engine = self._platform.engine
        specs = await self._fleet.add(single) if single else []
        for spec in specs:
            try:
                await self._platform.patiently(functools.partial(engine.start, spec))
                await self._platform.patiently(functools.partial(engine.set_restart, spec.id, Restart.always))
            except PlatformError as exc:
                log.warning("%s of %s did not start: %s", spec.process, self._capsule.slug, exc.detail)
                await self._fleet.mark_stopped([spec.id], exc.detail)
        return [spec.id for spec in specs]

    async def _mark_live(self, statuses: Sequence[ReplicaStatus]) -> None:
        async with self._lease.unit_of_work() as (db_session, deployment):
            capsule = await db_session.get(Capsule, self._capsule.id)
            off = capsule is None or not capsule.is_on or capsule.removed_at is not None
            if capsule is None or off:
                end(deployment, "cancelled", "The capsule was switched off.")
            else:
                capsule.release_id = self._release.id
                for status in statuses:
                    if replica := await db_session.get(Replica, status.id):
                        replica.state, replica.address = "healthy", status.address
                for before in await self._fleet.before([status.id for status in statuses]):
                    if replica := await db_session.get(Replica, before.id):
                        replica.state = "stopping"
                self._phases.turn("drain", deployment)
                end(deployment, "succeeded")
                watch = timedelta(seconds=self._rules.watch_seconds)
                deployment.watch_until = now() + max(watch, _LEAST_WATCH)
        if off:
            raise CapsuleOff

    async def _mark_failed(self, failure: ReplicaFailed) -> None:
        async with self._lease.unit_of_work() as (db_session, deployment):
            self._phases.stop(deployment)
            end(deployment, "failed", failure.reason, failure.hint)
            deployment.log_tail = failure.log_tail
            await self._return(db_session)
        await self._step.clear()

    async def _mark_given_up(self) -> None:
        await self._step.abandon()
        async with self._lease.unit_of_work() as (db_session, deployment):
            self._phases.stop(deployment)
            end(deployment, "cancelled", deployment.reason, deployment.hint)
            await self._return(db_session)

    async def _return(self, db_session: AsyncSession) -> None:
        """Have the release before started again if it was taken down."""
        if self._has_taken_down and self._previous is not None:
            capsule = await db_session.get_one(Capsule, self._capsule.id)
            await request_deployment(db_session, capsule, self._previous, trigger="return")

    async def _drained(self, draining: "asyncio.Task[None] | None") -> None:
        if draining is None:
            return
        try:
            await draining
        except PlatformError as exc:
            log.warning("draining before %s: %s", self._lease.row_id, exc.detail)


def _of_web(rows: Sequence[Replica], statuses: Sequence[ReplicaStatus]) -> list[ReplicaStatus]:
    web = {row.id for row in rows if row.process == "web"}
    return [status for status in statuses if status.id in web]
