"""The entries of a session's log: their types, and how they look on the wire."""

from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, Literal

import msgspec

from cpsl.wire import HistoryEntry

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


class _Text(msgspec.Struct):
    text: str


_texts = msgspec.json.Decoder(_Text)

HISTORY_TYPES = frozenset(("message", "reply", "reply_ended", "block"))
"""What handlers see as `session.history`."""


class Event(msgspec.Struct, frozen=True, dict=True):
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

    @property
    def text(self) -> str:
        """What a message or a reply says."""
        return _texts.decode(self.data).text

    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(self.data)
        return found

    @cached_property
    def history_entry(self) -> msgspec.Raw:
        """The event as a runtime gets it in a session's history, encoded once for many turns."""
        entry: HistoryEntry
        if self.type == "block":
            entry = {"text": self.data, "sender": "block", "at": self.at}
        else:
            sender = "user" if self.type == "message" else "app"
            entry = {"text": self.text, "sender": sender, "at": self.at}
        return msgspec.Raw(msgspec.json.encode(entry))

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
    seconds, rest = divmod(round(at * 1_000_000), 1_000_000)
    return f"{_second(seconds)}.{rest // 1000:03d}Z"


@lru_cache(64)  # hundreds of events share a second
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
