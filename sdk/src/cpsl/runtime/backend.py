"""The effects of one turn, sent over the link. Those of an earlier attempt are not sent again."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

from cpsl._backend import Answer, StoredFile
from cpsl._errors import SessionDataCommitError
from cpsl._session_data import DataChanges
from cpsl.wire import (
    Ask,
    CredentialState,
    DeleteValue,
    Emit,
    Entered,
    GetValue,
    Lookup,
    Notification,
    ReadFile,
    Record,
    Reply,
    SaveData,
    SetTitle,
    SetValue,
    Show,
    StoreFile,
    WireMessage,
)

from .journal import Journal
from .link import EffectRefused, Link
from .replies import StreamedReply

TriggerAction = Callable[[str, dict[str, Any]], Awaitable[Any]]

_PIECE_BYTES = 256 * 1024


class WireBackend:
    """Implements `cpsl._backend.SessionBackend` for one turn. After `close` it is silent."""

    def __init__(
        self, link: Link, turn_id: str, trigger: TriggerAction, journal: Journal, attempt: int = 1
    ) -> None:
        self._link = link
        self._turn_id = turn_id
        self._trigger = trigger
        self._journal = journal
        self._reply_ids = itertools.count(1)
        self._attempt = attempt
        self._replies: list[StreamedReply] = []
        self._uploads = itertools.count(1)
        self._is_closed = False
        self.has_output = False
        """Whether the user has seen any part of an answer."""

    async def reply(self, text: str) -> None:
        # Without an acknowledgement: whatever the turn does next is durable only after it.
        if self._is_closed:
            await asyncio.sleep(0)  # a handler that goes on in an endless loop gives way to others
            return
        site, is_known, _ = self._journal.next("reply")
        self.has_output = True
        if is_known:
            await asyncio.sleep(0)
            return
        self._flush_replies()
        await self._link.post(Reply(self._turn_id, 0, site, text))

    def start_reply(self) -> StreamedReply:
        site, is_known, kept = self._journal.next("stream")
        reply_id = f"{self._turn_id}.{self._attempt}.{next(self._reply_ids)}"
        reply = StreamedReply(self._link, self._turn_id, reply_id, site, self._shown)
        if is_known:
            self.has_output = True
            reply.resume(kept["reply_id"], kept["text"], is_ended=kept["is_ended"])
        if self._is_closed:
            reply.silence()
        self._replies.append(reply)
        return reply

    async def notify(self, text: str, detail: str) -> None:
        if not self._is_closed:
            self._link.send(Notification(self._turn_id, text, detail))
            await self._link.drain()

    async def emit(self, event: str, payload: dict[str, Any]) -> None:
        if not self._is_closed:
            self._link.send(Emit(self._turn_id, event, payload))
            await self._link.drain()

    async def show(self, block: dict[str, Any], *, is_kept: bool = True) -> None:
        def make(key: int, site: str) -> Show:
            return Show(self._turn_id, key, site, block["id"], block["type"], block["payload"], is_kept)

        if is_kept:
            await self._once(f"show.{block['type']}", make)
        elif not self._is_closed:
            self._link.send(make(0, ""))
            await self._link.drain()

    async def ask(
        self, kind: Literal["approval", "file", "integration"], payload: dict[str, Any], timeout: float
    ) -> Answer:
        self.has_output = True
        answer: Answer | None = await self._once(
            f"ask.{kind}", lambda key, site: Ask(self._turn_id, key, site, kind, payload, float(timeout))
        )
        return answer or {"status": "cancelled"}

    async def record(self, kind: str, work: Callable[[], Awaitable[Any]]) -> Any:
        if self._is_closed:
            raise EffectRefused("The turn has ended.")
        site, is_known, kept = self._journal.next(kind.replace(" ", "_"))
        if is_known:
            self._journal.skip_inside(site)
            return kept
        with self._journal.inside(site):
            found = await work()
        result = json.loads(json.dumps(found))  # as a later attempt would get it
        await self._request(lambda key: Record(self._turn_id, key, site, result))
        return result

    async def save_data(self, changes: DataChanges) -> None:
        try:
            await self._once(
                "data",
                lambda key, site: SaveData(self._turn_id, key, site, changes.changed, changes.removed),
            )
        except EffectRefused as exc:
            raise SessionDataCommitError(str(exc)) from exc

    async def set_title(self, title: str) -> None:
        await self._once("title", lambda key, site: SetTitle(self._turn_id, key, site, title))

    async def get_value(self, scope: str, key: str, default: Any) -> Any:
        found = await self._once("get", lambda id, site: GetValue(self._turn_id, id, site, scope, key))
        return found["value"] if found and found["found"] else default

    async def set_value(self, scope: str, key: str, value: Any) -> None:
        await self._once("set", lambda id, site: SetValue(self._turn_id, id, site, scope, key, value))

    async def delete_value(self, scope: str, key: str) -> None:
        await self._once("delete", lambda id, site: DeleteValue(self._turn_id, id, site, scope, key))

    async def store_file(self, source: Path | bytes, name: str, content_type: str) -> StoredFile:
        site, is_known, kept = self._journal.next("file")
        if is_known:
            found: StoredFile = kept
            return found
        upload = f"{self._turn_id}.{self._attempt}.{next(self._uploads)}"
        result: Any = None
        async for piece, is_last in _pieces(source):
            data = base64.b64encode(piece).decode()

            def make(key: int, data: str = data, is_last: bool = is_last) -> StoreFile:
                return StoreFile(self._turn_id, key, site, upload, name, content_type, data, is_last)

            result = await self._request(make)
        stored: StoredFile = result
        return stored

    async def read_file(self, file_id: str, target: Path) -> None:
        loop = asyncio.get_running_loop()
        with target.open("wb") as file:
            offset, is_last = 0, False
            while not is_last:
                at = offset
                piece = await self._request(
                    lambda key, at=at: ReadFile(self._turn_id, key, file_id, at)  # type: ignore[misc]
                )
                if piece is None:
                    raise EffectRefused("The turn has ended.")
                data, is_last = base64.b64decode(piece["data"]), piece["is_last"]
                await loop.run_in_executor(None, file.write, data)
                offset += len(data)

    async def credentials(self, integration: str) -> CredentialState | None:
        found: CredentialState | None = await self._link.request(
            lambda key: Lookup(key, "credentials", integration)
        )
        return found

    async def trigger_action(self, name: str, payload: dict[str, Any]) -> Any:
        return await self._trigger(name, payload)

    async def entered(self) -> None:
        await self._once("entered", lambda key, site: Entered(self._turn_id, key, site))

    def close(self) -> None:
        """End what is open; what the handler's leftovers still send is dropped."""
        for reply in self._replies:
            reply.end()
        self._is_closed = True

    async def _once(self, kind: str, make: Callable[[int, str], WireMessage]) -> Any:
        """Have the effect, or return what it returned in an earlier attempt at this turn."""
        if self._is_closed:
            await asyncio.sleep(0)  # a handler that goes on in an endless loop gives way to others
            return None
        site, is_known, kept = self._journal.next(kind)
        if is_known:
            await asyncio.sleep(0)
            return kept
        return await self._request(lambda key: make(key, site))

    async def _request(self, make: Callable[[int], WireMessage]) -> Any:
        if self._is_closed:
            await asyncio.sleep(0)
            return None
        self._flush_replies()
        return await self._link.request(make)

    def _flush_replies(self) -> None:
        """Keep the order of what was written and what is requested."""
        for reply in self._replies:
            reply.send()

    def _shown(self) -> None:
        self.has_output = True


async def _pieces(source: Path | bytes) -> Any:
    if isinstance(source, bytes):
        for start in range(0, max(len(source), 1), _PIECE_BYTES):
            yield source[start : start + _PIECE_BYTES], start + _PIECE_BYTES >= len(source)
        return
    loop = asyncio.get_running_loop()
    with source.open("rb") as file:
        piece = await loop.run_in_executor(None, file.read, _PIECE_BYTES)
        while True:
            following = await loop.run_in_executor(None, file.read, _PIECE_BYTES)
            yield piece, not following
            if not following:
                return
            piece = following
