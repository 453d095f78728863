"""Start, ask and stop the node agent, the edge and the app host, which live apart from the server."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from capsule.errors import PlatformError, Unavailable
from capsule.installation import pidfile
from capsule.installation.layout import code_digest
from capsule.installation.options import digest
from capsule.kit.rpc import RpcClient
from capsule.paths import DataPaths
from capsule.settings import Settings

START_SECONDS = 20.0
STOP_SECONDS = 20.0


class ProcessFailed(PlatformError):
    """One of the platform's own processes ended before it was ready."""

    code, title = "process_failed", "Process did not start"


@dataclass(frozen=True)
class ProcessHealth:
    """As shown by `capsule status`."""

    name: str
    pid: int | None
    health: str
    """`healthy`, `unhealthy` (runs but does not answer) or `stopped`."""
    uptime_seconds: float | None = None

    def as_json(self) -> dict[str, object]:
        return {key: value for key, value in asdict(self).items() if key != "name"}


class Process:
    """One detached process of the platform, known by its pid file and its control socket."""

    def __init__(
        self, paths: DataPaths, name: str, arguments: list[str], *, told: Callable[[], str] | None = None
    ) -> None:
        """`told`: returns what stands for the options that the process takes from the environment."""
        self.name = name
        self._arguments = ["--data", str(paths.root), *arguments]
        self._told = told
        self._paths = paths
        self._socket = {
            "node": paths.node_socket,
            "edge": paths.edge_socket,
            "apps": paths.apps_control_socket,
        }[name]

    @property
    def arguments(self) -> list[str]:
        return [*self._arguments, *(["--options", self._told()] if self._told else [])]

    def running(self) -> pidfile.Running | None:
        return pidfile.read(self._paths.pid_file(self.name))

    async def health(self) -> ProcessHealth:
        running = self.running()
        if running is None:
            return ProcessHealth(self.name, None, "stopped")
        answered = await self._answers()
        return ProcessHealth(
            self.name, running.pid, "healthy" if answered else "unhealthy", uptime_seconds(running.pid)
        )

    def follows(self) -> bool:
        """Tell whether the live process has today's arguments and code."""
        running = self.running()
        return running is not None and running.arguments == self.arguments and running.code == code_digest()

    async def start(self) -> bool:
        """Start it unless it runs, and wait until it answers. Return whether it was started.

        Raises ProcessFailed with the last line of its log when it ends before that.
        """
        child: subprocess.Popen[bytes] | None = None
        if self.running() is None:
            child = spawn_detached(self._paths, self.name, self.arguments)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if await self._answers():
                return child is not None
            if child is not None and child.poll() is not None:
                break
            await asyncio.sleep(0.05)
        raise ProcessFailed(
            f"The {self.name} did not start: {last_line(self._paths, self.name)}",
            hint=f"See {self._paths.process_log(self.name)}",
        )

    async def renew(self) -> None:
        """Make the live process follow, in the way that its users notice least."""
        running = self.running()
        in_place = self.name == "edge" and running is not None and running.arguments == self.arguments
        if not in_place or not await self._ask_to_renew():
            await self.stop()
            await self.start()
            return
        deadline = time.monotonic() + START_SECONDS
        while not (self.follows() and await self._answers()):
            if time.monotonic() > deadline:
                raise ProcessFailed(f"The {self.name} did not come back: {last_line(self._paths, self.name)}")
            await asyncio.sleep(0.05)

    async def _ask_to_renew(self) -> bool:
        """Return whether it will; a process of an older version may not know how."""
        client = RpcClient(self._socket, name=self.name)
        try:
            await client.call("renew")
        except PlatformError:
            return False
        finally:
            await client.close()
        return True

    async def stop(self) -> None:
        """Ask it to end, wait, insist."""
        running = self.running()
        if running is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(running.pid, number)
            except ProcessLookupError:
                return
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                if self.running() is None:
                    return
                await asyncio.sleep(0.05)

    async def _answers(self) -> bool:
        client = RpcClient(self._socket, name=self.name)
        try:
            await client.call("health", timeout=3.0)
        except Unavailable:
            return False
        finally:
            await client.close()
        return True


def live_port(paths: DataPaths) -> int | None:
    """Return the port that the running edge listens on, whatever the settings say."""
    running = pidfile.read(paths.pid_file("edge"))
    if running is None or "--port" not in running.arguments:
        return None
    return int(running.arguments[running.arguments.index("--port") + 1])


def processes(settings: Settings) -> list[Process]:
    """Return the three processes that live apart from the server, in the order in which they start."""
    paths = DataPaths(settings.data)
    edge = ["--port", str(settings.port), "--host", settings.host, "--domain", settings.domain]
    return [
        Process(paths, "node", []),
        Process(paths, "apps", [], told=lambda: digest(paths, settings)),
        Process(paths, "edge", [*edge, "--workers", str(settings.edge_workers)]),
    ]


def spawn_detached(paths: DataPaths, name: str, arguments: list[str]) -> "subprocess.Popen[bytes]":
    """Start `python -m capsule <name>` in a session of its own, with its output in a log file."""
    log = paths.process_log(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "capsule", name, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
        )


def last_line(paths: DataPaths, name: str) -> str:
    try:
        lines = paths.process_log(name).read_text(errors="replace").strip().splitlines()
    except FileNotFoundError:
        lines = []
    return lines[-1] if lines else "it ended without a word"


def uptime_seconds(pid: int) -> float | None:
    try:
        with open(f"/proc/{pid}/stat") as stat, open("/proc/uptime") as uptime:
            started = int(stat.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
            return round(float(uptime.read().split()[0]) - started, 1)
    except FileNotFoundError:
        return None
