"""The tables of connections and of sign-ins on their way. Values are sealed before they come here."""

import sqlite3
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    connected = "connected"
    needs_reconnect = "needs_reconnect"
    not_connected = "not_connected"
    """Never in the table."""


@dataclass(frozen=True)
class Connection:
    """One user's connection. Times are Unix seconds."""

    user_id: str
    type: str
    sealed: str
    """Empty when nothing usable is left."""
    scopes: str
    """Those that were granted, separated by spaces."""
    expires_at: int
    """0: never."""
    status: Status
    account: str
    connected_at: float
    updated_at: float


@dataclass(frozen=True)
class Authorization:
    """A sign-in that somebody has begun and not finished."""

    state_hash: str
    user_id: str
    type: str
    sealed: str
    """The verifier and the scopes that were asked for."""
    redirect_uri: str
    return_to: str
    prompt_id: str
    created_at: float
    expires_at: float
    is_used: bool


_CONNECTION = "user_id, type, sealed, scopes, expires_at, status, account, connected_at, updated_at"
_AUTHORIZATION = (
    "state_hash, user_id, type, sealed, redirect_uri, return_to, prompt_id, created_at, expires_at, is_used"
)
_TABLES = ("connections", "authorizations", "reconnect_cards")
_OPEN_AT_ONCE = 20
"""Sign-ins of one user; more are never on their way at once in earnest."""


def find(database: sqlite3.Connection, user_id: str, type: str) -> Connection | None:
    row = database.execute(
        f"SELECT {_CONNECTION} FROM connections WHERE user_id = ? AND type = ?", (user_id, type)
    ).fetchone()
    return None if row is None else _to_connection(row)


def of_user(database: sqlite3.Connection, user_id: str) -> list[Connection]:
    rows = database.execute(f"SELECT {_CONNECTION} FROM connections WHERE user_id = ?", (user_id,))
    return [_to_connection(row) for row in rows]


def put(database: sqlite3.Connection, connection: Connection) -> None:
    """Write a new connection in place of an old one."""
    database.execute(
        f"INSERT OR REPLACE INTO connections ({_CONNECTION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            connection.user_id,
            connection.type,
            connection.sealed,
            connection.scopes,
            connection.expires_at,
            connection.status,
            connection.account,
            connection.connected_at,
            connection.updated_at,
        ),
    )


def renew(database: sqlite3.Connection, old: Connection, new: Connection) -> bool:
    """Write refreshed values, unless the connection was removed or made anew meanwhile: False then."""
    changed = database.execute(
        "UPDATE connections SET sealed = ?, scopes = ?, expires_at = ?, status = ?, updated_at = ?"
        " WHERE user_id = ? AND type = ? AND sealed = ?",
        (
            new.sealed,
            new.scopes,
            new.expires_at,
            new.status,
            new.updated_at,
            old.user_id,
            old.type,
            old.sealed,
        ),
    )
    return changed.rowcount == 1


def remove(database: sqlite3.Connection, user_id: str, type: str) -> None:
    """Forget a connection, and sign-ins for it that are on their way."""
    for table in _TABLES:
        database.execute(f"DELETE FROM {table} WHERE user_id = ? AND type = ?", (user_id, type))


def remove_user(database: sqlite3.Connection, user_id: str) -> None:
    for table in _TABLES:
        database.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))


def forget_outdated(database: sqlite3.Connection, now: float) -> None:
    """Forget sign-ins that took too long."""
    database.execute("DELETE FROM authorizations WHERE expires_at < ?", (now,))


def begin(database: sqlite3.Connection, authorization: Authorization) -> None:
    """Write down a sign-in that begins; the outdated ones go, and the oldest of a user who begins many."""
    forget_outdated(database, authorization.created_at)
    database.execute(
        f"INSERT INTO authorizations ({_AUTHORIZATION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            authorization.state_hash,
            authorization.user_id,
            authorization.type,
            authorization.sealed,
            authorization.redirect_uri,
            authorization.return_to,
            authorization.prompt_id,
            authorization.created_at,
            authorization.expires_at,
            authorization.is_used,
        ),
    )
    database.execute(
        "DELETE FROM authorizations WHERE user_id = ? AND state_hash NOT IN"
        " (SELECT state_hash FROM authorizations WHERE user_id = ?"
        " ORDER BY created_at DESC, rowid DESC LIMIT ?)",
        (authorization.user_id, authorization.user_id, _OPEN_AT_ONCE),
    )


def claim(database: sqlite3.Connection, state_hash: str, user_id: str) -> Authorization | None:
    """Return a user's sign-in as it was, and mark it as used; None for an unknown one or someone else's."""
    row = database.execute(
        f"SELECT {_AUTHORIZATION} FROM authorizations WHERE state_hash = ? AND user_id = ?",
        (state_hash, user_id),
    ).fetchone()
    if row is None:
        return None
    database.execute("UPDATE authorizations SET is_used = 1, sealed = '' WHERE state_hash = ?", (state_hash,))
    return _to_authorization(row)


def _to_connection(row: tuple[str, str, str, str, int, str, str, float, float]) -> Connection:
    user_id, type, sealed, scopes, expires_at, status, account, connected_at, updated_at = row
    return Connection(
        user_id, type, sealed, scopes, expires_at, Status(status), account, connected_at, updated_at
    )


def _to_authorization(row: tuple[str, str, str, str, str, str, str, float, float, int]) -> Authorization:
    state_hash, user_id, type, sealed, redirect_uri, return_to, prompt_id, created_at, expires_at, used = row
    return Authorization(
        state_hash,
        user_id,
        type,
        sealed,
        redirect_uri,
        return_to,
        prompt_id,
        created_at,
        expires_at,
        bool(used),
    )
