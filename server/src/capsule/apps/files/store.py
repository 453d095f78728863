"""The files of one app's users: uploads that may come in pieces, and what the app itself keeps for them.

The row says what a file is to be, the folder how much of it is there; so an upload goes on where it was cut,
also after a crash. A file lives for as long as a session shows it; what no session shows goes after a day.
"""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import quote

from capsule.apps.files import rows
from capsule.apps.files.accept import matches
from capsule.apps.files.errors import (
    FileTooLarge,
    InvalidFile,
    OffsetMismatch,
    UploadBusy,
    WrongFileType,
)
from capsule.apps.files.folder import Folder, Growth
from capsule.apps.files.media import Incoming
from capsule.apps.files.names import clean_name, clean_type
from capsule.apps.files.prompted import accepted
from capsule.apps.files.rows import FileRow
from capsule.apps.files.signing import FileSigner
from capsule.apps.files.threads import in_thread
from capsule.apps.sessions.log import SessionLog
from capsule.kit.ids import new_id

PIECE_BYTES = 256 * 1024
"""What one answer to a runtime holds."""
KEPT_SECONDS = 24 * 3600.0
"""For how long what nothing shows is kept."""


@dataclass(frozen=True)
class FileLimits:
    upload_bytes: int = 2 * 1024**3
    """Of one upload."""
    user_bytes: int = 10 * 1024**3
    """Of all uploads of one user in one app."""
    media_bytes: int = 2 * 1024**3
    """Of all that the app keeps for one user."""


