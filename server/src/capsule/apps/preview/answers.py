"""Answers about previews that the app host gives by itself."""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from capsule.apps.preview.errors import PreviewNotFound
from capsule.apps.preview.headers import ALWAYS


def raw_path(scope: Scope) -> str:
    """Return the path as it was sent, with what is percent-encoded."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1")


def not_shown(port: int) -> PreviewNotFound:
    return PreviewNotFound(
        f"Port {port} is not shown in this session.",
        hint=f"The app shows it with session.show_browser(port={port}).",
    )


def preflight(request: Request) -> Response | None:
    """Return the answer to a browser's question whether a sandboxed page may send a request."""
    headers = request.headers
    if request.method != "OPTIONS" or "access-control-request-method" not in headers:
        return None
    answer = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": headers["access-control-request-method"],
        "Access-Control-Max-Age": "600",
    }
    if asked := headers.get("access-control-request-headers"):
        answer["Access-Control-Allow-Headers"] = asked
    return Response(status_code=204, headers=answer)


def redirect(path: str, request: Request) -> Response:
    query = request.scope["query_string"].decode("latin-1")
    return sandboxed(RedirectResponse(f"{path}?{query}" if query else path, 307))


def sandboxed(response: Response) -> Response:
    headers = MutableHeaders(raw=response.raw_headers)
    for name, value in ALWAYS:
        headers[name.decode()] = value.decode()
    return response
