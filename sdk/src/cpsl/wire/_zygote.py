"""What an engine and a zygote say to each other, with the version of that protocol.

A zygote is the command of an app's replica: it loads the app once and forks a runtime for each app user. It
listens on the unix socket (SOCK_SEQPACKET) named by `CAPSULE_RUNTIME_SOCKET`. The engine connects and says
`Prepare`; the zygote answers `Prepared`, with the descriptor of its network filter if there is one, and
`Loaded` once the app is. From then on the engine sends `Wake`, each with one end of a socket pair. Over that
pair the engine and the newborn runtime speak with each other: the engine sends `Outfit`, the newborn tells
how far it is (`Step`). The zygote tells of each end (`Ended`).

What the zygote has read once stays in its memory, freed or not, and every later runtime gets a copy of that
memory. So it hears nothing of any user: that travels over the newborn's own socket pair.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypedDict, Union

ZYGOTE_PROTOCOL = 2


class WallMount(TypedDict):
    """One mount inside a runtime's own mount namespace, made in the order of the plan."""

    kind: str
    """`bind`, `tmpfs`, `proc`, `devpts`, `read_only` (what is there already) or `private_copy`.

    `private_copy` lays a writable view over `target`, whose changes go to the folder `source`; where the
    kernel cannot, `target` becomes read-only.
    """
    target: str
    source: str
    options: str


class WallPlan(TypedDict):
    """All that sets one runtime apart, as data. Whoever runs it decides nothing."""

    namespaces: list[str]
    """Of `user mount pid ipc uts net cgroup`. Empty: no walls at all."""
    hostname: str
    mounts: list[WallMount]
    limits: dict[str, int]
    """Soft and hard resource limits, by the names of `resource`, such as `RLIMIT_NPROC`."""
    counts: dict[str, int]
    """Limits of the own user namespace, by their names in `/proc/sys/user`."""
    system_calls: str
    """A seccomp program (base64 of `struct sock_filter[]`); empty: none."""
    writable: list[str]
    """Paths below which files may be changed (Landlock, where the kernel has it); empty: no such rule."""
    removable: list[str]
    """Paths below which they may be removed, and nothing else be changed."""
    directory: str
    """Working directory."""
    nameserver: str
    """Address inside, with port 53, where names are resolved by the engine; empty: none."""
    joins_group: bool
    """Wait for the engine's `go` after the step `born`, and join the control group by the descriptors that
    come with it (`0` written to each); without any, the engine has put the process there."""
    out_of_memory_score: int
    """Added to the kernel's score for choosing whom to end when the machine is short of memory."""


@dataclass(frozen=True)
class Prepare:
    """Engine to zygote, first on a connection."""

    protocol: int = ZYGOTE_PROTOCOL
    network_filter: str = ""
    """A seccomp program (base64) whose notifications the engine answers; empty: none."""
    nameserver: str = ""
    """Address, with port 53, where the zygote's own names are resolved by the engine; empty: none."""


@dataclass(frozen=True)
class Prepared:
    """Zygote to engine, with three descriptors if there is a filter: its listener, and the sockets (UDP, TCP)
    of the zygote's own nameserver."""

    protocol: int
    sdk_version: str
    runtimes: list[str]
    """Ids of those alive already: the engine has connected again."""


@dataclass(frozen=True)
class Loaded:
    """Zygote to engine: runtimes can be woken."""

    is_forked: bool = True
    obstacles: list[str] = field(default_factory=list)
    """Why the loaded app cannot be forked, so that each runtime loads it anew; ends of sentences."""


@dataclass(frozen=True)
class Wake:
    """Engine to zygote, with one end of a socket pair as its only descriptor."""

    id: str
    has_envoy: bool
    """The runtime gets a pid namespace of its own, so a process in between has to make it."""


@dataclass(frozen=True)
class Outfit:
    """Engine to newborn runtime, first on its own socket pair."""

    socket: str
    """Path inside the replica where the runtime listens."""
    walls: WallPlan
    env: dict[str, str]


@dataclass(frozen=True)
class Abandon:
    """Engine to zygote: end a runtime that the engine does not mind (it was restarted during a birth)."""

    id: str


@dataclass(frozen=True)
class Step:
    """Newborn runtime to engine, over its own socket pair; the sender's credentials tell its pid."""

    name: Literal["born", "walled", "failed"]
    reason: str = ""


@dataclass(frozen=True)
class Nameserver:
    """Zygote to engine, with two descriptors: sockets (UDP, TCP) bound inside a runtime, to resolve names on.

    Said again after each `Prepared`, since the zygote keeps them for as long as the runtime lives.
    """

    id: str


@dataclass(frozen=True)
class Ended:
    """Zygote to engine: a runtime has ended. Exactly one of `code` and `signal` is set."""

    id: str
    code: int | None = None
    signal: int | None = None


ZygoteMessage = Union[  # noqa: UP007 - get_args reads it
    Prepare, Prepared, Loaded, Wake, Outfit, Abandon, Step, Nameserver, Ended
]
