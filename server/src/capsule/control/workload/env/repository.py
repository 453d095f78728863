"""Queries on environment variables."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import EnvVariable


class EnvRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def of_capsule(self, capsule_id: str) -> Sequence[EnvVariable]:
        query = select(EnvVariable).where(EnvVariable.capsule_id == capsule_id).order_by(EnvVariable.key)
        return (await self._db_session.scalars(query)).all()
