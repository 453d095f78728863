"""One streamed reply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ._messages import Message


class ReplyStream:
    """Write a reply piece by piece; use it as `async with session.stream_reply() as reply`.

    `write` takes pieces as well as growing snapshots: a text that starts with all that was written before
    only adds its new tail.
    """

    def __init__(
        self,
        write_cb: Callable[[str], None],
        history: list[Message],
        channel_type: str,
        done_cb: Callable[[], None] | None = None,
    ) -> None:
        self._write_cb = write_cb
        self._history = history
        self._channel_type = channel_type
        self._done_cb = done_cb
        self._text = ""
        self._flush: Callable[[], Awaitable[None]] = _nothing

    @property
    def text(self) -> str:
        """All that was written so far."""
        return self._text

    def write(self, text: str) -> None:
        """Send a piece, or the new tail of a snapshot. Empty text is ignored."""
        if not text:
            return
        tail = text[len(self._text) :] if text.startswith(self._text) else text
        if tail:
            self._text += tail
            self._write_cb(tail)

    async def __aenter__(self) -> ReplyStream:
        return self

    async def __aexit__(self, *exc: Any) -> None:
        if self.text:
            entry = Message(text=self.text, sender="app", channel_type=self._channel_type)  # type: ignore[arg-type]
            self._history.append(entry)
        if self._done_cb is not None:
            self._done_cb()


async def _nothing() -> None:
    """Stand in for the flush of a stream that has no backend."""
