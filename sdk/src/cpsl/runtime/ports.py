"""Connect a line of the app host with what listens on a port in this runtime's own network."""

from __future__ import annotations

import asyncio
from typing import cast

from cpsl.wire import Ack, OpenPort, WireError, decode, encode

NOT_READY = "port_not_ready"

_HOSTS = ("127.0.0.1", "::1")
_CONNECT_SECONDS = 5.0
_FLUSH_SECONDS = 10.0


async def connect_port(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read which port is meant, connect to it, and pass bytes both ways until both sides have ended.

    Raises WireError when something else than `OpenPort` comes.
    """
    line = await reader.readline()
    if not line:
        return
    message = decode(line)
    if not isinstance(message, OpenPort):
        raise WireError("A line to a port begins with the port.")
    near = _End()
    near.transport = cast(asyncio.Transport, writer.transport)
    near.transport.pause_reading()  # nothing comes before our answer; from here on it is the port's
    near.transport.set_protocol(near)
    far = _End(greeting=encode(Ack(0)))
    near.other, far.other = far, near
    if not await _connect(message.port, far):
        near.transport.write(encode(Ack(0, NOT_READY)))
        return
    try:
        near.transport.resume_reading()
        await asyncio.wait({near.lost, far.lost}, return_when=asyncio.FIRST_COMPLETED)
        # The other end is being closed; it may still have to take in what was sent to it.
        await asyncio.wait({near.lost, far.lost}, timeout=_FLUSH_SECONDS)
    finally:
        for end in (near, far):
            if end.transport is not None:
                end.transport.abort()


async def _connect(port: int, far: _End) -> bool:
    loop = asyncio.get_running_loop()
    for host in _HOSTS:
        try:
            connecting = loop.create_connection(lambda: far, host, port)
            await asyncio.wait_for(connecting, _CONNECT_SECONDS)
        except (OSError, OverflowError, asyncio.TimeoutError):  # noqa: UP041 - apart in 3.10
            continue
        return True
    return False


class _End(asyncio.Protocol):
    """One of two connected ends: what arrives here leaves at the other, and no faster than it can."""

    def __init__(self, greeting: bytes = b"") -> None:
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._greeting = greeting
        self._has_ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._peer.write(self._greeting)  # here, so that nothing of the port's comes before it

    def data_received(self, data: bytes) -> None:
        if not self._peer.is_closing():
            self._peer.write(data)

    def eof_received(self) -> bool:
        self._has_ended = True
        assert self.other is not None
        if self.other._has_ended:
            self._peer.close()
            return False
        if not self._peer.is_closing():
            self._peer.write_eof()
        return True

    def pause_writing(self) -> None:
        self._peer.pause_reading()

    def resume_writing(self) -> None:
        if not self._peer.is_closing():
            self._peer.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()

    @property
    def _peer(self) -> asyncio.Transport:
        assert self.other is not None
        assert self.other.transport is not None
        return self.other.transport
