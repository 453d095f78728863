"""Answer a request for a preview from the port that it shows. An ASGI application of its own."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import httpcore2
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from capsule.apps.errors import ForeignOrigin
from capsule.apps.http import problem
from capsule.apps.http.visit import ROUTE_HEADER, Doorman
from capsule.apps.preview import sockets
from capsule.apps.preview.address import PreviewAddress, read_address
from capsule.apps.preview.answers import not_shown, preflight, raw_path, redirect, sandboxed
from capsule.apps.preview.errors import PortNotReady, PreviewFailed, PreviewNotFound
from capsule.apps.preview.exchange import Exchange
from capsule.apps.preview.line import Lines, open_port
from capsule.apps.preview.shown import shown_ports
from capsule.apps.preview.tokens import PreviewTokens
from capsule.apps.runtimes.runtime import RuntimeLink
from capsule.errors import PlatformError

log = logging.getLogger(__name__)

_CONNECTIONS = 64
"""At once to one runtime; further requests wait."""
_SOCKETS = 64
"""Websockets at once to one runtime; further ones are refused."""
_PAGE_KINDS = ("document", "iframe", "frame", "empty")


@dataclass(frozen=True)
class _Target:
    address: PreviewAddress
    path: str
    """With its query, as it was sent."""
    link: RuntimeLink
    touch: Callable[[], object]
    """Counts as use of the runtime, which is stopped when idle."""


class PreviewProxy:
    def __init__(self, doorman: Doorman, tokens: PreviewTokens) -> None:
        self._doorman = doorman
        self._tokens = tokens
        self._pools: WeakKeyDictionary[RuntimeLink, httpcore2.AsyncConnectionPool] = WeakKeyDictionary()
        self._sockets: WeakKeyDictionary[RuntimeLink, int] = WeakKeyDictionary()
        """How many are open."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._relay_socket(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        exchange = Exchange(receive, send)
        try:
            if answer := preflight(request):
                await answer(scope, receive, send)
                return
            _refuse_parts_of_the_page(request)
            found = read_address(raw_path(scope))
            if found is not None and not found[1]:
                await redirect(found[0].prefix + "/", request)(scope, receive, send)
                return
            target = await self._find(scope)
            await exchange.run(self._pool(target.link), request, target.address, target.path)
        except PlatformError as exc:
            if exchange.has_begun:
                log.warning("a preview ended in the middle: %s", exc.detail)
                return  # the server closes the connection, from which the browser sees it
            await _refusal(exc, request)(scope, receive, send)

    async def _find(self, scope: Scope) -> _Target:
        """Raises PreviewRefused, PreviewNotFound, PortNotReady."""
        found = read_address(raw_path(scope))
        if found is None:
            raise PreviewNotFound("There is no preview at this address.")
        address, path = found
        route = Headers(scope=scope).get(ROUTE_HEADER, "")
        live = self._doorman.find(route)
        grant = self._tokens.read(route, address.token)
        ports = await live.log.read(lambda store: shown_ports(store.reader, grant.session_id))
        if address.port not in ports:
            raise not_shown(address.port)
        touch = partial(live.runtimes.warm, grant.user_id)
        link = touch()
        if link is None:
            raise PortNotReady(address.port)
        query = scope["query_string"].decode("latin-1")
        return _Target(address, f"{path}?{query}" if query else path, link, touch)

    async def _relay_socket(self, socket: WebSocket) -> None:
        try:
            target = await self._find(socket.scope)
            with self._place(target.link):
                line = await open_port(target.link.socket, target.address.port)
                await sockets.relay(socket, line, target.address, target.path, target.touch)
        except PlatformError as exc:
            request = Request({**socket.scope, "type": "http"})
            await socket.send_denial_response(_refusal(exc, request))

    @contextlib.contextmanager
    def _place(self, link: RuntimeLink) -> Iterator[None]:
        if self._sockets.get(link, 0) >= _SOCKETS:
            raise PreviewFailed(f"This app's runtime has {_SOCKETS} websockets open already.")
        self._sockets[link] = self._sockets.get(link, 0) + 1
        try:
            yield
        finally:
            self._sockets[link] -= 1

    def _pool(self, link: RuntimeLink) -> httpcore2.AsyncConnectionPool:
        pool = self._pools.get(link)
        if pool is None:
            # No connection is kept: opening one costs next to nothing, and each ends with its request.
            pool = self._pools[link] = httpcore2.AsyncConnectionPool(
                max_connections=_CONNECTIONS,
                max_keepalive_connections=0,
                network_backend=Lines(link.socket),
            )
        return pool


def _refuse_parts_of_the_page(request: Request) -> None:
    """Keep the app's own page from taking anything in as its script or style: that would be outside of the
    sandbox. Requests of the preview itself never count as of the same origin."""
    headers = request.headers
    is_own = headers.get("sec-fetch-site") == "same-origin"
    if is_own and headers.get("sec-fetch-dest", "empty") not in _PAGE_KINDS:
        raise ForeignOrigin("A preview is no part of the app's page.")


def _refusal(exc: PlatformError, request: Request) -> Response:
    response = problem.render(exc, problem.request_id(request))
    if isinstance(exc, PortNotReady):
        body = {
            "error": exc.code,
            "port": exc.port,
            "code": exc.code,
            "title": exc.title,
            "status": exc.status,
            "detail": exc.detail,
            "request_id": response.headers["x-request-id"],
        }
        response = JSONResponse(body, exc.status, {"Retry-After": "1"})
    return sandboxed(response)
