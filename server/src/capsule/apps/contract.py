"""What the app host must do: hold the conversations of every `cpsl` app and pass turns to its runtimes.

The app host owns the session log. Runtimes run the user's code and hold nothing that matters. A deploy
is `put_app` with another socket: new turns go to the new runtime, running turns end on the old one.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from capsule.errors import PlatformError


class RuntimeUnready(PlatformError):
    """The runtime on the socket did not become ready (its `boot` failed or took too long)."""

    code, title = "runtime_unready", "App did not start"


class AppState(StrEnum):
    live = "live"
    starting = "starting"
    stopped = "stopped"
    failed = "failed"


@dataclass(frozen=True)
class HostedApp:
    """One app in one environment. Data of `serve` and `deploy` are apart."""

    capsule_id: str
    environment: str
    """`deploy` or `serve`."""
    name: str
    release: str
    """Shown to clients, so that a page learns of a new release: `7`, or a serve revision."""
    state: AppState
    socket: str | None = None
    """Host path of the runtime's unix socket; None unless live."""
    manifest: dict[str, object] = field(default_factory=dict)
    reason: str = ""


class AppHost(Protocol):
    async def put_app(
        self, app: HostedApp, *, ready_seconds: float = 60.0, drain_seconds: float = 30.0
    ) -> None:
        """Create or replace: wait until the new runtime is ready, swap, let running turns end on the old.

        Raises RuntimeUnready (the app stays as it was). Turns still running after `drain_seconds` are ended
        with status `interrupted` and a clear event. Cancelling before the swap undoes all.
        """

    async def remove_app(self, capsule_id: str, environment: str, *, delete_data: bool = False) -> None: ...

    async def apps(self) -> list[HostedApp]: ...
