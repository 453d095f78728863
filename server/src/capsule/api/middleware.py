"""What happens around every request: an id, an answer even to a bug, and no foreign page's cookie calls.

Plain ASGI, so that streamed answers pass through untouched.
"""

import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import body_limit
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from capsule.api.problem import UnexpectedFailure, problem
from capsule.errors import Forbidden, TooLarge
from capsule.kit.ids import new_id

log = logging.getLogger(__name__)

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class ForeignOrigin(Forbidden):
    code, title = "foreign_origin", "Foreign origin"


class RequestId:
    """Give the request an id and its answer a header with it. Wraps everything else.

    Also puts the framework's own plain answer to a body that is too large into the form of a problem.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = scope["request_id"] = new_id("req")
        replaced = False

        async def send_with_id(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                replaced = message["status"] == 413 and headers["content-type"].startswith("text/plain")
                if replaced:
                    refusal = TooLarge("The request is larger than this address takes.")
                    await problem(refusal, request_id)(scope, receive, send_with_id)
                    replaced = True
                    return
            elif replaced:
                return
            await send(message)

        await self.app(scope, receive, send_with_id)


class Bugs:
    """Turn a bug into a 500 that names the request; the log has the story under the same id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_noting_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_noting_start)
        except Exception as error:
            if type(error).__module__ == body_limit.__name__:
                raise  # how the framework's limit on bodies leaves the stack
            request_id = scope.get("request_id", "")
            log.exception("%s %s failed (%s)", scope["method"], scope["path"], request_id)
            if started:
                raise  # the answer is half sent; only cutting the connection says so
            failure = UnexpectedFailure("The server made a mistake; its log has the details.")
            await problem(failure, request_id)(scope, receive, send)


class SameOrigin:
    """Refuse calls that a browser makes with the login cookie from a page of another origin.

    Capsules are of the same site as the console, so the cookie's SameSite does not keep their pages away.
    Some calls that only read have an effect too: `GET /app/{app}/stream` sends a message.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._foreign(scope):
            refusal = ForeignOrigin("A page of another site may not make this call.")
            await problem(refusal, scope.get("request_id", ""))(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _foreign(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if "authorization" in headers:
            return False  # no browser adds that by itself
        if scope["method"] in _SAFE_METHODS:
            # Anybody may link to the console; nobody else's page has a use for the API.
            return scope["path"].startswith("/api/") and _is_from_elsewhere(headers)
        origin = headers.get("origin")
        if origin is None:
            # Browsers always send Origin with unsafe methods; programs that hold a cookie need not.
            return _is_from_elsewhere(headers)
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def _is_from_elsewhere(headers: Headers) -> bool:
    return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
