"""Measure folders whose owner may have made that hard: closed folders, endless depth, odd names.

Follows no link, and never goes by a path that could change on the way.
"""

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

_DEEPEST = 128
"""Also the number of descriptors that one look holds at most."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK = 512


@dataclass
class Size:
    """Counted no further than over a limit."""

    most_bytes: int
    most_files: int
    bytes: int = 0
    files: int = 0
    is_hidden: bool = False
    """There are folders that cannot be looked into, or too many in each other."""

    @property
    def is_over(self) -> bool:
        return self.bytes > self.most_bytes or self.files > self.most_files or self.is_hidden


def measure(folder: Path, most_bytes: int, most_files: int) -> Size:
    """Return the allocated bytes and the number of files below a folder. Opens closed folders up."""
    size = Size(most_bytes, most_files)
    _measure_below(None, os.fspath(folder), size, 0, set())
    return size


def _measure_below(above: int | None, name: str, size: Size, depth: int, linked: set[int]) -> None:
    try:
        folder = _open(above, name)
    except PermissionError:
        size.is_hidden = True
        return
    except OSError:  # gone meanwhile, or another thing by now
        return
    try:
        folders = []
        with os.scandir(folder) as entries:
            for entry in entries:
                size.files += 1
                with contextlib.suppress(FileNotFoundError):
                    state = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(state.st_mode):
                        folders.append(entry.name)
                    elif state.st_nlink > 1:
                        if state.st_ino in linked:
                            continue
                        linked.add(state.st_ino)
                    size.bytes += state.st_blocks * _BLOCK
                if size.is_over:
                    return
        size.is_hidden = size.is_hidden or bool(folders and depth == _DEEPEST)
        for item in folders:
            if size.is_over:
                return
            _measure_below(folder, item, size, depth + 1, linked)
    except OSError:  # entries that cannot be looked at, although the folder was opened up
        size.is_hidden = True
    finally:
        os.close(folder)


def _open(above: int | None, name: str) -> int:
    try:
        folder = os.open(name, _FOLDER, dir_fd=above)
    except PermissionError:
        handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=above)
        try:
            os.chmod(f"/proc/self/fd/{handle}", stat.S_IRWXU)
        finally:
            os.close(handle)
        folder = os.open(name, _FOLDER, dir_fd=above)
    mode = os.fstat(folder).st_mode
    if mode & stat.S_IRWXU != stat.S_IRWXU and os.geteuid() != 0:
        os.fchmod(folder, stat.S_IMODE(mode) | stat.S_IRWXU)
    return folder
