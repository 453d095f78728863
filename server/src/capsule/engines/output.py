"""Hold the output of a shell between its process and whoever reads it; bounded, so the process may wait."""

import asyncio
from collections import deque
from collections.abc import Callable

from capsule.engines.shells import Piece, Stream

MOST_UNREAD = 512 * 1024
_KEPT = 256 * 1024
"""Of what was read, for who comes back and for a second reader."""
_MOST_AT_ONCE = 256 * 1024


class Output:
    def __init__(self, drained: Callable[[], None] = lambda: None) -> None:
        """`drained` is called when there is room again."""
        self._pieces: deque[Piece] = deque()
        self._start = self.end = self._read = 0
        self._news = asyncio.Event()
        self._drained = drained
        self.is_closed = False

    @property
    def is_full(self) -> bool:
        return self.end - self._read >= MOST_UNREAD

    def add(self, data: bytes, stream: Stream = "stdout") -> None:
        if not data:
            return
        self._pieces.append(Piece(self.end, data, stream))
        self.end += len(data)
        self._trim()
        self._news.set()

    def close(self) -> None:
        """Nothing more comes."""
        self.is_closed = True
        self._news.set()

    async def read(self, after: int, wait_seconds: float) -> tuple[tuple[Piece, ...], int]:
        """Return pieces from the offset on and where to read on; waits until there are any."""
        was_full = self.is_full
        after = min(max(after, self._start), self.end)
        self._read = max(self._read, after)
        self._trim()
        if was_full and not self.is_full:
            self._drained()
        await asyncio.sleep(0)  # so that nobody who asks a closed one again and again stops the rest
        try:
            async with asyncio.timeout(wait_seconds):
                while after == self.end and not self.is_closed:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pass
        found = self._from(after)
        return found, found[-1].offset + len(found[-1].data) if found else after

    def is_read_to_the_end(self, after: int) -> bool:
        return self.is_closed and after >= self.end

    def _from(self, after: int) -> tuple[Piece, ...]:
        found: list[Piece] = []
        size = 0
        for piece in self._pieces:
            if piece.offset + len(piece.data) <= after:
                continue
            if size >= _MOST_AT_ONCE:
                break
            if piece.offset < after:
                piece = Piece(after, piece.data[after - piece.offset :], piece.stream)
            found.append(piece)
            size += len(piece.data)
        return tuple(found)

    def _trim(self) -> None:
        while self._pieces and self.end - self._start > _KEPT:
            first = self._pieces[0]
            if first.offset + len(first.data) > self._read:
                return
            self._pieces.popleft()
            self._start += len(first.data)
