"""Make the sockets that the gate gives away: good for one peer, whatever is done to them afterwards.

A runtime keeps what it was given. It can disconnect it, or slip it to another thread in the midst of a call
that the gate has let go on, and so have the kernel connect or bind it behind the gate's back. So the kernel
itself must make that useless:

*   **Peer lock.** A socket filter, locked, drops every packet that is not from the one address and port. TCP
    connections to anyone else never get past their first, empty packet, and a listener hears nobody else.
    (Data in that first packet, "fast open", is what `notify_program` refuses.)
*   **Port lock.** The socket is bound to a port by its number, which a disconnect does not undo, so it can
    never be bound to another one: no port of the machine can be squatted.

Where peers cannot be locked, the gate lets no call go on and makes each itself (see `performing`).

Only TCP: an unconnected UDP socket needs no answer to do harm.
"""

import contextlib
import errno
import socket
import struct
from ipaddress import IPv4Address, IPv6Address

from capsule.kit.addresses import Address, plain
from capsule.sandbox.bpf import Match, Program
from capsule.sandbox.gate import kernel

_NETWORK_HEADER = -0x10_0000
_SOURCE_4, _SOURCE_6 = _NETWORK_HEADER + 12, _NETWORK_HEADER + 8
_WHOLE_PACKET = 0xFFFF_FFFF
_PORT_ATTEMPTS = 4

_TCP_NOTSENT_LOWAT = 25
_COPIED_NUMBERS = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    (socket.SOL_SOCKET, socket.SO_OOBINLINE),
    (socket.SOL_SOCKET, socket.SO_PRIORITY),
    (socket.SOL_SOCKET, socket.SO_RCVLOWAT),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY),
    (socket.IPPROTO_TCP, socket.TCP_CORK),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
    (socket.IPPROTO_TCP, socket.TCP_SYNCNT),
    (socket.IPPROTO_TCP, socket.TCP_LINGER2),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
    (socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT),
    (socket.IPPROTO_IP, socket.IP_TOS),
    (socket.IPPROTO_IP, socket.IP_TTL),
)
_COPIED_NUMBERS_6 = (
    (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY),
    (socket.IPPROTO_IPV6, socket.IPV6_TCLASS),
    (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS),
)
_COPIED_STRUCTURES = (
    (socket.SO_LINGER, struct.calcsize("@ii")),
    (socket.SO_RCVTIMEO, struct.calcsize("@ll")),
    (socket.SO_SNDTIMEO, struct.calcsize("@ll")),
)
_COPIED_SIZES = (socket.SO_RCVBUF, socket.SO_SNDBUF)


def can_lock_peers() -> bool:
    """Say whether this process may: kernels of late 2026 want CAP_NET_ADMIN for it, older ones nothing."""
    with socket.socket() as sock:
        try:
            kernel.attach_filter(sock, peer_program(IPv4Address(0), 0))
        except PermissionError:
            return False
    return True


def connecting_socket(
    like: socket.socket, address: Address, port: int, *, lock_peer: bool
) -> tuple[socket.socket, int]:
    """Return a locked, non-blocking socket with the options of `like`, and what its connect said.

    That is 0, EINPROGRESS, or why there can be no connection. Raises OSError when there can be no socket.
    """
    for attempt in range(_PORT_ATTEMPTS):
        sock = socket.socket(like.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            _copy_options(like, sock)
            if lock_peer:
                kernel.attach_filter(sock, peer_program(address, port))
            _lock_port(sock)
            code = sock.connect_ex(_sockaddr(sock, address, port))
            if code != errno.EADDRNOTAVAIL or attempt == _PORT_ATTEMPTS - 1:
                return sock, code
        except BaseException:
            sock.close()
            raise
        sock.close()  # the port is in use with this very peer
    raise AssertionError("unreachable")


def peer_program(address: Address, port: int) -> bytes:
    """Return the filter that accepts TCP packets from this address and port only."""
    peer = plain(address)
    program = Program()
    program.load(0, 2)  # a TCP socket's filter begins at the TCP header, with the sender's port
    program.jump(Match.equal, port, otherwise="drop")
    at = _SOURCE_4 if isinstance(peer, IPv4Address) else _SOURCE_6
    for offset in range(0, len(peer.packed), 4):
        program.load(at + offset)
        program.jump(Match.equal, int.from_bytes(peer.packed[offset : offset + 4]), otherwise="drop")
    program.give(_WHOLE_PACKET)
    program.label("drop")
    program.give(0)
    return program.assemble()


def _lock_port(sock: socket.socket) -> None:
    # Only a port that is asked for by number stays. A second socket finds one; both share it for the moment.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    any_address = "" if sock.family == socket.AF_INET else "::"
    with socket.socket(sock.family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as finder:
        finder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        finder.bind((any_address, 0))
        sock.bind((any_address, finder.getsockname()[1]))


def _sockaddr(sock: socket.socket, address: Address, port: int) -> tuple[str, int]:
    if sock.family == socket.AF_INET6 and isinstance(address, IPv4Address):
        return str(IPv6Address(0xFFFF_0000_0000 | int(address))), port
    return str(address), port


def _copy_options(source: socket.socket, target: socket.socket) -> None:
    numbers = _COPIED_NUMBERS + (_COPIED_NUMBERS_6 if source.family == socket.AF_INET6 else ())
    for level, option in numbers:
        with contextlib.suppress(OSError):  # not on this kernel
            wanted = source.getsockopt(level, option)
            if wanted != target.getsockopt(level, option):
                target.setsockopt(level, option, wanted)
    for option, size in _COPIED_STRUCTURES:
        structure = source.getsockopt(socket.SOL_SOCKET, option, size)
        if structure.strip(b"\0"):
            target.setsockopt(socket.SOL_SOCKET, option, structure)
    for option in _COPIED_SIZES:
        wanted = source.getsockopt(socket.SOL_SOCKET, option)
        if wanted != target.getsockopt(socket.SOL_SOCKET, option):
            target.setsockopt(socket.SOL_SOCKET, option, wanted // 2)  # the kernel doubles what it is told
