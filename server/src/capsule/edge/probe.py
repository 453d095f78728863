"""Ask a new upstream whether it answers, until it does."""

import asyncio
import time
from typing import cast

from capsule.edge.address import Address, open_connection, parse_address
from capsule.edge.contract import Probe, ProbeFailed, Route, Upstream

_ATTEMPT_SECONDS = 10.0


async def probe_upstreams(route: Route, upstreams: list[Upstream], probe: Probe) -> None:
    """Return when every one of `upstreams` has answered. Raises ProbeFailed for the first that did not."""
    try:
        async with asyncio.TaskGroup() as group:
            for upstream in upstreams:
                group.create_task(_probe(route, upstream, probe))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def _probe(route: Route, upstream: Upstream, probe: Probe) -> None:
    address = parse_address(upstream.address)
    deadline = time.monotonic() + probe.timeout_seconds
    while True:
        last = await _attempt(route, address, probe, deadline)
        if not last:
            return
        if time.monotonic() + probe.interval_seconds >= deadline:
            raise ProbeFailed(
                f"Replica {upstream.id} of {route.name} did not answer on {upstream.address} "
                f"within {probe.timeout_seconds:g} s: {last}.",
                hint="The app must listen on the port in the environment variable PORT.",
                upstream=upstream.id,
                last=last,
            )
        await asyncio.sleep(probe.interval_seconds)


async def _attempt(route: Route, address: Address, probe: Probe, deadline: float) -> str:
    """Return what went wrong, or nothing."""
    try:
        async with asyncio.timeout(max(0.05, min(_ATTEMPT_SECONDS, deadline - time.monotonic()))):
            asked = await open_connection(address, _Asked())
            try:
                if probe.path is None:
                    return ""
                asked.transport.write(_question(route, probe.path))
                status = await asked.status
            finally:
                asked.transport.close()
    except TimeoutError:
        return "it took the connection but sent no answer"
    except OSError as exc:
        return (
            "nothing listens there"
            if isinstance(exc, ConnectionRefusedError | FileNotFoundError)
            else str(exc)
        )
    if not status:
        return "it closed the connection without an answer"
    return "" if status < probe.good_below else f"it answered {status}"


def _question(route: Route, path: str) -> bytes:
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {route.hosts[0] if route.hosts else 'localhost'}",
        "User-Agent: capsule-edge",
        "Accept: */*",
        f"X-Capsule-Route: {route.id}",
        "X-Forwarded-Proto: http",
        "Connection: close",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


class _Asked(asyncio.Protocol):
    """Reads as far as the status; 0 when there is none."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        version, _, rest = self._data.partition(b" ")
        if len(rest) >= 3 and not self.status.done():
            is_http = version.startswith(b"HTTP/1.") and rest[:3].isdigit()
            self.status.set_result(int(rest[:3]) if is_http else 0)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.status.done():
            self.status.set_result(0)
