"""Attacks on the gate by a program that knows how it works. None of them may reach an address not allowed."""

import asyncio
import ctypes
import errno
import re
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import pytest
from gate_walls import Walled

from capsule.kit.ownaddress import is_own_address
from capsule.sandbox.gate.locked import can_lock_peers, connecting_socket

libc = ctypes.CDLL(None, use_errno=True)

HOLD = """
import errno
def name(code):
    return {errno.EOPNOTSUPP: "EOPNOTSUPP"}.get(code) or errno.errorcode.get(code, code)
def attempt(call, *arguments):
    try:
        return call(*arguments)
    except OSError as exc:
        return name(exc.errno)
def failed_socket():
    "A socket of the machine's network that is connected to nothing: its peer has said no."
    sock = socket.socket()
    sock.setblocking(False)
    assert sock.connect_ex(HERE) == errno.EINPROGRESS
    time.sleep(0.05)
    return sock
SECRET = ("127.0.0.1", ARGS[0])
"""


@pytest.fixture
def secret() -> Iterator[socket.socket]:
    """A service of the machine's own loopback that no app is allowed to reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def nobody_came(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return True
    return False


def here(port: int) -> tuple[str]:
    return (f"127.0.0.1:{port}",)


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            *(
                "10.0.0.5",
                "192.168.1.1",
                "100.100.100.200",
                "169.254.169.254",
                "224.0.0.1",
                "::ffff:10.0.0.1",
            ),
            *("fd00::5", "fe80::1", "64:ff9b::a00:5", "2002:a00:5::1", "64:ff9b:1::808:808"),
        ],
    )
    async def test_closed_to_everybody(self, walled: Walled, address: str) -> None:
        family = "AF_INET6" if ":" in address else "AF_INET"
        code = f"""
try:
    socket.socket(socket.{family}).connect(({address!r}, 5432))
except PermissionError as exc:
    print(exc.strerror)
"""
        assert await walled.run(code) == "Permission denied"
        shown = address.removeprefix("::ffff:")
        [sentence] = walled.refused
        assert sentence.startswith(f"Connection to {f'[{shown}]' if ':' in shown else shown}:5432 refused: ")

    async def test_the_sentence(self, walled: Walled) -> None:
        await walled.run("print(socket.socket().connect_ex(('10.0.0.5', 5432)))")
        assert walled.refused == [
            "Connection to 10.0.0.5:5432 refused: private addresses are closed to apps "
            "(allow it in the capsule's network settings)"
        ]

    async def test_the_machines_own(self, walled: Walled) -> None:
        routes = Path("/proc/net/fib_trie").read_text()
        own = re.findall(r"\|-- ((?!127)[\d.]+)\n +/32 host LOCAL", routes)
        if not own:
            pytest.skip("this machine has none but its loopback")
        assert is_own_address(ip_address(own[0]))
        code = f"print(socket.socket().connect_ex(({own[0]!r}, 22)))"
        assert await walled.run(code) == str(errno.EACCES)

    async def test_public_ones_when_only_listed_may_be_reached(self, walled: Walled) -> None:
        code = "print(socket.socket().connect_ex(('8.8.8.8', 443)))"
        assert await walled.run(code, listed=True) == str(errno.EACCES)
        assert "listed addresses only" in walled.refused[0]

    async def test_another_port_of_a_listed_address(
        self, walled: Walled, echo: int, secret: socket.socket
    ) -> None:
        code = HOLD + "print(name(socket.socket().connect_ex(SECRET)))"
        # Not refused but inside: it is the runtime's own loopback, where nobody listens.
        assert await walled.run(code, echo, secret.getsockname()[1], allow=here(echo)) == "ECONNREFUSED"
        assert nobody_came(secret)


class TestUdp:
    async def test_nothing_leaves(self, walled: Walled, echo: int) -> None:
        code = (
            HOLD
            + """
sock = socket.socket(type=socket.SOCK_DGRAM)
print(name(sock.connect_ex(("8.8.8.8", 53))), attempt(sock.sendto, b"x", ("8.8.8.8", 53)))
print(attempt(sock.sendto, b"x", ("10.0.0.5", 53)), attempt(sock.sendmsg, [b"x"], [], 0, ("10.0.0.5", 53)))
"""
        )
        assert (await walled.run(code, echo, 0, allow=("8.8.8.8", "10.0.0.5"))).split() == ["ENETUNREACH"] * 4

    async def test_loopback_is_the_runtimes_own(self, walled: Walled) -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as outside:
            outside.bind(("127.0.0.1", 0))
            outside.setblocking(False)
            port = outside.getsockname()[1]
            code = """
