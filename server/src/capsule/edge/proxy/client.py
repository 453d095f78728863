"""One client connection: cuts requests out of the bytes that come and starts an exchange for each in turn."""

import asyncio
from typing import TYPE_CHECKING, cast

from capsule.edge.proxy.exchange import Exchange
from capsule.edge.proxy.limits import ClientTooSlow, HeadTooLarge, MalformedRequest
from capsule.edge.proxy.request import Headers, absolute_target, match_head, refusal

if TYPE_CHECKING:
    from capsule.edge.proxy.proxy import Proxy

_NO_HEADERS = Headers(b"")


class ClientConnection(asyncio.Protocol):
    __slots__ = (
        "_buffer", "_exchange", "_headers", "_is_closed", "_is_lingering", "_is_paused", "_is_tunnel",
        "_touched", "address", "forwarded", "is_old", "is_write_paused", "proxy", "transport",
    )  # fmt: skip

    def __init__(self, proxy: "Proxy") -> None:
        self.proxy = proxy
        self.transport: asyncio.Transport
        self.address = ""
        self.forwarded = b""
        """The header lines that say who asks."""
        self.is_old = False
        """The request at hand is HTTP/1.0: no chunks, no interim answers, one request per connection."""
        self._exchange: Exchange | None = None
        self._buffer = b""
        self._headers = _NO_HEADERS
        self._touched = proxy.now
        self._is_closed = False
        self._is_tunnel = False
        self._is_lingering = False
        self._is_paused = False
        self.is_write_paused = False
        """The client reads slower than its answer comes."""

    # -- the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self.transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        address = str(peer[0]).partition("%")[0] if isinstance(peer, tuple) else ""
        self.address = address.removeprefix("::ffff:")
        self.forwarded = (
            f"X-Forwarded-For: {self.address or 'unknown'}\r\nX-Forwarded-Proto: http\r\n".encode()
        )
        self.proxy.clients.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_closed = True
        self.proxy.forget(self)
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.client_lost()

    def eof_received(self) -> bool:
        return self._exchange is not None and self._exchange.client_ended()

    def data_received(self, data: bytes) -> None:
        exchange = self._exchange
        if self._is_lingering:
            return
        self._touched = self.proxy.now
        if exchange is None:
            self._advance(self._buffer + data if self._buffer else data)
        elif self._is_tunnel:
            exchange.feed(data)
        elif not exchange.is_complete:
            self._keep(exchange.feed(data))
        else:
            self._keep(data)

    def pause_writing(self) -> None:
        self.is_write_paused = True
        if self._exchange is not None:
            self._exchange.pause_answer()

    def resume_writing(self) -> None:
        self.is_write_paused = False
        if self._exchange is not None:
            self._exchange.resume_answer()
        elif self._buffer:
            self._continue()

    # -- the exchange calls

    def pause(self) -> None:
        """Read no more for now."""
        if not self._is_paused and not self._is_closed:
            self._is_paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        if self._is_paused and not self._is_closed:
            self._is_paused = False
            self.transport.resume_reading()

    def touch(self) -> None:
        """Something happened; timeouts count from now."""
        self._touched = self.proxy.now

    def open_tunnel(self) -> None:
        self._is_tunnel = True
        if self._buffer and self._exchange is not None:
            data, self._buffer = self._buffer, b""
            self._exchange.feed(data)
        self.resume()

    def exchange_ended(self, exchange: Exchange) -> None:
        """The answer is written to its end; go on with the next request."""
        self._exchange = None
        self._touched = self.proxy.now
        if self._is_closed:
            return
        if exchange.is_last or not exchange.is_complete or self.proxy.is_stopping:
            if exchange.is_complete and not self._buffer:
                self.transport.close()
            else:
                self._linger()
        elif self._buffer or self._is_paused:
            self._continue()

    def close(self) -> None:
        """Close behind what is written."""
        self._exchange = None
        if not self._is_closed:
            self.transport.close()

    def abort(self) -> None:
        if not self._is_closed:
            self.transport.abort()

    # -- cutting requests

    def _keep(self, data: bytes) -> None:
        """Set aside what belongs to a later request."""
        if data:
            self._buffer += data
            if len(self._buffer) > self.proxy.limits.buffer_bytes:
                self.pause()

    def _continue(self) -> None:
        if self.is_write_paused:
            return
        data, self._buffer = self._buffer, b""
        self.resume()
        if data:
            self._advance(data)

    def _advance(self, data: bytes) -> None:
        """Start the requests at the beginning of `data`, one after the other."""
        while data:
            found = match_head(data)
            if found is None:
                if data.startswith(b"\r\n"):
                    data = data[2:]
                    continue
                self._buffer = data
                if (error := refusal(data, self.proxy.limits.head_bytes)) is not None:
                    self._refuse(error)
                return
            end = found.end()
            if end > self.proxy.limits.head_bytes:
                self._refuse(HeadTooLarge("The request head is too long."))
                return
            try:
                exchange = self._read_head(data, found[1], found[2], found[3], found[4], found.start(4))
            except MalformedRequest as error:
                self._refuse(error)
                return
            exchange.is_last = exchange.is_last or self.proxy.is_stopping
            self._exchange = exchange
            self._buffer = b""
            rest = exchange.start(data[end:] if end < len(data) else b"")
            if self._is_busy():
                self._keep(rest)
                return
            # Answered at once, with a page of the edge's own.
            data = rest

    def _is_busy(self) -> bool:
        return self._exchange is not None or self._is_closed or self._is_lingering or self.is_write_paused

    def _read_head(
        self, data: bytes, method: bytes, target: bytes, minor: bytes, block: bytes, line_end: int
    ) -> Exchange:
        headers = self._headers
        if headers.raw != block:
            # Clients repeat their headers on a connection, so the last block read is kept.
            headers = self._headers = Headers(block)
        self.is_old = False
        if minor == b"0":
            if headers.length < 0:
                raise MalformedRequest("A chunked body needs HTTP/1.1.")
            self.is_old = True
            headers = Headers(block)
            headers.close, headers.upgrade = True, b""
        elif not headers.host:
            raise MalformedRequest("The request has no Host header.")
        line = data[:line_end]
        if target[0] != 0x2F:
            target, headers = absolute_target(target, headers)
            line = b"%b %b HTTP/1.%b\r\n" % (method, target, minor)
        return Exchange(self, line, method, target, headers)

    def _refuse(self, error: MalformedRequest) -> None:
        """Answer what is no request and close, reading on for a moment so that the answer arrives."""
        self._buffer = b""
        self.transport.write(
            self.proxy.answers.render(error, accept=b"", head_only=False, close=True),
        )
        self._linger()

    def _linger(self) -> None:
        self._is_lingering = True
        self._touched = self.proxy.now
        if self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()
        self.resume()

    # -- timeouts

    def check(self, now: float) -> None:
        """Called every second or so."""
        limits, silent = self.proxy.limits, now - self._touched
        exchange = self._exchange
        if self._is_lingering:
            # What is written may still be on its way to a slow reader.
            limit = limits.idle_seconds if self.transport.get_write_buffer_size() else limits.linger_seconds
            if silent > limit:
                self.abort()
        elif self._is_tunnel:
            return
        elif exchange is None:
            if self._buffer and silent > limits.head_seconds:
                self._refuse(ClientTooSlow("The request head was not sent to its end."))
            elif not self._buffer and silent > limits.idle_seconds:
                self.transport.close()
        elif exchange.awaits_answer:
            if silent > limits.answer_seconds:
                exchange.timed_out()
        elif exchange.awaits_body and not self._is_paused and silent > limits.body_seconds:
            exchange.timed_out()

    def stop(self, *, patiently: bool) -> None:
        """Close behind the answer at hand; if nothing is going on, now or `patiently` behind the next one.

        A client may be sending a request at this moment; closing now would leave it without an answer.
        """
        if self._exchange is None:
            if not patiently:
                self.transport.close()
        elif not self._is_tunnel:
            self._exchange.is_last = True
