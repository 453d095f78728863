"""Queries on people."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import User


class UserRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def by_email(self, email: str) -> User | None:
        return await self._db_session.scalar(select(User).where(User.email == email))

    async def is_empty(self) -> bool:
        return not await self._db_session.scalar(select(func.count()).select_from(User))

    async def oldest_admin(self) -> User | None:
        query = select(User).where(User.is_admin).order_by(User.created_at, User.id).limit(1)
        return await self._db_session.scalar(query)
