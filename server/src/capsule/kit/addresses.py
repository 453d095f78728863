"""Sort addresses into those of everybody's internet and those that are closed, with the reason. Pure.

Own tables instead of `ipaddress.is_global`: what that says has changed between releases of Python, and it
calls some addresses global behind which a private one can hide.
"""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_PRIVATE = "private addresses are closed to apps"
_LINK_LOCAL = "addresses of the machine's own link, such as a cloud's metadata, are closed to apps"
_CLOUD = "the cloud's own services are closed to apps"
_MULTICAST = "it is a multicast address"
_RESERVED = "it is no address of the public internet"

_CLOSED_4 = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", _RESERVED),
        ("10.0.0.0/8", _PRIVATE),
        ("100.64.0.0/10", _PRIVATE),  # between a provider and its customers; also Tailscale, some metadata
        ("127.0.0.0/8", _PRIVATE),
        ("168.63.129.16/32", _CLOUD),  # Azure, on a public address
        ("169.254.0.0/16", _LINK_LOCAL),
        ("172.16.0.0/12", _PRIVATE),
        ("192.0.0.0/24", _RESERVED),
        ("192.0.2.0/24", _RESERVED),
        ("192.88.99.0/24", _RESERVED),
        ("192.168.0.0/16", _PRIVATE),
        ("198.18.0.0/15", _RESERVED),
        ("198.51.100.0/24", _RESERVED),
        ("203.0.113.0/24", _RESERVED),
        ("224.0.0.0/4", _MULTICAST),
        ("240.0.0.0/4", _RESERVED),
    )
)
_OPEN_6 = IPv6Network("2000::/3")
_CLOSED_6 = tuple(
    (IPv6Network(network), reason)
    for network, reason in (
        ("::1/128", _PRIVATE),
        ("64:ff9b:1::/48", _PRIVATE),
        ("fc00::/7", _PRIVATE),
        ("fec0::/10", _PRIVATE),
        ("fe80::/10", _LINK_LOCAL),
        ("ff00::/8", _MULTICAST),
        ("2001::/23", _RESERVED),  # Teredo, benchmarks, ORCHID
        ("2001:db8::/32", _RESERVED),
        ("3ffe::/16", _RESERVED),
        ("3fff::/20", _RESERVED),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_6TO4 = IPv6Network("2002::/16")
_SPECIAL = tuple(
    IPv4Network(network) if "." in network else IPv6Network(network)
    for network in ("127.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32", "::1/128", "fe80::/10")
)


def parse(text: str) -> Address:
    """Return the address, with IPv4 out of its IPv6 spelling. Raises ValueError."""
    return plain(ip_address(text))


def plain(address: Address) -> Address:
    """Return what is connected to: `::ffff:10.0.0.1` is 10.0.0.1."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_loopback(address: Address) -> bool:
    """Say whether it is the caller's own machine; the kernel takes the unspecified address for it, too."""
    address = plain(address)
    return address.is_loopback or address.is_unspecified


def why_closed(address: Address) -> str:
    """Return why the public internet does not hold this address; empty when it does."""
    address = plain(address)
    if isinstance(address, IPv4Address):
        return next((reason for network, reason in _CLOSED_4 if address in network), "")
    if address in _NAT64:
        return why_closed(IPv4Address(int(address) & 0xFFFF_FFFF))
    if address in _6TO4:
        return why_closed(IPv4Address(int(address) >> 80 & 0xFFFF_FFFF))
    for network, reason in _CLOSED_6:
        if address in network:
            return reason
    return "" if address in _OPEN_6 else _RESERVED


def covers(network: Network, address: Address, is_own: Callable[[Address], bool]) -> bool:
    """Say whether a listed network means this address.

    A network wider than one address is somebody's LAN: it does not mean the machine's own addresses, its
    loopback or its link in passing. Those are listed by themselves.
    """
    if network.version != address.version or address not in network:
        return False
    if network.num_addresses == 1:
        return True
    special = next((item for item in _SPECIAL if address in item), None)
    if special is not None:
        return network.prefixlen >= special.prefixlen
    return not is_own(address)
