"""What parent and workers say to each other over a socket pair: length-prefixed MessagePack."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar, cast

import msgspec

from capsule.edge.contract import Route, RouteStats
from capsule.edge.proxy.proxy import AccessEntry


class Put(msgspec.Struct, tag=True):
    id: int
    route: Route
    drain_seconds: float


class Remove(msgspec.Struct, tag=True):
    id: int
    route_id: str


class AskStats(msgspec.Struct, tag=True):
    id: int


class Stop(msgspec.Struct, tag=True):
    id: int
    drain_seconds: float


class Done(msgspec.Struct, tag=True):
    """The command `id` has been carried out to its end."""

    id: int
    stats: list[RouteStats] = []


class Access(msgspec.Struct, tag=True):
    epoch: float
    """The wall-clock time at which the worker's clock of the entries stood at zero."""
    entries: list[AccessEntry]


Command = Put | Remove | AskStats | Stop
Report = Done | Access

T = TypeVar("T")


class Channel(asyncio.Protocol, Generic[T]):
    """One end of the pair. What is sent before it is connected waits."""

    def __init__(
        self,
        decoder: "msgspec.msgpack.Decoder[T]",
        on_message: Callable[[T], None],
        on_end: Callable[[], None],
    ) -> None:
        self._decoder = decoder
        self._on_message = on_message
        self._on_end = on_end
        self._transport: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._received = bytearray()

    def send(self, message: msgspec.Struct) -> None:
        body = msgspec.msgpack.encode(message)
        frame = len(body).to_bytes(4, "big") + body
        if self._transport is None:
            self._early.append(frame)
        else:
            self._transport.write(frame)

    @property
    def unsent_bytes(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        for frame in self._early:
            self._transport.write(frame)
        self._early.clear()

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_end()

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        at = 0
        while len(received) - at >= 4:
            end = at + 4 + int.from_bytes(received[at : at + 4], "big")
            if end > len(received):
                break
            message = self._decoder.decode(bytes(received[at + 4 : end]))
            at = end
            self._on_message(message)
        del received[:at]
