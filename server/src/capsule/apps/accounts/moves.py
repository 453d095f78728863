"""Take the threads of a visitor along into the account that the visitor signed in to.

A thread with an open turn stays until the turn has ended, since its runtime works for the visitor.
"""

import sqlite3

_OPEN = "EXISTS (SELECT 1 FROM turns WHERE session_id = sessions.id AND state IN ('queued', 'running'))"


def begin_move(connection: sqlite3.Connection, visitor_id: str, user_id: str) -> bool:
    """Move what can be moved now; True when something is left for later."""
    if connection.execute("SELECT 1 FROM users WHERE id = ?", (visitor_id,)).fetchone() is not None:
        return False  # has got an account in this very moment
    connection.execute(
        "INSERT INTO visitor_moves VALUES (?, ?) ON CONFLICT DO UPDATE SET user_id = excluded.user_id",
        (visitor_id, user_id),
    )
    return move_more(connection)


def move_more(connection: sqlite3.Connection) -> bool:
    """Move on with everybody who waits; True when something is still left."""
    waiting = connection.execute("SELECT visitor_id, user_id FROM visitor_moves").fetchall()
    is_left = False
    for visitor_id, user_id in waiting:
        _move(connection, visitor_id, user_id)
        left = connection.execute("SELECT 1 FROM sessions WHERE user_id = ?", (visitor_id,)).fetchone()
        if left is None:
            connection.execute("DELETE FROM visitor_moves WHERE visitor_id = ?", (visitor_id,))
        is_left = is_left or left is not None
    return is_left


def has_moves(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM visitor_moves").fetchone() is not None


def _move(connection: sqlite3.Connection, visitor_id: str, user_id: str) -> None:
    ids = [
        row[0]
        for row in connection.execute(
            f"SELECT id FROM sessions WHERE user_id = ? AND NOT {_OPEN}", (visitor_id,)
        )
    ]
    for session_id in ids:
        # A key that the account uses already stays with the account's own thread.
        connection.execute(
            "UPDATE sessions SET user_id = :user, user_email = (SELECT email FROM users WHERE id = :user),"
            " thread_key = CASE WHEN EXISTS (SELECT 1 FROM sessions AS own WHERE own.user_id = :user"
            " AND own.channel = sessions.channel AND own.thread_key = sessions.thread_key"
            " AND coalesce(own.chat_name, '') = coalesce(sessions.chat_name, ''))"
            " THEN NULL ELSE thread_key END WHERE id = :session",
            {"user": user_id, "session": session_id},
        )
        connection.execute(
            "UPDATE files SET user_id = ? WHERE user_id = ? AND (session_id = ? OR id IN"
            " (SELECT file_id FROM file_uses WHERE session_id = ?))",
            (user_id, visitor_id, session_id, session_id),
        )
