"""Turn a project's directory into a `.tar.gz`: the same tree always gives the same bytes.

Left out: what `ignore` says, and links that lead out of the directory. Knows nothing of uploads.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cpsl._problems import InvalidInput
from cpsl.cli import words
from cpsl.cli.ignore import OWN_FILE, Ignore

MAX_BYTES = 512 * 1024 * 1024
MAX_FILES = 50_000


class ProjectRefused(InvalidInput):
    code = "project_refused"


@dataclass(frozen=True)
class SourceFile:
    """One file (or link) of the project."""

    path: str
    """Relative to the root, with slashes."""
    source: Path
    size: int
    is_executable: bool = False
    link: str | None = None


@dataclass(frozen=True)
class Project:
    """What of a directory is sent."""

    root: Path
    files: tuple[SourceFile, ...]
    skipped_links: tuple[str, ...] = ()
    """Links that lead out of the directory."""

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    def largest(self, count: int = 5) -> str:
        """Name the biggest files, for error messages."""
        biggest = sorted(self.files, key=lambda file: -file.size)[:count]
        return ", ".join(f"{file.path} ({words.size(file.size)})" for file in biggest)


def read_project(root: Path, *, max_bytes: int = MAX_BYTES) -> Project:
    """List what is sent of the directory `root`. Raises ProjectRefused for what cannot be meant."""
    root = root.resolve()
    if not root.is_dir():
        raise ProjectRefused(f"There is no directory '{root}'.")
    if root in (Path(root.anchor), Path.home().resolve()):
        raise ProjectRefused(
            f"'{root}' is not a project: all of it would be sent.",
            hint="Put the app into a directory of its own and run the command there.",
        )
    files: list[SourceFile] = []
    skipped: list[str] = []
    for file in _walk(root, Ignore(root)):
        if file.link is not None and not _stays_inside(root, file):
            skipped.append(file.path)
            continue
        files.append(file)
        if len(files) > MAX_FILES:
            raise ProjectRefused(
                f"'{root}' has more than {MAX_FILES} files to send.",
                hint=f"Leave folders out with a {OWN_FILE} file (patterns as in .gitignore).",
            )
    project = Project(root, tuple(files), tuple(skipped))
    if not files:
        raise ProjectRefused(f"There is nothing to send in '{root}'.", hint="Is this the right directory?")
    if project.size > max_bytes:
        raise ProjectRefused(
            f"'{root}' has {words.size(project.size)} to send; the limit is {words.size(max_bytes)}.",
            code="too_large",
            hint=f"Leave out what the app does not need in {OWN_FILE}. Biggest: {project.largest()}",
        )
    return project


def pack(files: Sequence[SourceFile], out: IO[bytes]) -> int:
    """Write `files` to `out` as `.tar.gz` and return its size in bytes."""
    start = out.tell()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for file in sorted(files, key=lambda file: file.path):
            _add(archive, file)
    return out.tell() - start


def digest(path: Path) -> str | None:
    """Return the SHA-256 of a file's content, None when it cannot be read (any more)."""
    try:
        with path.open("rb") as content:
            return hashlib.sha256(content.read()).hexdigest()
    except OSError:
        return None


def _walk(root: Path, ignore: Ignore, folder: str = "") -> Iterator[SourceFile]:
    with os.scandir(root / folder) as found:
        items = sorted(found, key=lambda item: item.name)
    for item in items:
        path = f"{folder}/{item.name}" if folder else item.name
        is_folder = item.is_dir(follow_symlinks=False)
        if ignore.reason(path, is_folder=is_folder) is not None:
            continue
        if item.is_symlink():
            yield SourceFile(path, Path(item.path), 0, link=os.readlink(item.path))
        elif is_folder:
            yield from _walk(root, ignore, path)
        elif item.is_file(follow_symlinks=False):
            status = item.stat(follow_symlinks=False)
            executable = bool(status.st_mode & stat.S_IXUSR)
            yield SourceFile(path, Path(item.path), status.st_size, executable)


def _stays_inside(root: Path, file: SourceFile) -> bool:
    assert file.link is not None
    if os.path.isabs(file.link):
        return False
    return Path(os.path.normpath(file.source.parent / file.link)).is_relative_to(root)


def _add(archive: tarfile.TarFile, file: SourceFile) -> None:
    info = tarfile.TarInfo(file.path)
    if file.link is not None:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, file.link, 0o777
        archive.addfile(info)
        return
    info.mode = 0o755 if file.is_executable else 0o644
    try:
        with file.source.open("rb") as content:
            # The size of now: the file may have grown since it was listed.
            info.size = os.fstat(content.fileno()).st_size
            archive.addfile(info, content)
    except OSError as error:
        raise ProjectRefused(
            f"'{file.path}' cannot be read: {error.strerror or error}.",
            hint=f"Mend its permissions, or leave it out in {OWN_FILE}.",
        ) from error
