"""HTTP of the chat page: sessions, found and renamed; their events; messages, retries, stop."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from capsule.apps.errors import InvalidMessage, MessageTooLarge, SessionNotFound
from capsule.apps.http.inbound import inbound, new_session
from capsule.apps.http.visit import Visit
from capsule.apps.liveapp import LiveApp
from capsule.apps.sessions.events import to_text
from capsule.apps.sessions.records import ListedSession, SessionRecord
from capsule.kit.ids import new_id

MAX_BODY = 1024 * 1024
_MESSAGE_BODY = 4 * MAX_BODY
"""Holds the longest text with every character escaped, and much of one that is too long, to say so."""
_LOG_PAGE = 1000
_LAST = 10**18
_QUERY_LENGTH = 200
_TITLE_LENGTH = 200
_INIT = "__session_init__"
_HEARTBEAT_SECONDS = 15.0


def json_response(content: object, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(content), status, {"Cache-Control": "no-store"}, media_type="application/json"
    )


async def list_sessions(visit: Visit) -> Response:
    user_id, query = visit.caller.user_id, visit.request.query_params.get("query", "").strip()
    if len(query) > _QUERY_LENGTH:
        raise InvalidMessage(f"A search has at most {_QUERY_LENGTH} characters.", field="query")
    sessions = await visit.live.log.read(lambda store: store.sessions(user_id, "chat", query))
    return json_response({"items": [_listed(session) for session in sessions]})


async def create_session(visit: Visit) -> Response:
    body = await read_json(visit.request)
    new = new_session(body, visit.live, visit.caller)
    session, is_new = await visit.live.create_session(new)
    if is_new and (name := body.get("session")):
        await visit.live.post(session, f"init:{session.id}", {"name": _INIT, "payload": {"name": name}})
    visit.live.runtimes.expect(visit.caller.user_id, visit.caller.email)
    return json_response(to_wire(session), 201 if is_new else 200)


async def rename_session(visit: Visit) -> Response:
    session = await own_session(visit, visit.request.path_params["session_id"])
    title = (await read_json(visit.request)).get("title")
    if not isinstance(title, str) or not title.strip() or len(title) > _TITLE_LENGTH:
        raise InvalidMessage(f"A title is a text of 1 to {_TITLE_LENGTH} characters.", field="title")
    kept = await visit.live.log.submit(lambda t: t.set_title(session.id, title))
    return json_response({**to_wire(session), "title": kept})


async def delete_session(visit: Visit) -> Response:
    session = await own_session(visit, visit.request.path_params["session_id"])
    await visit.live.delete_session(session)
    return Response(status_code=204)


async def read_log(visit: Visit) -> Response:
    """Answer the events after an offset, or the page of them that ends before one."""
    session = await own_session(visit, visit.request.path_params["session_id"])
    query = visit.request.query_params
    if "before" in query:
        before = _offset(query["before"]) or _LAST
        limit = min(_offset(query.get("limit")) or _LOG_PAGE, _LOG_PAGE)
        events = await visit.live.log.read(lambda store: store.events_before(session.id, before, limit))
        first = not events or not await visit.live.log.read(
            lambda store: store.events_before(session.id, events[0].offset, 1)
        )
        return json_response({"items": [event.to_wire() for event in events], "first": first})
    after = _offset(query.get("after"))
    events = await visit.live.log.read(lambda store: store.events(session.id, after, _LOG_PAGE))
    items = [event.to_wire() for event in events]
    return json_response({"items": items, "next": events[-1].offset if events else after})


async def follow_events(visit: Visit) -> Response:
    session = await own_session(visit, visit.request.path_params["session_id"])
    visit.live.runtimes.expect(visit.caller.user_id, visit.caller.email)
    last = visit.request.headers.get("last-event-id") or visit.request.query_params.get("after")
    return event_stream(_frames(visit.live, session.id, _offset(last)))


async def post_message(visit: Visit) -> Response:
    body = await read_json(visit.request, _MESSAGE_BODY)
    client_id = body.get("client_id")
    if client_id is None:
        client_id = new_id("cli")
    if not isinstance(client_id, str) or not 0 < len(client_id) <= 200:
        raise InvalidMessage("client_id must be a text of 1 to 200 characters.", field="client_id")
    data, files = inbound(body)
    session_id, user_id = visit.request.path_params["session_id"], visit.caller.user_id
    accepted = await visit.live.post_of(user_id, session_id, client_id, data, files)
    return json_response({"offset": accepted.offset, "turn_id": accepted.turn_id}, 202)


async def retry_turn(visit: Visit) -> Response:
    session = await own_session(visit, visit.request.path_params["session_id"])
    turn_id = (await read_json(visit.request)).get("turn_id")
    if not isinstance(turn_id, str):
        raise InvalidMessage("turn_id must name the turn to try again.", field="turn_id")
    accepted = await visit.live.repeat(session.id, turn_id)
    return json_response({"offset": accepted.offset, "turn_id": accepted.turn_id}, 202)


async def stop_session(visit: Visit) -> Response:
    session = await own_session(visit, visit.request.path_params["session_id"])
    await visit.live.turns.stop(session.id)
    return json_response({}, 202)


async def own_session(visit: Visit, session_id: str) -> SessionRecord:
    """Return a session of the caller. Raises SessionNotFound for anyone else's too."""
    session = await visit.live.log.read(lambda store: store.session(session_id))
    if session is None or session.user_id != visit.caller.user_id:
        raise SessionNotFound(f"There is no session {session_id!r}.")
    return session


async def read_json(request: Request, limit: int = MAX_BODY) -> dict[str, Any]:
    """Return the JSON object in a request's body. Raises InvalidMessage, MessageTooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise MessageTooLarge(
                f"The request is larger than {limit} bytes.", hint="Upload large content as a file."
            )
    try:
        found = msgspec.json.decode(bytes(body)) if body else {}
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise InvalidMessage(f"The body is not JSON: {exc}") from exc
    except RecursionError as exc:
        raise InvalidMessage("The body is nested too deeply.") from exc
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


def to_wire(session: SessionRecord) -> dict[str, Any]:
    """Describe a session in which nothing runs yet."""
    listed = ListedSession(
        session.id, session.title, session.chat_name, "idle", session.created_at, session.updated_at
    )
    return _listed(listed)


def _listed(session: ListedSession) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": session.id,
        "title": session.title,
        "created_at": to_text(session.created_at),
        "updated_at": to_text(session.updated_at),
        "status": session.status,
    }
    return {**found, "chat": session.chat_name} if session.chat_name else found
