"""Tell whoever listens which capsules changed, once the change is committed. Knows no reader and no query.

Listens to the sessions of the control database, so that no service has to remember to announce anything.
Statements that bypass the unit of work (`update(...)`) call `touch`.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from capsule.db import Database
from capsule.models import Capsule

_CHANGED = "changed_capsules"


def touch(db_session: AsyncSession, capsule_id: str) -> None:
    """Announce the capsule when this unit of work commits."""
    db_session.info.setdefault(_CHANGED, set()).add(capsule_id)


class Changes:
    """In-process news of changed capsules. Slow listeners miss nothing but the steps in between."""

    def __init__(self, database: Database) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._callbacks: list[Callable[[str], None]] = []
        event.listen(database.session_class, "after_flush", self._collect)
        event.listen(database.session_class, "after_commit", self._publish)
        event.listen(database.session_class, "after_rollback", self._forget)

    def on_change(self, callback: Callable[[str], None]) -> None:
        """Call `callback` with each changed capsule's id, in the event loop, after the commit."""
        self._callbacks.append(callback)

    @contextmanager
    def listening(self, capsule_id: str) -> Iterator[asyncio.Event]:
        """Yield an event that is set at each change; the listener clears it before it looks."""
        news = asyncio.Event()
        waiting = self._waiting.setdefault(capsule_id, set())
        waiting.add(news)
        try:
            yield news
        finally:
            waiting.discard(news)
            if not waiting and self._waiting.get(capsule_id) is waiting:
                del self._waiting[capsule_id]

    def announce(self, capsule_id: str) -> None:
        for news in self._waiting.get(capsule_id, ()):
            news.set()
        for callback in self._callbacks:
            callback(capsule_id)

    def _collect(self, session: Session, _flush_context: object) -> None:
        changed: set[str] = session.info.setdefault(_CHANGED, set())
        for row in (*session.new, *session.dirty, *session.deleted):
            if isinstance(row, Capsule):
                changed.add(row.id)
            elif capsule_id := getattr(row, "capsule_id", None):
                changed.add(capsule_id)

    def _publish(self, session: Session) -> None:
        for capsule_id in session.info.pop(_CHANGED, ()):
            self.announce(capsule_id)

    def _forget(self, session: Session) -> None:
        session.info.pop(_CHANGED, None)
