"""The beginning of an attempt at a turn: one commit takes it up and reads what its handler has to know."""

from dataclasses import dataclass
from typing import Any

from capsule.apps.sessions import journal
from capsule.apps.sessions.events import Event
from capsule.apps.sessions.reading import Reading
from capsule.apps.sessions.records import SessionRecord, TurnRecord
from capsule.apps.sessions.transaction import Transaction
from cpsl.wire import JournalEntry


@dataclass(frozen=True)
class Beginning:
    attempt: int
    session: SessionRecord
    inbound: Event
    history: list[Event]
    data: dict[str, Any]
    """`session.data` as the first attempt found it."""
    entries: list[JournalEntry]
    """What earlier attempts did."""


def begin(
    transaction: Transaction, turn: TurnRecord, release: str, inbound: Event | None = None
) -> Beginning | None:
    """Begin an attempt at an open turn; None when the turn has ended. `inbound`: its item, where known."""
    attempt = transaction.start_turn(turn, release)
    if attempt is None:
        return None
    session = Reading(transaction.connection).session(turn.session_id)
    assert session is not None
    if inbound is None:
        inbound = Reading(transaction.written()).inbound(turn)
    history = transaction.history(turn, attempt, inbound)
    if attempt == 1:
        return Beginning(attempt, session, inbound, history, session.data, [])
    connection = transaction.written()
    data = Reading(connection).base_data(turn.id)
    entries = journal.entries(connection, turn.session_id, turn.id)
    return Beginning(attempt, session, inbound, history, data, entries)
