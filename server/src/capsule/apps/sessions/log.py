"""The session log of one app: append first, deliver after.

Everything that arrives while one commit runs goes into the next (group commit), and deltas of one reply
that wait together become one event, however many other replies grow at the same time. Whoever follows a
session is told only what is durable.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor
from itertools import takewhile
from typing import Any, TypeVar

import msgspec

from capsule.apps.sessions.events import Event
from capsule.apps.sessions.store import Operation, SessionStore
from capsule.apps.sessions.transaction import Transaction
from capsule.errors import PlatformError, Unavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

Pending = tuple[Operation, "asyncio.Future[Any] | None"]

_RING, _RING_BYTES = 256, 4 * 1024 * 1024
_PAGE = 500
_FULL = 2000


class _Delta:
    """An operation that appends one delta, and can take in the next one."""

    def __init__(self, session_id: str, turn_id: str, reply_id: str, text: str) -> None:
        self.key = (session_id, turn_id, reply_id)
        self.parts = [text]

    def __call__(self, transaction: Transaction) -> None:
        session_id, turn_id, reply_id = self.key
        payload = {"id": reply_id, "text": "".join(self.parts)}
        transaction.append(session_id, "reply_delta", turn_id, payload)


class _Newest:
    """The last events of many: when they are too many or too long together, the oldest go."""

    def __init__(self) -> None:
        self.events: deque[Event] = deque()
        self._size = 0

    def push(self, event: Event) -> None:
        self.events.append(event)
        self._size += len(event.data)
        while len(self.events) > _RING or (self._size > _RING_BYTES and len(self.events) > 1):
            self._size -= len(self.events.popleft().data)

    def take(self) -> list[Event]:
        taken = list(self.events)
        self.events.clear()
        self._size = 0
        return taken


class _Feed:
    """The newest events of a session that someone follows."""

    def __init__(self) -> None:
        self.ring = _Newest()
        self.live: list[_Newest] = []
        """What is in no log, for each follower; the oldest goes when somebody reads too slowly."""
        self.is_closed = False
        self._changed = asyncio.Event()

    def push(self, event: Event) -> None:
        self.ring.push(event)
        self._wake()

    def push_live(self, event: Event) -> None:
        for waiting in self.live:
            waiting.push(event)
        self._wake()

    def close(self) -> None:
        self.is_closed = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def ticket(self) -> asyncio.Event:
        """Return what becomes set at the next change."""
        return self._changed

    def since(self, cursor: int) -> list[Event] | None:
        """Return the events after `cursor`, or None when only the store can tell."""
        ring = self.ring.events
        if not ring or ring[0].offset > cursor + 1:
            return None
        found = list(takewhile(lambda event: event.offset > cursor, reversed(ring)))
        found.reverse()
        return found


class SessionLog:
    """Writes and follows the sessions of one app."""

    def __init__(self, store: SessionStore, executor: Executor) -> None:
        self._store = store
        self._executor = executor
        self._pending: list[tuple[Operation, asyncio.Future[Any] | None]] = []
        self._deltas: dict[str, _Delta] = {}
        """The last that waits of each session, as long as nothing else was put in line after it."""
        self._wake = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._feeds: dict[str, _Feed] = {}
        self._reading = asyncio.Lock()
        self._is_closing = False
        self._task = asyncio.create_task(self._write())

    def submit(self, operation: Callable[[Transaction], T]) -> "asyncio.Future[T]":
        """Put an operation in line; the future is done when it is durable. Order of calls is kept."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._deltas.clear()  # nobody knows whose sessions the operation is about
        self._enqueue(operation, future)
        return future

    def append_delta(self, session_id: str, turn_id: str, reply_id: str, text: str) -> None:
        """Add a piece of a reply, together with the piece before it when that still waits."""
        last = self._deltas.get(session_id)
        if last is not None and last.key == (session_id, turn_id, reply_id):
            last.parts.append(text)
        else:
            last = self._deltas[session_id] = _Delta(session_id, turn_id, reply_id, text)
            self._enqueue(last, None)

    def _enqueue(self, operation: Operation, future: "asyncio.Future[Any] | None") -> None:
        self._pending.append((operation, future))
        if len(self._pending) >= _FULL:
            self._drained.clear()
        self._wake.set()

    async def room(self) -> None:
        """Wait while too much is in line."""
        await self._drained.wait()

    async def read(self, question: Callable[[SessionStore], T]) -> T:
        """Ask the store in a thread, one question at a time."""
        async with self._reading:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, question, self._store)

    async def follow(
        self, session_id: str, after: int, *, idle_seconds: float = 15.0
    ) -> AsyncIterator[list[Event]]:
        """Yield all events after `after`, then each new one; an empty list when nothing came for a while.

        Ends when the session is deleted.
        """
        feed = self._feeds.setdefault(session_id, _Feed())
        live = _Newest()
        feed.live.append(live)
        cursor = after
        try:
            while not feed.is_closed:
                ticket = feed.ticket()
                events = feed.since(cursor)
                if events is None:
                    events = await self.read(_events_after(session_id, cursor))
                if events:
                    cursor = events[-1].offset
                    yield events
                    continue
                if passing := live.take():
                    yield passing
                    continue
                try:
                    async with asyncio.timeout(idle_seconds):
                        await ticket.wait()
                except TimeoutError:
                    yield []
        finally:
            feed.live = [other for other in feed.live if other is not live]
            if not feed.live and self._feeds.get(session_id) is feed:
                del self._feeds[session_id]

    def tell(self, session_id: str, type: str, data: Mapping[str, Any]) -> None:
        """Tell those who follow a session now; kept nowhere."""
        if feed := self._feeds.get(session_id):
            text = msgspec.json.encode(data).decode()
            feed.push_live(Event(session_id, 0, type, time.time(), None, text))

    def followed(self) -> list[str]:
        """Return the sessions that someone follows right now."""
        return list(self._feeds)

    def forget(self, session_id: str) -> None:
        """End the streams of a deleted session."""
        if feed := self._feeds.pop(session_id, None):
            feed.close()

    def end_streams(self) -> None:
        for session_id in list(self._feeds):
            self.forget(session_id)

    async def close(self) -> None:
        """Write what is in line, end all streams, and close the store."""
        self._is_closing = True
        self._wake.set()
        await self._task
        self.end_streams()
        async with self._reading:
            self._store.close()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._pending = self._pending, []
            self._deltas.clear()
            self._drained.set()
            if batch:
                results, events = await loop.run_in_executor(self._executor, self._apply, batch)
                self._deliver(events)
                for (_, future), result in zip(batch, results, strict=True):
                    _settle(future, result)
            elif self._is_closing:
                return
            if self._is_closing:
                self._wake.set()

    def _apply(self, batch: "list[Pending]") -> tuple[list[Any], list[Event]]:
        """Commit a batch; when that fails each operation by itself, so that one spoils no other."""
        try:
            return self._store.apply([operation for operation, _ in batch])
        except Exception as exc:
            log.exception("the session log could not be written")
            if len(batch) == 1:
                return [Unavailable(f"The session log could not be written: {exc}")], []
        results, events = [], []
        for entry in batch:
            (result,), appended = self._apply([entry])
            results.append(result)
            events += appended
        return results, events

    def _deliver(self, events: list[Event]) -> None:
        for event in events:
            if feed := self._feeds.get(event.session_id):
                feed.push(event)


def _events_after(session_id: str, cursor: int) -> Callable[[SessionStore], list[Event]]:
    return lambda store: store.events(session_id, cursor, _PAGE)


def _settle(future: "asyncio.Future[Any] | None", result: Any) -> None:
    if future is None or future.done():
        return
    if isinstance(result, PlatformError):
        future.set_exception(result)
        future.exception()  # seen: those who do not await an effect learn of its failure from the next one
    else:
        future.set_result(result)
