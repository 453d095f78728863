"""The effects of one turn, sent over the link."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from cpsl._session_data import DataChanges
from cpsl.wire import (
    Entered,
    Notification,
    Reply,
    ReplyDelta,
    ReplyEnded,
    ReplyStarted,
    SaveData,
    SetTitle,
)

from .link import Link

TriggerAction = Callable[[str, dict[str, Any]], Awaitable[Any]]


class WireBackend:
    """Implements `cpsl._backend.SessionBackend` for one turn. After `close` it is silent."""

    def __init__(self, link: Link, turn_id: str, trigger: TriggerAction) -> None:
        self._link = link
        self._turn_id = turn_id
        self._trigger = trigger
        self._reply_ids = itertools.count(1)
        self._sinks: list[_Sink] = []
        self._is_closed = False
        self.has_output = False
        """Whether the user has seen any part of an answer."""

    async def reply(self, text: str) -> None:
        if self._is_closed:
            await asyncio.sleep(0)  # a handler that answers in an endless loop gives way to others
            return
        self.has_output = True
        self._flush_sinks()
        await self._link.request(lambda key: Reply(self._turn_id, key, text))

    def start_reply(self) -> _Sink:
        sink = _Sink(self, f"{self._turn_id}.{next(self._reply_ids)}")
        self._sinks.append(sink)
        return sink

    async def notify(self, text: str, detail: str) -> None:
        if not self._is_closed:
            self._link.send(Notification(self._turn_id, text, detail))
            await self._link.drain()

    async def save_data(self, changes: DataChanges) -> None:
        if self._is_closed:
            await asyncio.sleep(0)
            return
        await self._link.request(lambda key: SaveData(self._turn_id, key, changes.changed, changes.removed))

    async def set_title(self, title: str) -> None:
        if not self._is_closed:
            await self._link.request(lambda key: SetTitle(self._turn_id, key, title))

    async def trigger_action(self, name: str, payload: dict[str, Any]) -> Any:
        return await self._trigger(name, payload)

    async def entered(self) -> None:
        await self._link.request(lambda key: Entered(self._turn_id, key))

    def close(self) -> None:
        """End what is open; what the handler's leftovers still send is dropped."""
        for sink in self._sinks:
            sink.end()
        self._is_closed = True

    def _flush_sinks(self) -> None:
        for sink in self._sinks:
            sink.send()


class _Sink:
    """One streamed reply. Pieces written in one go travel as one delta."""

    def __init__(self, backend: WireBackend, reply_id: str) -> None:
        self._backend = backend
        self._reply_id = reply_id
        self._pieces: list[str] = []
        self._is_started = False
        self._is_ended = False

    def write(self, text: str) -> None:
        if self._is_ended or self._backend._is_closed:
            return
        if not self._is_started:
            self._is_started = True
            self._backend.has_output = True
            self._backend._link.send(ReplyStarted(self._backend._turn_id, self._reply_id))
        if not self._pieces:
            asyncio.get_running_loop().call_soon(self.send)
        self._pieces.append(text)

    def send(self) -> None:
        if self._pieces:
            text = "".join(self._pieces)
            self._pieces.clear()
            self._backend._link.send(ReplyDelta(self._backend._turn_id, self._reply_id, text))

    def end(self) -> None:
        if self._is_started and not self._is_ended:
            self.send()
            self._backend._link.send(ReplyEnded(self._backend._turn_id, self._reply_id))
        self._is_ended = True

    async def flush(self) -> None:
        await self._backend._link.drain()
