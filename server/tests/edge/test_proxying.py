"""How requests and answers pass, on real sockets."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from edge_harness import Client, EdgeInTest, Eventually, MakeRoute, Request, ScriptedUpstream
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from capsule.edge.contract import Upstream
from capsule.kit.sockets import short_path


class TestHeads:
    async def test_upstream_sees_the_route_and_who_asked(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        answer = await client.get("/a?b=c", host="Shop.localhost:8080", X_Capsule_Route="evil", Accept="*/*")
        assert (answer.status, answer.body) == (200, b"ok")
        request = shop.requests[0]
        assert request.line == "GET /a?b=c HTTP/1.1"
        assert request.headers == [
            ("host", "Shop.localhost:8080"),
            ("accept", "*/*"),
            ("x-capsule-route", "cps_shop"),
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-host", "shop.localhost:8080"),
        ]

    async def test_hop_by_hop_headers_of_the_answer_are_dropped(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            await request.answer(b"x", "201 Made", "Connection: keep-alive", "Keep-Alive: timeout=5", "A: b")

        shop.script = script
        for _ in range(2):
            answer = await client.get()
            assert answer.headers == [("content-length", "1"), ("a", "b")]
            assert answer.status == 201

    async def test_old_upstream_does_not_cost_the_client_its_connection(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            request.writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            request.writer.close()

        shop.script = script
        for _ in range(3):
            assert (await client.get()).body == b"hi"

    @pytest.mark.parametrize(
        ("status", "method"), [("204 No Content", "GET"), ("304 Not Modified", "GET"), ("200 OK", "HEAD")]
    )
    async def test_answer_without_body_ends_with_its_head(
        self, shop: ScriptedUpstream, client: Client, status: str, method: str
    ) -> None:
        async def script(request: Request) -> None:
            length = b"" if status.startswith("204") else b"Content-Length: 5\r\n"
            request.writer.write(f"HTTP/1.1 {status}\r\n".encode() + length + b"\r\n")

        shop.script = script
        for _ in range(2):
            await client.send(f"{method} / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
            assert (await client.read(method)).status == int(status[:3])
        assert shop.connections == 1

    async def test_interim_answers_are_passed_on(self, shop: ScriptedUpstream, client: Client) -> None:
        async def script(request: Request) -> None:
            request.writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            await request.answer()

        shop.script = script
        await client.send("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        assert (await client.read_head()).status == 103
        assert (await client.read()).status == 200

    async def test_client_that_expects_continue_sends_its_body_then(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            assert request.header("expect") == "100-continue"
            request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await request.answer(await request.read_body())

        shop.script = script
        await client.send(
            "POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        )
        assert (await client.read_head()).status == 100
        await client.send(b"body")
        assert (await client.read()).body == b"body"

    async def test_malformed_answer_is_a_bad_gateway(self, shop: ScriptedUpstream, client: Client) -> None:
        async def script(request: Request) -> None:
            request.writer.write(b"hello\r\n\r\n")

        shop.script = script
        assert (await client.get()).status == 502


class TestConnections:
    async def test_connections_are_reused_on_both_sides(self, shop: ScriptedUpstream, client: Client) -> None:
        for _ in range(5):
            assert (await client.get()).status == 200
        assert shop.connections == 1

    async def test_pipelined_requests_are_answered_in_order(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            await asyncio.sleep(0.02 if request.line.startswith("GET /0") else 0)
            await request.answer(request.line.encode())

        shop.script = script
        await client.send("".join(f"GET /{n} HTTP/1.1\r\nHost: shop.localhost\r\n\r\n" for n in range(20)))
        for n in range(20):
            assert (await client.read()).body == f"GET /{n} HTTP/1.1".encode()

    async def test_pipelined_request_behind_a_body_is_answered(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            await request.answer(await request.read_body() + b"!")

        shop.script = script
        await client.send(
            "POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 2\r\n\r\nab"
            "POST / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            "2\r\ncd\r\n0\r\n\r\n"
            "GET / HTTP/1.1\r\nHost: nope.localhost\r\n\r\n"
            "GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n"
        )
        assert [(await client.read()).body for _ in range(2)] == [b"ab!", b"cd!"]
        assert (await client.read()).status == 404
        assert (await client.read()).body == b"!"

    async def test_client_that_pipelines_without_reading_is_slowed_down(
        self, edge: EdgeInTest, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            await request.answer(b"x" * 100_000)

        shop.script = script
        one = b"GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n"
        client.writer.write(one * 500)
        await asyncio.sleep(0.5)
        assert len(shop.requests) < 200
        for _ in range(500):
            assert len((await client.read()).body) == 100_000

    async def test_client_that_asks_to_close_is_closed(self, shop: ScriptedUpstream, client: Client) -> None:
        answer = await client.get(Connection="close")
        assert answer.header("connection") == "close"
        assert await client.ended()

    async def test_old_client_gets_a_plain_answer_and_is_closed(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            assert request.line == "GET / HTTP/1.0"
            request.writer.write(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")
            request.writer.close()

        shop.script = script
        await client.send("GET / HTTP/1.0\r\nHost: shop.localhost\r\n\r\n")
        answer = await client.read()
        assert answer.body == b"until the end"
        assert answer.header("connection") == "close"

    async def test_answer_without_length_ends_with_the_connection(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            request.writer.write(b"HTTP/1.1 200 OK\r\n\r\nsome")
            await request.writer.drain()
            await asyncio.sleep(0.05)
            request.writer.write(b" more")
            request.writer.close()

        shop.script = script
        answer = await client.get()
        assert (answer.body, answer.header("connection")) == (b"some more", "close")

    async def test_stale_connection_never_costs_a_request(
        self, edge: EdgeInTest, shop: ScriptedUpstream, client: Client
    ) -> None:
        for _ in range(20):
            assert (await client.get()).status == 200
            shop.cut()
            assert (await client.get()).status == 200
            shop.cut()
            assert (await client.post(b"x" * 10)).status == 200
        assert len(shop.requests) == 60

    async def test_connection_that_dies_with_the_request_on_it_is_replaced(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            if request.connection == 1 and len(shop.requests) == 2:
                request.writer.transport.abort()
            else:
                await request.answer()

        shop.script = script
        assert (await client.get()).status == 200
        assert (await client.get()).status == 200
        assert len(shop.requests) == 3

    async def test_post_that_may_have_been_done_is_not_sent_again(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            request.writer.transport.abort()

        shop.script = script
        assert (await client.post(b"once")).status == 502
        assert len(shop.requests) == 1

    async def test_request_that_kills_its_upstream_is_given_up(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            request.writer.transport.abort()

        shop.script = script
        assert (await client.get()).status == 502
        assert len(shop.requests) == 2

    async def test_half_an_answer_is_not_passed_off_as_a_whole(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            await request.writer.drain()
            await asyncio.sleep(0.05)
            request.writer.transport.abort()

        shop.script = script
        with pytest.raises(asyncio.IncompleteReadError):
            await client.get()

    async def test_client_that_leaves_ends_the_request_upstream(
        self, eventually: Eventually, shop: ScriptedUpstream, client: Client
    ) -> None:
        gone = asyncio.Event()

        async def script(request: Request) -> None:
            await request.reader.read(1)
            gone.set()

        shop.script = script
        await client.send("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        await eventually(lambda: shop.requests)
        client.close()
        await asyncio.wait_for(gone.wait(), 2)

    async def test_unix_socket_is_an_upstream(
        self, edge: EdgeInTest, client: Client, make_route: MakeRoute, tmp_path: Path
    ) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nunix")
            writer.close()

        folder = tmp_path / ("long" * 25)
        folder.mkdir()
        with short_path(folder / "app.sock") as name:
            server = await asyncio.start_unix_server(serve, name)
        await edge.put(replace(make_route(), upstreams=(Upstream("rep_1", f"unix:{folder}/app.sock"),)))
        assert (await client.get()).body == b"unix"
        server.close()


class TestStreams:
    async def test_answer_comes_chunk_by_chunk(self, shop: ScriptedUpstream, client: Client) -> None:
        go = asyncio.Event()

        async def script(request: Request) -> None:
            request.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            await go.wait()
            request.writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

        shop.script = script
        await client.send("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        await client.read_head()
        assert await client.read_chunk() == b"one"
        go.set()
        assert await client.read_chunk() == b"two"
        assert await client.read_chunk() == b""
        assert (await client.get("/next")).status == 200
        assert shop.connections == 1

    async def test_server_sent_events_come_one_by_one(self, shop: ScriptedUpstream, client: Client) -> None:
        taken = asyncio.Semaphore(0)

        async def script(request: Request) -> None:
            request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            for n in range(5):
                request.writer.write(f"data: {n}\n\n".encode())
                await taken.acquire()
            request.writer.close()

        shop.script = script
        await client.send("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        await client.read_head()
        for n in range(5):
            assert await client.reader.readexactly(9) == f"data: {n}\n\n".encode()
            taken.release()
        assert await client.ended()

    async def test_body_goes_up_as_it_comes(self, shop: ScriptedUpstream, client: Client) -> None:
        got: asyncio.Queue[bytes] = asyncio.Queue()

        async def script(request: Request) -> None:
            while size := int(await request.reader.readline(), 16):
                got.put_nowait((await request.reader.readexactly(size + 2))[:-2])
            await request.reader.readline()
            await request.answer(b"done")

        shop.script = script
        await client.send("POST / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        for word in (b"one", b"two", b"three"):
            await client.send(b"%x\r\n%b\r\n" % (len(word), word))
            assert await asyncio.wait_for(got.get(), 2) == word
        await client.send(b"0\r\nX-Capsule-Route: evil\r\n\r\n")
        assert (await client.read()).body == b"done"

    async def test_large_bodies_pass_whole_both_ways(self, shop: ScriptedUpstream, client: Client) -> None:
        async def script(request: Request) -> None:
            await request.answer(await request.read_body())

        shop.script = script
        body = bytes(range(256)) * 20_000
        sending = asyncio.create_task(client.post(body))
        answer = await sending
        assert answer.body == body

    async def test_slow_reader_slows_the_upstream_down(self, shop: ScriptedUpstream, client: Client) -> None:
        sent = 0

        async def script(request: Request) -> None:
            nonlocal sent
            request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n")
            for _ in range(2000):
                request.writer.write(b"x" * 100_000)
                await request.writer.drain()
                sent += 100_000

        shop.script = script
        client.writer.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, 65536
        )
        await client.send("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        await client.read_head()
        await asyncio.sleep(0.5)
        assert sent < 60_000_000
        left = 200_000_000
        while left:
            left -= len(await asyncio.wait_for(client.reader.read(1 << 20), 10))
        assert (await client.get("/next", host="nope.localhost")).status == 404

    async def test_slow_upstream_slows_the_sender_down(self, shop: ScriptedUpstream, client: Client) -> None:
        go = asyncio.Event()

        async def script(request: Request) -> None:
            await go.wait()
            await request.answer(str(len(await request.read_body())).encode())

        shop.script = script
        size = 100_000_000
        await client.send(f"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: {size}\r\n\r\n")
        sent = 0

        async def send() -> None:
            nonlocal sent
            for _ in range(1000):
                await client.send(b"x" * 100_000)
                sent += 100_000

        sending = asyncio.create_task(send())
        await asyncio.sleep(0.5)
        assert sent < 60_000_000
        go.set()
        await sending
        assert (await client.read()).body == str(size).encode()

    async def test_upstream_that_answers_before_the_body_came_is_heard(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            await request.answer(b"too much", "413 Content Too Large", "Connection: close")
            request.writer.close()

        shop.script = script
        await client.send("POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 100000\r\n\r\nabc")
        assert (await client.read()).status == 413
        assert await client.ended()

    async def test_small_answer_to_a_slow_reader_leaves_the_upstream_usable(
        self, edge: EdgeInTest, shop: ScriptedUpstream
    ) -> None:
        """The upstream's connection was paused for one client and must read again for the next."""

        async def script(request: Request) -> None:
            await request.answer(b"x" * 3_000_000)

        shop.script = script
        slow = await edge.connect()
        slow.writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        cast(asyncio.Transport, slow.writer.transport).pause_reading()
        for _ in range(2):
            await slow.send("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        await asyncio.sleep(0.2)
        other = await edge.connect()
        for _ in range(3):
            assert len((await other.get()).body) == 3_000_000
        cast(asyncio.Transport, slow.writer.transport).resume_reading()
        for _ in range(2):
            assert len((await slow.read()).body) == 3_000_000


class TestUpgrades:
    async def test_websocket_passes_both_ways(
        self, eventually: Eventually, edge: EdgeInTest, make_route: MakeRoute
    ) -> None:
        async def echo(socket: ServerConnection) -> None:
            async for message in socket:
                await socket.send(message)

        async with serve(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            await edge.put(replace(make_route(), upstreams=(Upstream("rep_1", f"tcp:127.0.0.1:{port}"),)))
            async with connect("ws://shop.localhost/", host="127.0.0.1", port=edge.port) as socket:
                for message in ("hello", b"\x00" * 300_000, "bye"):
                    await socket.send(message)
                    assert await socket.recv() == message
        await eventually(lambda: not edge.proxy.clients)
        assert [entry[5] for entry in edge.proxy.access] == [101]

    async def test_switch_that_nobody_asked_for_is_refused(
        self, shop: ScriptedUpstream, client: Client
    ) -> None:
        async def script(request: Request) -> None:
            request.writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")

        shop.script = script
        assert (await client.get()).status == 502

    async def test_h2c_is_not_passed_on(self, shop: ScriptedUpstream, client: Client) -> None:
        await client.get(
            Connection="Upgrade, HTTP2-Settings", Upgrade="h2c", HTTP2_Settings="AAMAAABkAAQAAP__"
        )
        assert shop.requests[0].header("upgrade") is None
        assert shop.requests[0].header("http2-settings") is None


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "status"),
        [
            (
                b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 5\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n",
                400,
            ),
            (
                b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
                400,
            ),
            (b"GET / HTTP/1.1\nHost: shop.localhost\n\n", 400),
            (b"GET / HTTP/1.1\r\nHost: shop.localhost\r\n X: folded\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost : shop.localhost\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nX: a\rb\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\n\r\n", 400),
            (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 400),
            (b"POST / HTTP/1.0\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            (b"GET / HTTP/2.0\r\nHost: shop.localhost\r\n\r\n", 505),
            (b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
            (b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nExpect: more\r\n\r\n", 417),
            (b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        ],
    )
    async def test_ambiguous_request_is_refused_and_what_follows_is_not_read(
        self, shop: ScriptedUpstream, client: Client, data: bytes, status: int
    ) -> None:
        await client.send(data + b"GET /smuggled HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        answer = await client.read()
        assert (answer.status, answer.header("connection")) == (status, "close")
        assert await client.ended()
        assert not shop.requests

    async def test_malformed_chunk_ends_the_request(
        self, eventually: Eventually, shop: ScriptedUpstream, client: Client
    ) -> None:
        await client.send(
            "POST / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
        )
        await eventually(lambda: shop.requests)
        await client.send("zz\r\n")
        assert (await client.read()).status == 400
        assert await client.ended()

    async def test_unknown_host_gets_a_page(self, client: Client) -> None:
        answer = await client.get(host="nope.localhost")
        assert answer.status == 404
        assert b"nope.localhost" in answer.body
        assert (await client.get(host="nope.localhost", Accept="application/json")).header(
            "content-type"
        ) == "application/problem+json"
