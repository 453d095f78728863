import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from capsule.sandbox.gate.locked import can_lock_peers
from capsule.sandbox.gate.probe import why_no_gate

sys.path.insert(0, str(Path(__file__).parent))

from gate_walls import Walled

MISSING = why_no_gate()


@pytest.fixture(params=["locked", "strict"])
async def walled(request: pytest.FixtureRequest) -> AsyncIterator[Walled]:
    if MISSING:
        pytest.skip(f"no gate here: {MISSING}")
    locks_peers = request.param == "locked"
    if locks_peers and not can_lock_peers():
        pytest.skip("this user may not lock sockets")
    before = set(os.listdir("/proc/self/fd"))
    walled = Walled(locks_peers)
    yield walled
    await walled.close()
    await asyncio.sleep(0)
    left = set(os.listdir("/proc/self/fd")) - before
    assert len(left) <= 1, [
        os.readlink(f"/proc/self/fd/{fd}") for fd in left if os.path.exists(f"/proc/self/fd/{fd}")
    ]


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """A server on this machine's own loopback that says everything back; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=500)
    yield server.sockets[0].getsockname()[1]
    server.close()
    if sys.version_info >= (3, 13):
        server.close_clients()


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port of this machine's loopback that nobody listens on and nobody else gets."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@pytest.fixture
async def web() -> AsyncIterator[int]:
    """A web server on this machine's own loopback that says hello; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
def full_server() -> Iterator[socket.socket]:
    """A listener whose backlog is full, so that further connections neither succeed nor fail."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield server


@pytest.fixture
def full_port(full_server: socket.socket) -> int:
    port: int = full_server.getsockname()[1]
    return port
