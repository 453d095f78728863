"""What programs see of the gate. Attacks on it are in test_holes.py, names in test_relay.py."""

import asyncio
import os
import shutil
import signal
import socket
import time
from pathlib import Path

import pytest
from gate_walls import Walled

from capsule.engines.contract import Egress
from capsule.sandbox.gate.policy import Policy

HI = """
def hi(sock):
    sock.sendall(b"hi")
    assert sock.recv(9) == b"hi"
"""


def here(port: int) -> tuple[str]:
    return (f"127.0.0.1:{port}",)


class TestPython:
    async def test_blocking(self, walled: Walled, echo: int) -> None:
        code = (
            HI
            + """
with socket.socket() as sock:
    sock.connect(HERE)
    hi(sock)
    print(sock.getpeername() == HERE, os.get_blocking(sock.fileno()), os.get_inheritable(sock.fileno()))
"""
        )
        assert await walled.run(code, echo, allow=here(echo)) == "True True False"
        assert walled.refused == []

    async def test_with_timeout(self, walled: Walled, echo: int) -> None:
        code = (
            HI
            + """
for _ in range(20):
    with socket.create_connection(HERE, timeout=5) as sock:
        hi(sock)
print(sock.gettimeout())
"""
        )
        assert await walled.run(code, echo, allow=here(echo)) == "5.0"

    async def test_in_ipv6_spelling(self, walled: Walled, echo: int) -> None:
        code = (
            HI
            + """
with socket.socket(socket.AF_INET6) as sock:
    sock.connect(("::ffff:127.0.0.1", PORT))
    hi(sock)
    print(sock.getpeername()[0])
"""
        )
        assert await walled.run(code, echo, allow=here(echo)) == "::ffff:127.0.0.1"

    async def test_ipv6(self, walled: Walled) -> None:
        try:
            server = socket.create_server(("::1", 0), family=socket.AF_INET6)
        except OSError:
            pytest.skip("no IPv6 here")
        with server:
            port = server.getsockname()[1]
            code = """
with socket.create_connection(("::1", PORT)) as sock:
    print(sock.getpeername()[:2] == ("::1", PORT))
"""
            assert await walled.run(code, port, allow=(f"[::1]:{port}",)) == "True"

    async def test_options_are_kept(self, walled: Walled, echo: int) -> None:
        code = """
sock = socket.socket()
os.set_inheritable(sock.fileno(), True)
wanted = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 33),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 7),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 9000),
    (socket.IPPROTO_IP, socket.IP_TOS, 16),
]
for option in wanted:
    sock.setsockopt(*option)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 50_000)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3))
size = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
sock.connect(HERE)
assert [(level, name, sock.getsockopt(level, name)) for level, name, _ in wanted] == wanted
assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == size
assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == struct.pack("ii", 1, 3)
print(os.get_inheritable(sock.fileno()))
"""
        assert await walled.run(code, echo, allow=here(echo)) == "True"

    @pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
    async def test_event_loops_with_many_at_once(self, walled: Walled, echo: int, loop: str) -> None:
        code = (
            f"import asyncio, {loop}"
            + """
async def one(number):
    reader, writer = await asyncio.open_connection(*HERE)
    writer.write(b"%d\\n" % number)
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(answer)
async def main():
    return sum(await asyncio.gather(*(one(number) for number in range(200))))
"""
            + f"print({loop}.run(main()))"
        )
        assert await walled.run(code, echo, allow=here(echo)) == str(sum(range(200)))

    async def test_many_threads_at_once(self, walled: Walled, echo: int) -> None:
        code = (
            HI
            + """
from concurrent.futures import ThreadPoolExecutor
def one(_):
    with socket.create_connection(HERE) as sock:
        hi(sock)
    return 1
with ThreadPoolExecutor(100) as pool:
    print(sum(pool.map(one, range(200))))
"""
        )
        assert await walled.run(code, echo, allow=here(echo)) == "200"

    @pytest.mark.parametrize(
        "fetch",
        [
            "import urllib.request; print(urllib.request.urlopen(URL, timeout=5).read().decode())",
            "import httpx2; print(httpx2.get(URL, trust_env=False).text)",
            "import subprocess; print(subprocess.run([sys.executable, '-c', f'import urllib.request as u;"
            "print(u.urlopen({URL!r}).read().decode())'], stdout=-1, text=True, check=True).stdout)",
        ],
        ids=["urllib", "httpx2", "subprocess"],
    )
    async def test_http_clients(self, walled: Walled, web: int, fetch: str) -> None:
        code = "URL = f'http://127.0.0.1:{PORT}/'\n" + fetch
        assert await walled.run(code, web, allow=here(web)) == "hello"


