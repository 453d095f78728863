"""The bytes of one app's files: one file each, named by its id. Blocking; knows no rows."""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from capsule.apps.files.errors import DiskFull, FileNotFound

_RESERVE_BYTES = 512 * 1024 * 1024
"""Left free for the platform itself: a full disk would stop every conversation."""
_LOOK_EVERY_SECONDS = 3.0
_LOOK_EVERY_BYTES = 8 * 1024 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Folder:
    """Made when something is written first."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._looked_at = 0.0
        self._is_full = False

    def ensure_room(self) -> None:
        """Raise DiskFull while the disk is full; looks at it once in a few seconds."""
        if time.monotonic() > self._looked_at + _LOOK_EVERY_SECONDS:
            self._looked_at = time.monotonic()
            try:
                check_room(next(folder for folder in (self._root, *self._root.parents) if folder.exists()), 0)
                self._is_full = False
            except DiskFull:
                self._is_full = True
        if self._is_full:
            raise _disk_full()

    def size(self, file_id: str) -> int:
        """Return how many bytes of a file have come."""
        try:
            return os.stat(self._path(file_id), follow_symlinks=False).st_size
        except FileNotFoundError:
            return 0

    def open(self, file_id: str) -> BinaryIO:
        """Raises FileNotFound."""
        try:
            return open(os.open(self._path(file_id), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
        except FileNotFoundError as error:
            raise FileNotFound(f"The content of file {file_id!r} is gone.") from error

    def read(self, file_id: str, offset: int, length: int) -> bytes:
        with self.open(file_id) as file:
            return os.pread(file.fileno(), length, offset)

    def check_room(self, more_bytes: int) -> None:
        """Raise DiskFull unless the disk has room for so much more."""
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        check_room(self._root, more_bytes)

    def grow(self, file_id: str) -> "Growth":
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Growth(self._path(file_id))

    def remove(self, file_ids: list[str]) -> None:
        for file_id in file_ids:
            self._path(file_id).unlink(missing_ok=True)

    def untouched_since(self, before: float) -> list[str]:
        """Return the files not written to since a time."""
        try:
            entries = list(os.scandir(self._root))
        except FileNotFoundError:
            return []
        return [item.name for item in entries if item.stat(follow_symlinks=False).st_mtime < before]

    def destroy(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)

    def _path(self, file_id: str) -> Path:
        return self._root / file_id


class Growth:
    """A file that is open to grow at its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        self.start = self.end = os.fstat(self._descriptor).st_size
        self._looked_at = -_LOOK_EVERY_BYTES

    def write(self, data: bytes) -> None:
        """Add to the end. Raises DiskFull; then all that was added since the opening is gone again."""
        with self._undoing():
            if self.end - self._looked_at >= _LOOK_EVERY_BYTES:
                check_room(self._path.parent, len(data))
                self._looked_at = self.end
            view = memoryview(data)
            while view:
                done = os.pwrite(self._descriptor, view, self.end)
                self.end += done
                view = view[done:]

    def settle(self) -> None:
        """Return when everything is on the disk, the name included."""
        with self._undoing():
            os.fsync(self._descriptor)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def undo(self) -> None:
        os.ftruncate(self._descriptor, self.start)
        self.end = self.start

    def close(self) -> None:
        os.close(self._descriptor)

    @contextmanager
    def _undoing(self) -> Iterator[None]:
        try:
            yield
        except DiskFull:
            self.undo()
            raise
        except OSError as error:
            if error.errno not in _FULL:
                raise
            self.undo()
            raise _disk_full() from error


def check_room(folder: Path, more_bytes: int) -> None:
    """Raise DiskFull unless the disk of a folder has room for so much more."""
    state = os.statvfs(folder)
    if state.f_bavail * state.f_frsize - more_bytes < _RESERVE_BYTES:
        raise _disk_full()


def _disk_full() -> DiskFull:
    return DiskFull(
        "The platform's disk has no room for this; nothing of it was kept.",
        hint="Try again later, or ask whoever runs the platform for more room.",
    )
