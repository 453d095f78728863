"""The stage on which reconcile plays in tests."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from reconcile_fakes import MemoryAppHost, MemoryEdge, MemoryPipeline
from reconcile_stage import Stage

from capsule.build.pipeline import Pipeline
from capsule.control.delivery.changes import Changes
from capsule.db import Database, sqlite_url
from capsule.engines.fake.engine import FakeEngine
from capsule.kit.crypto import SecretBox
from capsule.kit.ids import new_id
from capsule.models import Model, Space, Team
from capsule.paths import DataPaths
from capsule.reconcile.platform import Pace, Platform


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    paths = DataPaths(tmp_path)
    database = Database(sqlite_url(paths.database))
    async with database.engine.begin() as connection:
        await connection.run_sync(Model.metadata.create_all)
    team = Team(id=new_id("team"), name="ours", slug="ours")
    space = Space(id=new_id("spc"), team_id=team.id, name="main", slug="main")
    async with database.unit_of_work() as db_session:
        db_session.add(team)
        await db_session.flush()
        db_session.add(space)
    engine = FakeEngine(telemetry=paths.telemetry)
    edge, apps, pipeline = MemoryEdge(), MemoryAppHost(), MemoryPipeline(paths)
    platform = Platform(
        database=database,
        paths=paths,
        box=SecretBox.open(paths.keys / "secret.key"),
        engine=engine,
        edge=edge,
        apps=apps,
        pipeline=cast(Pipeline, pipeline),
        changes=Changes(database),
        pace=Pace(answer=0.5, drain=0.2, patience=5, heartbeat=1.0),
    )
    made = Stage(platform, engine, edge, apps, pipeline, space)
    yield made
    for reconciler in list(made.reconcilers):
        await reconciler.stop()
    for replica in await _ids(engine):
        await engine.destroy(replica)
    await database.close()


async def _ids(engine: FakeEngine) -> list[str]:
    engine.unavailable = False
    return [status.id for status in await engine.list()]
