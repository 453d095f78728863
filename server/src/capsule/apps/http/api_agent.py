"""The agent chat contract over an app's conversations: `/api/chat/message`, `/stream` and `/history`.

A caller that is known (named by the platform, or with a cookie) has one conversation of this kind; a
stranger's message begins one of its own. Such callers answer no prompts: what the app asks comes as words,
with the address of the chat page.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.responses import Response

from capsule.apps.errors import AppUnavailable, WrongChatKey
from capsule.apps.http.agent_content import Picture, read_content
from capsule.apps.http.agent_session import agent_session_id
from capsule.apps.http.answers import steps
from capsule.apps.http.api_sessions import event_stream, json_response, read_json
from capsule.apps.http.visit import Handler, Visit
from capsule.apps.sessions.events import Event, to_text
from capsule.apps.sessions.records import Accepted, NewSession
from capsule.errors import InvalidInput, PlatformError, Unauthenticated
from capsule.kit.ids import new_id

_MAX_BODY = 10 * 1024 * 1024
_KEY_HEADER = "x-cc-api-key"


def in_envelope(handler: Handler) -> Handler:
    """Answer failures as the contract's `{success: false, error}`."""

    async def wrapped(visit: Visit) -> Response:
        try:
            if not visit.caller.is_platform and visit.request.headers.get(_KEY_HEADER):
                raise WrongChatKey("This app has no such key.")
            return await handler(visit)
        except InvalidInput as exc:
            return _failure(exc, 413 if exc.status == 413 else 400)
        except PlatformError as exc:
            return _failure(exc, exc.status)

    return wrapped


async def send_message(visit: Visit) -> Response:
    session_id, accepted = await _post(visit)
    parts: list[str] = []
    async for step in steps(visit.live, session_id, accepted.turn_id, accepted.offset - 1):
        if step is None:
            continue
        if step.kind == "error":
            if not parts:
                return json_response({"success": False, "error": step.data["text"]}, 500)
        elif "reply" in step.data:
            parts.append(step.data["reply"])
        elif step.kind == "prompt":  # the caller cannot answer it, and must not wait for who can
            parts.append(_asked(visit, session_id, step.data))
    session_events = await visit.live.log.read(lambda s: s.turn_events(session_id, accepted.turn_id))
    ended = session_events[-1].at
    return json_response({"success": True, "data": _entry("assistant", parts, ended)})


async def stream_message(visit: Visit) -> Response:
    session_id, accepted = await _post(visit)
    return event_stream(_chunks(visit, session_id, accepted))


async def read_history(visit: Visit) -> Response:
    if visit.caller.is_new:
        raise Unauthenticated("User not provided.")
    session_id = _session_id(visit)
    events = await visit.live.log.read(lambda store: store.history(session_id))
    turns: list[dict[str, Any]] = []
    for event in events:
        if event.type != "block":
            turns.append(_history_entry(event))
    return json_response({"success": True, "data": turns})


async def _chunks(visit: Visit, session_id: str, accepted: Accepted) -> AsyncIterator[bytes]:
    try:
        turn_id, after = accepted.turn_id, accepted.offset - 1
        async for step in steps(visit.live, session_id, turn_id, after, goes_on=True):
            if step is None:
                continue
            if step.kind == "prompt":
                yield _chunk(f"\n\n{_asked(visit, session_id, step.data)}\n\n")
            elif text := step.data.get("text"):
                yield _chunk(text)
    except AppUnavailable:
        return


def _chunk(text: str) -> bytes:
    return b"data: %s\n\n" % msgspec.json.encode({"chunk": text})


def _asked(visit: Visit, session_id: str, prompt: dict[str, Any]) -> str:
    """Return in words what the app asks, and where it can be answered."""
    payload = prompt["payload"]
    what = payload.get("message") or payload.get("reason") or f"Connect {payload.get('type', 'an account')}."
    return f"{what}\nAnswer here: {visit.live.app.url}/#/s/{session_id}"


async def _post(visit: Visit) -> tuple[str, Accepted]:
    text, pictures = read_content(await read_json(visit.request, _MAX_BODY))
    session_id = new_id("ses") if visit.caller.is_new else _session_id(visit)
    new = NewSession(session_id, visit.caller.user_id, visit.caller.email, "api")
    session, _ = await visit.live.create_session(new)
    files = [await _keep(visit, session_id, picture) for picture in pictures]
    return session_id, await visit.live.post(session, new_id("cli"), {"text": text}, files)


async def _keep(visit: Visit, session_id: str, picture: Picture) -> str:
    files, user_id = visit.live.files, visit.caller.user_id
    row = await files.create(
        user_id,
        name=picture.name,
        size=len(picture.content),
        content_type=picture.content_type,
        session_id=session_id,
    )
    await files.append(user_id, row.id, 0, _whole(picture.content))
    return row.id


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _session_id(visit: Visit) -> str:
    return agent_session_id(visit.caller.user_id)


def _history_entry(event: Event) -> dict[str, Any]:
    data, role = event.payload(), "user" if event.type == "message" else "assistant"
    names = [f"[image: {file['name']}]" for file in data.get("attachments") or []]
    return _entry(role, [text for text in (str(data["text"]), *names) if text], event.at)


def _entry(role: str, texts: list[str], at: float) -> dict[str, Any]:
    return {
        "role": role,
        "content": [{"type": "text", "text": text} for text in texts],
        "date": to_text(at),
    }


def _failure(exc: PlatformError, status: int) -> Response:
    return json_response({"success": False, "error": exc.detail}, status)
