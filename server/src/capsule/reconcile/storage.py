"""Make a directory that several operating-system users write into. Knows no capsule.

Each capsule runs as a user of its own, yet several mount the same storage: everything in it must be writable
for whoever is shown it (nobody else sees the directory, because the data folder is closed). A default ACL
makes new files and folders so whatever the umask of the program is; where the file system has no ACLs, only
the top folder is (mode 2777).
"""

import contextlib
import os
import struct
from pathlib import Path

_MODE = 0o2777
_ACL = "system.posix_acl_default"
_EVERYBODY = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", tag, 7, 0xFFFFFFFF) for tag in (0x01, 0x04, 0x20)
)
"""Version, then owner, group and others with all permissions."""


def share(folder: Path) -> None:
    """Make `folder` if need be, and let every user who sees it write into it."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o7777 == _MODE:
        return
    with contextlib.suppress(OSError):  # no ACLs here; the mode below is the next best
        os.setxattr(folder, _ACL, _EVERYBODY)
    folder.chmod(_MODE)
