"""What an engine must do: run replicas, tell how they are, and find them again after a restart.

An engine knows nothing of capsules, releases or the database; it runs what a `ReplicaSpec` describes.
Callers ask `capabilities` instead of testing names. Every method may be called at any time and in any
order; each is idempotent unless it says otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from signal import Signals
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


class RuntimeFailed(PlatformError):
    """A runtime could not be made: the replica is not ready for it, or the machine refused."""

    code, title, retryable = "runtime_failed", "Runtime could not be started", True


class PrivateFilesFull(PlatformError):
    """A runtime is not made any more: its owner's private files are far over their limit."""

    code, title = "private_files_full", "Private files are full"


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
    disk_limit: bool = False
    """Who writes much beside its mounts is ended soon; what is written until then is written."""
    own_user: bool = False
    """Each capsule runs as an operating-system user of its own."""
    private_runtimes: bool = False
    """Runtimes of one replica cannot see each other's files, processes and sockets."""
    filtered_network: bool = False
    """Runtimes reach only what their replica's `Egress` lets them."""
    images: bool = False
    """Replicas are started from container images."""


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
    name: str = ""
    """For people, who are told when it is full."""
    size_file: str = ""
    """A file on the host with the MiB that the source may hold, read again at every look; empty: no limit.
    While there is more, writers are ended and new runtimes can only remove files there."""


@dataclass(frozen=True)
class Limits:
    cpu: float = 1.0
    """Cores; 0.25 is a quarter of one."""
    memory: int = 512
    """MiB."""
    processes: int = 256
    disk: int = 10 * 1024
    """MiB of own files, beside mounts and what it was started from; needs the capability `disk_limit`."""


class EgressMode(StrEnum):
    public = "public"
    """Every public address, and what is listed."""
    listed = "listed"
    """Only what is listed."""


@dataclass(frozen=True)
class Egress:
    """Where an app may connect to. Private addresses and the platform's own are refused unless listed."""

    mode: EgressMode = EgressMode.public
    allow: tuple[str, ...] = ()
    """`host:port`, `address:port` or `network/bits:port`; without a port, all of them."""


@dataclass(frozen=True)
class RuntimeTerms:
    """What each runtime of a replica gets. Processor and memory are the replica's `Limits`, for each anew."""

    files_mb: int = 1024
    """MiB of private files, kept between runtimes."""
    files_count: int = 100_000
    scratch_mb: int = 256
    """MiB of `/tmp`, gone with the runtime."""
    egress: Egress = Egress()


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
    process: str = "web"
    """Process type; also in its log records and its host name."""
    image: str = ""
    """Reference of a container image, which `artifact` then only describes; needs the capability `images`.
    An empty `argv` leaves the command to the image."""
    port: int = 0
    """Where a container listens inside its own network; 0: the engine chooses and says so in `PORT`."""
    space_id: str = ""
    """Replicas of one space share a private network, where an engine has private networks."""
    hostname: str = ""
    """Name by which others in that network find it; several replicas may have the same."""
    listens_on_socket: bool = False
    """The replica listens on the unix socket `{run}/replica.sock` instead of a port."""
    platform_files: bool = False
    """Show the platform's own interpreter and packages read-only (runtimes of `cpsl` apps)."""
    runtimes: RuntimeTerms | None = None
    """Set for `cpsl` apps: the command is a zygote that runtimes are forked from (see `Engine.wake`)."""
    loads_when_asked: bool = False
    """Start the zygote without the app; at the first `ready` or `wake` it loads what `artifact` has then."""
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
    because: str = ""
    """Why the engine ended it by itself: the rest of a sentence, such as `its files went over 8 MiB`."""
    at: datetime | None = None

    @property
    def shell_code(self) -> int | None:
        """The exit code as shells have it: 128 and the signal's number for a signal."""
        if self.code is not None or self.signal is None:
            return self.code
        return 128 + Signals[self.signal]

    def sentence(self) -> str:
        if self.out_of_memory:
            return "ran out of memory and was killed"
        if self.because:
            return f"was ended because {self.because}"
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
    throttled_seconds: float = 0.0
    """Time in which its processor limit held it back, since start."""


@dataclass(frozen=True)
class RuntimeSpec:
    """One runtime of a replica with `runtimes`."""

    id: str
    replica_id: str
    owner: str
    """Whose private files it gets: a key made of app, environment and user. At most one lives at a time."""
    env: dict[str, str] = field(default_factory=dict)
    """Beside the replica's own."""


@dataclass(frozen=True)
class RuntimeStatus:
    id: str
    replica_id: str
    owner: str
    is_running: bool
    address: str
    """`unix:<path on the host>`, listening as soon as the status says that it runs."""
    pid: int | None = None
    """On the host."""
    is_forked: bool = True
    """Made from the loaded app; else it loads the app itself."""
    end: Exit | None = None
    end_reason: str = ""
    """Beyond what `end` says, such as that its files went over the limit; a sentence for people."""
    memory_bytes: int | None = None
    """Of its own. Looked up by `runtimes` with `measure` only."""


@dataclass(frozen=True)
class ZygoteStatus:
    """What a replica with `runtimes` is like."""

    is_ready: bool
    is_forked: bool = True
    notices: tuple[str, ...] = ()
    """Why runtimes are slower or less apart than they could be; sentences for people."""
    memory_bytes: int | None = None
    """Of the loaded app, which all runtimes share."""


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

    async def ready(self, replica_id: str) -> ZygoteStatus:
        """Wait until a replica with `runtimes` can wake them (its app is loaded).

        Raises ReplicaNotFound, RuntimeFailed when the replica ended before.
        """

    async def wake(self, spec: RuntimeSpec) -> RuntimeStatus:
        """Make a runtime and return once it listens (not: has run `boot`).

        Idempotent by `id`; another runtime of the same `owner` on this replica is ended first.
        Raises ReplicaNotFound, RuntimeFailed, PrivateFilesFull; nothing is left behind then.
        """

    async def stop_runtime(self, replica_id: str, runtime_id: str, *, grace_seconds: float = 10.0) -> None:
        """SIGTERM, wait, SIGKILL; return when every process of it is gone. Unknown ids are ignored."""

    async def wait_runtime(self, replica_id: str, runtime_id: str) -> RuntimeStatus:
        """Return when the runtime has ended; at once, with an unknown end, when nobody knows it."""

    async def runtimes(self, replica_id: str, *, measure: bool = False) -> Sequence[RuntimeStatus]:
        """List those that run."""

    async def delete_files(self, owner: str) -> None:
        """Delete the private files of an owner, or of all whose key is `owner/…`. None of them may run.

        Unknown owners are ignored. Raises InvalidInput for what is no such key.
        """

    async def close(self) -> None:
        """Let go of the replicas without stopping them."""
