"""Write what an engine keeps about a replica on disk."""

import os
from pathlib import Path


def write_private(path: Path, data: bytes) -> None:
    """Replace a file at once. Specifications hold secrets: nobody else may read it, not even for a moment."""
    temporary = path.with_suffix(".new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
    temporary.replace(path)
