"""What an open file prompt takes."""

import json
import sqlite3

from capsule.apps.errors import PromptEnded, PromptNotFound


def accepted(connection: sqlite3.Connection, user_id: str, prompt_id: str) -> str:
    """Return the `accept` of a file prompt in a session of this user; empty for all files.

    Raises PromptNotFound for anybody else's too, and PromptEnded.
    """
    row = connection.execute(
        "SELECT p.payload, p.status FROM prompts p JOIN sessions s ON s.id = p.session_id"
        " WHERE p.id = ? AND p.kind = 'file' AND s.user_id = ?",
        (prompt_id, user_id),
    ).fetchone()
    if row is None:
        raise PromptNotFound(f"There is no prompt {prompt_id[:60]!r} for a file.")
    payload, status = row
    if status != "open":
        raise PromptEnded("Nobody waits for this file any more.", status=status)
    return str(json.loads(payload).get("accept") or "")
