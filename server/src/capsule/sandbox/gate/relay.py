"""Resolve names for one runtime: a nameserver on its own loopback, behind which are the machine's.

The runtime's first code binds the sockets in its empty network (`NAMESERVER`) and hands them out; from then
on every resolver that reads resolv.conf works, whatever it is written in. Names that the policy lists are
answered with the very addresses that the gate lets pass. In `listed` mode no other name is resolved: a
question to a nameserver carries data out as well as a connection does.
"""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from capsule.engines.contract import EgressMode
from capsule.sandbox.gate import dns
from capsule.sandbox.gate.host import nameservers
from capsule.sandbox.gate.policy import Policy

NAMESERVER = ("127.0.0.1", 53)
"""Where the sockets are bound inside, UDP and TCP."""
RESOLV_CONF = "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n"
"""What /etc/resolv.conf says inside."""

_PORT = 53
_TRY_SECONDS = 2.5
_NAME_MAX_AGE_SECONDS = 30.0
_MOST_AT_ONCE = 64
_MOST_CONNECTIONS = 16
_IDLE_SECONDS = 30.0

_Sender = tuple[Any, ...]
_Ask = Callable[[bytes, str], Coroutine[None, None, bytes]]


class Relay:
    """Owns both sockets. `servers` gives the machine's nameservers, asked anew for each question."""

    def __init__(
        self,
        udp: socket.socket,
        tcp: socket.socket,
        policy: Policy,
        *,
        servers: Callable[[], list[str]] = nameservers,
        port: int = _PORT,
    ) -> None:
        self._udp, self._tcp = udp, tcp
        self._policy = policy
        self._servers = servers
        self._port = port
        self._transport: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._connections = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._on_datagram), sock=self._udp
        )
        self._server = await asyncio.start_server(self._serve_stream, sock=self._tcp)

    async def close(self) -> None:
        """Stop answering. Idempotent; the sockets live on where they were duplicated to."""
        for task in self._work:
            task.cancel()
        if self._work:
            await asyncio.wait(self._work)
        if self._transport is not None:
            self._transport.abort()
        if self._server is not None:
            self._server.close()
        self._udp.close()
        self._tcp.close()

    async def resolve(self, query: bytes, ask: _Ask) -> bytes | None:
        """Return the answer to a query; None for what is no query."""
        question = dns.read_question(query)
        if question is None:
            return None
        if self._policy.is_listed_name(question.name) and question.kind in (dns.A, dns.AAAA):
            await self._policy.refresh(_NAME_MAX_AGE_SECONDS, name=question.name)
            addresses = self._policy.addresses_of(question.name)
            code = dns.NO_ERROR if addresses else dns.NO_SUCH_NAME
            return dns.write_answer(query, question, code, addresses)
        if self._policy.mode is EgressMode.listed and not self._policy.is_listed_name(question.name):
            return dns.write_answer(query, question, dns.NO_SUCH_NAME)
        for server in self._servers():
            # An id of our own, so that nobody who has seen the runtime's can answer in the server's place.
            asked = dns.with_id(query, secrets.randbelow(65536))
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(_TRY_SECONDS):
                    return dns.with_id(await ask(asked, server), int.from_bytes(query[:2]))
        return dns.write_answer(query, question, dns.SERVER_FAILURE)

    def _on_datagram(self, query: bytes, sender: _Sender) -> None:
        if len(self._work) < _MOST_AT_ONCE:  # who asks more at once asks again later
            self._spawn(self._answer_datagram(query, sender))

    async def _answer_datagram(self, query: bytes, sender: _Sender) -> None:
        answer = await self.resolve(query, self._ask_datagram)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, sender)

    async def _serve_stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._work.add(task)
        try:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                while self._connections <= _MOST_CONNECTIONS:
                    async with asyncio.timeout(_IDLE_SECONDS):
                        query = await _read_message(reader)
                    answer = await self.resolve(query, self._ask_stream)
                    if answer is None:
                        break
                    writer.write(len(answer).to_bytes(2) + answer)
                    async with asyncio.timeout(_IDLE_SECONDS):
                        await writer.drain()
        except asyncio.CancelledError:
            pass  # by `close`; the server has no use for the news
        finally:
            self._connections -= 1
            self._work.discard(task)
            writer.close()

    async def _ask_datagram(self, query: bytes, server: str) -> bytes:
        answers: asyncio.Queue[bytes] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(lambda data, _: answers.put_nowait(data)), remote_addr=(server, self._port)
        )
        try:
            transport.sendto(query)
            while (answer := await answers.get())[:2] != query[:2]:
                pass  # not to this question
            return answer
        finally:
            transport.abort()

    async def _ask_stream(self, query: bytes, server: str) -> bytes:
        reader, writer = await asyncio.open_connection(server, self._port)
        try:
            writer.write(len(query).to_bytes(2) + query)
            return await _read_message(reader)
        finally:
            writer.transport.abort()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(int.from_bytes(await reader.readexactly(2)))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, on_datagram: Callable[[bytes, _Sender], None]) -> None:
        self._on_datagram = on_datagram

    def datagram_received(self, data: bytes, addr: _Sender) -> None:
        self._on_datagram(data, addr)
