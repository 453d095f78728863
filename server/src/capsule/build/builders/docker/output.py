"""Pass what the daemon tells of a build on to the log, line by line."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

from capsule.build.builders.process.output import Output

_NOISE = re.compile(r"^( ---> (Running in )?|Removing intermediate container )[0-9a-f]{12}\s*$")
_OURS = re.compile(r"^Step \d+/\d+ : LABEL capsule\.")


async def follow(messages: AsyncIterator[dict[str, Any]], output: Output) -> None:
    """Read until the build's end. Raises what reading raises."""
    reader = asyncio.StreamReader()
    following = asyncio.create_task(output.follow(reader, "stdout"))
    try:
        async for message in messages:
            text = str(message.get("stream") or "")
            if text and not _NOISE.match(text) and not _OURS.match(text):
                reader.feed_data(text.encode())
    finally:
        reader.feed_eof()
        await following
