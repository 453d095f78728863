"""Serve the page in which people chat with an app: its built assets, and one document for every path."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob: https:",
            "media-src 'self' data: blob: https:",
            # Previews that an app shows beside the chat; their frames are sandboxed.
            "frame-src 'self' https: http:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

_PLACEHOLDER = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Capsule app</title></head>
<body style="font-family: system-ui, sans-serif; margin: 4rem auto; max-width: 34rem; line-height: 1.5">
<h1>This app is running.</h1>
<p>Its chat page has not been built on this installation. Build it with <code>make setup</code>; until then
the app answers on <code>/api/chat/message</code>.</p>
</body></html>
"""


class ShellAssets(StaticFiles):
    """Files whose names carry a hash, so that browsers keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def document(shell: Path, request: Request) -> Response:
    """Return the page for any address of the app that a browser opens. Raises a plain 404 for the rest."""
    if request.url.path != "/" and "text/html" not in request.headers.get("accept", ""):
        raise HTTPException(404)
    index = shell / "index.html"
    headers = {**SECURITY_HEADERS, "Cache-Control": "no-cache"}
    if index.is_file():
        return FileResponse(index, headers=headers)
    return HTMLResponse(_PLACEHOLDER, headers=headers)
