"""The kernel's structures and calls behind the gate. No logic.

See seccomp_unotify(2), pidfd_getfd(2) and linux/seccomp.h. Numbers are the same on every architecture,
but for seccomp(2) itself.
"""

import ctypes
import errno
import fcntl
import os
import select
import socket
import struct
from dataclasses import dataclass

from capsule.sandbox.bpf import X86_64, this_arch
from capsule.sandbox.syscalls import number

_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_RESPONSE = struct.Struct("=QqiI")
_ADDFD = struct.Struct("=QIIII")
_ID = struct.Struct("=Q")

_RECV = 0xC050_2100
_SEND = 0xC018_2101
_ID_VALID = 0x4008_2102
_ADD_FD = 0x4018_2103
_FLAG_CONTINUE = 1
_ADDFD_SETFD = 1

_OPENAT2, _PIDFD_GETFD = 437, 438
_RESOLVE_NO_MAGICLINKS, _RESOLVE_IN_ROOT = 0x02, 0x10
_PIDFD_THREAD = os.O_EXCL
_SET_MODE_FILTER = 1
_NEW_LISTENER, _WAIT_KILLABLE = 1 << 3, 1 << 5
_CLONE_NEWNET, _CLONE_NEWUSER = 0x4000_0000, 0x1000_0000
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_SO_NETNS_COOKIE = 71
_SO_ATTACH_FILTER, _SO_LOCK_FILTER = 26, 44

_LISTEN = number(this_arch() or X86_64, "listen")

_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long


@dataclass(frozen=True)
class Notification:
    """A call that waits for an answer."""

    id: int
    pid: int
    """Thread, as this process's namespace numbers it."""
    arguments: tuple[int, ...]
    is_listen: bool = False
    """Else `connect`."""


def receive(listener: int) -> Notification | None:
    """Take the next call; None when there is none, such as when who was announced has gone."""
    if not _events(listener) & select.POLLIN:
        return None  # the kernel would wait for the next one
    buffer = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, _RECV, buffer)
    except FileNotFoundError:
        return None
    id_, pid, _flags, call, _arch, _at, *arguments = _NOTIFICATION.unpack(buffer)
    return Notification(id_, pid, tuple(arguments), call == _LISTEN)


def is_waiting(listener: int, notification: Notification) -> bool:
    """Say whether the caller still waits: only then was what we have read of its process really its own."""
    try:
        fcntl.ioctl(listener, _ID_VALID, _ID.pack(notification.id))
    except FileNotFoundError:
        return False
    return True


def answer(listener: int, notification: Notification, error: int = 0) -> None:
    """End the call with 0 or an error. A caller that has gone is fine."""
    _send(listener, _RESPONSE.pack(notification.id, 0, -error, 0))


def let_go_on(listener: int, notification: Notification) -> None:
    """Have the kernel make the call as if nobody had asked, with what memory and descriptors hold by then."""
    _send(listener, _RESPONSE.pack(notification.id, 0, 0, _FLAG_CONTINUE))


def _send(listener: int, response: bytes) -> None:
    try:
        fcntl.ioctl(listener, _SEND, bytearray(response))
    except FileNotFoundError:
        pass
    except OSError as exc:
        if exc.errno != errno.EINPROGRESS:  # answered before
            raise


def put_fd(listener: int, notification: Notification, fd: int, at: int, *, close_on_exec: bool) -> None:
    """Replace descriptor `at` of the caller. Blocks until the caller's thread has run: it does the work.

    Raises FileNotFoundError when the caller has gone.
    """
    flags = os.O_CLOEXEC if close_on_exec else 0
    fcntl.ioctl(listener, _ADD_FD, _ADDFD.pack(notification.id, _ADDFD_SETFD, fd, at, flags))


def is_over(listener: int) -> bool:
    """Say whether every process under the filter has ended."""
    return bool(_events(listener) & select.POLLHUP)


def _events(listener: int) -> int:
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    return next((event for _, event in poll.poll(0)), 0)


def open_process(thread: int) -> int:
    """Return a pidfd from which `take_fd` can take."""
    try:
        return os.pidfd_open(thread, _PIDFD_THREAD)
    except OSError:  # before Linux 6.9 only whole processes can be opened
        return os.pidfd_open(_process_of(thread))


def _process_of(thread: int) -> int:
    with open(f"/proc/{thread}/status", "rb") as file:
        for line in file:
            if line.startswith(b"Tgid:"):
                return int(line[5:])
    return thread


def take_fd(pidfd: int, fd: int) -> int:
    """Return a duplicate of another process's descriptor."""
    result = _syscall(_PIDFD_GETFD, pidfd, fd, 0)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return int(result)


def netns_cookie(sock: socket.socket) -> bytes:
    """Return what tells the network namespace of a socket from others (Linux 5.14)."""
    return sock.getsockopt(socket.SOL_SOCKET, _SO_NETNS_COOKIE, 8)


def connect(sock: socket.socket, sockaddr: bytes) -> int:
    """Connect to what the bytes say and return the error."""
    return ctypes.get_errno() if _libc.connect(sock.fileno(), sockaddr, len(sockaddr)) else 0


def listen(sock: socket.socket, backlog: int) -> int:
    return ctypes.get_errno() if _libc.listen(sock.fileno(), backlog) else 0


def open_below(root: int, path: bytes) -> int:
    """Open what a process with this root means by an absolute path; no link leads out. To be named, not read.

    Raises OSError.
    """
    how = struct.pack("=QQQ", os.O_PATH | os.O_CLOEXEC, 0, _RESOLVE_IN_ROOT | _RESOLVE_NO_MAGICLINKS)
    result = int(_syscall(_OPENAT2, root, ctypes.c_char_p(path), how, len(how)))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def attach_filter(sock: socket.socket, program: bytes) -> None:
    """Let a socket receive only the packets that the program accepts, and nobody change that again."""
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, header)
    sock.setsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER, 1)


def enter_empty_network() -> None:
    """Leave this network for an empty one, as root or as an ordinary user. For probes and tests."""
    if _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) and _libc.unshare(_CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # a new user namespace closes a process to its own user


def install(program: bytes, *, listen: bool = False) -> int:
    """Put this thread, and all it will start, under a seccomp program; return the listener, or 0.

    For probes and tests. A zygote inside its box does the same with means of its own.
    """
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    code = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(code)))
    call = number(this_arch() or X86_64, "seccomp")
    # The second flag (Linux 5.19) keeps signals from tearing a call out of the gate's hands half-way.
    for flags in (_NEW_LISTENER | _WAIT_KILLABLE, _NEW_LISTENER) if listen else (0,):
        result = int(_syscall(call, _SET_MODE_FILTER, flags, header))
        if result >= 0:
            return result
        code_ = ctypes.get_errno()
        if code_ != errno.EINVAL:
            break
    raise OSError(code_, os.strerror(code_), "seccomp")
