"""Facts about this machine's network, asked of the kernel each time: addresses and nameservers change."""

import socket
import struct
from pathlib import Path

from capsule.sandbox.gate.addresses import Address, is_loopback, parse

_RTM_GETROUTE, _NLM_F_REQUEST = 26, 1
_RTN_LOCAL = 2
_RTA_DST = 1
_RESOLV_CONF = Path("/etc/resolv.conf")
_MOST_NAMESERVERS = 3


def is_own_address(address: Address) -> bool:
    """Say whether packets to this address stay on this machine: one of its own, its loopback included."""
    if is_loopback(address):
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    bits = address.max_prefixlen
    attribute = struct.pack("=HH", 4 + bits // 8, _RTA_DST) + address.packed
    route = struct.pack("=BBBBBBBBI", family, bits, 0, 0, 0, 0, 0, 0, 0) + attribute
    header = struct.pack("=IHHII", 16 + len(route), _RTM_GETROUTE, _NLM_F_REQUEST, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0) as netlink:
        netlink.send(header + route)
        answer = netlink.recv(4096)
    if struct.unpack_from("=H", answer, 4)[0] == _RTM_GETROUTE - 2:  # RTM_NEWROUTE
        return bool(answer[16 + 7] == _RTN_LOCAL)
    return False  # no route at all


def nameservers(path: Path = _RESOLV_CONF) -> list[str]:
    """Return the addresses of this machine's nameservers, as its own programs would ask them."""
    found = []
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            try:
                parse(words[1].partition("%")[0])
            except ValueError:
                continue
            found.append(words[1])
    return found[:_MOST_NAMESERVERS] or ["127.0.0.1"]
