"""Be the runtime of one app user: listen for the app host, boot, run turns, and leave in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from cpsl import __version__, _secrets
from cpsl._app import App
from cpsl._calls import call_inline
from cpsl._handlers import Handlers
from cpsl.wire import (
    MAX_LINE,
    PROTOCOL,
    Ack,
    CancelTurn,
    Hello,
    Leaving,
    Ready,
    Refused,
    RunTurn,
    TurnEnded,
    WireError,
    decode,
)

from .app_values import AppValues
from .dispatcher import Dispatcher
from .link import Link, LinkClosed
from .lookups import LookupLine
from .orphans import Orphans
from .ports import connect_port
from .watch import LoopWatch

log = logging.getLogger(__name__)

TOKEN = "CAPSULE_RUNNER_TOKEN"

_HANDLER_THREADS = 32
_SHUTDOWN_SECONDS = 5.0
_REFUSAL_SECONDS = 1.0


class BootFailed(Exception):
    """The app's `boot` raised; the text is for people."""


class RuntimeServer:
    """One running app."""

    def __init__(self, app: App, listener: socket.socket, *, drain_seconds: float = 4.0) -> None:
        self._app = app
        self._listener = listener
        self._drain_seconds = drain_seconds
        self._handlers = Handlers()
        self._dispatcher = Dispatcher(app, self._handlers)
        self._links: set[Link] = set()
        self._turns: dict[str, asyncio.Task[None]] = {}
        self._connections: set[asyncio.Task[None]] = set()
        self._is_leaving = False
        self._stopping = asyncio.Event()
        self._booting: asyncio.Task[None] | None = None
        self._replace_lookups: asyncio.Event | None = None
        self._watch: LoopWatch | None = None

    async def run(self) -> None:
        """Boot at the first connection, serve until SIGTERM or SIGINT, finish turns, run `shutdown`.

        Raises BootFailed; the app host has been told then.
        """
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_HANDLER_THREADS, thread_name_prefix="handler"))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        server = await asyncio.start_unix_server(self._serve, sock=self._listener, limit=MAX_LINE)
        watch = self._watch = LoopWatch(self._turns, lambda: [link.fileno() for link in list(self._links)])
        watch.start()
        minding = asyncio.create_task(Orphans().mind())
        try:
            await self._stopping.wait()
        finally:
            minding.cancel()
            watch.stop()
            server.close()
            await self._leave()
        if self._booting is not None and self._booting.done() and not self._booting.cancelled():
            self._booting.result()

    def stop(self) -> None:
        """Leave as after SIGTERM."""
        self._stopping.set()

    async def _boot(self) -> None:
        try:
            self._handlers = self._app._bind()
            self._dispatcher = Dispatcher(self._app, self._handlers)
            if self._handlers.boot is not None:
                await call_inline(self._handlers.boot)
        except (Exception, SystemExit) as exc:
            log.exception("boot of app %r failed", self._app.name)
            raise BootFailed(f"boot failed: {type(exc).__name__}: {exc}") from exc

    async def _is_booted(self, link: Link) -> bool:
        """Run `boot` once, whichever connection comes first; refuse the link when it fails."""
        self._app._backend = AppValues(link)
        if self._booting is None:
            self._booting = asyncio.create_task(self._boot())
        try:
            await asyncio.shield(self._booting)
        except BootFailed as exc:
            link.send(Refused(str(exc)))
            await link.drain()
            asyncio.get_running_loop().call_later(_REFUSAL_SECONDS, self._stopping.set)
            return False
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        link = Link(writer)
        own: set[str] = set()
        greeting: asyncio.Task[None] | None = None
        try:
            hello = await self._hear(reader, link)
            if hello is not None and hello.line == "lookups":
                await self._look_up(link, writer)
            elif hello is not None and hello.line == "port":
                await connect_port(reader, writer)
            elif hello is not None:
                # Beside reading, since `boot` may ask for values.
                greeting = asyncio.create_task(self._greet(link))
                while line := await reader.readline():
                    self._receive(line, link, own)
        except (ConnectionError, WireError, ValueError) as exc:
            log.warning("connection of the app host ended: %s", exc)
        except asyncio.CancelledError:
            pass
        finally:
            if greeting is not None:
                greeting.cancel()
            self._links.discard(link)
            self._connections.discard(task)
            link.close()
            for turn_id in own & set(self._turns):
                self._turns[turn_id].cancel()

    async def _hear(self, reader: asyncio.StreamReader, link: Link) -> Hello | None:
        line = await reader.readline()
        if not line:
            return None
        hello = decode(line)
        if not isinstance(hello, Hello) or hello.protocol != PROTOCOL:
            link.send(Refused(f"This runtime speaks protocol {PROTOCOL} (cpsl {__version__})."))
            await link.drain()
            return None
        return hello

    async def _look_up(self, link: Link, writer: asyncio.StreamWriter) -> None:
        """Keep a line for callers that cannot wait in the loop, until the host closes it."""
        transport = cast(asyncio.ReadTransport, writer.transport)
        transport.pause_reading()
        line = LookupLine(link.fileno())
        _secrets.set_resolver(line.secret)
        link.send(Ack(0))
        await link.drain()
        if self._replace_lookups is not None:
            self._replace_lookups.set()
        replaced = self._replace_lookups = asyncio.Event()
        try:
            await replaced.wait()  # by the next app host
        finally:
            line.close()

    async def _greet(self, link: Link) -> None:
        self._links.add(link)
        if not await self._is_booted(link):
            link.close()
            return
        link.send(Ready(PROTOCOL, __version__, self._app.name, os.environ.get(TOKEN, "")))
        if self._is_leaving:
            link.send(Leaving())

    def _receive(self, line: bytes, link: Link, own: set[str]) -> None:
        message = decode(line)
        if isinstance(message, RunTurn):
            own.add(message.turn_id)
            task = asyncio.create_task(self._run_turn(message, link))
            self._turns[message.turn_id] = task
            task.add_done_callback(lambda _: self._forget(message.turn_id, own))
            if self._watch is not None:
                self._watch.turn_begins()
        elif isinstance(message, CancelTurn):
            if running := self._turns.get(message.turn_id):
                running.cancel()
        elif isinstance(message, Ack):
            link.acknowledge(message)

    async def _run_turn(self, turn: RunTurn, link: Link) -> None:
        try:
            ended = await self._dispatcher.run(turn, link)
        except asyncio.CancelledError:  # before its handler began, or while its data was being saved
            ended = TurnEnded(turn.turn_id, "cancelled")
        except LinkClosed:
            log.warning("turn %s lost the app host", turn.turn_id)
            return
        # A turn cut off by this runtime's own end is the host's to explain.
        if not (self._is_leaving and ended.status == "cancelled"):
            link.send(ended)
            with contextlib.suppress(ConnectionError):
                await link.drain()

    def _forget(self, turn_id: str, own: set[str]) -> None:
        self._turns.pop(turn_id, None)
        own.discard(turn_id)

    async def _leave(self) -> None:
        self._is_leaving = True
        for link in self._links:
            link.send(Leaving())
        running = list(self._turns.values())
        if running:
            _, late = await asyncio.wait(running, timeout=self._drain_seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1.0)
        if self._handlers.shutdown is not None and self._is_ready():
            try:
                await asyncio.wait_for(call_inline(self._handlers.shutdown), _SHUTDOWN_SECONDS)
            except TimeoutError:
                log.error("shutdown took more than %g s and was cut off", _SHUTDOWN_SECONDS)
            except Exception:
                log.exception("shutdown failed")
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _is_ready(self) -> bool:
        booting = self._booting
        return booting is not None and booting.done() and not booting.cancelled() and not booting.exception()
