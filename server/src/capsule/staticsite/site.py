"""Which file answers a path. Knows the folder, not HTTP."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

_HASHED_FOLDERS = (
    "assets",
    "static",
    "immutable",
    "_astro",
    "_nuxt",
    "_next",
    "chunks",
    "build",
    "js",
    "css",
    "media",
)
_HASH = re.compile(r"[-._]([A-Za-z0-9_-]{8,64})\.[A-Za-z0-9.]+$")
_HEX = re.compile(r"^(?=.*\d)(?=.*[a-f])[0-9a-f]{8,64}$")
_WORD = re.compile(r"^[A-Z]?[a-z]+$|^[A-Z]+$|^\d+$")


@dataclass(frozen=True)
class Found:
    """A file to send, or a place to go."""

    file: Path | None
    status: int
    location: str = ""
    is_immutable: bool = False


class Site:
    def __init__(self, root: Path, *, is_single_page: bool = False) -> None:
        self._root = root.resolve()
        self._is_single_page = is_single_page

    def find(self, target: str) -> Found:
        """Return what answers the request target `/path?query`.

        `/about` is `about.html` or a folder with an index (then by way of `/about/`, so that relative
        links hold). Hidden files do not exist, `.well-known` excepted.
        """
        raw, mark, query = target.partition("?")
        parts = _parts(unquote(raw))
        if parts is None:
            return Found(self._file("404.html"), 404)
        path = "/".join(parts)
        wants_folder = raw.endswith("/") or not parts
        if wants_folder:
            index = self._file(f"{path}/index.html" if path else "index.html")
            if index:
                return Found(index, 200)
            if path and self._file(f"{path}.html"):
                return _redirect(f"/{path}", mark + query)
            return self._missing(path)
        file = self._file(path)
        if file:
            return Found(file, 200, is_immutable=is_hashed(path))
        if page := self._file(f"{path}.html"):
            return Found(page, 200)
        if self._file(f"{path}/index.html"):
            return _redirect(f"/{path}/", mark + query)
        return self._missing(path)

    def _missing(self, path: str) -> Found:
        looks_like_page = "." not in path.rpartition("/")[2]
        if self._is_single_page and looks_like_page and (index := self._file("index.html")):
            return Found(index, 200)
        return Found(self._file("404.html"), 404)

    def _file(self, path: str) -> Path | None:
        try:
            found = (self._root / path).resolve()
            inside = found.is_relative_to(self._root)
            return found if inside and os.path.isfile(found) else None
        except (OSError, RuntimeError, ValueError):
            return None


def is_hashed(path: str) -> bool:
    """Say whether the name carries a hash of the content, so that the file can never change."""
    match = _HASH.search(path)
    if match is None:
        return False
    if _HEX.match(match[1]):
        return True
    in_assets = any(folder in _HASHED_FOLDERS for folder in path.split("/")[:-1])
    last = match[1].rpartition("-")[2] if len(match[1]) > 8 else match[1]
    return in_assets and len(last) >= 8 and not _WORD.match(last)


def _parts(path: str) -> list[str] | None:
    """Return the names in `path`; None when one of them is hidden, goes up, or is no name at all."""
    parts = [part for part in path.split("/") if part]
    for part in parts:
        if "\0" in part or (part.startswith(".") and part != ".well-known"):
            return None
    return parts


def _redirect(path: str, query: str) -> Found:
    return Found(None, 301, location=quote(path) + query)
