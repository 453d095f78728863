"""Queries on serves."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Serve

ACTIVE = ("starting", "running", "failed")


class ServeRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def get(self, serve_id: str) -> Serve | None:
        return await self._db_session.get(Serve, serve_id)

    async def active(self, capsule_id: str | None = None) -> Sequence[Serve]:
        query = select(Serve).where(Serve.status.in_(ACTIVE)).order_by(Serve.created_at)
        if capsule_id is not None:
            query = query.where(Serve.capsule_id == capsule_id)
        return (await self._db_session.scalars(query)).all()
