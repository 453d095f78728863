"""Turn a box into the command line that runs it inside the walls. Runs nothing itself.

The line is `sh <constant script> <limits> <cgroups> <overlays> -- <walls> <the box's command>`: the script
joins the cgroups, then becomes the command. Secrets never stand in a command line, where every user of the
machine could read them: the environment travels in a file that only the platform's user may read.
"""

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from capsule.errors import PlatformError
from capsule.sandbox.box import Bind, Box
from capsule.sandbox.bwrap import bwrap_arguments, mounts_proc_late
from capsule.sandbox.cgroups import Group
from capsule.sandbox.machine import Machine, Walls
from capsule.sandbox.system_files import SYSTEM_PATH, platform_python


class WallsMissing(PlatformError):
    """The command must not run with what this machine can do."""

    code, title = "walls_missing", "No walls to run this in"


@dataclass(frozen=True)
class Command:
    """Ready for `Popen(argv, env=env, cwd=cwd, start_new_session=True)`."""

    argv: list[str]
    env: dict[str, str]
    cwd: str


MAPPER = str(Path(__file__).with_name("idmap.py"))

_SCRIPT = """
ulimit -c 0
data=$1; arguments=$2; shift 2
[ "$data" = 0 ] || ulimit -d "$data" || exit 125
while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs" || exit 125; shift; done; shift
while [ "$1" != -- ]; do mount -t overlay overlay -o "$1" "$2" || exit 125; shift 2; done; shift
[ -z "$arguments" ] || exec 9<"$arguments"
exec "$@"
"""

# Any port is free in a network that nobody else is in: the box's nameserver is on 53.
_MOUNT_PROC = """
mount -t proc -o nosuid,nodev,noexec proc /proc || exit 125
[ "$1" = shared ] || echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start || exit 125
shift; exec "$@"
"""

# Read by the loader and the C library of any program. Set too early they would make setpriv, which is still
# root, load the user's code.
_LOADER_VARIABLES = ("LD_", "GLIBC_TUNABLES", "GCONV_PATH", "GETCONF_DIR", "LOCPATH", "NLSPATH", "MALLOC_")


def enclose(box: Box, machine: Machine, group: Group | None) -> Command:
    """Return how to run `box` on this machine, as a member of `group`.

    Writes into the box's scratch. Raises WallsMissing when it would run as root without walls.
    """
    arguments_file = ""
    mapped: list[tuple[str, str]] = []
    if machine.walls is Walls.plain:
        inner, env, cwd = _plain(box, machine)
    else:
        if machine.can_map_owner:
            box, mapped = _map_owners(box)
        inner, env, cwd = _walled(box, machine), {"PATH": SYSTEM_PATH}, "/"
        if mapped:
            inner = mapping_argv(machine.uid(box.identity), mapped) + inner
        arguments = bwrap_arguments(box, machine)
        for name, value in box.env.items():
            if not _is_for_loader(name):
                arguments += ["--setenv", name, value]
        arguments_file = str(Path(box.scratch, "arguments"))
        _write_private(Path(arguments_file), b"".join(os.fsencode(item) + b"\0" for item in arguments))
    data_limit = 0
    if group is None and box.limits is not None:
        data_limit = box.limits.memory_bytes // 1024
    argv = ["/bin/sh", "-c", _SCRIPT, "capsule-box", str(data_limit), arguments_file]
    argv += [*(group.folders if group is not None else ()), "--"]
    for overlay in box.overlays:
        options = f"lowerdir={overlay.lower},upperdir={overlay.upper},workdir={overlay.work}"
        argv += [options, overlay.view]
    argv += ["--", *inner]
    if box.overlays or mapped:
        # In a mount namespace of its own: the mounts are gone with the last process, whatever happens.
        argv = [_program("unshare"), "--mount", "--propagation", "private", *argv]
    return Command(argv=argv, env=env, cwd=cwd)


def mapping_argv(uid: int, folders: list[tuple[str, str]]) -> list[str]:
    """Return the command that mounts each (source, target) with root's files as `uid`'s; append a program."""
    pairs = [path for pair in folders for path in pair]
    return [platform_python(), "-I", "-S", MAPPER, str(uid), *pairs, "--"]


def _map_owners(box: Box) -> tuple[Box, list[tuple[str, str]]]:
    """Let binds with `map_owner` come from a mapped mount in the scratch; return those mounts."""
    binds: list[Bind] = []
    mapped: list[tuple[str, str]] = []
    for bind in box.binds:
        if bind.map_owner:
            target = Path(box.scratch, f"mapped-{len(mapped)}")
            target.mkdir(exist_ok=True)
            mapped.append((bind.source, str(target)))
            bind = replace(bind, source=str(target))
        binds.append(bind)
    return replace(box, binds=tuple(binds)), mapped


def _walled(box: Box, machine: Machine) -> list[str]:
    argv = [_program("bwrap"), "--args", "9"]
    if mounts_proc_late(box, machine):
        network = "private" if box.private_network else "shared"
        argv += ["/bin/sh", "-c", _MOUNT_PROC, "capsule-box", network]
    if machine.walls is Walls.root:
        argv += _become(machine.uid(box.identity))
    return [*argv, *_with_loader_variables(box)]


def _plain(box: Box, machine: Machine) -> tuple[list[str], dict[str, str], str]:
    if not machine.drops_to_own_user:
        return list(box.argv), dict(box.env), box.cwd
    # A foreign user starts from outside the walls, so every folder on the way must let it pass.
    for folder in (Path(box.cwd), *Path(box.cwd).parents):
        if not folder.stat().st_mode & 0o001 and folder.stat().st_uid != machine.uid(box.identity):
            raise WallsMissing(
                f"Without bubblewrap, the capsule's own user cannot reach {folder}.",
                hint="Install bubblewrap, or move the data folder to where other users may pass.",
            )
    early = {name: value for name, value in box.env.items() if not _is_for_loader(name)}
    return [*_become(machine.uid(box.identity)), *_with_loader_variables(box)], early, box.cwd


def _become(uid: int) -> list[str]:
    return [
        _program("setpriv"),
        *("--reuid", str(uid), "--regid", str(uid), "--clear-groups"),
        *("--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"),
        "--",
    ]


def _with_loader_variables(box: Box) -> list[str]:
    late = [f"{name}={value}" for name, value in box.env.items() if _is_for_loader(name)]
    return ["/usr/bin/env", *late, *box.argv] if late else list(box.argv)


def _is_for_loader(name: str) -> bool:
    return name.startswith(_LOADER_VARIABLES)


def _program(name: str) -> str:
    path = shutil.which(name, path=SYSTEM_PATH)
    if path is None:
        raise WallsMissing(f"The program {name} is missing.", hint=f"Install the package that has {name}.")
    return path


def _write_private(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
