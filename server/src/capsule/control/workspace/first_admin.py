"""Make the first person of a new installation, with a team and a space to begin in."""

import secrets
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.identity.teams import service as teams
from capsule.control.identity.users import service as users
from capsule.control.identity.users.repository import UserRepository
from capsule.control.workspace.spaces import service as spaces
from capsule.models import Space, Team, User

DEFAULT_EMAIL = "admin@localhost"
FIRST_SPACE = "main"


@dataclass(frozen=True)
class FirstAdmin:
    user: User
    team: Team
    space: Space
    generated_password: str | None
    """Set when nobody chose one; to be shown this once."""


async def ensure_first_admin(
    db_session: AsyncSession, *, email: str | None = None, password: str | None = None
) -> FirstAdmin | None:
    """Make the first admin unless somebody is there already; the caller commits.

    Returns None on every later start, whatever email and password say then.
    """
    if not await UserRepository(db_session).is_empty():
        return None
    generated = None if password else secrets.token_urlsafe(12)
    user = await users.create(
        db_session,
        email=email or DEFAULT_EMAIL,
        name=(email or DEFAULT_EMAIL).partition("@")[0],
        password=password or generated or "",
        is_admin=True,
    )
    team = await teams.create(db_session, name=user.name, owner=user, is_personal=True)
    space = await spaces.create(db_session, team.id, FIRST_SPACE)
    return FirstAdmin(user=user, team=team, space=space, generated_password=generated)


async def first_admin(db_session: AsyncSession) -> User | None:
    """Return the oldest administrator, whom the command line on this machine is logged in as."""
    return await UserRepository(db_session).oldest_admin()
