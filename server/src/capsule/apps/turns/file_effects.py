"""Files that a handler keeps and reads over its runtime's connection."""

import base64
import binascii
from typing import Any

from capsule.apps.files import rows
from capsule.apps.files.media import Incoming
from capsule.apps.files.store import FileStore
from capsule.apps.sessions import journal
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.records import SessionRecord
from capsule.apps.sessions.transaction import Transaction
from capsule.errors import InvalidInput
from cpsl.wire import ReadFile, StoreFile

_AT_ONCE = 256


class FileEffects:
    """Of one attempt at a turn. Pieces of one file come one after the other."""

    def __init__(self, session: SessionRecord, log: SessionLog, files: FileStore, origin: str) -> None:
        self._session = session
        self._log = log
        self._files = files
        self._origin = origin
        self._incoming: dict[str, Incoming] = {}

    @property
    def is_under_way(self) -> bool:
        return bool(self._incoming)

    async def store(self, message: StoreFile) -> dict[str, Any] | None:
        """Take in a piece; return the file after its last one, noted in the commit that keeps it."""
        incoming = self._incoming.get(message.upload)
        if incoming is None:
            if len(self._incoming) >= _AT_ONCE:
                raise InvalidInput(f"A turn keeps {_AT_ONCE} files at once.", hint="Keep some of them first.")
            incoming = self._files.store_begin(
                self._session.user_id, self._session.id, message.name, message.content_type
            )
            self._incoming[message.upload] = incoming
        async with incoming.alone:
            if self._incoming.get(message.upload) is not incoming:
                raise InvalidInput(f"The file '{message.name[:100]}' has ended already.")
            return await self._add(incoming, message)

    async def _add(self, incoming: Incoming, message: StoreFile) -> dict[str, Any] | None:
        try:
            await incoming.piece(_decode(message.data))
            if not message.is_last:
                return None
            row = await incoming.seal()
            stored = self._files.for_runtime(self._files.describe(row), self._origin)

            def keep(transaction: Transaction) -> None:
                rows.keep(transaction.connection, row, self._files.limits.media_bytes)
                journal.keep(transaction.connection, message.turn_id, message.site, stored)

            await self._log.submit(keep)
        except BaseException:
            self._incoming.pop(message.upload, None)
            await incoming.discard()
            raise
        self._incoming.pop(message.upload, None)
        incoming.over()
        return stored

    async def read(self, message: ReadFile) -> dict[str, Any]:
        data, is_last = await self._files.read(self._session.user_id, message.file_id, message.offset)
        return {"data": base64.b64encode(data).decode(), "is_last": is_last}

    async def close(self) -> None:
        """Give up what is on its way."""
        for incoming in self._incoming.values():
            await incoming.discard()
        self._incoming.clear()


def _decode(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as exc:
        raise InvalidInput("A piece of a file is not Base64.") from exc
