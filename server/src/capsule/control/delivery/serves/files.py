"""The files of a serve: a copy of the build's artifact that the developer's changes go into.

Changes lie in a folder of their own, numbered by revision, until they are applied in that order; so a
replica never starts from half a change. Knows no database.
"""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from capsule.errors import InvalidInput
from capsule.paths import DataPaths

_DELETED = "deleted.json"
_FILES = "files"


class PathRefused(InvalidInput):
    """A changed path leaves the project."""

    code = "path_refused"


def make_tree(paths: DataPaths, serve_id: str, artifact_id: str) -> None:
    """Copy the artifact, sharing its installed packages. Does nothing when the tree is there."""
    tree = paths.serve_tree(serve_id)
    if tree.is_dir():
        return
    artifact = paths.artifact(artifact_id)
    partial = tree.with_name(f"{tree.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for entry in artifact.iterdir():
        if entry.name == "app":
            shutil.copytree(entry, partial / "app", symlinks=True)
        else:
            (partial / entry.name).symlink_to(entry)
    partial.rename(tree)


def stage(paths: DataPaths, serve_id: str, revision: int, *, unpacked: Path, deleted: Iterable[str]) -> None:
    """Put a change in line; `unpacked` holds the changed files and is moved."""
    target = _incoming(paths, serve_id) / str(revision)
    partial = target.with_name(f"{revision}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    unpacked.rename(partial / _FILES)
    (partial / _DELETED).write_text(json.dumps(list(deleted)))
    partial.rename(target)


def apply_staged(paths: DataPaths, serve_id: str) -> None:
    """Bring every change that waits into the tree, the oldest first."""
    incoming = _incoming(paths, serve_id)
    if not incoming.is_dir():
        return
    app = paths.serve_tree(serve_id) / "app"
    for change in sorted(
        (entry for entry in incoming.iterdir() if entry.name.isdigit()), key=lambda e: int(e.name)
    ):
        for name in json.loads((change / _DELETED).read_text()):
            _remove(app, checked_path(name))
        _copy_over(change / _FILES, app)
        shutil.rmtree(change)


def remove_files(paths: DataPaths, serve_id: str) -> None:
    shutil.rmtree(paths.serve_tree(serve_id), ignore_errors=True)
    shutil.rmtree(_incoming(paths, serve_id), ignore_errors=True)


def checked_path(name: str) -> PurePosixPath:
    """Return a relative path inside the project. Raises PathRefused."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\0" in name or path == PurePosixPath("."):
        raise PathRefused(f"The path '{name[:200]}' leaves the project.")
    return path


def _incoming(paths: DataPaths, serve_id: str) -> Path:
    return paths.serve_tree(serve_id).with_name(f"{serve_id}.incoming")


def _remove(app: Path, relative: PurePosixPath) -> None:
    target = app / relative
    if not _inside(app, target.parent):
        return
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


def _copy_over(changed: Path, app: Path) -> None:
    for source in sorted(changed.rglob("*")):
        target = app / source.relative_to(changed)
        # A link in the tree could lead out of it; what the developer sent replaces it.
        if target.is_symlink() or (target.exists() and target.is_dir() != source.is_dir()):
            _remove(app, PurePosixPath(source.relative_to(changed)))
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f".{target.name}.partial")
            shutil.copy2(source, partial, follow_symlinks=False)
            partial.replace(target)


def _inside(root: Path, folder: Path) -> bool:
    return folder.resolve().is_relative_to(root.resolve())
