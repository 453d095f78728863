"""What the app host must do: hold the conversations of every `cpsl` app and pass turns to its runtimes.

The app host owns the session log. Runtimes run the user's code and hold nothing that matters: each app user
has one, woken on the replica by the first message and stopped when idle. A deploy is `put_app` with another
replica: new turns go to runtimes of the new one, running turns end on the old one.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from capsule.apps.access import AccessPolicy
from capsule.errors import PlatformError


def owner_prefix(capsule_id: str, environment: str) -> str:
    """Return what the keys of all private files of an app's users begin with."""
    return f"{capsule_id}.{environment}"


class RuntimeUnready(PlatformError):
    """A runtime did not become ready (its `boot` failed or took too long)."""

    code, title = "runtime_unready", "App did not start"


class RuntimeGone(RuntimeUnready):
    """It ended while it started: because of the app, or because somebody killed it."""


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
    replica_id: str | None = None
    """The replica that wakes the app's runtimes; None unless live."""
    manifest: dict[str, object] = field(default_factory=dict)
    reason: str = ""
    keep_warm_seconds: float = 600.0
    """Idle time after which a user's runtime is stopped."""
    memory: int = 512
    """MiB that each runtime may use, to name the limit when one went over it."""
    access: AccessPolicy = field(default_factory=AccessPolicy)
    url: str = ""
    """Where browsers and runtimes reach the app: `http://shop.localhost:8080`."""
    mounts: dict[str, str] = field(default_factory=dict)
    """Filesystems: mount path inside the replica → folder on this machine."""


class RuntimeState(StrEnum):
    waking = "waking"
    """Being made, or its `boot` runs."""
    warm = "warm"
    """Ready: the next message meets it at once."""
    cold = "cold"
    """Stopped; the next message wakes it."""


@dataclass(frozen=True)
class HostedRuntime:
    """The runtime of one app user, as people see it."""

    user_id: str
    email: str | None
    """Of somebody who is signed in; None for an anonymous visitor."""
    state: RuntimeState
    release: str
    """The release that it runs, or ran last."""
    turns: int = 0
    """Running now."""
    memory_bytes: int | None = None
    """Memory of its own, beside what it shares with the app's other runtimes; None while cold."""
    wakes: int = 0
    """Since the app host started."""
    wake_seconds: float | None = None
    """How long its last wake took, until `boot` had finished."""
    woken_at: float | None = None
    """Unix time."""
    used_at: float | None = None
    """Unix time of the end of its last turn."""
    last_end: str = ""
    """Why it ended the last time, as a sentence, unless for being idle: "ran out of memory …"."""


@dataclass(frozen=True)
class RuntimeReport:
    """All runtimes of one app in one environment, warm ones first, then the most recently used."""

    capsule_id: str
    environment: str
    runtimes: tuple[HostedRuntime, ...]
    keep_warm_seconds: float
    """Idle time after which a runtime is stopped."""
    wake_p50_seconds: float | None
    """Of the last 200 wakes; None before the first."""
    wake_p95_seconds: float | None
    shared_bytes: int | None
    """Memory that all runtimes share: the app itself, loaded once."""
    is_forked: bool
    """False when the app cannot be loaded once for all (it starts threads at import …): each runtime then
    loads it anew, which `notices` explain."""
    notices: tuple[str, ...] = ()
    """What is weaker or slower than it could be, each a sentence for people."""


class Vault(Protocol):
    """Where an app's secrets are looked up at the moment of use."""

    async def secret(self, capsule_id: str, environment: str, name: str) -> str | None:
        """Return the secret's value now; None when the app's space has no such secret.

        Raises Unavailable while the server is away.
        """


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

    async def runtimes(self, capsule_id: str, environment: str) -> RuntimeReport:
        """Tell how an app's runtimes are. Raises AppNotFound for an app that is not hosted."""

    async def stop_runtime(self, capsule_id: str, environment: str, user_id: str) -> None:
        """End a user's runtime, in its turns; the next message wakes a new one. Cold ones are left alone.

        Raises AppNotFound.
        """

    async def clear_files(self, capsule_id: str, environment: str, user_id: str) -> None:
        """Delete a user's private files for good; their runtime is ended first, conversations stay.

        Raises AppNotFound, and AppUnavailable while no release of the app runs.
        """
