"""The connections of one app's users: what the rest of the app host and the HTTP routes speak to."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from capsule.apps.connections.calls import ProviderCalls
from capsule.apps.connections.cards import Cards
from capsule.apps.connections.clients import ReadSecret
from capsule.apps.connections.errors import ConnectionNotFound, InvalidConnection
from capsule.apps.connections.forms import check_fields
from capsule.apps.connections.keeper import PAUSE_SECONDS, WAIT_SECONDS, Keeper
from capsule.apps.connections.provider import Declared, Mode, read_declared
from capsule.apps.connections.rows import Connection, Status
from capsule.apps.connections.safe import Held, Safe
from capsule.apps.connections.signin import Answer, Finished, Result, SignIns
from capsule.apps.options import ProviderUrls
from capsule.apps.sessions.events import to_text
from capsule.apps.sessions.log import SessionLog
from capsule.errors import PlatformError
from cpsl.wire import CredentialState

logger = logging.getLogger(__name__)

Manifest = Callable[[], Mapping[str, object]]
Told = Callable[[str, str], Awaitable[None]]
"""Called with a user's id and the type of a connection."""

_REVOKE_SECONDS = 5.0


async def _nobody(user_id: str, type: str) -> None:
    """Stands where nobody wants to be told."""


class Connections:
    """`on_connected` and `on_lost` are set by whoever else has to know."""

    def __init__(
        self,
        log: SessionLog,
        safe: Safe,
        calls: ProviderCalls,
        providers: Mapping[str, ProviderUrls],
        manifest: Manifest,
        read_secret: ReadSecret,
        *,
        clock: Callable[[], float] = time.time,
        wait_seconds: float = WAIT_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self.on_connected: Told = _nobody
        """After a user connected, by signing in or filling in a form: open prompts are answered."""
        self.on_lost: Told = _nobody
        """After a provider refused to renew, and a card was shown: the user has to connect again."""
        self._safe = safe
        self._cards = Cards(log, self._declared)
        self._manifest = manifest
        self._clock = clock
        self._sign_ins = SignIns(safe, calls, providers, read_secret, clock=clock)
        self._keeper = Keeper(
            safe,
            calls,
            providers,
            read_secret,
            self._tell_lost,
            clock=clock,
            wait_seconds=wait_seconds,
            pause_seconds=pause_seconds,
        )
        self._background: set[asyncio.Task[None]] = set()

    async def items(self, user_id: str) -> list[dict[str, Any]]:
        """Return every declared connection as the user sees it; values are not in it."""
        declared = self._declared()
        found = {connection.type: connection for connection in await self._safe.of_user(user_id)}
        return [self._item(entry, found.get(entry.type)) for entry in declared.values()]

    async def authorize(
        self, user_id: str, type: str, redirect_uri: str, *, return_to: str = "/", prompt_id: str = ""
    ) -> str:
        """Return where to send the user. Raises ConnectionNotFound, InvalidConnection, ProviderIncomplete,
        Unavailable."""
        declared = self._find(type, Mode.oauth)
        return await self._sign_ins.authorize(user_id, declared, redirect_uri, return_to, prompt_id)

    async def finish(self, user_id: str, answer: Answer) -> Finished:
        """Take up what the provider sent a user's browser back with."""
        finished = await self._sign_ins.finish(user_id, self._declared(), answer)
        if finished.result is Result.connected:
            await self._tell_connected(user_id, finished.type)
        return finished

    async def fill(self, user_id: str, type: str, fields: Any) -> dict[str, Any]:
        """Keep what a user typed into a secret form. Raises ConnectionNotFound, InvalidConnection."""
        declared = self._find(type, Mode.secret)
        values = check_fields(declared.fields, fields)
        now = self._clock()
        connection = Connection(user_id, type, "", "", 0, Status.connected, "", now, now)
        await self._safe.put(connection, Held(fields=values))
        await self._tell_connected(user_id, type)
        return self._item(declared, await self._safe.find(user_id, type))

    async def disconnect(self, user_id: str, type: str) -> None:
        """Forget a connection and give its tokens back. Raises ConnectionNotFound."""
        await self._keeper.settled(user_id, type)
        connection = await self._safe.find(user_id, type)
        declared = self._declared().get(type)
        if connection is None and declared is None:
            raise ConnectionNotFound(f"The app has no connection {type[:60]!r}.")
        await self._tell(self._cards.complete, user_id, type)
        await self._safe.remove(user_id, type)
        await self._give_back([connection] if connection else [])

    async def forget_user(self, user_id: str) -> None:
        """Forget all connections of a user, and give their tokens back."""
        connections = await self._safe.of_user(user_id)
        await self._safe.remove_user(user_id)
        await self._give_back(connections)

    def take_along(self, database: sqlite3.Connection, visitor_id: str, user_id: str) -> None:
        """Give a visitor's connections to the account that the visitor signed in to.

        To be called inside an operation of the log, with its connection.
        """
        self._safe.take_along(database, visitor_id, user_id)

    async def credentials(self, user_id: str, type: str) -> CredentialState | None:
        """Return working credentials; None when the user has to connect (again).

        Raises ProviderUnavailable when they expired and cannot be renewed just now.
        """
        declared = self._declared().get(type)
        if declared is None or declared.mode is Mode.pipedream:
            return None
        return await self._keeper.usable(declared, await self._safe.find(user_id, type))

    async def all_credentials(self, user_id: str) -> dict[str, CredentialState]:
        """Return the working credentials of a user, by type. What cannot be renewed just now is left out."""
        declared = self._declared()
        connections = [c for c in await self._safe.of_user(user_id) if c.type in declared]
        found = await asyncio.gather(
            *(self._keeper.usable(declared[connection.type], connection) for connection in connections),
            return_exceptions=True,
        )
        usable: dict[str, CredentialState] = {}
        for connection, state in zip(connections, found, strict=True):
            if isinstance(state, PlatformError):
                logger.warning("credentials of %s are left out: %s", connection.type, state.detail)
            elif isinstance(state, BaseException):
                raise state
            elif state is not None:
                usable[connection.type] = state
        return usable

    async def close(self) -> None:
        """Let refreshes that run end, for a moment."""
        await self._keeper.close()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    def _declared(self) -> dict[str, Declared]:
        return read_declared(self._manifest())

    def _find(self, type: str, mode: Mode) -> Declared:
        declared = self._declared().get(type)
        if declared is None:
            raise ConnectionNotFound(f"The app has no connection {type[:60]!r}.")
        if declared.mode is Mode.pipedream:
            raise InvalidConnection(f"{declared.label} cannot be connected yet.", field="type")
        if declared.mode is not mode:
            way = "signing in" if declared.mode is Mode.oauth else "filling in its form"
            raise InvalidConnection(f"{declared.label} is connected by {way}.", field="type")
        return declared

    def _item(self, declared: Declared, connection: Connection | None) -> dict[str, Any]:
        status = Status.not_connected
        if connection is not None:
            held = self._safe.open(connection)
            is_good = held is not None and held.fits(declared)
            status = connection.status if is_good else Status.needs_reconnect
        item: dict[str, Any] = {
            "type": declared.type,
            "name": declared.label,
            "mode": declared.mode,
            "is_available": declared.mode is not Mode.pipedream,
            "fields": [
                {
                    "name": field.name,
                    "label": field.label,
                    "is_secret": field.is_secret,
                    "is_optional": field.is_optional,
                }
                for field in declared.form
            ]
            if declared.mode is Mode.secret
            else [],
            "status": status,
            "scopes": connection.scopes.split() if connection else list(declared.wanted_scopes),
        }
        if connection is not None:
            item["connected_at"] = to_text(connection.connected_at)
            if connection.account:
                item["account"] = connection.account
        return item

    async def _give_back(self, connections: list[Connection]) -> None:
        """Revoke without keeping the user waiting for long."""
        declared = self._declared()
        tasks = []
        for connection in connections:
            entry, held = declared.get(connection.type), self._safe.open(connection)
            if entry is not None and held is not None and held.access_token:
                tasks.append(asyncio.create_task(self._sign_ins.give_back(entry, held)))
        self._background.update(tasks)
        for task in tasks:
            task.add_done_callback(self._background.discard)
        if tasks:
            await asyncio.wait(tasks, timeout=_REVOKE_SECONDS)

    async def _tell_connected(self, user_id: str, type: str) -> None:
        await self._tell(self._cards.complete, user_id, type)
        await self._tell(self.on_connected, user_id, type)

    async def _tell_lost(self, user_id: str, type: str) -> None:
        await self._tell(self._cards.show, user_id, type)
        await self._tell(self.on_lost, user_id, type)

    async def _tell(self, told: Told, user_id: str, type: str) -> None:
        try:
            await told(user_id, type)
        except Exception:  # the connection itself is as it should be
            logger.exception("a change of the connection %s could not be passed on", type)
