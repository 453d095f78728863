"""The connection to one zygote: packets with descriptors and the senders' pids. Decides nothing."""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from capsule.kit.sockets import short_path
from cpsl.wire import ZYGOTE, WireError, ZygoteMessage

_PACKET = 1 << 18
_DESCRIPTORS = 4
_CREDENTIALS = struct.Struct("3i")

Receiver = Callable[[ZygoteMessage, list[int]], None]


class ZygoteGone(ConnectionError):
    """The other end has closed."""


class ZygoteLink:
    """An open connection; `receive` gets each message with its descriptors, which are then its own."""

    def __init__(self, connection: socket.socket, receive: Receiver) -> None:
        self.closed = asyncio.Event()
        self._connection = connection
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(connection, self._read)

    @classmethod
    async def connect(cls, path: Path, receive: Receiver) -> "ZygoteLink":
        """Raises OSError while nobody listens."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        try:
            with short_path(path) as name:
                connection.connect(name)
        except BaseException:
            connection.close()
            raise
        return cls(connection, receive)

    def send(self, message: ZygoteMessage, descriptors: list[int] | None = None) -> None:
        """Raises ZygoteGone."""
        try:
            socket.send_fds(self._connection, [ZYGOTE.encode(message)], descriptors or [])
        except OSError as exc:
            self.close()
            raise ZygoteGone(str(exc)) from exc

    def close(self) -> None:
        if not self.closed.is_set():
            self._loop.remove_reader(self._connection)
            self._connection.close()
            self.closed.set()

    def _read(self) -> None:
        try:
            packet, descriptors, _, _ = socket.recv_fds(self._connection, _PACKET, _DESCRIPTORS)
        except BlockingIOError:
            return
        except OSError:
            packet, descriptors = b"", []
        if not packet:
            self.close()
            return
        try:
            self._receive(ZYGOTE.decode(packet), descriptors)
        except WireError:
            for descriptor in descriptors:
                os.close(descriptor)


class BirthChannel:
    """The engine's end of the pair that a newborn runtime is told on whose it is, and tells its steps."""

    def __init__(self) -> None:
        self._own, self.other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._own.setblocking(False)
        self._own.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)

    def send(self, message: ZygoteMessage) -> None:
        """Send what waits for the newborn. Raises OSError when it is more than a packet can hold."""
        self._own.send(ZYGOTE.encode(message))

    def hand_over(self) -> None:
        """Close the other end here: it lives in the newborn only."""
        self.other.close()

    async def step(self) -> tuple[ZygoteMessage, int]:
        """Return the next message and its sender's pid on this machine. Raises ZygoteGone."""
        while True:
            try:
                packet, ancillary, _, _ = self._own.recvmsg(
                    4096, socket.CMSG_SPACE(_CREDENTIALS.size), socket.MSG_CMSG_CLOEXEC
                )
            except BlockingIOError:
                await _readable(self._own)
                continue
            except OSError as exc:
                raise ZygoteGone(str(exc)) from exc
            if not packet:
                raise ZygoteGone("The runtime ended while it was being made.")
            return ZYGOTE.decode(packet), _sender(ancillary)

    def go(self, descriptors: list[int]) -> None:
        """Let the newborn go on, once it has joined its group by these descriptors."""
        with contextlib.suppress(OSError):
            socket.send_fds(self._own, [b"go"], descriptors)

    def close(self) -> None:
        self._own.close()
        self.other.close()


def _sender(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            pid: int = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])[0]
            return pid
    raise ZygoteGone("The kernel names no sender.")


async def _readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection)
