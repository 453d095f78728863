"""Fetch one URL into one file."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from ._activation import is_behind_proxy
from ._ambient import active_session

_KEPT_FILE = re.compile(r"/api/files/(fil_[A-Za-z0-9_-]+)/")


async def download(url: str, path: str) -> str:
    """Stream `url` to `path` and return `path`. HTTP errors raise and leave no file behind.

    A file that the platform keeps comes over the runtime's own line to it: there may be no network.
    """
    session = active_session.get()
    kept = _KEPT_FILE.search(urlsplit(url).path)
    target = Path(path)
    if session is None or session._backend is None or kept is None:
        await fetch(url, target)
        return path
    partial = target.with_name(target.name + ".part")
    try:
        await session._backend.read_file(kept[1], partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return path


async def fetch(url: str, target: Path, *, max_bytes: int | None = None) -> str:
    """Stream `url` to `target` over HTTP and return its content type, empty when there is none.

    HTTP errors raise and leave no file behind; ValueError for a file of more than `max_bytes`.
    """
    from importlib.util import find_spec

    import httpx2

    # Without this package httpx2 fails where the environment names such a proxy. The open net needs none.
    trust_env = not is_behind_proxy() or find_spec("socksio") is not None
    partial = target.with_name(target.name + ".part")
    size = 0
    try:
        async with (
            httpx2.AsyncClient(follow_redirects=True, timeout=60, trust_env=trust_env) as client,
            client.stream("GET", url) as answer,
        ):
            answer.raise_for_status()
            with partial.open("wb") as file:
                async for chunk in answer.aiter_bytes():
                    size += len(chunk)
                    if max_bytes is not None and size > max_bytes:
                        raise ValueError(f"{url} is larger than the limit of {max_bytes:,} bytes.")
                    file.write(chunk)
            kind = str(answer.headers.get("content-type", ""))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return kind
