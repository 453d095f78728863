"""What the store of conversations returns and takes: plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from capsule.apps.sessions.events import Event

TITLE_LENGTH = 60


@dataclass(frozen=True)
class NewSession:
    """A conversation to begin. One with a `thread_key` is found again by it."""

    id: str
    user_id: str
    user_email: str | None = None
    channel: str = "chat"
    chat_name: str | None = None
    thread_key: str | None = None
    is_hidden: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SessionRecord:
    """One conversation of one user."""

    id: str
    user_id: str
    user_email: str | None
    channel: str
    title: str
    is_entered: bool
    data: dict[str, Any]
    created_at: float
    updated_at: float
    chat_name: str | None = None
    is_closed: bool = False


@dataclass(frozen=True)
class ListedSession:
    """A conversation in the list of its user's."""

    id: str
    title: str
    chat_name: str | None
    status: str
    """`idle`, `running` or `waiting` (for the user, who has been asked something)."""
    created_at: float
    updated_at: float


@dataclass(frozen=True)
class TurnRecord:
    """One inbound item and how far it has come: `queued`, `running`, or a final status."""

    id: str
    session_id: str
    user_id: str
    message_offset: int
    state: str


@dataclass(frozen=True)
class Accepted:
    """What became of an item: its place in the log, and whether it was new."""

    offset: int
    turn_id: str
    is_new: bool
    event: Event | None = None
    """The item in the log, when it was new."""


def shorten(text: str) -> str:
    """Return the first line of a text, cut to the length of a title."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"
