"""Bind the public port: one socket per address and worker, shared by SO_REUSEPORT."""

import errno
import json
import socket
import time
from dataclasses import dataclass

from capsule.errors import Conflict, PlatformError

_TAKE_OVER_SECONDS = 1.0
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4))


class PortInUse(Conflict):
    code, title = "port_in_use", "Port in use"


class CannotListen(PlatformError):
    code, title = "cannot_listen", "Cannot listen"


@dataclass(frozen=True)
class ListenAddress:
    hosts: tuple[str, ...]
    port: int


@dataclass(frozen=True)
class Listeners:
    """`sockets[n]` are worker n's. All are bound before any worker starts and stay open in the parent,
    so what connects while a worker is being replaced waits for its successor."""

    address: ListenAddress
    sockets: tuple[tuple[socket.socket, ...], ...]

    def close(self) -> None:
        for group in self.sockets:
            for one in group:
                one.close()

    def hand_over(self) -> str:
        """Return what `inherited` needs in the program that this process is about to become."""
        for group in self.sockets:
            for one in group:
                one.set_inheritable(True)
        numbers = [[one.fileno() for one in group] for group in self.sockets]
        return json.dumps({"hosts": self.address.hosts, "port": self.address.port, "sockets": numbers})


def inherited(handed_over: str) -> Listeners:
    """Take over the bound sockets of the program that this process was before."""
    told = json.loads(handed_over)
    groups = tuple(tuple(socket.socket(fileno=number) for number in group) for group in told["sockets"])
    for group in groups:
        for one in group:
            one.set_inheritable(False)
            one.setblocking(False)
    return Listeners(ListenAddress(tuple(told["hosts"]), told["port"]), groups)


def listen(host: str, port: int, workers: int) -> Listeners:
    """Bind `host` (for `localhost` both 127.0.0.1 and ::1) for each worker. Port 0 takes a free one.

    Raises PortInUse, or CannotListen for an address that is not this machine's.
    """
    deadline = time.monotonic() + _TAKE_OVER_SECONDS
    while True:
        try:
            return _listen(_addresses(host), port, workers)
        except PortInUse:
            # Workers of an edge that was killed let go of the port within moments.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _addresses(host: str) -> list[tuple[int, str]]:
    """`localhost` names resolve to either family in browsers, so both are served."""
    if host == "localhost":
        found = [(int(socket.AF_INET), "127.0.0.1")]
        return [*found, (int(socket.AF_INET6), "::1")] if _has_loopback6() else found
    return [(int(socket.AF_INET6 if ":" in host else socket.AF_INET), host)]


def _has_loopback6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _listen(addresses: list[tuple[int, str]], port: int, workers: int) -> Listeners:
    made: list[list[socket.socket]] = [[] for _ in range(workers)]
    try:
        for family, host in addresses:
            # SO_REUSEPORT would let two installations share a port unawares; this socket tells.
            with _bound(family, host, port, share=False) as first:
                port = first.getsockname()[1]
            for group in made:
                one = _bound(family, host, port, share=True)
                group.append(one)
                one.listen(1024)
    except BaseException:
        for group in made:
            for one in group:
                one.close()
        raise
    hosts = tuple(host for _, host in addresses)
    return Listeners(ListenAddress(hosts, port), tuple(tuple(group) for group in made))


def _bound(family: int, host: str, port: int, *, share: bool) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setblocking(False)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
        one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            one.setsockopt(socket.IPPROTO_TCP, option, value)
        one.bind((host, port))
        if not share:
            one.listen(1)
    except OSError as exc:
        one.close()
        if exc.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"Port {port} is in use by another program.",
                hint="Choose another one with --port.",
                port=port,
            ) from exc
        if exc.errno == errno.EACCES:
            raise CannotListen(
                f"This user may not listen on port {port}.", hint="Choose one above 1023 with --port."
            ) from exc
        raise CannotListen(f"Cannot listen on {host} port {port}: {exc.strerror or exc}.") from exc
    return one
