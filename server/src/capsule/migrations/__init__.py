"""Bring the control database to the newest revision.

A start without new revisions is one query. When there are some, Alembic runs in a process of its own,
because it would stay in the server's memory (17 MiB) for the rest of its life.
"""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from capsule.db import Database
from capsule.errors import PlatformError

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent


class DatabaseTooNew(PlatformError):
    """A newer server has been here; going back would lose data."""

    code, title = "database_too_new", "Database too new"


class MigrationFailed(PlatformError):
    """The database is as it was before; the detail is the last line of the reason."""

    code, title = "migration_failed", "Migration failed"


def newest_revision() -> str:
    """Return the last revision, read off the file names (`0001_first_tables.py`)."""
    return max(file.name.partition("_")[0] for file in (_FOLDER / "versions").glob("[0-9]*.py"))


async def migrate(database: Database) -> bool:
    """Apply what is missing, in one transaction. Returns whether there was anything to do.

    Raises DatabaseTooNew and MigrationFailed; the database is then as it was.
    """
    async with database.engine.connect() as connection:
        current = await connection.run_sync(_current_revision)
    newest = newest_revision()
    if current == newest:
        return False
    if current is not None and current > newest:
        raise DatabaseTooNew(
            f"The database is at revision {current}, this server knows only {newest}.",
            hint="Start the newer server, or restore the backup made before the update.",
        )
    await _upgrade_apart(database.url)
    return True


def upgrade(connection: Connection) -> None:
    """Run the missing revisions on this connection, in this process; the caller commits."""
    from alembic import command

    command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> "Config":
    """Return Alembic's settings for work on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def _upgrade_apart(url: str) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "capsule.migrations"),
        stdin=asyncio.subprocess.PIPE,  # the URL may hold a password, so it is not an argument
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await child.communicate(url.encode())
    if child.returncode != 0:
        lines = errors.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise MigrationFailed(f"The control database could not be updated: {lines[-1]}")


def _current_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
