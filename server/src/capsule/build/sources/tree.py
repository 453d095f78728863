"""Look at a fetched tree: find the project's folder in it and digest it."""

import hashlib
import os
from pathlib import Path

from capsule.build.contract import SourceUnavailable

_SKIPPED = {".git"}
_CHUNK = 1024 * 1024


def project_folder(root: Path, path: str, *, origin: str = "The source") -> Path:
    """Return the folder `path` of `root` (`/`, ``, `api`, `/services/api/`).

    Raises SourceUnavailable when it is missing, no folder, or outside `root` (also through a link).
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in path:
        raise SourceUnavailable(
            f"The project path {path!r} leaves the source.",
            hint="Give a folder inside it, such as `api`.",
            field="path",
        )
    folder = root.joinpath(*parts)
    if not folder.is_dir():
        raise SourceUnavailable(
            f"{origin} has no folder {path!r}.", hint=_siblings_hint(root, parts), field="path"
        )
    if not folder.resolve().is_relative_to(root.resolve()):
        raise SourceUnavailable(
            f"The project path {path!r} is a link that leaves the source.",
            hint="Give a real folder.",
            field="path",
        )
    return folder


def digest(tree: Path) -> str:
    """Return the SHA-256 over the sorted paths, modes and contents of `tree`.

    Only the executable bit of a mode counts, as in git, so that the umask of whoever packed it does not.
    """
    total = hashlib.sha256()
    for folder, folders, files in os.walk(tree):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in sorted([*files, *links]):
            path = os.path.join(folder, name)
            kind, content = _entry(path)
            relative = os.path.relpath(path, tree)
            for part in (os.fsencode(relative), kind, content):
                total.update(len(part).to_bytes(8, "big"))
                total.update(part)
    return total.hexdigest()


def _entry(path: str) -> tuple[bytes, bytes]:
    if os.path.islink(path):
        return b"link", os.fsencode(os.readlink(path))
    if not os.path.isfile(path):
        return b"other", b""
    content = hashlib.sha256()
    with open(path, "rb") as file:
        executable = os.fstat(file.fileno()).st_mode & 0o100
        while chunk := file.read(_CHUNK):
            content.update(chunk)
    return (b"executable" if executable else b"file"), content.digest()


def _siblings_hint(root: Path, parts: list[str]) -> str:
    parent = root
    for part in parts:
        if not (parent / part).is_dir():
            break
        parent = parent / part
    names = sorted(p.name for p in parent.iterdir() if p.is_dir() and p.name not in _SKIPPED)[:8]
    where = f"`{parent.relative_to(root)}`" if parent != root else "the source"
    return f"Folders in {where}: {', '.join(names)}." if names else f"There are no folders in {where}."
