"""Give out credentials that work: refreshed ahead of their expiry, once for all who ask at the same time."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from capsule.apps.connections import oauth
from capsule.apps.connections.calls import ProviderCalls
from capsule.apps.connections.clients import ReadSecret, find_client
from capsule.apps.connections.errors import AccessRefused, ProviderUnavailable
from capsule.apps.connections.provider import Declared, Mode, find_provider
from capsule.apps.connections.rows import Connection, Status
from capsule.apps.connections.safe import Held, Safe, credential_state
from capsule.apps.options import ProviderUrls
from capsule.errors import PlatformError
from cpsl.wire import CredentialState

log = logging.getLogger(__name__)

Lost = Callable[[str, str], Awaitable[None]]
"""Told of a user's connection that has to be made again; raises nothing."""

AHEAD_SECONDS = 300
"""A token that ends within this time is refreshed before it is given out."""
WAIT_SECONDS = 10.0
"""How long somebody who needs credentials waits for a slow provider. The refresh itself goes on: the provider
may have replaced the refresh token already, and then only its answer has the new one."""
PAUSE_SECONDS = 15.0
"""After trouble, how long a provider is left alone."""
_CLOSE_SECONDS = 5.0

Key = tuple[str, str]


class Keeper:
    """Credentials of the users of one app."""

    def __init__(
        self,
        safe: Safe,
        calls: ProviderCalls,
        providers: Mapping[str, ProviderUrls],
        read_secret: ReadSecret,
        on_lost: Lost,
        *,
        clock: Callable[[], float] = time.time,
        wait_seconds: float = WAIT_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._safe = safe
        self._calls = calls
        self._providers = providers
        self._read_secret = read_secret
        self._on_lost = on_lost
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._pause_seconds = pause_seconds
        self._refreshing: dict[Key, asyncio.Task[Connection | None]] = {}
        self._paused: dict[Key, float] = {}
        """Until when, in the loop's time."""

    async def usable(self, declared: Declared, connection: Connection | None) -> CredentialState | None:
        """Return a connection's credentials, None when it has to be made (again).

        Raises ProviderUnavailable when they have expired and cannot be refreshed just now.
        """
        if connection is None or connection.status is not Status.connected:
            return None
        held = self._safe.open(connection)
        if held is None:
            log.error("a connection to %s cannot be decrypted; it has to be made again", declared.type)
            await self._lose(connection)
            return None
        if not held.fits(declared):
            return None
        if declared.mode is Mode.oauth and self._is_due(connection, held):
            if held.refresh_token:
                return await self._refreshed(declared, connection, held)
            if connection.expires_at <= self._clock():
                await self._lose(connection)
                return None
        return credential_state(declared, connection, held)

    async def settled(self, user_id: str, type: str) -> None:
        """Wait a while for a refresh that runs."""
        if task := self._refreshing.get((user_id, type)):
            await asyncio.wait({task}, timeout=self._wait_seconds)

    async def close(self) -> None:
        tasks = list(self._refreshing.values())
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSE_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_due(self, connection: Connection, held: Held) -> bool:
        if not connection.expires_at:
            return False
        ahead = min(AHEAD_SECONDS, held.lifetime / 2)
        return self._clock() >= connection.expires_at - ahead

    async def _refreshed(
        self, declared: Declared, connection: Connection, held: Held
    ) -> CredentialState | None:
        """Return the credentials of after a refresh; those of before while they are valid and it fails."""
        key = (connection.user_id, connection.type)
        now = asyncio.get_running_loop().time()
        problem = ""
        if now >= self._paused.get(key, now) or key in self._refreshing:
            task = self._refreshing.get(key) or self._start(key, declared)
            await asyncio.wait({task}, timeout=self._wait_seconds)
            failure = task.exception() if task.done() and not task.cancelled() else None
            if task.done() and not task.cancelled() and failure is None:
                fresh = task.result()
                opened = None if fresh is None else self._safe.open(fresh)
                return None if fresh is None or opened is None else credential_state(declared, fresh, opened)
            if isinstance(failure, PlatformError):
                problem = f" {failure.detail}"
        if self._clock() < connection.expires_at:
            return credential_state(declared, connection, held)
        raise ProviderUnavailable(
            f"Access to {declared.label} has expired and could not be renewed just now.{problem}",
            hint="Try again in a moment.",
        )

    def _start(self, key: Key, declared: Declared) -> "asyncio.Task[Connection | None]":
        task = asyncio.create_task(self._refresh(key, declared))
        self._refreshing[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))
        return task

    def _ended(self, key: Key, task: "asyncio.Task[Connection | None]") -> None:
        self._refreshing.pop(key, None)
        self._paused.pop(key, None)
        if task.cancelled() or (failure := task.exception()) is None:
            return
        self._paused[key] = asyncio.get_running_loop().time() + self._pause_seconds
        if isinstance(failure, PlatformError):
            log.warning("a token of %s could not be refreshed: %s", key[1], failure.detail)
        else:
            log.error("refreshing a token of %s failed", key[1], exc_info=failure)

    async def _refresh(self, key: Key, declared: Declared) -> Connection | None:
        """Return the user's connection with a token that is good for a while; None when there is none."""
        connection = await self._safe.find(*key)  # as it is now: someone else's refresh may just have ended
        held = self._safe.open(connection) if connection is not None else None
        if connection is None or held is None:
            return None
        if not self._is_due(connection, held) or not held.refresh_token:
            return connection
        provider = find_provider(declared, self._providers)
        client = await find_client(declared, self._read_secret)
        asked_at = self._clock()
        try:
            token = await oauth.refresh(self._calls, provider, client, held.refresh_token)
        except AccessRefused:
            await self._lose(connection)
            return None
        fresh = replace(
            connection,
            scopes=connection.scopes if token.scopes is None else " ".join(token.scopes),
            expires_at=int(asked_at) + token.expires_in if token.expires_in else 0,
            updated_at=asked_at,
        )
        kept = replace(
            held,
            access_token=token.access_token,
            token_type=token.token_type,
            refresh_token=token.refresh_token or held.refresh_token,
            lifetime=token.expires_in,
        )
        return await self._safe.renew(connection, fresh, kept) or await self._safe.find(*key)

    async def _lose(self, connection: Connection) -> None:
        if not await self._safe.lose(connection, self._clock()):
            return
        log.info("a connection to %s has to be made again", connection.type)
        await self._on_lost(connection.user_id, connection.type)
