"""One connection to an upstream: reads the answer and hands it to the exchange in its hands."""

import asyncio
from typing import TYPE_CHECKING, cast

from capsule.edge.proxy.body import Body, ChunkedBody, EndlessBody, LengthBody, MalformedChunk
from capsule.edge.proxy.limits import MalformedResponse
from capsule.edge.proxy.response import CHUNKED, UNTIL_CLOSE, Headers, body_length, match_head

if TYPE_CHECKING:
    from capsule.edge.proxy.exchange import Exchange
    from capsule.edge.proxy.routing import LiveUpstream

_MAX_HEAD = 256 * 1024
_NO_HEADERS = Headers(b"")


class UpstreamConnection(asyncio.Protocol):
    __slots__ = (
        "_body", "_buffer", "_headers", "_is_closed", "_is_tunnel", "_persistent", "exchange", "idle_since",
        "is_reused", "transport", "upstream", "was_unread",
    )  # fmt: skip

    def __init__(self, upstream: "LiveUpstream") -> None:
        self.upstream = upstream
        self.exchange: Exchange | None = None
        self.transport: asyncio.Transport
        self.is_reused = False
        """An answer has come over it before, so the upstream may close it at any moment."""
        self.idle_since = 0.0
        self.was_unread = False
        """It was closed by the other side before that had read what was sent last.

        Of a unix socket only: Linux reports ECONNRESET when something unread lay in it, EPIPE when it was
        closed before the sending, and a plain end when all was read.
        """
        self._headers = _NO_HEADERS
        self._buffer = b""
        self._body: Body | None = None
        """Of the answer being passed on; None while a head is awaited."""
        self._persistent = False
        self._is_tunnel = False
        self._is_closed = False

    # -- the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self.transport = cast(asyncio.Transport, transport)
        self.upstream.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_closed = True
        upstream = self.upstream
        self.was_unread = upstream.is_unix and isinstance(exc, (ConnectionResetError, BrokenPipeError))
        upstream.connections.discard(self)
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            self._leave_pool()
        elif self._is_tunnel or (isinstance(self._body, EndlessBody) and exc is None):
            exchange.answer_ended(self, reusable=False)
        else:
            exchange.upstream_lost(self)

    def eof_received(self) -> bool:
        if self._is_tunnel and self.exchange is not None:
            return self.exchange.upstream_ended_tunnel()
        self._leave_pool()
        return False

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is None:
            # An idle connection has nothing to say (a 408 before it closes, at best).
            self._leave_pool()
            self.abort()
        elif self._body is None:
            if self._is_tunnel:
                exchange.pass_back(data)
            else:
                self._read_heads(exchange, self._buffer + data if self._buffer else data)
        else:
            self._pass_body(exchange, self._body, data)

    def pause_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.client.pause()

    def resume_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.client.resume()

    # -- the exchange calls

    def start(self, exchange: "Exchange", data: bytes) -> None:
        """Send a request head (and what there is of its body) for `exchange`."""
        self.exchange = exchange
        self.transport.write(data)

    def leave(self) -> None:
        """The exchange has no more interest: close, whatever still comes."""
        self.exchange = None
        self.abort()

    def abort(self) -> None:
        if not self._is_closed:
            self.transport.abort()

    def close(self) -> None:
        if not self._is_closed:
            self.transport.close()

    @property
    def is_closing(self) -> bool:
        return self._is_closed or self.transport.is_closing()

    def _leave_pool(self) -> None:
        if self.exchange is None and self in self.upstream.idle:
            self.upstream.idle.remove(self)

    # -- reading the answer

    def _read_heads(self, exchange: "Exchange", data: bytes) -> None:
        while True:
            found = match_head(data)
            if found is None:
                self._buffer = data
                if b"\r\n\r\n" in data or b"\n\n" in data or len(data) > _MAX_HEAD:
                    exchange.answer_malformed(self, MalformedResponse("The answer is not HTTP/1.1."))
                return
            block = found[4]
            headers = self._headers
            if headers.raw != block:
                try:
                    headers = self._headers = Headers(block)
                except MalformedResponse as exc:
                    exchange.answer_malformed(self, exc)
                    return
            status, end = int(found[2]), found.end()
            if status >= 200:
                break
            if status == 101:
                self._buffer = b""
                self._open_tunnel(exchange, headers, data[end:])
                return
            exchange.pass_interim(data[:end])
            data = data[end:]
            if not data:
                self._buffer = b""
                return
        self._buffer = b""
        length = body_length(headers, exchange.method, status)
        self._persistent = persistent = not headers.close and (found[1] == b"1" or headers.keep_alive)
        is_whole = length == len(data) - end
        if length == UNTIL_CLOSE:
            exchange.is_last = True
        if headers.kept is headers.raw and found[1] == b"1" and not exchange.is_last:
            if is_whole:
                # The usual answer: one packet, nothing to change.
                exchange.begin(status, data)
                self._finish(exchange, persistent)
                return
            head = data[:end]
        else:
            head = headers.head(found[2] + (found[3] or b" "), exchange.is_last)
        rest = data[end:]
        if is_whole:
            exchange.begin(status, head + rest)
            self._finish(exchange, persistent)
            return
        if length == 0:
            exchange.begin(status, head)
            self._finish(exchange, False)
            return
        body: Body
        if length == CHUNKED:
            body = ChunkedBody(trailers=True)
        elif length == UNTIL_CLOSE:
            body = EndlessBody()
        else:
            body = LengthBody(length)
        self._body = body
        if not rest:
            exchange.begin(status, head)
            return
        try:
            out, behind = body.feed(rest)
        except MalformedChunk:
            exchange.begin(status, head)
            exchange.upstream_lost(self)
            return
        exchange.begin(status, head + out)
        if behind is not None:
            self._finish(exchange, persistent and not behind)

    def _pass_body(self, exchange: "Exchange", body: Body, data: bytes) -> None:
        try:
            out, behind = body.feed(data)
        except MalformedChunk:
            exchange.upstream_lost(self)
            return
        if out:
            exchange.pass_back(out)
        if behind is not None:
            self._finish(exchange, self._persistent and not behind)

    def _finish(self, exchange: "Exchange", reusable: bool) -> None:
        self._body = None
        self.exchange = None
        self.is_reused = True
        exchange.answer_ended(self, reusable=reusable)

    def _open_tunnel(self, exchange: "Exchange", headers: Headers, rest: bytes) -> None:
        if not exchange.wants_upgrade:
            exchange.answer_malformed(self, MalformedResponse("The upstream switched protocols unasked."))
            return
        self._is_tunnel = True
        exchange.begin_tunnel(
            b"HTTP/1.1 101 Switching Protocols\r\n%bConnection: Upgrade\r\nUpgrade: %b\r\n\r\n%b"
            % (headers.kept, headers.upgrade, rest)
        )
