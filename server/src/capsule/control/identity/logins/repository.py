"""Queries on sign-ins of browsers."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Login, User


class LoginRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def with_user(self, token_hash: str) -> tuple[Login, User] | None:
        query = select(Login, User).join(User, User.id == Login.user_id)
        row = (await self._db_session.execute(query.where(Login.token_hash == token_hash))).first()
        return (row[0], row[1]) if row else None

    async def note_use(self, login_id: str, at: datetime) -> None:
        await self._db_session.execute(update(Login).where(Login.id == login_id).values(last_seen_at=at))

    async def drop(self, token_hash: str) -> None:
        await self._db_session.execute(delete(Login).where(Login.token_hash == token_hash))

    async def drop_expired(self, user_id: str, at: datetime) -> None:
        query = delete(Login).where(Login.user_id == user_id, Login.expires_at <= at)
        await self._db_session.execute(query)