a, b = socket.socket(type=socket.SOCK_DGRAM), socket.socket(type=socket.SOCK_DGRAM)
a.bind(HERE)
b.connect(HERE)
b.send(b"x")
print(a.recv(1))
"""
            assert await walled.run(code, port, allow=here(port)) == "b'x'"
            with pytest.raises(BlockingIOError):
                outside.recv(1)


class TestSocketOfTheGate:
    """What a program can do with what it was given."""

    async def test_connected(self, walled: Walled, echo: int, secret: socket.socket) -> None:
        code = (
            HOLD
            + """
sock = socket.create_connection(HERE)
print(attempt(sock.bind, ("127.0.0.1", 0)), attempt(sock.listen))
print(name(sock.connect_ex(SECRET)), name(sock.connect_ex(("10.0.0.5", 1))))
libc.connect(sock.fileno(), struct.pack("=H14x", socket.AF_UNSPEC), 16)
print(name(ctypes.get_errno()))
sock.sendto(b"hi", SECRET)
print(sock.recv(9) == b"hi")
"""
        )
        output = await walled.run(code, echo, secret.getsockname()[1], allow=here(echo))
        assert output.split() == ["EINVAL", "EINVAL", "EISCONN", "EISCONN", "EOPNOTSUPP", "True"]
        assert nobody_came(secret)

    async def test_after_a_failed_connect(
        self, walled: Walled, free_port: int, secret: socket.socket
    ) -> None:
        code = (
            HOLD
            + """
sock = failed_socket()
print(name(sock.connect_ex(HERE)))  # tells the failure of the attempt before
print(name(sock.connect_ex(SECRET)), name(sock.connect_ex(("10.0.0.5", 1))))
for port in (0, PORT + 1):
    print(attempt(sock.bind, ("127.0.0.1", port)))
FASTOPEN = 0x20000000
print(attempt(sock.sendto, b"x", FASTOPEN, SECRET), attempt(sock.sendmsg, [b"x"], [], FASTOPEN, SECRET))
print(name(sock.connect_ex(HERE)))  # another attempt at what is allowed
"""
        )
        output = await walled.run(code, free_port, secret.getsockname()[1], allow=here(free_port))
        assert output.split() == [
            *("ECONNREFUSED", "EACCES", "EACCES", "EINVAL", "EINVAL", "EOPNOTSUPP", "EOPNOTSUPP"),
            "EINPROGRESS",
        ]
        assert any("needs a new one" in sentence for sentence in walled.refused)
        assert nobody_came(secret)

    async def test_shut_down_on_its_way(self, walled: Walled, full_port: int, secret: socket.socket) -> None:
        """The kernel then takes it for a new socket, so it may listen, on a port nobody chose."""
        code = (
            HOLD
            + """
sock = socket.socket()
sock.setblocking(False)
sock.connect_ex(HERE)
sock.shutdown(socket.SHUT_RDWR)
sock.connect_ex(SECRET)  # tells that it was shut down
print(name(sock.connect_ex(SECRET)), attempt(sock.bind, ("127.0.0.1", 0)), attempt(sock.listen))
print(sock.getsockname()[1], flush=True)
sock.setblocking(True)
sock.settimeout(0.8)
print(attempt(sock.accept))
"""
        )
        running = asyncio.ensure_future(
            walled.run(code, full_port, secret.getsockname()[1], allow=here(full_port))
        )
        await asyncio.sleep(0.5)
        output = (await running).split()
        assert output[:2] == ["EACCES", "EINVAL"]
        assert output[2] == ("None" if walled.locks_peers else "EINVAL")
        assert nobody_came(secret)

    async def test_options_that_would_lead_astray(self, walled: Walled, echo: int) -> None:
        code = (
            HOLD
            + """
