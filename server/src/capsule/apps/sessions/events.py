"""The entries of a session's log: their types, and how they look on the wire."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

import msgspec

EventType = Literal[
    "message",
    "action",
    "turn_started",
    "turn_resumed",
    "turn_retried",
    "reply",
    "reply_started",
    "reply_delta",
    "reply_ended",
    "notification",
    "block",
    "session_title",
    "turn_ended",
    "app_changed",
    "session_event",
]

HISTORY_TYPES = frozenset(("message", "reply", "reply_ended", "block"))
"""What handlers see as `session.history`."""


@dataclass(frozen=True)
class Event:
    """One entry. Offsets of a session start at 1 and grow; gaps have no meaning.

    One with the offset 0 is in no log: it is for those who look on now.
    """

    session_id: str
    offset: int
    type: str
    at: float
    turn_id: str | None
    data: str
    """JSON text."""

    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(self.data)
        return found

    def to_wire(self) -> dict[str, object]:
        found: dict[str, object] = {"type": self.type, "at": to_text(self.at)}
        if self.offset:
            found["offset"] = self.offset
        if self.turn_id is not None:
            found["turn_id"] = self.turn_id
        return {**found, "data": msgspec.Raw(self.data.encode())}

    @cached_property
    def frame(self) -> bytes:
        """The event as a server-sent event, made once for all who follow."""
        body = msgspec.json.encode(self.to_wire())
        place = b"id: %d\n" % self.offset if self.offset else b""
        return b"%sevent: %s\ndata: %s\n\n" % (place, self.type.encode(), body)


def to_text(at: float) -> str:
    """Return a time of the log as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
