"""Remove from the log what nobody looks at any more: the pieces of replies that are there as a whole."""

from capsule.apps.sessions.transaction import Transaction


def thin_out(transaction: Transaction, ended_before: float, turns: int = 100) -> int:
    """Remove the deltas and passing notes of some turns that ended long ago; whole replies stay.

    Return the number of turns done; less than `turns` when there are no more.
    """
    connection = transaction.written()
    ended = connection.execute(
        "SELECT id, session_id, message_offset, end_offset FROM turns"
        " WHERE ended_at IS NOT NULL AND ended_at < ? ORDER BY ended_at LIMIT ?",
        (ended_before, turns),
    ).fetchall()
    for turn_id, session_id, first, last in ended:
        connection.execute(
            'DELETE FROM events WHERE session_id = ? AND "offset" BETWEEN ? AND ? AND turn_id = ?'
            " AND type IN ('reply_delta', 'notification')",
            (session_id, first, last, turn_id),
        )
        connection.execute("UPDATE turns SET ended_at = NULL WHERE id = ?", (turn_id,))
    return len(ended)
