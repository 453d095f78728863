"""What a session needs from the place where it runs. The runtime implements it over the wire."""

from __future__ import annotations

from typing import Any, Protocol

from ._session_data import DataChanges


class SessionBackend(Protocol):
    """Effects of one turn. Awaited calls return once the effect is durable."""

    async def reply(self, text: str) -> None: ...

    def start_reply(self) -> ReplySink:
        """Open a streamed reply, shown while it grows."""

    async def notify(self, text: str, detail: str) -> None: ...

    async def save_data(self, changes: DataChanges) -> None:
        """Store changed keys; raises SessionDataCommitError when they are refused."""

    async def set_title(self, title: str) -> None: ...

    async def trigger_action(self, name: str, payload: dict[str, Any]) -> Any: ...


class ReplySink(Protocol):
    def write(self, text: str) -> None: ...

    def end(self) -> None: ...

    async def flush(self) -> None:
        """Wait until what was written is on its way, so that a fast writer cannot fill the memory."""
