"""A file on its way from a runtime, whose size only its end tells."""

import time
from collections.abc import Callable
from dataclasses import replace

from capsule.apps.files import rows
from capsule.apps.files.folder import Folder, Growth
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
        self._growth: Growth | None = None
        self._room: int | None = None

    async def piece(self, data: bytes) -> None:
        """Add a piece. Raises FilesFull, DiskFull; the file is then discarded."""
        try:
            growth = await self._grow()
            assert self._room is not None
            if growth.end + len(data) > self._room:
                raise rows.full("media", self._most_bytes)
            await in_thread(growth.write, data)
        except BaseException:
            await self.discard()
            raise

    async def seal(self) -> FileRow:
        """Make the bytes durable and return the row to keep: `rows.keep`, in the caller's own commit.

        After that call `over`, or `discard` when the commit failed.
        """
        growth = await self._grow()
        await in_thread(growth.settle)
        return replace(self._row, size=growth.end, completed_at=time.time())

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
        """Let go of what it holds."""
        if self._growth is not None:
            self._growth.close()
            self._growth = None
        self._on_over(self._row.id)

    async def _grow(self) -> Growth:
        if self._room is None:
            user_id = self._row.user_id
            used = await self._log.read(lambda store: rows.used_bytes(store.reader, user_id, "media"))
            self._room = self._most_bytes - used
        if self._growth is None:
            self._growth = await in_thread(self._folder.grow, self._row.id)
        return self._growth
