"""Connections of simulated visitors, as lean as Python allows: the load must not be what is measured."""

import asyncio
import base64
import json
import os
from collections.abc import Callable
from typing import Any, cast

import httptools

Taker = Callable[[bytes], None]

_TEXT, _PING, _CLOSE = 0x1, 0x9, 0x8


class HttpWire(asyncio.Protocol):
    """One kept HTTP connection: a request at a time, or a stream of server-sent events."""

    def __init__(self, host: str) -> None:
        self.cookie = ""
        self.on_event: Taker | None = None
        """Takes each event of a stream, without the empty line that ends it."""
        self._host = host
        self._transport: asyncio.Transport
        self._parser: Any = httptools.HttpResponseParser(self)
        self._body = b""
        self._done: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def open(cls, host: str, port: int) -> "HttpWire":
        _, wire = await asyncio.get_running_loop().create_connection(lambda: cls(host), "127.0.0.1", port)
        return wire

    async def request(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Return the status and the body of the answer."""
        self._done = asyncio.get_running_loop().create_future()
        self.send(method, path, body)
        return await self._done

    def send(self, method: str, path: str, body: object = None) -> None:
        """Send without waiting for the answer; it must have come before the next request."""
        content = b"" if body is None else json.dumps(body).encode()
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n{cookie}"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        self._transport.write(head.encode() + content)

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(ConnectionError("the connection was closed"))

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"set-cookie":
            self.cookie = value.partition(b";")[0].decode()

    def on_body(self, body: bytes) -> None:
        self._body += body
        if self.on_event is not None:
            *events, self._body = self._body.split(b"\n\n")
            for event in events:
                self.on_event(event)

    def on_message_complete(self) -> None:
        body, self._body = self._body, b""
        if self._done is not None and not self._done.done():
            self._done.set_result((self._parser.get_status_code(), body))


class SocketIoWire(asyncio.Protocol):
    """One Socket.IO connection over a websocket, from its first byte on; answers pings."""

    def __init__(self, host: str, path: str) -> None:
        self.on_packet: Taker | None = None
        """Takes the text of each Socket.IO packet, its Engine.IO digit included."""
        self._host, self._path = host, path
        self._transport: asyncio.Transport
        self._buffer = b""
        self._is_upgraded = False
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(cls, host: str, port: int, path: str, auth: dict[str, str]) -> "SocketIoWire":
        """Connect to a server's default namespace with what it asks for in `auth`."""
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(lambda: cls(host, path), "127.0.0.1", port)
        await wire._opened
        connected = loop.create_future()

        def take(packet: bytes) -> None:
            if packet.startswith((b"40", b"44")) and not connected.done():
                connected.set_result(packet)

        wire.on_packet = take
        wire.send(b"40" + json.dumps(auth).encode())
        answer = await connected
        if not answer.startswith(b"40"):
            raise SystemExit(f"the connection was refused: {answer.decode()}")
        return wire

    def emit(self, *what: object) -> None:
        """Send an event and its arguments."""
        self.send(b"42" + json.dumps(what, separators=(",", ":")).encode())

    def send(self, packet: bytes) -> None:
        self._transport.write(_frame(packet))

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: {self._host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_upgraded:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                raise SystemExit(f"no websocket: {head.decode()}")
            self._is_upgraded, self._buffer = True, rest
        while (taken := _unframe(self._buffer)) is not None:
            kind, payload, length = taken
            self._buffer = self._buffer[length:]
            self._take(kind, payload)

    def _take(self, kind: int, payload: bytes) -> None:
        if kind != _TEXT:
            return
        if payload.startswith(b"0"):
            self._opened.set_result(None)
        elif payload == b"2":
            self.send(b"3")
        elif self.on_packet is not None:
            self.on_packet(payload)


def _frame(payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | _TEXT, 0x80 | size))
    else:
        head = bytes((0x80 | _TEXT, 0x80 | 126)) + size.to_bytes(2)
    return head + bytes(4) + payload  # masked with zeros


def _unframe(data: bytes) -> tuple[int, bytes, int] | None:
    """Return the kind, the payload and the whole length of a server's first frame, if it is all there."""
    if len(data) < 2:
        return None
    size, begin = data[1], 2
    if size == 126:
        size, begin = int.from_bytes(data[2:4]), 4
    elif size == 127:
        size, begin = int.from_bytes(data[2:10]), 10
    end = begin + size
    return None if len(data) < end else (data[0] & 0xF, data[begin:end], end)
