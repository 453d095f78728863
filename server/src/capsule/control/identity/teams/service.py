"""Teams: made with a first owner, joined by members."""

import re
import secrets

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.identity.teams.repository import TeamRepository
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Membership, Team, User


async def create(db_session: AsyncSession, *, name: str, owner: User, is_personal: bool = False) -> Team:
    """Add a team whose only member is its owner."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50] or "team"
    if await TeamRepository(db_session).is_slug_taken(slug):
        slug = f"{slug}-{secrets.token_hex(2)}"
    team = Team(id=new_id("team"), name=name, slug=slug, is_personal=is_personal, created_at=now())
    db_session.add(team)
    await db_session.flush()
    await add_member(db_session, team, owner, role="owner")
    return team


async def add_member(db_session: AsyncSession, team: Team, user: User, *, role: str) -> Membership:
    membership = Membership(id=new_id("mbr"), team_id=team.id, user_id=user.id, role=role, created_at=now())
    db_session.add(membership)
    await db_session.flush()
    return membership
