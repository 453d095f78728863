"""Say how one runtime is set apart from the others in the same box. Pure: the zygote carries it out.

The box of the replica keeps the app from everything else; these walls keep its users from each other. They
stand only where the machine can divide a box (`Machine.can_divide`).
"""

import base64
from dataclasses import dataclass

from capsule.sandbox.box import BoxLimits
from capsule.sandbox.gate.relay import NAMESERVER
from capsule.sandbox.machine import Machine
from capsule.sandbox.seccomp import runtime_program
from cpsl.wire import WallMount, WallPlan

_NAMESPACES = ["user", "mount", "pid", "ipc", "uts", "net", "cgroup"]
_SCORE = 500
"""The kernel ends a runtime before anything of the platform or of web capsules."""
_FILES = 4096
_SHARED_LIMITS = {"RLIMIT_SIGPENDING": 1024, "RLIMIT_MSGQUEUE": 160 * 1024, "RLIMIT_MEMLOCK": 512 * 1024}
"""The kernel counts these, and the next ones, for all processes of an operating-system user together: for all
runtimes of an app. One of them must not use up what all have."""
_SHARED_COUNTS = {"max_inotify_instances": 16, "max_inotify_watches": 4096}
_NO_MORE_NAMESPACES = {f"max_{kind}_namespaces": 0 for kind in ("user", "mnt", "pid", "net", "ipc", "uts")}
_EMPTY = "size=0,nr_inodes=1,mode=555"


@dataclass(frozen=True)
class RuntimePlaces:
    """Paths as the replica sees them, before a runtime's own mounts."""

    app: str
    home: str
    """Where the private files appear."""
    tmp: str
    run: str
    """Sockets of all runtimes; hidden from each."""
    users: str
    """Private files of all users; hidden from each."""
    own_files: str
    """This user's, below `users`."""
    mounts: tuple[str, ...]
    """Declared filesystems."""


def plan_walls(
    machine: Machine, places: RuntimePlaces, limits: BoxLimits, *, scratch_mb: int, hostname: str
) -> WallPlan:
    """Return the walls of a runtime. Without `can_divide` they are only resource limits."""
    is_divided = machine.can_divide
    rlimits = {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": _FILES}
    if is_divided:
        # Counted per user namespace, and so for this runtime alone.
        rlimits["RLIMIT_NPROC"] = limits.processes
        rlimits |= _SHARED_LIMITS
    if machine.cgroups is None:
        rlimits["RLIMIT_DATA"] = limits.memory_bytes
    return WallPlan(
        namespaces=list(_NAMESPACES) if is_divided else [],
        hostname=hostname,
        mounts=_mounts(places, scratch_mb) if is_divided else [],
        limits=rlimits,
        counts={**_SHARED_COUNTS, **_NO_MORE_NAMESPACES} if is_divided else {},
        system_calls=base64.b64encode(runtime_program()).decode() if is_divided else "",
        writable=_writable(places) if is_divided else [],
        removable=[],
        directory=places.app,
        nameserver=NAMESERVER[0] if machine.can_filter_network else "",
        joins_group=machine.cgroups is not None,
        out_of_memory_score=_SCORE,
    )


def _mounts(places: RuntimePlaces, scratch_mb: int) -> list[WallMount]:
    size = f"size={scratch_mb}m,nr_inodes={scratch_mb * 64}"
    return [
        _mount("proc", "/proc"),
        _mount("tmpfs", places.tmp, options=f"{size},mode=1777"),
        _mount("tmpfs", "/dev/shm", options=f"{size},mode=1777"),
        _mount("devpts", "/dev/pts", options="newinstance,ptmxmode=0666,mode=620"),
        _mount("read_only", "/dev"),
        _mount("bind", places.home, source=places.own_files),
        _mount("tmpfs", places.users, options=_EMPTY),
        # Its changes lie where the sockets were, and are hidden together with them.
        _mount("tmpfs", places.run, options=f"{size},mode=700"),
        _mount("private_copy", places.app, source=places.run),
        _mount("tmpfs", places.run, options=_EMPTY),
    ]


def _writable(places: RuntimePlaces) -> list[str]:
    return [places.app, places.home, places.tmp, "/dev", "/proc", *places.mounts]


def _mount(kind: str, target: str, *, source: str = "", options: str = "") -> WallMount:
    return WallMount(kind=kind, target=target, source=source, options=options)
