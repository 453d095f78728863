"""Describe what a command may see and use. Plain data."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Bind:
    source: str
    """Existing file or directory on the host."""
    target: str
    """Absolute path inside the box."""
    read_only: bool = False
    map_owner: bool = False
    """Show files of the platform's own user as files of the box, and keep what it writes as the platform's
    (where the machine can: several boxes then share one folder)."""


@dataclass(frozen=True)
class Overlay:
    """A writable view of a folder that stays as it is. Needs `Machine.can_overlay`; gone with the box."""

    lower: str
    upper: str
    """What was written. Empty at the start; on the same file system as `work`."""
    work: str
    view: str
    """An empty host directory where the view is mounted, seen by this box only."""
    target: str


@dataclass(frozen=True)
class BoxLimits:
    memory_bytes: int
    cpu: float
    """Cores."""
    processes: int


@dataclass(frozen=True)
class Box:
    """One command and its surroundings. Without walls, paths of binds must be equal on both sides."""

    argv: tuple[str, ...]
    scratch: str
    """An existing directory of the caller, not visible inside, for files that the walls need."""
    cwd: str
    """Must be open for everyone to enter (0711)."""
    identity: int
    """Becomes an own operating-system user where the machine allows."""
    env: dict[str, str] = field(default_factory=dict)
    """All of it; nothing is inherited."""
    binds: tuple[Bind, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    limits: BoxLimits | None = None
    hostname: str = "capsule"
    home: str = "/tmp"
    """Named in the passwd file; `HOME` is the caller's to set."""
    private_network: bool = False
    """A network namespace of its own, with nothing but an own loopback, on which any port is free. Needs
    walls."""
    resolv_conf: str = ""
    """Text of /etc/resolv.conf inside; empty: the machine's."""
    divides_itself: bool = False
    """The command puts its children into namespaces of their own (`Machine.can_divide`)."""
    platform_files: bool = False
    """Show the platform's interpreter, packages and sources, read-only, at their own paths."""
