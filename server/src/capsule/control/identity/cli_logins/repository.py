"""Queries on command lines that wait for a browser."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import CliLogin


class CliLoginRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def get(self, login_id: str) -> CliLogin | None:
        return await self._db_session.get(CliLogin, login_id)

    async def count(self) -> int:
        return await self._db_session.scalar(select(func.count()).select_from(CliLogin)) or 0

    async def drop_expired(self, at: datetime) -> None:
        await self._db_session.execute(delete(CliLogin).where(CliLogin.expires_at <= at))
