"""HTTP that the server calls for `cpsl.Client`: one message in, the whole answer or its pieces out."""

from collections.abc import AsyncIterator

import msgspec
from starlette.responses import Response

from capsule.apps.api_sessions import event_stream, json_response, own_session, read_json
from capsule.apps.errors import InvalidMessage
from capsule.apps.inbound import message_text
from capsule.apps.records import Accepted, NewSession
from capsule.apps.turnwatch import TurnFailed, answer_of
from capsule.apps.visit import Visit
from capsule.errors import Unauthenticated
from capsule.kit.ids import new_id


async def chat(visit: Visit) -> Response:
    """Run one turn and answer with all its replies. A failed turn answers with its error as a reply."""
    body = await read_json(visit.request)
    session_id, accepted = await _post(visit, message_text(body), body.get("session_id"))
    replies = []
    try:
        async for piece in answer_of(visit.live, session_id, accepted):
            if piece.reply is not None:
                replies.append({"text": piece.reply})
    except TurnFailed as exc:
        replies.append({"text": str(exc)})
    return json_response({"replies": replies, "session_id": session_id, "request_id": accepted.turn_id})


async def stream(visit: Visit) -> Response:
    """Run one turn and send its answer as `chunk` events, then `done`."""
    query = visit.request.query_params
    session_id, accepted = await _post(
        visit, message_text({"text": query.get("text")}), query.get("session_id") or None
    )
    return event_stream(_chunks(visit, session_id, accepted))


async def _chunks(visit: Visit, session_id: str, accepted: Accepted) -> AsyncIterator[bytes]:
    try:
        async for piece in answer_of(visit.live, session_id, accepted):
            if piece.text:
                yield _frame("chunk", {"text": piece.text})
    except TurnFailed as exc:
        yield _frame("chunk", {"text": str(exc)})
    yield _frame("done", {"done": True, "session_id": session_id, "request_id": accepted.turn_id})


async def _post(visit: Visit, text: str, session_id: object) -> tuple[str, Accepted]:
    if not visit.caller.is_platform:
        raise Unauthenticated("Call this through the platform's API.", hint="cpsl.Client().chat(app, text)")
    if session_id is None:
        new = NewSession(new_id("ses"), visit.caller.user_id, visit.caller.email, "api")
        session, _ = await visit.live.create_session(new)
    elif isinstance(session_id, str):
        session = await own_session(visit, session_id)
    else:
        raise InvalidMessage("session_id must be a text.", field="session_id")
    return session.id, await visit.live.post(session, new_id("cli"), {"text": text})


def _frame(event: str, data: dict[str, object]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (event.encode(), msgspec.json.encode(data))
