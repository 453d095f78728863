"""One request and its answer: finds an upstream, holds, sends, sends again where that is safe, records.

A request is sent a second time only if no byte of an answer has come and

- nothing of it was sent yet, or
- it may be done twice and has no body, or
- it was sent in one short piece to a unix socket that was closed before anybody read from it: Linux tells
  that apart from a request which was read (see `UpstreamConnection.was_unread`).

Everything else goes over a fresh connection, so that one which the upstream is just closing never costs a
request.
"""

import asyncio
import logging
from time import perf_counter
from typing import TYPE_CHECKING

from capsule.edge.answers import AnswerTimedOut, BadGateway
from capsule.edge.proxy.body import Body, ChunkedBody, LengthBody, MalformedChunk
from capsule.edge.proxy.dispatch import host_not_found, take_connection
from capsule.edge.proxy.limits import ClientTooSlow
from capsule.edge.proxy.request import REPLAYABLE, Headers
from capsule.edge.proxy.upstream import UpstreamConnection
from capsule.errors import PlatformError

if TYPE_CHECKING:
    from capsule.edge.proxy.client import ClientConnection
    from capsule.edge.proxy.routing import LiveRoute, LiveUpstream

log = logging.getLogger(__name__)

_MAX_SENDS = 2
"""Once more is enough after a crash; a request that itself makes the app crash must not do so many times."""
_CLIENT_GONE = 499
_SHORT = 4096
"""Bytes that every server takes out of a socket at once, so that they are read either all or not at all."""


