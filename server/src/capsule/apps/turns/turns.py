"""The turns of one app: in line per session, run on their users' runtimes, and run again when one dies.

Turns of one session run one after the other; sessions do not wait for each other. A new release takes over
between two turns, or in the middle of one that waits for its user.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, cast

from capsule.apps.errors import TooManyWaiting
from capsule.apps.files.store import FileStore
from capsule.apps.runtimes.pool import RuntimePool
from capsule.apps.runtimes.runtime import Loss, RuntimeLink
from capsule.apps.runtimes.source import LOST
from capsule.apps.runtimes.supply import RuntimeSupply
from capsule.apps.sessions import journal
from capsule.apps.sessions.events import Event
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.records import TurnRecord
from capsule.apps.turns.beginning import Beginning, begin
from capsule.apps.turns.effects import Effects
from capsule.apps.turns.file_effects import FileEffects
from capsule.apps.turns.prompts import Prompts
from capsule.apps.turns.turn import RunningTurn
from capsule.errors import PlatformError
from cpsl.wire import CredentialState, HistoryEntry, Inbound, JournalEntry, RunTurn, SessionState

log = logging.getLogger(__name__)

STOP_SECONDS = 5.0
"""How long a handler may take to react to Stop."""
IN_LINE = 100
"""Messages of one session that wait behind the one that is answered."""
_TRIED = "It was tried several times."


class Turns:
    def __init__(
        self,
        store_log: SessionLog,
        supply: RuntimeSupply,
        prompts: Prompts,
        files: FileStore,
        credentials: Callable[[str], Awaitable[dict[str, CredentialState]]],
    ) -> None:
        self._log = store_log
        self._supply = supply
        self._prompts = prompts
        self._files = files
        self._credentials = credentials
        self._queues: dict[str, deque[TurnRecord]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._running: dict[str, RunningTurn] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._opening: set[str] = set()
        self._begun: dict[str, tuple[RuntimeLink, Beginning]] = {}

    def ensure_room(self, session_id: str) -> None:
        """Raise TooManyWaiting when a session has as many messages in line as it may have."""
        if len(self._queues.get(session_id, ())) > IN_LINE:
            raise TooManyWaiting(
                f"{IN_LINE} messages of this conversation wait for an answer already.",
                hint="Wait until some of them are answered.",
                retry_after=5,
            )

    @contextlib.contextmanager
    def opening(self, session_id: str, user_id: str) -> Iterator[RuntimeLink | None]:
        """While an item is taken in: give the runtime on which its turn may begin in the same commit.

        None when the turn has to wait, for others of its session or for a runtime.
        """
        if session_id in self._queues or session_id in self._opening:
            yield None
            return
        self._opening.add(session_id)
        try:
            yield self._supply.ready(user_id)
        finally:
            self._opening.discard(session_id)

    def enqueue(self, turn: TurnRecord, begun: tuple[RuntimeLink, Beginning] | None = None) -> None:
        """Put a turn in line; `begun` when its first attempt has begun already, on that runtime."""
        if begun is not None:
            self._begun[turn.id] = begun
        self._queues.setdefault(turn.session_id, deque()).append(turn)
        if turn.session_id not in self._workers:
            self._workers[turn.session_id] = asyncio.create_task(self._work(turn.session_id))

    async def stop(self, session_id: str) -> None:
        """End the running turn of a session, and drop those in line."""
        for turn in list(self._running.values()):
            if turn.record.session_id == session_id:
                turn.cancel()
                self._in_background(_insist(turn))
        await self._end_queued(session_id, "cancelled", None)

    async def settled(self, session_id: str, seconds: float) -> None:
        """Wait until no turn of a session runs, or for so long."""
        if worker := self._workers.get(session_id):
            await asyncio.wait({worker}, timeout=seconds)

    async def leave(self, pool: RuntimePool, seconds: float) -> None:
        """Take the turns off a replaced replica.

        Those that wait for their users go on with the new one at once, the others may end here within
        `seconds` and are moved then.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while turns := self._of(pool):
                    for turn in turns:
                        if self._prompts.is_waiting(turn.record.id):
                            turn.move()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(0.2):  # others may begin to wait
                            await pool.drained()
        for turn in self._of(pool):
            turn.move()
        await pool.stop_all()

    async def end_all(self, error: str) -> None:
        for session_id in list(self._queues):
            await self._end_queued(session_id, "interrupted", error)
        for turn in list(self._running.values()):
            turn.cancel()
            turn.end("interrupted", error)
        await asyncio.gather(*self._workers.values(), return_exceptions=True)

    async def close(self) -> None:
        """Let go without ending a turn."""
        tasks = [*self._workers.values(), *self._background]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _of(self, pool: RuntimePool) -> list[RunningTurn]:
        ids = [turn_id for link in pool.links for turn_id in link.turns]
        return [turn for turn_id in ids if (turn := self._running.get(turn_id))]

    async def _end_queued(self, session_id: str, status: str, error: str | None) -> None:
        for turn in list(self._queues.get(session_id, ())):
            if turn.id not in self._running:
                await self._log.submit(
                    lambda t, turn=turn: t.end_turn(session_id, turn.id, status, error)  # type: ignore[misc]
                )
                self._prompts.turn_ended(turn.id)

    async def _work(self, session_id: str) -> None:
        queue = self._queues[session_id]
        try:
            while queue:
                await self._run(queue[0])
                self._begun.pop(queue.popleft().id, None)
        finally:
            self._queues.pop(session_id, None)
            self._workers.pop(session_id, None)

    async def _run(self, turn: TurnRecord) -> None:
        """Bring one turn to its end. Never raises for what an app or its runtime does."""
        try:
            while (loss := await self._attempt(turn)) is not None:
                if not loss.may_try_again:
                    return await self._give_up(turn, "interrupted", loss.text)
                if await self._log.submit(lambda t: t.is_hopeless(turn)):
                    return await self._give_up(turn, "interrupted", f"{loss.text or LOST} {_TRIED}")
        except PlatformError as exc:
            await self._give_up(turn, "failed", exc.detail)
        except Exception as exc:
            log.exception("turn %s failed in the app host", turn.id)
            await self._give_up(turn, "failed", f"The platform could not run this turn: {exc}")
        finally:
            self._prompts.turn_ended(turn.id)

    async def _attempt(self, turn: TurnRecord) -> Loss | None:
        """Run the turn on a runtime; return how that was lost, None when the turn has ended."""
        link, begun = self._begun.pop(turn.id, (None, None))
        ready = self._supply.ready(turn.user_id)
        if link is None or ready is not link:
            begun, link = None, ready or await self._link_for(turn)
            if link is None:
                return None  # deleted while the turn was in line
        running = RunningTurn(turn, self._log, link)
        self._running[turn.id] = running
        try:
            if begun is None:
                begun = await self._log.submit(lambda t: begin(t, turn, link.release))
            if begun is None:
                return None
            files = FileEffects(begun.session, self._log, self._files, self._supply.app.url)
            is_first = begun.attempt == 1
            effects = Effects(
                turn.id, begun.session, self._log, link, self._prompts, files, is_first=is_first
            )
            running.send(await self._describe(turn, begun), effects)
            loss = await running.finish()
        finally:
            link.detach(turn.id)
            del self._running[turn.id]
            self._supply.slots[turn.user_id].used_at = time.time()
        return _final(loss, link)

    async def _link_for(self, turn: TurnRecord) -> RuntimeLink | None:
        session = await self._log.read(lambda store: store.session(turn.session_id))
        return None if session is None else await self._supply.get(session.user_id, session.user_email)

    async def _give_up(self, turn: TurnRecord, status: str, error: str) -> None:
        await self._log.submit(lambda t: t.end_turn(turn.session_id, turn.id, status, error))

    async def _describe(self, turn: TurnRecord, begun: Beginning) -> RunTurn:
        session = begun.session
        state: SessionState = {
            "id": session.id,
            "user": {"id": session.user_id, "email": session.user_email, "org_id": None},
            "channel": session.channel,
            "data": begun.data,
            "history": cast(list[HistoryEntry], [event.history_entry for event in begun.history]),
            "is_entered": session.is_entered and not _entered_here(begun.entries),
            "integrations": await self._accounts(turn, session.user_id),
        }
        return RunTurn(turn.id, state, self._inbound(begun.inbound), begun.entries, begun.attempt)

    async def _accounts(self, turn: TurnRecord, user_id: str) -> dict[str, CredentialState]:
        """Return the accounts that were connected when the turn first began, as far as they still are."""
        if not self._supply.app.manifest.get("integrations"):
            return {}
        found = await self._credentials(user_id)
        pinned = await self._log.submit(lambda t: journal.pin(t.connection, turn.id, sorted(found)))
        return {type: state for type, state in found.items() if type in pinned}

    def _inbound(self, event: Event) -> Inbound:
        data, found = event.payload(), Inbound(at=event.at)
        if event.type == "action":
            found["action"], found["payload"] = str(data["name"]), dict(data.get("payload") or {})
        else:
            found["text"] = str(data["text"])
        if data.get("chat"):
            found["chat_name"] = str(data["chat"])
        if data.get("attachments"):
            origin = self._supply.app.url
            found["attachments"] = [self._files.for_runtime(item, origin) for item in data["attachments"]]
        return found

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


async def _insist(turn: RunningTurn) -> None:
    await asyncio.sleep(STOP_SECONDS)
    turn.end("cancelled", None)


def _final(loss: Loss | None, link: RuntimeLink) -> Loss | None:
    """A runtime that somebody ends on purpose takes its turns with it."""
    if loss is not None and loss.text and link.is_stopping:
        return Loss(loss.text, may_try_again=False)
    return loss


def _entered_here(entries: list[JournalEntry]) -> bool:
    """Tell whether it was this turn that ran `enter`, which then has to run again with its journal."""
    return any(entry["site"].endswith(" entered") for entry in entries)
