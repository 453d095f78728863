"""Read the entries of `Egress.allow`. Pure; everything that cannot be read is the user's to mend."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from capsule.errors import InvalidInput
from capsule.kit.addresses import Network, plain

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_BRACKETED = re.compile(r"\[([^\]]*)\](?::(.*))?")
_PORTS = {"http": 80, "https": 443, "postgres": 5432, "postgresql": 5432, "mysql": 3306, "redis": 6379}
_FORMS = (
    "Write a host name, an address or a network, with a port or without: "
    "db.lan:5432, 10.0.0.5, 10.1.0.0/16:443, [fd00::1]:80."
)


@dataclass(frozen=True)
class Entry:
    """Exactly one of `name` and `network` is set."""

    name: str = ""
    network: Network | None = None
    port: int | None = None
    """None for all of them."""


def parse_entry(text: str) -> Entry:
    """Read one entry. Raises InvalidInput that names it and the way out."""
    if "//" in text or "@" in text:
        raise _wrong(text, "is a URL", hint=_without_url(text))
    where, port = _split(text)
    if "*" in where:
        raise _wrong(text, "has a wildcard", hint="Name each host by itself.")
    if "%" in where:
        raise _wrong(text, "names an interface", hint="Leave out what begins with %.")
    network = _network(text, where)
    if network is not None:
        return Entry(network=network, port=port)
    return Entry(name=_name(text, where), port=port)


def normal_name(name: str) -> str:
    return name.rstrip(".").lower()


def _split(text: str) -> tuple[str, int | None]:
    stripped = text.strip()
    bracketed = _BRACKETED.fullmatch(stripped)
    if bracketed is not None:
        where, port = bracketed[1], bracketed[2]
    elif stripped.count(":") <= 1 or re.fullmatch(r".*/\d+:[^:]*", stripped):
        where, colon, last = stripped.rpartition(":")
        where, port = (where, last) if colon else (last, None)
    else:
        where, port = stripped, None  # IPv6 without brackets has no port
    if not where:
        raise _wrong(text, "names no host", hint=_FORMS)
    if port is None:
        return where, None
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise _wrong(text, "has no port between 1 and 65535", hint=_FORMS)
    return where, int(port)


def _network(text: str, where: str) -> Network | None:
    if "/" not in where:
        try:
            address = plain(ip_address(where))
        except ValueError:
            # All digits and dots, or with colons, is meant as an address.
            if ":" in where or re.fullmatch(r"[0-9.]+", where):
                raise _wrong(text, "is no complete address", hint=_FORMS) from None
            return None
        if address.is_unspecified:
            raise _wrong(text, "is no address to connect to", hint="The machine itself is 127.0.0.1.")
        return ip_network(address)
    try:
        network = ip_network(where)
    except ValueError:
        try:
            proper = ip_network(where, strict=False)
        except ValueError:
            raise _wrong(text, "is no network", hint=_FORMS) from None
        raise _wrong(text, "has bits set after its mask", hint=f"Did you mean {proper}?") from None
    if isinstance(network.network_address, IPv6Address) and network.network_address.ipv4_mapped is not None:
        raise _wrong(text, "is an IPv4 network in IPv6 spelling", hint="Write it as IPv4.")
    return network


def _name(text: str, where: str) -> str:
    name = normal_name(where)
    if not name.isascii():
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            raise _wrong(text, "is no host name", hint=_FORMS) from None
    if not name or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise _wrong(text, "is no host name", hint=_FORMS)
    return name


def _without_url(text: str) -> str:
    try:
        url = urlsplit(text.strip())
        port = url.port or _PORTS.get(url.scheme)
    except ValueError:
        return _FORMS
    if not url.hostname:
        return _FORMS
    return f"Write {url.hostname}:{port}." if port else f"Write {url.hostname} and its port."


def _wrong(text: str, problem: str, *, hint: str) -> InvalidInput:
    return InvalidInput(f"The network entry '{text}' {problem}.", hint=hint, field="allow")
