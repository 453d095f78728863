"""One user's conversation with an app, as handlers see it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING, Any

from ._collections import CollectionManager, ScopedDatabaseProxy
from ._identity import SessionChannel, UserInfo
from ._integrations import KNOWN_MODES, IntegrationCredentials, IntegrationLike
from ._media import SessionMedia
from ._messages import Message
from ._once import OnceCalls
from ._pipedream import PipedreamProxySession
from ._reply import ReplyStream
from ._session_accounts import AccountCalls
from ._session_data import SessionData
from ._session_shows import ShowCalls
from ._session_store import StoreCalls
from ._transcript import Transcript

if TYPE_CHECKING:
    from ._backend import SessionBackend

_ROLES = {"user": "user", "app": "assistant"}


class Session(ShowCalls, AccountCalls, StoreCalls, OnceCalls):
    """What a handler is given: who talks, what was said, what is remembered, and ways to answer."""

    def __init__(
        self,
        id: str,
        user: UserInfo,
        channel: SessionChannel,
        history: list[Message] | None = None,
        data: dict[str, Any] | None = None,
        integrations: dict[str, IntegrationCredentials] | None = None,
    ) -> None:
        self.id = id
        self.user = user
        self.channel = channel
        self._history: list[Message] = list(history or [])
        self._earlier: Callable[[], list[Message]] | None = None
        """Makes what goes before `_history`, once somebody asks for it."""
        self.data = SessionData(data or {})
        self.integrations = dict(integrations or {})
        self.media = SessionMedia(self)
        self._backend: SessionBackend | None = None
        self._collection_scopes: dict[str, str] | None = None
        self._integration_modes = dict(KNOWN_MODES)
        """How accounts are connected, by type; the runtime puts in what the app declares."""
        self._transcripts: dict[str, Transcript] = {}
        self._told = {}
        self._done = {}

    @property
    def history(self) -> list[Message]:
        """What was said before, oldest first: up to 50 entries, and what this handler has said since."""
        if self._earlier is not None:
            earlier, self._earlier = self._earlier, None
            self._history[:0] = earlier()
        return self._history

    @history.setter
    def history(self, entries: list[Message]) -> None:
        self._history, self._earlier = entries, None

    # Answers

    async def reply(self, text: str) -> None:
        """Answer with `text`. Every call is a reply of its own."""
        text = str(text)
        self._remember(text)
        if self._backend is not None:
            await self._backend.reply(text)

    async def notify(self, text: str, *, detail: str = "") -> None:
        """Show a passing status, replaced by the next one and cleared by a reply. Never remembered."""
        text, detail = str(text), str(detail)
        if self._backend is not None and (text.strip() or detail):
            await self._backend.notify(text, detail)

    def stream_reply(self) -> ReplyStream:
        """Open a reply that grows while it is written; use as `async with`.

        Raises RuntimeError outside a message handler or task.
        """
        if self._backend is None:
            raise RuntimeError("stream_reply() works inside a message handler or a task.")
        sink = self._backend.start_reply()
        stream = ReplyStream(sink.write, self._history, self.channel.type, sink.end)
        stream._flush = sink.flush
        return stream

    async def stream_reply_from(self, stream: Any) -> str:
        """Stream every item of `stream` that is not None as one reply and return its whole text."""
        async with self.stream_reply() as reply:
            async for item in _items(stream):
                if item is not None:
                    reply.write(item if isinstance(item, str) else str(item))
                    await reply._flush()
        return reply.text

    async def stream(self, chunks: AsyncIterator[str]) -> None:
        """Stream strings, pieces or growing snapshots, as one reply."""
        await self.stream_reply_from(chunks)

    async def set_title(self, title: str) -> None:
        """Rename this conversation in the sidebar. A blank title is ignored."""
        title = str(title).strip()
        if title and self._backend is not None:
            await self._backend.set_title(title)

    def chat_messages(self, current: Message, *, cls: Any = None) -> list[Any]:
        """Return history and `current` as `{"role", "content"}` entries for a model.

        Neighbours of one role are joined; shown blocks and status texts are left out. With `cls`, each
        entry becomes `cls(role=..., content=...)`.
        """
        found: list[dict[str, str]] = []
        for entry in (*self.history, current):
            role = _ROLES.get(entry.sender)
            if role is None:
                continue
            if found and found[-1]["role"] == role:
                found[-1]["content"] += entry.text
            else:
                found.append({"role": role, "content": entry.text})
        return found if cls is None else [cls(**entry) for entry in found]

    def _remember(self, text: str) -> None:
        self._history.append(Message(text=text, sender="app", channel_type=self.channel.type))  # type: ignore[arg-type]

    # Data

    async def publish(self, key: str, value: Any) -> Any:
        """Write into `data`, save at once, and return the stored value."""
        stored = await self.data.set(key, value)
        await self.flush_data()
        return stored

    async def flush_data(self) -> None:
        """Save `data` now if it changed. Otherwise it is saved when the handler ends."""
        changes = self.data.changes()
        if changes and self._backend is not None:
            await self._backend.save_data(changes)
        self.data.mark_saved(changes)

    @property
    def db(self) -> ScopedDatabaseProxy:
        """Collections of this session's user, by attribute."""
        return ScopedDatabaseProxy(self._scopes())

    @property
    def collections(self) -> CollectionManager:
        """Collections by name, with this session's identity."""
        return CollectionManager(
            None,
            "",
            user_id=self.user.id,
            owner_id=self.user.owner_id,
            session_id=self.id,
            collection_scopes=self._scopes(),
        )

    def _scopes(self) -> dict[str, str]:
        if self._collection_scopes is None:
            raise RuntimeError("Collections can be used inside a running app.")
        return self._collection_scopes

    # Accounts and actions

    def pipedream(self, integration: IntegrationLike) -> PipedreamProxySession:
        """Return a session that makes requests as the user's account."""
        return PipedreamProxySession(
            stub=None,
            app_id="",
            user_email=self.user.email or "",
            owner_id=self.user.owner_id,
            integration=integration,
        )

    async def trigger_action(self, name: str, payload: dict[str, Any] | None = None) -> Any:
        """Run the action `name` inside this turn and return its result."""
        if not isinstance(name, str) or not name.strip():
            raise ValueError("trigger_action() needs the name of an action.")
        if payload is not None and not isinstance(payload, dict):
            raise TypeError(f"The payload of an action is a dict; got {type(payload).__name__}.")
        if self._backend is None:
            raise RuntimeError("trigger_action() works inside a running app.")
        return await self._backend.trigger_action(name.strip(), payload or {})


async def _items(stream: Any) -> AsyncIterator[Any]:
    if isinstance(stream, AsyncIterator) or hasattr(stream, "__aiter__"):
        async for item in stream:
            yield item
    elif isinstance(stream, Iterable):
        for item in stream:
            yield item
    else:
        raise TypeError(f"stream_reply_from() takes an (async) iterator; got {type(stream).__name__}.")
