"""What a runtime does between its birth and its end, and how the zygote prepares for it."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import importlib
import logging
import os
import socket
import sys
from pathlib import Path

import cpsl
from cpsl._app import App
from cpsl._image import Image
from cpsl.wire import PROTOCOL, Ack, Hello, Reply, RunTurn, TurnEnded, decode, encode

from .loader import Definition
from .server import BootFailed, RuntimeServer
from .zygote.birth import Life

DRAIN = "CAPSULE_DRAIN_SECONDS"


def make_life(definition: Definition) -> Life:
    """Return the life of a runtime of this app."""
    for mount, filesystem in definition.app._resources.filesystems.items():
        if not Path(mount).is_dir():
            name = filesystem.name
            logging.warning("filesystem %r is not mounted at %s (capsule fs create %s)", name, mount, name)

    def live(listener: socket.socket) -> int:
        _reseed()
        return leave(_serve(definition.app, listener))

    return live


def leave(code: int) -> int:
    """End the process now: a handler that ignores being cancelled, or a thread, must not keep it alive."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


_ASKED_FOR_LATER = ("_command", "_download", "_external", "ui")
"""Modules of the SDK that are imported at their first use; by a runtime they need not be."""


def warm_up() -> None:
    """Run one turn of an empty app here, so that no runtime has to do anything for the first time."""
    for name in _ASKED_FOR_LATER:
        importlib.import_module(f"cpsl.{name}")
    for name in cpsl.__all__:
        getattr(cpsl, name)
    app = App("warm-up", image=Image())

    @app.message()
    async def answer(session, msg):  # type: ignore[no-untyped-def]
        async with session.stream_reply() as reply:
            reply.write(msg.text)
        await session.reply(msg.text)

    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(_rehearse(app))
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()
        asyncio.set_event_loop(None)
        logging.getLogger().setLevel(level)


async def _rehearse(app: App) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("")  # a name of the kernel's choice
    listener.listen(1)
    listener.setblocking(False)
    address = listener.getsockname()
    server = RuntimeServer(app, listener)
    running = asyncio.ensure_future(server.run())
    reader, writer = await asyncio.open_unix_connection(address)
    session = {
        "id": "ses_0",
        "user": {"id": "usr_0", "email": None, "org_id": None},
        "channel": "chat",
        "data": {},
        "history": [],
        "is_entered": True,
        "integrations": {},
    }
    writer.write(encode(Hello(PROTOCOL)))
    await reader.readline()
    writer.write(encode(RunTurn("trn_0", session, {"text": "hello", "at": 0.0})))  # type: ignore[arg-type]
    while line := await reader.readline():
        message = decode(line)
        if isinstance(message, Reply):
            writer.write(encode(Ack(message.id)))
        elif isinstance(message, TurnEnded):
            break
    server.stop()
    await running
    writer.close()


def _serve(app: App, listener: socket.socket) -> int:
    drain = float(os.environ.get(DRAIN) or 4.0)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(RuntimeServer(app, listener, drain_seconds=drain).run())
    except BootFailed as exc:
        sys.stderr.write(f"Error: {exc}\n")
        return 1
    except SystemExit as exc:
        sys.stderr.write(f"Error: The app called sys.exit({exc.code!r}).\n")
        return 1
    return 0


def _reseed() -> None:
    """Give this copy random numbers of its own; Python's own generator does so by itself."""
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()
