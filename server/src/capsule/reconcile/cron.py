"""Start the runs of cron jobs when they are due: once per job and time, whatever crashes."""

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from capsule.control.delivery.cron_jobs.repository import CronJobRepository
from capsule.control.delivery.cron_jobs.service import come_due
from capsule.kit.clock import now
from capsule.models import CronJob
from capsule.reconcile.platform import Platform

log = logging.getLogger(__name__)


class Cron:
    def __init__(self, platform: Platform, clock: Callable[[], datetime] = now) -> None:
        self._platform = platform
        self._clock = clock

    async def tend(self) -> None:
        """Look once. Each job is decided in a transaction of its own."""
        at = self._clock()
        async with self._platform.database.reading() as db_session:
            due = await CronJobRepository(db_session).due(at)
        for job in due:
            try:
                await self._come_due(job.id, at)
            except IntegrityError:  # another server of this installation was first
                log.info("%s is in other hands", job.id)

    async def _come_due(self, job_id: str, at: datetime) -> None:
        async with self._platform.database.unit_of_work() as db_session:
            job = await db_session.get(CronJob, job_id, with_for_update=True)
            if job is not None:
                await come_due(db_session, job, at=at)
