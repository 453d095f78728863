"""Look after `capsule serve`s: start them when built, reload them when changed, end them when silent."""

import asyncio
import logging

from capsule.control.delivery.builds.service import cancel_build
from capsule.control.delivery.serves.repository import ServeRepository
from capsule.control.delivery.serves.service import HEARTBEAT_OVER
from capsule.kit.clock import now
from capsule.models import Build, Capsule, Replica, Serve
from capsule.reconcile.platform import Platform
from capsule.reconcile.serve_run import ServeRun
from capsule.reconcile.spares import Spares
from capsule.reconcile.work import Tasks

log = logging.getLogger(__name__)

_SPARE_AFTER_SECONDS = 0.3
"""The first messages to a new version do not share the processor with the making of its successor."""


class Serves:
    def __init__(
        self, platform: Platform, tasks: Tasks, ending: Tasks, retiring: Tasks, sparing: Tasks
    ) -> None:
        self._platform = platform
        self._retiring = retiring
        self._tasks = tasks
        self._ending = ending
        self._spares = Spares(platform)
        self._sparing = sparing
        self._tried: dict[str, int] = {}
        """Serve → revision that runs or failed; a new process tries each once more."""
        self._started_at = now()

    async def tend(self) -> None:
        async with self._platform.database.reading() as db_session:
            serves = await ServeRepository(db_session).active()
            rows = [
                (
                    serve,
                    await db_session.get(Capsule, serve.capsule_id),
                    await db_session.get(Build, serve.build_id or ""),
                    await db_session.get(Replica, serve.replica_id or ""),
                )
                for serve in serves
            ]
        newest = {serve.capsule_id: serve.id for serve in serves}
        crowded = {serve.capsule_id for serve in serves if newest[serve.capsule_id] != serve.id}
        for serve, capsule, build, replica in rows:
            if capsule is None or serve.id in self._ending:
                continue
            if replica is not None and replica.state == "stopped" and serve.id not in self._tasks:
                self._tried.pop(serve.id, None)  # the node agent lost it
            if self._is_over(serve, capsule) or newest[capsule.id] != serve.id:
                self._end(serve, capsule, build)
            elif capsule.id not in crowded and serve.id not in self._tasks:
                await self._advance(serve, capsule, build)

    async def stop(self) -> None:
        await self._tasks.stop()
        await self._ending.stop()
        await self._retiring.stop()
        await self._sparing.stop()

    def _is_over(self, serve: Serve, capsule: Capsule) -> bool:
        if capsule.removed_at is not None or serve.heartbeat_at <= HEARTBEAT_OVER:
            return True
        # While this server was down nobody could have been heard.
        silent_since = max(serve.heartbeat_at, self._started_at)
        return (now() - silent_since).total_seconds() > self._platform.pace.heartbeat

    def _end(self, serve: Serve, capsule: Capsule, build: Build | None) -> None:
        self._tried.pop(serve.id, None)
        self._ending.start(serve.id, self._end_run(serve, capsule, build))

    async def _end_run(self, serve: Serve, capsule: Capsule, build: Build | None) -> None:
        await self._tasks.cancel_and_wait(serve.id)
        await self._sparing.cancel_and_wait(serve.id)
        if build is not None and build.status in ("queued", "running"):
            await self._cancel(build.id)
        await self._run(serve, capsule, build or Build()).end()

    async def _cancel(self, build_id: str) -> None:
        async with self._platform.database.unit_of_work() as db_session:
            build = await db_session.get(Build, build_id)
            if build is not None and build.status in ("queued", "running"):
                cancel_build(build)

    async def _advance(self, serve: Serve, capsule: Capsule, build: Build | None) -> None:
        if build is None or build.status in ("failed", "cancelled"):
            await self._not_built(serve, build)
        elif build.status == "succeeded" and self._tried.get(serve.id) != serve.revision:
            self._tasks.start(serve.id, self._reload(serve, capsule, build))

    def _run(self, serve: Serve, capsule: Capsule, build: Build) -> ServeRun:
        return ServeRun(self._platform, serve, capsule, build, retiring=self._retiring, spares=self._spares)

    async def _not_built(self, serve: Serve, build: Build | None) -> None:
        if serve.status == "failed":
            return
        reason = (build.reason if build else None) or "The build was cancelled."
        async with self._platform.database.unit_of_work() as db_session:
            if row := await db_session.get(Serve, serve.id):
                row.status, row.reason = "failed", reason

    async def _reload(self, serve: Serve, capsule: Capsule, build: Build) -> None:
        run = self._run(serve, capsule, build)
        self._tried[serve.id] = await run.reload()
        await self._sparing.cancel_and_wait(serve.id)
        self._sparing.start(serve.id, self._start_ahead(run))

    async def _start_ahead(self, run: ServeRun) -> None:
        await asyncio.sleep(_SPARE_AFTER_SECONDS)
        await run.start_ahead()
