"""How long after a file was saved an open conversation with `capsule serve` answers from the new code."""

import asyncio
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2

from benchmarks.report import Measure, show

_CAPSULE = str(Path(sys.executable).parent / "capsule")
_EDITS = 30
_PAUSE_SECONDS = 1.0
"""Between two edits, so that each begins with the one before done with."""
_ASK_AGAIN_SECONDS = 0.02
_APP = """
import cpsl

app = cpsl.App("bench", image=cpsl.Image())
VERSION = "{version}"


@app.message()
async def handle(session, msg):
    await session.reply(VERSION)
"""


def run() -> None:
    data = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {
        **os.environ,
        "CAPSULE_DATA": str(data),
        "HOME": str(data),
        "CONFIG_PATH": str(data / "config.ini"),
    }
    try:
        subprocess.run(
            [_CAPSULE, "up", "-d", "--port", str(port), "--no-demo"], env=env, check=True, capture_output=True
        )
        folder = data / "app"
        folder.mkdir()
        source = folder / "app.py"
        source.write_text(_APP.format(version="0"))
        with _serve(folder, env):
            asyncio.run(_measure(source, port))
    finally:
        subprocess.run([_CAPSULE, "down", "--all"], env=env, check=False, capture_output=True)
        shutil.rmtree(data, ignore_errors=True)


async def _measure(source: Path, port: int) -> None:
    started = time.perf_counter()
    async with httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers={"Host": f"bench--serve.localhost:{port}"}, timeout=60
    ) as http:
        conversation = await _conversation(http)
        async with conversation:
            await conversation.until("0")
            first = time.perf_counter() - started
            warm = [await conversation.until("0") for _ in range(20)]
            taken = []
            for number in range(1, _EDITS + 1):
                await asyncio.sleep(_PAUSE_SECONDS)
                source.write_text(_APP.format(version=number))
                taken.append(await conversation.until(str(number)))
    bare = await asyncio.to_thread(_bare_import)
    p50, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    show(
        "Reloads of `capsule serve`",
        [
            Measure("`capsule serve` of a small app until its first answer", f"{first:.1f} s"),
            Measure("an answer of the warm app", f"{statistics.median(warm) * 1000:.1f} ms"),
            Measure("`python -c 'import cpsl'`", f"{bare * 1000:.0f} ms"),
            Measure(
                f"{_EDITS} edits, saved to first new answer, p50",
                f"{p50 * 1000:.0f} ms",
                f"{p50 / bare:.1f}× import cpsl",
            ),
            Measure("the same, p95", f"{p95 * 1000:.0f} ms", f"{p95 / bare:.1f}× import cpsl", "< 300 ms"),
            Measure("the same, slowest", f"{max(taken) * 1000:.0f} ms"),
        ],
    )


@contextmanager
def _serve(folder: Path, env: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        [_CAPSULE, "serve", "app.py:app"],
        cwd=folder,
        env={**env, "PYTHONUNBUFFERED": "1"},
        stdout=(folder.parent / "serve.txt").open("wb"),
        stderr=subprocess.STDOUT,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


class _Conversation:
    """One session of one visitor, with its stream of events."""

    def __init__(self, http: httpx2.AsyncClient, session: str) -> None:
        self._http = http
        self._session = session
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._sent = 0

    async def __aenter__(self) -> "_Conversation":
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)

    async def until(self, wanted: str) -> float:
        """Ask until the answer is `wanted`; return the seconds."""
        started = time.perf_counter()
        while True:
            self._sent += 1
            await self._http.post(
                f"/api/sessions/{self._session}/messages",
                json={"text": "which?", "client_id": f"bench-{self._sent:06d}"},
            )
            if await self._answers.get() == wanted:
                return time.perf_counter() - started
            await asyncio.sleep(_ASK_AGAIN_SECONDS)

    async def _listen(self) -> None:
        async with self._http.stream("GET", f"/api/sessions/{self._session}/events") as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data:") and (event := json.loads(line[5:]))["type"] == "reply":
                    self._answers.put_nowait(event["data"]["text"])


async def _conversation(http: httpx2.AsyncClient) -> _Conversation:
    for _ in range(1200):
        with suppress(httpx2.TransportError):
            answer = await http.post("/api/sessions")
            if answer.status_code == 201:
                return _Conversation(http, answer.json()["id"])
        await asyncio.sleep(0.1)
    raise SystemExit("the served app did not come up")


def _bare_import() -> float:
    taken = []
    for _ in range(9):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import cpsl"], check=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)
