"""After a removal nothing is left: no row, no file, no route, no replica."""

from pathlib import Path

import pytest
from reconcile_stage import Stage
from sqlalchemy import text

from capsule.kit.clock import now
from capsule.models import Capsule, Model


async def remove(stage: Stage, capsule: Capsule) -> None:
    async with stage.database.unit_of_work() as db_session:
        row = await db_session.get_one(Capsule, capsule.id)
        row.removed_at, row.is_on = now(), False

    async def gone() -> bool:
        async with stage.database.reading() as db_session:
            return await db_session.get(Capsule, capsule.id) is None

    await stage.until(gone)


def traces(root: Path, *words: str) -> list[Path]:
    return [path for path in root.rglob("*") if any(word in path.name for word in words)]


async def rows_naming(stage: Stage, capsule: Capsule) -> dict[str, int]:
    found = {}
    async with stage.database.reading() as db_session:
        for table in Model.metadata.tables.values():
            if "capsule_id" in table.columns:
                query = text(f"SELECT count(*) FROM {table.name} WHERE capsule_id = :id")
                if number := (await db_session.scalar(query, {"id": capsule.id})):
                    found[table.name] = number
    return found


@pytest.mark.parametrize("kind", ["backend", "app"])
async def test_live_capsule_leaves_nothing(stage: Stage, kind: str) -> None:
    await stage.begin()
    capsule = await stage.live(type=kind)
    other = await stage.live()
    await remove(stage, capsule)
    assert await stage.running(capsule) == []
    assert capsule.id not in stage.edge.table
    assert (capsule.id, "deploy") not in stage.apps.hosted
    assert (capsule.id, "deploy") in stage.apps.deleted
    assert traces(stage.platform.paths.root, capsule.id, stage.pipeline.built[0]) == []
    assert await rows_naming(stage, capsule) == {}
    assert len(await stage.running(other)) == 1
    assert stage.platform.paths.artifact(stage.pipeline.built[1]).is_dir()


async def test_capsule_that_is_just_being_built_leaves_nothing(stage: Stage) -> None:
    stage.pipeline.seconds = 60
    await stage.begin()
    capsule = await stage.add_capsule()

    async def runs() -> bool:
        return stage.pipeline.most_at_once == 1

    await stage.until(runs)
    await remove(stage, capsule)
    assert await rows_naming(stage, capsule) == {}
    assert capsule.id not in stage.edge.table


async def test_capsule_whose_replica_does_not_answer_yet_leaves_nothing(stage: Stage) -> None:
    stage.edge.silent = True
    object.__setattr__(stage.platform, "pace", type(stage.platform.pace)(answer=60))
    await stage.begin()
    capsule = await stage.add_capsule()

    async def runs() -> bool:
        return await stage.running(capsule) != []

    await stage.until(runs)
    await remove(stage, capsule)
    assert await stage.running(capsule) == []
    assert await rows_naming(stage, capsule) == {}


async def test_storage_leaves_no_files(stage: Stage) -> None:
    await stage.begin()
    storage = await stage.add_capsule(type="storage")
    folder = stage.platform.paths.storage(storage.id)
    folder.mkdir(parents=True)
    (folder / "report.txt").write_text("x")
    await remove(stage, storage)
    assert not folder.exists()
