"""Take up queued builds: a few at a time over the installation, one per capsule, fair over teams."""

import asyncio
import logging
from collections import Counter

from capsule.control.delivery.builds.repository import BuildRepository
from capsule.control.delivery.leases import Lease, LeaseLost, end, take
from capsule.control.delivery.sources.triggers import end_interrupted_pushes
from capsule.db import Database
from capsule.kit.clock import now
from capsule.models import Build, Capsule
from capsule.reconcile.build_run import BuildRun
from capsule.reconcile.platform import Platform
from capsule.reconcile.work import Tasks

log = logging.getLogger(__name__)


class Builds:
    def __init__(self, platform: Platform, owner: str, tasks: Tasks) -> None:
        self._platform = platform
        self._owner = owner
        self._tasks = tasks
        self._stopping = False

    @property
    def _database(self) -> Database:
        return self._platform.database

    async def take_over(self) -> None:
        """Queue again what an earlier process of this installation left running, and drop its leavings."""
        await self._platform.pipeline.sweep()
        async with self._database.unit_of_work() as db_session:
            ended = await end_interrupted_pushes(db_session)
        for build_id in ended:
            await self._platform.pipeline.forget(build_id)
        await self._requeue(everything=True)

    async def tend(self) -> None:
        """Look once: stop what is no longer wanted, start what there is room for."""
        await self._requeue(everything=False)
        async with self._database.reading() as db_session:
            unfinished = await BuildRepository(db_session).with_status("queued", "running")
            removed = {
                row.capsule_id
                for row in unfinished
                if (capsule := await db_session.get(Capsule, row.capsule_id)) is None or capsule.removed_at
            }
        for row in unfinished:
            if row.status == "running" and (row.cancel_requested or row.capsule_id in removed):
                self._tasks.cancel(row.id)
        running = [row for row in unfinished if row.status == "running"]
        queued = [row for row in unfinished if row.status == "queued" and row.capsule_id not in removed]
        for row in _next(queued, running, room=self._platform.builds_at_once - len(self._tasks)):
            await self._start(row)

    async def stop(self) -> None:
        """Cancel what runs; it is queued again and built from scratch by the next process."""
        self._stopping = True
        await self._tasks.stop()

    async def _requeue(self, *, everything: bool) -> None:
        async with self._database.reading() as db_session:
            repository = BuildRepository(db_session)
            rows = await (repository.with_status("running") if everything else repository.expired(now()))
        for row in rows:
            if row.id in self._tasks:
                continue
            async with self._database.unit_of_work() as db_session:
                current = await db_session.get(Build, row.id)
                if current is None or current.status != "running" or current.fence != row.fence:
                    continue
                if current.cancel_requested:
                    end(current, "cancelled", current.reason or "Cancelled.")
                else:
                    _queue_again(current)

    async def _start(self, row: Build) -> None:
        async with self._database.unit_of_work() as db_session:
            build = await db_session.get(Build, row.id, with_for_update=True)
            capsule = await db_session.get(Capsule, row.capsule_id)
            if build is None or capsule is None or build.status != "queued":
                return
            take(build, self._owner)
            lease = Lease(self._database, Build, build.id, build.fence)
        self._tasks.start(row.id, self._run(lease, build, capsule))

    async def _run(self, lease: Lease[Build], build: Build, capsule: Capsule) -> None:
        try:
            await BuildRun(self._platform, lease, build, capsule).run()
        except LeaseLost:
            log.info("%s is in other hands", lease.row_id)
        except asyncio.CancelledError:
            await self._end(lease, "cancelled", "Cancelled.")
            raise
        except Exception:
            await self._end(lease, "failed", "The platform made a mistake; the server's log has the details.")
            raise

    async def _end(self, lease: Lease[Build], status: str, reason: str) -> None:
        try:
            async with lease.unit_of_work() as (_, build):
                if self._stopping and not build.cancel_requested:
                    _queue_again(build)
                else:
                    end(build, status, (build.reason if build.cancel_requested else None) or reason)
        except LeaseLost:
            pass


def _next(queued: list[Build], running: list[Build], *, room: int) -> list[Build]:
    """Choose what to start: no capsule twice, teams that build the least first, then by age."""
    busy = {row.capsule_id for row in running}
    load = Counter(row.team_id for row in running)
    chosen: list[Build] = []
    while len(chosen) < room:
        candidates = [row for row in queued if row.capsule_id not in busy]
        if not candidates:
            break
        row = min(candidates, key=lambda row: (load[row.team_id], row.created_at))
        chosen.append(row)
        busy.add(row.capsule_id)
        load[row.team_id] += 1
    return chosen


def _queue_again(build: Build) -> None:
    build.status = "queued"
    build.lease_owner = build.lease_until = None
