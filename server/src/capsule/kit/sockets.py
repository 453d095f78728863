"""Reach unix sockets whose path is longer than the 107 bytes the kernel takes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LIMIT = 100


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """Yield a name for `path` that fits `sun_path`; valid inside the block (bind and connect alike)."""
    if len(os.fsencode(path)) <= _LIMIT:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
