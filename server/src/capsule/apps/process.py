"""The app host as a process: HTTP for apps on one unix socket, calls of the server on another."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket as sockets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
import uvloop
from starlette.applications import Starlette

from capsule.apps.connections.opening import ConnectionKeeper
from capsule.apps.contract import HostedApp, RuntimeReport
from capsule.apps.files.keeper import FileKeeper
from capsule.apps.files.store import FileLimits
from capsule.apps.hosting import Hosting
from capsule.apps.http.application import create_application
from capsule.apps.http.identity import Visitors
from capsule.apps.http.tickets import Tickets
from capsule.apps.options import AppHostOptions
from capsule.apps.preview.tokens import PreviewTokens
from capsule.apps.runtimes.tokens import RuntimeTokens
from capsule.apps.vault import ServerVault
from capsule.engines.contract import Engine
from capsule.kit.rpc import Handler, RpcServer
from capsule.kit.sockets import short_path
from capsule.paths import DataPaths

log = logging.getLogger(__name__)

_BACKLOG = 1024
_SWITCH_SECONDS = 0.0005
_DEFAULT_OPTIONS = AppHostOptions()


def run(*, data: DataPaths, shell: Path, engine: Engine, options: AppHostOptions = _DEFAULT_OPTIONS) -> None:
    """Serve until SIGTERM or SIGINT. `shell` holds the built chat page, `engine` wakes the runtimes."""
    _share_the_interpreter()
    uvloop.run(serve(data=data, shell=shell, engine=engine, options=options))


async def serve(
    *,
    data: DataPaths,
    shell: Path,
    engine: Engine,
    options: AppHostOptions = _DEFAULT_OPTIONS,
    wait_seconds: float = 60.0,
) -> None:
    """As `run`, inside a running loop. `wait_seconds`: how long a message waits for an app that starts."""
    tokens = RuntimeTokens(data.runtimes_key)
    vault = ServerVault(data.server_control_socket)
    files = FileKeeper(data, FileLimits(upload_bytes=options.upload_bytes))
    connections = ConnectionKeeper(data.connections_key, options.providers)
    hosting = Hosting(
        data,
        engine,
        tokens,
        vault,
        files,
        connections,
        wait_seconds=wait_seconds,
        session_idle_days=options.session_idle_days,
    )
    control = RpcServer(data.apps_control_socket, control_handlers(hosting))
    # First, since it refuses to start beside another app host on the same data.
    await control.start()
    await hosting.start()
    visitors, tickets = Visitors(data.visitors_key), Tickets(data.visitors_key)
    previews = PreviewTokens(data.previews_key)
    http = _http_server(create_application(hosting, visitors, tickets, shell, options, previews))
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    with _listen(data.apps_socket) as listener:
        serving = asyncio.create_task(http.serve(sockets=[listener]))
        _calm_collector()
        log.info("app host is ready with %d apps", len(await hosting.apps()))
        stopped = asyncio.create_task(stopping.wait())
        await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        hosting.end_streams()
        http.should_exit = True
        await serving
    await control.close()
    await hosting.close()
    await connections.close()
    await vault.close()
    await engine.close()
    data.apps_socket.unlink(missing_ok=True)


def _calm_collector() -> None:
    """Have the garbage collector look at what requests leave, not again and again at what was loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _share_the_interpreter() -> None:
    """Let the threads that commit have their turn soon: the loop would keep the lock for 5 ms each time."""
    sys.setswitchinterval(_SWITCH_SECONDS)


def control_handlers(hosting: Hosting) -> dict[str, Handler]:
    """Return what the server may call: the methods of `contract.AppHost`, and `health`."""

    async def put_app(params: dict[str, Any]) -> None:
        app = msgspec.convert(params["app"], HostedApp)
        await hosting.put_app(
            app, ready_seconds=params["ready_seconds"], drain_seconds=params["drain_seconds"]
        )

    async def remove_app(params: dict[str, Any]) -> None:
        await hosting.remove_app(
            params["capsule_id"], params["environment"], delete_data=params["delete_data"]
        )

    async def apps(_: dict[str, Any]) -> list[HostedApp]:
        return await hosting.apps()

    async def runtimes(params: dict[str, Any]) -> RuntimeReport:
        return await hosting.runtimes(params["capsule_id"], params["environment"])

    async def stop_runtime(params: dict[str, Any]) -> None:
        await hosting.stop_runtime(params["capsule_id"], params["environment"], params["user_id"])

    async def clear_files(params: dict[str, Any]) -> None:
        await hosting.clear_files(params["capsule_id"], params["environment"], params["user_id"])

    async def health(_: dict[str, Any]) -> dict[str, Any]:
        return {"apps": len(await hosting.apps())}

    return {
        "put_app": put_app,
        "remove_app": remove_app,
        "apps": apps,
        "runtimes": runtimes,
        "stop_runtime": stop_runtime,
        "clear_files": clear_files,
        "health": health,
    }


def _http_server(application: Starlette) -> "_Server":
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",  # for previews
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        # Streams of events never end by themselves; their readers resume where they were.
        timeout_graceful_shutdown=1,
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """Leaves signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(path: Path) -> sockets.socket:
    """Bind the HTTP socket, replacing what an earlier process left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    listener = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    path.unlink(missing_ok=True)
    with short_path(path) as name:
        listener.bind(name)
    path.chmod(0o600)
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener
