"""Queries on teams and who is in them."""

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Membership, Team


class TeamRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def visible(self, team_ids: Collection[str]) -> Sequence[Team]:
        """Return these teams, the personal one first."""
        query = select(Team).where(Team.id.in_(team_ids))
        ordered = query.order_by(Team.is_personal.desc(), Team.name, Team.id)
        return (await self._db_session.scalars(ordered)).all()

    async def by_reference(self, reference: str) -> Team | None:
        """Find by id or slug."""
        query = select(Team).where(or_(Team.id == reference, Team.slug == reference))
        return await self._db_session.scalar(query)

    async def is_slug_taken(self, slug: str) -> bool:
        return await self._db_session.scalar(select(Team.id).where(Team.slug == slug)) is not None

    async def roles_of(self, user_id: str) -> dict[str, str]:
        """Return team id → role."""
        query = select(Membership.team_id, Membership.role).where(Membership.user_id == user_id)
        return {team_id: role for team_id, role in await self._db_session.execute(query)}
