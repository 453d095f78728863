"""Answer a download: whole or in part, and never as anything that could act on the app's page."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from capsule.apps.files.names import is_shown, served_type
from capsule.kit.ranges import byte_range, chunks


@dataclass(frozen=True)
class Content:
    name: str
    content_type: str
    """As somebody said it is."""
    size: int
    cache: str = "private, no-cache"


async def answer(
    request: Request, content: Content, open_file: Callable[[], Awaitable[BinaryIO]]
) -> Response:
    """Return the file or the part that `Range` names. `?download=1` saves also what could be shown.

    Raises RangeNotSatisfiable.
    """
    part = byte_range(request.headers.get("range"), content.size)
    start, length = part or (0, content.size)
    status = 206 if part else 200
    headers = _headers(content, as_download="download" in request.query_params)
    headers["Content-Length"] = str(length)
    if part:
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{content.size}"
    media_type = served_type(content.content_type)
    if request.method == "HEAD":
        return Response(status_code=status, headers={**headers, "Content-Type": media_type})
    file = await open_file()
    return StreamingResponse(chunks(file, start, length), status, headers, media_type)


def _headers(content: Content, *, as_download: bool) -> dict[str, str]:
    is_inline = is_shown(content.content_type) and not as_download
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": content.cache,
        "Content-Disposition": f"{'inline' if is_inline else 'attachment'}"
        f"; filename*=UTF-8''{quote(content.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    if content.content_type != "application/pdf":  # browsers show no PDF in a sandbox
        headers["Content-Security-Policy"] = "sandbox"
    return headers
