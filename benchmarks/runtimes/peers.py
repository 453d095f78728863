"""Beside a runtime: a plain process for each user, and a container for each user."""

import asyncio
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import Measure, show
from benchmarks.runtimes import sizes
from benchmarks.runtimes.app import ALONE, CACHE, make_artifact
from benchmarks.runtimes.house import Guest, House

_TIMES = 8
_IDLE_SECONDS = 2.0
_IMAGE = "capsule-bench"
_GROUP = "bench-docker"
_LIBRARIES = "ca-certificates,libssl3,libsqlite3-0,libffi8,zlib1g,libbz2-1.0,liblzma5,libreadline8,libuuid1"


@dataclass(frozen=True)
class Cost:
    wake: float
    memory: float
    """PSS in MB of all that lives for one user only, while eight of them are there."""


async def process() -> None:
    own = await _runtimes()
    peer = await _processes()
    show("Beside a plain process per user (python loads the app, no walls)", _rows("process", own, peer))


async def docker() -> None:
    reason = _why_no_docker()
    if reason:
        print(f"\nruntimes docker: not measured, {reason}")
        return
    own = await _runtimes()
    async with _daemon() as client:
        _make_image(client)
        peer = await _containers(client)
    show("Beside a container per user (docker run)", _rows("container", own, peer))


def _rows(name: str, own: Cost, peer: Cost) -> list[Measure]:
    return [
        Measure(
            "cold to first reply",
            f"{own.wake * 1000:.1f} ms",
            f"{name} {peer.wake * 1000:.0f} ms: {peer.wake / own.wake:.0f}×",
        ),
        Measure(
            f"memory per user (PSS, {_TIMES} users)",
            f"{own.memory:.1f} MB",
            f"{name} {peer.memory:.1f} MB: {peer.memory / own.memory:.1f}×",
        ),
    ]


async def _runtimes() -> Cost:
    """The zygote's share is part of it: it lives for these users too."""
    async with House() as house:
        await house.start()
        await house.end(await house.wake())
        taken, guests = [], []
        for _ in range(_TIMES):
            began = time.perf_counter()
            guest = await house.wake()
            await guest.say()
            taken.append(time.perf_counter() - began)
            guests.append(guest)
        await asyncio.sleep(_IDLE_SECONDS)
        total = sizes.memory([await house.zygote(), *(guest.pid for guest in guests)])
        for guest in guests:
            guest.leave()
    return Cost(statistics.median(taken), total.pss / _TIMES)


async def _processes() -> Cost:
    with tempfile.TemporaryDirectory(prefix="cb", dir="/tmp") as folder:
        root = Path(folder)
        artifact = make_artifact(root / "a")
        env = {**os.environ, "PYTHONPATH": str(artifact / "deps")}
        taken, children, guests = [], [], []
        try:
            for number in range(_TIMES + 1):
                socket = root / f"{number}.sock"
                began = time.perf_counter()
                children.append(_launch([sys.executable, "-c", ALONE, str(socket)], artifact / "app", env))
                guests.append(await _first_reply(socket))
                taken.append(time.perf_counter() - began)
            await asyncio.sleep(_IDLE_SECONDS)
            total = sizes.memory(child.pid for child in children)
        finally:
            for child in children:
                child.kill()
                child.wait()
            for guest in guests:
                guest.leave()
    return Cost(statistics.median(taken[1:]), total.pss / len(children))


async def _first_reply(socket: Path) -> Guest:
    async with asyncio.timeout(30):
        while True:
            try:
                guest = await Guest.meet(socket)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                await asyncio.sleep(0.001)
    await guest.say()
    return guest


def _launch(
    command: list[str], folder: Path, env: dict[str, str], log: Path | None = None
) -> "subprocess.Popen[bytes]":
    with log.open("wb") if log is not None else contextlib.nullcontext() as output:
        return subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output)


# Docker


