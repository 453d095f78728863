"""Open the SQLite file of an app's users: bring its tables up to date, set a broken file aside.

Knows nothing of what the tables mean. To change them add `schema/<next number>.sql`: it runs once, in one
transaction, on every file that is older (new files included), and `PRAGMA user_version` remembers it.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TypeVar

from capsule.errors import Unavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "cache_size=-512")
_SUFFIXES = ("", "-wal", "-shm")


class SessionsFromNewerVersion(Unavailable):
    code, title = "sessions_from_newer_version", "Conversations cannot be read"


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """Run the steps that this file has not seen. Raises SessionsFromNewerVersion."""
    steps = _steps()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(steps):
        raise SessionsFromNewerVersion(
            f"The conversations in {path.name} were written by a newer version of Capsule"
            f" (schema {version}; this one knows {len(steps)}).",
            hint="Run that version again, or restore the file from before the upgrade.",
        )
    for number, script in enumerate(steps[version:], start=version + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE;\n{script};\nPRAGMA user_version={number};\nCOMMIT;")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def open_sound(path: Path, make: Callable[[Path], T]) -> T:
    """Return `make(path)`; when the file is broken, set it aside for later rescue and begin a new one."""
    try:
        return make(path)
    except sqlite3.DatabaseError as exc:
        if (getattr(exc, "sqlite_errorcode", 0) & 0xFF) not in _BROKEN:
            raise
        aside = set_aside(path)
        log.error("%s is broken (%s); it was set aside as %s and a new one begun", path.name, exc, aside.name)
        return make(path)


def set_aside(path: Path) -> Path:
    """Rename a store's files and return the new name of the first."""
    aside = path.with_name(f"{path.name}.broken-{time.strftime('%Y%m%dT%H%M%S')}")
    for suffix in _SUFFIXES:
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    return aside


def remove(path: Path) -> None:
    """Delete a store's files, those set aside included."""
    for suffix in _SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    for aside in path.parent.glob(f"{path.name}.broken-*"):
        aside.unlink()


def _steps() -> list[str]:
    folder = resources.files("capsule.apps.sessions").joinpath("schema")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name)
    return [file.read_text() for file in files]
