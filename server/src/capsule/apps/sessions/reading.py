"""What can be read of the sessions, turns and event log of one app. Synchronous."""

import json
import sqlite3
import time
from typing import Any

from capsule.apps.sessions.events import Event
from capsule.apps.sessions.records import ListedSession, SessionRecord, TurnRecord

HISTORY_LENGTH = 50
_LOOK_BEHIND = 16
HISTORY_BYTES = 4 * 1024 * 1024
"""Together with a session's data well below what one line of the protocol may hold."""

_READ_BYTES = 4 * HISTORY_BYTES
"""Of entries among which those of the history are chosen."""
SEARCH_SECONDS = 2.0
_STEPS_BETWEEN_LOOKS = 1000
"""Of SQLite's machine."""
PAGE_BYTES = 4 * 1024 * 1024
"""Of the events of one answer; one that is longer comes alone."""

_SESSION = (
    "id, user_id, user_email, channel, title, is_entered, data, created_at, updated_at, chat_name, is_closed"
)
_EVENT = 'session_id, "offset", type, at, turn_id, data'
_STATUS = (
    "CASE WHEN EXISTS (SELECT 1 FROM prompts WHERE prompts.session_id = s.id AND prompts.status = 'open')"
    " THEN 'waiting' WHEN EXISTS (SELECT 1 FROM turns WHERE turns.session_id = s.id"
    " AND turns.state IN ('queued', 'running')) THEN 'running' ELSE 'idle' END"
)


class Reading:
    """Reads through any connection: one of its own, or that of a transaction."""

    def __init__(self, reader: sqlite3.Connection) -> None:
        self.reader = reader

    def session(self, session_id: str) -> SessionRecord | None:
        row = self.reader.execute(f"SELECT {_SESSION} FROM sessions WHERE id = ?", (session_id,)).fetchone()
        return None if row is None else _to_session(row)

    def sessions(self, user_id: str, channel: str, query: str = "", limit: int = 200) -> list[ListedSession]:
        """Return a user's listed sessions, newest first; with `query` those in whose title or texts it is.

        A search that takes long ends with what it has found: others wait for their turn to read.
        """
        deadline = time.monotonic() + SEARCH_SECONDS
        self.reader.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
        found: list[ListedSession] = []
        try:
            for row in self._sessions(user_id, channel, query, limit):
                found.append(ListedSession(*row))
        except sqlite3.OperationalError:
            if time.monotonic() <= deadline:
                raise
        finally:
            self.reader.set_progress_handler(None, 0)
        return found

    def _sessions(self, user_id: str, channel: str, query: str, limit: int) -> sqlite3.Cursor:
        return self.reader.execute(
            f"SELECT id, title, chat_name, {_STATUS}, created_at, updated_at FROM sessions s"
            " WHERE user_id = ? AND channel = ? AND is_hidden = 0 AND (? = '' OR title LIKE ? ESCAPE '\\'"
            " OR EXISTS (SELECT 1 FROM events e WHERE e.session_id = s.id AND e.is_history = 1"
            " AND e.type <> 'block' AND json_extract(e.data, '$.text') LIKE ? ESCAPE '\\'))"
            " ORDER BY updated_at DESC, id LIMIT ?",
            (user_id, channel, query, _like(query), _like(query), limit),
        )

    def expired(self, before: float, limit: int = 50) -> list[str]:
        """Return sessions that are not closed and in which nothing has happened since `before`."""
        rows = self.reader.execute(
            "SELECT id FROM sessions WHERE is_closed = 0 AND is_entered = 1 AND updated_at < ?"
            " AND NOT EXISTS (SELECT 1 FROM turns WHERE turns.session_id = sessions.id"
            " AND turns.state IN ('queued', 'running')) LIMIT ?",
            (before, limit),
        )
        return [row[0] for row in rows]

    def events(self, session_id: str, after: int, limit: int = 1000) -> list[Event]:
        """Return the next events after an offset: as many as a page holds, at least one if there is any."""
        rows = self.reader.execute(
            f'SELECT {_EVENT} FROM events WHERE session_id = ? AND "offset" > ? ORDER BY "offset" LIMIT ?',
            (session_id, after, limit),
        )
        return _page(rows)

    def events_before(self, session_id: str, before: int, limit: int) -> list[Event]:
        """Return a page of events that ends before an offset, and begins with a message if it can."""
        rows = self.reader.execute(
            f'SELECT {_EVENT} FROM events WHERE session_id = ? AND "offset" < ?'
            ' ORDER BY "offset" DESC LIMIT ?',
            (session_id, before, limit),
        )
        found = _page(rows)[::-1]
        if len(found) < limit and sum(len(event.data) for event in found) <= PAGE_BYTES:
            return found
        begins = next((index for index, event in enumerate(found) if event.type == "message"), 0)
        return found[begins:]

    def turn_events(self, session_id: str, turn_id: str) -> list[Event]:
        rows = self.reader.execute(
            f'SELECT {_EVENT} FROM events WHERE session_id = ? AND turn_id = ? ORDER BY "offset"',
            (session_id, turn_id),
        )
        return [Event(*row) for row in rows]

    def inbound(self, turn: TurnRecord) -> Event:
        """Return the message or action that a turn answers."""
        row = self.reader.execute(
            f'SELECT {_EVENT} FROM events WHERE session_id = ? AND "offset" = ?',
            (turn.session_id, turn.message_offset),
        ).fetchone()
        return Event(*row)

    def base_data(self, turn_id: str) -> dict[str, Any]:
        """Return `session.data` as the turn's first attempt found it."""
        row = self.reader.execute("SELECT base_data FROM turns WHERE id = ?", (turn_id,)).fetchone()
        found: dict[str, Any] = json.loads(row[0]) if row and row[0] else {}
        return found

    def history(self, session_id: str, before: int | None = None) -> list[Event]:
        """Return the newest entries of the conversation, oldest first, in the order of their turns.

        At most HISTORY_LENGTH of them, and fewer when they are long; with `before` only those of earlier
        messages. Messages whose turn has not ended are left out: they are still to be answered.
        """
        cursor = self.reader.execute(
            'SELECT e.session_id, e."offset", e.type, e.at, e.turn_id, e.data, t.message_offset, t.state'
            " FROM events e LEFT JOIN turns t ON t.id = e.turn_id"
            ' WHERE e.session_id = ? AND e.is_history = 1 ORDER BY e."offset" DESC LIMIT ?',
            (session_id, 4 * HISTORY_LENGTH),
        )
        # Nearly always a few more than are wanted are enough to know which they are.
        rows, room = _fetch(cursor, HISTORY_LENGTH + _LOOK_BEHIND, _READ_BYTES)
        found = _in_order_of_turns(rows, before)
        is_known = len(found) >= HISTORY_LENGTH and found[-HISTORY_LENGTH][0] >= rows[-1][1]
        if rows and room > 0 and not is_known:
            found = _in_order_of_turns(rows + _fetch(cursor, 4 * HISTORY_LENGTH, room)[0], before)
        cursor.close()
        newest = [Event(*row[:6]) for _, row in found[-HISTORY_LENGTH:]]
        size = 0
        for index in range(len(newest) - 1, -1, -1):
            size += len(newest[index].data)
            if size > HISTORY_BYTES:
                return newest[index + 1 :]
        return newest

    def open_turns(self) -> list[TurnRecord]:
        """Return queued and running turns in the order of their messages."""
        rows = self.reader.execute(
            "SELECT t.id, t.session_id, s.user_id, t.message_offset, t.state"
            " FROM turns t JOIN sessions s ON s.id = t.session_id"
            " WHERE t.state IN ('queued', 'running')"
            " ORDER BY t.session_id, t.message_offset, t.created_at"
        )
        return [TurnRecord(*row) for row in rows]


