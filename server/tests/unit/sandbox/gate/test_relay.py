"""Names inside a walled runtime, with a nameserver of our own in the machine's place."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from gate_walls import Walled

from capsule.engines.contract import Egress, EgressMode
from capsule.sandbox.gate import dns
from capsule.sandbox.gate.policy import Policy
from capsule.sandbox.gate.relay import RESOLV_CONF, Relay

RESOLVE = """
def resolve(name):
    try:
        return sorted({item[4][0] for item in socket.getaddrinfo(name, 80)})
    except socket.gaierror as exc:
        return exc.errno
"""
ANSWER = socket.inet_aton("127.0.0.9")


class Upstream:
    """Knows `known.example` as 127.0.0.9, over UDP and TCP; long answers are cut over UDP."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(type=socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self._threads = [threading.Thread(target=self._serve_udp), threading.Thread(target=self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    def answer(self, query: bytes, *, may_cut: bool) -> bytes:
        question = dns.read_question(query)
        assert question is not None
        self.asked.append(question.name)
        if question.name == "long.example" and may_cut:
            cut = bytearray(dns.write_answer(query, question, dns.NO_ERROR))
            cut[2] |= 0x02
            return bytes(cut)
        if question.name not in ("known.example", "long.example"):
            return dns.write_answer(query, question, dns.NO_SUCH_NAME)
        addresses = [IPv4Address(ANSWER)] if question.kind == dns.A else []
        return dns.write_answer(query, question, dns.NO_ERROR, addresses)

    def _serve_udp(self) -> None:
        with contextlib.suppress(OSError):
            while (received := self.udp.recvfrom(4096))[0]:
                self.udp.sendto(self.answer(received[0], may_cut=True), received[1])

    def _serve_tcp(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                with self.tcp.accept()[0] as connection:
                    query = connection.recv(4096)[2:]
                    if not query:
                        return
                    answer = self.answer(query, may_cut=False)
                    connection.sendall(len(answer).to_bytes(2) + answer)

    def close(self) -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", ("127.0.0.1", self.port))
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.shutdown(socket.SHUT_WR)
        for thread in self._threads:
            thread.join()
        self.udp.close()
        self.tcp.close()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.close()


class Names:
    def __init__(self, walled: Walled, folder: Path, upstream: Upstream) -> None:
        self.walled, self.upstream = walled, upstream
        self.conf = folder / "resolv.conf"
        self.conf.write_text(RESOLV_CONF)
        self.conf.chmod(0o644)
        self.relays: list[Relay] = []

    async def run(self, code: str, policy: Policy | None = None, *arguments: object) -> str:
        policy = policy or Policy(Egress())
        runtime = await self.walled.start(RESOLVE + code, *arguments, resolv_conf=self.conf)
        udp, tcp = runtime.sockets
        relay = Relay(udp, tcp, policy, servers=lambda: ["127.0.0.1"], port=self.upstream.port)
        self.relays.append(relay)
        await relay.start()
        self.walled.gate(runtime.listener, policy)
        return await runtime.output()


@pytest.fixture
async def names(walled: Walled, tmp_path: Path, upstream: Upstream) -> AsyncIterator[Names]:
    names = Names(walled, tmp_path, upstream)
    yield names
    for relay in names.relays:
        await relay.close()
        await relay.close()


class TestResolver:
    async def test_what_the_machines_nameserver_knows(self, names: Names) -> None:
        assert await names.run("print(resolve('known.example'))") == "['127.0.0.9']"

    async def test_unknown_names(self, names: Names) -> None:
        assert await names.run("print(resolve('unknown.example'))") == str(socket.EAI_NONAME)

    async def test_over_tcp_when_the_answer_is_long(self, names: Names) -> None:
        assert await names.run("print(resolve('long.example'))") == "['127.0.0.9']"

    async def test_many_at_once(self, names: Names) -> None:
        code = """
import asyncio
async def main():
    found = await asyncio.gather(*(asyncio.to_thread(resolve, "known.example") for _ in range(60)))
    print(found.count(["127.0.0.9"]))
asyncio.run(main())
"""
        assert await names.run(code) == "60"

    async def test_what_is_no_query_is_left_unanswered(self, names: Names) -> None:
        code = """
with socket.socket(type=socket.SOCK_DGRAM) as sock:
    sock.sendto(b"nonsense", ("127.0.0.1", 53))
with socket.create_connection(("127.0.0.1", 53)) as sock:
    sock.sendall(b"\\0\\x02no")
    print(sock.recv(1))
print(resolve("known.example"))
"""
        assert await names.run(code) == "b''\n['127.0.0.9']"


class TestListedNames:
    async def test_have_the_addresses_that_the_gate_knows(self, names: Names, echo: int) -> None:
        async def lookup(name: str) -> list[str]:
            assert name == "service.internal"
            return ["127.0.0.1"]

        code = """
print(resolve("Service.internal"))
with socket.create_connection(("service.internal", PORT)) as sock:
    sock.sendall(b"hi")
    print(sock.recv(2))
"""
        policy = Policy(Egress(EgressMode.listed, (f"service.internal:{echo}",)), lookup=lookup)
        assert await names.run(code, policy, echo) == "['127.0.0.1']\nb'hi'"
        assert names.upstream.asked == []

    async def test_others_are_not_resolved_when_only_listed_may_be_reached(self, names: Names) -> None:
        policy = Policy(Egress(EgressMode.listed, ("10.0.0.5:80",)))
        code = "print(resolve('known.example'), resolve('secret-data.evil.example'))"
        assert await names.run(code, policy) == f"{socket.EAI_NONAME} {socket.EAI_NONAME}"
        assert names.upstream.asked == []


async def test_silent_nameservers_end_in_a_failure() -> None:
    udp, tcp = socket.socket(type=socket.SOCK_DGRAM), socket.socket()
    with udp, tcp, socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        relay = Relay(udp, tcp, Policy(Egress()), servers=lambda: ["127.0.0.1"] * 2)

        async def ask(query: bytes, server: str) -> bytes:
            raise OSError("unreachable")

        query = b"\x12\x34\x01\x00\0\x01\0\0\0\0\0\0\x01a\0\0\x01\0\x01"
        answer = await asyncio.wait_for(relay.resolve(query, ask), 1)
        assert answer is not None
        assert (answer[:2], answer[3] & 15) == (b"\x12\x34", dns.SERVER_FAILURE)
