"""Queries on spaces."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Capsule, Space


class SpaceRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def get(self, space_id: str) -> Space | None:
        return await self._db_session.get(Space, space_id)

    async def visible(self, team_ids: Collection[str], *, team_id: str | None = None) -> Sequence[Space]:
        query = select(Space).where(Space.team_id.in_(team_ids)).order_by(Space.name, Space.id)
        if team_id is not None:
            query = query.where(Space.team_id == team_id)
        return (await self._db_session.scalars(query)).all()

    async def by_slug(self, slug: str, team_ids: Collection[str]) -> Sequence[Space]:
        """Return the spaces of that name in these teams: one per team at most."""
        query = select(Space).where(Space.slug == slug, Space.team_id.in_(team_ids)).limit(10)
        return (await self._db_session.scalars(query)).all()

    async def capsule_counts(self, space_ids: Collection[str]) -> Mapping[str, int]:
        query = (
            select(Capsule.space_id, func.count())
            .where(Capsule.space_id.in_(space_ids))
            .group_by(Capsule.space_id)
        )
        return {space_id: count for space_id, count in await self._db_session.execute(query)}
