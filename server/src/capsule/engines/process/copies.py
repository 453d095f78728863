"""Make one folder like another, touching only what differs. Knows nothing of replicas."""

import os
import shutil
import stat
from pathlib import Path


def follow(source: Path, target: Path, owner: int | None) -> None:
    """Copy what differs by kind, mode, size or time of change, and remove what `source` does not have.

    Links stay links. What is copied belongs to the user `owner`, unless that is None. Raises OSError.
    """
    wanted = {entry.name: entry.stat(follow_symlinks=False) for entry in os.scandir(source)}
    for entry in list(os.scandir(target)):
        here = wanted.get(entry.name)
        if here is None or not _is_same(here, entry.stat(follow_symlinks=False)):
            _remove(Path(entry.path))
    for name, here in wanted.items():
        copy = target / name
        is_new = not os.path.lexists(copy)
        if stat.S_ISDIR(here.st_mode):
            copy.mkdir(exist_ok=True)
            follow(source / name, copy, owner)
            shutil.copystat(source / name, copy)
        elif is_new:
            shutil.copy2(source / name, copy, follow_symlinks=False)
        if is_new and owner is not None:
            os.chown(copy, owner, owner, follow_symlinks=False)


def _is_same(one: os.stat_result, other: os.stat_result) -> bool:
    if stat.S_ISDIR(one.st_mode):
        return stat.S_ISDIR(other.st_mode)
    return (one.st_mode, one.st_size, one.st_mtime_ns) == (other.st_mode, other.st_size, other.st_mtime_ns)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
