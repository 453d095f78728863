"""A way past the router for what a chat page sends all day. It ends at the same handlers."""

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from capsule.apps.http import problem
from capsule.errors import PlatformError

Endpoint = Callable[[Request], Awaitable[Response]]


class Shortcut:
    """Takes requests of one method to one path; all others go on to `app`.

    Going through a dozen routes and as many layers takes as long as taking in a short message does. Requests
    that name the page they come from by an unusual path are left to the layers, too: `is_plain` tells.
    """

    def __init__(
        self, app: ASGIApp, method: str, path: str, endpoint: Endpoint, is_plain: Callable[[Request], bool]
    ) -> None:
        """`path` as of a route: `{name}` stands for one part of it."""
        self._app = app
        self._method = method
        self._path = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path) + r"\Z")
        self._endpoint = endpoint
        self._is_plain = is_plain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == self._method:
            found = self._path.match(scope["path"])
            request = Request(scope, receive, send)
            if found is not None and self._is_plain(request):
                scope["path_params"] = found.groupdict()
                try:
                    response = await self._endpoint(request)
                except PlatformError as exc:
                    response = await problem.on_platform_error(request, exc)
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)
