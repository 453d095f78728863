"""Pass one HTTP request to a port, and the answer back to the browser, both as streams."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import httpcore2
from starlette.requests import Request
from starlette.types import Message, Receive, Send

from capsule.apps.preview.address import PreviewAddress
from capsule.apps.preview.errors import PreviewFailed
from capsule.apps.preview.headers import has_body, to_browser, to_port
from capsule.apps.preview.pages import PageRewriter, can_rewrite

_TIMEOUTS = {"connect": 20.0, "write": 60.0, "pool": 60.0}
"""Seconds. None for reading: a server may take its time, and a stream of events is silent for long."""


class Exchange:
    """One request on its way to the port, and the answer on its way back."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.has_begun = False
        self._receive = receive
        self._send = send
        self._is_read = asyncio.Event()
        """Set when the whole request has come in."""

    async def run(
        self, pool: httpcore2.AsyncConnectionPool, request: Request, address: PreviewAddress, path: str
    ) -> None:
        """Raises PortNotReady, PreviewFailed. Ends early when the browser goes away."""
        headers = to_port(request.scope["headers"], address)
        is_sending = has_body(request.scope["headers"])
        if not is_sending:
            self._is_read.set()
        upstream = httpcore2.Request(
            request.method,
            httpcore2.URL(scheme=b"http", host=b"localhost", port=address.port, target=b"/"),
            headers=headers,
            content=self._body() if is_sending else None,
            extensions={"timeout": _TIMEOUTS, "target": path.encode("latin-1")},
        )
        await self._while_there(self._pass(pool, upstream, address))

    async def _pass(
        self, pool: httpcore2.AsyncConnectionPool, request: httpcore2.Request, address: PreviewAddress
    ) -> None:
        try:
            response = await pool.handle_async_request(request)
            try:
                await self._answer(response, address, is_head=request.method == b"HEAD")
            finally:
                await asyncio.shield(response.aclose())
        except httpcore2.TimeoutException as exc:
            raise PreviewFailed(
                f"Port {address.port} of the app did not take the request in time.",
                hint="Look at the app's log.",
            ) from exc
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as exc:
            raise PreviewFailed(
                f"Port {address.port} of the app ended the connection without a whole answer.",
                hint="Look at the app's log, and reload.",
            ) from exc

    async def _answer(self, response: httpcore2.Response, address: PreviewAddress, *, is_head: bool) -> None:
        headers = to_browser(response.headers, address)
        rewriter = PageRewriter(address) if can_rewrite(response.status, headers) else None
        if rewriter is not None:
            headers = [
                item for item in headers if item[0] not in (b"content-length", b"etag", b"accept-ranges")
            ]
        self.has_begun = True
        await self._send({"type": "http.response.start", "status": response.status, "headers": headers})
        async for piece in response.aiter_stream():
            if not is_head and (body := piece if rewriter is None else rewriter.feed(piece)):
                await self._send({"type": "http.response.body", "body": body, "more_body": True})
        rest = b"" if rewriter is None or is_head else rewriter.finish()
        await self._send({"type": "http.response.body", "body": rest, "more_body": False})

    async def _body(self) -> AsyncIterator[bytes]:
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise httpcore2.ReadError("the browser went away")
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body"):
                self._is_read.set()
                return

    async def _while_there(self, work: Coroutine[Any, Any, None]) -> None:
        working = asyncio.create_task(work)
        leaving = asyncio.create_task(self._left())
        try:
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (working, leaving):
                if not task.done():
                    task.cancel()
            await asyncio.gather(working, leaving, return_exceptions=True)
        if not working.cancelled():
            working.result()

    async def _left(self) -> None:
        await self._is_read.wait()
        message: Message = {"type": ""}
        while message["type"] != "http.disconnect":
            message = await self._receive()
