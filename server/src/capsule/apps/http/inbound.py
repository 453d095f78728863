"""Read what callers send: a new session, a message, an action. Says what is wrong with it."""

from typing import Any

from capsule.apps.errors import InvalidMessage, MessageTooLarge
from capsule.apps.http.identity import Caller
from capsule.apps.liveapp import LiveApp
from capsule.apps.sessions.records import NewSession
from capsule.kit.ids import new_id

MAX_TEXT = 200_000
_ATTACHMENTS = 20
_NAME_LENGTH = 200
_RESERVED = "__"
_CHAT_NAME = "__chat_name__"
"""Where the runtime looks for the chat of an item that names none."""


def message_text(body: dict[str, Any], *, may_be_empty: bool = False) -> str:
    """Return the checked `text` of a message. Raises InvalidMessage, MessageTooLarge."""
    text = body.get("text", "" if may_be_empty else None)
    if not isinstance(text, str) or not (may_be_empty or text.strip()):
        raise InvalidMessage("A message needs a text.", field="text")
    if len(text) > MAX_TEXT:
        raise MessageTooLarge(
            f"A message has at most {MAX_TEXT} characters; this one has {len(text)}.",
            hint="Attach it as a file.",
            field="text",
        )
    return text


def inbound(body: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return what the log keeps of a message or an action, and the ids of attached files."""
    chat = _name(body, "chat")
    more = {"chat": chat} if chat else {}
    if (action := _name(body, "action")) is not None:
        if action.startswith(_RESERVED) and action != "__session_set__":
            raise InvalidMessage(f"Actions do not begin with {_RESERVED!r}.", field="action")
        return {"name": action, "payload": _object(body, "payload"), **more}, []
    files = body.get("attachments") or []
    if not isinstance(files, list) or not all(isinstance(item, str) for item in files):
        raise InvalidMessage("attachments must be a list of ids of uploaded files.", field="attachments")
    if len(files) > _ATTACHMENTS:
        raise InvalidMessage(f"A message has at most {_ATTACHMENTS} attachments.", field="attachments")
    return {"text": message_text(body, may_be_empty=bool(files)), **more}, files


def new_session(body: dict[str, Any], live: LiveApp, caller: Caller) -> NewSession:
    """Return the session that a caller wants. Raises InvalidMessage."""
    chat, name = _name(body, "chat"), _name(body, "session")
    known = {entry["name"] for entry in _entries(live, "message_handlers")}
    if chat is not None and chat not in known:
        raise InvalidMessage(f"There is no chat {chat!r}; there are: {_listed(known)}.", field="chat")
    handlers = set(_entries(live, "session_handlers"))
    if name is not None and name not in handlers:
        raise InvalidMessage(
            f"There is no session {name!r}; there are: {_listed(handlers)}.", field="session"
        )
    visibility = body.get("visibility", "listed" if name is None else "hidden")
    if visibility not in ("listed", "hidden"):
        raise InvalidMessage("visibility is `listed` or `hidden`.", field="visibility")
    return NewSession(
        id=new_id("ses"),
        user_id=caller.user_id,
        user_email=caller.email,
        chat_name=chat,
        thread_key=_thread_key(body, name),
        is_hidden=visibility == "hidden",
        data={**_object(body, "initial_data"), **({_CHAT_NAME: chat} if chat else {})},
    )


def _thread_key(body: dict[str, Any], session: str | None) -> str | None:
    key = _name(body, "thread_key")
    return f"{session}:{key}" if key is not None and session is not None else key


def _entries(live: LiveApp, key: str) -> list[Any]:
    found = live.app.manifest.get(key)
    return found if isinstance(found, list) else []


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _name(body: dict[str, Any], field: str) -> str | None:
    found = body.get(field)
    if found is None:
        return None
    if not isinstance(found, str) or not 0 < len(found) <= _NAME_LENGTH:
        raise InvalidMessage(f"{field} must be a text of 1 to {_NAME_LENGTH} characters.", field=field)
    return found


def _object(body: dict[str, Any], field: str) -> dict[str, Any]:
    found = body.get(field) or {}
    if not isinstance(found, dict):
        raise InvalidMessage(f"{field} must be a JSON object.", field=field)
    return found
