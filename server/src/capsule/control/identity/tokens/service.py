"""API tokens: shown once, kept as a hash."""

import secrets
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.identity.tokens.repository import TokenRepository
from capsule.errors import Forbidden, NotFound
from capsule.kit.clock import now
from capsule.kit.crypto import token_hash
from capsule.kit.ids import new_id
from capsule.models import ApiToken, User

PREFIX = "cap_tok_"
"""Lets scanners of leaked secrets recognise one."""


class TokenNotFound(NotFound):
    code = "token_not_found"


class TokenOutlives(Forbidden):
    """A token that ends may only make tokens that end no later."""

    code = "token_outlives"


async def create(
    db_session: AsyncSession, user: User, *, name: str, expires_in: timedelta | None = None
) -> tuple[ApiToken, str]:
    """Add a token that may do what the person may, and return it in clear for the only time."""
    clear = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        id=new_id("tok"),
        user_id=user.id,
        name=name,
        token_hash=token_hash(clear),
        expires_at=now() + expires_in if expires_in else None,
        created_at=now(),
    )
    db_session.add(token)
    await db_session.flush()
    return token, clear


async def check_made_by(db_session: AsyncSession, maker_id: str, *, expires_in: timedelta | None) -> None:
    """Raise TokenOutlives when the token `maker_id` may not make one that lives for `expires_in`."""
    maker = await db_session.get(ApiToken, maker_id)
    if maker is None or maker.expires_at is None:
        return
    if expires_in is None or now() + expires_in > maker.expires_at:
        raise TokenOutlives(
            f"Token '{maker.name}' ends on {maker.expires_at:%Y-%m-%d}; it cannot make one that ends later.",
            hint="Choose a shorter life: --days",
        )


async def delete(db_session: AsyncSession, user_id: str, token_id: str) -> None:
    """Drop one of the person's own tokens; it stops working at once."""
    token = await TokenRepository(db_session).get(token_id)
    if token is None or token.user_id != user_id:
        raise TokenNotFound(f"You have no token '{token_id}'.")
    await db_session.delete(token)
    await db_session.flush()
