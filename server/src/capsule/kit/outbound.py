"""HTTP to addresses that people outside the installation's own settings give.

The address that is really connected to counts, not the name: names are resolved here, every address found is
judged, and the connection goes to the very address that passed. A redirect, a name that changes its mind and
every spelling of an address meet the same check. Proxies of the environment are not used, since behind them
nothing could be checked.
"""

import asyncio
import socket
from collections.abc import Iterable

import httpcore2
import httpx2

from capsule.errors import Forbidden
from capsule.kit.addresses import Address, parse, why_closed
from capsule.kit.ownaddress import is_own_address

TIMEOUT = httpx2.Timeout(10.0, connect=5.0)

_OWN = "it is an address of this machine"
_CONNECTIONS, _IDLE_SECONDS = 20, 5.0

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class AddressRefused(Forbidden):
    """A name or address that leads into a private network, or nowhere. Context: `host`."""

    code, title = "address_refused", "Address refused"


def client(
    *, allow_private: bool = False, timeout: httpx2.Timeout | float = TIMEOUT, follow_redirects: bool = False
) -> httpx2.AsyncClient:
    """Return a client to be closed after use; its requests raise AddressRefused besides httpx2's errors.

    `allow_private` is only for addresses that the installation's settings give.
    """
    if allow_private:
        return httpx2.AsyncClient(timeout=timeout, follow_redirects=follow_redirects)
    return httpx2.AsyncClient(
        transport=_CheckedTransport(), timeout=timeout, follow_redirects=follow_redirects, trust_env=False
    )


def refuse_closed(host: str, address: Address) -> None:
    """Raise AddressRefused for an address that is not of the public internet, or is this machine's own."""
    reason = why_closed(address) or (_OWN if is_own_address(address) else "")
    if reason:
        raise AddressRefused(
            f"{host} leads to {address}, which is not called: {reason}.",
            hint="Give an address of the public internet.",
            host=host,
        )


class _CheckedTransport(httpx2.AsyncHTTPTransport):
    def __init__(self) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=_CheckedNetwork(),
        )


class _CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """Resolves names itself and connects to public addresses only."""

    def __init__(self) -> None:
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await _resolve(host, port)
                # A dead address must not use up the time of those after it.
                share = None if timeout is None else timeout / max(len(addresses), 1)
                return await self._connect(addresses, port, share, local_address, socket_options)
        except TimeoutError as exc:
            raise httpcore2.ConnectTimeout(f"{host} could not be reached in time.") from exc

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        raise httpcore2.ConnectError("Sockets of this machine are not called.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _connect(
        self,
        addresses: list[Address],
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[SocketOption] | None,
    ) -> httpcore2.AsyncNetworkStream:
        failed: Exception | None = None
        for address in addresses:
            try:
                return await self._network.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as exc:
                failed = exc
        raise failed or httpcore2.ConnectError("There is no address to connect to.")


async def _resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a name that may be called. Raises AddressRefused when there are only others."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise httpcore2.ConnectError(f"The name {host} is not known: {exc}") from exc
    usable: list[Address] = []
    refused: AddressRefused | None = None
    for entry in found:
        # A scope (`%eth0`) belongs to link-local addresses alone, which are closed with or without it.
        address = parse(str(entry[4][0]).partition("%")[0])
        try:
            refuse_closed(host, address)
        except AddressRefused as exc:
            refused = exc
        else:
            usable.append(address)
    if not usable and refused is not None:
        raise refused
    return usable
