"""Look at who calls `connect`, on what, and to where.

Every handle is opened before the gate asks the kernel whether the caller still waits: if it does, the process
that was looked at is the caller and not a later one with its number.
"""

import errno
import os
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv6Address

from capsule.kit.addresses import Address
from capsule.sandbox.gate import kernel

Socket = socket.socket
_LONGEST_ADDRESS = 128
_SHORTEST = {socket.AF_INET: 16, socket.AF_INET6: 24}
_IPPROTO_MPTCP = 262
_TCP_SYN_SENT, _TCP_SYN_RECV, _TCP_CLOSE = 2, 3, 7
_FAMILY = struct.Struct("=H")


class CallFails(Exception):
    """The kernel would refuse this call, too."""

    def __init__(self, code: int) -> None:
        super().__init__(os.strerror(code))
        self.code = code


class TcpState(Enum):
    idle = "idle"
    """A connect would begin something."""
    on_its_way = "on its way"
    in_use = "in use"


@dataclass(frozen=True)
class Caller:
    notification: kernel.Notification
    socket: Socket
    """A duplicate of the caller's, to be closed."""
    sockaddr: bytes

    @property
    def family(self) -> int:
        """Of the address that is called."""
        return int(_FAMILY.unpack_from(self.sockaddr)[0]) if len(self.sockaddr) >= _FAMILY.size else -1

    @property
    def is_tcp(self) -> bool:
        sock = self.socket
        return (
            sock.family in _SHORTEST
            and sock.type == socket.SOCK_STREAM
            and sock.proto in (socket.IPPROTO_TCP, _IPPROTO_MPTCP)
        )

    @property
    def is_blocking(self) -> bool:
        return os.get_blocking(self.socket.fileno())

    def is_in_network(self, cookie: bytes) -> bool:
        return kernel.netns_cookie(self.socket) == cookie

    def tcp_state(self) -> TcpState:
        state: int = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        if state in (_TCP_SYN_SENT, _TCP_SYN_RECV):
            return TcpState.on_its_way
        return TcpState.idle if state == _TCP_CLOSE else TcpState.in_use

    def fail_as_before(self) -> None:
        """Raise CallFails with the end of the attempt before, if nobody has asked for it yet."""
        code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise CallFails(code)

    def replace_socket(self, listener: int, sock: Socket) -> None:
        """Put `sock` where the caller's socket is. Blocks like `kernel.put_fd`; raises OSError."""
        fd = _descriptor(self.notification)
        close_on_exec = _closes_on_exec(self.notification.pid, fd)
        kernel.put_fd(listener, self.notification, sock.fileno(), fd, close_on_exec=close_on_exec)

    def destination(self) -> tuple[Address, int]:
        """Return what is called. Raises CallFails as the kernel would for addresses that do not fit."""
        if self.family != self.socket.family:
            raise CallFails(errno.EAFNOSUPPORT)
        if len(self.sockaddr) < _SHORTEST[self.socket.family]:
            raise CallFails(errno.EINVAL)
        (port,) = struct.unpack_from("!H", self.sockaddr, 2)
        if self.family == socket.AF_INET:
            return IPv4Address(self.sockaddr[4:8]), port
        return IPv6Address(self.sockaddr[8:24]), port


def look_at(notification: kernel.Notification) -> Caller:
    """Raises CallFails for calls that cannot succeed, OSError when the caller cannot be looked at."""
    length = 0 if notification.is_listen else signed(notification.arguments[2])
    if not 0 <= length <= _LONGEST_ADDRESS:
        raise CallFails(errno.EINVAL)
    pidfd = kernel.open_process(notification.pid)
    try:
        taken = kernel.take_fd(pidfd, _descriptor(notification))
    except OSError as exc:
        if exc.errno == errno.EBADF:
            raise CallFails(errno.EBADF) from exc
        raise
    finally:
        os.close(pidfd)
    try:
        sock = socket.socket(fileno=taken)
    except OSError as exc:
        os.close(taken)
        raise CallFails(errno.ENOTSOCK) from exc
    try:
        return Caller(notification, sock, _read(notification.pid, notification.arguments[1], length))
    except BaseException:
        sock.close()
        raise


def _read(pid: int, at: int, length: int) -> bytes:
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
    try:
        with suppress(OSError, OverflowError):
            found = os.pread(memory, length, at)
            if len(found) == length:
                return found
    finally:
        os.close(memory)
    raise CallFails(errno.EFAULT)


def _closes_on_exec(thread: int, fd: int) -> bool:
    with open(f"/proc/{thread}/fdinfo/{fd}", "rb") as file:
        for line in file:
            if line.startswith(b"flags:"):
                return bool(int(line[6:], 8) & os.O_CLOEXEC)
    return True


def _descriptor(notification: kernel.Notification) -> int:
    return signed(notification.arguments[0])


def signed(argument: int) -> int:
    """Return an `int` argument as the kernel takes it."""
    return (argument & 0xFFFF_FFFF ^ 0x8000_0000) - 0x8000_0000
