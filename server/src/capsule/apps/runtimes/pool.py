"""The runtimes that one replica of an app has woken: one for each user, on demand, and not for longer.

A replica has one pool for as long as the app host sends it turns. What a pool cannot do yet (the replica is
being started again, the node agent is away) it tries until its caller's time is up.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable

from capsule.apps.contract import RuntimeUnready
from capsule.apps.runtimes.runtime import Loss, RuntimeLink
from capsule.apps.runtimes.slot import Slot
from capsule.apps.runtimes.source import RuntimeSource
from capsule.engines.contract import RuntimeFailed, RuntimeStatus
from capsule.errors import PlatformError
from capsule.kit.ids import new_id

TRIAL_USER = "trial"
"""Nobody: whoever is woken to find out whether a release boots."""

_BOOT_SECONDS = 60.0
_WAKES_AT_ONCE = 16
_ADOPT_SECONDS = 10.0
_SHORT_GRACE_SECONDS = 1.0
"""For a runtime that has not become ready: it has no turn to finish."""


class RuntimePool:
    """`slots` outlive the pool: the next release's pool goes on with the same users."""

    def __init__(self, source: RuntimeSource, slots: dict[str, Slot], wake_times: "deque[float]") -> None:
        self.source = source
        self.is_forked = True
        self.notices: tuple[str, ...] = ()
        self._slots = slots
        self._wake_times = wake_times
        self._links: dict[str, RuntimeLink] = {}
        """By user; those of this pool only."""
        self._waking: dict[str, asyncio.Task[RuntimeLink]] = {}
        self._stopping: dict[str, asyncio.Task[None]] = {}
        self._watching: set[asyncio.Task[None]] = set()
        self._at_once = asyncio.Semaphore(_WAKES_AT_ONCE)
        self._is_closed = False

    async def open(self, ready_seconds: float) -> None:
        """Find out that runtimes can be woken, by waking one for nobody and letting it `boot`.

        Raises RuntimeUnready.
        """
        try:
            async with asyncio.timeout(ready_seconds):
                await self._prepare()
        except TimeoutError:
            raise RuntimeUnready(
                f"The app was not loaded within {ready_seconds:g} s.", hint="Look at its log."
            ) from None
        except RuntimeFailed as exc:
            raise RuntimeUnready(exc.detail, hint="Look at the app's log.") from exc
        runtime_id = new_id("rt")
        try:
            runtime = await self.source.wake(TRIAL_USER, runtime_id)
            link, _ = await self.source.connect(runtime, ready_seconds)
            await link.close()
        finally:
            await asyncio.shield(self.source.end(runtime_id, grace_seconds=_SHORT_GRACE_SECONDS))

    async def recover(self) -> None:
        """Go on with the runtimes that an earlier process of the app host woke."""
        with contextlib.suppress(PlatformError):
            await self._prepare()
            runtimes = await self.source.living()
            # At once, so that one which does not answer holds up no other.
            await asyncio.gather(*(self._adopt(runtime) for runtime in runtimes))

    async def link(self, user_id: str, email: str | None = None) -> RuntimeLink:
        """Return the user's runtime, woken if need be.

        Raises RuntimeUnready when `boot` fails, RuntimeFailed or Unavailable when it may work later.
        """
        if self._is_closed:
            raise RuntimeFailed("A new version of the app takes over.")
        slot = self.slot(user_id, email)
        while (stopping := self._stopping.get(user_id)) is not None:
            await asyncio.wait({stopping})  # however it ends
        link = self._links.get(user_id)
        if link is not None and link.takes_turns:
            return link
        if user_id not in self._waking:
            task = asyncio.create_task(self._wake(slot))
            self._waking[user_id] = task
            task.add_done_callback(lambda done: self._woken(user_id, done))
        waking = self._waking[user_id]
        try:
            return await asyncio.shield(waking)
        except asyncio.CancelledError:
            if waking.cancelled():  # not the caller: this pool was closed
                raise RuntimeFailed("A new version of the app takes over.") from None
            raise

    def ready(self, user_id: str) -> RuntimeLink | None:
        """Return the user's runtime if one takes turns now."""
        link = self._links.get(user_id)
        if self._is_closed or link is None or not link.takes_turns or user_id in self._stopping:
            return None
        return link

    def slot(self, user_id: str, email: str | None = None) -> Slot:
        slot = self._slots.setdefault(user_id, Slot(user_id))
        slot.email = email or slot.email
        return slot

    async def stop_idle(self) -> None:
        """End what has been idle for too long."""
        for user_id in list(self._links):
            if self._slots[user_id].idle_seconds() > self.source.app.keep_warm_seconds:
                self.stop(user_id)

    def idlest(self) -> tuple[float, str] | None:
        """Return the longest idle time and whose it is."""
        times = [(self._slots[user_id].idle_seconds(), user_id) for user_id in self._links]
        return max((item for item in times if item[0] > 0), default=None)

    def stop(self, user_id: str) -> "asyncio.Task[None] | None":
        """End a user's runtime; turns that run there end with it."""
        link = self._links.get(user_id)
        if link is None or user_id in self._stopping:
            return self._stopping.get(user_id)
        task = asyncio.create_task(self._stop(user_id, link))
        self._stopping[user_id] = task
        task.add_done_callback(lambda _: self._stopping.pop(user_id, None))
        return task

    async def clear_files(self, user_id: str) -> None:
        """End a user's runtime and delete its private files; who is woken meanwhile waits for that."""
        if waking := self._waking.get(user_id):
            await asyncio.wait({waking})
        if stopping := self.stop(user_id):
            await asyncio.shield(stopping)
        deleting = asyncio.create_task(self.source.delete_files(user_id))
        self._stopping[user_id] = deleting
        deleting.add_done_callback(lambda _: self._stopping.pop(user_id, None))
        await asyncio.shield(deleting)

    async def stop_all(self) -> None:
        """End every runtime and take no further turns."""
        self._is_closed = True
        for waking in list(self._waking.values()):
            waking.cancel()
        await asyncio.gather(*self._waking.values(), return_exceptions=True)
        tasks = [task for user_id in list(self._links) if (task := self.stop(user_id)) is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.let_go()

    async def let_go(self) -> None:
        """Close the connections; the runtimes live on."""
        self._is_closed = True
        tasks = [*self._waking.values(), *self._stopping.values(), *self._watching]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for link in list(self._links.values()):
            await link.close()
        self._links.clear()

    @property
    def links(self) -> list[RuntimeLink]:
        return list(self._links.values())

    async def drained(self) -> None:
        """Wait until no turn runs here; idle runtimes are ended meanwhile."""
        for user_id, link in list(self._links.items()):
            if not link.turns:
                self.stop(user_id)
        for link in self.links:
            await link.idle()

    # Waking

    async def _prepare(self) -> None:
        status = await self.source.ready()
        self.is_forked, self.notices = status.is_forked, status.notices

    async def _wake(self, slot: Slot) -> RuntimeLink:
        slot.is_waking = True
        try:
            async with self._at_once:
                started = time.monotonic()
                runtime_id = new_id("rt")
                try:
                    runtime = await self.source.wake(slot.user_id, runtime_id)
                    link = await self._connect(runtime, slot)
                except BaseException:
                    # Also when the answer to the order was lost: it may have been carried out.
                    ending = self.source.end(runtime_id, grace_seconds=_SHORT_GRACE_SECONDS)
                    await asyncio.shield(ending)
                    raise
                seconds = time.monotonic() - started
        finally:
            slot.is_waking = False
        slot.wakes += 1
        slot.wake_seconds = seconds
        slot.woken_at = time.time()
        self._wake_times.append(seconds)
        return link

    def _woken(self, user_id: str, done: "asyncio.Task[RuntimeLink]") -> None:
        self._waking.pop(user_id, None)
        if not done.cancelled():
            done.exception()  # whoever waited has got it

    async def _connect(self, runtime: RuntimeStatus, slot: Slot) -> RuntimeLink:
        try:
            link, user_id = await self.source.connect(runtime, _BOOT_SECONDS)
        except RuntimeUnready as exc:
            slot.last_end = exc.detail
            raise
        if user_id != slot.user_id:
            await link.close()
            raise RuntimeUnready("Another runtime answered than the one that was woken.")
        self._keep(slot, link)
        return link

    async def _adopt(self, runtime: RuntimeStatus) -> None:
        """Take up a runtime for the user whom its token names; end one that is not ours, or dead."""
        try:
            link, user_id = await self.source.connect(runtime, _ADOPT_SECONDS)
        except RuntimeUnready:
            await self.source.end(runtime.id)
            return
        if user_id in self._links or self._is_closed:
            await link.close()
            await self.source.end(runtime.id)
            return
        slot = self.slot(user_id)
        slot.woken_at = slot.woken_at or time.time()
        self._keep(slot, link)

    def _keep(self, slot: Slot, link: RuntimeLink) -> None:
        slot.runtime_id, slot.release, slot.link = link.runtime_id, link.release, link
        self._links[slot.user_id] = link
        ending: list[asyncio.Task[Loss]] = []

        async def explain() -> Loss:
            if not ending:
                ending.append(asyncio.create_task(self.source.explain(link.runtime_id)))
            return await asyncio.shield(ending[0])

        link.explain = explain
        task = asyncio.create_task(self._watch(slot, link, explain))
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    # Ends

    async def _watch(self, slot: Slot, link: RuntimeLink, explain: Callable[[], object]) -> None:
        await link.lost.wait()
        if self._links.get(slot.user_id) is link:
            del self._links[slot.user_id]
        if slot.link is link:
            slot.link = None
            if slot.user_id not in self._stopping and link.explain is not None:
                slot.last_end = (await link.explain()).text

    async def _stop(self, user_id: str, link: RuntimeLink) -> None:
        slot = self._slots[user_id]
        link.is_stopping = True
        # Not the slot's: the next release's pool may have woken another one meanwhile.
        await self.source.end(link.runtime_id)
        await link.close()
        if self._links.get(user_id) is link:
            del self._links[user_id]
        if slot.link is link:
            slot.link = None
            slot.last_end = ""
