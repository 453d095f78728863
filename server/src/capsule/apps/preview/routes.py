"""HTTP of previews: ask for an address, and everything below it."""

from pathlib import Path
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from capsule.apps.http.api_sessions import json_response, own_session, read_json
from capsule.apps.http.visit import ROUTE_HEADER, Doorman, Visit
from capsule.apps.preview.address import ROOT, PreviewAddress, read_address
from capsule.apps.preview.answers import not_shown, preflight, raw_path, redirect
from capsule.apps.preview.errors import InvalidPort, PortNotReady
from capsule.apps.preview.line import open_port
from capsule.apps.preview.pages import SHIM
from capsule.apps.preview.proxy import PreviewProxy
from capsule.apps.preview.shown import shown_ports
from capsule.apps.preview.tokens import Grant, PreviewTokens

_SHIM_FILE = Path(__file__).with_name("shim.js")
_IN_PATHS = "/?#[]@!$&'()*+,;=:%~"


def routes(doorman: Doorman, tokens: PreviewTokens) -> list[BaseRoute]:
    async def open_preview(visit: Visit) -> Response:
        return await _open(visit, tokens)

    return [
        Route("/api/sessions/{session_id}/preview", doorman.admit(open_preview), methods=["POST"]),
        Route(SHIM, _shim, methods=["GET"]),
        Mount(ROOT, PreviewProxy(doorman, tokens)),
    ]


class StrayRequests:
    """Leads what a preview's style sheets and modules ask for from the root of the host into the preview.

    They say whence they come, other than the pages themselves (see `pages`). Websockets there are only below
    a preview's own address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/_capsule/"):
            request = Request(scope)
            if address := _came_from(request):
                answer = preflight(request) or redirect(address.prefix + raw_path(scope), request)
                await answer(scope, receive, send)
                return
        if scope["type"] == "websocket" and not scope["path"].startswith(f"{ROOT}/"):
            await WebSocketClose()(scope, receive, send)
            return
        await self._app(scope, receive, send)


def is_of_no_preview(request: Request) -> bool:
    """Tell whether `StrayRequests` surely lets a request pass, at a glance."""
    return ROOT not in request.headers.get("referer", "")


def _came_from(request: Request) -> PreviewAddress | None:
    referrer = request.headers.get("referer")
    if not referrer or ROOT not in referrer:
        return None
    try:
        parts = urlsplit(referrer)
    except ValueError:
        return None
    host = request.headers.get("x-forwarded-host") or request.headers.get("host", "")
    found = read_address(parts.path) if parts.netloc.lower() == host.lower() else None
    return None if found is None else found[0]


async def _open(visit: Visit, tokens: PreviewTokens) -> Response:
    """Answer the address of a port that the session shows, and whether anything answers there yet."""
    session = await own_session(visit, visit.request.path_params["session_id"])
    port = (await read_json(visit.request)).get("port")
    if type(port) is not int or not 0 < port < 65536:
        raise InvalidPort(f"port is a number from 1 to 65535; got {port!r:.40}.", field="port")
    ports = await visit.live.log.read(lambda store: shown_ports(store.reader, session.id))
    if port not in ports:
        raise not_shown(port)
    route = visit.request.headers.get(ROUTE_HEADER, "")
    token = tokens.issue(route, Grant(session.user_id, session.id))
    url = PreviewAddress(token, port).prefix + quote(ports[port], safe=_IN_PATHS)
    return json_response({"url": url, "is_ready": await _is_ready(visit, port)})


async def _is_ready(visit: Visit, port: int) -> bool:
    link = visit.live.runtimes.warm(visit.caller.user_id)
    if link is None:
        return False
    try:
        (await open_port(link.socket, port)).close()
    except PortNotReady:
        return False
    return True


async def _shim(request: Request) -> Response:
    headers = {"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
    return FileResponse(_SHIM_FILE, media_type="text/javascript", headers=headers)
