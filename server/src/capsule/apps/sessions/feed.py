"""What those who follow a session are told: the newest events, and now and then that nothing has happened."""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import takewhile

from capsule.apps.sessions.events import Event

_RING, _RING_BYTES = 256, 4 * 1024 * 1024


class Newest:
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


class Feed:
    """The newest events of a session that someone follows."""

    def __init__(self) -> None:
        self.ring = Newest()
        self.live: list[Newest] = []
        """What is in no log, for each follower; the oldest goes when somebody reads too slowly."""
        self.is_closed = False
        self._changed = asyncio.Event()

    def push(self, event: Event) -> None:
        """Add an event; `wake` tells who follows."""
        self.ring.push(event)

    def push_live(self, event: Event) -> None:
        for waiting in self.live:
            waiting.push(event)
        self.wake()

    def close(self) -> None:
        self.is_closed = True
        self.wake()

    def wake(self) -> None:
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


class Heart:
    """Calls `beat` when nothing has happened for some time. One timer, however much happens meanwhile."""

    def __init__(self, beat: Callable[[], None], seconds: float) -> None:
        self._beat = beat
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self.beaten()
        self._timer = self._loop.call_later(seconds, self._look)

    @property
    def is_due(self) -> bool:
        return self._loop.time() >= self._beaten_at + self._seconds

    def beaten(self) -> None:
        self._beaten_at = self._loop.time()

    def stop(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        if is_due := self.is_due:
            self._beat()
        at = self._loop.time() if is_due else self._beaten_at
        self._timer = self._loop.call_at(at + self._seconds, self._look)
