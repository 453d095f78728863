"""One streamed reply on its way to the host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cpsl.wire import ReplyDelta, ReplyEnded, ReplyStarted

from .link import Link

PACE_SECONDS = 0.05
"""What is written within so short a time travels together: no eye sees the difference, but two hundred
replies that grow at once are a third of the work."""
_LATEST_SECONDS = 0.075
"""When nobody writes any more, what was held back goes out so long after the last delta. Not sooner: mostly
the next piece comes first, and then no timer has to wake the process."""


class StreamedReply:
    """Pieces written shortly after each other travel as one delta. Implements `cpsl._backend.ReplySink`.

    A reply that an earlier attempt at the turn began goes on where that one stopped, if the handler writes
    the same again; if it writes something else, the reply starts anew on the page.
    """

    def __init__(
        self, link: Link, turn_id: str, reply_id: str, site: str, on_shown: Callable[[], None]
    ) -> None:
        self._link = link
        self._turn_id = turn_id
        self._reply_id = reply_id
        self._site = site
        self._on_shown = on_shown
        self._pieces: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._sent_at = -PACE_SECONDS
        self._known = ""
        """What the page shows from the earlier attempt and this one has not written yet."""
        self._matched: list[str] = []
        """What this attempt wrote of it."""
        self._is_started = False
        self._is_ended = False
        self._is_silent = False

    def resume(self, reply_id: str, text: str, *, is_ended: bool) -> None:
        """Go on with a reply that shows `text` already."""
        self._reply_id = reply_id
        self._is_started = True
        self._is_silent = is_ended
        self._known = text

    def silence(self) -> None:
        self._is_silent = True

    def write(self, text: str) -> None:
        if self._is_ended or self._is_silent or not text:
            return
        if self._known:
            text = self._compare(text)
            if not text:
                return
        self._begin()
        self._add(text)

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        loop = asyncio.get_running_loop()
        if loop.time() >= self._sent_at + PACE_SECONDS:
            self.send()
        elif self._timer is None:
            self._timer = loop.call_at(self._sent_at + _LATEST_SECONDS, self.send)

    def send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pieces:
            text = "".join(self._pieces)
            self._pieces.clear()
            self._sent_at = asyncio.get_running_loop().time()
            self._link.send(ReplyDelta(self._turn_id, self._reply_id, text))

    def end(self) -> None:
        if self._is_ended or self._is_silent:
            self._is_ended = True
            return
        if self._known:  # this attempt said less
            self._start_anew()
        if self._is_started:
            self.send()
            self._link.send(ReplyEnded(self._turn_id, self._reply_id))
        self._is_ended = True

    async def flush(self) -> None:
        await self._link.drain()

    def _begin(self) -> None:
        if not self._is_started:
            self._is_started = True
            self._on_shown()
            self._link.send(ReplyStarted(self._turn_id, self._reply_id, self._site))

    def _compare(self, text: str) -> str:
        """Return what of `text` the page does not show yet."""
        if self._known.startswith(text):
            self._known = self._known[len(text) :]
            self._matched.append(text)
            return ""
        if text.startswith(self._known):
            tail = text[len(self._known) :]
            self._known = ""
            return tail
        self._start_anew()
        return text

    def _start_anew(self) -> None:
        self._known = ""
        self._link.send(ReplyStarted(self._turn_id, self._reply_id, self._site))
        for text in self._matched:
            self._add(text)
        self._matched.clear()
