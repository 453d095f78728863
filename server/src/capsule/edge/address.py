"""Read an upstream's address: `tcp:<host>:<port>` or `unix:<path>`."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from capsule.errors import InvalidInput
from capsule.kit.sockets import short_path

P = TypeVar("P", bound=asyncio.Protocol)


@dataclass(frozen=True)
class TcpAddress:
    host: str
    port: int


@dataclass(frozen=True)
class UnixAddress:
    path: Path


Address = TcpAddress | UnixAddress


def parse_address(text: str) -> Address:
    """Raises InvalidInput when it is neither form."""
    kind, _, rest = text.partition(":")
    if kind == "unix" and rest.startswith("/"):
        return UnixAddress(Path(rest))
    host, _, port = rest.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if kind == "tcp" and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536:
        return TcpAddress(host, int(port))
    raise InvalidInput(
        f"{text!r} is no upstream address.",
        hint="tcp:127.0.0.1:20001 or unix:/run/app.sock",
        field="upstreams",
    )


async def open_connection(address: Address, protocol: P) -> P:
    """Connect `protocol` to `address`. Raises OSError."""
    loop = asyncio.get_running_loop()
    if isinstance(address, TcpAddress):
        await loop.create_connection(lambda: protocol, address.host, address.port)
    else:
        with short_path(address.path) as name:
            await loop.create_unix_connection(lambda: protocol, name)
    return protocol
