"""`/apps` and `/app/{app}`: talk to a deployed app from a program (`cpsl.Client`).

Conversations live in the app host; this asks it over its unix socket on the caller's behalf.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import httpx2
from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from pydantic import Field
from sqlalchemy import select

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import Context, CurrentContext
from capsule.api.uow import DbSession
from capsule.apps.tickets import ENTER_PATH, Tickets
from capsule.control.policy import Action, Actor
from capsule.control.shapes.base import Input, Shape
from capsule.control.workload.capsules.service import ensure_type
from capsule.errors import Unavailable
from capsule.kit.sockets import short_path
from capsule.models import Capsule

router = APIRouter(tags=["apps"])

CHAT_PATH = "/api/chat"
STREAM_PATH = "/api/chat/stream"
_SECONDS = 130.0
"""A little more than `cpsl.Client` waits."""


class AppShape(Shape):
    id: str
    name: str
    hostname: str
    url: str

    @classmethod
    def of(cls, capsule: Capsule, context: Context) -> "AppShape":
        host = context.site.host(capsule.slug)
        return cls(id=capsule.id, name=capsule.name, hostname=capsule.slug, url=context.site.url(host))


class Apps(Shape):
    apps: list[AppShape]


class ChatText(Input):
    text: str = Field(max_length=200_000)
    session_id: str | None = Field(default=None, max_length=100)


@router.get("/apps")
async def list_apps(
    actor: Annotated[Any, requires(Action.app_list)],
    db_session: DbSession,
    context: CurrentContext,
) -> Apps:
    """List the apps of your teams."""
    query = (
        select(Capsule)
        .where(Capsule.type == "app", Capsule.removed_at.is_(None), Capsule.team_id.in_(actor.team_ids))
        .order_by(Capsule.name)
    )
    return Apps(apps=[AppShape.of(capsule, context) for capsule in await db_session.scalars(query)])


@router.get("/apps/{app}")
async def read_app(
    app: Annotated[Capsule, requires(Action.capsule_read)], context: CurrentContext
) -> AppShape:
    ensure_type(app, "app")
    return AppShape.of(app, context)


@router.get("/app/{app}/enter", status_code=303, response_class=RedirectResponse)
async def enter_app(
    app: Annotated[Capsule, requires(Action.app_chat)],
    actor: CurrentActor,
    context: CurrentContext,
    environment: Literal["deploy", "serve"] = "deploy",
) -> RedirectResponse:
    """Open the app in this browser as yourself, rather than as an anonymous visitor."""
    ensure_type(app, "app")
    is_serve = environment == "serve"
    route = f"{app.id}:serve" if is_serve else app.id
    host = context.site.serve_host(app.slug) if is_serve else context.site.host(app.slug)
    ticket = Tickets(context.paths.visitors_key).issue(route, actor.user.id, actor.user.email)
    address = f"{context.site.url(host).rstrip('/')}{ENTER_PATH}?{urlencode({'ticket': ticket})}"
    return RedirectResponse(address, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


@router.post("/app/{app}/chat")
async def chat(
    wanted: ChatText,
    app: Annotated[Capsule, requires(Action.app_chat, detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
) -> Response:
    """Send a message and wait for the whole answer; without a session a new conversation begins."""
    ensure_type(app, "app")
    async with AsyncExitStack() as stack:
        client = await _client(stack, context, app, actor)
        try:
            answer = await client.post(CHAT_PATH, json=wanted.model_dump(exclude_none=True))
        except httpx2.HTTPError as exc:
            raise _away(exc) from exc
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type", ""))


@router.get("/app/{app}/stream")
async def stream(
    app: Annotated[Capsule, requires(Action.app_chat, detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
    text: Annotated[str, Query(max_length=200_000)],
    session_id: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Send a message and get the answer piece by piece: `chunk` events, then `done`."""
    ensure_type(app, "app")
    params = {"text": text} | ({"session_id": session_id} if session_id else {})
    stack = AsyncExitStack()
    try:
        client = await _client(stack, context, app, actor)
        answer = await stack.enter_async_context(client.stream("GET", STREAM_PATH, params=params))
        if answer.status_code != 200:
            body = await answer.aread()
            await stack.aclose()
            return Response(body, answer.status_code, media_type=answer.headers.get("content-type", ""))
    except httpx2.HTTPError as exc:
        await stack.aclose()
        raise _away(exc) from exc
    except BaseException:
        await stack.aclose()
        raise
    return StreamingResponse(_pass_on(stack, answer), media_type="text/event-stream")


async def _pass_on(stack: AsyncExitStack, answer: httpx2.Response) -> AsyncGenerator[bytes, None]:
    async with stack:
        async for chunk in answer.aiter_raw():
            yield chunk


async def _client(stack: AsyncExitStack, context: Context, app: Capsule, actor: Actor) -> httpx2.AsyncClient:
    socket = stack.enter_context(short_path(context.paths.apps_socket))
    return await stack.enter_async_context(
        httpx2.AsyncClient(
            transport=httpx2.AsyncHTTPTransport(uds=socket),
            base_url=f"http://{context.site.host(app.slug)}",
            headers={
                "X-Capsule-Route": app.id,
                "X-Capsule-User": actor.user.id,
                "X-Capsule-Email": actor.user.email,
            },
            timeout=httpx2.Timeout(_SECONDS, connect=5.0),
        )
    )


def _away(exc: httpx2.HTTPError) -> Unavailable:
    if isinstance(exc, httpx2.TimeoutException):
        return Unavailable(f"The app did not answer within {_SECONDS:g} s.")
    return Unavailable("The app host cannot be reached.", hint="capsule status")
