"""Hand a signed-in browser's yes to a waiting command line.

The command line gets an id, a secret to poll with and a short code; the person compares the code on both
screens. The token is made at the first poll after the yes, so it is never stored in clear.
"""

import hmac
import secrets
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.identity.cli_logins.repository import CliLoginRepository
from capsule.control.identity.tokens import service as tokens
from capsule.errors import NotFound, PlatformError, Unavailable
from capsule.kit.clock import now
from capsule.kit.crypto import token_hash
from capsule.kit.ids import new_id
from capsule.models import CliLogin, User

LIFETIME = timedelta(minutes=10)
_MAX_WAITING = 1000
_CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"


class CliLoginNotFound(NotFound):
    code = "login_not_found"


class LoginExpired(PlatformError):
    code, title, status, exit_code = "login_expired", "Login expired", 410, 77


class TooManyWaiting(Unavailable):
    code = "too_many_logins"


async def start(db_session: AsyncSession, *, host_name: str) -> tuple[CliLogin, str]:
    """Add a waiting login and return it with the secret to poll with."""
    repository = CliLoginRepository(db_session)
    await repository.drop_expired(now())
    if await repository.count() >= _MAX_WAITING:
        raise TooManyWaiting("Too many command lines wait for a sign-in.", hint="Try again in some minutes.")
    poll_secret = secrets.token_urlsafe(32)
    code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(8))
    login = CliLogin(
        id=new_id("cli"),
        poll_hash=token_hash(poll_secret),
        code=f"{code[:4]}-{code[4:]}",
        host_name=host_name,
        expires_at=now() + LIFETIME,
        created_at=now(),
    )
    db_session.add(login)
    await db_session.flush()
    return login, poll_secret


async def find(db_session: AsyncSession, login_id: str) -> CliLogin:
    """Return a login that still waits. Raises CliLoginNotFound and LoginExpired."""
    login = await CliLoginRepository(db_session).get(login_id)
    if login is None:
        raise CliLoginNotFound("This login is unknown or was already used.", hint="capsule login")
    if login.expires_at <= now():
        raise LoginExpired("This login was not approved in time.", hint="capsule login")
    return login


async def approve(db_session: AsyncSession, login_id: str, user: User) -> None:
    login = await find(db_session, login_id)
    if login.user_id is not None and login.user_id != user.id:
        raise CliLoginNotFound("This login was already approved by somebody else.", hint="capsule login")
    login.user_id = user.id
    await db_session.flush()


async def poll(db_session: AsyncSession, login_id: str, poll_secret: str) -> tuple[str, User] | None:
    """Return the new token and its owner once approved (only one poll gets it), None while waiting."""
    login = await find(db_session, login_id)
    if not hmac.compare_digest(login.poll_hash, token_hash(poll_secret)):
        raise CliLoginNotFound("This login is unknown or was already used.", hint="capsule login")
    if login.user_id is None:
        return None
    user = await db_session.get_one(User, login.user_id)
    _, token = await tokens.create(
        db_session, user, name=f"command line on {login.host_name or 'a machine'}"[:100]
    )
    await db_session.delete(login)
    await db_session.flush()
    return token, user
