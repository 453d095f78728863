"""Queries on deployments."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Build, Deployment, Release


class DeploymentRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def get(self, deployment_id: str) -> Deployment | None:
        return await self._db_session.get(Deployment, deployment_id)

    async def of_capsule(self, capsule_id: str, *, limit: int = 50) -> Sequence[Deployment]:
        query = (
            select(Deployment)
            .where(Deployment.capsule_id == capsule_id)
            .order_by(Deployment.created_at.desc(), Deployment.id.desc())
            .limit(limit)
        )
        return (await self._db_session.scalars(query)).all()

    async def newest(self, capsule_id: str) -> Deployment | None:
        found = await self.of_capsule(capsule_id, limit=1)
        return found[0] if found else None

    async def with_status(self, *statuses: str, capsule_id: str | None = None) -> Sequence[Deployment]:
        query = (
            select(Deployment)
            .where(Deployment.status.in_(statuses))
            .order_by(Deployment.created_at, Deployment.id)
        )
        if capsule_id is not None:
            query = query.where(Deployment.capsule_id == capsule_id)
        return (await self._db_session.scalars(query)).all()

    async def of_pushes(self) -> Sequence[Deployment]:
        """Return what waits or runs to bring a push live."""
        query = (
            select(Deployment)
            .join(Release, Release.id == Deployment.release_id)
            .join(Build, Build.id == Release.build_id)
            .where(
                Deployment.status.in_(("queued", "running")),
                Deployment.trigger == "build",
                Build.trigger == "push",
            )
        )
        return (await self._db_session.scalars(query)).all()

    async def watched(self) -> Sequence[Deployment]:
        """Return deployments whose release is being watched, or was when its worker died."""
        return (
            await self._db_session.scalars(select(Deployment).where(Deployment.watch_until.is_not(None)))
        ).all()

    async def expired(self, at: datetime) -> Sequence[Deployment]:
        """Return deployments whose worker died."""
        query = select(Deployment).where(
            Deployment.status == "running",
            or_(Deployment.lease_until.is_(None), Deployment.lease_until < at),
        )
        return (await self._db_session.scalars(query)).all()
