"""One hosted app: its sessions' queues of turns, and the runtimes that take them.

Turns of one session run one after the other; sessions do not wait for each other. A message that arrives
while its user has no runtime wakes one, and waits for a while when that cannot be done yet. A new release
takes over between two turns.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from dataclasses import replace

from capsule.apps.contract import AppState, HostedApp, RuntimeReport, RuntimeUnready, Vault
from capsule.apps.errors import AppUnavailable
from capsule.apps.events import Event
from capsule.apps.files.store import FileStore
from capsule.apps.log import SessionLog
from capsule.apps.pool import RuntimePool
from capsule.apps.report import report
from capsule.apps.runtime import RuntimeLink
from capsule.apps.slot import Slot
from capsule.apps.source import RuntimeSource
from capsule.apps.store import Accepted, SessionRecord, SessionStore, TurnRecord
from capsule.apps.tokens import RuntimeTokens
from capsule.apps.turn import RunningTurn
from capsule.engines.contract import Engine, PrivateFilesFull, ReplicaNotFound, RuntimeFailed
from capsule.errors import PlatformError, Unavailable
from capsule.kit.ids import new_id
from cpsl.wire import HistoryEntry, RunTurn, SessionState

log = logging.getLogger(__name__)

HOST_RESTARTED = "The platform was restarted in the middle of this answer. Send your message again."
REPLACED = "A new version of the app took over before this answer was complete. Send your message again."
REMOVED = "The app was removed."
_RETRY_SECONDS = 0.1
_REMEMBERED_WAKES = 200
STOP_SECONDS = 5.0
"""How long a handler may take to react to Stop."""


class LiveApp:
    """The state of one app in one environment while the app host runs."""

    def __init__(
        self,
        app: HostedApp,
        store: SessionStore,
        executor: Executor,
        wait_seconds: float,
        engine: Engine,
        tokens: RuntimeTokens,
        vault: Vault,
        files: Callable[[SessionLog], FileStore],
    ) -> None:
        self.app = app
        self.log = SessionLog(store, executor)
        self.files = files(self.log)
        self.changing = asyncio.Lock()
        """Held while the app is being replaced or removed."""
        self._wait_seconds = wait_seconds
        self._engine = engine
        self._tokens = tokens
        self.vault = vault
        self._pool: RuntimePool | None = None
        self._slots: dict[str, Slot] = {}
        self._wake_times: deque[float] = deque(maxlen=_REMEMBERED_WAKES)
        self._changed = asyncio.Event()
        self._queues: dict[str, deque[TurnRecord]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._running: dict[str, RunningTurn] = {}
        self._background: set[asyncio.Task[None]] = set()

    async def recover(self) -> None:
        """After a restart: end what was running, take up what was queued, find the runtimes again."""
        interrupted = await self.log.submit(lambda t: t.interrupt_running(HOST_RESTARTED))
        if interrupted:
            log.warning("app %s: %d turns were interrupted", self.app.capsule_id, len(interrupted))
        if self.app.state is AppState.live and self.app.replica_id is not None:
            self._pool = self._new_pool(self.app)
            self._in_background(self._pool.recover())
        for turn in await self.log.read(lambda store: store.open_turns()):
            self._enqueue(turn)

    # The runtimes

    async def adopt(self, app: HostedApp, ready_seconds: float) -> RuntimePool | None:
        """Take over a new state and, when live, a new replica; return the pool that it replaces.

        Raises RuntimeUnready and changes nothing when the new replica's runtimes do not become ready.
        """
        pool = self._pool
        if app.state is AppState.live and pool is not None and app.replica_id == pool.source.replica_id:
            self.app = pool.source.app = app
            return None
        fresh = None
        if app.state is AppState.live:
            if app.replica_id is None:
                raise RuntimeUnready(f"App {app.name!r} is live but has no replica.")
            fresh = self._new_pool(app)
            try:
                await fresh.open(ready_seconds)
            except BaseException:
                await asyncio.shield(fresh.let_go())
                raise
        old, self._pool = self._pool, fresh
        has_new_release = app.release != self.app.release or old is not None
        self.app = app
        self._announce(has_new_release and fresh is not None)
        return old

    async def drain(self, pool: RuntimePool, seconds: float) -> None:
        """Let the turns on a replaced replica end; interrupt those that take longer than `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await pool.drained()
        for turn_id in [turn_id for link in pool.links for turn_id in link.turns]:
            if turn := self._running.get(turn_id):
                turn.cancel()
                turn.end("interrupted", REPLACED)
        await pool.stop_all()

    def expect(self, user_id: str, email: str | None = None) -> None:
        """Wake a user's runtime ahead of the first message: somebody is looking at the page."""
        if self._pool is not None and self.app.state is AppState.live:
            self._in_background(self._try_to_wake(self._pool, user_id, email))

    async def stop_idle(self) -> None:
        if self._pool is not None:
            await self._pool.stop_idle()

    def idlest(self) -> tuple[float, str] | None:
        """Return the longest idle time of a warm runtime and whose it is."""
        return self._pool.idlest() if self._pool is not None else None

    async def stop_runtime(self, user_id: str) -> None:
        """End a user's runtime; turns that run there end with it."""
        if self._pool is not None and (task := self._pool.stop(user_id)) is not None:
            await asyncio.shield(task)

    async def clear_files(self, user_id: str) -> None:
        """Delete a user's private files. Raises AppUnavailable while no release of the app runs."""
        if self._pool is None:
            raise AppUnavailable(f"{self.app.name} does not run.", hint="Start it first.")
        await self._pool.clear_files(user_id)

    async def report(self) -> RuntimeReport:
        return await report(self.app, self._engine, self._pool, self._slots, list(self._wake_times))

    async def secret(self, name: str) -> str | None:
        """Look up a secret of the app's space. Raises Unavailable while the server is away."""
        return await self.vault.secret(self.app.capsule_id, self.app.environment, name)

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
        tasks = [*self._workers.values(), *self._background]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._pool is not None:
            await (self._pool.let_go() if error is None else self._pool.stop_all())
        await self.log.close()

    def _new_pool(self, app: HostedApp) -> RuntimePool:
        source = RuntimeSource(app, self._engine, self._tokens, self.log.room)
        return RuntimePool(source, self._slots, self._wake_times)

    async def _try_to_wake(self, pool: RuntimePool, user_id: str, email: str | None) -> None:
        with contextlib.suppress(PlatformError):  # the first message tells why
            await pool.link(user_id, email)

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

    async def _runtime(self, user_id: str, email: str | None) -> RuntimeLink:
        """Return the user's runtime, waiting for it while the app or the node agent is starting.

        Raises AppUnavailable.
        """
        deadline = asyncio.get_running_loop().time() + self._wait_seconds
        problem = ""
        while True:
            if self.app.state is AppState.stopped:
                raise AppUnavailable(f"{self.app.name} is stopped.")
            if self.app.state is AppState.failed:
                raise AppUnavailable(f"{self.app.name} could not start. {self.app.reason}".strip())
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise AppUnavailable(
                    f"{self.app.name} did not start within {self._wait_seconds:g} s. {problem}".strip()
                    + " Send your message again."
                )
            pool, changed = self._pool, self._changed
            if pool is not None:
                try:
                    async with asyncio.timeout(left):
                        return await pool.link(user_id, email)
                except (RuntimeUnready, PrivateFilesFull) as exc:
                    if pool is self._pool:
                        raise AppUnavailable(f"{self.app.name} could not start: {exc.detail}") from exc
                except (RuntimeFailed, ReplicaNotFound, Unavailable) as exc:
                    problem = exc.detail
                except TimeoutError:
                    continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, _RETRY_SECONDS if pool is not None else 1.0)):
                    await changed.wait()

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
        await self.files.delete_of_session(session_id)
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
            session = await self.log.read(lambda store: store.session(turn.session_id))
            if session is None:
                return  # deleted while the turn was in line
            link = await self._runtime(session.user_id, session.user_email)
            running = RunningTurn(turn, self.log, link)
            self._running[turn.id] = running
            try:
                if await self.log.submit(lambda t: t.start_turn(turn, link.release)):
                    running.send(await self._describe(turn))
                    await running.finish()
            finally:
                link.detach(turn.id)
                del self._running[turn.id]
                self._slots[session.user_id].used_at = time.time()
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
