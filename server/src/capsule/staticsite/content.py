"""Files as they are sent: type, entity tag, and a compressed copy where that pays."""

import gzip
import hashlib
import mimetypes
import os
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

_TYPES = {
    ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".html": "text/html",
    ".htm": "text/html", ".json": "application/json", ".map": "application/json", ".svg": "image/svg+xml",
    ".wasm": "application/wasm", ".webmanifest": "application/manifest+json", ".txt": "text/plain",
    ".xml": "application/xml", ".md": "text/markdown", ".ico": "image/x-icon", ".avif": "image/avif",
    ".webp": "image/webp", ".woff2": "font/woff2", ".woff": "font/woff", ".pdf": "application/pdf",
}  # fmt: skip
_TEXT = ("text/", "application/json", "application/xml", "image/svg+xml", "application/manifest+json")
_HASHED_UP_TO = 16 * 1024 * 1024
_COMPRESSED_FROM, _COMPRESSED_UP_TO = 1024, 4 * 1024 * 1024
_KEPT_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Content:
    file: Path
    size: int
    etag: str
    type: str
    body: bytes | None = None
    """Compressed; None when the file is sent as it is."""
    encoding: str = ""
    varies: bool = False


class Contents:
    """Remembers tags and compressed copies; the site does not change while it is served."""

    def __init__(self) -> None:
        self._tags: dict[tuple[str, int, int], str] = {}
        self._compressed: OrderedDict[str, bytes] = OrderedDict()
        self._kept = 0

    def get(self, file: Path, *, accepts_gzip: bool) -> Content:
        found = os.stat(file)
        kind = content_type(file)
        tag = self._tag(file, found)
        is_text = kind.startswith(_TEXT) and _COMPRESSED_FROM <= found.st_size <= _COMPRESSED_UP_TO
        if not (is_text and accepts_gzip):
            return Content(file, found.st_size, f'"{tag}"', kind, varies=is_text)
        body = self._gzipped(file, tag)
        return Content(file, len(body), f'"{tag}-gzip"', kind, body, "gzip", varies=True)

    def _tag(self, file: Path, found: os.stat_result) -> str:
        key = (str(file), found.st_mtime_ns, found.st_size)
        if key not in self._tags:
            if found.st_size <= _HASHED_UP_TO:
                # By content, so that a new release does not invalidate what did not change.
                self._tags[key] = hashlib.sha256(file.read_bytes()).hexdigest()[:20]
            else:
                self._tags[key] = f"{found.st_mtime_ns:x}-{found.st_size:x}"
        return self._tags[key]

    def _gzipped(self, file: Path, tag: str) -> bytes:
        body = self._compressed.get(tag)
        if body is None:
            body = gzip.compress(file.read_bytes(), 6, mtime=0)
            self._compressed[tag] = body
            self._kept += len(body)
            while self._kept > _KEPT_BYTES and len(self._compressed) > 1:
                self._kept -= len(self._compressed.popitem(last=False)[1])
        self._compressed.move_to_end(tag)
        return body


def content_type(file: Path) -> str:
    kind = _TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
