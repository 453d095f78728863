"""The loops that move what is towards what should be. Woken by every committed change, and by a clock."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable

from capsule.errors import Unavailable
from capsule.kit.ids import new_id
from capsule.reconcile.builds import Builds
from capsule.reconcile.cron import Cron
from capsule.reconcile.deployments import Deployments
from capsule.reconcile.doors import DoorKeeper
from capsule.reconcile.garbage import Garbage
from capsule.reconcile.platform import Platform
from capsule.reconcile.removals import Removals
from capsule.reconcile.replicas import Replicas
from capsule.reconcile.runs import Runs
from capsule.reconcile.serves import Serves
from capsule.reconcile.sources import Sources
from capsule.reconcile.switches import Switches
from capsule.reconcile.upgrades import rebuild_outdated_apps
from capsule.reconcile.watches import Watches
from capsule.reconcile.work import Tasks

log = logging.getLogger(__name__)

_GARBAGE_SECONDS = 3600.0
_LATER_SECONDS = 0.1


class Loop:
    """Run one step again and again: soon after each `wake`, at the latest after `interval` seconds.

    With `lets_others_go_first`, a wake counts a moment later: what people wait for is not held up by what
    can wait.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], Awaitable[None]],
        *,
        interval: float,
        pause: float,
        lets_others_go_first: bool = False,
    ) -> None:
        self._name = name
        self._step = step
        self._interval = interval
        self._pause = pause
        self._lets_others_go_first = lets_others_go_first
        self._news = asyncio.Event()

    def wake(self) -> None:
        if self._lets_others_go_first:
            asyncio.get_running_loop().call_later(_LATER_SECONDS, self._news.set)
        else:
            self._news.set()

    async def run(self) -> None:
        while True:
            self._news.clear()
            try:
                await self._step()
            except Unavailable as exc:
                log.info("%s: %s", self._name, exc.detail)
            except Exception:
                log.exception("%s failed and is tried again", self._name)
                await asyncio.sleep(1)
            await asyncio.sleep(self._pause)
            with contextlib.suppress(TimeoutError):
                # Not wait_for: in Python 3.11 it can lose a cancellation.
                async with asyncio.timeout(self._interval):
                    await self._news.wait()


class Reconciler:
    """Start it once the database is migrated; it does not wait for node, edge or app host to be there."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        owner = new_id("wrk")
        deploying = Tasks(self.wake)
        serving = Tasks(self.wake)
        self._builds = Builds(platform, owner, Tasks(self.wake))
        self._deployments = Deployments(platform, owner, deploying)
        sparing = Tasks(lambda: None)
        running = Tasks(self.wake)
        self._runs = Runs(platform, owner, running)
        self._cron = Cron(platform)
        self._replicas = Replicas(
            platform,
            lambda row_id: any(row_id in tasks for tasks in (deploying, serving, sparing, running)),
        )
        self._doors = DoorKeeper(platform, Tasks(lambda: None))
        self._switches = Switches(platform, Tasks(self.wake))
        self._serves = Serves(platform, serving, Tasks(self.wake), Tasks(self.wake), sparing)
        self._removals = Removals(platform, Tasks(lambda: None))
        self._sources = Sources(platform)
        self._garbage = Garbage(platform)
        self._watches = Watches(platform)
        self._loops = [
            Loop("serves", self._serves.tend, interval=1, pause=0.01),
            Loop("builds", self._builds.tend, interval=1, pause=0.02),
            Loop("deployments", self._deployments.tend, interval=1, pause=0.02),
            Loop("watches", self._watches.tend, interval=1, pause=0.2, lets_others_go_first=True),
            Loop("runs", self._runs.tend, interval=1, pause=0.02),
            Loop("cron", self._cron.tend, interval=1, pause=0.5, lets_others_go_first=True),
            Loop("switches", self._switches.tend, interval=5, pause=0.1, lets_others_go_first=True),
            Loop("removals", self._removals.tend, interval=5, pause=0.1, lets_others_go_first=True),
            Loop("replicas", self._replicas.tend, interval=1, pause=0.3, lets_others_go_first=True),
            Loop("sources", self._sources.tend, interval=15, pause=1, lets_others_go_first=True),
            Loop("doors", self._doors.tend, interval=2, pause=0.3, lets_others_go_first=True),
        ]
        self._running: list[asyncio.Task[None]] = []
        platform.changes.on_change(lambda _capsule_id: self.wake())

    def wake(self) -> None:
        for loop in self._loops:
            loop.wake()

    async def start(self) -> None:
        """Take over what an earlier process left unfinished, and begin. Returns at once."""
        await self._builds.take_over()
        await self._deployments.take_over()
        await self._runs.take_over()
        await rebuild_outdated_apps(self.platform)
        self._running = [asyncio.create_task(loop.run()) for loop in self._loops]
        self._running.append(asyncio.create_task(self._retire_leftovers()))
        self._running.append(asyncio.create_task(self._collect_garbage()))

    async def stop(self) -> None:
        """End every task of this process. Replicas and routes stay; unfinished work is queued again."""
        while self._running:
            for task in self._running:
                task.cancel()
            _, left = await asyncio.wait(self._running, timeout=1)
            self._running = list(left)
        started = time.monotonic()
        await asyncio.gather(
            *(
                part.stop()
                for part in (
                    self._builds,
                    self._deployments,
                    self._runs,
                    self._serves,
                    self._switches,
                    self._removals,
                    self._doors,
                )
            )
        )
        log.info("reconcile stopped after %.1f s", time.monotonic() - started)

    async def _retire_leftovers(self) -> None:
        while True:
            try:
                await self._replicas.retire_leftovers()
                return
            except Unavailable:
                await asyncio.sleep(1)

    async def _collect_garbage(self) -> None:
        while True:
            try:
                await self._garbage.collect()
            except Exception:
                log.exception("collecting garbage failed")
            await asyncio.sleep(_GARBAGE_SECONDS)
