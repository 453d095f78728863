"""The replicas of one capsule's deployments: add rows and specs, take replicas down."""

import functools
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence

from capsule.control.delivery.leases import Lease
from capsule.control.delivery.replicas.repository import ReplicaRepository
from capsule.control.delivery.replicas.service import stopped
from capsule.db import Database
from capsule.engines.contract import ReplicaSpec
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Capsule, Deployment, Release, Replica
from capsule.reconcile.platform import Platform
from capsule.reconcile.specs import release_spec


class Fleet:
    """What one deployment starts, and what was there before it."""

    def __init__(
        self, platform: Platform, lease: Lease[Deployment], capsule: Capsule, release: Release
    ) -> None:
        self._platform = platform
        self._lease = lease
        self._capsule = capsule
        self._release = release

    @property
    def _database(self) -> Database:
        return self._platform.database

    async def add(self, numbers: Mapping[str, int]) -> list[ReplicaSpec]:
        """Write a row for each replica before it starts, so that a crash leaves none that nobody knows.

        `numbers`: replicas of each process type. Fenced by the deployment's lease.
        """
        async with self._lease.unit_of_work() as (db_session, _):
            rows = [self._row(process) for process, number in numbers.items() for _ in range(number)]
            db_session.add_all(rows)
            return [
                await release_spec(
                    self._platform,
                    db_session,
                    self._capsule,
                    self._release,
                    replica_id=row.id,
                    process=row.process,
                )
                for row in rows
            ]

    async def own(self) -> Sequence[Replica]:
        """Return what this deployment has started so far, in this process or in one that died."""
        async with self._database.reading() as db_session:
            return await ReplicaRepository(db_session).started_by(self._lease.row_id)

    async def before(self, kept: Collection[str] = ()) -> list[Replica]:
        """Return the replicas of earlier deployments. Those of a newer one than `kept` are not ours."""
        async with self._database.reading() as db_session:
            mine = [await db_session.get(Replica, replica_id) for replica_id in kept]
            present = await ReplicaRepository(db_session).of_capsule(self._capsule.id, environment="deploy")
        newest = max((row.created_at for row in mine if row is not None), default=now())
        return [row for row in present if row.id not in kept and row.created_at <= newest]

    async def retire(self, rows: Iterable[Replica]) -> None:
        for row in rows:
            await self.discard(row.id)

    async def retire_drained(self, rows: Iterable[Replica], draining: Awaitable[None]) -> None:
        """Take replicas down once their last requests have ended.

        A replica that an earlier deployment is waiting for has requests of which this one knows nothing.
        """
        replaced = {row.id for row in rows} - self._platform.draining
        self._platform.draining.update(replaced)
        try:
            await draining
            for replica_id in sorted(replaced):
                await self.discard(replica_id)
        finally:
            self._platform.draining.difference_update(replaced)

    async def discard(self, replica_id: str) -> None:
        engine = self._platform.engine
        await self._platform.patiently(functools.partial(engine.destroy, replica_id))
        await self.mark_stopped([replica_id])

    async def mark_stopped(self, replica_ids: Iterable[str], reason: str | None = None) -> None:
        async with self._database.unit_of_work() as db_session:
            for replica_id in replica_ids:
                if row := await db_session.get(Replica, replica_id):
                    stopped(row, reason)

    def _row(self, process: str) -> Replica:
        return Replica(
            id=new_id("rpl"),
            team_id=self._capsule.team_id,
            capsule_id=self._capsule.id,
            release_id=self._release.id,
            started_by=self._lease.row_id,
            environment="deploy",
            process=process,
            state="starting",
            started_at=now(),
        )
