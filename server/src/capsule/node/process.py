"""The node agent: one engine, served to the server over a unix socket. Its replicas outlive it.

Knows nothing of capsules, releases or the database. A restart of the agent, however it ended, is not noticed
by any replica: the engine finds them again before the first call is answered.
"""

import asyncio
import logging
import os
import resource
import signal
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec

from capsule.engines.contract import Engine, ReplicaSpec, Restart, RuntimeSpec
from capsule.engines.shells import HasShells
from capsule.kit.memory import settle
from capsule.kit.rpc import Handler, RpcServer
from capsule.node.shells import shell_handlers
from capsule.paths import DataPaths

log = logging.getLogger(__name__)


class _ById(Protocol):
    def __call__(self, replica_id: str, /) -> Awaitable[object]: ...


def run(*, data: DataPaths, engine: Engine) -> None:
    """Serve until SIGTERM or SIGINT, then let go of the replicas without stopping them.

    Raises Conflict when a node agent already runs on this data folder.
    """
    asyncio.run(serve(data=data, engine=engine))


async def serve(*, data: DataPaths, engine: Engine) -> None:
    """Recover the replicas, then answer calls until a signal or the call `shutdown`."""
    _raise_file_limit()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    recovered = asyncio.Event()
    server = RpcServer(data.node_socket, _handlers(engine, recovered, ended))
    # The socket first: it refuses a second agent before that could touch a replica of the first.
    await server.start()
    try:
        found = await engine.recover()
        log.info("node agent %d minds %d replicas", os.getpid(), len(found))
        for notice in (await engine.fingerprint()).notices:
            log.warning("%s", notice)
        recovered.set()
        settle()
        await ended.wait()
    finally:
        await server.close()
        await engine.close()


def _handlers(engine: Engine, recovered: asyncio.Event, ended: asyncio.Event) -> dict[str, Handler]:
    async def start(params: dict[str, Any]) -> object:
        return await engine.start(msgspec.convert(params["spec"], ReplicaSpec))

    async def set_restart(params: dict[str, Any]) -> object:
        return await engine.set_restart(params["id"], Restart(params["restart"]))

    async def wake(params: dict[str, Any]) -> object:
        return await engine.wake(msgspec.convert(params["spec"], RuntimeSpec))

    async def stop_runtime(params: dict[str, Any]) -> object:
        await engine.stop_runtime(params["id"], params["runtime_id"], grace_seconds=params["grace_seconds"])
        return None

    async def wait_runtime(params: dict[str, Any]) -> object:
        return await engine.wait_runtime(params["id"], params["runtime_id"])

    async def runtimes(params: dict[str, Any]) -> object:
        return await engine.runtimes(params["id"], measure=params["measure"])

    async def delete_files(params: dict[str, Any]) -> object:
        await engine.delete_files(params["owner"])
        return None

    async def health(_: dict[str, Any]) -> object:
        return {"status": "healthy", "pid": os.getpid(), "engine": engine.name}

    async def shutdown(params: dict[str, Any]) -> object:
        """End the agent after the answer; with `stop_replicas`, its replicas before."""
        if params.get("stop_replicas"):
            statuses = await engine.list()
            await asyncio.gather(*(engine.destroy(status.id) for status in statuses))
        asyncio.get_running_loop().call_later(0.05, ended.set)
        return None

    def by_id(call: _ById) -> Handler:
        async def handler(params: dict[str, Any]) -> object:
            return await call(params["id"])

        return handler

    def plain(call: Callable[[], Awaitable[object]]) -> Handler:
        async def handler(_: dict[str, Any]) -> object:
            return await call()

        return handler

    async def capabilities() -> object:
        return engine.capabilities

    def after_recovery(handler: Handler) -> Handler:
        async def waiting(params: dict[str, Any]) -> object:
            await recovered.wait()
            return await handler(params)

        return waiting

    handlers = {
        "start": start,
        "stop": by_id(engine.stop),
        "destroy": by_id(engine.destroy),
        "set_restart": set_restart,
        "inspect": by_id(engine.inspect),
        "list": plain(engine.list),
        "wait": by_id(engine.wait),
        "stats": by_id(engine.stats),
        "ready": by_id(engine.ready),
        "wake": wake,
        "stop_runtime": stop_runtime,
        "wait_runtime": wait_runtime,
        "runtimes": runtimes,
        "delete_files": delete_files,
        "fingerprint": plain(engine.fingerprint),
        "capabilities": plain(capabilities),
        "shutdown": shutdown,
        "health": health,
        **(shell_handlers(engine.shells) if isinstance(engine, HasShells) else {}),
    }
    return {name: after_recovery(handler) for name, handler in handlers.items()}


def _raise_file_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
