"""Carry out what a handler does in its turn: each effect once, in one commit with the note of it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from capsule.apps.runtimes.runtime import RuntimeLink
from capsule.apps.sessions import journal, values
from capsule.apps.sessions.blocks import is_prompt_id
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.records import SessionRecord
from capsule.apps.sessions.transaction import Transaction
from capsule.apps.turns.file_effects import FileEffects
from capsule.apps.turns.prompts import PAYLOAD_BYTES, Prompts
from capsule.errors import InvalidInput, PlatformError
from capsule.kit.ids import new_id
from cpsl.wire import (
    Ack,
    Ask,
    DeleteValue,
    Emit,
    Entered,
    GetValue,
    Notification,
    ReadFile,
    Record,
    Reply,
    ReplyDelta,
    ReplyEnded,
    ReplyStarted,
    SaveData,
    SetTitle,
    SetValue,
    Show,
    StoreFile,
    WireMessage,
)

BLOCK_BYTES = 2 * 1024 * 1024
"""The JSON of one element; what is larger belongs into a file."""
RECORD_BYTES = 8 * 1024 * 1024

Work = Callable[[Transaction], Any]
Working = asyncio.Future[Any] | None
"""What is under way for a message; None when it is done, or may take as long as it likes."""


class _Sited(Protocol):
    @property
    def turn_id(self) -> str: ...

    @property
    def id(self) -> int: ...

    @property
    def site(self) -> str: ...


class Effects:
    """The effects of one attempt at a turn."""

    def __init__(
        self,
        turn_id: str,
        session: SessionRecord,
        log: SessionLog,
        link: RuntimeLink,
        prompts: Prompts,
        files: FileEffects,
        *,
        is_first: bool,
    ) -> None:
        """`is_first`: of the first attempt, before which nothing can have been done."""
        self._is_first = is_first
        self._turn_id = turn_id
        self._session = session
        self._log = log
        self._link = link
        self._prompts = prompts
        self._files = files
        self._replies: dict[str, list[str]] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self._handlers: dict[type[Any], Callable[[Any], Working]] = {
            ReplyDelta: self._reply_delta,
            ReplyStarted: self._reply_started,
            ReplyEnded: self._reply_ended,
            Reply: self._reply,
            Notification: self._notification,
            Emit: self._emit,
            Show: self._show,
            Ask: self._ask,
            Record: self._record,
            GetValue: self._value,
            SetValue: self._value,
            DeleteValue: self._value,
            SaveData: self._save_data,
            Entered: self._entered,
            SetTitle: self._set_title,
            StoreFile: self._store_file,
            ReadFile: self._read_file,
        }

    def take(self, message: WireMessage, size: int) -> Working:
        """Carry out one message of `size` bytes; what a turn may not say is ignored."""
        if isinstance(message, (Show, Ask, Record)) and (problem := too_large(message, size)):
            self._link.send(Ack(message.id, problem))
        elif handler := self._handlers.get(type(message)):
            return handler(message)
        return None

    def resume(self, replies: dict[str, str]) -> None:
        """Know the streamed replies that an earlier attempt left open."""
        self._replies = {reply_id: [text] for reply_id, text in replies.items()}

    @property
    def is_under_way(self) -> bool:
        """Whether something is not done that `close` waits for."""
        return bool(self._waiting) or self._files.is_under_way

    def stop(self) -> None:
        """Wait for nothing any more."""
        for task in list(self._waiting):
            task.cancel()

    async def close(self) -> None:
        """Wait until nothing is under way, and give up what is unfinished."""
        self.stop()
        if self._waiting:
            await asyncio.gather(*self._waiting, return_exceptions=True)
        await self._files.close()

    # Texts

    def _reply(self, message: Reply) -> Working:
        data = {"id": new_id("rpl"), "text": message.text}
        return self._once(message, lambda t: self._append(t, "reply", data))

    def _reply_started(self, message: ReplyStarted) -> None:
        self._replies[message.reply_id] = []

        def work(transaction: Transaction) -> None:
            self._append(transaction, "reply_started", {"id": message.reply_id})
            journal.keep(transaction.connection, self._turn_id, message.site, message.reply_id)

        self._log.submit(work)

    def _reply_delta(self, message: ReplyDelta) -> None:
        self._replies.setdefault(message.reply_id, []).append(message.text)
        self._log.append_delta(self._session.id, self._turn_id, message.reply_id, message.text)

    def _reply_ended(self, message: ReplyEnded) -> None:
        text = "".join(self._replies.pop(message.reply_id, []))
        self._log.submit(lambda t: self._append(t, "reply_ended", {"id": message.reply_id, "text": text}))

    def _notification(self, message: Notification) -> None:
        data = {"text": message.text, "detail": message.detail}
        self._log.submit(lambda t: self._append(t, "notification", data))

    def _emit(self, message: Emit) -> None:
        data = {"event": message.event, "payload": message.payload}
        self._log.tell(self._session.id, "session_event", data)

    # Elements and prompts

    def _show(self, message: Show) -> Working:
        block = {"id": message.block_id, "type": message.block_type, "payload": message.payload}
        if not message.is_kept:
            if is_prompt_id(message.block_id):
                return None
            self._log.tell(self._session.id, "block", {**block, "is_live": True})
            return None

        def work(transaction: Transaction) -> None:
            if is_prompt_id(message.block_id):
                raise InvalidInput(
                    f"An element cannot have the id {message.block_id[:60]!r}: it is that of a question.",
                    hint="Ask with session.prompt_approval and its kind.",
                )
            transaction.put_block(self._session.id, self._turn_id, block)

        return self._once(message, work)

    def _ask(self, message: Ask) -> None:
        self._answer(message.id, self._prompts.ask(self._session.id, message))  # may wait for days

    # Data

    def _record(self, message: Record) -> Working:
        return self._once(message, lambda t: message.result)

    def _value(self, message: values.ValueMessage) -> Working:
        def work(transaction: Transaction) -> Any:
            owner = values.owner_of(message, self._session)
            return values.apply(transaction.connection, message, owner)

        return self._once(message, work)

    def _save_data(self, message: SaveData) -> Working:
        saved: list[dict[str, Any]] = []

        def work(transaction: Transaction) -> None:
            saved.append(transaction.save_data(self._session.id, message.changed, message.removed))

        def tell(done: "asyncio.Future[Any]") -> None:
            if saved and not done.cancelled() and done.exception() is None:
                payload = {"data": saved[-1]}
                self._log.tell(
                    self._session.id, "session_event", {"event": "session_data_snapshot", "payload": payload}
                )

        written = self._once(message, work)
        written.add_done_callback(tell)
        return written

    def _entered(self, message: Entered) -> Working:
        return self._once(message, lambda t: t.set_entered(self._session.id))

    def _set_title(self, message: SetTitle) -> Working:
        return self._once(
            message, lambda t: t.set_title(self._session.id, message.title, self._turn_id) and None
        )

    # Files

    def _store_file(self, message: StoreFile) -> Working:
        return self._answer(message.id, self._files.store(message))

    def _read_file(self, message: ReadFile) -> Working:
        return self._answer(message.id, self._files.read(message))

    # Answers

    def _append(self, transaction: Transaction, type: str, data: dict[str, Any]) -> None:
        transaction.append(self._session.id, type, self._turn_id, data)

    def _once(self, message: _Sited, work: Work) -> "asyncio.Future[Any]":
        """Do `work` and note its result, unless that was noted before; acknowledge it if it has an id."""
        turn_id, site = self._turn_id, message.site

        def apply(transaction: Transaction) -> Any:
            if not self._is_first:
                known, result = journal.recall(transaction.connection, turn_id, site)
                if known:
                    return result
            result = work(transaction)
            journal.keep(transaction.connection, turn_id, site, result)
            return result

        written = self._log.submit(apply)
        if message.id:
            written.add_done_callback(lambda done: self._acknowledge(message.id, done))
        return written

    def _answer(self, key: int, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[None]":
        task = asyncio.ensure_future(self._settle(key, work))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        return task

    async def _settle(self, key: int, work: Awaitable[Any]) -> None:
        try:
            self._link.send(Ack(key, None, await work))
        except PlatformError as exc:
            self._link.send(Ack(key, exc.detail))

    def _acknowledge(self, key: int, done: "asyncio.Future[Any]") -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._link.send(Ack(key, error.detail if isinstance(error, PlatformError) else str(error)))
        elif not done.cancelled():
            self._link.send(Ack(key, None, done.result()))


def too_large(message: Show | Ask | Record, size: int) -> str | None:
    """Return why something cannot be kept, None when it can. `size` is its length on the wire."""
    if isinstance(message, Record):
        what, limit = "A result of {} bytes cannot be kept", RECORD_BYTES
    else:
        what = "An element of {} bytes cannot be shown"
        limit = BLOCK_BYTES if isinstance(message, Show) else PAYLOAD_BYTES
    return (
        None if size <= limit else f"{what.format(size)}; it may have {limit}. Keep large content in a file."
    )
