"""Calls to closed addresses in all their spellings, against a real server on this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address
from typing import Any

import httpx2
import pytest

from capsule.kit import outbound
from capsule.kit.addresses import Address, why_closed
from capsule.kit.outbound import AddressRefused, client


class Server:
    """Answers every request with 200, or sends it on to `location`; counts connections."""

    def __init__(self) -> None:
        self.connections = 0
        self.location = ""
        self.port = 0

    async def start(self, address: str) -> asyncio.Server:
        server = await asyncio.start_server(self._answer, address, self.port)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await reader.readuntil(b"\r\n\r\n")
        head = f"302 Found\r\nLocation: {self.location}" if self.location else "200 OK"
        writer.write(f"HTTP/1.1 {head}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    served = Server()
    async with await served.start("127.0.0.1"):
        yield served


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "2130706433",
        "0x7f000001",
        "0177.1",
        "127.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.100.100.200",
        "169.254.169.254",
        "168.63.129.16",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "224.0.0.1",
        "[ff02::1]",
        "255.255.255.255",
    ],
)
async def test_closed_addresses_are_refused(server: Server, host: str) -> None:
    async with client() as http:
        with pytest.raises(AddressRefused) as refused:
            await http.get(f"http://{host}:{server.port}/")
    assert refused.value.code == "address_refused"
    assert refused.value.hint
    assert server.connections == 0


async def test_settings_may_name_private_addresses(server: Server) -> None:
    async with client(allow_private=True) as http:
        assert (await http.get(f"http://localhost:{server.port}/")).text == "ok"


async def test_own_public_address_is_refused(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setattr(outbound, "why_closed", lambda address: "")
    async with client() as http:
        with pytest.raises(AddressRefused, match="address of this machine"):
            await http.get(f"http://127.0.0.1:{server.port}/")


async def test_proxies_of_the_environment_are_not_asked(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
    async with client() as http:
        with pytest.raises(AddressRefused):
            await http.get("http://10.1.2.3/")
    assert server.connections == 0


@pytest.fixture
def one_open_address(monkeypatch: pytest.MonkeyPatch) -> str:
    """Let 127.0.0.2 pass for an address of the internet."""

    def judge(address: Address) -> str:
        return "" if address == ip_address("127.0.0.2") else why_closed(address)

    monkeypatch.setattr(outbound, "why_closed", judge)
    monkeypatch.setattr(outbound, "is_own_address", lambda address: False)
    return "127.0.0.2"


async def test_redirect_into_a_private_network(server: Server, one_open_address: str) -> None:
    outside = Server()
    outside.location = f"http://127.0.0.1:{server.port}/"
    async with await outside.start(one_open_address), client(follow_redirects=True) as http:
        with pytest.raises(AddressRefused):
            await http.get(f"http://{one_open_address}:{outside.port}/")
    assert outside.connections == 1
    assert server.connections == 0


async def test_redirects_are_not_followed_unasked(one_open_address: str) -> None:
    outside = Server()
    outside.location = "http://127.0.0.1/"
    async with await outside.start(one_open_address), client() as http:
        answer = await http.get(f"http://{one_open_address}:{outside.port}/")
    assert answer.status_code == 302


async def test_name_that_changes_its_mind(
    monkeypatch: pytest.MonkeyPatch, server: Server, one_open_address: str
) -> None:
    outside = Server()
    answers = [[one_open_address], ["127.0.0.1"]]

    async def resolve(host: str, port: int, **options: Any) -> list[tuple[Any, ...]]:
        assert host == "rebinding.example"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in answers.pop(0)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    async with await outside.start(one_open_address), client() as http:
        url = f"http://rebinding.example:{outside.port}/"
        assert (await http.get(url)).text == "ok"
        with pytest.raises(AddressRefused):
            await http.get(url)


async def test_of_several_addresses_only_open_ones_are_tried(
    monkeypatch: pytest.MonkeyPatch, server: Server, one_open_address: str
) -> None:
    outside = Server()
    outside.port = server.port

    async def resolve(host: str, port: int, **options: Any) -> list[tuple[Any, ...]]:
        found = ("127.0.0.1", "10.0.0.1", one_open_address)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    async with await outside.start(one_open_address), client() as http:
        assert (await http.get(f"http://mixed.example:{outside.port}/")).text == "ok"
    assert (outside.connections, server.connections) == (1, 0)


async def test_unknown_name() -> None:
    async with client() as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get("http://no-such-name.invalid/")
