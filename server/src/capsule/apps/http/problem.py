"""Render failures of the app host as problem documents."""

import logging
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from capsule.errors import PlatformError
from capsule.kit.ids import new_id

_TOLD = ("field", "offset", "prompt_status", "retry_after")
"""What of an error's context its document tells."""

log = logging.getLogger(__name__)


def render(exc: PlatformError, request_id: str) -> Response:
    """Return the problem document of an expected failure."""
    body: dict[str, Any] = {
        "type": f"/errors/{exc.code}",
        "title": exc.title,
        "status": exc.status,
        "code": exc.code,
        "detail": exc.detail,
        "request_id": request_id,
    }
    if exc.hint:
        body["hint"] = exc.hint
    body.update({key: exc.context[key] for key in _TOLD if key in exc.context})
    headers = {"X-Request-Id": request_id, "Cache-Control": "no-store"}
    if "retry_after" in exc.context:
        headers["Retry-After"] = str(exc.context["retry_after"])
    return Response(
        msgspec.json.encode(body),
        exc.status,
        headers,
        media_type="application/problem+json",
    )


async def on_platform_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, PlatformError)
    return render(exc, request_id(request))


async def on_bug(request: Request, exc: Exception) -> Response:
    key = request_id(request)
    log.error("request %s failed", key, exc_info=exc)
    return render(PlatformError("Something went wrong in the platform."), key)


def request_id(request: Request) -> str:
    return request.headers.get("x-request-id") or new_id("req")
