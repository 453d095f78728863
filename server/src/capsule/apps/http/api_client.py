"""HTTP that the server calls for `cpsl.Client`: one message in, the whole answer or its pieces out.

A message with a `client_id` is taken in once, however often it is sent. Each event of a stream has the id
`turn:offset`; a request with such a `Last-Event-ID` goes on behind it instead of sending a message.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.responses import Response

from capsule.apps.errors import AppUnavailable, InvalidMessage, TurnNotFound
from capsule.apps.http import api_prompts
from capsule.apps.http.answers import replies_behind, steps
from capsule.apps.http.api_sessions import event_stream, json_response, own_session, read_json
from capsule.apps.http.inbound import message_text
from capsule.apps.http.visit import Visit
from capsule.apps.sessions.records import NewSession
from capsule.apps.sessions.store import SessionStore
from capsule.errors import Unauthenticated
from capsule.kit.ids import new_id

_CHANNEL = "api"
_ID_LENGTH = 100
_OFFSET_LENGTH = 18


async def chat(visit: Visit) -> Response:
    """Run one turn and answer with all its replies. A failed turn answers with its error as a reply.

    A turn that asks something answers with status `waiting` and the open prompts.
    """
    body = await read_json(visit.request)
    session_id, turn_id, offset = await _post(
        visit, message_text(body), body.get("session_id"), body.get("client_id")
    )
    return await _answer(visit, session_id, turn_id, offset - 1)


async def answer_prompt(visit: Visit) -> Response:
    """Answer a prompt, and with the replies that its turn gives then, as `chat` does."""
    _refuse_others(visit)
    body = await read_json(visit.request)
    session = await own_session(visit, _text(body.get("session_id"), "session_id"))
    prompt = await visit.live.prompts.get(session.id, visit.request.path_params["prompt_id"])
    newest = await visit.live.log.read(lambda store: _newest_offset(store, session.id))
    await api_prompts.answer(visit, prompt, body)
    return await _answer(visit, session.id, prompt.turn_id, newest)


async def stream(visit: Visit) -> Response:
    """Run one turn, or follow one on, and send its answer: `started`, `chunk`s, `done`."""
    query = visit.request.query_params
    if position := visit.request.headers.get("last-event-id"):
        session_id, turn_id, after = await _position(visit, position)
        return event_stream(_chunks(visit, session_id, turn_id, after, is_new=False))
    session_id, turn_id, offset = await _post(
        visit, message_text({"text": query.get("text")}), query.get("session_id"), query.get("client_id")
    )
    return event_stream(_chunks(visit, session_id, turn_id, offset, is_new=True))


async def _answer(visit: Visit, session_id: str, turn_id: str, after: int) -> Response:
    replies, done = await replies_behind(visit.live, session_id, turn_id, after)
    told = [{"text": text} for text in replies]
    return json_response({"replies": told, "session_id": session_id, "request_id": turn_id, **done})


async def _chunks(
    visit: Visit, session_id: str, turn_id: str, after: int, *, is_new: bool
) -> AsyncIterator[bytes]:
    names = {"session_id": session_id, "request_id": turn_id}
    if is_new:
        yield _frame("started", turn_id, after, names)
    try:
        async for step in steps(visit.live, session_id, turn_id, after):
            if step is None:
                yield b": still here\n\n"
            elif step.kind == "done":
                yield _frame("done", turn_id, step.offset, {"done": True, **names, **step.data})
            elif step.kind not in ("chunk", "error"):
                yield _frame(step.kind, turn_id, step.offset, step.data)
            elif step.data["text"]:
                yield _frame("chunk", turn_id, step.offset, {"text": step.data["text"]})
    except AppUnavailable:
        return  # whoever reads comes back and goes on behind the last event


async def _post(visit: Visit, text: str, session_id: object, client_id: object) -> tuple[str, str, int]:
    """Take in a message; return its session, its turn and its place in the log."""
    _refuse_others(visit)
    key = new_id("cli") if client_id is None else _text(client_id, "client_id")
    if session_id is None:
        # By its key the same message finds the conversation that it began.
        new = NewSession(
            new_id("ses"), visit.caller.user_id, visit.caller.email, _CHANNEL, thread_key=f"client:{key}"
        )
        session, _ = await visit.live.create_session(new)
    else:
        session = await own_session(visit, _text(session_id, "session_id"))
    accepted = await visit.live.post(session, key, {"text": text})
    return session.id, accepted.turn_id, accepted.offset


async def _position(visit: Visit, text: str) -> tuple[str, str, int]:
    """Return session, turn and offset that an event's id names. Raises InvalidMessage, TurnNotFound."""
    _refuse_others(visit)
    turn_id, _, offset = text.rpartition(":")
    is_number = offset.isascii() and offset.isdigit() and len(offset) <= _OFFSET_LENGTH
    if not is_number or len(text) > _ID_LENGTH:
        raise InvalidMessage(
            "Last-Event-ID must be the id of an event of this stream.", field="Last-Event-ID"
        )
    user_id = visit.caller.user_id
    session_id = await visit.live.log.read(lambda store: _session_of(store, turn_id, user_id))
    if session_id is None:
        raise TurnNotFound(f"There is no turn {turn_id!r}.")
    return session_id, turn_id, int(offset)


def _session_of(store: SessionStore, turn_id: str, user_id: str) -> str | None:
    row = store.reader.execute(
        "SELECT session_id FROM turns JOIN sessions ON sessions.id = session_id"
        " WHERE turns.id = ? AND user_id = ?",
        (turn_id, user_id),
    ).fetchone()
    return None if row is None else str(row[0])


def _newest_offset(store: SessionStore, session_id: str) -> int:
    row = store.reader.execute(
        'SELECT max("offset") FROM events WHERE session_id = ?', (session_id,)
    ).fetchone()
    return int(row[0] or 0)


def _refuse_others(visit: Visit) -> None:
    if not visit.caller.is_platform:
        raise Unauthenticated("Call this through the platform's API.", hint="cpsl.Client().chat(app, text)")


def _text(value: object, field: str) -> str:
    if not isinstance(value, str) or not value or len(value) > _ID_LENGTH:
        raise InvalidMessage(f"{field} must be a text of at most {_ID_LENGTH} characters.", field=field)
    return value


def _frame(event: str, turn_id: str, offset: int, data: dict[str, Any]) -> bytes:
    body = msgspec.json.encode(data)
    return b"id: %s:%d\nevent: %s\ndata: %s\n\n" % (turn_id.encode(), offset, event.encode(), body)
