"""The list of a site's files with what is told about each: size, entity tag, compressed copies.

Written once when the site is published, beside its folder; the server answers from it and from nothing else,
so a path that is not in it cannot be asked for, whatever its spelling.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from capsule.staticsite.hashed import is_hashed

REDIRECTS, HEADERS = "_redirects", "_headers"
ENDINGS = {"br": ".br", "gzip": ".gz"}
"""Content encoding → ending of the compressed copy. The better one first."""


@dataclass(frozen=True)
class Entry:
    size: int
    tag: str
    """Hash of the content, so that a new release does not invalidate what did not change."""
    is_immutable: bool = False
    packed: dict[str, int] = field(default_factory=dict)
    """Content encoding → size of the compressed copy."""


@dataclass(frozen=True)
class Catalogue:
    root: Path
    entries: dict[str, Entry]
    """By path in the site, such as `docs/index.html`."""

    @classmethod
    def read(cls, root: Path) -> "Catalogue":
        """Return the catalogue that lies beside the folder `root`; without one, look at each file."""
        file = catalogue_file(root)
        if not file.exists():
            found = {path: entry_of(root / path, is_immutable=is_hashed(path)) for path in site_files(root)}
            return cls(root, found)
        listed = json.loads(file.read_bytes())
        return cls(root, {path: Entry(**entry) for path, entry in listed.items()})

    def write(self) -> None:
        text = json.dumps({path: asdict(entry) for path, entry in self.entries.items()})
        catalogue_file(self.root).write_text(text)

    def text(self, name: str) -> str:
        """Return the text of `_redirects` or `_headers`; empty without one."""
        file = self.root / name
        return file.read_text(errors="replace") if file.is_file() and not file.is_symlink() else ""


def catalogue_file(root: Path) -> Path:
    return root.with_name(root.name + ".json")


def packed_file(root: Path, path: str, encoding: str) -> Path:
    """Return where the compressed copy of a file lies: outside of the site, with the same path."""
    return root.with_name(root.name + ".packed") / (path + ENDINGS[encoding])


def entry_of(file: Path, *, is_immutable: bool) -> Entry:
    with file.open("rb") as content:
        tag = hashlib.file_digest(content, "sha256").hexdigest()[:20]
    return Entry(file.stat().st_size, tag, is_immutable)


def site_files(root: Path) -> Iterator[str]:
    """Yield the files that may be asked for: none that is hidden, `.well-known` excepted, and no link."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if is_shown(name))
        for name in sorted(names):
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            if is_shown(name) and relative not in (REDIRECTS, HEADERS) and is_plain(path):
                yield relative


def is_shown(name: str) -> bool:
    return not name.startswith(".") or name == ".well-known"


def is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
