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

    def __init__(self, record: TurnRecord, log: SessionLog, link: RuntimeLink) -> None:
        self.record = record
        self._log = log
        self._link = link
        self._effects: Effects | None = None
        self._is_cancelled = False
        self._output_bytes = 0
        self._end_of_it: _End | Loss | None = None
        """The first that is known."""
        self._written: asyncio.Future[bool] | None = None
        self._over = asyncio.Event()
        """It has ended, or its runtime has gone."""
        link.attach(record.id, self._receive, self._over.set)

    def send(self, request: RunTurn, effects: Effects) -> None:
        """Hand the turn to the runtime, unless it was cancelled on its way there."""
        self._effects = effects
        if self._is_cancelled:
            self.end("cancelled", None)
        else:
            effects.resume(_open_texts(request))
            self._link.send(request)

    async def finish(self) -> Loss | None:
        """Wait until the turn has ended and write its end; return the loss when the runtime went first."""
        try:
            await self._over.wait()
        finally:
            self._let_go()
            if self._effects is not None:
                await self._effects.close()
        if self._end_of_it is None:
            explain = self._link.explain
            loss = await explain() if explain is not None else Loss(LOST, may_try_again=True)
            self._end(_End("cancelled", None) if self._is_cancelled else loss)
        if isinstance(self._end_of_it, Loss):
            return self._end_of_it
        await (self._written or self._write(self._end_of_it))
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
        if self._end_of_it is None:
            self._end_of_it = end
            self._over.set()
            self._let_go()
            if isinstance(end, _End) and self._effects is not None and not self._effects.is_under_way:
                self._written = self._write(end)  # at once: mostly in one commit with the last effect

    def _write(self, end: _End | None) -> "asyncio.Future[bool]":
        assert end is not None
        record = self.record
        return self._log.submit(lambda t: t.end_turn(record.session_id, record.id, end.status, end.error))

    def _let_go(self) -> None:
        self._link.detach(self.record.id)
        if self._effects is not None:
            self._effects.stop()

    def _receive(self, message: WireMessage, size: int) -> "asyncio.Future[Any] | None":
        if not isinstance(message, (SaveData, StoreFile)):  # which have limits of their own
            self._output_bytes += size
        if self._output_bytes > OUTPUT_BYTES:
            self.cancel()
            self.end("failed", TOO_LONG)
        elif isinstance(message, TurnEnded):
            self.end(message.status, message.error)
        elif self._effects is not None:
            return self._effects.take(message, size)
        return None


def _open_texts(request: RunTurn) -> dict[str, str]:
    found = {}
    for entry in request.journal:
        result = entry["result"]
        if entry["site"].endswith(" stream") and not result["is_ended"]:
            found[result["reply_id"]] = result["text"]
    return found
