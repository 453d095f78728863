"""The whole edge as processes: control socket, workers, store, access log."""

import asyncio
import itertools
import os
import signal
import socket
import time
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from edge_harness import Answer, Client, EdgeProcess, Eventually, MakeRoute, MakeUpstream, Request

from capsule.edge.contract import Probe, ProbeFailed, Route, RouteState, Upstream
from capsule.errors import Conflict, InvalidInput, Unavailable
from capsule.paths import DataPaths

PROBE = Probe(timeout_seconds=5)


def access_records(data: DataPaths, capsule_id: str = "cps_shop") -> list[dict[str, Any]]:
    lines: list[bytes] = []
    for path in sorted(data.telemetry(capsule_id).glob("access*")):
        lines += path.read_bytes().splitlines()
    return [msgspec.json.decode(line) for line in lines]


class Load:
    """Clients that ask without a pause in every way there is, and count what goes wrong."""

    def __init__(self, edge: EdgeProcess) -> None:
        self._edge = edge
        self.answered = 0
        self.failures: list[str] = []
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, clients: int = 12) -> None:
        kinds = itertools.cycle([self._kept_open, self._kept_open, self._posting, self._closing])
        self._tasks = [asyncio.create_task(next(kinds)()) for _ in range(clients)]

    async def stop(self) -> None:
        self._stopping = True
        await asyncio.gather(*self._tasks)

    async def _kept_open(self) -> None:
        client = await self._edge.connect()
        while not self._stopping:
            client = await self._count(client, client.get("/kept"))

    async def _posting(self) -> None:
        client = await self._edge.connect()
        while not self._stopping:
            client = await self._count(client, client.post(b"x" * 5000))

    async def _closing(self) -> None:
        while not self._stopping:
            client = await self._edge.connect()
            client = await self._count(client, client.get("/closing", Connection="close"))
            client.close()

    async def _count(self, client: Client, asked: Awaitable[Answer]) -> Client:
        try:
            answer = await asked
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as exc:
            self.failures.append(repr(exc))
            client.close()
            return await self._edge.connect()
        if answer.status == 200:
            self.answered += 1
        else:
            self.failures.append(f"{answer.status} {answer.body[-400:]!r}")
        if answer.header("connection") == "close":
            client.close()
            return await self._edge.connect()
        return client


