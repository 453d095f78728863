"""The edge against its upstream directly and against nginx as reverse proxy, each proxy on one core.

Everything that proxies runs on core 0 (the edge with its parent and its access log, nginx with an access
log too), the upstream and wrk on core 1. Rounds take turns, so that what else the machine does hits both.
"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import Measure, show
from capsule.edge.client import EdgeClient
from capsule.edge.contract import Probe, Route, Upstream
from capsule.paths import DataPaths

_HOST = "bench.localhost"
_PROXY_CORE, _LOAD_CORE = "0", "1"
_ROUNDS, _SECONDS, _CONNECTIONS = 4, 2, 32
_BODY_BYTES = 1_000_000
_BROWSER_HEADERS = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language: en-US,en;q=0.5",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Cookie: visitor=eyJhbGciOiJIUzI1NiJ9.abcdefghijklmnopqrstuvwxyz0123456789; theme=dark",
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Site: same-origin",
)
# Each request differs from the one before on its connection, so that nothing can be kept of it.
_VARYING = """
local n = 0
request = function()
  n = n + 1
  wrk.headers["X-Request-Number"] = tostring(n)
  return wrk.format("GET", "/item/" .. n .. "?page=" .. n)
end
"""
_EDGE_MAIN = """
import sys
from pathlib import Path
from capsule.edge.process import run
from capsule.paths import DataPaths
run(data=DataPaths(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), domain="localhost", workers=1)
"""
_NGINX = """
worker_processes 1; daemon off; pid {folder}/{name}.pid; error_log {folder}/{name}.err;
events {{ worker_connections 4096; }}
http {{
  access_log {access_log}; keepalive_requests 10000000; sendfile on; default_type text/plain;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {http}
}}
"""
_UPSTREAM_HTTP = """
server {{ listen 127.0.0.1:{port}; root {folder}/files;
  location / {{ return 200 "hello\\n"; }} location = /large {{ }} }}
"""
_PROXY_HTTP = """
upstream up {{ server 127.0.0.1:{upstream}; keepalive 128; }}
server {{ listen 127.0.0.1:{port}; location / {{
  proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto http; }} }}
"""


@dataclass(frozen=True)
class Load:
    name: str
    path: str = "/"
    headers: tuple[str, ...] = ()
    script: str = ""


@dataclass(frozen=True)
class Result:
    per_second: float
    p99_ms: float
    errors: int


@dataclass(frozen=True)
class Round:
    direct: Result
    nginx: Result
    edge: Result
    nginx_cpu: float
    """Processor seconds per request of everything on the proxy's core."""
    edge_cpu: float


_LOADS = (
    Load("small answer, bare request"),
    Load("small answer, browser's headers", headers=_BROWSER_HEADERS),
    Load("small answer, no two requests alike", headers=_BROWSER_HEADERS, script=_VARYING),
    Load("answer of 1 MB", path="/large"),
)


def run() -> None:
    """Print the table, or say what is missing for it."""
    if missing := [name for name in ("nginx", "wrk", "taskset") if shutil.which(name) is None]:
        print(f"\n## Edge\n\nleft out: {', '.join(missing)} not installed")
        return
    if len(os.sched_getaffinity(0)) < 2:
        print("\n## Edge\n\nleft out: it takes two cores to keep the load apart from what is measured")
        return
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="c", dir="/tmp")))
        ports = stack.enter_context(_machinery(folder))
        rows: list[Measure] = []
        for load in _LOADS:
            rounds = [_round(load, folder, ports) for _ in range(_ROUNDS)]
            rows += _rows(load, rounds)
        rows.append(
            Measure("memory of the edge after it, parent and worker", f"{ports.edge_memory_mb():.0f} MB")
        )
        show("Edge, one core each (requests/s; median of rounds that take turns)", rows)


class _Ports:
    def __init__(self, upstream: int, nginx: int, edge: int, nginx_pid: int, edge_pid: int) -> None:
        self.upstream, self.nginx, self.edge = upstream, nginx, edge
        self._nginx_pid, self._edge_pid = nginx_pid, edge_pid

    def nginx_cpu(self) -> float:
        return sum(_cpu_seconds(pid) for pid in _family(self._nginx_pid))

    def edge_cpu(self) -> float:
        return sum(_cpu_seconds(pid) for pid in _family(self._edge_pid))

    def edge_memory_mb(self) -> float:
        return sum(_pss_mb(pid) for pid in _family(self._edge_pid))


