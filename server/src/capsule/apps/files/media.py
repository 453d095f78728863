"""A file on its way from a runtime, whose size only its end tells."""

import asyncio
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from capsule.apps.files import rows
from capsule.apps.files.folder import Folder
from capsule.apps.files.rows import FileRow
from capsule.apps.files.threads import in_thread
from capsule.apps.sessions.log import SessionLog


class Incoming:
    """Pieces come in order; `end` or `discard` comes last. Until the end nobody but this knows of it."""

    def __init__(
        self,
        row: FileRow,
        folder: Folder,
        log: SessionLog,
        most_bytes: int,
        on_over: Callable[[str], None],
    ) -> None:
        self._row = row
        self._folder = folder
        self._log = log
        self._most_bytes = most_bytes
        self._on_over = on_over
        self._end = 0
        self._room: int | None = None
        self.alone = asyncio.Lock()
        """To be held around every call: pieces come one after the other, whatever the runtime does."""

    async def piece(self, data: bytes) -> None:
        """Add a piece. Raises FilesFull, DiskFull; the file is then discarded."""
        try:
            if self._end + len(data) > await self._room_left():
                raise rows.full("media", self._most_bytes)
            self._end = await in_thread(self._add, data)
        except BaseException:
            await self.discard()
            raise

    async def seal(self) -> FileRow:
        """Make the bytes durable and return the row to keep: `rows.keep`, in the caller's own commit.

        After that call `over`, or `discard` when the commit failed.
        """
        await in_thread(self._settle)
        return replace(self._row, size=self._end, completed_at=time.time())

    async def end(self) -> FileRow:
        """Seal, keep and return it. Raises FilesFull, DiskFull; the file is then discarded."""
        try:
            row = await self.seal()
            await self._log.submit(lambda t: rows.keep(t.connection, row, self._most_bytes))
        except BaseException:
            await self.discard()
            raise
        self.over()
        return row

    async def discard(self) -> None:
        """Give up; nothing is left. May be called twice."""
        self.over()
        await in_thread(self._folder.remove, [self._row.id])

    def over(self) -> None:
        """Let others tidy up what is left of it."""
        self._on_over(self._row.id)

    async def _room_left(self) -> int:
        if self._room is None:
            user_id = self._row.user_id
            used = await self._log.read(lambda store: rows.used_bytes(store.reader, user_id, "media"))
            self._room = self._most_bytes - used
        return self._room

    # The file is open for each piece only: a runtime may begin many files and end none.

    def _add(self, data: bytes) -> int:
        with closing(self._folder.grow(self._row.id)) as growth:
            growth.write(data)
            return growth.end

    def _settle(self) -> None:
        with closing(self._folder.grow(self._row.id)) as growth:
            growth.settle()
