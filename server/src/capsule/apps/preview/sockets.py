"""Relay a websocket of a previewed page to the port that it shows."""

import asyncio
import socket as sockets
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.typing import Origin, Subprotocol

from capsule.apps.preview.address import PreviewAddress
from capsule.apps.preview.errors import PreviewFailed
from capsule.apps.preview.headers import to_port

_LARGEST_MESSAGE = 16 * 1024 * 1024
_QUEUED = 4
_OWN = ("host", "origin", "accept-encoding", "user-agent")
_CLOSE_SECONDS = 2.0
_GONE = 1001
_UNSENDABLE = (1005, 1006, 1015)
"""Codes that say something without having been sent."""


async def relay(
    client: WebSocket, line: sockets.socket, address: PreviewAddress, path: str, touch: Callable[[], object]
) -> None:
    """Open the websocket at the port's end of `line`, then at the browser's, and pass messages until one
    closes. Each message of the browser's calls `touch`.

    Raises PreviewFailed when the port does not open it; the browser has been told nothing then.
    """
    given = to_port(client.scope["headers"], address)
    headers = [(name.decode(), value.decode("latin-1")) for name, value in given if name.decode() not in _OWN]
    try:
        upstream = await connect(
            f"ws://localhost:{address.port}{path}",
            sock=line,
            origin=Origin(f"http://localhost:{address.port}"),
            subprotocols=[Subprotocol(name) for name in client.scope.get("subprotocols", [])] or None,
            additional_headers=headers,
            user_agent_header=client.headers.get("user-agent"),
            compression=None,
            ping_interval=None,
            close_timeout=_CLOSE_SECONDS,
            proxy=None,
            max_size=_LARGEST_MESSAGE,
            max_queue=_QUEUED,
        )
    except (OSError, TimeoutError, InvalidHandshake, InvalidMessage, EOFError, ValueError) as exc:
        line.close()
        raise PreviewFailed(f"Port {address.port} of the app did not open the websocket: {exc}") from exc
    async with upstream:
        await client.accept(upstream.subprotocol)
        ways = (_to_port(client, upstream, touch), _to_browser(upstream, client))
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _to_port(client: WebSocket, upstream: ClientConnection, touch: Callable[[], object]) -> None:
    while True:
        message = await client.receive()
        if message["type"] == "websocket.disconnect":
            code = message.get("code") or _GONE
            await upstream.close(_GONE if code in _UNSENDABLE else code, message.get("reason") or "")
            return
        touch()
        content: Any = message.get("text")
        try:
            await upstream.send(message["bytes"] if content is None else content)
        except ConnectionClosed:
            return  # the other direction tells the browser


async def _to_browser(upstream: ClientConnection, client: WebSocket) -> None:
    try:
        async for message in upstream:
            if isinstance(message, str):
                await client.send_text(message)
            else:
                await client.send_bytes(message)
    except ConnectionClosed:
        pass
    code = upstream.close_code or _GONE
    await client.close(_GONE if code in _UNSENDABLE else code, upstream.close_reason or None)
