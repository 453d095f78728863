"""Take down the replicas of capsules that are switched off: first the route, then the replicas."""

from sqlalchemy import select

from capsule.control.delivery.replicas.repository import ReplicaRepository
from capsule.control.delivery.replicas.service import stopped
from capsule.edge.contract import RouteState
from capsule.models import Capsule, Replica
from capsule.reconcile.platform import Platform
from capsule.reconcile.routes import capsule_route
from capsule.reconcile.work import Tasks


class Switches:
    def __init__(self, platform: Platform, tasks: Tasks) -> None:
        self._platform = platform
        self._tasks = tasks

    async def tend(self) -> None:
        async with self._platform.database.reading() as db_session:
            query = (
                select(Capsule.id)
                .join(Replica, Replica.capsule_id == Capsule.id)
                .where(
                    Capsule.is_on.is_(False),
                    Capsule.removed_at.is_(None),
                    Replica.state != "stopped",
                    Replica.environment == "deploy",
                )
                .distinct()
            )
            capsule_ids = (await db_session.scalars(query)).all()
        for capsule_id in capsule_ids:
            if capsule_id not in self._tasks:
                self._tasks.start(capsule_id, self._switch_off(capsule_id))

    async def stop(self) -> None:
        await self._tasks.stop()

    async def _switch_off(self, capsule_id: str) -> None:
        async with self._platform.locks.of(capsule_id):
            async with self._platform.database.reading() as db_session:
                capsule = await db_session.get(Capsule, capsule_id)
                if capsule is None or capsule.is_on:
                    return
                replicas = await ReplicaRepository(db_session).of_capsule(capsule_id, environment="deploy")
            route = capsule_route(self._platform, capsule, RouteState.stopped)
            await self._platform.edge.put_route(route, drain_seconds=self._platform.pace.drain)
            for replica in replicas:
                await self._platform.engine.destroy(replica.id)
                async with self._platform.database.unit_of_work() as db_session:
                    if row := await db_session.get(Replica, replica.id):
                        stopped(row)
