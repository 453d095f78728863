"""Teams: found for a person, made with a first owner."""

import re
import secrets
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Membership, Team, User


async def visible(db_session: AsyncSession, team_ids: Collection[str]) -> Sequence[Team]:
    query = select(Team).where(Team.id.in_(team_ids)).order_by(Team.is_personal.desc(), Team.name, Team.id)
    return (await db_session.scalars(query)).all()


async def create(db_session: AsyncSession, *, name: str, owner: User, is_personal: bool = False) -> Team:
    """Add a team whose only member is its owner."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50] or "team"
    if await db_session.scalar(select(Team.id).where(Team.slug == slug)):
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
