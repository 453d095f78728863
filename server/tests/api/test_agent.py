"""The agent chat contract of an app, asked through the server: a real socket, a scripted app behind it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import uvicorn
from api_records import World, make_capsule
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from capsule.api.context import Context
from capsule.apps.http.agent_session import agent_session_id
from capsule.db import Database
from capsule.kit.sockets import short_path
from capsule.models import Capsule

ClientAs = Callable[..., httpx2.AsyncClient]
PROMPT: dict[str, Any] = {
    "content": [
        {"type": "text", "text": "What is this?"},
        {"type": "image", "name": "cat.png", "base64": "data:image/png;base64,AAAA"},
        {"type": "file", "name": "notes.txt", "text": "a note"},
    ],
    "date": "2026-01-01T10:00:00Z",
}


@dataclass
class ScriptedApp:
    """What the app host would be: answers as told and remembers what it was asked."""

    answer: Response = field(default_factory=lambda: JSONResponse({"success": True, "data": []}))
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)

    async def handle(self, request: Request) -> Response:
        body = await request.body()
        self.asked.append(
            (request.method, request.url.path, dict(request.headers), json.loads(body) if body else None)
        )
        return self.answer


class Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@pytest.fixture
async def host(context: Context) -> AsyncIterator[ScriptedApp]:
    scripted = ScriptedApp()
    routes = [Route("/{path:path}", scripted.handle, methods=["GET", "POST"])]
    context.paths.apps_socket.parent.mkdir(parents=True, exist_ok=True)
    with short_path(context.paths.apps_socket) as name:
        server = Server(uvicorn.Config(Starlette(routes=routes), uds=name, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve())
        await server.listens.wait()
        yield scripted
        server.should_exit = True
        await serving


@pytest.fixture
async def bot(database: Database, world: World) -> Capsule:
    async with database.unit_of_work() as db_session:
        return await make_capsule(db_session, world.space, type="app", name="bot", slug="bot")


async def test_a_message_reaches_the_app_as_the_person_who_sent_it(
    client: httpx2.AsyncClient, world: World, bot: Capsule, host: ScriptedApp
) -> None:
    data = {"role": "assistant", "content": [{"type": "text", "text": "A cat."}], "date": PROMPT["date"]}
    host.answer = JSONResponse({"success": True, "data": data})
    answer = await client.post("/app/bot/agent/message", json=PROMPT)
    assert answer.json() == {"success": True, "data": data}
    [(method, path, headers, body)] = host.asked
    assert (method, path) == ("POST", "/api/chat/message")
    assert body == PROMPT
    owner = world.people["owner"].user
    assert headers["x-capsule-route"] == bot.id
    assert (headers["x-capsule-user"], headers["x-capsule-email"]) == (owner.id, owner.email)
    assert "cookie" not in headers


async def test_pieces_of_an_answer_pass_through(
    client: httpx2.AsyncClient, bot: Capsule, host: ScriptedApp
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for chunk in ("A ", "cat."):
            yield b"data: %s\n\n" % json.dumps({"chunk": chunk}).encode()

    host.answer = StreamingResponse(pieces(), media_type="text/event-stream")
    async with client.stream("POST", "/app/bot/agent/message/stream", json=PROMPT) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = (await answer.aread()).decode()
    assert text == 'data: {"chunk": "A "}\n\ndata: {"chunk": "cat."}\n\n'
    assert host.asked[0][1] == "/api/chat/message/stream"


async def test_a_refusal_comes_as_the_app_said_it(
    client: httpx2.AsyncClient, bot: Capsule, host: ScriptedApp
) -> None:
    host.answer = JSONResponse({"success": False, "error": "The app is starting."}, 503)
    for answer in (
        await client.post("/app/bot/agent/message", json=PROMPT),
        await client.post("/app/bot/agent/message/stream", json=PROMPT),
        await client.get("/app/bot/agent/history"),
    ):
        assert answer.status_code == 503
        assert answer.json() == {"success": False, "error": "The app is starting."}


async def test_history_and_stop_are_of_the_caller(
    client: httpx2.AsyncClient, world: World, bot: Capsule, host: ScriptedApp
) -> None:
    assert (await client.get("/app/bot/agent/history")).json() == {"success": True, "data": []}
    host.answer = JSONResponse({}, 202)
    assert (await client.post("/app/bot/agent/stop")).status_code == 202
    session = agent_session_id(world.people["owner"].user.id)
    assert [(method, path) for method, path, _, _ in host.asked] == [
        ("GET", "/api/chat/history"),
        ("POST", f"/api/sessions/{session}/stop"),
    ]


async def test_without_the_app_host_the_answer_says_so(client: httpx2.AsyncClient, bot: Capsule) -> None:
    for answer in (
        await client.get("/app/bot/agent/history"),
        await client.post("/app/bot/agent/message/stream", json=PROMPT),
    ):
        assert answer.status_code == 503
        assert answer.json()["detail"] == "The app host cannot be reached."


async def test_only_apps_of_ones_own_teams_are_asked(
    client_as: ClientAs, database: Database, world: World, bot: Capsule, host: ScriptedApp
) -> None:
    assert (await client_as("foreigner").get("/app/bot/agent/history")).status_code == 404
    assert (await client_as(None).get("/app/bot/agent/history")).status_code == 401
    async with database.unit_of_work() as db_session:
        await make_capsule(db_session, world.space, name="shop", slug="shop")
    refused = await client_as("owner").post("/app/shop/agent/message", json=PROMPT)
    assert refused.status_code in (404, 409, 422)
    assert host.asked == []


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ([], "content"),
        ([{"type": "sound", "name": "x"}], "content.0"),
        ([{"type": "image", "name": "x"}], "base64"),
    ],
)
async def test_a_prompt_of_another_shape_is_refused(
    client: httpx2.AsyncClient, bot: Capsule, host: ScriptedApp, content: list[Any], wrong: str
) -> None:
    answer = await client.post("/app/bot/agent/message", json={**PROMPT, "content": content})
    assert answer.status_code == 422
    assert wrong in answer.text
    assert host.asked == []


async def test_a_prompt_may_be_larger_than_other_bodies(
    client: httpx2.AsyncClient, bot: Capsule, host: ScriptedApp
) -> None:
    picture = {"type": "image", "name": "large.png", "base64": "A" * (2 * 1024 * 1024)}
    answer = await client.post("/app/bot/agent/message", json={**PROMPT, "content": [picture]})
    assert answer.status_code == 200
    assert host.asked[0][3]["content"] == [picture]
