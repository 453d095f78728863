"""Talk to deployed apps from any Python program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ._config import clean_url, resolve
from ._errors import NotYetAvailable

_TIMEOUT_SECONDS = 120.0
_ID = re.compile(r"^(cap_[0-9a-z]{12}|(?=.*-)[0-9a-zA-Z-]{36})$")


@dataclass
class ChatResponse:
    """The answer of one turn. `text` is the first reply; `raw` has all of them."""

    text: str
    session_id: str
    request_id: str
    raw: dict[str, Any]

    def __str__(self) -> str:
        return self.text


@dataclass
class StreamChunk:
    """One event of a streamed answer."""

    event: str
    data: dict[str, Any]

    @property
    def text(self) -> str:
        return str(self.data.get("text") or "")

    @property
    def done(self) -> bool:
        return self.event == "done" or bool(self.data.get("done"))


class Client:
    """Calls the platform with the saved login, or with an address and a token."""

    def __init__(self, token: str | None = None, gateway_url: str | None = None) -> None:
        login = resolve(url=gateway_url, token=token)
        if login is None:
            raise RuntimeError("No login found. Run `capsule login`, or set CAPSULE_URL and CAPSULE_TOKEN.")
        self._url = clean_url(login.url)
        self._token = login.token
        self._ids: dict[str, str] = {}

    def list_apps(self) -> list[dict[str, Any]]:
        """Return the apps that this login reaches, as `{id, name, hostname, ...}`."""
        found: list[dict[str, Any]] = self._request("GET", "/apps")["apps"]
        return found

    def get_app(self, name_or_id: str) -> dict[str, Any]:
        """Return one app. Raises ValueError when there is none of that name."""
        found: dict[str, Any] = self._request("GET", f"/apps/{self._app_id(name_or_id)}")
        inner = found.get("app")
        return inner if isinstance(inner, dict) else found

    def chat(self, app: str, text: str, session_id: str | None = None) -> ChatResponse:
        """Send `text` and wait for the whole answer; `session_id` continues a conversation."""
        body = {"text": text, **({"session_id": session_id} if session_id else {})}
        raw = self._request("POST", f"/app/{self._app_id(app)}/chat", body)
        replies = raw.get("replies") or []
        first = str(replies[0].get("text") or "") if replies else ""
        return ChatResponse(first, str(raw.get("session_id") or ""), str(raw.get("request_id") or ""), raw)

    def stream(self, app: str, text: str, session_id: str | None = None) -> Iterator[StreamChunk]:
        """Send `text` and yield the answer while it is made; the last chunk is `done`."""
        import httpx2

        params = {"text": text, **({"session_id": session_id} if session_id else {})}
        url = f"{self._url}/api/v1/app/{self._app_id(app)}/stream"
        try:
            with (
                httpx2.Client(timeout=_TIMEOUT_SECONDS, headers=self._headers()) as client,
                client.stream("GET", url, params=params) as answer,
            ):
                if answer.status_code >= 400:
                    answer.read()
                    raise _failure(answer.status_code, answer.text)
                for chunk in _chunks(answer.iter_lines()):
                    yield chunk
                    if chunk.done:
                        return
        except httpx2.TransportError as exc:
            raise RuntimeError(f"{self._url} cannot be reached: {exc}") from exc

    def create_checkout(self, app: str, return_url: str = "") -> str:
        raise NotYetAvailable("Paid apps")

    def list_payments(self, app: str) -> list[dict[str, Any]]:
        raise NotYetAvailable("Paid apps")

    def get_earnings(self, app: str) -> dict[str, Any]:
        raise NotYetAvailable("Paid apps")

    def reset_onboarding(self, app: str) -> dict[str, Any]:
        raise NotYetAvailable("Onboarding")

    def _app_id(self, name_or_id: str) -> str:
        if _ID.match(name_or_id):
            return name_or_id
        if name_or_id not in self._ids:
            self._ids = {str(app["name"]): str(app["id"]) for app in self.list_apps()}
        if name_or_id not in self._ids:
            known = ", ".join(sorted(self._ids)) or "none"
            raise ValueError(f"There is no app {name_or_id!r}; there are: {known}.")
        return self._ids[name_or_id]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        import httpx2

        url = f"{self._url}/api/v1{path}"
        try:
            answer = httpx2.request(method, url, json=body, headers=self._headers(), timeout=_TIMEOUT_SECONDS)
        except httpx2.TransportError as exc:
            raise RuntimeError(f"{self._url} cannot be reached: {exc}") from exc
        if answer.status_code >= 400:
            raise _failure(answer.status_code, answer.text)
        found: dict[str, Any] = answer.json()
        return found


def _failure(status: int, body: str) -> RuntimeError:
    return RuntimeError(f"HTTP {status}: {body[:2000]}")


def _chunks(lines: Iterator[str]) -> Iterator[StreamChunk]:
    event = "message"
    data: list[str] = []
    for line in lines:
        if not line:
            if data:
                yield StreamChunk(event, json.loads("\n".join(data)))
            event, data = "message", []
        elif line.startswith("event:"):
            event = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
