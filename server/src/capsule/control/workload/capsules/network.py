"""Where an app may connect to, as a caller may say it; what an entry means is up to who enforces it."""

import re
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator

from capsule.control.shapes.base import Input, Shape

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NETWORK_AND_PORT = re.compile(r".*/\d+:[^:]*")
_FORMS = "Write host:port, address:port or network/bits:port, such as api.example.com:443"
_PORTS = {"http": 80, "https": 443, "postgres": 5432, "postgresql": 5432, "mysql": 3306, "redis": 6379}

NetworkMode = Literal["public", "listed"]
_MODE = "`public`: every public address, and what is listed. `listed`: only what is listed."
_ALLOW = (
    "Addresses that may be connected to besides: `host:port`, `address:port` or `network/bits:port`; "
    "without a port, all of them."
)


def destination(entry: str) -> str:
    """Return the entry in small letters. Raises ValueError that names it and what to write instead."""
    text = entry.strip().lower()
    shown = entry if len(entry) <= 60 else f"{entry[:57]}…"
    if "://" in text:
        raise ValueError(f"'{shown}' is a URL. {_from_url(text)}")
    host, port = _split(text)
    if port is not None and not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise ValueError(f"'{shown}' has no port between 1 and 65535. {_FORMS}.")
    if "/" in host:
        _check_network(shown, host)
    elif not _is_address(host) and not _is_host_name(host):
        raise ValueError(f"'{shown}' is neither an address nor a host name. {_FORMS}.")
    return text


Destination = Annotated[str, Field(max_length=300), AfterValidator(destination)]


class NetworkConfig(Input):
    mode: NetworkMode = Field(default="public", description=_MODE)
    allow: list[Destination] = Field(default=[], max_length=100, description=_ALLOW)

    @field_validator("allow")
    @classmethod
    def _once(cls, allow: list[str]) -> list[str]:
        return list(dict.fromkeys(allow))


class NetworkShape(Shape):
    mode: NetworkMode = Field(description=_MODE)
    allow: list[str] = Field(description=_ALLOW)


def _split(text: str) -> tuple[str, str | None]:
    """Return host and port; an IPv6 address has a port only in brackets."""
    if text.startswith("[") and "]" in text:
        host, _, rest = text[1:].partition("]")
        return host, rest[1:] if rest.startswith(":") else (rest or None)
    if text.count(":") == 1 or _NETWORK_AND_PORT.fullmatch(text):
        host, _, port = text.rpartition(":")
        return host, port
    return text, None


def _check_network(shown: str, host: str) -> None:
    try:
        network = ip_network(host, strict=False)
    except ValueError:
        raise ValueError(f"'{shown}' is not a network. Write one such as 10.1.0.0/16:5432.") from None
    first = network.network_address
    if isinstance(first, IPv6Address) and first.ipv4_mapped is not None:
        raise ValueError(f"'{shown}' is an IPv4 network in IPv6 spelling. Write it as IPv4.")
    if ip_address(host.partition("/")[0]) != first:
        raise ValueError(f"'{shown}' is an address inside of a network. The network is {network}.")


def _is_address(host: str) -> bool:
    try:
        return "%" not in host and not ip_address(host).is_unspecified
    except ValueError:
        return False


def _is_host_name(host: str) -> bool:
    try:
        name = host.rstrip(".").encode("idna").decode() if not host.isascii() else host.rstrip(".")
    except UnicodeError:
        return False
    # A last label of digits would be an address, and this is none.
    return len(name) <= 253 and not name.rpartition(".")[2].isdigit() and _HOST.fullmatch(name) is not None


def _from_url(text: str) -> str:
    try:
        url = urlsplit(text)
        port = url.port or _PORTS.get(url.scheme)
    except ValueError:
        return f"{_FORMS}."
    if not url.hostname:
        return f"{_FORMS}."
    return f"Write {url.hostname}:{port}." if port else f"Write {url.hostname} and its port."
