"""Bring the whole installation up: check, first start, the other processes, then the server."""

import asyncio
import contextlib
import socket
import subprocess
import time

from capsule.edge.listen import PortInUse
from capsule.errors import Conflict
from capsule.installation import banner, doctor, pidfile, status
from capsule.installation.address import keep_address
from capsule.installation.banner import FirstLogin
from capsule.installation.demo import DEMOS
from capsule.installation.folder import prepare
from capsule.installation.processes import ProcessFailed, last_line, processes, spawn_detached
from capsule.paths import DataPaths
from capsule.server import Server
from capsule.settings import Settings

_SERVER_SECONDS = 30.0


class Up:
    """One `capsule up`."""

    def __init__(self, settings: Settings, server: Server, *, detach: bool) -> None:
        self._settings = settings
        self._server = server
        self._paths = DataPaths(settings.data)
        self._detach = detach
        self._processes = processes(settings)

    async def run(self) -> int:
        """Return the exit code; in the foreground only once the server has stopped."""
        if running := pidfile.read(self._paths.pid_file("server")):
            return self._already_running(running)
        self._check_port()
        prepare(self._paths)
        keep_address(self._paths, self._settings)
        self._tell_notices()
        first = await self._server.first_start()
        await self._start_processes()
        if self._detach:
            await self._start_detached()
            self._tell_ready(first)
            return 0
        await self._server.run(on_ready=lambda: self._tell_ready(first))
        print(banner.stopped(self._settings), flush=True)
        return 0

    def _already_running(self, running: pidfile.Running) -> int:
        edge = next(process for process in self._processes if process.name == "edge")
        if (live := edge.running()) and live.arguments != edge.arguments:
            raise Conflict(
                f"The installation in {self._paths.root} already runs with other options.",
                hint="capsule down --all, then up again; or another --data for a second installation",
            )
        print(f"Capsule is already running at {banner.console_url(self._settings)} (pid {running.pid}).")
        return 0

    def _check_port(self) -> None:
        """Raise PortInUse before anything is started. Our own edge may hold the port already."""
        edge = next(process for process in self._processes if process.name == "edge")
        if edge.running() is not None:
            return
        host = "127.0.0.1" if self._settings.host == "localhost" else self._settings.host
        with socket.socket(socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, self._settings.port))
            except OSError as exc:
                raise PortInUse(
                    f"Port {self._settings.port} cannot be used: {exc.strerror or exc}.",
                    hint=f"Choose another: capsule up --port {self._settings.port + 1}",
                ) from exc

    def _tell_notices(self) -> None:
        for finding in doctor.examine():
            if not finding.found and finding.part in ("git", "bubblewrap", "namespaces", "cgroups"):
                print(f"Notice: {finding.part} is missing: {finding.enables}. {finding.hint}", flush=True)

    async def _start_processes(self) -> None:
        for process in self._processes:
            started = time.monotonic()
            if process.running() is not None and not process.follows():
                await process.renew()
                print(f"  {process.name:<7} renewed ({time.monotonic() - started:.1f} s)", flush=True)
                continue
            if await process.start():
                print(f"  {process.name:<7} started ({time.monotonic() - started:.1f} s)", flush=True)
            else:
                print(f"  {process.name:<7} was running", flush=True)

    async def _start_detached(self) -> None:
        options = ["--data", str(self._paths.root), "--port", str(self._settings.port)]
        options += ["--host", self._settings.host, *([] if self._settings.demo else ["--no-demo"])]
        child = spawn_detached(self._paths, "server", options)
        deadline = time.monotonic() + _SERVER_SECONDS
        while time.monotonic() < deadline and child.poll() is None:
            if await status.server_answers(self._paths):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(0)
                return
            await asyncio.sleep(0.05)
        raise ProcessFailed(
            f"The server did not start: {last_line(self._paths, 'server')}",
            hint=f"See {self._paths.process_log('server')}",
        )

    def _tell_ready(self, first: FirstLogin | None) -> None:
        demos = tuple(demo.name for demo in DEMOS) if self._settings.demo and first is not None else ()
        print(banner.ready(self._settings, first, demo_names=demos), flush=True)
        if not self._detach:
            print("\n  Ctrl-C stops the server; capsules keep running.", flush=True)
