"""A browser that uploads."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
from apphost import Browser

from capsule.kit.sockets import short_path


async def begin(browser: Browser, size: int, name: str = "a.bin", **more: Any) -> str:
    answer = await browser.post("/api/files", {"name": name, "size": size, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def patch(browser: Browser, file_id: str, offset: object, content: Any) -> httpx2.Response:
    headers = {"Upload-Offset": str(offset)}
    return await browser._client.patch(f"/api/files/{file_id}", content=content, headers=headers)


async def offset(browser: Browser, file_id: str) -> int:
    answer = await browser._client.head(f"/api/files/{file_id}")
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


async def upload(browser: Browser, content: bytes, name: str = "a.bin", **more: Any) -> str:
    file_id = await begin(browser, len(content), name, **more)
    answer = await patch(browser, file_id, 0, content)
    assert answer.json() == {"offset": len(content)}
    return file_id


async def zeros(size: int, piece: int = 256 * 1024) -> AsyncIterator[bytes]:
    block = bytes(piece)
    for start in range(0, size, piece):
        yield block[: size - start]


async def cut_upload(
    socket: Path, browser: Browser, route: str, file_id: str, size: int, sent: bytes
) -> None:
    """Send the beginning of a piece of `size` bytes and cut the connection."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser._client.cookies.jar)
    with short_path(socket) as name:
        _, writer = await asyncio.open_unix_connection(name)
    head = (
        f"PATCH /api/files/{file_id} HTTP/1.1\r\nHost: demo.localhost\r\nX-Capsule-Route: {route}\r\n"
        f"Cookie: {cookies}\r\nUpload-Offset: 0\r\nContent-Length: {size}\r\n\r\n"
    )
    writer.write(head.encode() + sent)
    await writer.drain()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def peak_memory(pid: int) -> int:
    """Return the most bytes that a process has held so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")
