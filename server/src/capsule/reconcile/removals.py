"""Take away everything that belonged to a removed capsule; its row goes last, when nothing is left."""

import asyncio
import shutil
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import delete, select

from capsule.apps.contract import owner_prefix
from capsule.control.delivery.builds.repository import BuildRepository
from capsule.control.delivery.changes import touch
from capsule.control.delivery.deployments.repository import DeploymentRepository
from capsule.control.delivery.runs.repository import RunRepository
from capsule.control.delivery.serves.files import remove_files
from capsule.control.delivery.serves.repository import ServeRepository
from capsule.models import Build, Capsule, Release, Serve, Upload
from capsule.reconcile.platform import Platform
from capsule.reconcile.routes import deploy_route_id, serve_route_id
from capsule.reconcile.work import Tasks


class Removals:
    def __init__(self, platform: Platform, tasks: Tasks) -> None:
        self._platform = platform
        self._tasks = tasks

    async def tend(self) -> None:
        async with self._platform.database.reading() as db_session:
            query = select(Capsule.id).where(Capsule.removed_at.is_not(None))
            capsule_ids = (await db_session.scalars(query)).all()
        for capsule_id in capsule_ids:
            if capsule_id not in self._tasks:
                self._tasks.start(capsule_id, self._remove(capsule_id))

    async def stop(self) -> None:
        await self._tasks.stop()

    async def _remove(self, capsule_id: str) -> None:
        """Every step may be done again; an interrupted removal begins anew."""
        if await self._is_worked_on(capsule_id):
            return  # looked at again as soon as that has changed
        async with self._platform.locks.of(capsule_id):
            await self._close_doors(capsule_id)
            await self._destroy_replicas(capsule_id)
            await self._remove_files(capsule_id)
            await self._drop_uploads(capsule_id)
            async with self._platform.database.unit_of_work() as db_session:
                if capsule := await db_session.get(Capsule, capsule_id):
                    await db_session.delete(capsule)
                    touch(db_session, capsule_id)

    async def _is_worked_on(self, capsule_id: str) -> bool:
        """Wait for builds, deployments, serves and runs to notice; their own loops stop them."""
        async with self._platform.database.reading() as db_session:
            return bool(
                await BuildRepository(db_session).with_status("queued", "running", capsule_id=capsule_id)
                or await DeploymentRepository(db_session).with_status(
                    "queued", "running", capsule_id=capsule_id
                )
                or await ServeRepository(db_session).active(capsule_id)
                or await RunRepository(db_session).with_status("queued", "running", capsule_id=capsule_id)
            )

    async def _close_doors(self, capsule_id: str) -> None:
        for route_id in (deploy_route_id(capsule_id), serve_route_id(capsule_id)):
            await self._platform.edge.remove_route(route_id)
        for environment in ("deploy", "serve"):
            await self._platform.apps.remove_app(capsule_id, environment, delete_data=True)

    async def _destroy_replicas(self, capsule_id: str) -> None:
        for status in await self._platform.engine.list():
            if status.capsule_id == capsule_id:
                await self._platform.engine.destroy(status.id)
        # Again, when nobody runs any more: one who was being woken while the app was removed made a folder.
        for environment in ("deploy", "serve"):
            await self._platform.engine.delete_files(owner_prefix(capsule_id, environment))

    async def _remove_files(self, capsule_id: str) -> None:
        paths = self._platform.paths
        async with self._platform.database.reading() as db_session:
            builds = (await db_session.scalars(select(Build).where(Build.capsule_id == capsule_id))).all()
            releases = await db_session.scalars(
                select(Release.artifact_id).where(Release.capsule_id == capsule_id)
            )
            artifacts = {build.artifact_id for build in builds if build.artifact_id} | set(releases)
            serves = (await db_session.scalars(select(Serve.id).where(Serve.capsule_id == capsule_id))).all()
        folders = [paths.build(build.id) for build in builds]
        folders += [paths.artifact(artifact_id) for artifact_id in artifacts]
        folders += [paths.git_mirror(capsule_id), paths.pushed(capsule_id), paths.known_hosts(capsule_id)]
        folders += [paths.telemetry(capsule_id), paths.storage(capsule_id)]
        folders.append(paths.storage_size(capsule_id))
        for environment in ("deploy", "serve"):
            folders.append(paths.kept_files(capsule_id, environment))
            database = paths.sessions(capsule_id, environment)
            folders += [database.with_name(database.name + ending) for ending in ("", "-wal", "-shm")]
        for serve_id in serves:
            await asyncio.to_thread(remove_files, paths, serve_id)
        await asyncio.to_thread(_remove, folders)

    async def _drop_uploads(self, capsule_id: str) -> None:
        """Remove the uploads that only this capsule was made from."""
        async with self._platform.database.unit_of_work() as db_session:
            mine: set[str | None] = set()
            others: set[str | None] = set()
            for owner, source in await db_session.execute(select(Capsule.id, Capsule.source)):
                (mine if owner == capsule_id else others).add(source.get("upload_id"))
            for owner, source in await db_session.execute(select(Build.capsule_id, Build.source)):
                (mine if owner == capsule_id else others).add(source.get("upload_id"))
            dropped = [upload_id for upload_id in mine - others if upload_id]
            await db_session.execute(delete(Upload).where(Upload.id.in_(dropped)))
        await asyncio.to_thread(_remove, [self._platform.paths.upload(upload_id) for upload_id in dropped])


def _remove(places: Iterable[Path]) -> None:
    for place in places:
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
