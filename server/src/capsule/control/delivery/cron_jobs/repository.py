"""Queries on cron jobs."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import CronJob


class CronJobRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def of_capsule(self, capsule_id: str) -> Sequence[CronJob]:
        query = select(CronJob).where(CronJob.capsule_id == capsule_id).order_by(CronJob.name)
        return (await self._db_session.scalars(query)).all()

    async def by_name(self, capsule_id: str, name: str) -> CronJob | None:
        query = select(CronJob).where(CronJob.capsule_id == capsule_id, CronJob.name == name)
        return (await self._db_session.scalars(query)).first()

    async def due(self, at: datetime) -> Sequence[CronJob]:
        query = select(CronJob).where(CronJob.is_on, CronJob.next_at <= at).order_by(CronJob.next_at)
        return (await self._db_session.scalars(query)).all()