class TestOtherPrograms:
    @pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
    async def test_curl(self, walled: Walled, web: int) -> None:
        code = "os.execvp('curl', ['curl', '-sS', '--noproxy', '*', f'http://127.0.0.1:{PORT}/'])"
        assert await walled.run(code, web, allow=here(web)) == "hello"

    @pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
    async def test_node(self, walled: Walled, web: int) -> None:
        script = """
fetch(`http://127.0.0.1:${process.argv[1]}/`).then(r => r.text()).then(async text => {
  const net = require("net");
  const refused = await new Promise(done => net.connect(5432, "10.0.0.5").on("error", e => done(e.code)));
  console.log(text, refused);
});
"""
        code = f"os.execvp('node', ['node', '-e', {script!r}, str(PORT)])"
        assert await walled.run(code, web, allow=here(web)) == "hello EACCES"


class TestInside:
    async def test_loopback_stays_the_runtimes_own(self, walled: Walled, echo: int) -> None:
        code = """
with socket.create_server(HERE) as server:
    server.settimeout(5)
    for name in ("127.0.0.1", "0.0.0.0"):
        with socket.create_connection((name, PORT), timeout=5) as sock:
            server.accept()[0].close()
            print(sock.recv(1))
try:
    socket.create_connection(HERE)
except ConnectionRefusedError:
    print("nobody")
"""
        assert (await walled.run(code, echo)).split() == ["b''", "b''", "nobody"]
        assert walled.refused == []

    async def test_unix_sockets(self, walled: Walled, tmp_path: Path) -> None:
        code = """
os.chdir(ARGS[0])
os.symlink("real", "link")
for name in ("real", "\\0abstract", "link", os.path.join(ARGS[0], "real")):
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as sock:
        server.bind(name if name != "link" and name[0] != "/" else os.path.basename(name) + "2")
        server.listen()
        if name == "link":
            os.unlink("link"); os.symlink("link2", "link")
        sock.connect(name if name[0] != "/" else name + "2")
        sock.sendall(b"x")
        print(server.accept()[0].recv(1))
try:
    socket.socket(socket.AF_UNIX).connect("missing")
except FileNotFoundError:
    print("missing")
"""
        tmp_path.chmod(0o777)
        code = code.replace("os.chdir(ARGS[0])", "os.chdir(ARGS[0]); ARGS[0] = os.getcwd()")
        assert (await walled.run(code, 0, tmp_path)).split() == ["b'x'"] * 4 + ["missing"]

    async def test_multiprocessing_and_netlink(self, walled: Walled) -> None:
        code = """
import multiprocessing
if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    with context.Manager() as manager, context.Pool(2) as pool:
        shared = manager.list([1])
        shared.append(sum(pool.map(abs, [-1, -2])))
        print(list(shared), socket.if_nameindex())
"""
        assert await walled.run(code) == "[1, 3] [(1, 'lo')]"

    async def test_calls_that_cannot_succeed_say_why(self, walled: Walled) -> None:
        code = """
import errno
address = struct.pack("=H", socket.AF_INET) + struct.pack("!H4s8x", 80, bytes([10, 0, 0, 5]))
with socket.socket() as sock, socket.socket(socket.AF_INET6) as six, open("/dev/null") as file:
    for fd, at, size in (
        (sock.fileno(), address, 8),
        (sock.fileno(), address, 500),
        (sock.fileno(), ctypes.c_void_p(8), 16),
        (six.fileno(), address, 28),
        (file.fileno(), address, 16),
        (999, address, 16),
    ):
        libc.connect(fd, at, size)
        print(errno.errorcode[ctypes.get_errno()])
"""
        expected = ["EINVAL", "EINVAL", "EFAULT", "EAFNOSUPPORT", "ENOTSOCK", "EBADF"]
        assert (await walled.run(code)).split() == expected


class TestSlowPeers:
    """A listener with its hands full does not answer, like a host behind a firewall that drops."""

    async def test_failure_is_told(self, walled: Walled, free_port: int) -> None:
        code = """
import asyncio
try:
    socket.create_connection(HERE)
except ConnectionRefusedError:
    print("blocking")
async def main():
    try:
        await asyncio.open_connection(*HERE)
    except ConnectionRefusedError:
        print("asyncio")
asyncio.run(main())
"""
        assert (await walled.run(code, free_port, allow=here(free_port))).split() == ["blocking", "asyncio"]

    async def test_time_limits_are_kept(self, walled: Walled, full_port: int) -> None:
        code = """
import errno
began = time.monotonic()
try:
    socket.create_connection(HERE, timeout=0.3)
except TimeoutError:
    print("timeout", time.monotonic() - began < 2)
with socket.socket() as sock:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 300_000))
    # The second where the kernel waits: it finds the gate's connection on its way.
    print(errno.errorcode[sock.connect_ex(HERE)] in ("EINPROGRESS", "EALREADY"), time.monotonic() - began < 3)
"""
        output = await walled.run(code, full_port, allow=here(full_port))
        assert output.splitlines() == ["timeout True", "True True"]

    async def test_non_blocking_callers_do_not_wait(self, walled: Walled, full_port: int) -> None:
        code = """
import errno
sock = socket.socket()
sock.setblocking(False)
began = time.monotonic()
print([errno.errorcode[sock.connect_ex(HERE)] for _ in range(2)], time.monotonic() - began < 1)
"""
        output = await walled.run(code, full_port, allow=here(full_port))
        assert output == "['EINPROGRESS', 'EALREADY'] True"

    async def test_a_signal_does_not_spoil_the_connection(
        self, walled: Walled, full_server: socket.socket
    ) -> None:
        code = """
seen = []
signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
with socket.socket() as sock:
    sock.connect(HERE)
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(sock.getpeername() == HERE, len(seen) > 1)
"""
        port = full_server.getsockname()[1]
        running = asyncio.ensure_future(walled.run(code, port, allow=here(port)))
        await asyncio.sleep(0.7)
        for _ in range(2):
            full_server.accept()[0].close()
        assert await running == "True True"

    async def test_a_killed_caller_leaves_nothing(self, walled: Walled, full_port: int) -> None:
        code = "print(1, flush=True); socket.create_connection(HERE)"
        runtime = await walled.start(code, full_port)
        gate = walled.gate(runtime.listener, Policy(Egress(allow=here(full_port))))
        assert runtime.process.stdout is not None
        await runtime.process.stdout.readline()
        await asyncio.sleep(0.2)
        runtime.process.send_signal(signal.SIGKILL)
        await runtime.process.wait()
        await gate.close()  # and `walled` looks for descriptors


