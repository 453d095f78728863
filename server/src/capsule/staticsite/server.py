"""Speak HTTP/1.1 with keep-alive on a port, and end quietly on SIGTERM."""

import asyncio
import contextlib
import signal
from pathlib import Path

from capsule.staticsite.answer import Answer, answer
from capsule.staticsite.site import Site

_MAX_HEAD = 64 * 1024
_IDLE_SECONDS = 120.0
_SMALL = 64 * 1024


async def serve(root: Path, *, host: str, port: int, is_single_page: bool) -> None:
    """Serve `root` until SIGTERM or SIGINT; requests under way are answered first."""
    server = FileServer(Site(root, is_single_page=is_single_page))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listening = await server.start(host, port)
    await stop.wait()
    listening.close()
    await server.finish()


class FileServer:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._connections: dict[asyncio.Task[None], bool] = {}
        """Whether each is in the middle of a request."""
        self._is_ending = False

    async def start(self, host: str, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._serve, host, port, limit=_MAX_HEAD)

    async def finish(self, *, seconds: float = 5.0) -> None:
        """End the idle connections now and the others when they are done."""
        self._is_ending = True
        for task, is_busy in list(self._connections.items()):
            if not is_busy:
                task.cancel()
        if self._connections:
            await asyncio.wait(list(self._connections), timeout=seconds)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = False
        try:
            while not self._is_ending:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _IDLE_SECONDS)
                self._connections[task] = True
                if not await self._answer(head, writer):
                    break
                self._connections[task] = False
        except asyncio.LimitOverrunError:
            writer.write(Answer(431).head(keep_alive=False))
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError, asyncio.CancelledError):
            pass
        finally:
            del self._connections[task]
            with contextlib.suppress(ConnectionError):
                writer.close()

    async def _answer(self, head: bytes, writer: asyncio.StreamWriter) -> bool:
        """Answer one request and say whether the connection goes on."""
        parsed = _parse(head)
        if parsed is None:
            writer.write(Answer(400).head(keep_alive=False))
            return False
        method, target, version, headers = parsed
        found = answer(self._site, method, target, headers)
        # A body would have to be read first; nobody sends one to a static site.
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        wants = headers.get("connection", "").lower()
        keeps = not has_body and not self._is_ending and wants != "close"
        keeps = keeps and (version == "HTTP/1.1" or wants == "keep-alive")
        head = found.head(keep_alive=keeps)
        if method == "HEAD" or found.status == 304:
            writer.write(head)
        else:
            await _send(head, found, writer)
        await writer.drain()
        return keeps


async def _send(head: bytes, found: Answer, writer: asyncio.StreamWriter) -> None:
    if found.file is None:
        writer.write(head + found.body)
        return
    with open(found.file, "rb") as file:  # noqa: ASYNC230 - a local file; a thread would cost more
        if found.length <= _SMALL:
            file.seek(found.start)
            writer.write(head + file.read(found.length))
            return
        writer.write(head)
        await writer.drain()
        loop = asyncio.get_running_loop()
        await loop.sendfile(writer.transport, file, found.start, found.length)


def _parse(head: bytes) -> tuple[str, str, str, dict[str, str]] | None:
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[1].startswith("/") or not words[2].startswith("HTTP/1."):
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, separator, value = line.partition(":")
        if not separator:
            return None
        headers[name.lower()] = value.strip()
    return words[0], words[1], words[2], headers
