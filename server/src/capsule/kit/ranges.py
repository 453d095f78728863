"""Ranges of downloads: read the `Range` header, stream that part. One only; all else means the whole file."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import BinaryIO

from capsule.errors import PlatformError

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_CHUNK = 256 * 1024


class RangeNotSatisfiable(PlatformError):
    code, title, status = "range_not_satisfiable", "Range not satisfiable", 416


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return first byte and length, or None for the whole file. Raises RangeNotSatisfiable."""
    match = _RANGE.fullmatch((header or "").strip())
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        start = int(match[1])
        end = min(int(match[2]), size - 1) if match[2] else size - 1
        if match[2] and int(match[2]) < start:
            return None
    else:
        start, end = max(0, size - int(match[2])), size - 1
    if start >= size or (not match[1] and int(match[2]) == 0):
        raise RangeNotSatisfiable(f"The file has {size} bytes.")
    return start, end - start + 1


async def chunks(file: BinaryIO, start: int, length: int) -> AsyncIterator[bytes]:
    """Read a part of a file off the event loop, and close the file."""
    with file:
        await asyncio.to_thread(file.seek, start)
        while length > 0 and (chunk := await asyncio.to_thread(file.read, min(_CHUNK, length))):
            length -= len(chunk)
            yield chunk
