"""Serve the built console: its files, and its index page for every address that is not a file."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'"
)
_REGISTERING = "git/register"
"""The one page that posts a form to another host: the manifest of a GitHub App, to GitHub."""

SECURITY_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Capsule</title>
<body style="font-family:system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem;line-height:1.5">
<h1>The server runs; the console is not built</h1>
<p>Run <code>make setup</code> in the repository, then start the platform again.</p>
<p>The API answers under <code>/api/v1</code>.</p></body></html>"""


class Console:
    """The console under `/`. Addresses of the API that do not exist stay a 404."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._files: StaticFiles | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        response = await self._answer(scope)
        is_registering = scope["path"].strip("/") == _REGISTERING
        await response(
            scope, receive, _with_headers(send, f"{_POLICY} https: http:" if is_registering else _POLICY)
        )

    async def _answer(self, scope: Scope) -> Response | ASGIApp:
        path = scope["path"].lstrip("/")
        if path.startswith("api/") or path == "api":
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        if self._folder is None or not (self._folder / "index.html").is_file():
            return HTMLResponse(_NOT_BUILT, status_code=503, headers={"cache-control": "no-store"})
        if self._files is None:
            self._files = StaticFiles(directory=self._folder)
        try:
            response = await self._files.get_response(path or "index.html", scope)
        except HTTPException as error:
            if error.status_code != 404 or path.startswith("assets/"):
                raise
            response = FileResponse(self._folder / "index.html")
            path = "index.html"
        # Names under assets/ carry a hash of their content, so they never change.
        forever = path.startswith("assets/")
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if forever else "no-cache"
        return response


def _with_headers(send: Send, policy: str) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {**SECURITY_HEADERS, "content-security-policy": policy}
            extra = [(name.encode(), value.encode()) for name, value in headers.items()]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return send_with_headers
