"""Copy, measure and remove directory trees without ever following a link."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

_SKIPPED = {".git"}


def copy_tree(source: Path, target: Path) -> None:
    """Copy `source` to the new folder `target`, without `.git`; links, times and modes are kept."""
    shutil.copytree(source, target, symlinks=True, ignore=lambda _, names: _SKIPPED.intersection(names))


def remove_tree(path: Path) -> None:
    """Remove a file, link or folder, whatever the modes inside; nothing happens when it is not there."""
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
        return
    if not path.exists():
        return
    for folder, _, _ in os.walk(path):
        os.chmod(folder, 0o700)
    shutil.rmtree(path)


def give_tree(path: Path, uid: int) -> None:
    """Make `uid` the owner of everything under `path`."""
    for entry in _entries(path):
        os.chown(entry, uid, uid, follow_symlinks=False)


def tree_size(path: Path) -> int:
    """Return the bytes of all files; a file with several names counts once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for entry in _entries(path):
        found = os.lstat(entry)
        key = (found.st_dev, found.st_ino)
        if key not in seen:
            seen.add(key)
            total += found.st_size
    return total


def _entries(path: Path) -> Iterator[str]:
    yield str(path)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            yield os.path.join(folder, name)
