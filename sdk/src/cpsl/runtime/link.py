"""One connection of the app host: frames out, acknowledgements in."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

from cpsl.wire import Ack, WireError, WireMessage, encode


class LinkClosed(ConnectionError):
    """The app host went away while an effect was on its way."""


class EffectRefused(RuntimeError):
    """The host did not carry out an effect; the text says why."""


class Link:
    """Sends effects. Requests wait until the host says that they are durable."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.is_closed = False

    def fileno(self) -> int:
        """Return the descriptor of the socket."""
        descriptor: int = self._writer.get_extra_info("socket").fileno()
        return descriptor

    def send(self, message: WireMessage) -> None:
        """Send without waiting; silently dropped when the host is gone."""
        if not self.is_closed:
            self._writer.write(encode(message))

    async def post(self, message: WireMessage) -> None:
        """Send what nobody waits for, and give way to others.

        Raises EffectRefused when the message is too long, LinkClosed when the host is gone.
        """
        if self.is_closed:
            raise LinkClosed("The app host is gone.")
        try:
            self._writer.write(encode(message))
        except WireError as exc:
            raise EffectRefused(str(exc)) from exc
        await self._writer.drain()
        await asyncio.sleep(0)

    async def drain(self) -> None:
        """Wait while the host reads more slowly than the app writes."""
        if not self.is_closed:
            await self._writer.drain()

    async def request(self, make: Callable[[int], WireMessage]) -> Any:
        """Send the message made for a fresh id and return the result in its acknowledgement.

        Raises EffectRefused when the host refuses it, LinkClosed when the host is gone.
        """
        if self.is_closed:
            raise LinkClosed("The app host is gone.")
        key = next(self._ids)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        try:
            line = encode(make(key))
        except WireError as exc:
            self._waiting.pop(key)
            raise EffectRefused(str(exc)) from exc
        self._writer.write(line)
        try:
            return await future
        finally:
            self._waiting.pop(key, None)

    def acknowledge(self, ack: Ack) -> None:
        future = self._waiting.get(ack.id)
        if future is None or future.done():
            return
        if ack.error is None:
            future.set_result(ack.result)
        else:
            future.set_exception(EffectRefused(ack.error))

    def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(LinkClosed("The app host is gone."))
        self._writer.close()
