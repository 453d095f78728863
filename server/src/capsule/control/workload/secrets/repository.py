"""Queries on secrets."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Secret


class SecretRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def of_space(self, space_id: str) -> Sequence[Secret]:
        query = select(Secret).where(Secret.space_id == space_id).order_by(Secret.name)
        return (await self._db_session.scalars(query)).all()

    async def by_name(self, space_id: str, name: str) -> Secret | None:
        query = select(Secret).where(Secret.space_id == space_id, Secret.name == name)
        return await self._db_session.scalar(query)
