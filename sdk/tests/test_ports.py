"""The line to a port of a runtime, spoken as the app host does: bytes both ways, ends, and refusals."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from zygote_engine import Zygote

from cpsl.wire import Ack, Hello, OpenPort, decode, encode

APP = """
import cpsl
app = cpsl.App("demo", image=cpsl.Image())
"""

MIB = 1024 * 1024
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The socket of a runtime without walls: its ports are those of this machine."""
    zygote = Zygote(tmp_path_factory.mktemp("rt"), APP)
    zygote.loaded()
    yield zygote.wake("r")
    zygote.close()


@contextlib.asynccontextmanager
async def serving(handler: Serving, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Listen on a port of this machine."""
    server = await asyncio.start_server(handler, host, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def line_to(runtime: Path, port: int) -> AsyncIterator[tuple[Streams, Ack]]:
    reader, writer = await asyncio.open_unix_connection(str(runtime))
    writer.write(encode(Hello(line="port")) + encode(OpenPort(port)))
    ack = decode(await asyncio.wait_for(reader.readline(), 10))
    assert isinstance(ack, Ack)
    try:
        yield (reader, writer), ack
    finally:
        writer.transport.abort()


async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send everything back, and its size once the other side has ended."""
    size = 0
    while part := await reader.read(65536):
        size += len(part)
        writer.write(part)
        await writer.drain()
    writer.write(b"|%d" % size)
    writer.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_bytes_go_both_ways_and_each_side_ends_by_itself(runtime: Path, host: str) -> None:
    async with serving(count, host) as port, line_to(runtime, port) as ((reader, writer), ack):
        assert ack == Ack(0)
        data = bytes(range(256)) * (4 * 1024 * 10)  # 10 MiB

        async def send() -> None:
            writer.write(data)
            await writer.drain()
            writer.write_eof()

        async with asyncio.timeout(30):
            _, got = await asyncio.gather(send(), reader.read())
        assert got == data + b"|%d" % len(data)


async def test_what_the_port_says_first_comes_after_the_answer(runtime: Path) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        writer.close()

    async with serving(greet) as port, line_to(runtime, port) as ((reader, _), ack):
        assert (ack.error, await reader.read()) == (None, b"hello\n")


async def test_a_port_on_which_nothing_listens_is_not_ready(runtime: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        for port in (free.getsockname()[1], 0, 70_000, -1):
            async with line_to(runtime, port) as ((reader, _), ack):
                assert ack == Ack(0, "port_not_ready")
                assert await reader.read() == b""


async def test_who_does_not_read_holds_up_who_writes(runtime: Path) -> None:
    sent = 0
    is_over = asyncio.Event()

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
                sent += 65536
        is_over.set()

    async with serving(flood) as port:
        async with line_to(runtime, port) as ((reader, _), _):
            await reader.readexactly(MIB)
            before = -1
            async with asyncio.timeout(20):
                while sent != before:
                    before = sent
                    await asyncio.sleep(0.3)
            assert sent < 64 * MIB
        # The host has gone, and so the connection inside goes too.
        async with asyncio.timeout(10):
            await is_over.wait()


async def test_another_message_than_the_port_ends_the_line(runtime: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(str(runtime))
    writer.write(encode(Hello(line="port")) + encode(Ack(1)))
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
