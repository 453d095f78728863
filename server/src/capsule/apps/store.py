"""Keep the sessions, turns and event log of one app in one SQLite file. Synchronous; knows no runtime.

WAL with `synchronous=FULL`: what was acknowledged survives a power cut too. That is affordable because
`log.SessionLog` commits everything that arrived during one commit with the next.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from capsule.apps.errors import SessionDataTooLarge, SessionNotFound
from capsule.apps.events import HISTORY_TYPES, Event
from capsule.apps.storefile import connect, upgrade
from capsule.errors import PlatformError

TITLE_LENGTH = 60
HISTORY_LENGTH = 50
HISTORY_BYTES = 4 * 1024 * 1024
DATA_BYTES = 8 * 1024 * 1024
"""Together well below what one line of the protocol may hold."""


@dataclass(frozen=True)
class SessionRecord:
    """One conversation of one user."""

    id: str
    user_id: str
    user_email: str | None
    channel: str
    title: str
    is_entered: bool
    data: dict[str, Any]
    created_at: float
    updated_at: float


@dataclass(frozen=True)
class TurnRecord:
    """One inbound message and how far it has come: `queued`, `running`, or a final status."""

    id: str
    session_id: str
    message_offset: int
    state: str


@dataclass(frozen=True)
class Accepted:
    """What became of a message: its place in the log, and whether it was new."""

    offset: int
    turn_id: str
    is_new: bool


class Transaction:
    """The changes of one commit. Methods raise PlatformError only before they have written anything."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._offsets: dict[str, int] = {}
        self.appended: list[Event] = []

    def append(self, session_id: str, type: str, turn_id: str | None, data: dict[str, Any]) -> Event:
        """Add an event at the end of a session's log."""
        last = self._offsets.get(session_id)
        if last is None:
            row = self._connection.execute(
                'SELECT max("offset") FROM events WHERE session_id = ?', (session_id,)
            ).fetchone()
            last = row[0] or 0
        self._offsets[session_id] = last + 1
        text = msgspec.json.encode(data).decode()
        event = Event(session_id, last + 1, type, time.time(), turn_id, text)
        self._connection.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
            (session_id, event.offset, type, event.at, turn_id, text, type in HISTORY_TYPES),
        )
        self.appended.append(event)
        return event

    def create_session(self, session_id: str, user_id: str, user_email: str | None, channel: str) -> None:
        """Create a session; one that exists already is left as it is."""
        now = time.time()
        self._connection.execute(
            "INSERT OR IGNORE INTO sessions (id, user_id, user_email, channel, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (session_id, user_id, user_email, channel, now, now),
        )

    def accept_message(self, session_id: str, turn_id: str, client_id: str, text: str) -> Accepted:
        """Add a message and queue its turn; the same `client_id` again changes nothing.

        Raises SessionNotFound.
        """
        known = self._connection.execute(
            "SELECT message_offset, id FROM turns WHERE session_id = ? AND client_id = ?",
            (session_id, client_id),
        ).fetchone()
        if known is not None:
            return Accepted(known[0], known[1], is_new=False)
        session = self._connection.execute(
            "SELECT title FROM sessions WHERE id = ?", (session_id,)
        ).fetchone()
        if session is None:
            raise SessionNotFound(f"There is no session {session_id!r}.")
        payload = {"id": turn_id, "text": text, "sender": "user", "client_id": client_id}
        event = self.append(session_id, "message", turn_id, payload)
        self._connection.execute(
            "INSERT INTO turns VALUES (?, ?, ?, ?, 'queued', ?, NULL, NULL)",
            (turn_id, session_id, client_id, event.offset, event.at),
        )
        self._connection.execute(
            "UPDATE sessions SET updated_at = ?, title = ? WHERE id = ?",
            (event.at, session[0] or shorten(text), session_id),
        )
        return Accepted(event.offset, turn_id, is_new=True)

    def start_turn(self, turn: TurnRecord, release: str) -> bool:
        """Mark a queued turn as running; False when it is not queued any more."""
        changed = self._connection.execute(
            "UPDATE turns SET state = 'running' WHERE id = ? AND state = 'queued'", (turn.id,)
        )
        if changed.rowcount != 1:
            return False
        self.append(turn.session_id, "turn_started", turn.id, {"release": release})
        return True

    def drop_turn(self, session_id: str, turn_id: str, status: str, error: str | None) -> bool:
        """End a turn that has not started; False when it has."""
        row = self._connection.execute("SELECT state FROM turns WHERE id = ?", (turn_id,)).fetchone()
        if row is None or row[0] != "queued":
            return False
        return self.end_turn(session_id, turn_id, status, error, {})

    def end_turn(
        self, session_id: str, turn_id: str, status: str, error: str | None, open_replies: dict[str, str]
    ) -> bool:
        """End a turn that has not ended yet, closing the replies it left open; False if it had ended."""
        changed = self._connection.execute(
            "UPDATE turns SET state = ? WHERE id = ? AND state IN ('queued', 'running')", (status, turn_id)
        )
        if changed.rowcount != 1:
            return False
        for reply_id, text in open_replies.items():
            self.append(session_id, "reply_ended", turn_id, {"id": reply_id, "text": text})
        payload = {"status": status, **({"error": error} if error else {})}
        event = self.append(session_id, "turn_ended", turn_id, payload)
        self._connection.execute("UPDATE sessions SET updated_at = ? WHERE id = ?", (event.at, session_id))
        self._connection.execute(
            "UPDATE turns SET end_offset = ?, ended_at = ? WHERE id = ?", (event.offset, event.at, turn_id)
        )
        return True

    def interrupt_running(self, error: str) -> list[str]:
        """End every running turn as interrupted and return their ids."""
        running = self._connection.execute(
            "SELECT id, session_id FROM turns WHERE state = 'running'"
        ).fetchall()
        for turn_id, session_id in running:
            replies = self._open_replies(session_id, turn_id)
            self.end_turn(session_id, turn_id, "interrupted", error, replies)
        return [turn_id for turn_id, _ in running]

    def _open_replies(self, session_id: str, turn_id: str) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        rows = self._connection.execute(
            'SELECT type, data FROM events WHERE session_id = ? AND turn_id = ? ORDER BY "offset"',
            (session_id, turn_id),
        )
        for type, data in rows:
            if type == "reply_started":
                found[json.loads(data)["id"]] = []
            elif type == "reply_delta":
                delta = json.loads(data)
                found.setdefault(delta["id"], []).append(delta["text"])
            elif type == "reply_ended":
                found.pop(json.loads(data)["id"], None)
        return {reply_id: "".join(parts) for reply_id, parts in found.items()}

    def save_data(self, session_id: str, changed: dict[str, Any], removed: Sequence[str]) -> None:
        """Write and remove top-level keys of a session's data."""
        row = self._connection.execute("SELECT data FROM sessions WHERE id = ?", (session_id,)).fetchone()
        if row is None:
            raise SessionNotFound(f"There is no session {session_id!r}.")
        data = {**json.loads(row[0]), **changed}
        for key in removed:
            data.pop(key, None)
        text = msgspec.json.encode(data).decode()
        if len(text) > DATA_BYTES:
            raise SessionDataTooLarge(
                f"session.data would be {len(text)} characters of JSON; it may have {DATA_BYTES}.",
                hint="Keep large content in a file of a FileSystem.",
            )
        self._connection.execute("UPDATE sessions SET data = ? WHERE id = ?", (text, session_id))

    def set_entered(self, session_id: str) -> None:
        self._connection.execute("UPDATE sessions SET is_entered = 1 WHERE id = ?", (session_id,))

    def set_title(self, session_id: str, title: str) -> None:
        self._connection.execute("UPDATE sessions SET title = ? WHERE id = ?", (shorten(title), session_id))

    def delete_session(self, session_id: str) -> None:
        for table, column in (("events", "session_id"), ("turns", "session_id"), ("sessions", "id")):
            self._connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (session_id,))

    def thin_out(self, ended_before: float, turns: int = 100) -> int:
        """Remove the deltas and passing notes of some turns that ended long ago; whole replies stay.

        Return the number of turns done; less than `turns` when there are no more.
        """
        ended = self._connection.execute(
            "SELECT id, session_id, message_offset, end_offset FROM turns"
            " WHERE ended_at IS NOT NULL AND ended_at < ? ORDER BY ended_at LIMIT ?",
            (ended_before, turns),
        ).fetchall()
        for turn_id, session_id, first, last in ended:
            self._connection.execute(
                'DELETE FROM events WHERE session_id = ? AND "offset" BETWEEN ? AND ? AND turn_id = ?'
                " AND type IN ('reply_delta', 'notification')",
                (session_id, first, last, turn_id),
            )
            self._connection.execute("UPDATE turns SET ended_at = NULL WHERE id = ?", (turn_id,))
        return len(ended)


