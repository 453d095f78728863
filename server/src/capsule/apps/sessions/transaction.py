"""The changes of one commit to the sessions, turns and event log of one app."""

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from capsule.apps.errors import (
    SessionDataTooLarge,
    SessionNotFound,
    TooManySessions,
    TurnNotFound,
    TurnNotRepeatable,
)
from capsule.apps.sessions import blocks, journal
from capsule.apps.sessions.events import HISTORY_TYPES, Event
from capsule.apps.sessions.reading import Reading
from capsule.apps.sessions.recent import RecentHistory
from capsule.apps.sessions.records import Accepted, NewSession, TurnRecord, shorten

DATA_BYTES = 8 * 1024 * 1024
"""Well below what one line of the protocol may hold."""
MOST_SESSIONS = 10_000
"""Chats of one user."""
FUTILE_ATTEMPTS = 3
"""A turn whose runtime died so often without getting any further is given up."""
ATTEMPTS = 30
"""Of a turn in all, for one that always gets a little further."""

_encode = msgspec.json.Encoder().encode
_LONG_SECONDS = 60.0
_OPEN = "('queued', 'running')"


class Transaction:
    """Methods raise PlatformError only before they have written anything."""

    def __init__(
        self, connection: sqlite3.Connection, offsets: dict[str, int], recent: RecentHistory
    ) -> None:
        """`offsets`: the last ones of sessions, as far as earlier commits know them. Both are kept up to
        date.
        """
        self.connection = connection
        self._offsets = offsets
        self._recent = recent
        self._unwritten: list[tuple[Any, ...]] = []
        self.appended: list[Event] = []

    def written(self) -> sqlite3.Connection:
        """Return the connection, for whoever reads or changes events by itself: all are written then.

        For all other tables there is `connection`; to write many events together costs much less.
        """
        self.flush()
        return self.connection

    def flush(self) -> None:
        """Write the events that were appended one after the other, which is faster together."""
        if self._unwritten:
            rows, self._unwritten = self._unwritten, []
            self.connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def append(self, session_id: str, type: str, turn_id: str | None, data: Mapping[str, Any]) -> Event:
        """Add an event at the end of a session's log."""
        last = self._offsets.get(session_id)
        if last is None:
            last = self._last_offset(session_id)
        self._offsets[session_id] = last + 1
        text, at = _encode(data).decode(), time.time()
        event = Event(session_id, last + 1, type, at, turn_id, text)
        is_history = type in HISTORY_TYPES
        self._unwritten.append((session_id, last + 1, type, at, turn_id, text, is_history))
        self.appended.append(event)
        if is_history:
            self._recent.appended(event)
        return event

    def put_block(self, session_id: str, turn_id: str | None, block: Mapping[str, Any]) -> Event:
        """Add the newest state of an element; the states before it are dropped, its place stays."""
        event = self.append(session_id, "block", turn_id, block)
        blocks.note(self.written(), event, str(block["id"]), str(block["type"]))
        return event

    def _last_offset(self, session_id: str) -> int:
        found = self.written().execute('SELECT max("offset") FROM events WHERE session_id = ?', (session_id,))
        return int(found.fetchone()[0] or 0)

    # Sessions

    def create_session(self, new: NewSession) -> tuple[str, bool]:
        """Create a session; return its id, and False when there was one of that id or thread already."""
        known = self.connection.execute(
            "SELECT id FROM sessions WHERE id = ? OR (thread_key IS NOT NULL AND thread_key = ?"
            " AND user_id = ? AND channel = ? AND coalesce(chat_name, '') = ?)",
            (new.id, new.thread_key, new.user_id, new.channel, new.chat_name or ""),
        ).fetchone()
        if known is not None:
            return str(known[0]), False
        if new.channel == "chat":  # programs begin one for each of their messages
            self._ensure_few_sessions(new.user_id)
        now = time.time()
        self.connection.execute(
            "INSERT INTO sessions (id, user_id, user_email, channel, data, created_at, updated_at,"
            " chat_name, thread_key, is_hidden) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                new.id,
                new.user_id,
                new.user_email,
                new.channel,
                msgspec.json.encode(new.data).decode(),
                now,
                now,
                new.chat_name,
                new.thread_key,
                new.is_hidden,
            ),
        )
        return new.id, True

    def _ensure_few_sessions(self, user_id: str) -> None:
        found = self.connection.execute(
            "SELECT count(*) FROM sessions WHERE user_id = ? AND channel = 'chat'", (user_id,)
        ).fetchone()
        if found[0] >= MOST_SESSIONS:
            raise TooManySessions(
                f"There are {MOST_SESSIONS} conversations already.", hint="Delete some of them first."
            )

    def save_data(
        self, session_id: str, changed: Mapping[str, Any], removed: Sequence[str]
    ) -> dict[str, Any]:
        """Write and remove top-level keys of a session's data; return all of it."""
        data = {**self._data(session_id), **changed}
        for key in removed:
            data.pop(key, None)
        text = msgspec.json.encode(data).decode()
        if len(text) > DATA_BYTES:
            raise SessionDataTooLarge(
                f"session.data would be {len(text)} characters of JSON; it may have {DATA_BYTES}.",
                hint="Keep large content in a file of a FileSystem.",
            )
        self.connection.execute("UPDATE sessions SET data = ? WHERE id = ?", (text, session_id))
        return data

    def _data(self, session_id: str) -> dict[str, Any]:
        row = self.connection.execute("SELECT data FROM sessions WHERE id = ?", (session_id,)).fetchone()
        if row is None:
            raise SessionNotFound(f"There is no session {session_id!r}.")
        found: dict[str, Any] = json.loads(row[0])
        return found

    def set_entered(self, session_id: str) -> None:
        self.connection.execute("UPDATE sessions SET is_entered = 1 WHERE id = ?", (session_id,))

    def set_closed(self, session_id: str) -> None:
        self.connection.execute("UPDATE sessions SET is_closed = 1 WHERE id = ?", (session_id,))

    def set_title(self, session_id: str, title: str, turn_id: str | None = None) -> str:
        """Rename a session and tell its pages; return the title as it is kept."""
        title = shorten(title)
        self.connection.execute("UPDATE sessions SET title = ? WHERE id = ?", (title, session_id))
        self.append(session_id, "session_title", turn_id, {"title": title})
        return title

    def delete_session(self, session_id: str) -> None:
        connection = self.written()
        journal.forget_session(connection, session_id)
        for table in ("events", "turns", "prompts", "blocks"):
            connection.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))
        connection.execute("DELETE FROM kept_values WHERE scope = 'session' AND owner = ?", (session_id,))
        connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,))
        self._offsets.pop(session_id, None)
        self._recent.forget(session_id)

    # Turns

    def ensure_owner(self, session_id: str, user_id: str) -> None:
        """Raises SessionNotFound when a session is another user's, or not there."""
        row = self.connection.execute("SELECT user_id FROM sessions WHERE id = ?", (session_id,)).fetchone()
        if row is None or row[0] != user_id:
            raise SessionNotFound(f"There is no session {session_id!r}.")

    def accept(
        self, session_id: str, turn_id: str, client_id: str, type: str, data: Mapping[str, Any]
    ) -> Accepted:
        """Add a `message` or an `action` and queue its turn; the same `client_id` again changes nothing.

        Raises SessionNotFound.
        """
        known = self.connection.execute(
            "SELECT message_offset, id FROM turns WHERE session_id = ? AND client_id = ?",
            (session_id, client_id),
        ).fetchone()
        if known is not None:
            return Accepted(known[0], known[1], is_new=False)
        session = self.connection.execute("SELECT title FROM sessions WHERE id = ?", (session_id,)).fetchone()
        if session is None:
            raise SessionNotFound(f"There is no session {session_id!r}.")
        event = self.append(session_id, type, turn_id, {"id": turn_id, **data, "client_id": client_id})
        self._queue(session_id, turn_id, client_id, event.offset, event.at)
        title = session[0] or shorten(str(data.get("text", "")))
        self.connection.execute(
            "UPDATE sessions SET updated_at = ?, title = ?, is_closed = 0 WHERE id = ?",
            (event.at, title, session_id),
        )
        return Accepted(event.offset, turn_id, is_new=True, event=event)

    def repeat_turn(self, session_id: str, ended_id: str, turn_id: str) -> Accepted:
        """Queue the message of the last turn again; what that turn answered leaves the history.

        Raises TurnNotFound, TurnNotRepeatable.
        """
        row = self.connection.execute(
            "SELECT message_offset, state FROM turns WHERE id = ? AND session_id = ?", (ended_id, session_id)
        ).fetchone()
        if row is None:
            raise TurnNotFound(f"There is no turn {ended_id!r} in this session.")
        newest = self.connection.execute(
            "SELECT id FROM turns WHERE session_id = ? ORDER BY message_offset DESC, created_at DESC LIMIT 1",
            (session_id,),
        ).fetchone()
        if row[1] in ("queued", "running") or newest[0] != ended_id:
            raise TurnNotRepeatable("Only the last message can be tried again, once its answer has ended.")
        self.written().execute(
            "UPDATE events SET is_history = 0 WHERE session_id = ? AND turn_id = ? AND type <> 'message'",
            (session_id, ended_id),
        )
        self._recent.forget(session_id)
        event = self.append(session_id, "turn_retried", turn_id, {"turn_id": ended_id})
        self._queue(session_id, turn_id, f"again:{turn_id}", row[0], event.at)
        self.connection.execute("UPDATE sessions SET updated_at = ? WHERE id = ?", (event.at, session_id))
        return Accepted(event.offset, turn_id, is_new=True)

    def _queue(self, session_id: str, turn_id: str, client_id: str, offset: int, at: float) -> None:
        self.connection.execute(
            "INSERT INTO turns (id, session_id, client_id, message_offset, state, created_at)"
            " VALUES (?, ?, ?, ?, 'queued', ?)",
            (turn_id, session_id, client_id, offset, at),
        )

    def start_turn(self, turn: TurnRecord, release: str) -> int | None:
        """Begin an attempt at an open turn and return its number; None when the turn has ended."""
        row = self._attempts(turn)
        if row is None:
            return None
        attempts, futile, reached = row
        if attempts == 0:
            self.append(turn.session_id, "turn_started", turn.id, {"release": release})
            self.connection.execute(
                "UPDATE turns SET state = 'running', attempts = 1, futile = 1, base_data = "
                "(SELECT data FROM sessions WHERE sessions.id = turns.session_id) WHERE id = ?",
                (turn.id,),
            )
            return 1
        got_to = journal.progress(self.written(), turn.session_id, turn.id)
        futile = 1 if got_to > reached else futile + 1
        self.append(turn.session_id, "turn_resumed", turn.id, {"attempt": attempts + 1, "release": release})
        self.connection.execute(
            "UPDATE turns SET state = 'running', attempts = attempts + 1, futile = ?, reached = ?"
            " WHERE id = ?",
            (futile, got_to, turn.id),
        )
        return int(attempts) + 1

    def history(self, turn: TurnRecord, attempt: int, message: Event) -> list[Event]:
        """Return the history before the message of a turn of which an attempt begins now."""
        found = self._recent.of(turn.session_id, turn.id, message)
        if found is None:
            found = Reading(self.written()).history(turn.session_id, turn.message_offset)
            if attempt == 1:  # nothing of the turn is in the file yet
                self._recent.keep(turn.session_id, turn.id, message, found)
        return found

    def is_hopeless(self, turn: TurnRecord) -> bool:
        """Tell whether the attempts at a turn died without getting any further, or there were too many."""
        row = self._attempts(turn)
        if row is None:
            return False
        attempts, futile, reached = row
        got_to = journal.progress(self.written(), turn.session_id, turn.id)
        return bool(attempts >= ATTEMPTS or (got_to <= reached and futile >= FUTILE_ATTEMPTS))

    def _attempts(self, turn: TurnRecord) -> tuple[int, int, int] | None:
        found: tuple[int, int, int] | None = self.connection.execute(
            f"SELECT attempts, futile, reached FROM turns WHERE id = ? AND state IN {_OPEN}", (turn.id,)
        ).fetchone()
        return found

    def drop_turn(self, session_id: str, turn_id: str, status: str, error: str | None) -> bool:
        """End a turn that has not started; False when it has."""
        row = self.connection.execute(
            "SELECT attempts FROM turns WHERE id = ? AND state = 'queued'", (turn_id,)
        ).fetchone()
        return row is not None and row[0] == 0 and self.end_turn(session_id, turn_id, status, error)

    def end_turn(self, session_id: str, turn_id: str, status: str, error: str | None) -> bool:
        """End a turn that has not ended yet, closing what it left open; False if it had ended."""
        changed = self.connection.execute(
            f"UPDATE turns SET state = ?, base_data = NULL WHERE id = ? AND state IN {_OPEN}",
            (status, turn_id),
        )
        if changed.rowcount != 1:
            return False
        if journal.has_streams(self.connection, turn_id):
            for reply in journal.open_replies(self.written(), session_id, turn_id):
                self.append(session_id, "reply_ended", turn_id, {"id": reply.id, "text": reply.text})
        for block in blocks.end_prompts(self.connection, turn_id):
            self.put_block(session_id, turn_id, block)
        journal.forget_turn(self.connection, turn_id)
        payload = {"status": status, **({"error": error} if error else {})}
        event = self.append(session_id, "turn_ended", turn_id, payload)
        # Its message has set the time; to write it again would cost as much as all the rest here.
        self.connection.execute(
            "UPDATE sessions SET updated_at = ? WHERE id = ? AND updated_at < ?",
            (event.at, session_id, event.at - _LONG_SECONDS),
        )
        self.connection.execute(
            "UPDATE turns SET end_offset = ?, ended_at = ? WHERE id = ?", (event.offset, event.at, turn_id)
        )
        self._recent.ended(session_id, turn_id)
        return True
