"""Bring the control database to the newest revision.

Alembic is imported only when there is something to do: a start without new revisions is one query.
"""

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


def newest_revision() -> str:
    """Return the last revision, read off the file names (`0001_first_tables.py`)."""
    return max(file.name.partition("_")[0] for file in (_FOLDER / "versions").glob("[0-9]*.py"))


async def migrate(database: Database) -> bool:
    """Apply what is missing, in one transaction. Returns whether there was anything to do."""
    async with database.engine.begin() as connection:
        return await connection.run_sync(_migrate)


def _migrate(connection: Connection) -> bool:
    current, newest = _current_revision(connection), newest_revision()
    if current == newest:
        return False
    if current is not None and current > newest:
        raise DatabaseTooNew(
            f"The database is at revision {current}, this server knows only {newest}.",
            hint="Start the newer server, or restore the backup made before the update.",
        )
    from alembic import command

    command.upgrade(alembic_config(connection), "head")
    return True


def alembic_config(connection: Connection) -> "Config":
    """Return Alembic's settings for work on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _current_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