Operation = Callable[[Transaction], Any]


class SessionStore:
    """One file. `apply` is called from one thread at a time, the reading methods from another."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = connect(path)
        try:
            upgrade(self._writer, path)
            # Of a broken file the tables that every start reads say so now rather than later.
            for table in ("turns", "sessions", "events"):
                self._writer.execute(f"SELECT * FROM {table} LIMIT 1").fetchall()
            self._reader = connect(path)
        except BaseException:
            self._writer.close()
            raise
        self._reader.execute("PRAGMA query_only=ON")

    def apply(self, operations: Iterable[Operation]) -> tuple[list[Any], list[Event]]:
        """Run the operations in one commit; return each result (or PlatformError) and the new events.

        Any other failure undoes all of them and is raised.
        """
        results: list[Any] = []
        transaction = Transaction(self._writer)
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            for operation in operations:
                try:
                    results.append(operation(transaction))
                except PlatformError as exc:
                    results.append(exc)
            self._writer.execute("COMMIT")
        except BaseException:
            self._writer.execute("ROLLBACK")
            raise
        return results, transaction.appended

    def session(self, session_id: str) -> SessionRecord | None:
        row = self._reader.execute("SELECT * FROM sessions WHERE id = ?", (session_id,)).fetchone()
        return None if row is None else _to_session(row)

    def sessions(self, user_id: str, channel: str, limit: int = 200) -> list[tuple[SessionRecord, bool]]:
        """Return a user's sessions, newest first, each with whether a turn is queued or running."""
        rows = self._reader.execute(
            "SELECT *, EXISTS (SELECT 1 FROM turns WHERE turns.session_id = sessions.id"
            " AND state IN ('queued', 'running')) FROM sessions"
            " WHERE user_id = ? AND channel = ? ORDER BY updated_at DESC, id LIMIT ?",
            (user_id, channel, limit),
        )
        return [(_to_session(row[:-1]), bool(row[-1])) for row in rows]

    def events(self, session_id: str, after: int, limit: int = 1000) -> list[Event]:
        rows = self._reader.execute(
            'SELECT session_id, "offset", type, at, turn_id, data FROM events'
            ' WHERE session_id = ? AND "offset" > ? ORDER BY "offset" LIMIT ?',
            (session_id, after, limit),
        )
        return [Event(*row) for row in rows]

    def turn_events(self, session_id: str, turn_id: str) -> list[Event]:
        rows = self._reader.execute(
            'SELECT session_id, "offset", type, at, turn_id, data FROM events'
            ' WHERE session_id = ? AND turn_id = ? ORDER BY "offset"',
            (session_id, turn_id),
        )
        return [Event(*row) for row in rows]

    def message_text(self, turn: TurnRecord) -> tuple[str, float]:
        row = self._reader.execute(
            'SELECT data, at FROM events WHERE session_id = ? AND "offset" = ?',
            (turn.session_id, turn.message_offset),
        ).fetchone()
        return json.loads(row[0])["text"], row[1]

    def history(self, session_id: str) -> list[Event]:
        """Return the newest entries of the conversation, oldest first, in the order of their turns.

        At most HISTORY_LENGTH of them, and fewer when they are long.
        Messages whose turn has not ended are left out: they are still to be answered.
        """
        rows = self._reader.execute(
            'SELECT e.session_id, e."offset", e.type, e.at, e.turn_id, e.data, t.message_offset, t.state'
            " FROM events e LEFT JOIN turns t ON t.id = e.turn_id"
            ' WHERE e.session_id = ? AND e.is_history = 1 ORDER BY e."offset" DESC LIMIT ?',
            (session_id, 4 * HISTORY_LENGTH),
        )
        found = [
            (row[6] if row[6] is not None else row[1], Event(*row[:6]))
            for row in rows
            if row[7] not in ("queued", "running")
        ]
        found.sort(key=lambda entry: (entry[0], entry[1].offset))
        newest = [event for _, event in found[-HISTORY_LENGTH:]]
        size = 0
        for index in range(len(newest) - 1, -1, -1):
            size += len(newest[index].data)
            if size > HISTORY_BYTES:
                return newest[index + 1 :]
        return newest

    def open_turns(self) -> list[TurnRecord]:
        """Return queued and running turns in the order of their messages."""
        rows = self._reader.execute(
            "SELECT id, session_id, message_offset, state FROM turns"
            " WHERE state IN ('queued', 'running') ORDER BY session_id, message_offset"
        )
        return [TurnRecord(*row) for row in rows]

    def close(self) -> None:
        self._reader.close()
        self._writer.close()


def shorten(text: str) -> str:
    """Return the first line of a text, cut to the length of a title."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def _to_session(row: tuple[Any, ...]) -> SessionRecord:
    id, user_id, user_email, channel, title, is_entered, data, created_at, updated_at = row
    return SessionRecord(
        id,
        user_id,
        user_email,
        channel,
        title,
        bool(is_entered),
        json.loads(data),
        created_at,
        updated_at,
    )