@contextlib.contextmanager
def _machinery(folder: Path) -> Iterator[_Ports]:
    upstream, nginx, edge = (_free_port() for _ in range(3))
    files = folder / "files"
    files.mkdir()
    (files / "large").write_bytes(os.urandom(_BODY_BYTES))
    # nginx as root hands its worker to another user, who has to get at the file.
    folder.chmod(0o755)
    started: list[subprocess.Popen[bytes]] = []
    try:
        http = _UPSTREAM_HTTP.format(port=upstream, folder=folder)
        started.append(_start_nginx(folder, "upstream", http, "off", _LOAD_CORE))
        http = _PROXY_HTTP.format(port=nginx, upstream=upstream)
        started.append(_start_nginx(folder, "proxy", http, str(folder / "access.log"), _PROXY_CORE))
        command = [
            "taskset",
            "-c",
            _PROXY_CORE,
            sys.executable,
            "-c",
            _EDGE_MAIN,
            str(folder / "data"),
            str(edge),
        ]
        started.append(subprocess.Popen(command))
        for port in (upstream, nginx, edge):
            _await_port(port)
        # The port takes connections a moment before the control socket does.
        while not (folder / "data/run/edge.sock").exists():
            time.sleep(0.05)
        asyncio.run(_put_route(DataPaths(folder / "data"), upstream))
        yield _Ports(upstream, nginx, edge, started[1].pid, started[2].pid)
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(15)


def _start_nginx(folder: Path, name: str, http: str, access_log: str, core: str) -> subprocess.Popen[bytes]:
    config = folder / f"{name}.conf"
    config.write_text(_NGINX.format(folder=folder, name=name, http=http, access_log=access_log))
    return subprocess.Popen(["taskset", "-c", core, "nginx", "-c", str(config)], stderr=subprocess.DEVNULL)


async def _put_route(data: DataPaths, port: int) -> None:
    client = EdgeClient(data.edge_socket)
    route = Route(
        "cps_bench", (_HOST,), "bench", "cps_bench", upstreams=(Upstream("rep_1", f"tcp:127.0.0.1:{port}"),)
    )
    await client.put_route(route, probe=Probe())
    await client.close()


def _round(load: Load, folder: Path, ports: _Ports) -> Round:
    direct, _ = _measure(load, folder, ports.upstream, lambda: 0.0)
    nginx, nginx_cpu = _measure(load, folder, ports.nginx, ports.nginx_cpu)
    edge, edge_cpu = _measure(load, folder, ports.edge, ports.edge_cpu)
    return Round(direct, nginx, edge, nginx_cpu, edge_cpu)


def _measure(load: Load, folder: Path, port: int, cpu: Callable[[], float]) -> tuple[Result, float]:
    command = ["taskset", "-c", _LOAD_CORE, "wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{_SECONDS}s", "--latency"]
    for header in (f"Host: {_HOST}", *load.headers):
        command += ["-H", header]
    if load.script:
        script = folder / "load.lua"
        script.write_text(load.script)
        command += ["-s", str(script)]
    before = cpu()
    command.append(f"http://127.0.0.1:{port}{load.path}")
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = cpu() - before
    requests = int(_find(r"(\d+) requests in", said))
    errors = sum(
        int(number) for number in re.findall(r"(?:connect|read|write|timeout|responses:) (\d+)", said)
    )
    amount, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]
    p99 = float(amount) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]
    return Result(float(_find(r"Requests/sec:\s+([\d.]+)", said)), p99, errors), spent / max(1, requests)


def _rows(load: Load, rounds: list[Round]) -> list[Measure]:
    def middle(values: Iterable[float]) -> float:
        return statistics.median(values)

    direct = middle(one.direct.per_second for one in rounds)
    nginx = middle(one.nginx.per_second for one in rounds)
    edge = middle(one.edge.per_second for one in rounds)
    of_nginx = middle(one.edge.per_second / one.nginx.per_second for one in rounds)
    of_cpu = middle(one.nginx_cpu / max(one.edge_cpu, 1e-9) for one in rounds)
    errors = sum(one.edge.errors for one in rounds)
    p99 = (middle(one.edge.p99_ms for one in rounds), middle(one.nginx.p99_ms for one in rounds))
    cpu = (middle(one.edge_cpu for one in rounds) * 1e6, middle(one.nginx_cpu for one in rounds) * 1e6)
    return [
        Measure(
            load.name,
            f"{edge:,.0f} = {of_nginx:.2f} of nginx",
            f"nginx {nginx:,.0f}, direct {direct:,.0f} ({edge / direct:.2f})",
            "≥ 0.5 of nginx",
        ),
        Measure(
            "… processor time per request, 99th percentile, errors",
            f"{cpu[0]:.1f} µs, {p99[0]:.1f} ms, {errors}",
            f"nginx {cpu[1]:.1f} µs ({of_cpu:.2f}), {p99[1]:.1f} ms",
        ),
    ]


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"wrk said something unexpected: {text}")
    return found[1]


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pss_mb(pid: int) -> float:
    return int(_find(r"(?m)^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text())) / 1024


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _await_port(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
