"""Sockets of other users, of the machine and of the platform, and the families that only the kernel needs."""

import contextlib
import ctypes
import fcntl
import mmap
import os
import platform
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from apphost import Host
from stage import Actor, new_word
from tools import attempt, syscall
from victims import hide

CLOSED = {
    "ECONNREFUSED",
    "ENOENT",
    "EACCES",
    "EPERM",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "EADDRNOTAVAIL",
    "ELOOP",
    "TimeoutError",
}


def connect(addresses: list[Any]) -> dict[str, str]:
    def ask(family: int, kind: int, address: Any) -> bytes:
        with socket.socket(family, kind) as asking:
            asking.settimeout(1.0)
            asking.connect(tuple(address) if isinstance(address, list) else address)
            if kind == socket.SOCK_DGRAM:
                asking.send(b"hello")
            return asking.recv(100)

    found = {}
    for family, kind, address in addresses:
        found[f"{family} {kind} {address!r}"] = attempt(ask, family, kind, address)
    return found


@contextlib.contextmanager
def listening(family: int, kind: int, address: Any) -> Iterator[list[bytes]]:
    """Listen on this machine; what comes in is in the list."""
    heard: list[bytes] = []
    with socket.socket(family, kind) as listener:
        listener.bind(address)
        if kind == socket.SOCK_STREAM:
            listener.listen()
        listener.settimeout(0.05)
        is_over = threading.Event()

        def hear() -> None:
            while not is_over.is_set():
                with contextlib.suppress(TimeoutError):
                    if kind == socket.SOCK_DGRAM:
                        heard.append(listener.recv(100))
                    else:
                        connection, _ = listener.accept()
                        connection.close()
                        heard.append(b"connection")

        hearing = threading.Thread(target=hear)
        hearing.start()
        try:
            yield heard
        finally:
            is_over.set()
            hearing.join()


async def test_services_of_another_user_cannot_be_reached(attacker: Actor, victim: Actor) -> None:
    await victim.run(hide, new_word())
    stream = int(socket.SOCK_STREAM)
    addresses: list[Any] = [
        (int(socket.AF_INET), stream, ("127.0.0.1", 7007)),
        (int(socket.AF_INET6), stream, ("::ffff:127.0.0.1", 7007)),
        (int(socket.AF_UNIX), stream, "\0victim-service"),
        (int(socket.AF_UNIX), stream, "/tmp/victim.sock"),
    ]
    found = await victim.run(connect, addresses)
    assert all("secret-of-" in answer for answer in found.values()), found
    found = await attacker.run(connect, addresses)
    assert set(found.values()) <= CLOSED, found


async def test_loopback_and_abstract_sockets_of_the_machine_cannot_be_reached(attacker: Actor) -> None:
    name = f"\0{new_word()}"
    with contextlib.ExitStack() as stack:
        heard = []
        addresses: list[Any] = []
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(family, kind) as finder:
                    finder.bind((host, 0))
                    port = finder.getsockname()[1]
                heard.append(stack.enter_context(listening(family, kind, (host, port))))
                addresses.append((int(family), int(kind), (host, port)))
                if family == socket.AF_INET:
                    addresses += [
                        (int(family), int(kind), (other, port)) for other in ("0.0.0.0", "127.9.9.9")
                    ]
                    addresses.append((int(socket.AF_INET6), int(kind), (f"::ffff:{host}", port)))
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            heard.append(stack.enter_context(listening(socket.AF_UNIX, kind, name + str(kind))))
            addresses.append((int(socket.AF_UNIX), int(kind), name + str(kind)))
        found = await attacker.run(connect, addresses)
    assert set(found.values()) <= CLOSED, found
    assert heard == [[]] * 6


async def test_sockets_of_the_platform_cannot_be_reached(host: Host, attacker: Actor) -> None:
    data = host.data
    stream = int(socket.SOCK_STREAM)
    paths = [
        data.node_socket,
        data.apps_socket,
        data.apps_control_socket,
        *data.replicas.glob("*/run/*.sock"),
    ]
    names = [*map(str, paths), "/run/capsule/replica.sock", "/proc/1/root/run/capsule/replica.sock"]
    addresses = [(int(socket.AF_UNIX), kind, name) for name in names for kind in (stream, 5)]
    found = await attacker.run(connect, addresses)
    assert set(found.values()) <= CLOSED, found


