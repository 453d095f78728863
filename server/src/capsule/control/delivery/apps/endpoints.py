"""`/apps` and `/app/{app}`: talk to a deployed app from a program (`cpsl.Client`).

Conversations live in the app host; this asks it over its unix socket on the caller's behalf.
"""

from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import RedirectResponse, Response
from pydantic import Field
from sqlalchemy import select

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import Context, CurrentContext
from capsule.api.uow import DbSession
from capsule.apps.http.tickets import ENTER_PATH, Tickets
from capsule.control.delivery.apps.hostcall import ask, ask_stream
from capsule.control.policy import Action
from capsule.control.shapes.base import Input, Shape
from capsule.control.workload.capsules.service import ensure_type
from capsule.models import Capsule

router = APIRouter(tags=["apps"])

CHAT_PATH = "/api/chat"
STREAM_PATH = "/api/chat/stream"


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
    client_id: str | None = Field(
        default=None,
        max_length=100,
        description="Chosen by you: a message that comes again with the same one is not doubled.",
    )


class PromptAnswer(Input):
    session_id: str = Field(max_length=100)
    approved: bool | None = Field(default=None, description="To an approval.")
    dismissed: bool | None = Field(default=None, description="To anything: the user does not want to.")
    file_id: str | None = Field(default=None, max_length=100, description="To a request for a file.")


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
    """Send a message and wait for the whole answer; without a session a new conversation begins.

    When the app asks something, the answer comes at once with `status: "waiting"` and `prompts`.
    """
    ensure_type(app, "app")
    return await ask(context, app, actor, "POST", CHAT_PATH, json=wanted.model_dump(exclude_none=True))


@router.post("/app/{app}/prompts/{prompt}")
async def answer_prompt(
    prompt: Annotated[str, Path(max_length=100)],
    wanted: PromptAnswer,
    app: Annotated[Capsule, requires(Action.app_chat, detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
) -> Response:
    """Answer what the app asks, and wait for what it replies then."""
    ensure_type(app, "app")
    path = f"{CHAT_PATH}/prompts/{quote(prompt, safe='')}"
    return await ask(context, app, actor, "POST", path, json=wanted.model_dump(exclude_none=True))


@router.get("/app/{app}/stream")
async def stream(
    app: Annotated[Capsule, requires(Action.app_chat, detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
    text: Annotated[str | None, Query(max_length=200_000)] = None,
    session_id: Annotated[str | None, Query(max_length=100)] = None,
    client_id: Annotated[str | None, Query(max_length=100)] = None,
    last_event_id: Annotated[
        str | None, Header(max_length=100, description="Go on behind this event; no message is sent.")
    ] = None,
) -> Response:
    """Send a message and get the answer piece by piece: `started`, `chunk` events, then `done`."""
    ensure_type(app, "app")
    wanted = {"text": text, "session_id": session_id, "client_id": client_id}
    params = {name: value for name, value in wanted.items() if value}
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    return await ask_stream(context, app, actor, "GET", STREAM_PATH, params=params, headers=headers)
