"""The edge's own answers when no upstream gives one: one class per situation, rendered as page or problem."""

import html
import re
import string
import time
from importlib import resources

import msgspec

from capsule.errors import Forbidden, NotFound, PlatformError, Unavailable


class HostNotFound(NotFound):
    code, title = "host_not_found", "Nothing lives here"


class CapsuleNotPublic(Forbidden):
    code, title = "capsule_not_public", "Not public"


class CapsuleStarting(Unavailable):
    code, title = "capsule_starting", "Starting"


class CapsuleStopped(Unavailable):
    code, title = "capsule_stopped", "Switched off"


class NoWeb(NotFound):
    code, title = "takes_no_requests", "Takes no requests"


class CapsuleFailed(Unavailable):
    code, title, status = "capsule_failed", "Not running", 502


class BadGateway(Unavailable):
    code, title, status = "bad_gateway", "No answer", 502


class AnswerTimedOut(Unavailable):
    code, title, status = "answer_timed_out", "No answer in time", 504


_REASONS = {
    400: b"Bad Request",
    403: b"Forbidden",
    404: b"Not Found",
    408: b"Request Timeout",
    417: b"Expectation Failed",
    431: b"Request Header Fields Too Large",
    501: b"Not Implemented",
    502: b"Bad Gateway",
    503: b"Service Unavailable",
    504: b"Gateway Timeout",
    505: b"HTTP Version Not Supported",
}
_RETRY_SECONDS = 3
_QUALITY = re.compile(rb";[\t ]*q=([0-9.]+)")


class Answers:
    """Render a PlatformError as a whole HTTP response."""

    def __init__(self) -> None:
        folder = resources.files("capsule.edge") / "pages"
        self._page = string.Template((folder / "page.html").read_text("utf-8"))

    def render(self, error: PlatformError, *, accept: bytes, head_only: bool, close: bool) -> bytes:
        """Return status line, headers and (unless `head_only`) body."""
        if prefers_json(accept):
            kind, body = b"application/problem+json", self._problem(error)
        else:
            kind, body = b"text/html; charset=utf-8", self._html(error)
        lines = [
            b"HTTP/1.1 %d %b" % (error.status, _REASONS.get(error.status, b"Error")),
            b"Content-Type: " + kind,
            b"Content-Length: %d" % len(body),
            b"Cache-Control: no-store",
            b"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
            b"Date: " + time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()).encode("ascii"),
        ]
        if error.status == 503:
            lines.append(b"Retry-After: %d" % _RETRY_SECONDS)
        if close:
            lines.append(b"Connection: close")
        return b"\r\n".join(lines) + b"\r\n\r\n" + (b"" if head_only else body)

    def _problem(self, error: PlatformError) -> bytes:
        problem: dict[str, object] = {
            "type": f"/errors/{error.code}",
            "title": error.title,
            "status": error.status,
            "code": error.code,
            "detail": error.detail,
        }
        if error.hint:
            problem["hint"] = error.hint
        return msgspec.json.encode(problem)

    def _html(self, error: PlatformError) -> bytes:
        starting = isinstance(error, CapsuleStarting)
        looks_again = isinstance(error, CapsuleStarting | BadGateway)
        page = self._page.substitute(
            title=html.escape(error.title),
            detail=html.escape(error.detail),
            hint=html.escape(error.hint or ""),
            status=error.status,
            code=html.escape(error.code),
            refresh=f'<meta http-equiv="refresh" content="{_RETRY_SECONDS}">' if looks_again else "",
            kind="waiting" if starting else "still",
        )
        return page.encode("utf-8")


def prefers_json(accept: bytes) -> bool:
    """Whether an Accept header ranks a JSON answer above a page."""
    if b"json" not in accept:
        return False
    json = html_page = 0.0
    for item in accept.lower().split(b","):
        kind = item.partition(b";")[0].strip()
        found = _QUALITY.search(item)
        try:
            quality = float(found[1]) if found else 1.0
        except ValueError:
            quality = 0.0
        if kind in (b"application/json", b"application/problem+json"):
            json = max(json, quality)
        elif kind in (b"text/html", b"application/xhtml+xml", b"text/*"):
            html_page = max(html_page, quality)
    return json > html_page
