"""What the app host and a runtime say to each other. Imports nothing else of ours.

The runtime listens on the unix socket named by `CAPSULE_RUNTIME_SOCKET`, once the app's `boot` is done.
The host connects and says `Hello`; the runtime answers `Ready` (or `Refused`). From then on the host
sends turns, the runtime sends their effects and ends each with `TurnEnded`. One JSON object per line.
A request that carries an `id` is answered by `Ack` when its effect is durable. Fields unknown to a reader
are ignored, so that a newer side may add some without a new `PROTOCOL`.
"""

from ._frames import MAX_LINE, WireError, decode, encode
from ._messages import (
    PROTOCOL,
    Ack,
    CancelTurn,
    Entered,
    Hello,
    HistoryEntry,
    Inbound,
    Leaving,
    Notification,
    Ready,
    Refused,
    Reply,
    ReplyDelta,
    ReplyEnded,
    ReplyStarted,
    RunTurn,
    SaveData,
    SessionState,
    SetTitle,
    TurnEnded,
    TurnStatus,
    UserState,
    WireMessage,
)

__all__ = [
    "MAX_LINE",
    "PROTOCOL",
    "Ack",
    "CancelTurn",
    "Entered",
    "Hello",
    "HistoryEntry",
    "Inbound",
    "Leaving",
    "Notification",
    "Ready",
    "Refused",
    "Reply",
    "ReplyDelta",
    "ReplyEnded",
    "ReplyStarted",
    "RunTurn",
    "SaveData",
    "SessionState",
    "SetTitle",
    "TurnEnded",
    "TurnStatus",
    "UserState",
    "WireError",
    "WireMessage",
    "decode",
    "encode",
]
