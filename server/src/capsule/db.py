"""Open the control database and hand out units of work. Knows no table."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.util.concurrency import in_greenlet


def sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


class Database:
    """One control database: SQLite (WAL) by default, PostgreSQL by another URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: AsyncEngine = create_async_engine(url)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine.sync_engine, "connect", _tune_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_immediate)
            _end_connections_once(self.engine.sync_engine.dialect)
        self.session_class = type("ControlSession", (Session,), {})
        """Class of this database's sessions; listeners for what units of work changed go here."""
        self._sessions = async_sessionmaker(
            self.engine, expire_on_commit=False, sync_session_class=self.session_class
        )

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Yield a session for queries only; never waits for a writer on SQLite.

        What it loaded stays readable afterwards, as plain data.
        """
        db_session = self._sessions()
        try:
            await db_session.connection(execution_options={"reading": True})
            yield db_session
            db_session.expunge_all()  # a rollback would empty what was loaded
        finally:
            await _whole(db_session.close())

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[AsyncSession]:
        """Yield a session that commits once at the end, or rolls back on any exception.

        Only the request edge (`api/`) and `reconcile/` open one; services never commit.
        """
        db_session = self._sessions()
        try:
            yield db_session
            await _whole(db_session.commit())
        except BaseException:
            await _whole(db_session.rollback())
            raise
        finally:
            await _whole(db_session.close())

    async def close(self) -> None:
        await self.engine.dispose()


async def _whole(ending: Coroutine[Any, Any, None]) -> None:
    """Let a commit, rollback or close come to its end though the caller is cancelled.

    Half of it could leave a connection behind that still holds SQLite's write lock.
    """
    task = asyncio.ensure_future(ending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


def _end_connections_once(dialect: Any) -> None:
    """Close the connection of a cancelled user in one way only.

    SQLAlchemy's is to begin a close, and when it is cancelled once more to stop the connection's thread
    beside it: the close then waits for ever for a thread that has ended, and so does the end of the process.
    """
    force = dialect.do_terminate

    def do_terminate(connection: Any) -> None:
        dialect.do_close(connection) if in_greenlet() else force(connection)

    dialect.do_terminate = do_terminate


def _tune_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's own BEGIN decides when a transaction starts
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    # A deferred transaction that reads first and writes later fails at once when another one wrote between.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
