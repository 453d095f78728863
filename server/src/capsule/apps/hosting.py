"""The app host itself: which apps there are, kept across its own restarts. Implements `contract.AppHost`."""

import asyncio
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import msgspec

from capsule.apps.connections.opening import ConnectionKeeper
from capsule.apps.contract import AppState, HostedApp, RuntimeReport, Vault, owner_prefix
from capsule.apps.errors import AppNotFound, AppUnavailable
from capsule.apps.files.keeper import FileKeeper
from capsule.apps.liveapp import REMOVED, LiveApp
from capsule.apps.runtimes.tokens import RuntimeTokens
from capsule.apps.sessions import storefile
from capsule.apps.sessions.store import SessionStore
from capsule.apps.tending import Tending
from capsule.engines.contract import Engine
from capsule.errors import PlatformError
from capsule.kit.durable import write_durably
from capsule.paths import DataPaths

log = logging.getLogger(__name__)

_THREADS = 4

Key = tuple[str, str]


class Hosting:
    """Every hosted app, by capsule and environment."""

    def __init__(
        self,
        data: DataPaths,
        engine: Engine,
        tokens: RuntimeTokens,
        vault: Vault,
        files: FileKeeper,
        connections: ConnectionKeeper,
        *,
        wait_seconds: float = 60.0,
        session_idle_days: float = 30.0,
    ) -> None:
        self._data = data
        self._engine = engine
        self._tokens = tokens
        self._vault = vault
        self._files = files
        self._connections = connections
        self._wait_seconds = wait_seconds
        self._file = data.state("apps") / "apps.json"
        self._apps: dict[Key, LiveApp] = {}
        self._closed: dict[Key, tuple[HostedApp, Exception]] = {}
        """Apps whose conversations could not be opened; tried again when they are deployed."""
        self._making = asyncio.Lock()
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="sessions")
        self._drains: set[asyncio.Task[None]] = set()
        self._tending = Tending(lambda: list(self._apps.values()), session_idle_days)

    async def start(self) -> None:
        """Take up the apps known before, with their open turns."""
        for app in self._load():
            key = (app.capsule_id, app.environment)
            try:
                live = self._open(app)
            except (PlatformError, sqlite3.Error, OSError) as exc:
                # The other apps must not suffer from the file of one.
                log.error("app %s (%s) cannot be hosted: %s", *key, exc)
                self._closed[key] = (app, exc)
                continue
            self._apps[key] = live
            await live.recover()
        self._tending.start()

    def end_streams(self) -> None:
        """End every stream of events; their readers come back and resume where they were."""
        for live in self._apps.values():
            live.log.end_streams()

    async def close(self) -> None:
        """Let go of everything without ending a turn; what runs is found again by the next start."""
        await self._tending.close()
        for live in self._apps.values():
            await live.close()
        self._executor.shutdown()

    def find(self, capsule_id: str, environment: str) -> LiveApp:
        """Return a hosted app. Raises AppNotFound."""
        live = self._apps.get((capsule_id, environment))
        if live is None and (closed := self._closed.get((capsule_id, environment))):
            app, exc = closed
            raise AppUnavailable(f"The conversations of {app.name} cannot be read: {exc}")
        if live is None:
            raise AppNotFound(f"There is no app for capsule {capsule_id!r} ({environment}).")
        return live

    async def put_app(
        self, app: HostedApp, *, ready_seconds: float = 60.0, drain_seconds: float = 30.0
    ) -> None:
        live = await self._find_or_make(app)
        async with live.changing:
            leave = await live.adopt(app, ready_seconds)
            self._save()
        if leave is not None:
            draining = asyncio.create_task(leave(drain_seconds))
            self._drains.add(draining)
            draining.add_done_callback(self._drains.discard)
            await asyncio.shield(draining)

    async def remove_app(self, capsule_id: str, environment: str, *, delete_data: bool = False) -> None:
        live = self._apps.get((capsule_id, environment))
        if live is not None:
            async with live.changing:
                await live.close(REMOVED)
                self._apps.pop((capsule_id, environment), None)
                self._save()
        if self._closed.pop((capsule_id, environment), None):
            self._save()
        if delete_data:
            await self._engine.delete_files(owner_prefix(capsule_id, environment))
            storefile.remove(self._data.sessions(capsule_id, environment))
            await self._files.destroy(capsule_id, environment)

    async def apps(self) -> list[HostedApp]:
        return self._known()

    async def runtimes(self, capsule_id: str, environment: str) -> RuntimeReport:
        return await self.find(capsule_id, environment).runtimes.report()

    async def stop_runtime(self, capsule_id: str, environment: str, user_id: str) -> None:
        await self.find(capsule_id, environment).runtimes.stop(user_id)

    async def clear_files(self, capsule_id: str, environment: str, user_id: str) -> None:
        await self.find(capsule_id, environment).runtimes.clear_files(user_id)

    async def _find_or_make(self, app: HostedApp) -> LiveApp:
        key = (app.capsule_id, app.environment)
        async with self._making:
            if key not in self._apps:
                # Known from now on, so that messages wait; live only once its runtime is ready.
                live = self._open(replace(app, state=AppState.starting, replica_id=None))
                self._apps[key] = live
                self._closed.pop(key, None)
                await live.recover()
            return self._apps[key]

    def _open(self, app: HostedApp) -> LiveApp:
        path = self._data.sessions(app.capsule_id, app.environment)
        store = storefile.open_sound(path, SessionStore)
        return LiveApp(
            app,
            store,
            self._executor,
            self._wait_seconds,
            self._engine,
            self._tokens,
            self._vault,
            partial(self._files.open, app.capsule_id, app.environment),
            self._connections.open,
        )

    def _load(self) -> list[HostedApp]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=list[HostedApp])
        except FileNotFoundError:
            return []

    def _save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(self._file, msgspec.json.encode(self._known()))

    def _known(self) -> list[HostedApp]:
        return [*(live.app for live in self._apps.values()), *(app for app, _ in self._closed.values())]
