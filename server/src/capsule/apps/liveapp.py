"""One hosted app: its sessions' queues of turns, and the runtime that takes them.

Turns of one session run one after the other; sessions do not wait for each other. A message that arrives
while no runtime is ready waits, for a while. A new runtime takes over between two turns.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Coroutine
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from capsule.apps.contract import AppState, HostedApp, RuntimeUnready
from capsule.apps.errors import AppUnavailable
from capsule.apps.events import Event
from capsule.apps.log import SessionLog
from capsule.apps.runtime import RuntimeLink, connect
from capsule.apps.store import Accepted, SessionRecord, SessionStore, TurnRecord
from capsule.apps.turn import RunningTurn
from capsule.errors import PlatformError
from capsule.kit.ids import new_id
from cpsl.wire import HistoryEntry, RunTurn, SessionState

log = logging.getLogger(__name__)

HOST_RESTARTED = "The platform was restarted in the middle of this answer. Send your message again."
REPLACED = "A new version of the app took over before this answer was complete. Send your message again."
REMOVED = "The app was removed."
_RECONNECT_SECONDS = 3600.0
STOP_SECONDS = 5.0
"""How long a handler may take to react to Stop."""


class LiveApp:
    """The state of one app in one environment while the app host runs."""

    def __init__(self, app: HostedApp, store: SessionStore, executor: Executor, wait_seconds: float) -> None:
        self.app = app
        self.log = SessionLog(store, executor)
        self.changing = asyncio.Lock()
        """Held while the app is being replaced or removed."""
        self._wait_seconds = wait_seconds
        self._link: RuntimeLink | None = None
        self._changed = asyncio.Event()
        self._queues: dict[str, deque[TurnRecord]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._running: dict[str, RunningTurn] = {}
        self._minding: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()

    async def recover(self) -> None:
        """After a restart: end what was running, take up what was queued, find the runtime again."""
        interrupted = await self.log.submit(lambda t: t.interrupt_running(HOST_RESTARTED))
        if interrupted:
            log.warning("app %s: %d turns were interrupted", self.app.capsule_id, len(interrupted))
        for turn in await self.log.read(lambda store: store.open_turns()):
            self._enqueue(turn)
        if self.app.state is AppState.live and self.app.socket is not None:
            self._mind()

    # The runtime

    async def adopt(self, app: HostedApp, ready_seconds: float) -> RuntimeLink | None:
        """Take over a new state and, when live, a new runtime; return the link that it replaces.

        Raises RuntimeUnready and changes nothing when the new runtime does not become ready.
        """
        is_same = (app.socket, app.release, app.state) == (self.app.socket, self.app.release, self.app.state)
        if is_same and self._link is not None and self._link.takes_turns:
            self.app = app
            return None
        link = None
        if app.state is AppState.live:
            if app.socket is None:
                raise RuntimeUnready(f"App {app.name!r} is live but has no socket.")
            link = await connect(Path(app.socket), app.release, ready_seconds, self.log.room)
        self._stop_minding()
        old, self._link = self._link, link
        has_new_release = app.release != self.app.release or old is not None
        self.app = app
        if link is not None:
            self._mind()
        self._announce(has_new_release and link is not None)
        return old

    async def drain(self, link: RuntimeLink, seconds: float) -> None:
        """Let the turns on a replaced runtime end; interrupt those that take longer than `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await link.idle()
        for turn_id in link.turns:
            if turn := self._running.get(turn_id):
                turn.cancel()
                turn.end("interrupted", REPLACED)
        await link.close()

    async def close(self, error: str | None = None) -> None:
        """Let go of everything; with `error`, end all open turns first."""
        if error is not None:
            self.app = replace(self.app, state=AppState.stopped)
            self._announce(False)
            for session_id in list(self._queues):
                await self._end_queued(session_id, "interrupted", error)
            for turn in list(self._running.values()):
                turn.cancel()
                turn.end("interrupted", error)
            await asyncio.gather(*self._workers.values(), return_exceptions=True)
        self._stop_minding()
        tasks = [*self._workers.values(), *self._background]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._link is not None:
            await self._link.close()
        await self.log.close()

    def _mind(self) -> None:
        self._minding = asyncio.create_task(self._keep_connected())

    def _stop_minding(self) -> None:
        if self._minding is not None:
            self._minding.cancel()
            self._minding = None

    async def _keep_connected(self) -> None:
        """Connect again whenever the runtime was restarted on its socket."""
        assert self.app.socket is not None
        while True:
            if self._link is not None:
                await self._link.lost.wait()
            try:
                self._link = await connect(
                    Path(self.app.socket), self.app.release, _RECONNECT_SECONDS, self.log.room
                )
            except RuntimeUnready as exc:
                log.warning("app %s: %s", self.app.capsule_id, exc.detail)
                await asyncio.sleep(1)
                continue
            self._announce(False)

    def _announce(self, is_new_release: bool) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
        if not is_new_release:
            return
        release = self.app.release
        for session_id in self.log.followed():
            self.log.submit(
                lambda t, session_id=session_id: t.append(  # type: ignore[misc]
                    session_id, "app_changed", None, {"release": release}
                )
            )

    async def _runtime(self) -> RuntimeLink:
        """Return the runtime that takes turns, waiting for it while the app is starting.

        Raises AppUnavailable.
        """
        deadline = asyncio.get_running_loop().time() + self._wait_seconds
        while True:
            if self.app.state is AppState.stopped:
                raise AppUnavailable(f"{self.app.name} is stopped.")
            if self.app.state is AppState.failed:
                raise AppUnavailable(f"{self.app.name} could not start. {self.app.reason}".strip())
            if self._link is not None and self._link.takes_turns:
                return self._link
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise AppUnavailable(
                    f"{self.app.name} did not start within {self._wait_seconds:g} s. Send your message again."
                )
            changed = asyncio.create_task(self._changed.wait())
            try:
                await asyncio.wait({changed}, timeout=min(left, 1.0))
            finally:
                changed.cancel()

    # Sessions

    async def create_session(
        self,
        user_id: str,
        user_email: str | None = None,
        channel: str = "chat",
        session_id: str | None = None,
    ) -> SessionRecord:
        chosen = session_id or new_id("ses")
        await self.log.submit(lambda t: t.create_session(chosen, user_id, user_email, channel))
        session = await self.log.read(lambda store: store.session(chosen))
        assert session is not None
        return session

    async def post(self, session_id: str, text: str, client_id: str) -> Accepted:
        """Take in a message; it is durable when this returns. The same `client_id` again changes nothing."""
        turn_id = new_id("trn")
        accepted = await self.log.submit(lambda t: t.accept_message(session_id, turn_id, client_id, text))
        if accepted.is_new:
            self._enqueue(TurnRecord(turn_id, session_id, accepted.offset, "queued"))
        return accepted

    async def stop(self, session_id: str) -> None:
        """End the running turn of a session, and drop those in line."""
        for turn in list(self._running.values()):
            if turn.record.session_id == session_id:
                turn.cancel()
                self._in_background(self._insist(turn))
        await self._end_queued(session_id, "cancelled", None)

    async def delete_session(self, session_id: str) -> None:
        await self.stop(session_id)
        if worker := self._workers.get(session_id):
            await asyncio.wait({worker}, timeout=STOP_SECONDS + 1)
        await self.log.submit(lambda t: t.delete_session(session_id))
        self.log.forget(session_id)

    async def _insist(self, turn: RunningTurn) -> None:
        await asyncio.sleep(STOP_SECONDS)
        turn.end("cancelled", None)

    async def _end_queued(self, session_id: str, status: str, error: str | None) -> None:
        for turn in list(self._queues.get(session_id, ())):
            await self.log.submit(
                lambda t, turn=turn: t.drop_turn(session_id, turn.id, status, error)  # type: ignore[misc]
            )

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # Turns

    def _enqueue(self, turn: TurnRecord) -> None:
        self._queues.setdefault(turn.session_id, deque()).append(turn)
        if turn.session_id not in self._workers:
            self._workers[turn.session_id] = asyncio.create_task(self._work(turn.session_id))

    async def _work(self, session_id: str) -> None:
        queue = self._queues[session_id]
        try:
            while queue:
                await self._run(queue[0])
                queue.popleft()
        finally:
            self._queues.pop(session_id, None)
            self._workers.pop(session_id, None)

    async def _run(self, turn: TurnRecord) -> None:
        """Bring one turn to its end. Never raises for what an app or its runtime does."""
        try:
            link = await self._runtime()
            running = RunningTurn(turn, self.log, link)
            self._running[turn.id] = running
            try:
                if await self.log.submit(lambda t: t.start_turn(turn, link.release)):
                    running.send(await self._describe(turn))
                    await running.finish()
            finally:
                link.detach(turn.id)
                del self._running[turn.id]
        except PlatformError as exc:
            await self._give_up(turn, exc.detail)
        except Exception as exc:
            log.exception("turn %s failed in the app host", turn.id)
            await self._give_up(turn, f"The platform could not run this turn: {exc}")

    async def _give_up(self, turn: TurnRecord, error: str) -> None:
        await self.log.submit(lambda t: t.end_turn(turn.session_id, turn.id, "failed", error, {}))

    async def _describe(self, turn: TurnRecord) -> RunTurn:
        def look(store: SessionStore) -> tuple[SessionRecord | None, list[Event], tuple[str, float]]:
            return store.session(turn.session_id), store.history(turn.session_id), store.message_text(turn)

        session, history, (text, at) = await self.log.read(look)
        assert session is not None
        state: SessionState = {
            "id": session.id,
            "user": {"id": session.user_id, "email": session.user_email, "org_id": None},
            "channel": session.channel,
            "data": session.data,
            "history": [_history_entry(event) for event in history],
            "is_entered": session.is_entered,
        }
        return RunTurn(turn.id, state, {"text": text, "at": at})


def _history_entry(event: Event) -> HistoryEntry:
    if event.type == "block":
        return {"text": event.data, "sender": "block", "at": event.at}
    sender = "user" if event.type == "message" else "app"
    return {"text": str(event.payload()["text"]), "sender": sender, "at": event.at}