class TestSwaps:
    async def test_twenty_redeploys_under_load_fail_no_request(
        self, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        old = await make_upstream("rep_0")
        await process.client.put_route(make_route(old), probe=PROBE)
        load = Load(process)
        load.start()
        for number in range(1, 21):
            await asyncio.sleep(0.05)
            new = await make_upstream(f"rep_{number}")
            await process.client.put_route(make_route(new), probe=PROBE)
            # Whoever put the route may kill the old replica as soon as the call has returned.
            await old.stop()
            assert len(new.requests) > 0
            old = new
        await asyncio.sleep(0.1)
        await load.stop()
        assert load.failures == []
        assert load.answered > 500

    async def test_restarts_of_the_upstream_under_load_fail_no_get(
        self, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        upstream = await make_upstream()
        await process.client.put_route(make_route(upstream))
        stopping = False
        statuses: list[int] = []

        async def ask() -> None:
            client = await process.connect()
            while not stopping:
                statuses.append((await client.get()).status)
            client.close()

        asking = [asyncio.create_task(ask()) for _ in range(8)]
        for _ in range(5):
            await asyncio.sleep(0.1)
            await upstream.stop()
            await asyncio.sleep(0.2)
            await upstream.start()
        stopping = True
        await asyncio.gather(*asking)
        assert set(statuses) == {200}

    async def test_upstream_that_never_answers_leaves_the_route_alone(
        self, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        old = await make_upstream("rep_old")

        async def broken(request: Request) -> None:
            await request.answer(b"", "500 Broken")

        new = await make_upstream("rep_new", broken)
        await process.client.put_route(make_route(old), probe=PROBE)
        with pytest.raises(ProbeFailed, match=r"rep_new.*it answered 500"):
            await process.client.put_route(make_route(new), probe=Probe(timeout_seconds=0.5))
        route = _route_to(make_route, "tcp:127.0.0.1:1")
        with pytest.raises(ProbeFailed, match="nothing listens there"):
            await process.client.put_route(route, probe=Probe(timeout_seconds=0.3))
        client = await process.connect()
        assert (await client.get()).status == 200
        assert [route.upstreams for route in await process.client.routes()] == [(old.upstream,)]

    async def test_cancelling_before_the_swap_undoes_it(
        self, eventually: Eventually, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        async def silent(request: Request) -> None:
            await request.reader.read(1)

        old, new = await make_upstream("rep_old"), await make_upstream("rep_new", silent)
        await process.client.put_route(make_route(old), probe=PROBE)
        putting = asyncio.create_task(process.client.put_route(make_route(new), probe=PROBE))
        await eventually(lambda: new.requests)
        putting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await putting
        await eventually(lambda: new.open_connections == 0)
        assert [route.upstreams for route in await process.client.routes()] == [(old.upstream,)]

    async def test_host_of_another_route_is_a_conflict(
        self, process: EdgeProcess, make_route: MakeRoute
    ) -> None:
        await process.client.put_route(make_route(state=RouteState.stopped))
        with pytest.raises(Conflict, match=r"shop\.localhost"):
            await process.client.put_route(
                make_route(id="cps_other", state=RouteState.stopped, hosts=("SHOP.localhost",))
            )

    async def test_address_that_is_none_is_refused(self, process: EdgeProcess, make_route: MakeRoute) -> None:
        with pytest.raises(InvalidInput, match="nowhere"):
            await process.client.put_route(_route_to(make_route, "nowhere"))

    async def test_removed_route_is_not_found(
        self, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        await process.client.put_route(make_route(await make_upstream()))
        await process.client.remove_route("cps_shop")
        await process.client.remove_route("cps_shop")
        client = await process.connect()
        assert (await client.get()).status == 404


def _route_to(make_route: MakeRoute, address: str) -> Route:
    return replace(make_route(), upstreams=(Upstream("rep_1", address),))


class TestProcesses:
    async def test_both_loopback_addresses_are_served(
        self, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        await process.client.put_route(make_route(await make_upstream()))
        address = await process.client.listen_address()
        for host in address.hosts:
            reader, writer = await asyncio.open_connection(host, address.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n")
            assert (await reader.read(-1)).startswith(b"HTTP/1.1 200")
            writer.close()

    async def test_killed_workers_are_replaced_with_the_table_as_it_is(
        self, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        await process.client.put_route(make_route(await make_upstream("rep_1")))
        before = (await process.client.health()).workers
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        # Connections made meanwhile wait for the successors.
        clients = [await process.connect() for _ in range(8)]
        assert [(await client.get()).status for client in clients] == [200] * 8
        after = (await process.client.health()).workers
        assert len(after) == 2
        assert not set(after) & set(before)
        second = await make_upstream("rep_2")
        await process.client.put_route(make_route(second), probe=PROBE)
        assert (await clients[0].get()).status == 200
        assert len(second.requests) >= 2

    async def test_killed_edge_serves_the_stored_table_at_its_next_start(
        self, eventually: Eventually, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        upstream = await make_upstream()
        await process.client.put_route(make_route(upstream))
        workers = (await process.client.health()).workers
        process.signal(signal.SIGKILL)
        await process.wait()
        process.data.edge_socket.unlink()
        await process.start()
        client = await process.connect()
        assert (await client.get()).status == 200
        assert [route.id for route in await process.client.routes()] == ["cps_shop"]
        client.close()
        await eventually(lambda: not any(os.path.exists(f"/proc/{pid}/exe") for pid in workers), 12)

    async def test_terminated_edge_finishes_what_it_has_in_hand(
        self, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        async def slow(request: Request) -> None:
            await asyncio.sleep(0.5)
            await request.answer(b"whole")

        await process.client.put_route(make_route(await make_upstream("rep_1", slow)))
        client, idle = await process.connect(), await process.connect()
        asked = asyncio.create_task(client.get())
        await asyncio.sleep(0.2)
        process.signal(signal.SIGTERM)
        assert (await asked).body == b"whole"
        assert await idle.ended()
        assert await process.wait() == 0
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", process.port), 1)
        assert not process.data.edge_socket.exists()
        assert await process.stop() == ""
        assert [record["status"] for record in access_records(process.data)] == [200]

    async def test_second_edge_on_the_port_is_told_what_to_do(self, process: EdgeProcess) -> None:
        said = await process.refused_start()
        assert f"port_in_use: Port {process.port} is in use" in said
        assert "--port" in said

    async def test_numbers_of_all_workers_are_summed(
        self, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        await process.client.put_route(make_route(await make_upstream()))
        clients = [await process.connect() for _ in range(10)]
        for client in clients:
            await client.get()
        (stats,) = await process.client.stats()
        assert (stats.id, stats.requests, stats.in_flight) == ("cps_shop", 10, 0)


class TestAccessLog:
    async def test_each_request_is_a_record_of_its_capsule(
        self, eventually: Eventually, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        await process.client.put_route(make_route(await make_upstream("rep_1")))
        client = await process.connect()
        await client.get("/a/b?token=secret", User_Agent="test/1")
        await client.post(b"12345", "/c")
        await client.get("/", host="nope.localhost")
        await eventually(lambda: len(access_records(process.data)) == 2)
        first, second = access_records(process.data)
        assert first.pop("duration_ms") > 0
        assert time.strftime("%Y-%m-%d", time.gmtime()) == first.pop("at")[:10]
        assert first.pop("bytes_out") == len(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        assert first.pop("bytes_in") > 60
        assert first == {
            "method": "GET",
            "path": "/a/b",
            "query": "token=secret",
            "host": "shop.localhost",
            "status": 200,
            "held_ms": 0.0,
            "replica": "rep_1",
            "client": "127.0.0.1",
            "user_agent": "test/1",
            "protocol": "HTTP/1.1",
        }
        assert (second["method"], second["path"], second["query"]) == ("POST", "/c", "")

    async def test_route_without_capsule_is_not_logged(
        self, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        await process.client.put_route(make_route(await make_upstream(), capsule_id=""))
        client = await process.connect()
        await client.get()
        await asyncio.sleep(0.6)
        assert not (process.data.root / "telemetry").exists()


class TestRenewal:
    async def test_renewals_under_load_fail_no_request(
        self, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        await process.client.put_route(make_route(await make_upstream()), probe=PROBE)
        workers = (await process.client.health()).workers
        load = Load(process)
        load.start()
        for _ in range(3):
            await asyncio.sleep(0.2)
            await process.client.renew()
            workers = await other_workers(process, workers)
        await load.stop()
        assert load.failures == []
        assert load.answered > 200

    async def test_connection_kept_open_is_answered_once_more_and_told_to_go(
        self, process: EdgeProcess, make_upstream: MakeUpstream, make_route: MakeRoute
    ) -> None:
        await process.client.put_route(make_route(await make_upstream()), probe=PROBE)
        client = await process.connect()
        assert (await client.get()).status == 200
        workers = (await process.client.health()).workers
        await process.client.renew()
        await other_workers(process, workers)
        answer = await client.get()
        assert (answer.status, answer.header("connection")) == (200, "close")
        assert await client.ended()


async def other_workers(process: EdgeProcess, before: list[int]) -> list[int]:
    """Wait for the workers of the renewed edge."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            workers = (await process.client.health()).workers
        except Unavailable:
            workers = []
        if len(workers) == len(before) and not set(workers) & set(before):
            return workers
        await asyncio.sleep(0.02)
    raise AssertionError("the edge did not come back")
