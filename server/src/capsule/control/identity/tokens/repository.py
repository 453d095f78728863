"""Queries on API tokens."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import ApiToken, User


class TokenRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def get(self, token_id: str) -> ApiToken | None:
        return await self._db_session.get(ApiToken, token_id)

    async def of_user(self, user_id: str) -> Sequence[ApiToken]:
        query = select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.created_at.desc())
        return (await self._db_session.scalars(query)).all()

    async def with_user(self, token_hash: str) -> tuple[ApiToken, User] | None:
        query = select(ApiToken, User).join(User, User.id == ApiToken.user_id)
        row = (await self._db_session.execute(query.where(ApiToken.token_hash == token_hash))).first()
        return (row[0], row[1]) if row else None

    async def note_use(self, token_id: str, at: datetime) -> None:
        query = update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=at)
        await self._db_session.execute(query)
