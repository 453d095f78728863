"""The session log of one app: append first, deliver after.

Everything that arrives while one commit runs goes into the next (group commit), and deltas of one reply
that wait together become one event, however many other replies grow at the same time. Whoever follows a
session is told only what is durable.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Any, TypeVar

import msgspec

from capsule.apps.sessions.events import Event
from capsule.apps.sessions.feed import Feed, Heart, Newest
from capsule.apps.sessions.store import Operation, SessionStore
from capsule.apps.sessions.transaction import Transaction
from capsule.errors import PlatformError, Unavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

_PAGE = 500
_FULL = 2000
_FEW, _QUICK_SECONDS = 16, 0.0007
"""So few operations are committed without a thread where the disk is so quick: to have one do it, and to hear
of it, takes as long."""
_DELTAS_WAIT_SECONDS = 0.02
"""Since the last commit, for others to come along: nobody waits for a delta as for an answer."""


class _Delta:
    """An operation that appends one delta, and can take in the next one."""

    def __init__(self, session_id: str, turn_id: str, reply_id: str, text: str) -> None:
        self.key = (session_id, turn_id, reply_id)
        self.parts = [text]

    def __call__(self, transaction: Transaction) -> None:
        session_id, turn_id, reply_id = self.key
        payload = {"id": reply_id, "text": "".join(self.parts)}
        transaction.append(session_id, "reply_delta", turn_id, payload)


class SessionLog:
    """Writes and follows the sessions of one app."""

    def __init__(self, store: SessionStore, executor: Executor) -> None:
        self._store = store
        self._executor = executor
        self._pending: list[tuple[Operation, asyncio.Future[Any] | None]] = []
        self._deltas: dict[str, _Delta] = {}
        """The last that waits of each session, as long as nothing else was put in line after it."""
        self._wake = asyncio.Event()
        self._waker: asyncio.TimerHandle | None = None
        self._has_long = False
        """Whether among what waits there is something long."""
        self._committed_at = 0.0
        self._commit_seconds = _QUICK_SECONDS
        """How long a commit takes at present."""
        self._drained = asyncio.Event()
        self._drained.set()
        self._feeds: dict[str, Feed] = {}
        self._reading = asyncio.Lock()
        self._is_closing = False
        self._task = asyncio.create_task(self._write())

    def submit(self, operation: Callable[[Transaction], T], *, is_long: bool = False) -> "asyncio.Future[T]":
        """Put an operation in line; the future is done when it is durable. Order of calls is kept.

        `is_long` for what may change a great many rows: nobody but other writers must wait for it.
        """
        self._has_long = self._has_long or is_long
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._deltas.clear()  # nobody knows whose sessions the operation is about
        self._enqueue(operation, future)
        self._wake.set()
        return future

    def append_delta(self, session_id: str, turn_id: str, reply_id: str, text: str) -> None:
        """Add a piece of a reply, together with the piece before it when that still waits."""
        last = self._deltas.get(session_id)
        if last is not None and last.key == (session_id, turn_id, reply_id):
            last.parts.append(text)
        else:
            last = self._deltas[session_id] = _Delta(session_id, turn_id, reply_id, text)
            self._enqueue(last, None)
            if self._waker is None:
                at = self._committed_at + _DELTAS_WAIT_SECONDS
                self._waker = asyncio.get_running_loop().call_at(at, self._wake.set)

    def _enqueue(self, operation: Operation, future: "asyncio.Future[Any] | None") -> None:
        self._pending.append((operation, future))
        if len(self._pending) >= _FULL:
            self._drained.clear()

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
        feed = self._feeds.setdefault(session_id, Feed())
        live = Newest()
        feed.live.append(live)
        cursor = after
        heart = Heart(feed.wake, idle_seconds)
        try:
            while not feed.is_closed:
                ticket = feed.ticket()
                events = feed.since(cursor)
                if events is None:
                    events = await self.read(_events_after(session_id, cursor))
                if events:
                    cursor = events[-1].offset
                    heart.beaten()
                    yield events
                elif passing := live.take():
                    heart.beaten()
                    yield passing
                elif heart.is_due:
                    heart.beaten()
                    yield []
                else:
                    await ticket.wait()
        finally:
            heart.stop()
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
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._waker is not None:
                self._waker.cancel()
                self._waker = None
            batch, self._pending = self._pending, []
            is_long, self._has_long = self._has_long, False
            self._deltas.clear()
            self._drained.set()
            if batch:
                results, events = await self._apply([operation for operation, _ in batch], is_long)
                self._committed_at = asyncio.get_running_loop().time()
                self._deliver(events)
                for (_, future), result in zip(batch, results, strict=True):
                    _settle(future, result)
            elif self._is_closing:
                return
            if self._is_closing:
                self._wake.set()

    async def _apply(self, operations: list[Operation], is_long: bool) -> tuple[list[Any], list[Event]]:
        """Commit a batch; when that fails each operation by itself, so that one spoils no other."""
        in_thread = partial(asyncio.get_running_loop().run_in_executor, self._executor)
        try:
            if is_long:
                written: tuple[list[Any], list[Event]] = await in_thread(self._store.apply, operations)
                return written
            # Only the commit waits for the disk. Statements take microseconds: in a thread each of them would
            # wait for the interpreter's lock, which this loop holds when there is much to do.
            written = self._store.write(operations)
            if len(operations) <= _FEW and self._commit_seconds < _QUICK_SECONDS:
                self._commit()
            else:
                await in_thread(self._commit)
            return written
        except Exception as exc:
            log.exception("the session log could not be written")
            if len(operations) == 1:
                return [Unavailable(f"The session log could not be written: {exc}")], []
        results, events = [], []
        for operation in operations:
            (result,), appended = await self._apply([operation], is_long)
            results.append(result)
            events += appended
        return results, events

    def _commit(self) -> None:
        began = time.perf_counter()
        self._store.commit()
        taken = time.perf_counter() - began
        # Soon known when it has become slow, slowly believed when it seems quick again.
        share = 0.5 if taken > self._commit_seconds else 0.05
        self._commit_seconds += share * (taken - self._commit_seconds)

    def _deliver(self, events: list[Event]) -> None:
        told: set[Feed] = set()
        for event in events:
            if feed := self._feeds.get(event.session_id):
                feed.push(event)
                told.add(feed)
        for feed in told:
            feed.wake()


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
