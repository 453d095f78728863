"""Fetch one URL into one file."""

from __future__ import annotations

from pathlib import Path


async def download(url: str, path: str) -> str:
    """Stream `url` to `path` and return `path`. HTTP errors raise and leave no file behind."""
    import httpx2

    target = Path(path)
    partial = target.with_name(target.name + ".part")
    try:
        async with (
            httpx2.AsyncClient(follow_redirects=True, timeout=60) as client,
            client.stream("GET", url) as answer,
        ):
            answer.raise_for_status()
            with partial.open("wb") as file:
                async for chunk in answer.aiter_bytes():
                    file.write(chunk)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return path