class TestGateComesAndGoes:
    async def test_calls_wait_for_the_next_gate(self, walled: Walled, echo: int) -> None:
        code = (
            HI
            + """
for _ in range(2):
    with socket.create_connection(HERE) as sock:
        hi(sock)
    print("done", flush=True)
    time.sleep(0.1)
"""
        )
        runtime = await walled.start(code, echo)
        kept = os.dup(runtime.listener)
        policy = Policy(Egress(allow=here(echo)))
        assert runtime.process.stdout is not None
        first = walled.gate(runtime.listener, policy)
        assert await runtime.process.stdout.readline() == b"done\n"
        await first.close()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(runtime.process.stdout.readline(), 0.4)
        walled.gate(kept, policy)
        assert await runtime.output() == "done"

    async def test_without_any_gate_left_calls_fail(self, walled: Walled, echo: int) -> None:
        runtime = await walled.start("print(socket.socket().connect_ex(HERE))", echo)
        os.close(runtime.listener)
        assert await runtime.output() == "38"  # ENOSYS

    async def test_a_gate_outlives_its_callers(self, walled: Walled) -> None:
        runtime = await walled.start("", 0)
        gate = walled.gate(runtime.listener, Policy(Egress()))
        await runtime.output()
        began = time.process_time()
        await asyncio.sleep(0.3)
        assert time.process_time() - began < 0.1  # no loop over a listener that is over
        await gate.close()
        await gate.close()

    async def test_a_busy_runtime_leaves_the_agent_time(self, walled: Walled) -> None:
        code = """
end = time.monotonic() + 1
count = 0
while time.monotonic() < end:
    with socket.socket() as sock:
        count += sock.connect_ex(("10.0.0.5", 1)) == 13
print(count)
"""
        began = time.process_time()
        assert int(await walled.run(code)) > 100
        assert time.process_time() - began < 1.0
        assert len(walled.refused) == 1


class TestListedNames:
    async def test_a_name_is_waited_for(self, walled: Walled, echo: int) -> None:
        async def lookup(name: str) -> list[str]:
            await asyncio.sleep(0.4)
            return ["127.0.0.1"]

        code = (
            HI
            + """
with socket.create_connection(HERE) as sock:
    hi(sock)
    print("done")
"""
        )
        runtime = await walled.start(code, echo)
        walled.gate(runtime.listener, Policy(Egress(allow=(f"service.lan:{echo}",)), lookup=lookup))
        assert await runtime.output() == "done"

    async def test_a_refusal_looks_whether_a_name_has_moved(self, walled: Walled) -> None:
        looked = []

        async def lookup(name: str) -> list[str]:
            looked.append(name)
            return []

        now = [0.0]
        policy = Policy(Egress(allow=("moving.lan",)), lookup=lookup, clock=lambda: now[0])
        code = "time.sleep(0.3); print(socket.socket().connect_ex(('10.0.0.5', 1)))"
        runtime = await walled.start(code)
        walled.gate(runtime.listener, policy)
        await asyncio.sleep(0.05)
        now[0] += 60
        assert await runtime.output() == "13"
        assert len(looked) == 2

    async def test_closing_does_not_wait_for_a_name(self, walled: Walled) -> None:
        async def lookup(name: str) -> list[str]:
            await asyncio.sleep(3600)
            return []

        policy = Policy(Egress(allow=("slow.lan",)), lookup=lookup)
        runtime = await walled.start("print(socket.socket().connect_ex(('10.0.0.5', 1)))")
        gate = walled.gate(runtime.listener, policy)
        await asyncio.sleep(0.3)
        await asyncio.wait_for(gate.close(), 1)
        assert await runtime.output() in ("100", "38")  # ENETDOWN; ENOSYS when it came too late
