"""Is there room on the disk? Asked before a build, and told when it ran out during one."""

import errno
import os
import shutil
from pathlib import Path

from capsule.errors import PlatformError

_HINT = "Make room on the server: remove capsules that nobody needs, or files that are not the platform's."
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class DiskFull(PlatformError):
    code, title = "disk_full", "The disk is full"


def check_room(folder: Path, *, wanted: int) -> None:
    """Raise DiskFull when less than `wanted` MiB are free where `folder` lies."""
    free = shutil.disk_usage(folder).free // 1024**2
    if free < wanted:
        raise DiskFull(f"The disk has {free} MiB left; a build starts with at least {wanted}.", hint=_HINT)


def full_disk(failed: OSError) -> DiskFull | None:
    """Return what to tell when it was the disk that had no room, else None."""
    if failed.errno not in _FULL:
        return None
    return DiskFull(f"The disk ran full during the build: {os.strerror(failed.errno)}.", hint=_HINT)
