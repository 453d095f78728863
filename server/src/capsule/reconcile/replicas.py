"""Mirror what the node agent says into the rows, and bring back what should run but does not."""

import asyncio
import functools
import logging
from collections import Counter
from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.deployments.repository import DeploymentRepository
from capsule.control.delivery.deployments.service import request_deployment
from capsule.control.delivery.replicas.repository import RUN, ReplicaRepository
from capsule.control.delivery.replicas.service import stopped
from capsule.control.delivery.runs.repository import RunRepository
from capsule.control.delivery.serves.repository import ServeRepository
from capsule.engines.contract import Phase, ReplicaStatus
from capsule.kit.clock import now
from capsule.models import Capsule, Release, Replica
from capsule.reconcile.platform import Platform
from capsule.reconcile.rules import rules_of

log = logging.getLogger(__name__)

CRASH_LOOP = 5
"""So many restarts make a replica count as failed, until it runs for a while again."""
_STEADY_SECONDS = 10.0
_STATES = {
    Phase.starting: "starting",
    Phase.running: "healthy",
    Phase.backing_off: "starting",
    Phase.stopping: "stopping",
    Phase.exited: "stopped",
}


class Replicas:
    def __init__(self, platform: Platform, is_worked_on: Callable[[str], bool]) -> None:
        self._platform = platform
        self._is_worked_on = is_worked_on
        """Tells what this process works on: its replicas are its own to judge."""
        self._checked_after_start = False

    async def tend(self) -> None:
        """Look once. Raises Unavailable while the node agent is away; nothing is concluded then."""
        # The list first: a replica in it has had its row since before it was started.
        statuses = {status.id: status for status in await self._platform.engine.list()}
        async with self._platform.database.reading() as db_session:
            rows = await ReplicaRepository(db_session).present()
            undecided = await _unfinished(db_session)
        known = {row.id: row for row in rows}
        await self._destroy_orphans(set(statuses) - set(known))
        differing = [row.id for row in rows if self._differs(row, statuses.get(row.id), undecided)]
        if differing:
            await self._mirror(differing, statuses)
        if not self._checked_after_start:
            self._checked_after_start = True
            await self._bring_back_missing()

    async def _destroy_orphans(self, ids: set[str]) -> None:
        for replica_id in ids:
            async with self._platform.database.reading() as db_session:
                row = await db_session.get(Replica, replica_id)
            if row is None or row.state == "stopped":
                log.info("destroying %s, which nothing wants", replica_id)
                await self._platform.engine.destroy(replica_id)

    def _differs(self, row: Replica, status: ReplicaStatus | None, undecided: set[str]) -> bool:
        is_undecided = row.started_by in undecided or self._is_worked_on(row.started_by)
        if is_undecided and (row.state == "starting" or row.environment == RUN):
            return False
        if status is None:
            return True
        return (row.state, row.restarts, row.address, row.exit_reason) != self._observed(row, status)

    async def _mirror(self, ids: Sequence[str], statuses: dict[str, ReplicaStatus]) -> None:
        lost: set[str] = set()
        async with self._platform.database.unit_of_work() as db_session:
            for replica_id in ids:
                row = await db_session.get(Replica, replica_id)
                if row is None or row.state == "stopped":
                    continue
                status = statuses.get(replica_id)
                if status is None or status.phase is Phase.exited:
                    reason = status.last_exit.sentence() if status and status.last_exit else None
                    stopped(row, reason)
                    if row.environment == "deploy":
                        lost.add(row.capsule_id)
                else:
                    row.state, row.restarts, row.address, row.exit_reason = self._observed(row, status)
                    row.started_at = status.started_at or row.started_at
            await db_session.flush()
            for capsule_id in lost:
                await self._bring_back(db_session, capsule_id)

    def _observed(self, row: Replica, status: ReplicaStatus) -> tuple[str, int, str | None, str | None]:
        """Return state, restarts, address and exit reason as the row should say them."""
        reason = status.last_exit.sentence() if status.last_exit is not None else row.exit_reason
        if is_crash_looping(status):
            exit_sentence = status.last_exit.sentence() if status.last_exit else "ended"
            reason = f"The app crashed {status.restarts} times; last it {exit_sentence}."
            return "unhealthy", status.restarts, status.address, reason
        if status.phase is Phase.exited:
            return "stopped", status.restarts, status.address, reason
        # What only finishes its last requests takes no new ones.
        state = "stopping" if row.id in self._platform.draining else _STATES[status.phase]
        return state, status.restarts, status.address, reason

    async def _bring_back_missing(self) -> None:
        """After a start of the server: deploy what should run and does not (the machine was restarted)."""
        async with self._platform.database.unit_of_work() as db_session:
            query = select(Capsule.id).where(
                Capsule.is_on, Capsule.release_id.is_not(None), Capsule.removed_at.is_(None)
            )
            for capsule_id in (await db_session.scalars(query)).all():
                await self._bring_back(db_session, capsule_id)

    async def _bring_back(self, db_session: AsyncSession, capsule_id: str) -> None:
        capsule = await db_session.get(Capsule, capsule_id)
        if capsule is None or not capsule.is_on or capsule.removed_at or capsule.release_id is None:
            return
        release = await db_session.get(Release, capsule.release_id)
        if release is None:
            return
        rows = await ReplicaRepository(db_session).of_capsule(capsule_id, environment="deploy")
        present = Counter(row.process for row in rows)
        if all(present[name] >= number for name, number in rules_of(capsule, release).replicas.items()):
            return
        if await DeploymentRepository(db_session).with_status("queued", "running", capsule_id=capsule_id):
            return
        log.info("%s has lost a replica; deploying release %d again", capsule.slug, release.number)
        await request_deployment(db_session, capsule, release, trigger="recovery")

    async def retire_leftovers(self) -> None:
        """After a start of the server: stop replicas that a finished deployment had replaced.

        Waits first, because the edge may still be draining them.
        """
        async with self._platform.database.reading() as db_session:
            leftovers = [row.id for row in await _leftovers(db_session)]
        if not leftovers:
            return
        await asyncio.sleep(self._platform.pace.drain)
        for replica_id in leftovers:
            await self._platform.patiently(functools.partial(self._platform.engine.destroy, replica_id))
            async with self._platform.database.unit_of_work() as db_session:
                if row := await db_session.get(Replica, replica_id):
                    stopped(row)


async def _leftovers(db_session: AsyncSession) -> list[Replica]:
    """Return replicas whose starter is neither active nor the newest deployment that succeeded."""
    wanted = {serve.id for serve in await ServeRepository(db_session).active()}
    wanted |= await _unfinished(db_session)
    newest: dict[str, str] = {}
    for row in await DeploymentRepository(db_session).with_status("succeeded"):
        newest[row.capsule_id] = row.id
    wanted |= set(newest.values())
    return [row for row in await ReplicaRepository(db_session).present() if row.started_by not in wanted]


async def _unfinished(db_session: AsyncSession) -> set[str]:
    """Return the deployments and runs whose replicas are not to be judged from outside."""
    deployments = await DeploymentRepository(db_session).with_status("queued", "running")
    runs = await RunRepository(db_session).with_status("queued", "running")
    return {row.id for row in (*deployments, *runs)}


def is_crash_looping(status: ReplicaStatus) -> bool:
    if status.restarts < CRASH_LOOP or status.phase in (Phase.exited, Phase.stopping):
        return False
    if status.phase is not Phase.running or status.started_at is None:
        return True
    return (now() - status.started_at).total_seconds() < _STEADY_SECONDS
