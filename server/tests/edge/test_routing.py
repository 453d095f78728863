"""What happens to requests while routes change, on real sockets."""

import asyncio
import time
from dataclasses import replace

import pytest
from edge_harness import Client, EdgeInTest, Eventually, MakeRoute, MakeUpstream, Request, ScriptedUpstream

from capsule.edge.contract import Route, RouteState
from capsule.edge.proxy.limits import Limits


def starting(route: Route) -> Route:
    return replace(route, state=RouteState.starting, upstreams=())


class TestStates:
    async def test_request_is_held_until_the_route_is_live(
        self, edge: EdgeInTest, upstream: ScriptedUpstream, client: Client, make_route: MakeRoute
    ) -> None:
        await edge.put(starting(make_route()))
        asked = asyncio.create_task(client.get())
        await asyncio.sleep(0.2)
        assert not asked.done()
        await edge.put(make_route(upstream))
        assert (await asked).status == 200
        (entry,) = edge.proxy.access
        assert entry[12] > 0.15

    async def test_body_of_a_held_request_arrives_whole(
        self, edge: EdgeInTest, upstream: ScriptedUpstream, client: Client, make_route: MakeRoute
    ) -> None:
        async def script(request: Request) -> None:
            await request.answer(await request.read_body())

        upstream.script = script
        await edge.put(starting(make_route()))
        body = bytes(range(256)) * 40_000
        asked = asyncio.create_task(client.post(body))
        await asyncio.sleep(0.2)
        await edge.put(make_route(upstream))
        assert (await asked).body == body

    async def test_start_that_takes_too_long_is_said(
        self, edge: EdgeInTest, client: Client, make_route: MakeRoute
    ) -> None:
        await edge.put(replace(starting(make_route()), hold_seconds=0.2))
        answer = await client.get()
        assert (answer.status, answer.header("retry-after")) == (503, "3")
        assert b"shop is starting" in answer.body
        assert b"refresh" in answer.body

    async def test_start_that_fails_answers_who_waits(
        self, edge: EdgeInTest, client: Client, make_route: MakeRoute
    ) -> None:
        await edge.put(starting(make_route()))
        asked = asyncio.create_task(client.get())
        await asyncio.sleep(0.05)
        await edge.put(make_route(state=RouteState.failed, reason="It exited with code 3."))
        answer = await asked
        assert answer.status == 502
        assert b"It exited with code 3." in answer.body

    async def test_stopped_route_says_so_at_once(
        self, edge: EdgeInTest, client: Client, make_route: MakeRoute
    ) -> None:
        await edge.put(make_route(state=RouteState.stopped))
        answer = await client.get(Accept="application/json")
        assert answer.status == 503
        assert b'"capsule_stopped"' in answer.body
        assert (await client.get()).status == 503

    async def test_route_that_takes_no_requests_says_why(
        self, edge: EdgeInTest, client: Client, make_route: MakeRoute
    ) -> None:
        await edge.put(make_route(state=RouteState.stopped, reason="bot runs, but takes no requests."))
        answer = await client.get()
        assert answer.status == 404
        assert b"bot runs, but takes no requests." in answer.body
        assert b"witched off" not in answer.body

    async def test_route_that_is_not_public_refuses_everything_and_cuts_what_goes_on(
        self, edge: EdgeInTest, upstream: ScriptedUpstream, make_route: MakeRoute
    ) -> None:
        begun = asyncio.Event()

        async def script(request: Request) -> None:
            begun.set()
            await asyncio.sleep(60)

        upstream.script = script
        await edge.put(make_route(upstream))
        long = asyncio.create_task((await edge.connect()).get())
        await begun.wait()
        await edge.put(replace(make_route(upstream), is_public=False), drain_seconds=0.05)
        assert (await long).status == 403
        answer = await (await edge.connect()).get(Accept="application/json")
        assert answer.status == 403
        assert b'"capsule_not_public"' in answer.body

    async def test_route_that_is_public_again_answers(
        self, edge: EdgeInTest, upstream: ScriptedUpstream, client: Client, make_route: MakeRoute
    ) -> None:
        await edge.put(replace(make_route(upstream), is_public=False))
        assert (await client.get()).status == 403
        await edge.put(make_route(upstream))
        assert (await client.get()).status == 200

    async def test_removed_route_answers_who_waits_and_cuts_who_runs(
        self, edge: EdgeInTest, upstream: ScriptedUpstream, make_route: MakeRoute
    ) -> None:
        async def script(request: Request) -> None:
            await asyncio.sleep(60)

        upstream.script = script
        await edge.put(starting(make_route()))
        waiting = await edge.connect()
        held = asyncio.create_task(waiting.get())
        await asyncio.sleep(0.05)
        edge.proxy.remove("cps_shop")
        assert (await held).status == 404

    async def test_client_that_leaves_while_held_is_forgotten(
        self, eventually: Eventually, edge: EdgeInTest, client: Client, make_route: MakeRoute
    ) -> None:
        await edge.put(starting(make_route()))
        await client.send("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        await eventually(lambda: edge.proxy.stats()[0].in_flight == 1)
        client.close()
        await eventually(lambda: edge.proxy.stats()[0].in_flight == 0)
        assert edge.proxy.access[0][5] == 499


class TestUpstreams:
    async def test_upstream_with_fewest_requests_in_flight_is_taken(
        self, edge: EdgeInTest, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        async def slow(request: Request) -> None:
            await asyncio.sleep(0.5)
            await request.answer()

        first, second = await make_upstream("a", slow), await make_upstream("b", slow)
        await edge.put(make_route(first, second))
        clients = [await edge.connect() for _ in range(6)]
        await asyncio.gather(*(client.get() for client in clients))
        assert len(first.requests) == len(second.requests) == 3

    async def test_other_upstream_takes_over_when_one_is_gone(
        self, edge: EdgeInTest, client: Client, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        first, second = await make_upstream("a"), await make_upstream("b")
        await edge.put(make_route(first, second))
        for _ in range(4):
            assert (await client.get()).status == 200
        await first.stop()
        for _ in range(10):
            assert (await client.get()).status == 200
        assert len(second.requests) >= 10
        await first.start()
        before = len(first.requests)
        deadline = time.monotonic() + 4
        while len(first.requests) == before and time.monotonic() < deadline:
            await client.get()
            await asyncio.sleep(0.02)
        assert len(first.requests) > before

    async def test_restart_of_the_upstream_is_bridged(
        self, edge: EdgeInTest, shop: ScriptedUpstream, make_route: MakeRoute
    ) -> None:
        clients = [await edge.connect() for _ in range(5)]
        for client in clients:
            assert (await client.get()).status == 200
        await shop.stop()
        asked = [asyncio.create_task(client.get()) for client in clients[:3]]
        asked += [asyncio.create_task(client.post(b"x")) for client in clients[3:]]
        await asyncio.sleep(0.4)
        assert not any(one.done() for one in asked)
        await shop.start()
        began = time.monotonic()
        assert [answer.status for answer in await asyncio.gather(*asked)] == [200] * 5
        assert time.monotonic() - began < 1
        assert all(entry[12] > 0.2 for entry in edge.proxy.access[-5:])

    async def test_upstream_that_stays_away_is_a_bad_gateway(
        self, edge: EdgeInTest, shop: ScriptedUpstream, client: Client, make_route: MakeRoute
    ) -> None:
        await shop.stop()
        await edge.put(make_route(shop, hold_seconds=0.3))
        answer = await client.get()
        assert answer.status == 502
        assert b"shop does not answer" in answer.body


class TestSwaps:
    async def test_streams_in_flight_finish_on_the_old_upstream(
        self, eventually: Eventually, edge: EdgeInTest, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        go = asyncio.Event()

        async def stream(request: Request) -> None:
            request.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nold\r\n")
            await go.wait()
            request.writer.write(b"3\r\nend\r\n0\r\n\r\n")

        old, new = await make_upstream("old", stream), await make_upstream("new")
        await edge.put(make_route(old))
        client = await edge.connect()
        await client.send("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        await client.read_head()
        assert await client.read_chunk() == b"old"
        swapping = asyncio.create_task(edge.put(make_route(new)))
        await asyncio.sleep(0.1)
        assert not swapping.done()
        other = await edge.connect()
        assert (await other.get()).body == b"ok"
        assert len(new.requests) == 1
        go.set()
        assert await client.read_chunk() == b"end"
        assert await client.read_chunk() == b""
        await asyncio.wait_for(swapping, 1)
        await eventually(lambda: old.open_connections == 0)

    async def test_unused_connections_of_the_old_upstream_are_closed(
        self,
        eventually: Eventually,
        edge: EdgeInTest,
        client: Client,
        make_upstream: MakeUpstream,
        make_route: MakeRoute,
    ) -> None:
        old, new = await make_upstream("old"), await make_upstream("new")
        await edge.put(make_route(old))
        await client.get()
        assert old.open_connections == 1
        await asyncio.wait_for(edge.put(make_route(new)), 1)
        await eventually(lambda: old.open_connections == 0)

    async def test_what_does_not_end_is_cut_when_the_time_is_up(
        self, edge: EdgeInTest, client: Client, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        async def forever(request: Request) -> None:
            request.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
            await asyncio.sleep(60)

        old, new = await make_upstream("old", forever), await make_upstream("new")
        await edge.put(make_route(old))
        await client.send("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        await client.read_head()
        began = time.monotonic()
        await edge.put(make_route(new), drain_seconds=0.3)
        assert 0.25 < time.monotonic() - began < 1
        assert await client.read_chunk() == b"x"
        assert await client.ended()

    async def test_upstream_that_stays_keeps_its_connections(
        self, edge: EdgeInTest, client: Client, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        first, second = await make_upstream("a"), await make_upstream("b")
        await edge.put(make_route(first))
        await client.get()
        await edge.put(make_route(first, second))
        await edge.put(make_route(first))
        await client.get()
        assert first.connections == 1


class TestLimits:
    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(
            head_seconds=0.5,
            idle_seconds=0.5,
            linger_seconds=0.5,
            body_seconds=0.5,
            answer_seconds=0.5,
            pool_seconds=0.5,
        )

    async def test_head_that_is_not_finished_is_refused(self, client: Client) -> None:
        await client.send("GET / HTTP/1.1\r\nHos")
        assert (await client.read()).status == 408
        assert await client.ended()

    async def test_idle_client_is_closed(self, client: Client) -> None:
        assert await client.ended()

    async def test_body_that_is_not_finished_is_refused(self, shop: ScriptedUpstream, client: Client) -> None:
        await client.send("POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 5\r\n\r\nab")
        assert (await client.read()).status == 408

    async def test_refused_client_that_sends_on_for_ever_is_cut(self, client: Client) -> None:
        await client.send("nonsense\r\n\r\n")
        assert (await client.read()).status == 400

        async def go_on() -> None:
            for _ in range(50):
                await client.send(b"more")
                await asyncio.sleep(0.1)

        with pytest.raises(ConnectionError):
            await go_on()

    async def test_silent_upstream_is_a_gateway_timeout(self, shop: ScriptedUpstream, client: Client) -> None:
        async def script(request: Request) -> None:
            await asyncio.sleep(60)

        shop.script = script
        assert (await client.get()).status == 504

    async def test_silent_stream_is_not_ended(self, shop: ScriptedUpstream, client: Client) -> None:
        async def script(request: Request) -> None:
            request.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            await asyncio.sleep(2.5)
            request.writer.write(b"1\r\nx\r\n0\r\n\r\n")

        shop.script = script
        assert (await client.get()).body == b"x"

    async def test_unused_connections_to_upstreams_are_closed(
        self, eventually: Eventually, shop: ScriptedUpstream, client: Client
    ) -> None:
        await client.get()
        await eventually(lambda: shop.open_connections == 0)
