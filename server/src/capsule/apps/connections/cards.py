"""The card in a conversation that asks a user to connect again, after a provider refused to go on."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from capsule.apps.connections.provider import Declared
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.transaction import Transaction
from capsule.kit.ids import new_id

BLOCK = "integration_prompt"


class Cards:
    """Cards of the users of one app: at most one open card for each connection of a user."""

    def __init__(self, log: SessionLog, declared: Callable[[], Mapping[str, Declared]]) -> None:
        self._log = log
        self._declared = declared

    async def show(self, user_id: str, type: str) -> None:
        """Put a card into the conversation that the user had last; nothing for users without one."""
        if (entry := self._declared().get(type)) is not None:
            await self._log.submit(lambda t: _show(t, user_id, entry))

    async def complete(self, user_id: str, type: str) -> None:
        """Mark the open card as done."""
        await self._log.submit(lambda t: _complete(t, user_id, type))


def _show(transaction: Transaction, user_id: str, entry: Declared) -> None:
    database = transaction.connection
    row = database.execute(
        "SELECT id FROM sessions WHERE user_id = ? AND channel = 'chat' AND is_hidden = 0"
        " ORDER BY updated_at DESC, rowid DESC LIMIT 1",
        (user_id,),
    ).fetchone()
    if row is None or _find(database, user_id, entry.type) is not None:
        return
    block_id, session_id = new_id("ip"), str(row[0])
    payload = {
        "type": entry.type,
        "mode": entry.mode,
        "reason": f"{entry.label} does not let the app use your account any more. Connect it again.",
        "blocking": False,
        "reconnect": True,
        "session_id": session_id,
    }
    database.execute(
        "INSERT OR REPLACE INTO reconnect_cards VALUES (?, ?, ?, ?, ?)",
        (user_id, entry.type, session_id, block_id, json.dumps(payload)),
    )
    transaction.put_block(session_id, None, {"id": block_id, "type": BLOCK, "payload": payload})


def _complete(transaction: Transaction, user_id: str, type: str) -> None:
    database = transaction.connection
    card = _find(database, user_id, type)
    database.execute("DELETE FROM reconnect_cards WHERE user_id = ? AND type = ?", (user_id, type))
    if card is not None:
        session_id, block_id, payload = card
        payload = {**payload, "completed": True, "status": "answered"}
        transaction.put_block(session_id, None, {"id": block_id, "type": BLOCK, "payload": payload})


def _find(database: sqlite3.Connection, user_id: str, type: str) -> tuple[str, str, dict[str, Any]] | None:
    """Return the session, id and payload of an open card; None also when its session has been deleted."""
    row = database.execute(
        "SELECT session_id, block_id, payload FROM reconnect_cards WHERE user_id = ? AND type = ?"
        " AND session_id IN (SELECT id FROM sessions)",
        (user_id, type),
    ).fetchone()
    return None if row is None else (row[0], row[1], json.loads(row[2]))
