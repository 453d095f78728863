"""Programs in an empty network with the gate's filter, and a gate that answers them: the real thing."""

import asyncio
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

from capsule.engines.contract import Egress, EgressMode
from capsule.sandbox.gate.gate import Gate
from capsule.sandbox.gate.policy import Policy

_PRELUDE = """
import array, ctypes, fcntl, os, signal, socket, struct, sys, time
from capsule.sandbox.gate import kernel
from capsule.sandbox.seccomp import notify_program, runtime_program

channel = socket.socket(fileno=int(sys.argv[1]))
kernel.enter_empty_network()
with socket.socket() as sock:  # bring the loopback up
    fcntl.ioctl(sock, 0x8914, struct.pack("16sh22x", b"lo", 0x1 | 0x40))
fds = []
libc = ctypes.CDLL(None, use_errno=True)
if "names" in sys.argv[2]:
    assert libc.unshare(0x20000) == 0  # an own mount namespace, for an own resolv.conf
    assert libc.mount(b"none", b"/", None, 0x44000, None) == 0
    conf = os.path.realpath("/etc/resolv.conf").encode()
    assert libc.mount(sys.argv.pop().encode(), conf, None, 0x1000, None) == 0
    udp, tcp = socket.socket(type=socket.SOCK_DGRAM), socket.socket()
    for sock in (udp, tcp):
        sock.bind(("127.0.0.1", 53))
    tcp.listen()
    fds = [udp.fileno(), tcp.fileno()]
listener = kernel.install(notify_program(listen="strict" in sys.argv[2]), listen=True)
socket.send_fds(channel, [b"!"], [listener, *fds])
os.close(listener)
kernel.install(runtime_program())
PORT, *ARGS = [int(item) if item.isdigit() else item for item in sys.argv[3:]]
HERE = ("127.0.0.1", PORT)
"""


@dataclass
class Runtime:
    process: asyncio.subprocess.Process
    listener: int
    sockets: list[socket.socket]

    async def output(self) -> str:
        async with asyncio.timeout(20):
            out, _ = await self.process.communicate()
        assert self.process.returncode == 0
        return out.decode().strip()


@dataclass
class Walled:
    """Starts programs and gates, and ends both."""

    locks_peers: bool
    """Else as for an ordinary user whose kernel lets only others lock sockets."""
    refused: list[str] = field(default_factory=list)
    _gates: list[Gate] = field(default_factory=list)
    _processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self, code: str, *arguments: object, resolv_conf: Path | None = None) -> Runtime:
        """Run a program behind the filter; `arguments` are PORT and ARGS there. Nobody answers it yet."""
        ways = ("" if self.locks_peers else "strict") + ("names" if resolv_conf else "")
        last = [str(resolv_conf)] if resolv_conf else []
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-c", _PRELUDE + code, str(theirs.fileno())),
                    *(ways, *map(str, arguments or (0,)), *last),
                    stdout=asyncio.subprocess.PIPE,
                    pass_fds=[theirs.fileno()],
                )
            self._processes.append(process)
            ours.settimeout(10)
            _, fds, _, _ = await asyncio.to_thread(socket.recv_fds, ours, 1, 3)
        return Runtime(process, fds[0], [socket.socket(fileno=fd) for fd in fds[1:]])

    def gate(self, listener: int, policy: Policy) -> Gate:
        gate = Gate(
            listener, policy, lambda sentence, _: self.refused.append(sentence), locks_peers=self.locks_peers
        )
        gate.start()
        self._gates.append(gate)
        return gate

    async def run(
        self, code: str, *arguments: object, allow: tuple[str, ...] = (), listed: bool = False
    ) -> str:
        """Run a program to its end, with a gate, and return what it printed."""
        runtime = await self.start(code, *arguments)
        mode = EgressMode.listed if listed else EgressMode.public
        self.gate(runtime.listener, Policy(Egress(mode, allow)))
        return await runtime.output()

    async def close(self) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()
        for gate in self._gates:
            await gate.close()
