"""The entries of a session's log: their types, and how they look on the wire."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

import msgspec

EventType = Literal[
    "message",
    "turn_started",
    "reply",
    "reply_started",
    "reply_delta",
    "reply_ended",
    "notification",
    "block",
    "turn_ended",
    "app_changed",
]

HISTORY_TYPES = frozenset(("message", "reply", "reply_ended", "block"))
"""What handlers see as `session.history`."""


@dataclass(frozen=True)
class Event:
    """One entry. Offsets of a session start at 1 and grow; gaps have no meaning."""

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
        found: dict[str, object] = {"offset": self.offset, "type": self.type, "at": to_text(self.at)}
        if self.turn_id is not None:
            found["turn_id"] = self.turn_id
        return {**found, "data": msgspec.Raw(self.data.encode())}

    @cached_property
    def frame(self) -> bytes:
        """The event as a server-sent event, made once for all who follow."""
        body = msgspec.json.encode(self.to_wire())
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.offset, self.type.encode(), body)


def to_text(at: float) -> str:
    """Return a time of the log as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
