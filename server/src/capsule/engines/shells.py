"""What an engine can do beyond running replicas: start a process inside one, with or without a terminal.

A shell belongs to the engine's process (the node agent): whoever follows it may go away and come back, and
reads on by offset. It ends with its command, with its replica, when nothing has happened in it for long, and
when nobody has read it for some minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from capsule.engines.contract import Engine, Exit
from capsule.errors import Conflict, NotFound, PlatformError

MOST_INPUT = 64 * 1024
"""Bytes of one `write`."""
Stream: TypeAlias = Literal["stdout", "stderr"]


class ShellNotFound(NotFound):
    code, title = "shell_not_found", "Shell not found"


class ShellFailed(PlatformError):
    """The process could not be started inside the replica; nothing is left behind."""

    code, title = "shell_failed", "Shell could not be started"


class TooManyShells(Conflict):
    code, title = "too_many_shells", "Too many shells"


class NoShells(Conflict):
    """This engine cannot start processes inside its replicas."""

    code, title = "no_shells", "No shells here"


@dataclass(frozen=True)
class Patience:
    """After how many seconds a shell is ended by itself."""

    idle: float = 30 * 60
    """Without a byte in or out."""
    unread: float = 5 * 60
    """While nobody reads it."""
    kept: float = 5 * 60
    """So long the end of a shell can be read."""


@dataclass(frozen=True)
class ShellSpec:
    id: str
    replica_id: str
    argv: tuple[str, ...] = ()
    """Empty: bash where the replica has it, else sh."""
    has_terminal: bool = True
    """Without, the output streams are told apart, and the input can end."""
    columns: int = 80
    rows: int = 24
    owner: str = ""
    """Who opened it, for the caller to look at; means nothing here."""


@dataclass(frozen=True)
class ShellStatus:
    id: str
    replica_id: str
    owner: str
    is_running: bool
    opened_at: datetime
    end: Exit | None = None
    end_reason: str = ""
    """Beyond what `end` says, such as that nothing happened in it for long; a sentence for people."""


@dataclass(frozen=True)
class Piece:
    """Some output, as it came."""

    offset: int
    """Bytes of the shell before it, all streams counted together."""
    data: bytes
    stream: Stream = "stdout"


@dataclass(frozen=True)
class ShellOutput:
    pieces: tuple[Piece, ...]
    next: int
    """Where to read on."""
    ended: ShellStatus | None = None
    """Set once everything was read of a shell that has ended."""


class Shells(Protocol):
    async def open(self, spec: ShellSpec) -> ShellStatus:
        """Start a process inside a running replica: its files, user, limits, environment and rights.

        Raises ReplicaNotFound, ShellFailed, TooManyShells.
        """

    async def inspect(self, replica_id: str, shell_id: str) -> ShellStatus: ...

    async def list(self, replica_id: str) -> Sequence[ShellStatus]:
        """List those that run."""

    async def read(
        self, replica_id: str, shell_id: str, *, after: int, wait_seconds: float = 20.0
    ) -> ShellOutput:
        """Return the output from an offset on, waiting for some; none when none came in time.

        What lies before the offset counts as read. Output that nobody has read yet is never dropped: the
        process waits once there is much of it. Read output is kept for a while, for who comes back; further
        back than that, the first piece begins later than asked.
        """

    async def write(self, replica_id: str, shell_id: str, data: bytes, *, is_last: bool = False) -> None:
        """Give input (up to `MOST_INPUT` bytes) and return when it was taken.

        `is_last` ends the input of a shell without a terminal. Input for one that has ended is dropped.
        """

    async def resize(self, replica_id: str, shell_id: str, columns: int, rows: int) -> None: ...

    async def close(self, replica_id: str, shell_id: str) -> None:
        """End every process of the shell. Unknown ids are ignored."""


@runtime_checkable
class HasShells(Protocol):
    @property
    def shells(self) -> Shells: ...


def shells_of(engine: Engine) -> Shells:
    """Raises NoShells for an engine that has none."""
    if isinstance(engine, HasShells):
        return engine.shells
    raise NoShells(f"The {engine.name} engine cannot start processes inside its replicas.")
