"""The messages themselves, with the version of the protocol they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict, Union

PROTOCOL = 3

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


class CredentialState(TypedDict):
    """A connected account: a token for OAuth, `fields` for secret forms."""

    access_token: str
    token_type: str
    scopes: list[str]
    expires_at: int
    """Unix time; 0 when it does not expire."""
    fields: dict[str, str]


class SessionState(TypedDict):
    """Everything a runtime needs to know of a session, as it was when the turn first began.

    It keeps none of it after the turn.
    """

    id: str
    user: UserState
    channel: str
    data: dict[str, Any]
    history: list[HistoryEntry]
    is_entered: bool
    """Whether `enter` has run for this session."""
    integrations: dict[str, CredentialState]
    """Connected accounts of the user, by type."""


class JournalEntry(TypedDict):
    """An effect that an earlier attempt at the same turn had: it is durable and must not happen again."""

    site: str
    """Where in the handler it happened, as the runtime named it."""
    result: Any
    """What the call returned. For a streamed reply: `{"reply_id", "text", "is_ended"}`."""


class Inbound(TypedDict, total=False):
    """One inbound item: a text, or an action with its payload."""

    text: str
    at: float
    attachments: list[dict[str, Any]]
    """Each `{id, name, content_type, size, url}`."""
    chat_name: str
    action: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Hello:
    """Host to runtime, first on a connection."""

    protocol: int = PROTOCOL
    line: Literal["turns", "lookups", "port"] = "turns"
    """A line for lookups is opened first. It serves callers that block (`Secret.value`), with nothing but
    `Lookup` and `Ack` on it; the runtime answers its greeting with an `Ack` of id 0. A line to a port goes on
    with `OpenPort`."""


@dataclass(frozen=True)
class OpenPort:
    """Host to runtime, second and last on a line to a port: connect it with what listens there on the
    runtime's own loopback.

    Answered by an `Ack` of id 0. Unless that has an error (`port_not_ready`), what follows on the line are
    the bytes of the connection, both ways, until each side has ended its own; the host sends none before.
    """

    port: int


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
    """Run the handler for `inbound`; a further attempt finds in `journal` what it need not do again."""

    turn_id: str
    session: SessionState
    inbound: Inbound
    journal: list[JournalEntry] = field(default_factory=list)
    attempt: int = 1


@dataclass(frozen=True)
class CancelTurn:
    turn_id: str


@dataclass(frozen=True)
class Ack:
    """Host to runtime: the effect of request `id` is durable, or was refused with `error`."""

    id: int
    error: str | None = None
    result: Any = None


# Effects. Each carries the `site` that makes it known again; the host keeps site and result with the effect
# itself, in one commit, until the turn ends. One whose site is kept already changes nothing and is answered
# with the kept result.


@dataclass(frozen=True)
class Reply:
    """One whole reply."""

    turn_id: str
    id: int
    site: str
    text: str


@dataclass(frozen=True)
class ReplyStarted:
    """A streamed reply begins; with the id of one that is open, it begins again with no text."""

    turn_id: str
    reply_id: str
    site: str


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
class Emit:
    """Tell the pages that are open now; kept nowhere."""

    turn_id: str
    event: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Show:
    """Show an element; one with the id of an element on screen takes its place."""

    turn_id: str
    id: int
    site: str
    block_id: str
    block_type: str
    payload: dict[str, Any]
    is_kept: bool = True
    """False for one of many states that follow quickly on one another: shown, but not kept."""


@dataclass(frozen=True)
class Ask:
    """Ask the user something and wait; the `Ack` comes with the answer, perhaps in another process's life.

    The result is `{"status": "answered" | "declined" | "timed_out" | "cancelled", ...}`; see the kinds in
    the app host's `prompts`.
    """

    turn_id: str
    id: int
    site: str
    kind: Literal["approval", "file", "integration"]
    payload: dict[str, Any]
    timeout: float
    """Seconds."""


@dataclass(frozen=True)
class Record:
    """Keep the result of something that the runtime did by itself, such as a command it ran."""

    turn_id: str
    id: int
    site: str
    result: Any


@dataclass(frozen=True)
class GetValue:
    """Read a value kept by key: the result is `{"found": bool, "value": ...}`.

    Without a turn (`turn_id` empty) only the scope `app` can be read and written.
    """

    turn_id: str
    id: int
    site: str
    scope: str
    key: str


@dataclass(frozen=True)
class SetValue:
    turn_id: str
    id: int
    site: str
    scope: str
    key: str
    value: Any


@dataclass(frozen=True)
class DeleteValue:
    turn_id: str
    id: int
    site: str
    scope: str
    key: str


@dataclass(frozen=True)
class StoreFile:
    """One piece of a file to keep, in order; the result of the last is `{"id", "url", "size"}`."""

    turn_id: str
    id: int
    site: str
    upload: str
    """Names the file among those on their way over this connection."""
    name: str
    content_type: str
    data: str
    """Base64."""
    is_last: bool


@dataclass(frozen=True)
class ReadFile:
    """Read a piece of a file of this user: the result is `{"data": base64, "is_last": bool}`."""

    turn_id: str
    id: int
    file_id: str
    offset: int


@dataclass(frozen=True)
class Lookup:
    """Ask for what must not lie in a log: `secret` (a text, None when there is none) or `credentials`
    (a `CredentialState`, None when the account is not connected)."""

    id: int
    what: Literal["secret", "credentials"]
    name: str


@dataclass(frozen=True)
class SaveData:
    """Change `session.data` by top-level key."""

    turn_id: str
    id: int
    site: str
    changed: dict[str, Any] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Entered:
    """`enter` has run for this session and need not run again."""

    turn_id: str
    id: int
    site: str


@dataclass(frozen=True)
class SetTitle:
    turn_id: str
    id: int
    site: str
    title: str


@dataclass(frozen=True)
class TurnEnded:
    """The last message of a turn. `error` is for the person in the chat."""

    turn_id: str
    status: TurnStatus
    error: str | None = None


WireMessage = Union[  # noqa: UP007 - get_args reads it, on Python 3.10 too
    Hello,
    OpenPort,
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
    Emit,
    Show,
    Ask,
    Record,
    GetValue,
    SetValue,
    DeleteValue,
    StoreFile,
    ReadFile,
    Lookup,
    SaveData,
    Entered,
    SetTitle,
    TurnEnded,
]
