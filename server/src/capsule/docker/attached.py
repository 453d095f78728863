"""Start a process in a container and hold its streams: one connection to the daemon, both ways."""

import asyncio
import contextlib
import json
import socket as sockets
from pathlib import Path
from typing import Literal, TypeAlias

from capsule.docker.errors import DockerRefused, DockerUnavailable

Stream: TypeAlias = Literal["stdout", "stderr"]
_UPGRADED = 101
_CHUNK = 64 * 1024
_IN_FLIGHT = 16 * 1024
"""Little input waits in the connection, so that who writes knows when it was taken."""
FRAME_HEADER = 8
"""Before each piece of output without a terminal: its stream, and its length in the last four bytes."""
STREAMS: dict[int, Stream] = {1: "stdout", 2: "stderr"}


class Attached:
    """The streams of a process that a daemon has started. Reading slowly holds the process up."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, has_terminal: bool
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._has_terminal = has_terminal

    @classmethod
    async def start(cls, socket: Path, exec_id: str, *, has_terminal: bool) -> "Attached":
        """Start what `DockerClient.create_exec` has described. Raises DockerRefused, DockerUnavailable.

        The connection is a plain one of its own: it stops being HTTP, and its input ends before its output.
        """
        try:
            reader, writer = await asyncio.open_unix_connection(str(socket))
        except OSError as exc:
            raise DockerUnavailable(f"The Docker daemon does not answer: {exc}") from exc
        try:
            writer.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, _IN_FLIGHT)
            writer.transport.set_write_buffer_limits(high=0)
            await _upgrade(reader, writer, exec_id, has_terminal)
        except BaseException:
            writer.transport.abort()
            raise
        return cls(reader, writer, has_terminal=has_terminal)

    async def read(self) -> tuple[Stream, bytes] | None:
        """Return (stream, some output); None at the end."""
        try:
            if self._has_terminal:
                data = await self._reader.read(_CHUNK)
                return ("stdout", data) if data else None
            header = await self._reader.readexactly(FRAME_HEADER)
            data = await self._reader.readexactly(int.from_bytes(header[4:], "big"))
            return STREAMS.get(header[0], "stdout"), data
        except (EOFError, OSError):
            return None

    async def write(self, data: bytes) -> None:
        """Return when the daemon takes more; what a process that has ended does not take is dropped."""
        with contextlib.suppress(OSError):
            self._writer.write(data)
            await self._writer.drain()

    def end_input(self) -> None:
        with contextlib.suppress(OSError):
            if self._writer.can_write_eof():
                self._writer.write_eof()

    def close(self) -> None:
        self._writer.transport.abort()


async def _upgrade(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, exec_id: str, has_terminal: bool
) -> None:
    body = json.dumps({"Detach": False, "Tty": has_terminal}).encode()
    head = (
        f"POST /exec/{exec_id}/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    try:
        writer.write(head.encode() + body)
        await writer.drain()
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(answer.split(" ", 2)[1])
        if status != _UPGRADED:
            raise DockerRefused(await _reason(reader, answer), status=status)
    except (EOFError, OSError, asyncio.LimitOverrunError) as exc:
        raise DockerUnavailable(f"The connection to the Docker daemon broke: {exc}") from exc


async def _reason(reader: asyncio.StreamReader, head: str) -> str:
    length = 0
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
    try:
        return str(json.loads(await reader.readexactly(length))["message"])
    except (ValueError, KeyError):
        return "It gave no reason."
