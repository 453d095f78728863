"""The zygote itself: load the app, then wait for orders and for the ends of runtimes.

One thread and no event loop of asyncio, so that a fork copies a process at rest. Runs until SIGTERM; when it
dies otherwise, its runtimes die with it and the engine starts it again.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cpsl import __version__
from cpsl.runtime.loader import Definition, load
from cpsl.wire import (
    ZYGOTE,
    ZYGOTE_PROTOCOL,
    Abandon,
    Ended,
    Loaded,
    Nameserver,
    Prepare,
    Prepared,
    Step,
    Wake,
    ZygoteMessage,
)

from . import system
from .birth import Life, give_birth
from .obstacles import find_obstacles, open_files
from .output import Relay
from .walls import bind_nameserver

COLD = "CAPSULE_ZYGOTE_COLD"
"""Set while the zygote starts anew because the loaded app cannot be forked: what it takes over, as JSON."""

_PACKET = 1 << 18
_LEAVE_SECONDS = 12.0

MakeLife = Callable[[Definition], Life]


class Zygote:
    """One app, loaded once."""

    def __init__(self, entry: str, socket_path: Path, make_life: MakeLife, warm: Callable[[], None]) -> None:
        self._entry = entry
        self._path = socket_path
        self._make_life = make_life
        self._warm = warm
        self._selector = selectors.DefaultSelector()
        self._relay = Relay(self._selector)
        self._server: socket.socket
        self._engine: socket.socket | None = None
        self._filter: list[int] = []
        """Of the network filter: its listener, and the zygote's own nameserver (UDP, TCP)."""
        self._loaded: Loaded | None = None
        self._life: Life
        self._files: list[tuple[int, str]] = []
        self._births: dict[int, tuple[str, socket.socket]] = {}
        """Id and lineage by the pid of the envoy, until it has ended."""
        self._runtimes: dict[int, str] = {}
        """Ids by pid."""
        self._nameservers: dict[str, list[int]] = {}
        """Sockets (UDP, TCP) by id: kept for an engine that comes back."""
        self._untold: list[Ended] = []
        self._is_leaving = False
        self._started_in = os.getcwd()

    def run(self) -> int:
        """Serve until SIGTERM; return the exit code. Raises LoadError when the app cannot be loaded."""
        system.adopt_orphans()
        inherited = os.environ.pop(COLD, "")
        if inherited:
            self._take_over(json.loads(inherited))
        else:
            self._listen()
            self._meet_engine()
            self._load()
        self._watch_signals()
        assert self._loaded is not None
        self._send(self._loaded)
        self._selector.register(self._server, selectors.EVENT_READ, self._accept)
        while True:
            for key, _ in self._selector.select(self._relay.pause_seconds):
                act: Callable[[], None] = key.data
                act()
            self._relay.resume()
            if self._is_leaving:
                return self._leave()

    # The app

    def _load(self) -> None:
        definition = load(self._entry)
        own = frozenset({*self._descriptors(), *self._selector_descriptors()})
        obstacles = find_obstacles(own)
        if obstacles:
            self._start_anew(obstacles)
        self._files = open_files(own)
        self._life = self._make_life(definition)
        self._warm()
        gc.collect()
        gc.freeze()  # what is loaded is looked at by no later collection, so its pages stay shared
        self._loaded = Loaded()

    def _start_anew(self, obstacles: list[str]) -> None:
        """Become a zygote that has not loaded the app: its threads and connections are gone with it."""
        engine = self._engine.fileno() if self._engine is not None else -1
        for descriptor in self._descriptors():
            os.set_inheritable(descriptor, True)
        kept = {"server": self._server.fileno(), "engine": engine, "filter": self._filter}
        os.environ[COLD] = json.dumps({**kept, "obstacles": obstacles})
        sys.stdout.flush()
        sys.stderr.flush()
        os.chdir(self._started_in)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

    def _take_over(self, inherited: dict[str, Any]) -> None:
        self._server = socket.socket(fileno=inherited["server"])
        self._filter = list(inherited["filter"])
        if inherited["engine"] >= 0:
            self._adopt_engine(socket.socket(fileno=inherited["engine"]))
        for descriptor in self._descriptors():
            os.set_inheritable(descriptor, False)
        self._life = self._load_and_live
        self._warm()
        self._loaded = Loaded(False, list(inherited["obstacles"]))

    def _load_and_live(self, listener: socket.socket) -> int:
        return self._make_life(load(self._entry))(listener)

    # The engine

    def _listen(self) -> None:
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fresh = self._path.with_name(f".{os.getpid()}.sock")
        directory = os.open(fresh.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            self._server.bind(f"/proc/self/fd/{directory}/{fresh.name}")
        finally:
            os.close(directory)
        self._server.listen(4)
        fresh.replace(self._path)

    def _meet_engine(self) -> None:
        """Wait for the first connection: nothing is loaded before the walls of this process stand."""
        while self._engine is None:
            self._accept()

    def _accept(self) -> None:
        try:
            connection, _ = self._server.accept()
        except OSError:
            return
        self._adopt_engine(connection)
        if self._loaded is None:
            self._receive()

    def _adopt_engine(self, connection: socket.socket) -> None:
        self._drop_engine()
        self._engine = connection
        self._selector.register(connection, selectors.EVENT_READ, self._receive)

    def _drop_engine(self) -> None:
        if self._engine is not None:
            self._selector.unregister(self._engine)
            self._engine.close()
            self._engine = None

    def _receive(self) -> None:
        assert self._engine is not None
        try:
            packet, descriptors, _, _ = socket.recv_fds(self._engine, _PACKET, 1)
        except OSError:
            packet, descriptors = b"", []
        if not packet:
            self._drop_engine()
            return
        message = ZYGOTE.decode(packet)
        if isinstance(message, Prepare):
            self._prepare(message)
        elif isinstance(message, Wake) and descriptors:
            self._wake(message, socket.socket(fileno=descriptors.pop()))
        elif isinstance(message, Abandon):
            self._abandon(message.id)
        for descriptor in descriptors:
            os.close(descriptor)

    def _prepare(self, message: Prepare) -> None:
        if message.network_filter and not self._filter:
            sockets = bind_nameserver(message.nameserver)
            system.forbid_new_privileges()
            listener = system.filter_with_listener(base64.b64decode(message.network_filter))
            self._filter = [listener, *(item.detach() for item in sockets)]
            for descriptor in self._filter:
                os.set_inheritable(descriptor, False)
        prepared = Prepared(ZYGOTE_PROTOCOL, __version__, list(self._runtimes.values()))
        self._send(prepared, self._filter)
        if self._loaded is not None:
            self._send(self._loaded)
        for runtime_id, descriptors in self._nameservers.items():
            self._send(Nameserver(runtime_id), descriptors)
        for ended in self._untold:
            self._send(ended)
        self._untold.clear()

    def _wake(self, message: Wake, channel: socket.socket) -> None:
        with channel:
            try:
                newborn = give_birth(channel, self._life, self._files, has_envoy=message.has_envoy)
            except OSError as exc:
                with contextlib.suppress(OSError):
                    channel.send(ZYGOTE.encode(Step("failed", f"fork: {exc.strerror}")))
                return
        self._relay.add(message.id, newborn.outputs)
        if message.has_envoy:
            self._births[newborn.pid] = (message.id, newborn.lineage)
        else:
            newborn.lineage.close()
            self._runtimes[newborn.pid] = message.id

    def _abandon(self, runtime_id: str) -> None:
        for pid, known in self._runtimes.items():
            if known == runtime_id:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _send(self, message: ZygoteMessage, descriptors: list[int] | None = None) -> None:
        if self._engine is None:
            if isinstance(message, Ended):
                self._untold.append(message)
            return
        try:
            socket.send_fds(self._engine, [ZYGOTE.encode(message)], descriptors or [])
        except OSError:
            self._drop_engine()
            if isinstance(message, Ended):
                self._untold.append(message)

    # Signals

    def _watch_signals(self) -> None:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

        def drain() -> None:
            with contextlib.suppress(BlockingIOError):
                while os.read(reading, 512):
                    pass
            self._reap()

        self._selector.register(reading, selectors.EVENT_READ, drain)

    def _on_signal(self, number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            self._is_leaving = True

    def _reap(self) -> None:
        """Note every end. A child that is nobody's (an orphan of an orphan) is only reaped."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._births:
                self._note_birth(pid, status)
            elif pid in self._runtimes:
                self._note_end(self._runtimes.pop(pid), status)

    def _note_birth(self, pid: int, status: int) -> None:
        """An envoy has ended: it has had its child, or it failed before."""
        runtime_id, lineage = self._births.pop(pid)
        with lineage:
            text, descriptors, _, _ = socket.recv_fds(lineage, 16, 2)
        if text:
            self._runtimes[int(text)] = runtime_id
            if descriptors:
                self._nameservers[runtime_id] = descriptors
                self._send(Nameserver(runtime_id), descriptors)
        else:
            self._note_end(runtime_id, status)

    def _note_end(self, runtime_id: str, status: int) -> None:
        self._relay.end(runtime_id)
        for descriptor in self._nameservers.pop(runtime_id, []):
            os.close(descriptor)
        if os.WIFSIGNALED(status):
            self._send(Ended(runtime_id, signal=os.WTERMSIG(status)))
            return
        code = os.WEXITSTATUS(status)
        self._send(Ended(runtime_id, signal=code - 128) if code > 128 else Ended(runtime_id, code=code))

    def _leave(self) -> int:
        """Let every runtime finish what it does, for a while."""
        give_up = time.monotonic() + _LEAVE_SECONDS
        for pid in (*self._runtimes, *self._births):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        while (self._runtimes or self._births) and time.monotonic() < give_up:
            for key, _ in self._selector.select(0.1):
                act: Callable[[], None] = key.data
                if act not in (self._accept, self._receive):
                    act()
            self._reap()
        return 0

    def _descriptors(self) -> set[int]:
        engine = {self._engine.fileno()} if self._engine is not None else set()
        return {self._server.fileno(), *self._filter, *engine}

    def _selector_descriptors(self) -> set[int]:
        return {self._selector.fileno()} if isinstance(self._selector, selectors.EpollSelector) else set()
