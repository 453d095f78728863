"""One request's answer: status, headers, and which bytes of which file."""

import mimetypes
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

from capsule.staticsite.catalogue import ENDINGS, Entry, packed_file
from capsule.staticsite.site import Found, Site

_TYPES = {
    ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".html": "text/html",
    ".htm": "text/html", ".json": "application/json", ".map": "application/json", ".svg": "image/svg+xml",
    ".wasm": "application/wasm", ".webmanifest": "application/manifest+json", ".txt": "text/plain",
    ".xml": "application/xml", ".md": "text/markdown", ".ico": "image/x-icon", ".avif": "image/avif",
    ".webp": "image/webp", ".woff2": "font/woff2", ".woff": "font/woff", ".pdf": "application/pdf",
    ".mp4": "video/mp4", ".webm": "video/webm", ".mp3": "audio/mpeg", ".gz": "application/gzip",
}  # fmt: skip
_WEIGHT = re.compile(r"^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$")
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_PLAIN_404 = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Page not found</title>
<style>
  :root { color-scheme: light dark; font-family: system-ui, sans-serif; }
  body { margin: 0; min-height: 100vh; display: grid; place-content: center; text-align: center; }
  h1 { margin: 0; font-size: 1.4rem; }
  p { opacity: .7; }
</style>
<h1>Page not found</h1>
<p>This site has nothing at this address. <a href="/">Go to the start page</a></p>
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    file: Path | None = None
    """Sent from `start` on, `length` bytes, in place of `body`."""
    start: int = 0
    length: int = 0

    def head(self, *, keep_alive: bool) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.status != 304:
            lines.append(f"Content-Length: {self.length if self.file else len(self.body)}")
        lines.append("Connection: keep-alive" if keep_alive else "Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def answer(site: Site, method: str, target: str, headers: dict[str, str]) -> Answer:
    """Return the answer to one request; `headers` have lower-case names."""
    if method not in ("GET", "HEAD"):
        return Answer(405, {"Allow": "GET, HEAD", "Content-Type": "text/plain"}, b"Only GET and HEAD.\n")
    found = site.find(target)
    if found.location:
        return Answer(found.status, {"Location": found.location, "Cache-Control": _ASK_AGAIN})
    path = "/" + unquote(target.partition("?")[0]).strip("/")
    if found.path is None:
        plain = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": _ASK_AGAIN}
        return Answer(found.status, site.headers.apply(path, plain), _PLAIN_404)
    sent = _choose(site, found, found.path, headers)
    given = site.headers.apply(path, sent.headers(found))
    if found.status == 200 and _matches(headers.get("if-none-match", ""), sent.tag):
        return Answer(304, given)
    if found.status == 200 and "range" in headers and headers.get("if-range", sent.tag) == sent.tag:
        part = _part(headers["range"], sent.size)
        if part is not None:
            return _partial(sent, given, part)
    return Answer(found.status, given, file=sent.file, length=sent.size)


@dataclass(frozen=True)
class _Sent:
    """A file as one asker gets it: plain or as one of its compressed copies."""

    path: str
    entry: Entry
    file: Path
    encoding: str = ""

    @property
    def size(self) -> int:
        return self.entry.packed[self.encoding] if self.encoding else self.entry.size

    @property
    def tag(self) -> str:
        return f'"{self.entry.tag}-{self.encoding}"' if self.encoding else f'"{self.entry.tag}"'

    def headers(self, found: Found) -> dict[str, str]:
        forever = self.entry.is_immutable and found.status == 200
        headers = {
            "Content-Type": content_type(self.path),
            "ETag": self.tag,
            "Cache-Control": _FOREVER if forever else _ASK_AGAIN,
            "Accept-Ranges": "bytes",
            "X-Content-Type-Options": "nosniff",
        }
        if self.encoding:
            headers["Content-Encoding"] = self.encoding
        if self.entry.packed:
            headers["Vary"] = "Accept-Encoding"
        return headers


def _choose(site: Site, found: Found, path: str, headers: dict[str, str]) -> _Sent:
    entry, root = site.entry(path), site.catalogue.root
    # A part of a file is a part of the file itself, not of a compressed copy.
    if entry.packed and "range" not in headers:
        encoding = _preferred(headers.get("accept-encoding", ""), entry.packed)
        if encoding:
            return _Sent(path, entry, packed_file(root, path, encoding), encoding)
    return _Sent(path, entry, root / path)


def _partial(sent: _Sent, headers: dict[str, str], part: tuple[int, int]) -> Answer:
    start, end = part
    if start >= sent.size or start > end:
        return Answer(416, {"Content-Range": f"bytes */{sent.size}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{sent.size}"
    return Answer(206, headers, file=sent.file, start=start, length=end - start + 1)


def _part(text: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte; None for what is no single range, which is answered in whole."""
    match = _RANGE.match(text.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return (max(0, size - int(match[2])), size - 1) if int(match[2]) else (size, size)
    end = min(int(match[2]), size - 1) if match[2] else size - 1
    return int(match[1]), end


def _preferred(text: str, packed: Collection[str]) -> str:
    """Return the encoding of `packed` that `Accept-Encoding` wants most; empty for the file as it is."""
    weights = _weights(text)
    others = weights.get("*", 0.0)
    wanted = {name: weights.get(name, others) for name in ENDINGS if name in packed}
    best = max(wanted, key=lambda name: wanted[name], default="")
    # What is said of `identity` only counts where it is said: without a word it is what is left.
    plain = weights.get("identity", 0.0)
    return best if best and wanted[best] > 0 and wanted[best] >= plain else ""


def _weights(text: str) -> dict[str, float]:
    """Return what each name in an `Accept-Encoding` weighs, from 0 (not at all) to 1."""
    weights = {}
    for item in text.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        quality = next((part[2:].strip() for part in parameters if part.startswith("q=")), "1")
        if name:
            # A weight that is none could mean anything, so the encoding is left alone.
            weights[name] = float(quality) if _WEIGHT.match(quality) else 0.0
    return weights


def _matches(wanted: str, tag: str) -> bool:
    tags = {each.strip().removeprefix("W/") for each in wanted.split(",") if each.strip()}
    return tag in tags or "*" in tags


def content_type(path: str) -> str:
    ending = "." + path.rpartition(".")[2].lower()
    kind = _TYPES.get(ending) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
