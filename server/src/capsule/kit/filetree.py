"""Files of one folder tree, reached only from its root downwards. Knows no capsule and no HTTP.

Every step of a path is opened relative to the folder before it and without following links, so neither
`..` nor a symbolic link that somebody put there, even at the last moment, leads outside.
"""

import os
import secrets
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import anyio.to_thread

from capsule.errors import Conflict, InvalidInput, NotFound

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MAX_PATH = 4096
_MAX_NAME = 255
_TEMPORARY = ".capsule-upload-"


class FileNotHere(NotFound):
    code = "file_not_found"


class InvalidPath(InvalidInput):
    code, title = "invalid_path", "Invalid path"


class NotAFolder(Conflict):
    code = "not_a_folder"


class IsAFolder(Conflict):
    code = "is_a_folder"


@dataclass(frozen=True)
class Entry:
    name: str
    path: str
    """From the root, beginning with a slash."""
    is_folder: bool
    size: int
    modified_at: datetime


class FileTree:
    """The tree under `root`, which exists."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def entries(self, path: str) -> list[Entry]:
        """List a folder, folders first. Links and special files are not shown."""
        parts = split(path)
        with self._folder(parts) as folder, os.scandir(folder) as found:
            entries = [
                _entry(parts, item.name, item.stat(follow_symlinks=False))
                for item in found
                if not item.name.startswith(_TEMPORARY)
                and _is_shown(item.stat(follow_symlinks=False).st_mode)
            ]
        return sorted(entries, key=lambda entry: (not entry.is_folder, entry.name))

    def open(self, path: str) -> tuple[BinaryIO, Entry]:
        """Open a file for reading; the caller closes it."""
        *above, name = _named(path)
        with self._folder(above) as folder:
            try:
                descriptor = os.open(
                    name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder
                )
            except OSError as error:
                raise _gone(path) from error
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            os.close(descriptor)
            if stat.S_ISDIR(about.st_mode):
                raise IsAFolder(f"'{path}' is a folder.")
            raise _gone(path)
        return os.fdopen(descriptor, "rb"), _entry(above, name, about)

    async def write(self, path: str, chunks: AsyncIterator[bytes]) -> Entry:
        """Write a file whole or not at all: a reader sees the old content until the new one is complete.

        Makes the folders above it. Runs disk work in threads; leaves nothing behind when the chunks end
        with an exception.
        """
        *above, name = _named(path)
        folder = await anyio.to_thread.run_sync(self._make_folders, above)
        temporary = _TEMPORARY + secrets.token_hex(8)
        try:
            file = await anyio.to_thread.run_sync(_create, temporary, folder)
            try:
                with file:
                    async for chunk in chunks:
                        await anyio.to_thread.run_sync(file.write, chunk)
                return await anyio.to_thread.run_sync(_put_in_place, folder, temporary, above, name, path)
            except BaseException:
                _discard(temporary, folder)
                raise
        finally:
            os.close(folder)

    def delete(self, path: str) -> None:
        """Remove a file, a link or a whole folder."""
        *above, name = _named(path)
        with self._folder(above) as folder:
            _remove(folder, name, path)

    def _make_folders(self, parts: list[str]) -> int:
        with self._folder(parts, make=True) as folder:
            return os.dup(folder)

    @contextmanager
    def _folder(self, parts: list[str], *, make: bool = False) -> Iterator[int]:
        current = os.open(self._root, _FOLDER)
        try:
            for depth, part in enumerate(parts, start=1):
                if make:
                    _make_folder(part, current)
                try:
                    inner = os.open(part, _FOLDER, dir_fd=current)
                except NotADirectoryError as error:
                    raise NotAFolder(f"'/{'/'.join(parts[:depth])}' is not a folder.") from error
                except OSError as error:
                    raise _gone("/" + "/".join(parts)) from error
                os.close(current)
                current = inner
            yield current
        finally:
            os.close(current)


def split(path: str) -> list[str]:
    """Return the parts of a path below the root. Raises InvalidPath for whatever would leave it."""
    if "\0" in path or len(path) > _MAX_PATH:
        raise InvalidPath("The path has a zero byte or is too long.", field="path")
    parts = [part for part in PurePosixPath(path.strip("/")).parts if part != "/"]
    for part in parts:
        if part == ".." or len(os.fsencode(part)) > _MAX_NAME or part.startswith(_TEMPORARY):
            raise InvalidPath(f"'{path[:100]}' is not a path in this storage.", field="path")
    return parts


def _named(path: str) -> list[str]:
    parts = split(path)
    if not parts:
        raise InvalidPath(
            "The path names no file.", hint="Give a path such as /reports/june.pdf.", field="path"
        )
    return parts


def _entry(above: list[str], name: str, about: os.stat_result) -> Entry:
    is_folder = stat.S_ISDIR(about.st_mode)
    return Entry(
        # A name that is not text is shown with replacement marks rather than hiding the whole folder.
        name=os.fsencode(name).decode(errors="replace"),
        path=os.fsencode("/" + "/".join([*above, name])).decode(errors="replace"),
        is_folder=is_folder,
        size=0 if is_folder else about.st_size,
        modified_at=datetime.fromtimestamp(about.st_mtime, UTC),
    )


def _is_shown(mode: int) -> bool:
    return stat.S_ISDIR(mode) or stat.S_ISREG(mode)


def _make_folder(name: str, above: int) -> None:
    try:
        os.mkdir(name, 0o777, dir_fd=above)
    except FileExistsError:
        return
    _give_to_owner_of(above, name)


def _create(name: str, folder: int) -> BinaryIO:
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=folder)
    return os.fdopen(descriptor, "wb")


def _put_in_place(folder: int, temporary: str, above: list[str], name: str, path: str) -> Entry:
    _give_to_owner_of(folder, temporary)
    try:
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except IsADirectoryError as error:
        raise IsAFolder(f"'{path}' is a folder.") from error
    return _entry(above, name, os.stat(name, dir_fd=folder, follow_symlinks=False))


def _give_to_owner_of(folder: int, name: str) -> None:
    """Let the replicas that own the folder own what is put into it (only root can and needs to)."""
    if os.geteuid() == 0:
        owner = os.fstat(folder)
        os.chown(name, owner.st_uid, owner.st_gid, dir_fd=folder, follow_symlinks=False)


def _discard(name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


def _remove(folder: int, name: str, path: str) -> None:
    try:
        about = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        raise _gone(path) from error
    if not stat.S_ISDIR(about.st_mode):
        os.unlink(name, dir_fd=folder)
        return
    inner = os.open(name, _FOLDER, dir_fd=folder)
    try:
        for item in os.listdir(inner):
            _remove(inner, item, path)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=folder)


def _gone(path: str) -> FileNotHere:
    return FileNotHere(f"There is no '{path[:200]}' in this storage.", hint="capsule fs ls <name>")
