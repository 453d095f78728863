"""Sign-ins of browsers: the cookie holds a random token, the row its hash."""

import secrets
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.identity.logins.repository import LoginRepository
from capsule.kit.clock import now
from capsule.kit.crypto import token_hash
from capsule.kit.ids import new_id
from capsule.models import Login, User

LIFETIME = timedelta(days=30)


async def start(db_session: AsyncSession, user: User, *, user_agent: str) -> tuple[Login, str]:
    """Sign a browser in and return what its cookie holds. Drops the person's expired logins."""
    await LoginRepository(db_session).drop_expired(user.id, now())
    cookie = secrets.token_urlsafe(32)
    login = Login(
        id=new_id("lgn"),
        user_id=user.id,
        token_hash=token_hash(cookie),
        expires_at=now() + LIFETIME,
        last_seen_at=now(),
        user_agent=user_agent[:300],
        created_at=now(),
    )
    db_session.add(login)
    await db_session.flush()
    return login, cookie


async def end(db_session: AsyncSession, cookie: str) -> None:
    """Sign the browser out. Unknown cookies are ignored."""
    await LoginRepository(db_session).drop(token_hash(cookie))