class FileStore:
    """One per hosted app. Methods that take a user's id find nothing of anybody else."""

    def __init__(
        self, app: str, folder: Folder, log: SessionLog, signer: FileSigner, limits: FileLimits
    ) -> None:
        """`app` is `<capsule id>:<environment>`."""
        self.limits = limits
        self._app = app
        self._folder = folder
        self._log = log
        self._signer = signer
        self._writing: set[str] = set()

    def ensure_room(self) -> None:
        """Raise DiskFull while the disk has no room for what anybody may send. Looks once in a moment."""
        self._folder.ensure_room()

    # Uploads

    async def create(
        self,
        user_id: str,
        *,
        name: object,
        size: object,
        content_type: object = None,
        session_id: str | None = None,
        prompt_id: str | None = None,
    ) -> FileRow:
        """Begin an upload.

        Raises InvalidFile, FileTooLarge, WrongFileType (with a prompt), FilesFull, DiskFull.
        """
        cleaned = clean_name(name)
        type = clean_type(content_type, cleaned)
        length = self._checked_size(size, cleaned)
        if prompt_id is not None:
            await self._check_accepted(user_id, prompt_id, cleaned, type)
        await in_thread(self._folder.check_room, length)
        row = FileRow(
            new_id("fil"), user_id, session_id, prompt_id, cleaned, type, length, "upload", time.time(), None
        )
        await self._log.submit(lambda t: rows.insert(t.connection, row, self.limits.user_bytes))
        if length == 0:
            await self.append(user_id, row.id, 0, _nothing())
        return row

    async def received(self, row: FileRow) -> int:
        """Return how many bytes of a file have come."""
        return row.size if row.is_complete else await in_thread(self._folder.size, row.id)

    async def append(
        self,
        user_id: str,
        file_id: str,
        offset: int,
        chunks: AsyncIterator[bytes],
        *,
        length: int | None = None,
    ) -> int:
        """Add a piece that begins at `offset` and return where the next one begins.

        What has come stays when the chunks end with an exception. Raises OffsetMismatch, UploadBusy,
        FileTooLarge (none of the piece is kept then), DiskFull (likewise).
        """
        row = await self.find(user_id, file_id)
        with self._alone(row):
            received = await self.received(row)
            if offset != received:
                raise OffsetMismatch(
                    f"The next piece of '{row.name}' begins at byte {received}, not {offset}.",
                    offset=received,
                )
            if length is not None and offset + length > row.size:
                raise _beyond(row)
            if row.is_complete:
                return await _expect_nothing(row, chunks)
            growth = await in_thread(self._folder.grow, row.id)
            try:
                async for chunk in chunks:
                    if growth.end + len(chunk) > row.size:
                        await in_thread(growth.undo)
                        raise _beyond(row)
                    await in_thread(growth.write, chunk)
                if growth.end == row.size:
                    await self._complete(row, growth)
                return growth.end
            finally:
                growth.close()

    async def delete(self, user_id: str, file_id: str) -> None:
        """Give up a file that is in no conversation. Raises FileNotFound, FileInUse, UploadBusy."""
        row = await self.find(user_id, file_id)
        with self._alone(row):
            await self._log.submit(lambda t: rows.delete_unused(t.connection, user_id, file_id))
            await in_thread(self._folder.remove, [file_id])

    # Reading

    async def find(self, user_id: str, file_id: str) -> FileRow:
        """Raises FileNotFound for anyone else's too."""
        return await self._log.read(lambda store: rows.find(store.reader, user_id, file_id))

    async def find_signed(self, file_id: str, expires: str, signature: str) -> FileRow:
        """Return a file whose signed link somebody has. Raises LinkRefused, FileNotFound."""
        self._signer.check(self._app, file_id, expires, signature)
        return await self._log.read(lambda store: rows.find_any(store.reader, file_id))

    async def open(self, row: FileRow) -> BinaryIO:
        """Open a complete file; the caller closes it. Raises UploadIncomplete."""
        return await in_thread(self._folder.open, rows.ensure_complete(row).id)

    async def read(
        self, user_id: str, file_id: str, offset: int, limit: int = PIECE_BYTES
    ) -> tuple[bytes, bool]:
        """Return a piece of a complete file, and whether it is the last. Raises FileNotFound, InvalidFile."""
        row = rows.ensure_complete(await self.find(user_id, file_id))
        if offset < 0 or limit < 1:
            raise InvalidFile("A piece of a file begins at byte 0 or later.", field="offset")
        data = await in_thread(self._folder.read, file_id, offset, limit) if offset < row.size else b""
        return data, offset + len(data) >= row.size

    def path(self, row: FileRow) -> str:
        """Return the address of a file on its app's own host; its user's cookie opens it."""
        return f"/api/files/{row.id}/{quote(row.name, safe='')}"

    def signed_url(self, origin: str, row: FileRow) -> str:
        """Return an address that opens a file without a cookie for seven days. `origin`: `HostedApp.url`."""
        return f"{origin}{self.path(row)}?{self._signer.query(self._app, row.id)}"

    # What messages and prompts need

    async def attachment(self, user_id: str, file_id: str, *, accept: str = "") -> dict[str, Any]:
        """Describe a complete file of a user, as messages and prompts keep it; its `url` never expires.

        Raises FileNotFound, UploadIncomplete, WrongFileType when it is none that `accept` takes.
        """
        row = rows.ensure_complete(await self.find(user_id, file_id))
        _check_type(accept, row.name, row.content_type)
        return self.describe(row)

    def describe(self, row: FileRow) -> dict[str, Any]:
        return {
            "id": row.id,
            "name": row.name,
            "content_type": row.content_type,
            "size": row.size,
            "url": self.path(row),
        }

    def for_runtime(self, attachment: dict[str, Any], origin: str) -> dict[str, Any]:
        """Return an attachment (as `attachment` made it) with an address that a handler can fetch."""
        query = self._signer.query(self._app, str(attachment["id"]))
        return {**attachment, "url": f"{origin}{attachment['url']}?{query}"}

    async def claim(self, user_id: str, file_ids: list[str], session_id: str) -> list[FileRow]:
        """Keep complete files with a session. Where something else is written too, use `rows.claim`."""
        return await self._log.submit(lambda t: rows.claim(t.connection, user_id, file_ids, session_id))

    # What runtimes keep

    def store_begin(self, user_id: str, session_id: str, name: object, content_type: object) -> Incoming:
        """Begin a file that the app keeps for a user, shown in a session. Raises InvalidFile."""
        cleaned = clean_name(name)
        row = FileRow(
            id=new_id("fil"),
            user_id=user_id,
            session_id=session_id,
            prompt_id=None,
            name=cleaned,
            content_type=clean_type(content_type, cleaned),
            size=0,
            purpose="media",
            created_at=time.time(),
            completed_at=None,
        )
        self._writing.add(row.id)
        return Incoming(row, self._folder, self._log, self.limits.media_bytes, self._writing.discard)

    # Ends

    async def delete_of_session(self, session_id: str) -> None:
        """Delete the files that only this session shows."""
        gone = await self._log.submit(lambda t: rows.delete_of_session(t.connection, session_id))
        await in_thread(self._folder.remove, gone)

    async def collect(self, now: float) -> None:
        """Delete what was begun a day ago and is unfinished or shown nowhere, and bytes without a row."""
        before = now - KEPT_SECONDS
        busy = tuple(self._writing)
        gone = await self._log.submit(lambda t: rows.delete_old(t.connection, before, but=busy))
        await in_thread(self._folder.remove, gone)
        old = await in_thread(self._folder.untouched_since, before)
        known = await self._log.read(lambda store: rows.known(store.reader, old))
        await in_thread(self._folder.remove, [name for name in old if name not in known and name not in busy])

    async def _complete(self, row: FileRow, growth: Growth) -> None:
        await in_thread(growth.settle)
        await self._log.submit(lambda t: rows.complete(t.connection, row.id, time.time()))

    async def _check_accepted(self, user_id: str, prompt_id: str, name: str, type: str) -> None:
        accept = await self._log.read(lambda store: accepted(store.reader, user_id, prompt_id))
        _check_type(accept, name, type)

    def _checked_size(self, size: object, name: str) -> int:
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise InvalidFile("size must be the number of bytes, 0 or more.", field="size")
        most = self.limits.upload_bytes
        if size > most:
            raise FileTooLarge(f"'{name}' has {size} bytes; an upload may have {most}.", field="size")
        return size

    @contextmanager
    def _alone(self, row: FileRow) -> Iterator[None]:
        if row.id in self._writing:
            raise UploadBusy(f"A piece of '{row.name}' is just being written.", hint="Try again in a moment.")
        self._writing.add(row.id)
        try:
            yield
        finally:
            self._writing.discard(row.id)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield  # makes it an iterator


async def _expect_nothing(row: FileRow, chunks: AsyncIterator[bytes]) -> int:
    async for chunk in chunks:
        if chunk:
            raise _beyond(row)
    return row.size


def _check_type(accept: str, name: str, content_type: str) -> None:
    if not matches(accept, name, content_type):
        raise WrongFileType(
            f"'{name}' ({content_type}) is not a file of the wanted type: {accept}.",
            hint=f"Choose a file of type {accept}.",
            field="content_type",
        )


def _beyond(row: FileRow) -> FileTooLarge:
    return FileTooLarge(
        f"'{row.name}' was announced with {row.size} bytes; more than that came.", field="size"
    )
