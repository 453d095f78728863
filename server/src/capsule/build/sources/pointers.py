"""Tell that files are kept in Git LFS, which is not fetched: what lies in the tree are their pointers."""

import os
from pathlib import Path

from capsule.build.contract import LogSink

_HEAD = b"version https://git-lfs.github.com/spec/"
_MOST_BYTES = 1024


def note_pointers(tree: Path, log: LogSink) -> None:
    """Write one line when there are pointers; a repository that never heard of LFS is not looked through."""
    if not any("filter=lfs" in _read(place).decode(errors="replace") for place in _attributes(tree)):
        return
    found = [name for name in _small_files(tree) if _read(tree / name).startswith(_HEAD)]
    if found:
        count = f"{len(found)} files are" if len(found) > 1 else "1 file is"
        log.write(
            f"Note: {count} kept in Git LFS, which is not fetched, such as {sorted(found)[0]}.",
            stream="platform",
        )


def _attributes(tree: Path) -> list[Path]:
    places = [tree, *(entry for entry in tree.iterdir() if entry.is_dir() and not entry.is_symlink())]
    return [place / ".gitattributes" for place in places]


def _small_files(tree: Path) -> list[str]:
    found = []
    for folder, _, files in os.walk(tree):
        for name in files:
            place = os.path.join(folder, name)
            if not os.path.islink(place) and os.path.getsize(place) <= _MOST_BYTES:
                found.append(os.path.relpath(place, tree))
    return found


def _read(place: Path) -> bytes:
    if place.is_symlink() or not place.is_file():
        return b""
    with place.open("rb") as file:
        return file.read(64 * 1024)
