"""Queries on capsules, and on what belongs to many of them at once."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from capsule.models import Build, Capsule, CapsuleNumber, Deployment, Release, Replica, Upload


class CapsuleRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def visible(self, team_ids: Collection[str], *, space_id: str | None = None) -> Sequence[Capsule]:
        query = select(Capsule).where(Capsule.team_id.in_(team_ids)).order_by(Capsule.name, Capsule.id)
        if space_id is not None:
            query = query.where(Capsule.space_id == space_id)
        return (await self._db_session.scalars(query)).all()

    async def by_reference(self, reference: str) -> Capsule | None:
        """Find by id or slug."""
        query = select(Capsule).where(or_(Capsule.id == reference, Capsule.slug == reference))
        return await self._db_session.scalar(query)

    async def by_name(self, space_id: str, name: str) -> Capsule | None:
        query = select(Capsule).where(Capsule.space_id == space_id, Capsule.name == name)
        return (await self._db_session.scalars(query)).first()

    async def is_slug_taken(self, slug: str) -> bool:
        found = await self._db_session.scalar(select(Capsule.id).where(Capsule.slug == slug))
        return found is not None

    async def next_number(self) -> int:
        number = CapsuleNumber()
        self._db_session.add(number)
        await self._db_session.flush()
        return number.id

    async def upload(self, upload_id: str, team_id: str) -> Upload | None:
        query = select(Upload).where(Upload.id == upload_id, Upload.team_id == team_id)
        return (await self._db_session.scalars(query)).first()

    async def newest_builds(self, capsule_ids: Collection[str]) -> dict[str, Build]:
        """Return each capsule's newest build; those of a serve do not count."""
        order = func.row_number().over(
            partition_by=Build.capsule_id, order_by=(Build.created_at.desc(), Build.id.desc())
        )
        ranked = (
            select(Build, order.label("position"))
            .where(Build.capsule_id.in_(capsule_ids), Build.trigger != "serve")
            .subquery()
        )
        newest = aliased(Build, ranked)
        rows = await self._db_session.scalars(select(newest).where(ranked.c.position == 1))
        return {row.capsule_id: row for row in rows}

    async def newest_deployments(self, capsule_ids: Collection[str]) -> dict[str, Deployment]:
        order = func.row_number().over(
            partition_by=Deployment.capsule_id, order_by=(Deployment.created_at.desc(), Deployment.id.desc())
        )
        ranked = (
            select(Deployment, order.label("position"))
            .where(Deployment.capsule_id.in_(capsule_ids))
            .subquery()
        )
        newest = aliased(Deployment, ranked)
        rows = await self._db_session.scalars(select(newest).where(ranked.c.position == 1))
        return {row.capsule_id: row for row in rows}

    async def releases(self, release_ids: Collection[str]) -> dict[str, Release]:
        rows = await self._db_session.scalars(select(Release).where(Release.id.in_(release_ids)))
        return {row.id: row for row in rows}

    async def running_replicas(self, capsule_ids: Collection[str]) -> dict[str, list[Replica]]:
        query = select(Replica).where(Replica.capsule_id.in_(capsule_ids), Replica.state != "stopped")
        replicas: dict[str, list[Replica]] = {}
        for row in await self._db_session.scalars(query.order_by(Replica.created_at, Replica.id)):
            replicas.setdefault(row.capsule_id, []).append(row)
        return replicas
