"""Put this process apart from all others as a `WallPlan` says. Carries out; decides nothing."""

from __future__ import annotations

import base64
import contextlib
import os
import resource
import socket

from cpsl.wire import WallMount, WallPlan

from . import system

_NAME_PORT = 53


def go_apart(plan: WallPlan) -> None:
    """Enter namespaces of our own, as the same user. Mounts and processes change with `furnish` only."""
    if not plan["namespaces"]:
        return
    uid, gid = os.getuid(), os.getgid()
    system.separate(plan["namespaces"])
    if "user" in plan["namespaces"]:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")


def furnish(plan: WallPlan) -> None:
    """Make the mounts, and what else needs power inside the namespaces."""
    namespaces = plan["namespaces"]
    if "mount" in namespaces:
        system.mount("none", "/", "", system.MS_REC | system.MS_PRIVATE)
        for mount in plan["mounts"]:
            _mount(mount)
    for name, value in plan["counts"].items():
        with contextlib.suppress(FileNotFoundError):  # a kernel that does not count this
            _write(f"/proc/sys/user/{name}", str(value))
    if "uts" in namespaces:
        socket.sethostname(plan["hostname"])


def open_nameserver(plan: WallPlan) -> list[socket.socket]:
    """Switch the loopback of a new network on; return the sockets on which its names are resolved."""
    if "net" not in plan["namespaces"]:
        return []
    system.raise_loopback()
    return bind_nameserver(plan["nameserver"]) if plan["nameserver"] else []


def bind_nameserver(address: str) -> list[socket.socket]:
    """Return the sockets (UDP, TCP) to which programs here will turn with names."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, _NAME_PORT))
    tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tcp.bind((address, _NAME_PORT))
    tcp.listen(16)
    return [udp, tcp]


def confine(plan: WallPlan) -> None:
    """Give up all power for good. After this nothing can be furnished."""
    with contextlib.suppress(OSError):  # lowering a limit is refused only where a lower one stands
        _write("/proc/self/oom_score_adj", str(plan["out_of_memory_score"]))
    for name, value in plan["limits"].items():
        number = getattr(resource, name)
        _, hard = resource.getrlimit(number)
        lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (lower, lower))
    system.forbid_new_privileges()
    if plan["namespaces"]:
        system.drop_all_capabilities()
    if plan["writable"]:
        system.allow_changes_below(plan["writable"], plan["removable"])
    if plan["system_calls"]:
        system.filter_system_calls(base64.b64decode(plan["system_calls"]))


def _mount(mount: WallMount) -> None:
    kind, target, options = mount["kind"], mount["target"], mount["options"]
    if kind == "bind":
        system.mount(mount["source"], target, "", system.MS_BIND | system.MS_REC)
    elif kind == "read_only":
        _make_read_only(target)
    elif kind == "private_copy":
        _mount_private_copy(mount["source"], target)
    else:
        flags = system.MS_NOSUID | (0 if kind == "devpts" else system.MS_NODEV)
        if kind == "proc":
            flags |= system.MS_NOEXEC
        system.mount(kind, target, kind, flags, options)


def _mount_private_copy(source: str, target: str) -> None:
    upper, work = os.path.join(source, "upper"), os.path.join(source, "work")
    try:
        os.mkdir(upper)
        os.mkdir(work)
        options = f"lowerdir={target},upperdir={upper},workdir={work},userxattr"
        system.mount("overlay", target, "overlay", system.MS_NODEV | system.MS_NOSUID, options)
    except OSError:  # an older kernel: seen by all and changed by none is the next best
        _make_read_only(target)


def _make_read_only(target: str) -> None:
    # A mount of its own first, since `target` may be a folder inside one; then, with what is locked kept.
    system.mount(target, target, "", system.MS_BIND | system.MS_REC)
    kept = os.statvfs(target).f_flag & (system.MS_NOSUID | system.MS_NODEV | system.MS_NOEXEC)
    flags = system.MS_REMOUNT | system.MS_BIND | system.MS_RDONLY | kept
    system.mount("none", target, "", flags)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
