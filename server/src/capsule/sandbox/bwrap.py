"""Turn a box into bubblewrap's arguments. Runs nothing."""

from pathlib import Path

from capsule.sandbox.box import Bind, Box
from capsule.sandbox.machine import Machine, Walls
from capsule.sandbox.system_files import (
    account_arguments,
    file_arguments,
    platform_binds,
    system_arguments,
)


def bwrap_arguments(box: Box, machine: Machine) -> list[str]:
    """Return everything before the command. Writes the box's passwd and group files into its scratch."""
    uid = machine.uid(box.identity)
    arguments = [
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
        "--die-with-parent",
        "--new-session",
        *("--hostname", box.hostname),
    ]
    if box.private_network:
        arguments += ["--unshare-net"]
    arguments += ["--cap-drop", "ALL"]
    if machine.walls is Walls.root:
        # No user namespace: mounts are made as real root (works in a chroot, reads folders closed to others).
        # What is left is what the inner setpriv needs to become the box's user; it gives the rest away.
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            arguments += ["--cap-add", capability]
        if mounts_proc_late(box, machine):
            arguments += ["--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_NET_ADMIN"]
    else:
        arguments += ["--unshare-user"]
        if box.private_network:  # the nameserver of the box is on port 53
            arguments += ["--cap-add", "CAP_NET_BIND_SERVICE"]
    arguments += _folders(("/etc/ssl", "/run", "/var"))
    arguments += system_arguments()
    if box.resolv_conf:
        arguments += file_arguments(Path(box.scratch), "resolv.conf", box.resolv_conf)
    arguments += account_arguments(Path(box.scratch), uid, box.home)
    arguments += ["--dir", "/proc"] if mounts_proc_late(box, machine) else ["--proc", "/proc"]
    arguments += _devices(box, machine)
    arguments += ["--perms", "1777", "--tmpfs", "/dev/shm"]
    arguments += ["--perms", "1777", "--tmpfs", "/tmp", "--symlink", "../tmp", "/var/tmp"]
    binds = [*(platform_binds() if box.platform_files else ()), *box.binds]
    binds += [Bind(overlay.view, overlay.target) for overlay in box.overlays]
    # Shallow targets first, so that no bind hides another.
    binds.sort(key=lambda bind: bind.target.rstrip("/").count("/"))
    for bind in binds:
        arguments += _folders((str(Path(bind.target).parent),))
        arguments += ["--ro-bind" if bind.read_only else "--bind", bind.source, bind.target]
    arguments += ["--remount-ro", "/", "--chdir", box.cwd, "--clearenv"]
    return arguments


def mounts_proc_late(box: Box, machine: Machine) -> bool:
    """Tell whether the inner command mounts /proc, before it gives its power away.

    bubblewrap as real root covers parts of /proc. The kernel then lets no namespace inside have a /proc of
    its own, since that would uncover them; to the box's user they are closed anyway.
    """
    return box.divides_itself and machine.walls is Walls.root


def _devices(box: Box, machine: Machine) -> list[str]:
    if not (box.private_network and machine.walls is Walls.user):
        return ["--dev", "/dev"]
    # As `--dev` does, but without terminals (each runtime mounts its own): for these, bubblewrap would put
    # the command into a second user namespace, which has no say in the box's network.
    arguments = ["--tmpfs", "/dev", "--dir", "/dev/pts", "--symlink", "pts/ptmx", "/dev/ptmx"]
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        arguments += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    arguments += ["--symlink", "/proc/self/fd", "/dev/fd"]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        arguments += ["--symlink", f"/proc/self/fd/{number}", f"/dev/{name}"]
    return arguments


def _folders(paths: tuple[str, ...]) -> list[str]:
    """Name every folder on the way: those that bubblewrap makes by itself are closed to the box's user."""
    arguments = []
    for path in paths:
        for folder in [*reversed(Path(path).parents), Path(path)][1:]:
            arguments += ["--dir", str(folder)]
    return arguments
