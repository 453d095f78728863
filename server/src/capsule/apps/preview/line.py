"""Lines to a port of a runtime: sockets that are connected with what listens there, and HTTP over them."""

import asyncio
import socket as sockets
from collections.abc import Iterable
from pathlib import Path

import httpcore2

from capsule.apps.preview.errors import PortNotReady
from capsule.kit.sockets import short_path
from cpsl.wire import Ack, Hello, OpenPort, WireError, decode, encode

_CONNECT_SECONDS = 15.0
_LONGEST_ANSWER = 4096
_BUFFER = 64 * 1024


async def open_port(runtime: Path, port: int) -> sockets.socket:
    """Return a socket that is connected with a port of the runtime at `runtime` (its own socket).

    Raises PortNotReady, also when the runtime has ended or does not answer.
    """
    line = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    try:
        line.setblocking(False)
        async with asyncio.timeout(_CONNECT_SECONDS):
            with short_path(runtime) as name:
                await asyncio.get_running_loop().sock_connect(line, name)
            await _ask(line, port)
    except (OSError, WireError, TimeoutError) as exc:
        line.close()
        raise PortNotReady(port) from exc
    except BaseException:
        line.close()
        raise
    return line


async def _ask(line: sockets.socket, port: int) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(line, encode(Hello(line="port")) + encode(OpenPort(port)))
    answer = bytearray()
    while not answer.endswith(b"\n"):  # one by one, since what follows is the port's
        byte = await loop.sock_recv(line, 1)
        if not byte or len(answer) > _LONGEST_ANSWER:
            raise ConnectionError("the runtime closed the line")
        answer += byte
    message = decode(bytes(answer))
    if not isinstance(message, Ack) or message.error is not None:
        raise PortNotReady(port)


class Lines(httpcore2.AsyncNetworkBackend):
    """Connects the HTTP client with ports of one runtime, whatever the host in the address."""

    def __init__(self, runtime: Path) -> None:
        self._runtime = runtime

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        line = await open_port(self._runtime, port)
        return _Stream(*await asyncio.open_unix_connection(sock=line, limit=_BUFFER))


class _Stream(httpcore2.AsyncNetworkStream):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)
        except TimeoutError as exc:
            raise httpcore2.ReadTimeout("nothing came") from exc
        except OSError as exc:
            raise httpcore2.ReadError(str(exc)) from exc

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()
        except TimeoutError as exc:
            raise httpcore2.WriteTimeout("nothing was taken in") from exc
        except OSError as exc:
            raise httpcore2.WriteError(str(exc)) from exc

    async def aclose(self) -> None:
        self._writer.transport.abort()
