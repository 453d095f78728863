"""A backend that remembers what a session did, and can be told to run a turn again."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import cpsl
from cpsl._backend import Answer, StoredFile
from cpsl._session_data import DataChanges
from cpsl.wire import CredentialState


class FakeSink:
    def __init__(self, sent: list[str]) -> None:
        self._sent = sent

    def write(self, text: str) -> None:
        self._sent.append(text)

    def end(self) -> None:
        self._sent.append("<end>")

    async def flush(self) -> None: ...


class FakeBackend:
    """Keeps effects in lists; answers prompts with what `answers` holds."""

    def __init__(self) -> None:
        self.replies: list[str] = []
        self.streamed: list[str] = []
        self.notices: list[tuple[str, str]] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.kept: list[dict[str, Any]] = []
        self.passing: list[dict[str, Any]] = []
        self.titles: list[str] = []
        self.asked: list[tuple[str, dict[str, Any], float]] = []
        self.answers: list[Answer] = []
        self.values: dict[tuple[str, str], Any] = {}
        self.files: dict[str, bytes] = {}
        self.stored: list[tuple[str, str, bytes]] = []
        self.accounts: dict[str, CredentialState] = {}
        self.recorded: list[tuple[str, Any]] = []
        self.known: list[tuple[str, Any]] = []
        """What an earlier attempt recorded."""

    async def reply(self, text: str) -> None:
        self.replies.append(text)

    def start_reply(self) -> FakeSink:
        return FakeSink(self.streamed)

    async def notify(self, text: str, detail: str) -> None:
        self.notices.append((text, detail))

    async def emit(self, event: str, payload: dict[str, Any]) -> None:
        self.events.append((event, payload))

    async def show(self, block: dict[str, Any], *, is_kept: bool = True) -> None:
        copied = json.loads(json.dumps(block))
        assert copied == block  # nothing but plain JSON
        (self.kept if is_kept else self.passing).append(copied)

    async def ask(
        self, kind: Literal["approval", "file", "integration"], payload: dict[str, Any], timeout: float
    ) -> Answer:
        self.asked.append((kind, payload, timeout))
        return self.answers.pop(0)

    async def record(self, kind: str, work: Callable[[], Awaitable[Any]]) -> Any:
        if self.known:
            recorded, result = self.known.pop(0)
            assert recorded == kind
        else:
            result = json.loads(json.dumps(await work()))
        self.recorded.append((kind, result))
        return result

    async def save_data(self, changes: DataChanges) -> None: ...

    async def set_title(self, title: str) -> None:
        self.titles.append(title)

    async def get_value(self, scope: str, key: str, default: Any) -> Any:
        return self.values.get((scope, key), default)

    async def set_value(self, scope: str, key: str, value: Any) -> None:
        self.values[scope, key] = value

    async def delete_value(self, scope: str, key: str) -> None:
        self.values.pop((scope, key), None)

    async def store_file(self, source: Path | bytes, name: str, content_type: str) -> StoredFile:
        content = source if isinstance(source, bytes) else source.read_bytes()
        self.stored.append((name, content_type, content))
        file_id = f"fil_{len(self.stored)}"
        self.files[file_id] = content
        return {
            "id": file_id,
            "name": name,
            "content_type": content_type,
            "size": len(content),
            "url": f"https://app.example/api/files/{file_id}/{name}?signature=x",
        }

    async def read_file(self, file_id: str, target: Path) -> None:
        target.write_bytes(self.files[file_id])

    async def credentials(self, integration: str) -> CredentialState | None:
        return self.accounts.get(integration)

    async def trigger_action(self, name: str, payload: dict[str, Any]) -> Any:
        return {"name": name, **payload}


def make_session(
    backend: FakeBackend | None = None,
    *,
    channel: str = "chat",
    history: list[cpsl.Message] | None = None,
    user: str = "u1",
    id: str = "s1",
) -> cpsl.Session:
    """Return a session that runs on `backend`."""
    session = cpsl.Session(id, cpsl.UserInfo(user), cpsl.SessionChannel(channel), history)
    session._backend = backend
    return session


def blocks(session: cpsl.Session) -> list[dict[str, Any]]:
    """Return the elements in a session's history."""
    return [json.loads(entry.text) for entry in session.history if entry.sender == "block"]
