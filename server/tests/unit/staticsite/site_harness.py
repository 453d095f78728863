"""Sites as a build leaves them, published, and asked over real connections."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from capsule.staticsite.built import BuiltProject
from capsule.staticsite.publish import publish
from capsule.staticsite.server import FileServer
from capsule.staticsite.site import Site

Reply = tuple[int, dict[str, str], bytes]


class Client:
    def __init__(self, port: int) -> None:
        self.port = port

    async def __call__(self, path: str, *headers: str, method: str = "GET") -> Reply:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers, "Connection: close"]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        data = await reader.read()
        writer.close()
        await writer.wait_closed()
        head, _, body = data.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        found = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        return int(first.split()[1]), found, body


class Build:
    """A project whose sources are older than `self.built`, and the rest is what the build made."""

    def __init__(self, root: Path) -> None:
        self.root = root / "project"
        self.root.mkdir()
        self.site = root / "deps" / "site"
        self.site.parent.mkdir()
        self._mark = root / "mark"

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def sources(self, files: dict[str, str]) -> None:
        """Write what is there before the build."""
        self.write(files)
        self._tick()

    @property
    def project(self) -> BuiltProject:
        since = self._mark.stat().st_ctime_ns if self._mark.exists() else 0
        return BuiltProject(self.root, since)

    def publish(self, folder: str = "") -> list[str]:
        return publish(self.project, self.root / folder, self.site)

    def _tick(self) -> None:
        """Let the file system's clock, which is coarse, go on."""
        self._mark.write_text("")
        after = self._mark.with_name("after")
        while True:
            after.write_text("x")
            if after.stat().st_ctime_ns > self._mark.stat().st_ctime_ns:
                return
            os.sched_yield()


@asynccontextmanager
async def serving(root: Path, *, is_single_page: bool = False) -> AsyncIterator[Client]:
    server = FileServer(Site(root, is_single_page=is_single_page))
    listening = await server.start("127.0.0.1", 0)
    yield Client(listening.sockets[0].getsockname()[1])
    listening.close()
    await server.finish()
