"""Queries on builds."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Build, Capsule, Release


class BuildRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def get(self, build_id: str) -> Build | None:
        return await self._db_session.get(Build, build_id)

    async def of_capsule(self, capsule_id: str, *, limit: int = 50) -> Sequence[Build]:
        """Return the newest builds, serve builds left out."""
        query = (
            select(Build)
            .where(Build.capsule_id == capsule_id, Build.trigger != "serve")
            .order_by(Build.created_at.desc(), Build.id.desc())
            .limit(limit)
        )
        return (await self._db_session.scalars(query)).all()

    async def succeeded_before(self, build: Build, *, limit: int = 200) -> Sequence[Build]:
        """Return the newest succeeded builds of the same capsule, those made after `build` left out."""
        query = (
            select(Build)
            .where(
                Build.capsule_id == build.capsule_id,
                Build.status == "succeeded",
                Build.trigger != "serve",
                Build.created_at <= build.created_at,
            )
            .order_by(Build.created_at.desc(), Build.id.desc())
            .limit(limit)
        )
        return (await self._db_session.scalars(query)).all()

    async def with_status(self, *statuses: str, capsule_id: str | None = None) -> Sequence[Build]:
        query = select(Build).where(Build.status.in_(statuses)).order_by(Build.created_at, Build.id)
        if capsule_id is not None:
            query = query.where(Build.capsule_id == capsule_id)
        return (await self._db_session.scalars(query)).all()

    async def expired(self, at: datetime) -> Sequence[Build]:
        """Return builds whose worker died."""
        query = select(Build).where(
            Build.status == "running", or_(Build.lease_until.is_(None), Build.lease_until < at)
        )
        return (await self._db_session.scalars(query)).all()

    async def equal(self, capsule_id: str, source_digest: str) -> Sequence[Build]:
        """Return succeeded builds of the same tree and settings, the newest first."""
        query = (
            select(Build)
            .where(
                Build.capsule_id == capsule_id,
                Build.source_digest == source_digest,
                Build.status == "succeeded",
                Build.artifact_id.is_not(None),
            )
            .order_by(Build.finished_at.desc())
        )
        return (await self._db_session.scalars(query)).all()

    async def has_push(self, capsule_id: str) -> bool:
        """Tell whether a push to the platform was ever accepted."""
        query = select(Build.id).where(
            Build.capsule_id == capsule_id, Build.trigger == "push", Build.status == "succeeded"
        )
        return (await self._db_session.scalars(query.limit(1))).first() is not None

    async def live_build_id(self, capsule: Capsule) -> str | None:
        if capsule.release_id is None:
            return None
        query = select(Release.build_id).where(Release.id == capsule.release_id)
        return (await self._db_session.scalars(query)).first()
