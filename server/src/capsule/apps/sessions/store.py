"""Keep the sessions, turns and event log of one app in one SQLite file. Synchronous; knows no runtime.

WAL with `synchronous=FULL`: what was acknowledged survives a power cut too. That is affordable because
`log.SessionLog` commits everything that arrived during one commit with the next.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from capsule.apps.sessions.events import Event
from capsule.apps.sessions.reading import Reading
from capsule.apps.sessions.recent import RecentHistory
from capsule.apps.sessions.storefile import connect, upgrade
from capsule.apps.sessions.transaction import Transaction
from capsule.errors import PlatformError

Operation = Callable[[Transaction], Any]

_KNOWN_OFFSETS = 10_000


class SessionStore(Reading):
    """One file. Written by one thread at a time, the reading methods are called from another."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._offsets: dict[str, int] = {}
        self._recent = RecentHistory()
        self._writer = connect(path)
        try:
            upgrade(self._writer, path)
            # Of a broken file the tables that every start reads say so now rather than later.
            for table in ("turns", "sessions", "events"):
                self._writer.execute(f"SELECT * FROM {table} LIMIT 1").fetchall()
            super().__init__(connect(path))
        except BaseException:
            self._writer.close()
            raise
        self.reader.execute("PRAGMA query_only=ON")

    def apply(self, operations: Iterable[Operation]) -> tuple[list[Any], list[Event]]:
        """Run the operations in one commit: `write`, then `commit`."""
        written = self.write(operations)
        self.commit()
        return written

    def write(self, operations: Iterable[Operation]) -> tuple[list[Any], list[Event]]:
        """Run the operations; return each result (or PlatformError) and the new events.

        Nothing of it is there before `commit`. Any other failure undoes all of them and is raised.
        """
        results: list[Any] = []
        if len(self._offsets) > _KNOWN_OFFSETS:
            self._offsets.clear()
        transaction = Transaction(self._writer, self._offsets, self._recent)
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            for operation in operations:
                try:
                    results.append(operation(transaction))
                except PlatformError as exc:
                    results.append(exc)
            transaction.flush()
        except BaseException:
            self._undo()
            raise
        return results, transaction.appended

    def commit(self) -> None:
        """Make durable what was written. A failure undoes it and is raised."""
        try:
            self._writer.execute("COMMIT")
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        self._offsets.clear()
        self._recent.clear()
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    def close(self) -> None:
        self.reader.close()
        self._writer.close()
