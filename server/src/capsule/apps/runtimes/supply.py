"""The runtimes of one app: from the replica of its release, or waiting for one. Releases come and go here."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any

from capsule.apps.contract import AppState, HostedApp, RuntimeGone, RuntimeReport, RuntimeUnready
from capsule.apps.errors import AppUnavailable
from capsule.apps.runtimes.pool import RuntimePool
from capsule.apps.runtimes.report import report
from capsule.apps.runtimes.runtime import Answerer, Room, RuntimeLink
from capsule.apps.runtimes.slot import Slot
from capsule.apps.runtimes.source import RuntimeSource
from capsule.apps.runtimes.tokens import RuntimeTokens
from capsule.engines.contract import Engine, PrivateFilesFull, ReplicaNotFound, RuntimeFailed
from capsule.errors import PlatformError, Unavailable

_RETRY_SECONDS = 0.1
_DEATHS = 5
"""Of runtimes that end while they start; after so many it is the app and not somebody who kills them."""
_REMEMBERED_WAKES = 200


class RuntimeSupply:
    """Holds the state of an app and the pool of its live release."""

    def __init__(
        self,
        app: HostedApp,
        engine: Engine,
        tokens: RuntimeTokens,
        room: Room,
        answerer: Answerer,
        wait_seconds: float,
    ) -> None:
        self.app = app
        self.slots: dict[str, Slot] = {}
        self._engine = engine
        self._tokens = tokens
        self._room = room
        self._answerer = answerer
        self._wait_seconds = wait_seconds
        self._pool: RuntimePool | None = None
        self._wake_times: deque[float] = deque(maxlen=_REMEMBERED_WAKES)
        self._changed = asyncio.Event()
        self._background: set[asyncio.Task[None]] = set()

    def recover(self) -> None:
        """Find the runtimes again that an earlier process of the app host woke."""
        if self.app.state is AppState.live and self.app.replica_id is not None:
            self._pool = self._new_pool(self.app)
            self._in_background(self._pool.recover())

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
        self.app = app
        self.announce()
        return old

    def announce(self) -> None:
        """Have those who wait for a runtime look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def expect(self, user_id: str, email: str | None = None) -> None:
        """Wake a user's runtime ahead of the first message: somebody is looking at the page."""
        if self._pool is not None and self.app.state is AppState.live:
            self._in_background(_try_to_wake(self._pool, user_id, email))

    def warm(self, user_id: str) -> RuntimeLink | None:
        """Return a user's runtime if there is one now, and count this as use of it."""
        slot = self.slots.get(user_id)
        if slot is None or slot.link is None or slot.link.lost.is_set():
            return None
        slot.used_at = time.time()
        return slot.link

    def ready(self, user_id: str) -> RuntimeLink | None:
        """Return the user's runtime if one takes turns now; waits for nothing."""
        if self._pool is None or self.app.state is not AppState.live:
            return None
        return self._pool.ready(user_id)

    async def stop_idle(self) -> None:
        if self._pool is not None:
            await self._pool.stop_idle()

    def idlest(self) -> tuple[float, str] | None:
        """Return the longest idle time of a warm runtime and whose it is."""
        return self._pool.idlest() if self._pool is not None else None

    async def stop(self, user_id: str) -> None:
        """End a user's runtime; turns that run there end with it."""
        if self._pool is not None and (task := self._pool.stop(user_id)) is not None:
            await asyncio.shield(task)

    async def clear_files(self, user_id: str) -> None:
        """Delete a user's private files. Raises AppUnavailable while no release of the app runs."""
        if self._pool is None:
            raise AppUnavailable(f"{self.app.name} does not run.", hint="Start it first.")
        await self._pool.clear_files(user_id)

    async def report(self) -> RuntimeReport:
        return await report(self.app, self._engine, self._pool, self.slots, list(self._wake_times))

    async def close(self, *, stops_runtimes: bool) -> None:
        tasks = list(self._background)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._pool is not None:
            await (self._pool.stop_all() if stops_runtimes else self._pool.let_go())

    async def get(self, user_id: str, email: str | None) -> RuntimeLink:
        """Return the user's runtime, waiting for it while the app or the node agent is starting.

        Raises AppUnavailable.
        """
        deadline = asyncio.get_running_loop().time() + self._wait_seconds
        problem, deaths = "", 0
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
                    problem, deaths = exc.detail, deaths + 1
                    is_final = not isinstance(exc, RuntimeGone) or deaths >= _DEATHS
                    if is_final and pool is self._pool:
                        raise AppUnavailable(f"{self.app.name} could not start: {exc.detail}") from exc
                except (RuntimeFailed, ReplicaNotFound, Unavailable) as exc:
                    problem = exc.detail
                except TimeoutError:
                    continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, _RETRY_SECONDS if pool is not None else 1.0)):
                    await changed.wait()

    def _new_pool(self, app: HostedApp) -> RuntimePool:
        source = RuntimeSource(app, self._engine, self._tokens, self._room, self._answerer)
        return RuntimePool(source, self.slots, self._wake_times)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


async def _try_to_wake(pool: RuntimePool, user_id: str, email: str | None) -> None:
    with contextlib.suppress(PlatformError):  # the first message tells why
        await pool.link(user_id, email)
