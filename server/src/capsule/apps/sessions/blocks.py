"""Elements shown in a conversation, of which only the newest state is kept, at the place of the first."""

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from capsule.apps.sessions.events import Event


def note(connection: sqlite3.Connection, event: Event, block_id: str, block_type: str) -> None:
    """Remember that `event` holds the newest state of an element, and let go of the state before."""
    row = connection.execute(
        "SELECT first, last FROM blocks WHERE session_id = ? AND block_id = ?", (event.session_id, block_id)
    ).fetchone()
    first = event.offset if row is None else row[0]
    if row is not None and row[1] == first:
        stub = msgspec.json.encode({"id": block_id, "type": block_type, "is_stub": True}).decode()
        connection.execute(
            'UPDATE events SET data = ?, is_history = 0 WHERE session_id = ? AND "offset" = ?',
            (stub, event.session_id, first),
        )
    elif row is not None:
        connection.execute(
            'DELETE FROM events WHERE session_id = ? AND "offset" = ?', (event.session_id, row[1])
        )
    connection.execute(
        "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?)", (event.session_id, block_id, first, event.offset)
    )


def prompt_block(
    prompt_id: str, kind: str, payload: Mapping[str, Any], more: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the element that shows a prompt."""
    return {"id": prompt_id, "type": PROMPT_TYPES[kind], "payload": {**payload, **more}}


PROMPT_PREFIXES = {"approval": "ap", "file": "fu", "integration": "ip"}
PROMPT_TYPES = {"approval": "approval_prompt", "file": "file_upload", "integration": "integration_prompt"}


def is_prompt_id(block_id: str) -> bool:
    """Tell whether an element's id is one that only the app host gives."""
    return block_id.partition("_")[0] in PROMPT_PREFIXES.values()


def end_prompts(connection: sqlite3.Connection, turn_id: str) -> list[dict[str, Any]]:
    """Cancel the open prompts of a turn that ends; return their elements in the final state."""
    rows = connection.execute(
        "SELECT id, kind, payload FROM prompts WHERE turn_id = ? AND status = 'open'", (turn_id,)
    ).fetchall()
    if not rows:
        return []
    connection.execute(
        "UPDATE prompts SET status = 'cancelled', ended_at = ? WHERE turn_id = ? AND status = 'open'",
        (time.time(), turn_id),
    )
    return [
        prompt_block(id, kind, json.loads(payload), {"completed": True, "status": "cancelled"})
        for id, kind, payload in rows
    ]
