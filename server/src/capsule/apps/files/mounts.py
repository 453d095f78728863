"""Open what a `cpsl.file` reference names: a path under one of the app's mounts.

Filesystems are shared by all users of an app, so whoever may use the app may open what lies there.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from capsule.apps.files.errors import FileNotFound
from capsule.errors import PlatformError
from capsule.kit.filetree import Entry, FileTree


def open_mounted(mounts: Mapping[str, str], path: str) -> tuple[BinaryIO, Entry]:
    """Open `path` (as handlers see it) for reading; the caller closes it. Blocks.

    `mounts`: mount path → folder on the host. Raises FileNotFound for whatever is no file below a mount.
    """
    for target in sorted(mounts, key=len, reverse=True):
        if path.startswith(target.rstrip("/") + "/"):
            try:
                return FileTree(Path(mounts[target])).open(path[len(target.rstrip("/")) :])
            except (PlatformError, OSError) as error:
                raise _missing(path) from error
    raise _missing(path)


def _missing(path: str) -> FileNotFound:
    return FileNotFound(f"There is no file {path[:200]!r}.")
