"""Queries on runs."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Run


class RunRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def of_capsule(
        self, capsule_id: str, *, cron_job_id: str | None = None, limit: int = 50
    ) -> Sequence[Run]:
        """Return the newest runs, those of one cron job if asked."""
        query = select(Run).where(Run.capsule_id == capsule_id)
        if cron_job_id is not None:
            query = query.where(Run.cron_job_id == cron_job_id)
        query = query.order_by(Run.created_at.desc(), Run.id.desc()).limit(limit)
        return (await self._db_session.scalars(query)).all()

    async def with_status(
        self, *statuses: str, capsule_id: str | None = None, cron_job_id: str | None = None
    ) -> Sequence[Run]:
        query = select(Run).where(Run.status.in_(statuses)).order_by(Run.created_at, Run.id)
        if capsule_id is not None:
            query = query.where(Run.capsule_id == capsule_id)
        if cron_job_id is not None:
            query = query.where(Run.cron_job_id == cron_job_id)
        return (await self._db_session.scalars(query)).all()

    async def expired(self, at: datetime) -> Sequence[Run]:
        """Return runs whose worker died."""
        query = select(Run).where(
            Run.status == "running", or_(Run.lease_until.is_(None), Run.lease_until < at)
        )
        return (await self._db_session.scalars(query)).all()
