"""What an engine must do: run replicas, tell how they are, and find them again after a restart.

An engine knows nothing of capsules, releases or the database; it runs what a `ReplicaSpec` describes.
Callers ask `capabilities` instead of testing names. Every method may be called at any time and in any
order; each is idempotent unless it says otherwise.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from capsule.errors import Conflict, InvalidInput, NotFound, PlatformError


class ReplicaNotFound(NotFound):
    code = "replica_not_found"


class ReplicaExists(Conflict):
    code = "replica_exists"


class ReplicaStartFailed(PlatformError):
    """The engine could not start the command at all (not: the command started and exited)."""

    code, title = "replica_start_failed", "Replica could not be started"


class MountMissing(InvalidInput):
    """The source of a mount does not exist, or this machine cannot mount at that path."""

    code = "mount_missing"


class Health(StrEnum):
    undetected = "undetected"
    unhealthy = "unhealthy"
    healthy = "healthy"


class Phase(StrEnum):
    """What the engine itself knows; whether a running replica answers is the edge's to find out."""

    starting = "starting"
    running = "running"
    backing_off = "backing_off"
    stopping = "stopping"
    exited = "exited"


@dataclass(frozen=True)
class Capabilities:
    """What this engine can do on this machine, found out once at start."""

    mounts: bool = False
    """Directories can appear at any path inside the replica."""
    private_files: bool = False
    """A replica cannot see other replicas' or the host's files."""
    private_processes: bool = False
    private_network: bool = False
    memory_limit: bool = False
    cpu_limit: bool = False
    process_limit: bool = False
    own_user: bool = False
    """Each capsule runs as an operating-system user of its own."""


@dataclass(frozen=True)
class Fingerprint:
    engine: str
    """Name of the engine that does the work, also when it is asked through the node agent."""
    health: Health
    sentence: str
    """One sentence for people: which walls stand here, or why the engine cannot work."""
    notices: tuple[str, ...] = ()
    """What is weaker than it could be on this machine, each with the way to mend it."""


@dataclass(frozen=True)
class Mount:
    source: str
    """Existing directory on the host."""
    target: str
    """Absolute path inside the replica."""
    read_only: bool = False


@dataclass(frozen=True)
class Limits:
    cpu: float = 1.0
    """Cores; 0.25 is a quarter of one."""
    memory: int = 512
    """MiB."""
    processes: int = 256


class Restart(StrEnum):
    never = "never"
    """An exit is final. Used until a replica has answered for the first time."""
    always = "always"
    """Start again after any exit, waiting longer after each crash in a row."""


@dataclass(frozen=True)
class ReplicaSpec:
    """Everything needed to run one replica, and to run it again after a crash or a restart of the agent."""

    id: str
    capsule_id: str
    release_id: str
    identity: int
    """Number of the capsule; engines that can, derive an own operating-system user from it."""
    argv: tuple[str, ...]
    """Placeholders `{app}`, `{deps}`, `{run}`, `{port}` and `{python}` are replaced by the engine (paths as
    the replica sees them), here and in `env` values. `{python}` is the platform's own interpreter and needs
    `platform_files`."""
    artifact: str
    """Host directory with `app/` (copied afresh at each start, writable) and maybe `deps/` (read-only)."""
    env: dict[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    limits: Limits = Limits()
    grace_seconds: float = 10.0
    """Time between SIGTERM and SIGKILL."""
    restart: Restart = Restart.never
    listens_on_socket: bool = False
    """The replica listens on the unix socket `{run}/replica.sock` instead of a port."""
    platform_files: bool = False
    """Show the platform's own interpreter and packages read-only (runtimes of `cpsl` apps)."""
    redact: tuple[str, ...] = ()
    """Values that the replica's log must not show, such as those of secrets."""
    labels: dict[str, str] = field(default_factory=dict)
    """Added to every log record of the replica, such as `{"environment": "serve"}`."""


@dataclass(frozen=True)
class Exit:
    """Why a replica ended. Exactly one of `code` and `signal` is set, unless neither could be known."""

    code: int | None = None
    signal: str | None = None
    """Such as `SIGTERM`."""
    out_of_memory: bool = False
    at: datetime | None = None

    def sentence(self) -> str:
        if self.out_of_memory:
            return "ran out of memory and was killed"
        if self.signal is not None:
            return f"was ended by {self.signal}"
        if self.code is not None:
            return f"exited with code {self.code}"
        return "ended for an unknown reason"


@dataclass(frozen=True)
class ReplicaStatus:
    id: str
    capsule_id: str
    release_id: str
    phase: Phase
    address: str | None = None
    """`tcp:127.0.0.1:<port>` or `unix:<path on the host>`; set as soon as the replica was started once."""
    pid: int | None = None
    started_at: datetime | None = None
    restarts: int = 0
    last_exit: Exit | None = None
    next_start_at: datetime | None = None
    """Set while backing off."""
    listening: tuple[str, ...] = ()
    """Addresses its processes really listen on, such as `127.0.0.1:5000`; tells why a probe failed.
    Looked up by `inspect` only."""


@dataclass(frozen=True)
class ReplicaStats:
    id: str
    cpu_seconds: float
    """Since start."""
    memory_bytes: int
    processes: int


class Engine(Protocol):
    name: str

    @property
    def capabilities(self) -> Capabilities: ...

    async def fingerprint(self) -> Fingerprint: ...

    async def recover(self) -> list[ReplicaStatus]:
        """Find the replicas that an earlier process of this engine started, and go on minding them.

        Called once, before anything else. What ended in between is reported with its exit.
        """

    async def start(self, spec: ReplicaSpec) -> ReplicaStatus:
        """Start a replica and return once its command runs (not: answers).

        Raises ReplicaExists for a known id, MountMissing, ReplicaStartFailed; nothing is left behind then.
        """

    async def stop(self, replica_id: str) -> ReplicaStatus:
        """SIGTERM, wait `grace_seconds`, SIGKILL; return when every process is gone. Not started again."""

    async def destroy(self, replica_id: str) -> None:
        """Stop if needed and remove every trace. Unknown ids are ignored."""

    async def set_restart(self, replica_id: str, restart: Restart) -> ReplicaStatus: ...

    async def inspect(self, replica_id: str) -> ReplicaStatus: ...

    async def list(self) -> list[ReplicaStatus]: ...

    async def wait(self, replica_id: str) -> Exit:
        """Return when the running command has ended (at once when it has already)."""

    async def stats(self, replica_id: str) -> ReplicaStats: ...

    async def close(self) -> None:
        """Let go of the replicas without stopping them."""