import fcntl
sock = socket.create_connection(HERE)
six = socket.socket(socket.AF_INET6)
source_route = bytes([131, 7, 4, 10, 0, 0, 5, 0])
print(
    attempt(sock.setsockopt, socket.IPPROTO_IP, socket.IP_OPTIONS, source_route),
    attempt(six.setsockopt, socket.IPPROTO_IPV6, socket.IPV6_RTHDR, bytes(24)),
    attempt(sock.setsockopt, socket.IPPROTO_TCP, 30, 1),
    attempt(sock.setsockopt, socket.IPPROTO_TCP, 34, 1),
    attempt(sock.setsockopt, socket.SOL_SOCKET, 27, 1),
    attempt(fcntl.ioctl, sock, 0x8912, bytearray(16)),
)
"""
        )
        output = (await walled.run(code, echo, 0, allow=here(echo))).split()
        assert output[:4] == ["ENOPROTOOPT"] * 4
        assert output[4] == ("EPERM" if walled.locks_peers else "ENOENT")
        assert output[5] == "EOPNOTSUPP"


class TestRaces:
    async def test_a_socket_slipped_into_a_call_of_another_kind(
        self, walled: Walled, free_port: int, secret: socket.socket
    ) -> None:
        """While the gate looks at a unix socket, another thread swaps descriptor and address."""
        code = (
            HOLD
            + """
import threading
server = socket.socket(socket.AF_UNIX)
server.bind("\\0x")
server.listen(1000)
target = struct.pack("=H", socket.AF_INET) + struct.pack("!H4s8x", SECRET[1], bytes([127, 0, 0, 1]))
harmless = struct.pack("=H", socket.AF_UNIX) + b"\\0x" + bytes(12)
address = ctypes.create_string_buffer(harmless, 16)
ours, fd = failed_socket(), 100
is_over = False
def swap():
    while not is_over:
        os.dup2(ours.fileno(), fd)
        ctypes.memmove(address, target, 16)
        time.sleep(0)
        ctypes.memmove(address, harmless, 16)
        with socket.socket(socket.AF_UNIX) as decoy:
            os.dup2(decoy.fileno(), fd)
        time.sleep(0)
thread = threading.Thread(target=swap)
thread.start()
end, codes = time.monotonic() + 1.5, {}
while time.monotonic() < end:
    code = name(ctypes.get_errno()) if libc.connect(fd, address, 16) else 0
    codes[code] = codes.get(code, 0) + 1
is_over = True
thread.join()
state = ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
print(state, codes)
"""
        )
        output = await walled.run(code, free_port, secret.getsockname()[1], allow=here(free_port))
        state = int(output.split()[0])
        assert state != 1, output  # TCP_ESTABLISHED
        if not walled.locks_peers:
            assert state == 7, output  # TCP_CLOSE: not even a first packet
        assert nobody_came(secret)


@pytest.mark.skipif(not can_lock_peers(), reason="this user may not lock sockets")
class TestLockedSocket:
    """The same without any filter or gate between: what the kernel itself makes useless."""

    @pytest.fixture
    def given(self, secret: socket.socket) -> Iterator[socket.socket]:
        with socket.create_server(("127.0.0.1", 0)) as peer, socket.socket() as like:
            sock, code = connecting_socket(
                like, IPv4Address("127.0.0.1"), peer.getsockname()[1], lock_peer=True
            )
            assert code == errno.EINPROGRESS
            with sock:
                sock.setblocking(True)
                sock.settimeout(0.3)
                with peer.accept()[0] as other:
                    other.sendall(b"x")
                    assert sock.recv(1) == b"x"
                assert libc.connect(sock.fileno(), struct.pack("=H14x", socket.AF_UNSPEC), 16) == 0
                yield sock

    def test_connects_nowhere_else(self, given: socket.socket, secret: socket.socket) -> None:
        with pytest.raises(TimeoutError):
            given.connect(secret.getsockname())
        assert nobody_came(secret)

    def test_hears_nobody_when_it_listens(self, given: socket.socket) -> None:
        given.listen()
        with socket.socket() as visitor:
            visitor.settimeout(0.3)
            with pytest.raises(TimeoutError):
                visitor.connect(("127.0.0.1", given.getsockname()[1]))

    def test_takes_no_other_port(self, given: socket.socket) -> None:
        with pytest.raises(OSError, match="Invalid argument"):
            given.bind(("127.0.0.1", 0))

    def test_cannot_be_unlocked(self, given: socket.socket) -> None:
        for option in (26, 27, 44):  # SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_LOCK_FILTER
            with pytest.raises(PermissionError):
                given.setsockopt(socket.SOL_SOCKET, option, struct.pack("@HP", 1, 0) if option == 26 else 0)


async def test_the_app_cannot_answer_its_own_calls(walled: Walled) -> None:
    code = """
from capsule.sandbox.seccomp import notify_program as program
try:
    kernel.install(program(), listen=True)
except OSError as exc:
    print(exc.errno)
"""
    assert await walled.run(code) == str(errno.EBUSY)
