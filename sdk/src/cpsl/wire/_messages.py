"""The messages themselves, with the version of the protocol they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict, Union

PROTOCOL = 2

TurnStatus = Literal["succeeded", "failed", "cancelled"]
"""How a turn ended for the runtime; the host adds `interrupted` for turns that lost their runtime."""


class UserState(TypedDict):
    id: str
    email: str | None
    org_id: str | None


class HistoryEntry(TypedDict):
    text: str
    sender: str
    """`user`, `app` or `block`."""
    at: float


class SessionState(TypedDict):
    """Everything a runtime needs to know of a session; it keeps none of it after the turn."""

    id: str
    user: UserState
    channel: str
    data: dict[str, Any]
    history: list[HistoryEntry]
    is_entered: bool
    """Whether `enter` has run for this session."""


class Inbound(TypedDict, total=False):
    """One inbound item: a text, or an action with its payload."""

    text: str
    at: float
    attachments: list[dict[str, Any]]
    chat_name: str
    action: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Hello:
    """Host to runtime, first on a connection."""

    protocol: int = PROTOCOL


@dataclass(frozen=True)
class Ready:
    """Runtime to host: `boot` is done and turns may come."""

    protocol: int
    sdk_version: str
    app_name: str
    token: str
    """What the host gave this runtime when it was woken: says which app, environment and user it is for."""


@dataclass(frozen=True)
class Refused:
    """Runtime to host instead of `Ready` (its `boot` failed, say); the connection ends."""

    reason: str


@dataclass(frozen=True)
class Leaving:
    """Runtime to host: running turns are finished, no new ones are taken."""


@dataclass(frozen=True)
class RunTurn:
    turn_id: str
    session: SessionState
    inbound: Inbound


@dataclass(frozen=True)
class CancelTurn:
    turn_id: str


@dataclass(frozen=True)
class Ack:
    """Host to runtime: the effect of request `id` is durable, or was refused with `error`."""

    id: int
    error: str | None = None


@dataclass(frozen=True)
class Reply:
    """One whole reply."""

    turn_id: str
    id: int
    text: str


@dataclass(frozen=True)
class ReplyStarted:
    turn_id: str
    reply_id: str


@dataclass(frozen=True)
class ReplyDelta:
    turn_id: str
    reply_id: str
    text: str


@dataclass(frozen=True)
class ReplyEnded:
    """The end of a streamed reply. The host knows its text from the deltas."""

    turn_id: str
    reply_id: str


@dataclass(frozen=True)
class Notification:
    turn_id: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class SaveData:
    """Change `session.data` by top-level key."""

    turn_id: str
    id: int
    changed: dict[str, Any] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Entered:
    """`enter` has run for this session and need not run again."""

    turn_id: str
    id: int


@dataclass(frozen=True)
class SetTitle:
    turn_id: str
    id: int
    title: str


@dataclass(frozen=True)
class TurnEnded:
    """The last message of a turn. `error` is for the person in the chat."""

    turn_id: str
    status: TurnStatus
    error: str | None = None


WireMessage = Union[  # noqa: UP007 - get_args reads it, on Python 3.10 too
    Hello,
    Ready,
    Refused,
    Leaving,
    RunTurn,
    CancelTurn,
    Ack,
    Reply,
    ReplyStarted,
    ReplyDelta,
    ReplyEnded,
    Notification,
    SaveData,
    Entered,
    SetTitle,
    TurnEnded,
]
