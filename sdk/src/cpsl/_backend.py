"""What a session needs from the place where it runs. The runtime implements it over the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal, Protocol, TypedDict

from ._session_data import DataChanges
from .wire import CredentialState


class Answer(TypedDict, total=False):
    """How a prompt ended. `status` is always there."""

    status: Literal["answered", "declined", "timed_out", "cancelled"]
    approved: bool
    """Of an approval."""
    file: StoredFile
    """Of a file prompt."""


class StoredFile(TypedDict):
    """A file that the platform keeps for this user."""

    id: str
    name: str
    content_type: str
    size: int
    url: str
    """Signed; good for seven days."""


class SessionBackend(Protocol):
    """Effects of one turn. Awaited calls return once the effect is durable.

    Each effect happens once: when the turn is run again after a crash, calls return what they returned then.
    """

    async def reply(self, text: str) -> None: ...

    def start_reply(self) -> ReplySink:
        """Open a streamed reply, shown while it grows."""

    async def notify(self, text: str, detail: str) -> None: ...

    async def emit(self, event: str, payload: dict[str, Any]) -> None:
        """Tell the pages that are open now."""

    async def show(self, block: dict[str, Any], *, is_kept: bool = True) -> None:
        """Show `{id, type, payload}`; with `is_kept=False` without keeping it (a state that soon changes)."""

    async def ask(
        self, kind: Literal["approval", "file", "integration"], payload: dict[str, Any], timeout: float
    ) -> Answer:
        """Show a prompt and wait for its end, at most `timeout` seconds."""

    async def record(self, kind: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do `work` and keep its JSON result, or return the one kept by an earlier attempt at this turn."""

    async def save_data(self, changes: DataChanges) -> None:
        """Store changed keys; raises SessionDataCommitError when they are refused."""

    async def set_title(self, title: str) -> None: ...

    async def get_value(self, scope: str, key: str, default: Any) -> Any: ...

    async def set_value(self, scope: str, key: str, value: Any) -> None: ...

    async def delete_value(self, scope: str, key: str) -> None: ...

    async def store_file(self, source: Path | bytes, name: str, content_type: str) -> StoredFile:
        """Keep a file beyond this runtime's life."""

    async def read_file(self, file_id: str, target: Path) -> None:
        """Write a kept file of this user to `target`."""

    async def credentials(self, integration: str) -> CredentialState | None:
        """Return the user's connected account, refreshed if need be."""

    async def trigger_action(self, name: str, payload: dict[str, Any]) -> Any: ...


class ReplySink(Protocol):
    def write(self, text: str) -> None: ...

    def end(self) -> None: ...

    async def flush(self) -> None:
        """Wait until what was written is on its way, so that a fast writer cannot fill the memory."""