@dataclass(frozen=True)
class _Client:
    """The daemon that this benchmark has started for itself."""

    socket: Path

    def __call__(self, *arguments: str) -> str:
        command = [_program("docker"), "-H", f"unix://{self.socket}", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _program(name: str) -> str:
    # Debian's client first: it belongs to Debian's daemon.
    return shutil.which(name, path="/usr/bin:/usr/sbin:/sbin") or shutil.which(name) or ""


def _why_no_docker() -> str:
    missing = [name for name in ("dockerd", "docker", "debootstrap") if not _program(name)]
    return f"{', '.join(missing)} is not here (apt-get install docker.io debootstrap)" if missing else ""


@contextlib.asynccontextmanager
async def _daemon() -> AsyncIterator[_Client]:
    state = Path(tempfile.mkdtemp(prefix="cb", dir="/tmp"))
    client = _Client(state / "docker.sock")
    command = [_program("dockerd"), "-H", f"unix://{client.socket}", "--data-root", str(CACHE / "docker")]
    command += ["--exec-root", str(state / "exec"), "--pidfile", str(state / "docker.pid")]
    command += ["--cgroup-parent", f"/{_GROUP}", "--bridge", "none", "--iptables=false", "--ip-masq=false"]
    daemon = _launch(command, state, dict(os.environ), state / "log")
    try:
        async with asyncio.timeout(30):
            while not client.socket.exists() or not _answers(client):
                if daemon.poll() is not None:
                    lines = (state / "log").read_text(errors="replace").splitlines()
                    raise SystemExit(f"runtimes docker: dockerd does not start: {lines[-1]}")
                await asyncio.sleep(0.1)
        yield client
    finally:
        daemon.terminate()
        daemon.wait(60)
        for group in Path("/sys/fs/cgroup").glob(f"*/{_GROUP}"):
            with contextlib.suppress(OSError):
                group.rmdir()
        shutil.rmtree(state, ignore_errors=True)


def _answers(client: _Client) -> bool:
    try:
        return bool(client("version", "--format", "{{.Server.Version}}"))
    except subprocess.CalledProcessError:
        return False


def _make_image(client: _Client) -> None:
    """Debian with this interpreter, its packages and the app, all where they are here."""
    if client("images", "--quiet", _IMAGE):
        return
    print("building the image for the benchmark", file=sys.stderr)
    root = CACHE / "rootfs"
    if not (root / "etc" / "debian_version").exists():
        shutil.rmtree(root, ignore_errors=True)
        packages_here = _LIBRARIES + (",python3" if sys.base_prefix == "/usr" else "")
        command = [_program("debootstrap"), "--variant=minbase", f"--include={packages_here}"]
        subprocess.run([*command, "bookworm", str(root)], check=True, stdout=subprocess.DEVNULL)
    for source in _interpreter():
        target = root / source.relative_to("/")
        if not target.exists():
            ignored = shutil.ignore_patterns("test", "*.a", "node_modules", "pip", "mypy", "playwright")
            shutil.copytree(source, target, symlinks=True, ignore=ignored)
    shutil.rmtree(root / "artifact", ignore_errors=True)
    make_artifact(root / "artifact")
    with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as tar:
        imported = [_program("docker"), "-H", f"unix://{client.socket}", "import", "-", _IMAGE]
        subprocess.run(imported, stdin=tar.stdout, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(root)


def _interpreter() -> Iterable[Path]:
    import cpsl

    base = Path(sys.base_prefix)
    yield from [] if base == Path("/usr") else [base]
    yield Path(sys.prefix)
    yield Path(cpsl.__file__).parents[1]


async def _containers(client: _Client) -> Cost:
    taken, names, guests = [], [], []
    with tempfile.TemporaryDirectory(prefix="cb", dir="/tmp") as folder:
        try:
            for number in range(_TIMES + 1):
                socket = f"{folder}/{number}.sock"
                began = time.perf_counter()
                options = [
                    "--network",
                    "none",
                    "--volume",
                    f"{folder}:{folder}",
                    "--workdir",
                    "/artifact/app",
                ]
                options += ["--env", "PYTHONPATH=/artifact/deps"]
                command = [sys.executable, "-c", ALONE, socket]
                starting = asyncio.to_thread(client, "run", "--detach", *options, _IMAGE, *command)
                name, guest = await asyncio.gather(starting, _first_reply(Path(socket)))
                taken.append(time.perf_counter() - began)
                names.append(name)
                guests.append(guest)
            await asyncio.sleep(_IDLE_SECONDS)
            pids = [pid for name in names for pid in _container_pids(client, name)]
            total = sizes.memory(pids)
        finally:
            for guest in guests:
                guest.leave()
            if found := client("ps", "--all", "--quiet"):
                client("rm", "--force", *found.split())
    return Cost(statistics.median(taken[1:]), total.pss / len(names))


def _container_pids(client: _Client, name: str) -> list[int]:
    pid = int(client("inspect", "--format", "{{.State.Pid}}", name))
    return [pid, _parent(pid)]


def _parent(pid: int) -> int:
    """Return the pid of the shim."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
