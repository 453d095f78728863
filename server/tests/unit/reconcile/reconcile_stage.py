"""A platform whose parts are in memory, a real database, and a reconciler that can be killed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from reconcile_fakes import MemoryAppHost, MemoryEdge, MemoryPipeline
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.builds.service import request_build
from capsule.control.delivery.changes import Changes
from capsule.control.delivery.replicas.repository import SPARE
from capsule.db import Database
from capsule.engines.fake.engine import FakeEngine
from capsule.errors import Unavailable
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Build, Capsule, Deployment, Replica, Space
from capsule.reconcile.platform import CapsuleLocks, Pace, Platform
from capsule.reconcile.reconciler import Reconciler

_numbers = count(1)


class MortalDatabase(Database):
    is_dead = False

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        if self.is_dead:
            raise Unavailable("The process is dead.")
        async with super().reading() as db_session:
            yield db_session

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[AsyncSession]:
        if self.is_dead:
            raise Unavailable("The process is dead.")
        async with super().unit_of_work() as db_session:
            yield db_session


@dataclass
class Stage:
    """What a test plays on."""

    platform: Platform
    engine: FakeEngine
    edge: MemoryEdge
    apps: MemoryAppHost
    pipeline: MemoryPipeline
    space: Space
    reconcilers: list[Reconciler] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.platform.database

    async def begin(self, platform: Platform | None = None) -> Reconciler:
        reconciler = Reconciler(platform or self.platform)
        self.reconcilers.append(reconciler)
        await reconciler.start()
        return reconciler

    def mortal(self, **changes: Any) -> Platform:
        """Return the same platform through connections of its own, which `kill` can cut."""
        database = MortalDatabase(self.database.url)
        engine = FakeEngine(world=self.engine.world, telemetry=self.platform.paths.telemetry)
        return replace(
            self.platform,
            database=database,
            engine=engine,
            changes=Changes(database),
            locks=CapsuleLocks(),
            **changes,
        )

    async def kill(self, reconciler: Reconciler) -> None:
        """Stop every task without any of its clean-up having an effect, as `kill -9` does."""
        platform = reconciler.platform
        assert isinstance(platform.database, MortalDatabase)
        assert isinstance(platform.engine, FakeEngine)
        platform.database.is_dead = platform.engine.unavailable = True
        object.__setattr__(platform, "pace", Pace(patience=0))
        self.reconcilers.remove(reconciler)
        await reconciler.stop()
        await platform.database.close()

    async def add_capsule(self, *, build: bool = True, **values: Any) -> Capsule:
        number = next(_numbers)
        fields = {"name": f"shop-{number}", "slug": f"shop-{number}", "type": "backend", **values}
        async with self.database.unit_of_work() as db_session:
            capsule = Capsule(
                id=new_id("cap"),
                team_id=self.space.team_id,
                space_id=self.space.id,
                number=number,
                is_on=True,
                source={} if fields["type"] == "storage" else {"kind": "git", "url": "https://x.example/r"},
                created_at=now(),
                **{"config": {}, **fields},
            )
            db_session.add(capsule)
            await db_session.flush()
            if build and capsule.type != "storage":
                await request_build(db_session, capsule, trigger="manual", requested_by=None)
        return capsule

    async def build(self, capsule: Capsule) -> Build:
        async with self.database.unit_of_work() as db_session:
            fresh = await db_session.get_one(Capsule, capsule.id)
            return await request_build(db_session, fresh, trigger="manual", requested_by=None)

    async def configure(self, capsule: Capsule, **config: Any) -> None:
        """Change the config without what would follow from it."""
        async with self.database.unit_of_work() as db_session:
            fresh = await db_session.get_one(Capsule, capsule.id)
            fresh.config = {**fresh.config, **config}

    async def deploy(self, capsule: Capsule) -> Deployment:
        """Build once more and return the deployment when it has ended."""
        before = len(await self.rows(Deployment, capsule))
        await self.build(capsule)
        found: Deployment = await self.until_ended(Deployment, capsule, rows=before + 1)
        return found

    async def processes(self, capsule: Capsule) -> list[str]:
        """Return the process type of each replica that is there, sorted."""
        rows = await self.rows(Replica, capsule)
        return sorted(row.process for row in rows if row.state != "stopped")

    async def get(self, capsule: Capsule) -> Capsule:
        async with self.database.reading() as db_session:
            return await db_session.get_one(Capsule, capsule.id)

    async def rows(self, model: type[Any], capsule: Capsule) -> list[Any]:
        async with self.database.reading() as db_session:
            query = select(model).where(model.capsule_id == capsule.id).order_by(model.created_at)
            return list((await db_session.scalars(query)).all())

    async def statuses(self, model: type[Any], capsule: Capsule) -> list[str]:
        return [row.status for row in await self.rows(model, capsule)]

    async def running(self, capsule: Capsule) -> list[str]:
        """Return the replicas that the engine has, without spares."""
        # In this order: a replica has its row before it is started.
        statuses = [status for status in await self.engine.list() if status.capsule_id == capsule.id]
        spares = {row.id for row in await self.rows(Replica, capsule) if row.environment == SPARE}
        return [status.id for status in statuses if status.id not in spares]

    async def spare(self, capsule: Capsule) -> str:
        """Wait until a serve has its spare; return the replica's id."""

        async def there() -> bool:
            return len(await self._spares(capsule)) == 1

        await self.until(there)
        return (await self._spares(capsule))[0]

    async def _spares(self, capsule: Capsule) -> list[str]:
        rows = await self.rows(Replica, capsule)
        return [row.id for row in rows if row.environment == SPARE and row.state == "healthy"]

    async def until(self, claim: Callable[[], Awaitable[bool]], *, seconds: float = 30.0) -> None:
        async with asyncio.timeout(seconds):
            while not await claim():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def until_ended(self, model: type[Any], capsule: Capsule, *, rows: int = 1) -> Any:
        """Wait until there are so many rows and the newest is neither queued nor running; return it."""

        async def ended() -> bool:
            found = await self.statuses(model, capsule)
            return len(found) >= rows and found[-1] not in ("queued", "running")

        await self.until(ended)
        return (await self.rows(model, capsule))[-1]

    async def live(self, **values: Any) -> Capsule:
        """Add a capsule and wait until it is deployed."""
        capsule = await self.add_capsule(**values)
        deployment = await self.until_ended(Deployment, capsule)
        assert deployment.status == "succeeded", deployment.reason
        return capsule

    async def until_replicas(self, capsule: Capsule, number: int) -> None:
        async def there() -> bool:
            rows = await self.rows(Replica, capsule)
            present = [row for row in rows if row.state != "stopped" and row.environment != SPARE]
            return len(await self.running(capsule)) == len(present) == number

        await self.until(there)
