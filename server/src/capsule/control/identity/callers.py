"""Find the caller behind a credential: token → Actor. Opens its own short sessions.

Not inside the request's unit of work, so that looking somebody up never holds the write lock.
"""

from datetime import timedelta

from capsule.control.identity.logins.repository import LoginRepository
from capsule.control.identity.teams.repository import TeamRepository
from capsule.control.identity.tokens.repository import TokenRepository
from capsule.control.policy import Actor
from capsule.db import Database
from capsule.kit.clock import now
from capsule.kit.crypto import token_hash

_NOTE_USE_EVERY = timedelta(minutes=10)


async def by_login(database: Database, cookie: str) -> Actor | None:
    """Return the signed-in person, or None when the login is unknown or has expired."""
    async with database.reading() as db_session:
        found = await LoginRepository(db_session).with_user(token_hash(cookie))
        if found is None or found[0].expires_at <= now():
            return None
        login, user = found
        memberships = await TeamRepository(db_session).roles_of(user.id)
    if login.last_seen_at < now() - _NOTE_USE_EVERY:
        async with database.unit_of_work() as db_session:
            await LoginRepository(db_session).note_use(login.id, now())
    return Actor(user=user, via="login", credential_id=login.id, memberships=memberships)


async def by_token(database: Database, token: str) -> Actor | None:
    """Return the owner of an API token, or None when it is unknown or has expired."""
    async with database.reading() as db_session:
        found = await TokenRepository(db_session).with_user(token_hash(token))
        if found is None or (found[0].expires_at is not None and found[0].expires_at <= now()):
            return None
        api_token, user = found
        memberships = await TeamRepository(db_session).roles_of(user.id)
    if api_token.last_used_at is None or api_token.last_used_at < now() - _NOTE_USE_EVERY:
        async with database.unit_of_work() as db_session:
            await TokenRepository(db_session).note_use(api_token.id, now())
    return Actor(user=user, via="token", credential_id=api_token.id, memberships=memberships)
