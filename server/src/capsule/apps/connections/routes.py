"""HTTP of connections: the user's page of them, signing in at a provider, secret forms."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from capsule.apps.connections.errors import InvalidConnection
from capsule.apps.connections.page import page
from capsule.apps.connections.signin import Answer
from capsule.apps.http.api_sessions import json_response, read_json
from capsule.apps.http.visit import Doorman, Visit

CALLBACK = "/api/connections/callback"
_MAX_BODY = 512 * 1024
_MAX_PROMPT_ID = 100


def routes(doorman: Doorman) -> list[BaseRoute]:
    """Return the routes of connections; the callback is what providers' pages lead to."""
    one = "/api/connections/{type}"
    return [
        # Open to all, so that who has been signed out meanwhile is told so on a page.
        Route(CALLBACK, doorman.admit(finish, any_origin=True, open_to_all=True), methods=["GET"]),
        Route("/api/connections", doorman.admit(list_connections), methods=["GET"]),
        Route(f"{one}/authorize", doorman.admit(authorize), methods=["POST"]),
        Route(one, doorman.admit(fill), methods=["PUT"]),
        Route(one, doorman.admit(disconnect), methods=["DELETE"]),
    ]


async def list_connections(visit: Visit) -> Response:
    return json_response({"items": await visit.live.connections.items(visit.caller.user_id)})


async def authorize(visit: Visit) -> Response:
    body = await read_json(visit.request, _MAX_BODY)
    return_to, prompt_id = body.get("return_to") or "/", body.get("prompt_id") or ""
    if not isinstance(return_to, str):
        raise InvalidConnection("return_to must be a text.", field="return_to")
    if not isinstance(prompt_id, str) or len(prompt_id) > _MAX_PROMPT_ID:
        raise InvalidConnection("prompt_id must be the id of a prompt.", field="prompt_id")
    url = await visit.live.connections.authorize(
        visit.caller.user_id,
        visit.request.path_params["type"],
        public_origin(visit.request) + CALLBACK,
        return_to=return_to,
        prompt_id=prompt_id,
    )
    return json_response({"url": url})


async def finish(visit: Visit) -> Response:
    given = visit.request.query_params
    answer = Answer(
        given.get("state", ""),
        given.get("code", ""),
        given.get("error", ""),
        given.get("error_description", ""),
    )
    return page(await visit.live.connections.finish(visit.caller.user_id, answer))


async def fill(visit: Visit) -> Response:
    body = await read_json(visit.request, _MAX_BODY)
    item = await visit.live.connections.fill(
        visit.caller.user_id, visit.request.path_params["type"], body.get("fields")
    )
    return json_response(item)


async def disconnect(visit: Visit) -> Response:
    await visit.live.connections.disconnect(visit.caller.user_id, visit.request.path_params["type"])
    return Response(status_code=204)


def public_origin(request: Request) -> str:
    """Return where the app's users reach it, as the edge saw it."""
    scheme = "https" if request.headers.get("x-forwarded-proto") == "https" else "http"
    host = request.headers.get("x-forwarded-host") or request.headers.get("host", "")
    return f"{scheme}://{host}"
