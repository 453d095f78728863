"""`/app/{app}/agent`: the agent chat contract, for the Chat tab of the console.

A browser has no cookie of the app's own host, so the server asks the app on the person's behalf. Answers and
failures are the contract's: `{success, data}` and `{success: false, error}`.
"""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import CurrentContext
from capsule.apps.http.agent_session import agent_session_id
from capsule.control.delivery.apps.hostcall import ask, ask_stream
from capsule.control.policy import Action
from capsule.control.shapes.base import Input
from capsule.control.workload.capsules.service import ensure_type
from capsule.models import Capsule

router = APIRouter(tags=["apps"])

_MAX_BODY_BYTES = 10 * 1024 * 1024
_MESSAGE = "/api/chat/message"

Chatted = Annotated[Capsule, requires(Action.app_chat, detached=True)]


class TextPart(Input):
    type: Literal["text"]
    text: str = Field(max_length=200_000)


class ImagePart(Input):
    type: Literal["image"]
    name: str = Field(max_length=255)
    base64: str = Field(description="A `data:` URL of the picture, or its bare base64.")


class FilePart(Input):
    type: Literal["file"]
    name: str = Field(max_length=255)
    text: str = Field(description="The text that the sender took out of the file.")


class AgentPrompt(Input):
    """One turn of the person."""

    content: list[Annotated[TextPart | ImagePart | FilePart, Field(discriminator="type")]] = Field(
        min_length=1, max_length=50
    )
    date: datetime = Field(description="When the person sent it.")


@router.post("/app/{app}/agent/message", max_body_size=_MAX_BODY_BYTES)
async def send_agent_message(
    prompt: AgentPrompt, app: Chatted, actor: CurrentActor, context: CurrentContext
) -> Response:
    """Send a message to your conversation with the app and wait for the whole answer."""
    ensure_type(app, "app")
    return await ask(context, app, actor, "POST", _MESSAGE, json=prompt.model_dump(mode="json"))


@router.post("/app/{app}/agent/message/stream", max_body_size=_MAX_BODY_BYTES)
async def stream_agent_message(
    prompt: AgentPrompt, app: Chatted, actor: CurrentActor, context: CurrentContext
) -> Response:
    """Send a message and get the answer as `{chunk}` events; the end of the body is its end."""
    ensure_type(app, "app")
    body = prompt.model_dump(mode="json")
    return await ask_stream(context, app, actor, "POST", f"{_MESSAGE}/stream", json=body)


@router.post("/app/{app}/agent/stop")
async def stop_agent_answer(app: Chatted, actor: CurrentActor, context: CurrentContext) -> Response:
    """Stop the answer that the app is writing to you."""
    ensure_type(app, "app")
    session = agent_session_id(actor.user.id)
    return await ask(context, app, actor, "POST", f"/api/sessions/{session}/stop")


@router.get("/app/{app}/agent/history")
async def read_agent_history(app: Chatted, actor: CurrentActor, context: CurrentContext) -> Response:
    """Read all turns of your conversation with the app, oldest first."""
    ensure_type(app, "app")
    return await ask(context, app, actor, "GET", "/api/chat/history")
