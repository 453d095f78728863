"""Remove files and rows that nothing refers to any more: artifacts, uploads, old builds and replicas."""

import asyncio
import shutil
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.serves.repository import ServeRepository
from capsule.control.delivery.uploads.repository import UploadRepository
from capsule.kit.clock import now
from capsule.models import Build, Capsule, Deployment, Release, Replica, Run, Upload
from capsule.reconcile.platform import Platform

KEPT_ARTIFACTS = 10
"""Of each capsule, besides what is live, served or on its way: to build nothing when going back."""
_YOUNG = timedelta(hours=1)
"""What is younger may belong to something that is just being written."""
_REPLICA_ROWS = timedelta(days=7)
_RUN_ROWS = timedelta(days=14)


class Garbage:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def collect(self) -> None:
        async with self._platform.database.reading() as db_session:
            artifacts = await _artifacts_in_use(db_session)
            builds = set((await db_session.scalars(select(Build.id))).all())
            uploads = await _unused_uploads(db_session)
        paths = self._platform.paths
        await asyncio.to_thread(_sweep, paths.artifact("x").parent, artifacts)
        await self._platform.pipeline.collect()
        await asyncio.to_thread(_sweep, paths.build("x").parent, builds)
        await self._drop_uploads(uploads)
        async with self._platform.database.unit_of_work() as db_session:
            await db_session.execute(delete(Run).where(Run.finished_at < now() - _RUN_ROWS))
            await db_session.execute(
                delete(Replica).where(Replica.state == "stopped", Replica.stopped_at < now() - _REPLICA_ROWS)
            )

    async def _drop_uploads(self, uploads: list[str]) -> None:
        for upload_id in uploads:
            async with self._platform.database.unit_of_work() as db_session:
                if upload := await db_session.get(Upload, upload_id):
                    await db_session.delete(upload)
            await asyncio.to_thread(shutil.rmtree, self._platform.paths.upload(upload_id), ignore_errors=True)
        async with self._platform.database.reading() as db_session:
            known = set((await db_session.scalars(select(Upload.id))).all())
        await asyncio.to_thread(_sweep, self._platform.paths.upload("x").parent, known)


async def _artifacts_in_use(db_session: AsyncSession) -> set[str]:
    used: set[str] = set()
    for capsule in (await db_session.scalars(select(Capsule))).all():
        releases = select(Release).where(Release.capsule_id == capsule.id).order_by(Release.number.desc())
        newest: list[str] = []
        for release in (await db_session.scalars(releases)).all():
            if release.id == capsule.release_id:
                used.add(release.artifact_id)
            if release.artifact_id not in newest and len(newest) < KEPT_ARTIFACTS:
                newest.append(release.artifact_id)
        used.update(newest)
    running = select(Release.artifact_id).join(Deployment, Deployment.release_id == Release.id)
    used.update(await db_session.scalars(running.where(Deployment.status.in_(("queued", "running")))))
    back = select(Release.artifact_id).join(Deployment, Deployment.previous_release_id == Release.id)
    used.update(await db_session.scalars(back.where(Deployment.watch_until.is_not(None))))
    replicas = select(Release.artifact_id).join(Replica, Replica.release_id == Release.id)
    used.update(await db_session.scalars(replicas.where(Replica.state != "stopped")))
    served = [serve.build_id for serve in await ServeRepository(db_session).active()]
    # The newest serve build of each capsule makes the next `capsule serve` quick.
    newest_serve: dict[str, str] = {}
    serve_builds = select(Build).where(Build.trigger == "serve", Build.artifact_id.is_not(None))
    for build in (await db_session.scalars(serve_builds.order_by(Build.created_at))).all():
        assert build.artifact_id is not None
        newest_serve[build.capsule_id] = build.artifact_id
        if build.id in served:
            used.add(build.artifact_id)
    used.update(newest_serve.values())
    return used


async def _unused_uploads(db_session: AsyncSession) -> list[str]:
    used = set()
    for source in (await db_session.scalars(select(Capsule.source))).all():
        used.add(source.get("upload_id"))
    unfinished = select(Build.source).where(Build.status.in_(("queued", "running")))
    for source in (await db_session.scalars(unfinished)).all():
        used.add(source.get("upload_id"))
    old = await UploadRepository(db_session).older_than(now() - _YOUNG)
    return [upload.id for upload in old if upload.id not in used]


def _sweep(folder: Path, known: set[str]) -> None:
    """Remove what lies in `folder`, is not known and is not young."""
    if not folder.is_dir():
        return
    oldest_young = time.time() - _YOUNG.total_seconds()
    for entry in folder.iterdir():
        if entry.name not in known and entry.stat(follow_symlinks=False).st_mtime < oldest_young:
            shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)
