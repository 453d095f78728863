"""One running turn: turns what the runtime says into entries of the session log, and ends it exactly once."""

import asyncio
from functools import partial
from typing import Any

from capsule.apps.log import SessionLog
from capsule.apps.runtime import RuntimeLink
from capsule.apps.store import Transaction, TurnRecord
from capsule.errors import PlatformError
from capsule.kit.ids import new_id
from cpsl.wire import (
    Ack,
    CancelTurn,
    Entered,
    Notification,
    Reply,
    ReplyDelta,
    ReplyEnded,
    ReplyStarted,
    RunTurn,
    SaveData,
    SetTitle,
    TurnEnded,
    WireMessage,
)

OUTPUT_BYTES = 16 * 1024 * 1024
"""What one turn may say; an endless answer must not fill the machine's disk."""
TOO_LONG = f"The answer was longer than {OUTPUT_BYTES >> 20} MiB and was cut off."
LOST = "The app stopped in the middle of its answer. Send your message again."


class RunningTurn:
    """A turn on its way through a runtime."""

    def __init__(self, record: TurnRecord, log: SessionLog, link: RuntimeLink) -> None:
        self.record = record
        self._log = log
        self._link = link
        self._is_cancelled = False
        self._replies: dict[str, list[str]] = {}
        self._output_bytes = 0
        self._ended: asyncio.Future[tuple[str, str | None]] = asyncio.get_running_loop().create_future()
        link.attach(record.id, self._receive)

    def send(self, request: RunTurn) -> None:
        """Hand the turn to the runtime, unless it was cancelled on its way there."""
        if self._is_cancelled:
            self.end("cancelled", None)
        else:
            self._link.send(request)

    async def finish(self) -> None:
        """Wait until the turn has ended in the runtime (or with it), and write its end."""
        lost = asyncio.create_task(self._link.lost.wait())
        either: set[asyncio.Future[Any]] = {self._ended, lost}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
            self._link.detach(self.record.id)
        if self._ended.done():
            status, error = self._ended.result()
        else:
            explain = self._link.explain
            status, error = "interrupted", (await explain() if explain is not None else LOST)
        await self._log.submit(partial(self._write_end, status, error))

    def cancel(self) -> None:
        """Ask the runtime to end the turn."""
        self._is_cancelled = True
        self._link.send(CancelTurn(self.record.id))

    def end(self, status: str, error: str | None) -> None:
        """End the turn now, whatever the runtime does. Only the first end counts."""
        if not self._ended.done():
            self._ended.set_result((status, error))
            self._link.detach(self.record.id)

    def _write_end(self, status: str, error: str | None, transaction: Transaction) -> None:
        open_replies = {reply_id: "".join(parts) for reply_id, parts in self._replies.items()}
        self._replies.clear()
        transaction.end_turn(self.record.session_id, self.record.id, status, error, open_replies)

    def _receive(self, message: WireMessage, size: int) -> None:
        if not isinstance(message, SaveData):  # which takes the place of what was there, and is limited
            self._output_bytes += size
        if self._output_bytes > OUTPUT_BYTES:
            self.cancel()
            self.end("failed", TOO_LONG)
            return
        session_id, turn_id = self.record.session_id, self.record.id
        if isinstance(message, ReplyDelta):
            self._replies.setdefault(message.reply_id, []).append(message.text)
            self._log.append_delta(session_id, turn_id, message.reply_id, message.text)
        elif isinstance(message, ReplyStarted):
            self._replies[message.reply_id] = []
            self._append("reply_started", {"id": message.reply_id})
        elif isinstance(message, ReplyEnded):
            text = "".join(self._replies.pop(message.reply_id, []))
            self._append("reply_ended", {"id": message.reply_id, "text": text})
        elif isinstance(message, Reply):
            self._acknowledge(message.id, self._append("reply", {"id": new_id("rpl"), "text": message.text}))
        elif isinstance(message, Notification):
            self._append("notification", {"text": message.text, "detail": message.detail})
        elif isinstance(message, SaveData):
            changed, removed = message.changed, message.removed
            saved = self._log.submit(lambda t: t.save_data(session_id, changed, removed))
            self._acknowledge(message.id, saved)
        elif isinstance(message, Entered):
            self._acknowledge(message.id, self._log.submit(lambda t: t.set_entered(session_id)))
        elif isinstance(message, SetTitle):
            title = message.title
            self._acknowledge(message.id, self._log.submit(lambda t: t.set_title(session_id, title)))
        elif isinstance(message, TurnEnded):
            self.end(message.status, message.error)

    def _append(self, type: str, data: dict[str, Any]) -> "asyncio.Future[Any]":
        session_id, turn_id = self.record.session_id, self.record.id
        return self._log.submit(lambda t: t.append(session_id, type, turn_id, data))

    def _acknowledge(self, key: int, written: "asyncio.Future[Any]") -> None:
        def tell(done: "asyncio.Future[Any]") -> None:
            error = None if done.cancelled() else done.exception()
            text = error.detail if isinstance(error, PlatformError) else str(error)
            self._link.send(Ack(key, text if error else None))

        written.add_done_callback(tell)
