"""Many users of one capsule at a time: requests at a steady rate, and streams that stay open.

Runs in a thread with an event loop of its own, on plain sockets, so that it takes little from the machine
that it loads.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

APP = '''
"""Answers with its version, or streams ticks for some seconds and says `end`."""
import asyncio, os, sys

VERSION = "version 0"
STREAM_SECONDS = 8

async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\\r\\n\\r\\n"):
            path = head.split(b" ", 2)[1]
            if path == b"/stream":
                writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\n")
                writer.write(b"Connection: close\\r\\n\\r\\n")
                for _ in range(STREAM_SECONDS * 2):
                    writer.write(b"data: tick\\n\\n")
                    await writer.drain()
                    await asyncio.sleep(0.5)
                writer.write(b"data: end\\n\\n")
                await writer.drain()
                return
            body = VERSION.encode()
            writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(body), body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "0.0.0.0", int(os.environ["PORT"]))
    await server.serve_forever()

asyncio.run(main())
'''


class Crowd:
    """`failed` has what went wrong, in words; empty is what one hopes for."""

    def __init__(self, port: int, host: str, *, rate: float = 200, connections: int = 20, streams: int = 50):
        self.served = 0
        self.streamed = 0
        self.failed: list[str] = []
        self._port = port
        self._head = f"Host: {host}\r\n\r\n".encode()
        self._pause = connections / rate
        self._connections = connections
        self._streams = streams
        self._stopping = threading.Event()

    @contextmanager
    def running(self) -> Iterator["Crowd"]:
        """Everybody comes at the beginning; at the end each finishes what it is at."""
        thread = threading.Thread(target=lambda: asyncio.run(self._all()))
        thread.start()
        try:
            yield self
        finally:
            self._stopping.set()
            thread.join()

    async def _all(self) -> None:
        askers = (self._ask(number) for number in range(self._connections))
        streamers = (self._stream(number) for number in range(self._streams))
        await asyncio.gather(*askers, *streamers)

    async def _ask(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self._pause * number / self._connections
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while not self._stopping.is_set():
            await asyncio.sleep(due - loop.time())
            due = max(due + self._pause, loop.time())
            try:
                async with asyncio.timeout(60):
                    writer.write(b"GET / HTTP/1.1\r\n" + self._head)
                    head = await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(_length(head))
                if b" 200 " not in head.split(b"\r\n")[0]:
                    raise OSError(head.decode())
                self.served += 1
            except (OSError, EOFError, TimeoutError) as exc:
                self.failed.append(f"request: {exc!r}")
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.close()

    async def _stream(self, number: int) -> None:
        await asyncio.sleep(number / self._streams)
        while not self._stopping.is_set():
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            try:
                async with asyncio.timeout(90):
                    writer.write(b"GET /stream HTTP/1.1\r\n" + self._head)
                    said = await reader.read(-1)
                if b"data: end" not in said[-40:]:
                    raise OSError(f"broke off after {len(said)} bytes: {said[:200]!r}")
                self.streamed += 1
            except (OSError, TimeoutError) as exc:
                self.failed.append(f"stream: {exc!r}")
            finally:
                writer.close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
