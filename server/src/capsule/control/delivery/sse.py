"""Answer with server-sent events. Knows nothing of what they say."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from fastapi.responses import StreamingResponse

_ALIVE_SECONDS = 15.0


def event(name: str, data: Any, *, id: int | str | None = None) -> bytes:
    head = f"id: {id}\n" if id is not None else ""
    return f"{head}event: {name}\ndata: {msgspec.json.encode(data).decode()}\n\n".encode()


def event_stream(events: AsyncGenerator[bytes, None]) -> StreamingResponse:
    """Stream `events` until they end or the client goes away; silence is broken by a comment."""
    return StreamingResponse(
        _lively(events),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


def last_event_id(header: str | None) -> int:
    """Return the number in `Last-Event-ID`; 0 without one."""
    return int(header) if header and header.isdigit() and len(header) < 19 else 0


async def _lively(events: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    pending: asyncio.Task[bytes] | None = None
    try:
        yield b": open\n\n"
        while True:
            if pending is None:
                pending = asyncio.ensure_future(anext(events))
            await asyncio.wait({pending}, timeout=_ALIVE_SECONDS)
            if not pending.done():
                yield b": alive\n\n"
                continue
            try:
                item = pending.result()
            except StopAsyncIteration:
                return
            pending = None
            yield item
    finally:
        if pending is not None:
            pending.cancel()
            await asyncio.wait({pending})
        await events.aclose()
