"""A real installation with the app, and Chainlit with the same; each started for the benchmark alone."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.chat.load import Found, Plan
from benchmarks.installation import family, process_id

CACHE = Path(__file__).resolve().parents[2] / ".setup" / "bench"
_PEER = "chainlit==2.12.0"
_CAPSULE = str(Path(sys.executable).parent / "capsule")
_START_SECONDS = 60.0

APP = """
import asyncio
import time

import cpsl

app = cpsl.App(name="bench", image=cpsl.Image())


@app.message()
async def handle(session, msg):
    if not msg.text.startswith("stream "):
        await session.reply(msg.text)
        return
    seconds = float(msg.text.removeprefix("stream "))
    began = time.monotonic()
    async with session.stream_reply() as reply:
        for number in range(round(seconds / 0.02)):
            await asyncio.sleep(began + 0.02 * number - time.monotonic())
            reply.write(f"#{number}@{time.monotonic():.4f};")
"""

PEER_APP = """
import chainlit


@chainlit.on_message
async def handle(message):
    await chainlit.Message(content=message.content).send()
"""


@dataclass(frozen=True)
class Place:
    """Where something answers."""

    what: str
    host: str
    port: int
    data: Path
    pids: dict[str, int]
    """Its processes, each with all its children."""

    def load(self, clients: int, seconds: float, **more: object) -> Found:
        """Run the load in a process of its own."""
        plan = Plan(**{**asdict(Plan(self.what, self.host, self.port, clients, seconds)), **more})
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.chat.load", json.dumps(asdict(plan))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CACHE.parents[1]) as load:
            assert load.stdout is not None
            load.stdout.readline()
            before = self.spent()
            said, after = load.stdout.read(), self.spent()
        if load.returncode:
            raise SystemExit(f"the load for {self.what} failed")
        return Found(**{**json.loads(said), "spent": {name: after[name] - before[name] for name in before}})

    def spent(self) -> dict[str, float]:
        """Return the processor seconds that its processes have taken so far."""
        return {name: sum(map(_cpu_seconds, family(pid))) for name, pid in self.pids.items()}


@contextlib.contextmanager
def capsule() -> Iterator[Place]:
    """`capsule up` and `capsule deploy` of the app, on a data folder that is gone afterwards."""
    data, port = Path(tempfile.mkdtemp(prefix="c", dir="/tmp")), free_port()
    env = {
        **os.environ,
        "CAPSULE_DATA": str(data),
        "HOME": str(data),
        "CONFIG_PATH": str(data / "config.ini"),
    }

    def call(*arguments: str) -> None:
        done = subprocess.run([_CAPSULE, *arguments], env=env, cwd=data, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"capsule {arguments[0]}: {done.stdout}{done.stderr}")

    try:
        call("up", "-d", "--port", str(port), "--no-demo")
        folder = data / "bench"
        folder.mkdir()
        (folder / "app.py").write_text(APP)
        call("deploy", str(folder))
        pids = {name: process_id(data, name) for name in ("edge", "apps", "node")}
        yield Place("capsule", f"bench.localhost:{port}", port, data, pids)
    finally:
        subprocess.run([_CAPSULE, "down", "--all"], env=env, check=False, capture_output=True)
        shutil.rmtree(data, ignore_errors=True)


@contextlib.contextmanager
def chainlit() -> Iterator[Place]:
    """Chainlit's own server, as its command line starts it."""
    data, port = Path(tempfile.mkdtemp(prefix="c", dir="/tmp")), free_port()
    (data / "app.py").write_text(PEER_APP)
    command = [str(_peer() / "bin" / "chainlit"), "run", "app.py", "--headless", "--port", str(port)]
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=data, stdout=log, stderr=log)
    try:
        _await_port(port, process)
        yield Place("chainlit", f"localhost:{port}", port, data, {"chainlit": process.pid})
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(data, ignore_errors=True)


def _peer() -> Path:
    """Return the virtual environment with Chainlit, made unless it is there already."""
    folder = CACHE / f"{_PEER}-{sys.version_info.major}.{sys.version_info.minor}"
    if not (folder / "bin" / "chainlit").exists():
        print(f"installing {_PEER} for the benchmark", file=sys.stderr)
        uv = str(Path(sys.executable).parent / "uv")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        target = ["--python", str(folder / "bin" / "python")]
        try:
            subprocess.run([uv, "pip", "install", "--quiet", *target, _PEER], check=True)
        except BaseException:
            shutil.rmtree(folder)
            raise
    return folder


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _await_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("chainlit did not start") from None
            time.sleep(0.1)
