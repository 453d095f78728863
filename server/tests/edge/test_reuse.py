"""Requests over connections that have carried others, and what becomes of them when those end."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from edge_harness import Client, EdgeInTest, MakeRoute

from capsule.edge.contract import Upstream

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Server:
    """Reads from its socket only what a test tells it to, which no library's server would let it do."""

    listener: socket.socket
    connections: list[socket.socket] = field(default_factory=list)

    async def accept(self) -> socket.socket:
        connection, _ = await asyncio.get_running_loop().sock_accept(self.listener)
        connection.setblocking(False)
        self.connections.append(connection)
        return connection

    async def answer(self, connection: socket.socket) -> bytes:
        loop = asyncio.get_running_loop()
        request = await loop.sock_recv(connection, 65536)
        await loop.sock_sendall(connection, ANSWER)
        return request

    def close(self) -> None:
        for one in (*self.connections, self.listener):
            one.close()


Serve = Callable[[str], Awaitable[Server]]


@pytest.fixture
async def serve(edge: EdgeInTest, make_route: MakeRoute, tmp_path: Path) -> AsyncIterator[Serve]:
    """Be the one upstream of shop.localhost, on a socket of this kind."""
    made: list[Server] = []

    async def start(kind: str) -> Server:
        listener = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
        listener.bind(str(tmp_path / "s") if kind == "unix" else ("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        made.append(Server(listener))
        at = f"unix:{tmp_path / 's'}" if kind == "unix" else f"tcp:127.0.0.1:{listener.getsockname()[1]}"
        await edge.put(replace(make_route(), upstreams=(Upstream("rep_1", at),)))
        return made[-1]

    yield start
    for server in made:
        server.close()


async def post(client: Client, body: bytes) -> "asyncio.Task[int]":
    """Post, and return what will be the status."""

    async def status() -> int:
        return (await client.post(body)).status

    task = asyncio.create_task(status())
    await asyncio.sleep(0.05)  # the edge has passed it on
    return task


async def used(server: Server, client: Client) -> socket.socket:
    """Return the connection over which a short post has gone and been answered."""
    sent = await post(client, b"one")
    connection = await server.accept()
    assert (await server.answer(connection)).endswith(b"one")
    assert await sent == 200
    return connection


async def test_short_posts_share_a_connection(client: Client, serve: Serve) -> None:
    server = await serve("unix")
    connection = await used(server, client)
    sent = await post(client, b"two")
    assert (await server.answer(connection)).endswith(b"two")
    assert await sent == 200


async def test_a_post_that_nobody_read_is_sent_again(client: Client, serve: Serve) -> None:
    server = await serve("unix")
    connection = await used(server, client)
    sent = await post(client, b"two")
    connection.close()
    assert (await server.answer(await server.accept())).endswith(b"two")
    assert await sent == 200


async def test_a_post_over_a_connection_that_was_closed_before_is_sent_again(
    client: Client, serve: Serve
) -> None:
    server = await serve("unix")
    for number in range(20):
        sent = asyncio.create_task(client.post(b"%d" % number))
        connection = await server.accept()
        request = await server.answer(connection)
        connection.close()
        assert request.endswith(b"%d" % number)
        assert (await sent).status == 200


async def test_a_post_that_was_read_is_not_sent_again(client: Client, serve: Serve) -> None:
    server = await serve("unix")
    connection = await used(server, client)
    sent = await post(client, b"two")
    assert (await asyncio.get_running_loop().sock_recv(connection, 65536)).endswith(b"two")
    connection.close()
    assert await sent == 502
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(server.accept(), 0.3)


@pytest.mark.parametrize(("kind", "size"), [("unix", 5000), ("tcp", 3)])
async def test_other_posts_have_a_connection_of_their_own(
    client: Client, serve: Serve, kind: str, size: int
) -> None:
    server = await serve(kind)
    for _ in range(2):
        sent = await post(client, b"x" * size)
        connection = await server.accept()
        request = b""
        with contextlib.suppress(TimeoutError):
            while len(request) < size:
                async with asyncio.timeout(5):
                    request += await asyncio.get_running_loop().sock_recv(connection, 65536)
        await asyncio.get_running_loop().sock_sendall(connection, ANSWER)
        assert await sent == 200
