"""Where the files of every hosted app lie."""

import asyncio

from capsule.apps.files.folder import Folder
from capsule.apps.files.signing import FileSigner
from capsule.apps.files.store import FileLimits, FileStore
from capsule.apps.sessions.log import SessionLog
from capsule.paths import DataPaths


class FileKeeper:
    def __init__(self, data: DataPaths, limits: FileLimits) -> None:
        self._data = data
        self._limits = limits
        self._signer = FileSigner(data.files_key)

    def open(self, capsule_id: str, environment: str, log: SessionLog) -> FileStore:
        folder = Folder(self._data.kept_files(capsule_id, environment))
        return FileStore(f"{capsule_id}:{environment}", folder, log, self._signer, self._limits)

    async def destroy(self, capsule_id: str, environment: str) -> None:
        """Delete all files of an app for good."""
        folder = Folder(self._data.kept_files(capsule_id, environment))
        await asyncio.to_thread(folder.destroy)
