"""Whether an address is this machine's, asked of the kernel each time: addresses change."""

import socket
import struct

from capsule.kit.addresses import Address, is_loopback

_RTM_GETROUTE, _NLM_F_REQUEST = 26, 1
_RTN_LOCAL = 2
_RTA_DST = 1


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
