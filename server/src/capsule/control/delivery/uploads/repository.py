"""Queries on uploads."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Upload


class UploadRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def get(self, upload_id: str) -> Upload | None:
        return await self._db_session.get(Upload, upload_id)

    async def equal(self, space_id: str, digest: str) -> Upload | None:
        query = select(Upload).where(Upload.space_id == space_id, Upload.digest == digest)
        return (await self._db_session.scalars(query)).first()

    async def older_than(self, at: datetime, *, space_id: str | None = None) -> Sequence[Upload]:
        query = select(Upload).where(Upload.created_at < at)
        if space_id is not None:
            query = query.where(Upload.space_id == space_id)
        return (await self._db_session.scalars(query)).all()
