"""The control database's revisions against its models."""

from pathlib import Path

import pytest

from capsule.db import Database, sqlite_url
from capsule.migrations import (
    DatabaseTooNew,
    MigrationFailed,
    alembic_config,
    migrate,
    newest_revision,
)
from capsule.models import Model


async def test_models_and_migrations_do_not_drift(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    async with database.engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_type": True}), Model.metadata
            )
        )
    assert differences == []


async def test_second_run_has_nothing_to_do(database: Database) -> None:
    assert await migrate(database) is False


async def test_newest_revision_is_the_head_that_alembic_sees(database: Database) -> None:
    from alembic.script import ScriptDirectory

    async with database.engine.connect() as connection:
        heads = await connection.run_sync(
            lambda sync: ScriptDirectory.from_config(alembic_config(sync)).get_heads()
        )
    assert heads == [newest_revision()]


async def test_database_of_a_newer_server_is_refused(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNew):
        await migrate(database)


async def test_failed_migration_says_why(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "capsule.db"))
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE teams (id TEXT)")
    with pytest.raises(MigrationFailed, match="teams"):
        await migrate(database)
    async with database.engine.connect() as connection:
        tables = await connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert [name for (name,) in tables] == ["teams"]
    await database.close()
