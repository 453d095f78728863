"""What the clients of both kinds say to the platform and how they read its answers; opens no connection."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ._config import Login, clean_url, resolve

TIMEOUT_SECONDS = 120.0
PATIENCE_SECONDS = 15.0
"""How long a message or a stream is tried again while the platform is being restarted."""
_RETRY_SECONDS = 0.5
_AWAY = frozenset((502, 503, 504))
_ID = re.compile(r"^(cap_[0-9a-z]{12}|(?=.*-)[0-9a-zA-Z-]{36})$")


@dataclass
class ChatResponse:
    """The answer of one turn. `text` is the first reply; `raw` has all of them."""

    text: str
    session_id: str
    request_id: str
    raw: dict[str, Any]
    status: str = "succeeded"
    """`succeeded`, `failed`, `cancelled`, `interrupted`, or `waiting` for an answer to `prompts`."""
    prompts: list[dict[str, Any]] = field(default_factory=list)
    """What the app asks, each `{id, type, payload}`: see `Client.answer`."""

    def __str__(self) -> str:
        return self.text


@dataclass
class StreamChunk:
    """One event of a streamed answer: `started`, `chunk`, `prompt`, `done`, or `restart` (of the text)."""

    event: str
    data: dict[str, Any]

    @property
    def text(self) -> str:
        return str(self.data.get("text") or "")

    @property
    def done(self) -> bool:
        return self.event == "done" or bool(self.data.get("done"))


@dataclass(frozen=True)
class Call:
    """One request, below the API's root."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    params: dict[str, str] = field(default_factory=dict)
    is_repeatable: bool = False
    """Sending it twice does no harm."""


def find_login(token: str | None, gateway_url: str | None) -> Login:
    """Raises RuntimeError when there is none."""
    login = resolve(url=gateway_url, token=token)
    if login is None:
        raise RuntimeError("No login found. Run `capsule login`, or set CAPSULE_URL and CAPSULE_TOKEN.")
    return Login(clean_url(login.url), login.token)


LIST_APPS = Call("GET", "/apps")


def get_app(app_id: str) -> Call:
    return Call("GET", f"/apps/{app_id}")


def chat(app_id: str, text: str, session_id: str | None) -> Call:
    """The platform takes in a message once, however often it comes with the same `client_id`."""
    body = {"text": text, "client_id": _fresh_id(), **_session(session_id)}
    return Call("POST", f"/app/{app_id}/chat", body, is_repeatable=True)


def answer(app_id: str, session_id: str, prompt_id: str, *, approved: bool | None, dismissed: bool) -> Call:
    """Raises ValueError unless it is said how to answer, in one way."""
    if (approved is None) == (not dismissed):
        raise ValueError("Answer with approved=True, approved=False or dismissed=True.")
    said: dict[str, Any] = {"dismissed": True} if dismissed else {"approved": approved}
    return Call("POST", f"/app/{app_id}/prompts/{prompt_id}", {"session_id": session_id, **said})


def read_apps(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer["apps"]
    return found


def read_app(answer: dict[str, Any]) -> dict[str, Any]:
    inner = answer.get("app")
    return inner if isinstance(inner, dict) else answer


def read_chat(raw: dict[str, Any]) -> ChatResponse:
    replies = raw.get("replies") or []
    return ChatResponse(
        text=str(replies[0].get("text") or "") if replies else "",
        session_id=str(raw.get("session_id") or ""),
        request_id=str(raw.get("request_id") or ""),
        raw=raw,
        status=str(raw.get("status") or "succeeded"),
        prompts=list(raw.get("prompts") or []),
    )


def failure(status: int, body: str) -> RuntimeError:
    return RuntimeError(f"HTTP {status}: {body[:2000]}")


def unreachable(url: str, exc: Exception) -> RuntimeError:
    return RuntimeError(f"{url} cannot be reached: {exc or type(exc).__name__}")


class AppNames:
    """Ids of apps by name, as far as they were listed."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def known(self, name_or_id: str) -> str | None:
        return name_or_id if _ID.match(name_or_id) else self._ids.get(name_or_id)

    def learn(self, apps: list[dict[str, Any]], name: str) -> str:
        """Return the id of `name`. Raises ValueError when no app is called so."""
        self._ids = {str(app["name"]): str(app["id"]) for app in apps}
        if name not in self._ids:
            known = ", ".join(sorted(self._ids)) or "none"
            raise ValueError(f"There is no app {name!r}; there are: {known}.")
        return self._ids[name]


class Patience:
    """Decides how often something is tried again; time that went well does not count."""

    def __init__(self, call: Call | None = None) -> None:
        self._is_used = call is None or call.is_repeatable
        self._give_up_at = time.monotonic() + PATIENCE_SECONDS

    def renew(self) -> None:
        self._give_up_at = time.monotonic() + PATIENCE_SECONDS

    def pause(self, status: int | None = None) -> float | None:
        """Return the seconds to wait before the next try; None when it is over. No status: no connection."""
        if not self._is_used or (status is not None and status not in _AWAY):
            return None
        return _RETRY_SECONDS if time.monotonic() + _RETRY_SECONDS < self._give_up_at else None


class AnswerStream:
    """One streamed answer over as many connections as it takes: after a cut it goes on where it was."""

    def __init__(self, app_id: str, text: str, session_id: str | None) -> None:
        self.patience = Patience()
        self._is_over = False
        self.path = f"/app/{app_id}/stream"
        self._params = {"text": text, "client_id": _fresh_id(), **_session(session_id)}
        self._position = ""
        self._event = "message"
        self._data: list[str] = []
        self._id = ""

    def is_over(self) -> bool:
        """Tell whether the last chunk was read."""
        return self._is_over

    def params(self) -> dict[str, str]:
        """Return the query of the next connection."""
        return {} if self._position else self._params

    def headers(self) -> dict[str, str]:
        return {"Last-Event-ID": self._position} if self._position else {}

    def begin(self) -> None:
        """Forget the begin of an event that a cut has left."""
        self._event, self._data, self._id = "message", [], ""

    def read(self, line: str) -> Iterator[StreamChunk]:
        """Yield the event that `line` completes."""
        if line.startswith("event:"):
            self._event = line[6:].strip()
        elif line.startswith("data:"):
            self._data.append(line[5:].removeprefix(" "))
        elif line.startswith("id:"):
            self._id = line[3:].strip()
        elif not line:
            event, data, position = self._event, self._data, self._id
            self.begin()
            if data:
                self._position = position or self._position
                self.patience.renew()
                chunk = StreamChunk(event, json.loads("\n".join(data)))
                self._is_over = chunk.done
                yield chunk


def _session(session_id: str | None) -> dict[str, str]:
    return {"session_id": session_id} if session_id else {}


def _fresh_id() -> str:
    return f"cli_{uuid.uuid4().hex}"