def _page(rows: sqlite3.Cursor) -> list[Event]:
    """Read rows of events until they are too many bytes to hold at once."""
    found: list[Event] = []
    size = 0
    for row in rows:
        found.append(Event(*row))
        size += len(found[-1].data)
        if size > PAGE_BYTES:
            break
    rows.close()
    return found


def _fetch(cursor: sqlite3.Cursor, count: int, room: int) -> tuple[list[tuple[Any, ...]], int]:
    """Read rows of the history until there are `count`, or no room is left; return them and the room."""
    found: list[tuple[Any, ...]] = []
    while room > 0 and len(found) < count and (row := cursor.fetchone()) is not None:
        found.append(row)
        room -= len(row[5])
    return found, room


def _in_order_of_turns(rows: list[tuple[Any, ...]], before: int | None) -> list[tuple[int, tuple[Any, ...]]]:
    """Return the rows of ended turns, each with the offset of its turn's message."""
    found = [
        (row[6] if row[6] is not None else row[1], row) for row in rows if row[7] not in ("queued", "running")
    ]
    if before is not None:
        found = [entry for entry in found if entry[0] < before]
    found.sort(key=lambda entry: (entry[0], entry[1][1]))
    return found


def _like(query: str) -> str:
    escaped = query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _to_session(row: tuple[Any, ...]) -> SessionRecord:
    id, user_id, email, channel, title, is_entered, data, created_at, updated_at, chat_name, is_closed = row
    return SessionRecord(
        id,
        user_id,
        email,
        channel,
        title,
        bool(is_entered),
        json.loads(data),
        created_at,
        updated_at,
        chat_name,
        bool(is_closed),
    )
