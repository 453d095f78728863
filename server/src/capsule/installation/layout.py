"""Where the product's own files lie: the built web pages and the examples that the demo space is made of."""

import functools
import hashlib
from pathlib import Path

import capsule

_REPOSITORY = Path(capsule.__file__).resolve().parents[3]
CONSOLE = _REPOSITORY / "web" / "dist" / "console"
SHELL = _REPOSITORY / "web" / "dist" / "shell"
EXAMPLES = _REPOSITORY / "examples"


@functools.cache
def code_digest() -> str:
    """Return a short digest that changes when the platform's Python code changes."""
    package = Path(capsule.__file__).resolve().parent
    found = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        state = path.stat()
        found.update(f"{path.relative_to(package)}:{state.st_size}:{state.st_mtime_ns}\n".encode())
    return found.hexdigest()[:12]