async def test_private_addresses_are_refused_before_a_packet_leaves(attacker: Actor) -> None:
    hosts = ("10.0.0.1", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1")
    tcp = [(int(socket.AF_INET), int(socket.SOCK_STREAM), (host, 80)) for host in hosts]
    udp = [(int(socket.AF_INET), int(socket.SOCK_DGRAM), (host, 53)) for host in hosts]
    tcp.append((int(socket.AF_INET6), int(socket.SOCK_STREAM), ("fe80::1", 80)))
    found = await attacker.run(connect, [*tcp, *udp])
    assert set(found.values()) <= {"EACCES", "EPERM", "ENETUNREACH", "EINVAL"}, found


def open_odd_sockets() -> dict[str, str]:
    wanted = {
        "packet": (17, socket.SOCK_RAW, 0x300),
        "vsock": (40, socket.SOCK_STREAM, 0),
        "alg": (38, 5, 0),
        "key": (15, socket.SOCK_RAW, 2),
        "can": (29, socket.SOCK_RAW, 1),
        "bluetooth": (31, 1, 0),
        "xdp": (44, 3, 0),
        "tipc": (30, socket.SOCK_STREAM, 0),
        "raw": (2, socket.SOCK_RAW, 255),
        "icmp": (2, socket.SOCK_RAW, 1),
        "raw6": (10, socket.SOCK_RAW, 58),
        "audit": (16, socket.SOCK_RAW, 9),
        "netfilter": (16, socket.SOCK_RAW, 12),
        "uevent": (16, socket.SOCK_RAW, 15),
        "sock_diag": (16, socket.SOCK_RAW, 4),
        "generic": (16, socket.SOCK_RAW, 16),
    }
    found = {name: attempt(socket.socket, *arguments) for name, arguments in wanted.items()}
    found["io_uring"] = str(syscall("io_uring_setup", 8, ctypes.create_string_buffer(120)))
    return found


async def test_sockets_for_the_kernels_own_families_cannot_be_made(attacker: Actor) -> None:
    found = await attacker.run(open_odd_sockets)
    assert set(found.values()) <= {
        "EAFNOSUPPORT",
        "EPERM",
        "EACCES",
        "EPROTONOSUPPORT",
        "ESOCKTNOSUPPORT",
        "ENOSYS",
    }, found
    assert found["packet"] == found["vsock"] == found["sock_diag"] == "EAFNOSUPPORT"
    assert found["io_uring"] == "ENOSYS"


def change_the_network() -> list[str]:
    answers = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for request in (0x8914, 0x8916, 0x8924, 0x890B, 0x89A0, 0x894C):
            answers.append(attempt(fcntl.ioctl, control, request, struct.pack("16s24s", b"lo", b"")))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as route:
        body = struct.pack("=IHHII", 32, 16, 5, 1, 0) + struct.pack("=BBHiII", 0, 0, 0, 0, 1, 1)
        route.send(body)
        answer = route.recv(4096)
        kind, code = struct.unpack_from("=H", answer, 4)[0], struct.unpack_from("=i", answer, 16)[0]
        answers.append("EPERM" if (kind, code) == (2, -1) else f"done: {kind} {code}")
    return answers


async def test_the_own_network_cannot_be_changed(attacker: Actor) -> None:
    answers = await attacker.run(change_the_network)
    assert set(answers) <= {"EPERM", "EACCES", "EINVAL", "ENOTTY", "EOPNOTSUPP"}, answers


def call_with_other_numbers() -> dict[str, int]:
    # mov eax, number; (mov edi, argument;) int 0x80 or syscall; ret
    def machine_code(body: bytes) -> int:
        child = os.fork()
        if child == 0:
            memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            memory.write(body + b"\xc3")
            address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
            result = ctypes.CFUNCTYPE(ctypes.c_long)(address)()
            os._exit(0 if result >= 0 else 1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    ptrace_32, getpid_x32 = 26, 0x40000000 + 39
    return {
        "32 bit": machine_code(b"\xb8" + ptrace_32.to_bytes(4, "little") + b"\xbb\0\0\0\0\xcd\x80"),
        "x32": machine_code(b"\xb8" + getpid_x32.to_bytes(4, "little") + b"\x0f\x05"),
    }


async def test_calls_by_the_numbers_of_another_architecture_get_past_no_filter(attacker: Actor) -> None:
    if platform.machine() != "x86_64":
        pytest.skip("only x86_64 has a second and a third set of system calls")
    found = await attacker.run(call_with_other_numbers)
    assert all(code != 0 for code in found.values()), found
