"""Unpack an uploaded .tar.gz or .zip into a folder, within limits and never outside of it.

Links are made last and checked once all are there, so that no entry is ever written through one.
"""

import asyncio
import gzip
import lzma
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from capsule.build.contract import ArchiveRefused
from capsule.build.trees import remove_tree

_CHUNK = 256 * 1024
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, gzip.BadGzipFile, EOFError,
            NotImplementedError, RuntimeError, UnicodeError)  # fmt: skip


@dataclass(frozen=True)
class ArchiveLimits:
    size_bytes: int = 512 * 1024 * 1024
    """Of all files together, unpacked."""
    entries: int = 50_000


@dataclass(frozen=True)
class Unpacked:
    size_bytes: int
    entries: int


@dataclass(frozen=True)
class _Entry:
    name: str
    kind: str
    """`folder`, `file`, `link` or `copy`."""
    content: IO[bytes] | None = None
    executable: bool = False
    target: str = ""


async def unpack(archive: Path, target: Path, limits: ArchiveLimits | None = None) -> Unpacked:
    """Unpack `archive` into the new folder `target`.

    Raises ArchiveRefused and leaves nothing behind when it is damaged, too large, or has an entry that
    would lie outside, or is neither file, folder nor link.
    """
    return await asyncio.to_thread(_unpack, archive, target, limits or ArchiveLimits())


def _unpack(archive: Path, target: Path, limits: ArchiveLimits) -> Unpacked:
    partial = target.with_name(target.name + ".partial")
    remove_tree(partial)
    partial.mkdir(parents=True)
    try:
        unpacking = _Unpacking(partial, limits)
        for entry in _entries(archive):
            unpacking.take(entry)
        unpacking.make_links()
        partial.rename(target)
    except _DAMAGED as exc:
        raise ArchiveRefused(
            f"The archive is damaged: {exc or type(exc).__name__}.", hint="Pack it again and upload it again."
        ) from exc
    finally:
        remove_tree(partial)
    return Unpacked(unpacking.size, unpacking.count)


class _Unpacking:
    def __init__(self, root: Path, limits: ArchiveLimits) -> None:
        self._root = root
        self._limits = limits
        self._links: dict[tuple[str, ...], str] = {}
        self.size = 0
        self.count = 0

    def take(self, entry: _Entry) -> None:
        self.count += 1
        if self.count > self._limits.entries:
            raise ArchiveRefused(
                f"The archive has more than {self._limits.entries} entries.", hint=_SMALLER_HINT
            )
        parts = _parts(entry.name)
        if not parts:
            return
        for depth in range(1, len(parts) + 1):
            if parts[:depth] in self._links:
                raise ArchiveRefused(f"The archive writes {entry.name!r} through a link.", hint=_PACK_HINT)
        try:
            self._make(parts, entry)
        except OSError as exc:
            raise ArchiveRefused(
                f"The archive entry {entry.name!r} cannot be unpacked: {exc.strerror}.", hint=_PACK_HINT
            ) from exc

    def make_links(self) -> None:
        """Make the links in any order, then refuse all if one of them leaves the folder."""
        for parts, target in self._links.items():
            path = self._root.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        root = os.path.realpath(self._root)
        for parts, target in self._links.items():
            real = os.path.realpath(self._root.joinpath(*parts))
            if real != root and not real.startswith(root + os.sep):
                raise ArchiveRefused(
                    f"The link {'/'.join(parts)!r} leaves the archive (it points to {target!r}).",
                    hint=_PACK_HINT,
                )

    def _make(self, parts: tuple[str, ...], entry: _Entry) -> None:
        path = self._root.joinpath(*parts)
        if entry.kind == "folder":
            path.mkdir(parents=True, exist_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.kind == "link":
            if path.exists():
                raise ArchiveRefused(f"The archive has {entry.name!r} twice.", hint=_PACK_HINT)
            if os.path.isabs(entry.target) or "\0" in entry.target:
                raise ArchiveRefused(
                    f"The link {entry.name!r} leaves the archive (it points to {entry.target!r}).",
                    hint=_PACK_HINT,
                )
            self._links[parts] = entry.target
        elif entry.kind == "copy":
            original = self._root.joinpath(*_parts(entry.target))
            if not original.is_file():
                raise ArchiveRefused(f"The archive links {entry.name!r} to a file it lacks.", hint=_PACK_HINT)
            self._grow(original.stat().st_size)
            shutil.copyfile(original, path)
            shutil.copymode(original, path)
        else:
            self._write(path, entry)

    def _write(self, path: Path, entry: _Entry) -> None:
        assert entry.content is not None
        with open(path, "wb") as file:
            while chunk := entry.content.read(_CHUNK):
                self._grow(len(chunk))
                file.write(chunk)
        path.chmod(0o755 if entry.executable else 0o644)

    def _grow(self, size: int) -> None:
        # What is really written counts; the sizes that an archive claims may lie.
        self.size += size
        if self.size > self._limits.size_bytes:
            limit = self._limits.size_bytes // (1024 * 1024)
            raise ArchiveRefused(f"The archive unpacks to more than {limit} MiB.", hint=_SMALLER_HINT)


_PACK_HINT = "Pack the project folder itself, with relative paths only."
_SMALLER_HINT = "Leave out what the build makes, such as node_modules, virtual environments and data."


def _parts(name: str) -> tuple[str, ...]:
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if "\\" in name:
        # Some unpackers take it for a slash.
        raise ArchiveRefused(
            f"The archive entry {name!r} has a backslash in its name.",
            hint="Rename the file, leave it out in .capsuleignore, or pack with slashes between folders.",
        )
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise ArchiveRefused(f"The archive entry {name!r} would lie outside its folder.", hint=_PACK_HINT)
    return parts


def _entries(archive: Path) -> Iterator[_Entry]:
    with open(archive, "rb") as file:
        head = file.read(4)
    if head[:2] == b"\x1f\x8b":
        yield from _tar_entries(archive)
    elif head == b"PK\x03\x04" or head == b"PK\x05\x06":
        yield from _zip_entries(archive)
    else:
        raise ArchiveRefused("The upload is neither a .tar.gz nor a .zip.", hint="Pack it with `tar -czf`.")


def _tar_entries(archive: Path) -> Iterator[_Entry]:
    with tarfile.open(archive, "r|gz") as tar:
        for member in tar:
            if member.isdir():
                yield _Entry(member.name, "folder")
            elif member.isreg():
                executable = bool(member.mode & 0o100)
                yield _Entry(member.name, "file", tar.extractfile(member), executable)
            elif member.issym():
                yield _Entry(member.name, "link", target=member.linkname)
            elif member.islnk():
                yield _Entry(member.name, "copy", target=member.linkname)
            else:
                raise ArchiveRefused(
                    f"The archive entry {member.name!r} is neither file, folder nor link.", hint=_PACK_HINT
                )


def _zip_entries(archive: Path) -> Iterator[_Entry]:
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            mode = info.external_attr >> 16
            if info.is_dir():
                yield _Entry(info.filename, "folder")
            elif stat.S_ISLNK(mode):
                if info.file_size > 4096:
                    raise ArchiveRefused(f"The link {info.filename!r} is too long.", hint=_PACK_HINT)
                yield _Entry(info.filename, "link", target=os.fsdecode(packed.read(info)))
            elif stat.S_IFMT(mode) in (0, stat.S_IFREG):
                with packed.open(info) as content:
                    yield _Entry(info.filename, "file", content, bool(mode & 0o100))
            else:
                raise ArchiveRefused(
                    f"The archive entry {info.filename!r} is neither file, folder nor link.", hint=_PACK_HINT
                )
