"""One attempt at a turn on a runtime. Ends the turn exactly once, or leaves it to a further attempt."""

import asyncio
from dataclasses import dataclass
from typing import Any

from capsule.apps.runtimes.runtime import Loss, RuntimeLink
from capsule.apps.runtimes.source import LOST
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.records import TurnRecord
from capsule.apps.turns.effects import Effects
from cpsl.wire import CancelTurn, RunTurn, SaveData, StoreFile, TurnEnded, WireMessage

OUTPUT_BYTES = 16 * 1024 * 1024
"""What one attempt may say; an endless answer must not fill the machine's disk."""
TOO_LONG = f"The answer was longer than {OUTPUT_BYTES >> 20} MiB and was cut off."


@dataclass(frozen=True)
class _End:
    status: str
    error: str | None


class RunningTurn:
    """A turn on its way through a runtime."""

    def __init__(self, record: TurnRecord, log: SessionLog, link: RuntimeLink, effects: Effects) -> None:
        self.record = record
        self._log = log
        self._link = link
        self._effects = effects
        self._is_cancelled = False
        self._output_bytes = 0
        self._ended: asyncio.Future[_End | Loss] = asyncio.get_running_loop().create_future()
        link.attach(record.id, self._receive)

    def send(self, request: RunTurn) -> None:
        """Hand the turn to the runtime, unless it was cancelled on its way there."""
        if self._is_cancelled:
            self.end("cancelled", None)
        else:
            self._effects.resume(_open_texts(request))
            self._link.send(request)

    async def finish(self) -> Loss | None:
        """Wait until the turn has ended and write its end; return the loss when the runtime went first."""
        lost = asyncio.create_task(self._link.lost.wait())
        either: set[asyncio.Future[Any]] = {self._ended, lost}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
            self._let_go()
            await self._effects.close()
        if self._ended.done():
            end = self._ended.result()
        else:
            explain = self._link.explain
            end = await explain() if explain is not None else Loss(LOST, may_try_again=True)
            if self._ended.done():  # meanwhile
                end = self._ended.result()
            elif self._is_cancelled:
                end = _End("cancelled", None)
        if isinstance(end, Loss):
            return end
        record, status, error = self.record, end.status, end.error
        await self._log.submit(lambda t: t.end_turn(record.session_id, record.id, status, error))
        return None

    def cancel(self) -> None:
        """Ask the runtime to end the turn."""
        self._is_cancelled = True
        self._link.send(CancelTurn(self.record.id))

    def end(self, status: str, error: str | None) -> None:
        """End the turn now, whatever the runtime does. Only the first end counts."""
        self._end(_End(status, error))

    def move(self) -> None:
        """Take the turn away from its runtime, for another one to go on with it."""
        if not self._is_cancelled:
            self._link.send(CancelTurn(self.record.id))
            self._end(Loss("", may_try_again=True))

    def _end(self, end: _End | Loss) -> None:
        if not self._ended.done():
            self._ended.set_result(end)
            self._let_go()

    def _let_go(self) -> None:
        self._link.detach(self.record.id)
        self._effects.stop()

    def _receive(self, message: WireMessage, size: int) -> "asyncio.Future[Any] | None":
        if not isinstance(message, (SaveData, StoreFile)):  # which have limits of their own
            self._output_bytes += size
        if self._output_bytes > OUTPUT_BYTES:
            self.cancel()
            self.end("failed", TOO_LONG)
        elif isinstance(message, TurnEnded):
            self.end(message.status, message.error)
        else:
            return self._effects.take(message, size)
        return None


def _open_texts(request: RunTurn) -> dict[str, str]:
    found = {}
    for entry in request.journal:
        result = entry["result"]
        if entry["site"].endswith(" stream") and not result["is_ended"]:
            found[result["reply_id"]] = result["text"]
    return found
