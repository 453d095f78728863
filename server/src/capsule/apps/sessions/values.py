"""Small values that apps keep by key: for a session, a user, an owner or all of the app."""

import json
import sqlite3
import time
from typing import Any

import msgspec

from capsule.apps.errors import InvalidValue
from capsule.apps.sessions.records import SessionRecord
from cpsl.wire import DeleteValue, GetValue, SetValue

VALUE_BYTES = 1024 * 1024
KEY_LENGTH = 500
MOST_KEYS = 10_000
"""Of one session, user or app."""

ValueMessage = GetValue | SetValue | DeleteValue


def owner_of(message: ValueMessage, session: SessionRecord | None) -> str:
    """Return whose value is meant. Identity is the session's, whatever the message says.

    Raises InvalidValue for an unknown scope, and for one that needs a session where there is none.
    """
    if not 0 < len(message.key) <= KEY_LENGTH:
        raise InvalidValue(f"A key has 1 to {KEY_LENGTH} characters; this one has {len(message.key)}.")
    if message.scope == "app":
        return ""
    if session is None:
        raise InvalidValue("Outside of a conversation only values of the scope 'app' can be used.")
    if message.scope == "session":
        return session.id
    if message.scope in ("user", "owner"):  # an owner is the user as long as there are no organisations
        return session.user_id
    raise InvalidValue(f"There is no scope {message.scope!r}; there are session, user, owner, app.")


def apply(connection: sqlite3.Connection, message: ValueMessage, owner: str) -> Any:
    """Carry out one call; the result is `{"found", "value"}` of a read, else None."""
    where = (message.scope, owner, message.key)
    if isinstance(message, SetValue):
        text = msgspec.json.encode(message.value).decode()
        if len(text) > VALUE_BYTES:
            raise InvalidValue(
                f"The value of {message.key!r} is {len(text)} characters of JSON; it may have {VALUE_BYTES}.",
                hint="Keep large content in a file of a FileSystem.",
            )
        _ensure_room(connection, *where)
        connection.execute(
            "INSERT OR REPLACE INTO kept_values VALUES (?, ?, ?, ?, ?)", (*where, text, time.time())
        )
        return None
    if isinstance(message, DeleteValue):
        connection.execute("DELETE FROM kept_values WHERE scope = ? AND owner = ? AND key = ?", where)
        return None
    row = connection.execute(
        "SELECT value FROM kept_values WHERE scope = ? AND owner = ? AND key = ?", where
    ).fetchone()
    return {"found": False, "value": None} if row is None else {"found": True, "value": json.loads(row[0])}


def _ensure_room(connection: sqlite3.Connection, scope: str, owner: str, key: str) -> None:
    """Raise InvalidValue when there are as many values as there may be and this is a further one."""
    found = connection.execute(
        "SELECT count(*), coalesce(max(key = ?), 0) FROM kept_values WHERE scope = ? AND owner = ?",
        (key, scope, owner),
    ).fetchone()
    if found[0] >= MOST_KEYS and not found[1]:
        raise InvalidValue(
            f"There are {MOST_KEYS} values of the scope {scope!r} already.",
            hint="Keep many of them together under one key, or in a file of a FileSystem.",
        )
