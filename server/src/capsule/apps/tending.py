"""What the app host does by and by: end idle runtimes, close old sessions, let go of what nobody needs."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence

from capsule.apps.accounts import rows as account_rows
from capsule.apps.connections import rows as connection_rows
from capsule.apps.liveapp import LiveApp
from capsule.apps.sessions.log import SessionLog
from capsule.apps.sessions.thinning import thin_out
from capsule.errors import PlatformError
from capsule.kit.memory import available_share

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 1.0
_TIDY_EVERY_SECONDS = 600.0
_THIN_OUT_AFTER_SECONDS = 3600.0
_THIN_OUT_TURNS = 50
_DAY_SECONDS = 24 * 3600.0
_MEMORY_RESERVE = 0.08
"""Share of the machine's memory; with less of it available, idle runtimes have to go."""


class Tending:
    """`apps` returns all hosted ones; `session_idle_days` without a message close a session."""

    def __init__(self, apps: Callable[[], Sequence[LiveApp]], session_idle_days: float) -> None:
        self._apps = apps
        self._idle_seconds = session_idle_days * _DAY_SECONDS
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(_repeat(_LOOK_EVERY_SECONDS, self._stop_idle)),
            asyncio.create_task(_repeat(_TIDY_EVERY_SECONDS, self._tidy)),
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _stop_idle(self) -> None:
        for live in self._apps():
            await live.runtimes.stop_idle()
        if available_share() < _MEMORY_RESERVE:
            await self._stop_idlest()

    async def _stop_idlest(self) -> None:
        idle = [(found, live) for live in self._apps() if (found := live.runtimes.idlest())]
        if idle:
            (_, user_id), live = max(idle, key=lambda item: item[0][0])
            log.warning("memory is short: the idlest runtime of %s is ended", live.app.capsule_id)
            await live.runtimes.stop(user_id)

    async def _tidy(self) -> None:
        for live in self._apps():
            await _thin_out(live.log, time.time() - _THIN_OUT_AFTER_SECONDS)
            try:
                await live.close_expired(time.time() - self._idle_seconds)
                await live.files.collect(time.time())
                await live.log.submit(lambda t: _forget_attempts(t.connection))
            except (PlatformError, OSError):  # it is tried again; the other apps must not wait for it
                log.exception("old sessions and files of %s could not be tidied up", live.app.capsule_id)


def _forget_attempts(connection: sqlite3.Connection) -> None:
    """Forget links and sign-ins that nobody can use any more, with the passwords and addresses in them."""
    account_rows.forget_outdated(connection, time.time())
    connection_rows.forget_outdated(connection, time.time())


async def _repeat(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception:  # one odd app must not keep the others from being looked after
            log.exception("looking after the apps failed and is tried again")


async def _thin_out(log: SessionLog, ended_before: float) -> None:
    done = _THIN_OUT_TURNS
    while done == _THIN_OUT_TURNS:
        done = await log.submit(lambda t: thin_out(t, ended_before, _THIN_OUT_TURNS), is_long=True)
        await asyncio.sleep(0.1)  # so that messages never wait for it
