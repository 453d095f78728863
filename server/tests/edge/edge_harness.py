"""A proxy in the test's own loop, whole edges, scripted upstreams and a client, all on real sockets."""

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from capsule.edge.client import EdgeClient
from capsule.edge.contract import Route, Upstream
from capsule.edge.proxy.proxy import Proxy
from capsule.edge.proxy.routing import drain
from capsule.errors import Unavailable
from capsule.paths import DataPaths

Script = Callable[["Request"], Awaitable[None]]


@dataclass
class Request:
    """A request as an upstream got it."""

    head: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    connection: int

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n", 1)[0].decode()

    @property
    def headers(self) -> list[tuple[str, str]]:
        lines = self.head.decode("latin-1").split("\r\n")[1:-2]
        return [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)

    async def answer(self, body: bytes = b"ok", status: str = "200 OK", *headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        self.writer.write("\r\n".join(lines).encode() + body)
        await self.writer.drain()

    async def read_body(self) -> bytes:
        if self.header("transfer-encoding"):
            body = b""
            while size := int(await self.reader.readline(), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readline()
            return body
        return await self.reader.readexactly(int(self.header("content-length") or 0))


async def say_ok(request: Request) -> None:
    await request.read_body()
    await request.answer()


@dataclass
class ScriptedUpstream:
    """An HTTP server that keeps connections open and does with each request what `script` says."""

    id: str
    script: Script = say_ok
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def upstream(self) -> Upstream:
        return Upstream(self.id, f"tcp:127.0.0.1:{self.port}")

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and cut every connection, like a process that was killed."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        await asyncio.sleep(0)

    def cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    @property
    def open_connections(self) -> int:
        return len(self._open)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self._open.add(writer)
        try:
            while True:
                request = Request(await reader.readuntil(b"\r\n\r\n"), reader, writer, number)
                self.requests.append(request)
                await self.script(request)
                if writer.is_closing():
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)


class Client:
    """A client that writes bytes and reads answers by the rules of HTTP/1.1."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes | str) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)
        await self.writer.drain()

    async def get(self, path: str = "/", host: str = "shop.localhost", **headers: str) -> Answer:
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        await self.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n")
        return await self.read()

    async def post(self, body: bytes, path: str = "/", host: str = "shop.localhost") -> Answer:
        await self.send(
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )
        return await self.read()

    async def read_head(self) -> Answer:
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)).decode("latin-1")
        first, *lines = head.split("\r\n")[:-2]
        headers = [
            (name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
        ]
        return Answer(int(first.split(" ")[1]), headers, b"")

    async def read(self, method: str = "GET") -> Answer:
        answer = await self.read_head()
        while answer.status < 200 and answer.status != 101:
            answer = await self.read_head()
        async with asyncio.timeout(10):
            if method == "HEAD" or answer.status in (101, 204, 304):
                return answer
            if answer.header("transfer-encoding"):
                while chunk := await self.read_chunk():
                    answer.body += chunk
            elif (length := answer.header("content-length")) is not None:
                answer.body = await self.reader.readexactly(int(length))
            else:
                answer.body = await self.reader.read(-1)
        return answer

    async def read_chunk(self) -> bytes:
        async with asyncio.timeout(10):
            size = int(await self.reader.readline(), 16)
            return (await self.reader.readexactly(size + 2))[:-2]

    async def ended(self) -> bool:
        """Whether the edge closes the connection (within two seconds) without a further byte."""
        try:
            return await asyncio.wait_for(self.reader.read(1), 2) == b""
        except TimeoutError:
            return False

    def close(self) -> None:
        self.writer.transport.abort()


class EdgeInTest:
    """A proxy on a free port, with the calls of the contract that need no other process."""

    def __init__(self, proxy: Proxy, port: int) -> None:
        self.proxy = proxy
        self.port = port
        self._clients: list[Client] = []

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self._clients.append(client)
        return client

    async def put(self, route: Route, drain_seconds: float = 5.0) -> None:
        await drain(self.proxy.apply(route), drain_seconds)

    def disconnect(self) -> None:
        for client in self._clients:
            client.close()


_MAIN = """
import sys
from pathlib import Path
from capsule.edge.process import run
from capsule.errors import PlatformError
from capsule.paths import DataPaths
try:
    run(data=DataPaths(Path(sys.argv[1])), host="localhost", port=int(sys.argv[2]), domain="localhost",
        workers=int(sys.argv[3]))
except PlatformError as error:
    sys.exit(f"{error.code}: {error.detail} {error.hint}")
"""


class EdgeProcess:
    """A whole edge in processes of its own."""

    def __init__(self, data: DataPaths) -> None:
        self.data = data
        self.client = EdgeClient(data.edge_socket)
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._log = data.root / "edge.log"
        self._clients: list[Client] = []

    async def start(self, workers: int = 2) -> None:
        command = [
            sys.executable,
            "-W",
            "error",
            "-c",
            _MAIN,
            str(self.data.root),
            str(self.port),
            str(workers),
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log)  # noqa: ASYNC220 it outlives this call
        deadline = time.monotonic() + 15
        while True:
            try:
                self.port = (await self.client.listen_address()).port
                return
            except Unavailable:  # its socket is there a moment before it listens
                assert self._process.poll() is None, self._log.read_text()
                assert time.monotonic() < deadline
            await asyncio.sleep(0.02)

    async def refused_start(self) -> str:
        """Start a second edge on the same port, but another folder; return what it says."""
        with tempfile.TemporaryDirectory(prefix="edg", dir="/tmp") as folder:
            command = [sys.executable, "-c", _MAIN, folder, str(self.port), "1"]
            process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
            return (await process.communicate())[1].decode()

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self._clients.append(client)
        return client

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def wait(self, seconds: float = 15) -> int:
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, seconds)

    async def stop(self) -> str:
        """End it; return what it wrote to its error stream."""
        await self.client.close()
        for client in self._clients:
            client.close()
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            await self.wait()
        finally:
            self._process.kill()
        return self._log.read_text()


MakeUpstream = Callable[..., Awaitable[ScriptedUpstream]]
"""Start an upstream: its id, its script."""
MakeRoute = Callable[..., Route]
"""A route of shop.localhost to the given upstreams; keywords change its fields."""
Eventually = Callable[..., Awaitable[None]]
"""Wait until a condition holds."""
