"""What an open turn has done already, so that a further attempt does not do it again."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

import msgspec

from cpsl.wire import JournalEntry

STREAM = "stream"
_ACCOUNTS = "accounts"
"""The site of what was connected when a turn began; no handler has such a one."""
_SINCE_ITS_MESSAGE = '"offset" > (SELECT message_offset FROM turns WHERE id = ?)'
"""Spares going through all of a long conversation."""


@dataclass(frozen=True)
class OpenReply:
    id: str
    text: str


def keep(connection: sqlite3.Connection, turn_id: str, site: str, result: Any) -> None:
    """Note an effect in the commit that makes it durable."""
    text = msgspec.json.encode(result).decode()
    connection.execute("INSERT OR REPLACE INTO journal VALUES (?, ?, ?)", (turn_id, site, text))


def recall(connection: sqlite3.Connection, turn_id: str, site: str) -> tuple[bool, Any]:
    """Return whether there was this effect already, and its result."""
    row = connection.execute(
        "SELECT result FROM journal WHERE turn_id = ? AND site = ?", (turn_id, site)
    ).fetchone()
    return (False, None) if row is None else (True, json.loads(row[0]))


def pin(connection: sqlite3.Connection, turn_id: str, accounts: list[str]) -> list[str]:
    """Return the accounts that a turn began with: those given by its first attempt."""
    known, kept = recall(connection, turn_id, _ACCOUNTS)
    if known:
        found: list[str] = kept
        return found
    keep(connection, turn_id, _ACCOUNTS, accounts)
    return accounts


def entries(connection: sqlite3.Connection, session_id: str, turn_id: str) -> list[JournalEntry]:
    """Return all effects of a turn; streamed replies with the text that the log has of them."""
    replies = _replies(connection, session_id, turn_id)
    found: list[JournalEntry] = []
    rows = connection.execute(
        "SELECT site, result FROM journal WHERE turn_id = ? AND site <> ?", (turn_id, _ACCOUNTS)
    )
    for site, text in rows:
        result = json.loads(text)
        if site.endswith(f" {STREAM}"):
            said, is_ended = replies.get(result, ("", False))
            result = {"reply_id": result, "text": said, "is_ended": is_ended}
        found.append({"site": site, "result": result})
    return found


def has_streams(connection: sqlite3.Connection, turn_id: str) -> bool:
    """Tell whether a turn has streamed a reply."""
    row = connection.execute(
        f"SELECT 1 FROM journal WHERE turn_id = ? AND site LIKE '% {STREAM}' LIMIT 1", (turn_id,)
    ).fetchone()
    return row is not None


def open_replies(connection: sqlite3.Connection, session_id: str, turn_id: str) -> list[OpenReply]:
    """Return the streamed replies that have not ended."""
    replies = _replies(connection, session_id, turn_id)
    return [OpenReply(id, text) for id, (text, is_ended) in replies.items() if not is_ended]


def progress(connection: sqlite3.Connection, session_id: str, turn_id: str) -> int:
    """Return how far a turn has come, as the offset of the last thing it said or asked."""
    row = connection.execute(
        f'SELECT max("offset") FROM events WHERE session_id = ? AND {_SINCE_ITS_MESSAGE} AND turn_id = ?'
        " AND type NOT IN ('message', 'action', 'turn_started', 'turn_resumed', 'turn_retried')",
        (session_id, turn_id, turn_id),
    ).fetchone()
    return int(row[0] or 0)


def forget_turn(connection: sqlite3.Connection, turn_id: str) -> None:
    connection.execute("DELETE FROM journal WHERE turn_id = ?", (turn_id,))


def forget_session(connection: sqlite3.Connection, session_id: str) -> None:
    connection.execute(
        "DELETE FROM journal WHERE turn_id IN (SELECT id FROM turns WHERE session_id = ?)", (session_id,)
    )


def _replies(connection: sqlite3.Connection, session_id: str, turn_id: str) -> dict[str, tuple[str, bool]]:
    found: dict[str, list[str]] = {}
    ended: dict[str, str] = {}
    rows = connection.execute(
        f"SELECT type, data FROM events WHERE session_id = ? AND {_SINCE_ITS_MESSAGE} AND turn_id = ?"
        " AND type IN ('reply_started', 'reply_delta', 'reply_ended') ORDER BY \"offset\"",
        (session_id, turn_id, turn_id),
    )
    for type, text in rows:
        if type == "reply_started":
            found[json.loads(text)["id"]] = []
        elif type == "reply_delta":
            delta = json.loads(text)
            found.setdefault(delta["id"], []).append(delta["text"])
        elif type == "reply_ended":
            end = json.loads(text)
            ended[end["id"]] = end["text"]
    return {
        reply_id: (ended[reply_id], True) if reply_id in ended else ("".join(parts), False)
        for reply_id, parts in found.items()
    }
