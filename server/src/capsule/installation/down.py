"""Stop the server, or everything that the installation runs."""

import asyncio
import os
import signal
import time
from collections.abc import Callable

from capsule.docker.daemon import end_own
from capsule.errors import PlatformError, Unavailable
from capsule.installation import pidfile
from capsule.installation.processes import STOP_SECONDS, Process
from capsule.kit.rpc import RpcClient
from capsule.paths import DataPaths

Say = Callable[[str], None]


async def stop_server(paths: DataPaths) -> bool:
    """Return whether it was running. What serves users goes on."""
    running = pidfile.read(paths.pid_file("server"))
    if running is None:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(running.pid, number)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if pidfile.read(paths.pid_file("server")) is None:
                return True
            await asyncio.sleep(0.05)
    raise PlatformError(f"The server (pid {running.pid}) does not end.", hint=f"kill -9 {running.pid}")


async def stop_everything(paths: DataPaths, processes: list[Process], say: Say) -> None:
    """Server first, then what serves users, replicas last."""
    if await stop_server(paths):
        say("server stopped")
    by_name = {process.name: process for process in processes}
    for name in ("edge", "apps"):
        if by_name[name].running() is not None:
            await by_name[name].stop()
            say(f"{name} stopped")
    await _stop_node(paths, by_name["node"], say)
    if await end_own(paths):
        say("docker stopped")


async def _stop_node(paths: DataPaths, node: Process, say: Say) -> None:
    if node.running() is None:
        # Replicas may have outlived their agent; only an agent knows how to end them.
        kept = (*paths.replicas.glob("*/spec.json"), *paths.containers.glob("*/spec.json"))
        if not kept:
            return
        await node.start()
    client = RpcClient(paths.node_socket, name="node")
    try:
        await client.call("shutdown", {"stop_replicas": True}, timeout=60.0)
    except Unavailable:
        say("node does not answer; ending it")
    finally:
        await client.close()
    await node.stop()
    say("node and replicas stopped")
