"""Find the caller behind a credential: token → Actor. Opens its own short sessions.

Not inside the request's unit of work, so that looking somebody up never holds the write lock.
"""

from datetime import timedelta
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.policy import Actor
from capsule.db import Database
from capsule.kit.clock import now
from capsule.kit.crypto import token_hash
from capsule.models import ApiToken, Login, Membership, User

_REMEMBER_USE_EVERY = timedelta(minutes=10)


async def by_login(database: Database, cookie: str) -> Actor | None:
    """Return the signed-in person, or None when the login is unknown or has expired."""
    async with database.reading() as db_session:
        query = select(Login, User).join(User, User.id == Login.user_id)
        row = (await db_session.execute(query.where(Login.token_hash == token_hash(cookie)))).first()
        if row is None or row.Login.expires_at <= now():
            return None
        actor = await _actor(db_session, row.User, "login", row.Login.id)
        stale = row.Login.last_seen_at < now() - _REMEMBER_USE_EVERY
    if stale:
        async with database.unit_of_work() as db_session:
            await db_session.execute(
                update(Login).where(Login.id == actor.credential_id).values(last_seen_at=now())
            )
    return actor


async def by_token(database: Database, token: str) -> Actor | None:
    """Return the owner of an API token, or None when it is unknown or has expired."""
    async with database.reading() as db_session:
        query = select(ApiToken, User).join(User, User.id == ApiToken.user_id)
        row = (await db_session.execute(query.where(ApiToken.token_hash == token_hash(token)))).first()
        if row is None or (row.ApiToken.expires_at is not None and row.ApiToken.expires_at <= now()):
            return None
        actor = await _actor(db_session, row.User, "token", row.ApiToken.id)
        last_used_at = row.ApiToken.last_used_at
        stale = last_used_at is None or last_used_at < now() - _REMEMBER_USE_EVERY
    if stale:
        async with database.unit_of_work() as db_session:
            await db_session.execute(
                update(ApiToken).where(ApiToken.id == actor.credential_id).values(last_used_at=now())
            )
    return actor


async def _actor(
    db_session: AsyncSession, user: User, via: Literal["login", "token"], credential_id: str
) -> Actor:
    query = select(Membership.team_id, Membership.role).where(Membership.user_id == user.id)
    memberships = {team_id: role for team_id, role in await db_session.execute(query)}
    db_session.expunge(user)  # outlives this session
    return Actor(user=user, via=via, credential_id=credential_id, memberships=memberships)
