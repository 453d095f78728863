"""Queries on releases."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Release


class ReleaseRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def get(self, release_id: str) -> Release | None:
        return await self._db_session.get(Release, release_id)

    async def of_capsule(self, capsule_id: str, *, limit: int = 50) -> Sequence[Release]:
        query = (
            select(Release)
            .where(Release.capsule_id == capsule_id)
            .order_by(Release.number.desc())
            .limit(limit)
        )
        return (await self._db_session.scalars(query)).all()

    async def newest(self, capsule_id: str) -> Release | None:
        found = await self.of_capsule(capsule_id, limit=1)
        return found[0] if found else None

    async def next_number(self, capsule_id: str) -> int:
        query = select(func.max(Release.number)).where(Release.capsule_id == capsule_id)
        return ((await self._db_session.scalars(query)).first() or 0) + 1
