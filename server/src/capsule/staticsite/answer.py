"""One request's answer: status, headers, and which bytes of which file."""

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from capsule.staticsite.content import Content, Contents
from capsule.staticsite.site import Found, Site

_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "public, max-age=0, must-revalidate"
_PLAIN_404 = b"<!doctype html><html lang=en><meta charset=utf-8><title>Not found</title><body><h1>Not found</h1><p>There is no such page.</p></html>"  # noqa: E501


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


def answer(site: Site, contents: Contents, method: str, target: str, headers: dict[str, str]) -> Answer:
    """Return the answer to one request; `headers` have lower-case names."""
    if method not in ("GET", "HEAD"):
        return Answer(405, {"Allow": "GET, HEAD", "Content-Type": "text/plain"}, b"Only GET and HEAD.\n")
    found = site.find(target)
    if found.location:
        return Answer(found.status, {"Location": found.location, "Cache-Control": _ASK_AGAIN})
    if found.file is None:
        return Answer(
            404, {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"}, _PLAIN_404
        )
    wants_range = "range" in headers
    content = contents.get(found.file, accepts_gzip=_accepts_gzip(headers) and not wants_range)
    known = _matches(headers.get("if-none-match", ""), content.etag)
    if found.status == 200 and known:
        return Answer(304, _headers(found, content))
    if wants_range and found.status == 200 and headers.get("if-range", content.etag) == content.etag:
        part = _part(headers["range"], content.size)
        if part is not None:
            return _partial(found, content, part)
    return _whole(found, content)


def _whole(found: Found, content: Content) -> Answer:
    headers = _headers(found, content)
    if content.body is not None:
        return Answer(found.status, headers, content.body)
    return Answer(found.status, headers, file=content.file, length=content.size)


def _partial(found: Found, content: Content, part: tuple[int, int]) -> Answer:
    start, end = part
    headers = _headers(found, content)
    if start >= content.size or start > end:
        return Answer(416, {"Content-Range": f"bytes */{content.size}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{content.size}"
    return Answer(206, headers, file=content.file, start=start, length=end - start + 1)


def _headers(found: Found, content: Content) -> dict[str, str]:
    headers = {
        "Content-Type": content.type,
        "ETag": content.etag,
        "Cache-Control": _FOREVER if found.is_immutable else _ASK_AGAIN,
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }
    if content.encoding:
        headers["Content-Encoding"] = content.encoding
    if content.varies:
        headers["Vary"] = "Accept-Encoding"
    return headers


def _part(text: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte; None for what is no single range, which is answered in whole."""
    match = _RANGE.match(text.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(0, size - int(match[2])), size - 1
    end = min(int(match[2]), size - 1) if match[2] else size - 1
    return int(match[1]), end


def _accepts_gzip(headers: dict[str, str]) -> bool:
    for item in headers.get("accept-encoding", "").split(","):
        name, _, quality = item.strip().partition(";")
        if name.strip().lower() == "gzip":
            return quality.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _matches(wanted: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",") if tag.strip()}
    return etag in tags or "*" in tags
