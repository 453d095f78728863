"""The little program that starts a process inside the box of a running replica, and waits for its end.

Run as `python -I -S enter.py <socket>`; stands alone. Three processes: this one stays outside as the parent;
a child joins the replica's control groups and namespaces and forks the command, which first becomes what the
replica's own command is: its user, no capabilities, no new privileges, its resource limits. Nothing of the
platform is open in it.

Over the socket comes one line of JSON, the order, and go `{"pid"}` (as the machine counts), then `{"ready"}`
with the terminal's descriptor, or `{"error"}`. The exit code is the command's, as shells have it.
"""

import array
import ctypes
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
import termios
from typing import Any, NoReturn

_SPACES = {
    "user": 0x10000000,
    "mnt": 0x00020000,
    "pid": 0x20000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "cgroup": 0x02000000,
    "net": 0x40000000,
}
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SUBREAPER = 1, 4, 36
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_CAPABILITY_VERSION = 0x20080522
_TIOCSPTLCK, _TIOCGPTPEER = 0x40045431, 0x5441
_LIMITS = {
    "Max cpu time": resource.RLIMIT_CPU,
    "Max file size": resource.RLIMIT_FSIZE,
    "Max data size": resource.RLIMIT_DATA,
    "Max stack size": resource.RLIMIT_STACK,
    "Max core file size": resource.RLIMIT_CORE,
    "Max processes": resource.RLIMIT_NPROC,
    "Max open files": resource.RLIMIT_NOFILE,
    "Max locked memory": resource.RLIMIT_MEMLOCK,
    "Max address space": resource.RLIMIT_AS,
}

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    order = json.loads(channel.makefile().readline())
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _prctl(_PR_SET_SUBREAPER, 1)
    entered, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        _tell_failure(channel, lambda: _enter(order, channel, entered))
    os.close(entered)
    channel.close()
    for number in (0, 1, 2):
        os.close(number)  # the command's; its readers must see the end when it closes them
    _, status = os.waitpid(child, 0)
    if status != 0:
        os._exit(125)
    os.close(told)  # who entered has gone, so its child is ours and may go on
    _, status = os.wait()
    os._exit(os.waitstatus_to_exitcode(status) % 256 if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def _enter(order: dict[str, Any], channel: socket.socket, entered: int) -> NoReturn:
    """Join the replica and fork the command, then go."""
    box = order["box"]
    limits = _limits_of(box)
    for folder in order["groups"]:
        with open(f"{folder}/cgroup.procs", "w") as file:
            file.write("0")
    if order["joins"]:
        root = os.open(f"/proc/{box}/root", os.O_PATH | os.O_DIRECTORY)
        pidfd = os.pidfd_open(box)
        spaces = 0
        for name, flag in _SPACES.items():
            mine, other = f"/proc/self/ns/{name}", f"/proc/{box}/ns/{name}"
            if os.path.exists(mine) and os.readlink(mine) != os.readlink(other):
                spaces |= flag
        _check(_libc.setns(pidfd, spaces), "setns")
        os.close(pidfd)
        os.fchdir(root)
        os.chroot(".")
        os.close(root)
    pid = os.fork()
    if pid == 0:
        _tell_failure(channel, lambda: _become(order, channel, entered, limits))
    _send(channel, {"pid": pid})
    os._exit(0)


def _become(
    order: dict[str, Any], channel: socket.socket, entered: int, limits: dict[int, tuple[int, int]]
) -> NoReturn:
    os.read(entered, 1)  # until who forked us has gone: its death must not count as that of our parent
    os.close(entered)
    for number, values in limits.items():
        resource.setrlimit(number, values)
    _drop_rights(order["uid"])
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in signal.valid_signals():  # Python, and a shell that started the platform, ignore some
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.chdir(order["cwd"])
    if order["terminal"]:
        _open_terminal(order["columns"], order["rows"], channel)
    else:
        os.setsid()
        _send(channel, {"ready": True})
    channel.close()
    argv = order["argv"]
    try:
        os.execvpe(argv[0], argv, order["env"])
    except OSError as exc:
        os.write(2, f"{argv[0]}: {exc.strerror}\n".encode())
        os._exit(127 if isinstance(exc, FileNotFoundError) else 126)


def _limits_of(pid: int) -> dict[int, tuple[int, int]]:
    """Return soft and hard resource limits; `prlimit` would want more power over the process."""
    found = {}
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        for line in file:
            if (number := _LIMITS.get(line[:25].rstrip())) is not None:
                soft, hard = line[25:].split()[:2]
                found[number] = _limit(soft), _limit(hard)
    return found


def _limit(text: str) -> int:
    return resource.RLIM_INFINITY if text == "unlimited" else int(text)


def _drop_rights(uid: int | None) -> None:
    number = 0
    while _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(number), 0, 0, 0) == 0:
        number += 1
    _libc.prctl(_PR_CAP_AMBIENT, ctypes.c_ulong(_PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def _open_terminal(columns: int, rows: int, channel: socket.socket) -> None:
    """Make a terminal of the box's own, as its user, and become the leader of a session on it."""
    master = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(master, _TIOCSPTLCK, struct.pack("i", 0))
    slave = fcntl.ioctl(master, _TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    _send(channel, {"ready": True}, master)
    os.close(master)
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for number in (0, 1, 2):
        os.dup2(slave, number)
    os.close(slave)


def _send(channel: socket.socket, message: dict[str, Any], descriptor: int | None = None) -> None:
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))] if descriptor else []
    channel.sendmsg([json.dumps(message).encode() + b"\n"], rights)


def _tell_failure(channel: socket.socket, work: Any) -> NoReturn:
    try:
        work()
    except BaseException as exc:
        _send(channel, {"error": str(exc)})
    os._exit(125)


def _prctl(option: int, value: int) -> None:
    _check(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), "prctl")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    main()