class Exchange:
    # Defaults stand on the class, as most requests change few of them and setting twenty attributes costs as
    # much as reading the head.
    is_complete = True
    """The whole request has come."""
    _bytes_out = 0
    _status = 0
    """Of the answer, as soon as its first byte went to the client."""
    _held = 0.0
    _sends = 0
    _is_done = False
    _is_replayable = False
    _is_short = False
    """It is whole, and goes out in one piece."""
    _tunnel = False
    _ends = 0
    """Sides of the tunnel that send no more; with both it is done."""
    _body: Body | None = None
    _pending: list[bytes] | None = None
    """Body bytes that came before there was a connection to send them on."""
    _pending_size = 0
    _route: "LiveRoute | None" = None
    _upstream: "LiveUpstream | None" = None
    _connection: UpstreamConnection | None = None
    _task: asyncio.Task[None] | None = None

    def __init__(
        self, client: "ClientConnection", line: bytes, method: bytes, target: bytes, headers: Headers
    ) -> None:
        self.client = client
        self.line = line
        self.method = method
        self.target = target
        self.headers = headers
        self.is_last = headers.close
        """The client's connection closes behind the answer."""
        self._started = perf_counter()
        self._bytes_in = len(line) + len(headers.raw) + 2
        if headers.length:
            self.is_complete = False
        elif method in REPLAYABLE and not headers.upgrade:
            self._is_replayable = True

    @property
    def wants_upgrade(self) -> bool:
        return bool(self.headers.upgrade)

    @property
    def awaits_answer(self) -> bool:
        return self.is_complete and self._connection is not None and not self._status

    @property
    def awaits_body(self) -> bool:
        return not self.is_complete and not self._status

    # -- from the client

    def start(self, rest: bytes) -> bytes:
        """Begin with what came behind the head; return what lies behind the request."""
        if not self.is_complete:
            length = self.headers.length
            self._body = LengthBody(length) if length > 0 else ChunkedBody()
            rest = self._take_body(rest) if rest else b""
            if self._is_done:
                return b""
        route = self.client.proxy.find(self.headers.host)
        if route is None:
            self._fail(host_not_found(self.headers.host))
            return rest
        self._count_on(route)
        if self.is_complete and not self._is_replayable and not self.headers.upgrade:
            self._is_short = self._bytes_in <= _SHORT
        if route.is_live and (self._is_replayable or self._is_short):
            upstream = route.pick()
            if upstream is not None and upstream.idle and self._may_reuse(upstream):
                upstream.in_flight += 1
                self._send(upstream, upstream.idle.pop())
                return rest
        self._task = asyncio.create_task(self._dispatch())
        return rest

    def feed(self, data: bytes) -> bytes:
        """Take more of the request's body (or of the tunnel); return what lies behind it."""
        if self._tunnel:
            self._bytes_in += len(data)
            if self._connection is not None:
                self._connection.transport.write(data)
            return b""
        return self._take_body(data)

    def _take_body(self, data: bytes) -> bytes:
        assert self._body is not None
        try:
            out, behind = self._body.feed(data)
        except MalformedChunk as exc:
            self._fail(exc)
            return b""
        self._bytes_in += len(data) - (len(behind) if behind else 0)
        if behind is not None:
            self.is_complete = True
        if self._connection is not None:
            self._connection.transport.write(out)
        elif out:
            if self._pending is None:
                self._pending = []
            self._pending.append(out)
            self._pending_size += len(out)
            if self._pending_size > self.client.proxy.limits.buffer_bytes:
                self.client.pause()
        return behind or b""

    def client_ended(self) -> bool:
        """The client sends no more; return whether its connection stays open for the answer."""
        if not self._tunnel or self._connection is None or self._connection.is_closing:
            return False
        self._connection.transport.write_eof()
        self._ends += 1
        return self._ends < 2

    def client_lost(self) -> None:
        """The client is gone: nobody waits for the answer."""
        if not self._status:
            self._status = _CLIENT_GONE
        if self._tunnel and self._connection is not None:
            self._connection.exchange = None
            self._connection.close()
            self._connection = None
        self._drop_connection()
        self._finish()

    def pause_answer(self) -> None:
        if self._connection is not None and not self._connection.is_closing:
            self._connection.transport.pause_reading()

    def resume_answer(self) -> None:
        if self._connection is not None and not self._connection.is_closing:
            self._connection.transport.resume_reading()

    def timed_out(self) -> None:
        """Nothing came for too long, from the upstream or in the middle of the request."""
        if self._status:
            self.client.abort()
        elif self.is_complete:
            name = self._route.route.name if self._route else ""
            self._fail(AnswerTimedOut(f"{name} took the request but did not answer in time."))
        else:
            self._fail(ClientTooSlow("The request was not sent to its end."))

    # -- finding an upstream

    def _count_on(self, route: "LiveRoute") -> None:
        if self._route is route:
            return
        if self._route is not None:
            self._route.in_flight -= 1
        self._route = route
        route.requests += 1
        route.in_flight += 1

    async def _dispatch(self) -> None:
        try:
            if self._sends:
                await asyncio.sleep(0.05 * (self._sends - 1))
            taken = await take_connection(
                self.client.proxy.find,
                self.headers.host,
                may_reuse=self._may_reuse,
                count_on=self._count_on,
            )
            self._task = None
            self._held += taken.held_seconds
            self.client.touch()
            self._send(taken.upstream, taken.connection)
        except PlatformError as exc:
            self._task = None
            self._fail(exc)
        except Exception:
            log.exception("request to %s could not be passed on", self.headers.host)
            self._task = None
            self._fail(BadGateway("The request could not be passed on."))

    def _may_reuse(self, upstream: "LiveUpstream") -> bool:
        return self._is_replayable or (self._is_short and upstream.is_unix)

    def _send(self, upstream: "LiveUpstream", connection: UpstreamConnection) -> None:
        """Send head and known body; `upstream` has counted this request already."""
        self._upstream = upstream
        self._connection = connection
        headers, route = self.headers, upstream.route
        if headers.tail_of is not route:
            headers.tail_of = route
            headers.tail = b"".join(
                (
                    headers.kept,
                    route.tag,
                    self.client.forwarded,
                    b"X-Forwarded-Host: %b\r\n" % headers.host_value if headers.host_value else b"",
                    b"Connection: Upgrade\r\nUpgrade: %b\r\n" % headers.upgrade if headers.upgrade else b"",
                    b"Connection: close\r\n" if self.client.is_old else b"",
                    b"\r\n",
                )
            )
        if self._pending:
            connection.start(self, self.line + headers.tail + b"".join(self._pending))
            if not self._is_short:
                self._pending = None
                self._pending_size = 0
                self.client.resume()
        else:
            connection.start(self, self.line + headers.tail)

    # -- from the upstream

    def pass_interim(self, head: bytes) -> None:
        """Pass on a 1xx head, where the client knows such."""
        if not self.client.is_old:
            self.pass_back(head)

    def begin(self, status: int, data: bytes) -> None:
        self._status = status
        self._bytes_out += len(data)
        self.client.transport.write(data)

    def pass_back(self, data: bytes) -> None:
        self._bytes_out += len(data)
        self.client.transport.write(data)

    def begin_tunnel(self, data: bytes) -> None:
        self._tunnel = True
        self.is_last = True
        self.begin(101, data)
        self.client.open_tunnel()

    def upstream_ended_tunnel(self) -> bool:
        """The upstream sends no more; return whether its connection stays open for what the client sends."""
        if self.client.transport.is_closing():
            return False
        self.client.transport.write_eof()
        self._ends += 1
        return self._ends < 2

    def answer_ended(self, connection: UpstreamConnection, *, reusable: bool) -> None:
        """The answer is through; `connection` can carry another request if `reusable`."""
        upstream = self._upstream
        assert upstream is not None
        self._connection = None
        if self.client.is_write_paused and not connection.is_closing:
            connection.transport.resume_reading()
        if (
            reusable
            and self.is_complete
            and not self.client.is_old
            and (self._body is None or _is_sent(connection))
        ):
            connection.idle_since = self.client.proxy.now
            upstream.park(connection)
        else:
            connection.close()
        self._finish()
        self.client.exchange_ended(self)

    def answer_malformed(self, connection: UpstreamConnection, error: PlatformError) -> None:
        self._drop_connection()
        self._fail(error)

    def upstream_lost(self, connection: UpstreamConnection) -> None:
        """The connection broke before the end of the answer."""
        stale = connection.is_reused
        self._drop_connection()
        if self._status:
            # The client must see that this is not the end, so no proper end is written.
            self._finish()
            self.client.close()
            return
        if not stale:
            self._sends += 1
        may_resend = self._is_replayable or (stale and self._is_short and connection.was_unread)
        if may_resend and self._sends < _MAX_SENDS and not self._is_done:
            upstream, self._upstream = self._upstream, None
            if upstream is not None:
                upstream.release()
            self._task = asyncio.create_task(self._dispatch())
            return
        name = self._route.route.name if self._route is not None else "The capsule"
        self._fail(
            BadGateway(f"{name} closed the connection without an answer.", hint="Its logs may say why.")
        )

    # -- ends

    def _fail(self, error: PlatformError) -> None:
        """Answer with a page of the edge's own, unless an answer has begun."""
        if self._is_done:
            return
        self._drop_connection()
        if self._status:
            self._finish()
            self.client.close()
            return
        self._status = error.status
        self.is_last = self.is_last or not self.is_complete
        page = self.client.proxy.answers.render(
            error, accept=self.headers.accept, head_only=self.method == b"HEAD", close=self.is_last
        )
        self._bytes_out = len(page)
        self.client.transport.write(page)
        self._finish()
        self.client.exchange_ended(self)

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.leave()

    def _finish(self) -> None:
        """Give back what was counted and write the access log, once."""
        if self._is_done:
            return
        self._is_done = True
        if self._task is not None:
            self._task.cancel()
            self._task = None
        upstream, route = self._upstream, self._route
        if upstream is not None:
            upstream.release()
        if route is None:
            return
        route.in_flight -= 1
        if route.route.capsule_id:
            self.client.proxy.access.append(
                (
                    route.route.capsule_id,
                    self._started,
                    self.method,
                    self.target,
                    self.headers.host,
                    self._status,
                    perf_counter() - self._started,
                    self._bytes_in,
                    self._bytes_out,
                    upstream.id if upstream is not None else "",
                    self.client.address,
                    self.headers.agent,
                    self._held,
                    self.client.is_old,
                )
            )


def _is_sent(connection: UpstreamConnection) -> bool:
    return not connection.transport.get_write_buffer_size()
