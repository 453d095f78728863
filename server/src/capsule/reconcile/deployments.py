"""Take up queued deployments: one at a time per capsule, the newest one wins."""

import asyncio
import logging

from capsule.control.delivery.deployments.repository import DeploymentRepository
from capsule.control.delivery.leases import Lease, LeaseLost, end, take
from capsule.db import Database
from capsule.kit.clock import now
from capsule.models import Capsule, Deployment, Release
from capsule.reconcile.platform import Platform
from capsule.reconcile.rollout import Rollout
from capsule.reconcile.work import Tasks

log = logging.getLogger(__name__)

_NEWER = "A newer deployment took its place."
_OFF = "The capsule was switched off."


class Deployments:
    def __init__(self, platform: Platform, owner: str, tasks: Tasks) -> None:
        self._platform = platform
        self._owner = owner
        self._tasks = tasks
        self._stopping = False
        self._undoing: set[str] = set()
        """What an earlier process had begun and nobody wants any more; its rollout must run to its end."""

    @property
    def _database(self) -> Database:
        return self._platform.database

    async def take_over(self) -> None:
        """Queue again what an earlier process of this installation left running."""
        await self._requeue(everything=True)

    async def tend(self) -> None:
        """Look once: give up what is no longer wanted, start what can start."""
        await self._requeue(everything=False)
        async with self._database.reading() as db_session:
            unfinished = await DeploymentRepository(db_session).with_status("queued", "running")
            capsules = {row.capsule_id: await db_session.get(Capsule, row.capsule_id) for row in unfinished}
        queued: dict[str, Deployment] = {}
        for row in unfinished:
            if row.status == "queued":
                queued[row.capsule_id] = row  # ordered by time: the newest stays
        for row in unfinished:
            capsule = capsules[row.capsule_id]
            if capsule is None or not capsule.is_on or capsule.removed_at is not None:
                await self._give_up(row, _OFF)
            elif row is not queued.get(row.capsule_id) and row.capsule_id in queued:
                await self._give_up(row, _NEWER)
            elif row.cancel_requested and row.status == "running" and row.id not in self._undoing:
                self._tasks.cancel(row.id)
        busy = {row.capsule_id for row in unfinished if row.status == "running"}
        for capsule_id, row in queued.items():
            if capsule_id not in busy:
                await self._start(row)

    async def stop(self) -> None:
        """Cancel what runs; it is queued again and taken up by the next process."""
        self._stopping = True
        await self._tasks.stop()

    async def _requeue(self, *, everything: bool) -> None:
        async with self._database.reading() as db_session:
            repository = DeploymentRepository(db_session)
            rows = await (repository.with_status("running") if everything else repository.expired(now()))
        for row in rows:
            if row.id not in self._tasks:
                async with self._database.unit_of_work() as db_session:
                    current = await db_session.get(Deployment, row.id)
                    if current is not None and current.status == "running" and current.fence == row.fence:
                        current.status = "queued"
                        current.lease_owner = current.lease_until = None

    async def _give_up(self, row: Deployment, reason: str) -> None:
        if row.status == "running":
            self._tasks.cancel(row.id)
            return
        async with self._database.unit_of_work() as db_session:
            current = await db_session.get(Deployment, row.id)
            if current is not None and current.status == "queued":
                end(current, "cancelled", reason)

    async def _start(self, row: Deployment) -> None:
        async with self._database.unit_of_work() as db_session:
            deployment = await db_session.get(Deployment, row.id, with_for_update=True)
            capsule = await db_session.get(Capsule, row.capsule_id)
            if deployment is None or capsule is None or deployment.status != "queued" or not capsule.is_on:
                return
            release = await db_session.get(Release, deployment.release_id)
            if release is None:
                end(deployment, "failed", "Its release is gone.")
                return
            take(deployment, self._owner)
            if deployment.cancel_requested:
                self._undoing.add(deployment.id)
            deployment.previous_release_id = deployment.previous_release_id or capsule.release_id
            previous = None
            if deployment.previous_release_id is not None:
                previous = await db_session.get(Release, deployment.previous_release_id)
            lease = Lease(self._database, Deployment, deployment.id, deployment.fence)
        rollout = Rollout(
            self._platform,
            lease,
            capsule,
            deployment,
            release,
            previous,
            goes_on_later=lambda: self._stopping,
        )
        self._tasks.start(row.id, self._run(lease, rollout))

    async def _run(self, lease: Lease[Deployment], rollout: Rollout) -> None:
        try:
            await rollout.run()
        except LeaseLost:
            log.info("%s is in other hands", lease.row_id)
        except asyncio.CancelledError:
            await self._end_cancelled(lease)
            raise
        except Exception:
            await self._end_broken(lease)
            raise
        finally:
            self._undoing.discard(lease.row_id)

    async def _end_cancelled(self, lease: Lease[Deployment]) -> None:
        try:
            async with lease.unit_of_work() as (db_session, deployment):
                if self._stopping:
                    deployment.status = "queued"
                    deployment.lease_owner = deployment.lease_until = None
                    return
                capsule = await db_session.get(Capsule, deployment.capsule_id)
                is_off = capsule is None or not capsule.is_on or capsule.removed_at is not None
                if is_off:
                    end(deployment, "cancelled", _OFF)
                elif deployment.cancel_requested:
                    end(deployment, "cancelled", deployment.reason, deployment.hint)
                else:
                    end(deployment, "cancelled", _NEWER)
        except LeaseLost:
            pass

    async def _end_broken(self, lease: Lease[Deployment]) -> None:
        try:
            async with lease.unit_of_work() as (_, deployment):
                end(deployment, "failed", "The platform made a mistake; the server's log has the details.")
        except LeaseLost:
            pass
