"""HTTP of the chat page: sessions, their events, messages, stop."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from capsule.apps.errors import InvalidMessage, MessageTooLarge, SessionNotFound
from capsule.apps.events import to_text
from capsule.apps.liveapp import LiveApp
from capsule.apps.store import SessionRecord
from capsule.apps.visit import Visit
from capsule.kit.ids import new_id

MAX_BODY = 1024 * 1024
MAX_TEXT = 200_000
_LOG_PAGE = 1000
_HEARTBEAT_SECONDS = 15.0


def json_response(content: object, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(content), status, {"Cache-Control": "no-store"}, media_type="application/json"
    )


async def show_app(visit: Visit) -> Response:
    app = visit.live.app
    theme: Any = app.manifest.get("theme") or {}
    home: Any = app.manifest.get("home") or {}
    found: dict[str, Any] = {
        "name": app.name,
        "environment": app.environment,
        "release": app.release,
        "state": app.state,
        "user": {"id": visit.caller.user_id},
        "has_message_handler": bool(app.manifest.get("has_message_handler", True)),
    }
    if app.reason:
        found["reason"] = app.reason
    if title := theme.get("title") or home.get("title"):
        found["title"] = title
    return json_response(found)


async def list_sessions(visit: Visit) -> Response:
    user_id = visit.caller.user_id
    sessions = await visit.live.log.read(lambda store: store.sessions(user_id, "chat"))
    return json_response({"items": [_to_wire(session, is_running) for session, is_running in sessions]})


async def create_session(visit: Visit) -> Response:
    session = await visit.live.create_session(visit.caller.user_id, visit.caller.email)
    visit.live.expect(visit.caller.user_id, visit.caller.email)
    return json_response(_to_wire(session, False), 201)


async def delete_session(visit: Visit) -> Response:
    session = await own_session(visit, visit.request.path_params["session_id"])
    await visit.live.delete_session(session.id)
    return Response(status_code=204)


async def read_log(visit: Visit) -> Response:
    session = await own_session(visit, visit.request.path_params["session_id"])
    after = _offset(visit.request.query_params.get("after"))
    events = await visit.live.log.read(lambda store: store.events(session.id, after, _LOG_PAGE))
    items = [event.to_wire() for event in events]
    return json_response({"items": items, "next": events[-1].offset if events else after})


async def follow_events(visit: Visit) -> Response:
    session = await own_session(visit, visit.request.path_params["session_id"])
    visit.live.expect(visit.caller.user_id, visit.caller.email)
    last = visit.request.headers.get("last-event-id") or visit.request.query_params.get("after")
    return event_stream(_frames(visit.live, session.id, _offset(last)))


async def post_message(visit: Visit) -> Response:
    session = await own_session(visit, visit.request.path_params["session_id"])
    body = await read_json(visit.request)
    text, client_id = message_text(body), body.get("client_id")
    if client_id is None:
        client_id = new_id("cli")
    if not isinstance(client_id, str) or not 0 < len(client_id) <= 200:
        raise InvalidMessage("client_id must be a text of 1 to 200 characters.", field="client_id")
    accepted = await visit.live.post(session.id, text, client_id)
    return json_response({"offset": accepted.offset, "turn_id": accepted.turn_id}, 202)


async def stop_session(visit: Visit) -> Response:
    session = await own_session(visit, visit.request.path_params["session_id"])
    await visit.live.stop(session.id)
    return json_response({}, 202)


async def own_session(visit: Visit, session_id: str) -> SessionRecord:
    """Return a session of the caller. Raises SessionNotFound for anyone else's too."""
    session = await visit.live.log.read(lambda store: store.session(session_id))
    if session is None or session.user_id != visit.caller.user_id:
        raise SessionNotFound(f"There is no session {session_id!r}.")
    return session


def message_text(body: dict[str, Any]) -> str:
    """Return the checked `text` of a message. Raises InvalidMessage, MessageTooLarge."""
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise InvalidMessage("A message needs a text.", field="text")
    if len(text) > MAX_TEXT:
        raise MessageTooLarge(f"A message has at most {MAX_TEXT} characters; this one has {len(text)}.")
    return text


async def read_json(request: Request, limit: int = MAX_BODY) -> dict[str, Any]:
    """Return the JSON object in a request's body. Raises InvalidMessage, MessageTooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise MessageTooLarge(f"The request is larger than {limit} bytes.")
    try:
        found = msgspec.json.decode(bytes(body)) if body else {}
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise InvalidMessage(f"The body is not JSON: {exc}") from exc
    if not isinstance(found, dict):
        raise InvalidMessage("The body must be a JSON object.")
    return found


def event_stream(frames: AsyncIterator[bytes]) -> StreamingResponse:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(frames, headers=headers, media_type="text/event-stream")


async def _frames(live: LiveApp, session_id: str, after: int) -> AsyncIterator[bytes]:
    yield b": connected\n\n"
    events = live.log.follow(session_id, after, idle_seconds=_HEARTBEAT_SECONDS)
    try:
        async for batch in events:
            yield b"".join(event.frame for event in batch) or b": waiting\n\n"
    except asyncio.CancelledError:
        return
    finally:
        await events.aclose()  # type: ignore[attr-defined]


def _offset(text: str | None) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidMessage(f"An offset is a number; got {text[:40]!r}.", field="after")
    return int(text)


def _to_wire(session: SessionRecord, is_running: bool) -> dict[str, Any]:
    return {
        "id": session.id,
        "title": session.title,
        "created_at": to_text(session.created_at),
        "updated_at": to_text(session.updated_at),
        "status": "running" if is_running else "idle",
    }
