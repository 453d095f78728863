"""Take up queued runs: a few at a time per capsule, the oldest first; go on with those of a dead process."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence

from capsule.control.delivery.leases import Lease, LeaseLost, end, take
from capsule.control.delivery.runs.repository import RunRepository
from capsule.control.delivery.runs.service import REMOVED
from capsule.db import Database
from capsule.kit.clock import now
from capsule.models import Capsule, Run
from capsule.reconcile.command_run import CommandRun
from capsule.reconcile.platform import Platform
from capsule.reconcile.work import Tasks

log = logging.getLogger(__name__)

AT_ONCE = 5
"""Runs of one capsule; the others wait."""


class Runs:
    def __init__(self, platform: Platform, owner: str, tasks: Tasks) -> None:
        self._platform = platform
        self._owner = owner
        self._tasks = tasks
        self._stopping = False
        self._cancelled: set[str] = set()
        """Those whose end is under way; a second cancellation would cut it short."""

    @property
    def _database(self) -> Database:
        return self._platform.database

    async def take_over(self) -> None:
        """Go on with what an earlier process of this installation left running."""
        async with self._database.reading() as db_session:
            rows = await RunRepository(db_session).with_status("running")
        await self._take_up(rows)

    async def tend(self) -> None:
        """Look once: go on with what a dead worker left, end what is no longer wanted, start what may."""
        async with self._database.reading() as db_session:
            repository = RunRepository(db_session)
            left = await repository.expired(now())
            unfinished = await repository.with_status("queued", "running")
            removed = {
                row.capsule_id
                for row in unfinished
                if (capsule := await db_session.get(Capsule, row.capsule_id)) is None or capsule.removed_at
            }
        await self._take_up([row for row in left if row.id not in self._tasks])
        running = Counter(row.capsule_id for row in unfinished if row.status == "running")
        # Who replaces another waits until that one has really ended.
        ending = {row.cron_job_id for row in unfinished if row.cron_job_id and row.cancel_requested}
        for row in unfinished:
            if row.status == "running":
                if row.cancel_requested or row.capsule_id in removed:
                    self._cancel(row)
            elif row.capsule_id in removed:
                await self._drop(row)
            elif running[row.capsule_id] < AT_ONCE and row.cron_job_id not in ending:
                running[row.capsule_id] += 1
                await self._take_up([row])

    async def stop(self) -> None:
        """Leave the commands running; the next process finds them again."""
        self._stopping = True
        await self._tasks.stop()

    async def _take_up(self, rows: Sequence[Run]) -> None:
        for row in rows:
            async with self._database.unit_of_work() as db_session:
                run = await db_session.get(Run, row.id, with_for_update=True)
                if run is None or (run.status, run.fence) != (row.status, row.fence):
                    continue
                take(run, self._owner)
                lease = Lease(self._database, Run, run.id, run.fence)
            self._tasks.start(row.id, self._run(lease, run))

    def _cancel(self, row: Run) -> None:
        if row.id not in self._cancelled and self._tasks.cancel(row.id):
            self._cancelled.add(row.id)

    async def _drop(self, row: Run) -> None:
        async with self._database.unit_of_work() as db_session:
            run = await db_session.get(Run, row.id)
            if run is not None and run.status == "queued":
                end(run, "cancelled", REMOVED)

    async def _run(self, lease: Lease[Run], run: Run) -> None:
        command_run = CommandRun(self._platform, lease, run)
        try:
            await command_run.run()
        except LeaseLost:
            log.info("%s is in other hands", lease.row_id)
        except asyncio.CancelledError:
            await self._after_cancellation(lease, command_run)
            raise
        except Exception:
            await self._end_broken(lease)
            raise
        finally:
            self._cancelled.discard(run.id)

    async def _after_cancellation(self, lease: Lease[Run], command_run: CommandRun) -> None:
        try:
            async with lease.unit_of_work() as (db_session, run):
                capsule = await db_session.get(Capsule, run.capsule_id)
                is_wanted = capsule is not None and capsule.removed_at is None and not run.cancel_requested
                if self._stopping and is_wanted:
                    run.lease_owner = run.lease_until = None  # for the next process to go on with at once
                    return
            await command_run.cancel()
        except LeaseLost:
            pass

    async def _end_broken(self, lease: Lease[Run]) -> None:
        try:
            async with lease.unit_of_work() as (_, run):
                end(run, "failed", "The platform made a mistake; the server's log has the details.")
        except LeaseLost:
            pass
