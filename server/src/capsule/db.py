"""Open the control database and hand out units of work. Knows no table."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.util.concurrency import in_greenlet

_JOIN_SECONDS = 2.0


def sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


class Database:
    """One control database: SQLite (WAL) by default, PostgreSQL by another URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = _Opener()
        self.engine: AsyncEngine = create_async_engine(url)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine.sync_engine, "do_connect", self._opener.connect)
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
            await _whole(db_session.connection(execution_options={"reading": True}))
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
        await self._opener.settle()
        await self.engine.dispose()
        await self._opener.join()


async def _whole(work: Coroutine[Any, Any, object]) -> None:
    """Let an opening, commit, rollback or close come to its end though the caller is cancelled.

    Half of it could leave a connection behind that nobody closes, or that holds SQLite's write lock.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


class _Opener:
    """Opens connections to SQLite so that a cancellation leaves none half open.

    aiosqlite's own way out of one is a thread that goes on alone, and that may outlive the event loop.
    """

    def __init__(self) -> None:
        self._unwanted: set[asyncio.Task[None]] = set()
        self._opened_ones: list[aiosqlite.Connection] = []
        """Also those that SQLAlchemy lost, cancelled while it prepared them; they are closed at the end."""

    def connect(self, dialect: Any, _record: object, arguments: Any, options: Any) -> Any:
        """SQLAlchemy's `do_connect`."""
        return dialect.connect(*arguments, **options, async_creator_fn=self._opened)

    async def settle(self) -> None:
        """Return when connections that nobody waited for any more are closed."""
        while self._unwanted:
            await asyncio.wait(self._unwanted)

    async def join(self) -> None:
        """Close what is still open, and wait for the threads: each tells this loop its end."""
        until = time.monotonic() + _JOIN_SECONDS
        for connection in self._opened_ones:
            if connection._connection is not None:
                await connection.close()
            if connection._thread.is_alive():
                await asyncio.to_thread(connection._thread.join, max(0.0, until - time.monotonic()))
        self._opened_ones.clear()

    async def _opened(self, *arguments: Any, **options: Any) -> aiosqlite.Connection:
        connection = aiosqlite.connect(*arguments, **options)
        connection._thread.daemon = True  # as SQLAlchemy does it: one left over does not hold up the exit
        opening = asyncio.ensure_future(self._open(connection))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            closing = asyncio.ensure_future(_close_opened(opening))
            self._unwanted.add(closing)
            closing.add_done_callback(self._unwanted.discard)
            raise

    async def _open(self, connection: aiosqlite.Connection) -> aiosqlite.Connection:
        await connection
        self._opened_ones = [*(one for one in self._opened_ones if one._thread.is_alive()), connection]
        return connection


async def _close_opened(opening: "asyncio.Task[aiosqlite.Connection]") -> None:
    await asyncio.wait([opening])
    if opening.exception() is None:
        await opening.result().close()


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
